"""Every rule finds what it should, leaves alone what it should not, and each fix removes what it was offered for."""

from collections.abc import Callable
from typing import Any

import pytest

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvBNReLU,
    ConvNeXtBlock,
    ConvTranspose2d,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    Group,
    GroupNorm,
    Hardsigmoid,
    Identity,
    Input,
    LayerNorm,
    LayerNorm2d,
    LayerScale,
    Linear,
    LPPool2d,
    MaxPool2d,
    Opaque,
    PatchEmbedding,
    ReLU,
    ReLU6,
    Residual,
    Sigmoid,
    Softmax,
    Softmin,
    SpatialAttention,
    Tanh,
    Upsample,
)
from cnnstudio.blocks.group import group_at
from cnnstudio.compiler.diagnostics import Diagnostic, diagnose, handbook
from cnnstudio.compiler.diagnostics.rules import RULES
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import Block, Edge, Graph, Node, Sketch
from cnnstudio.project import from_template
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.readiness import UNLEARNABLE
from cnnstudio.zoo import TEMPLATES, Backbone


def found(graph: Graph, code: str, classes: int | None = None) -> list[Diagnostic]:
    images = IMAGES if code == "few-images" else None
    return [diagnostic for diagnostic in diagnose(infer(graph), classes, images, False) if diagnostic.code == code]


def chain(*blocks: Block, size: tuple[int, ...] = (3, 32, 32)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return placed(draw.graph())


def placed(graph: Graph) -> Graph:
    return graph.move({name: (268.0 * index, 0.0) for index, name in enumerate(graph.order)})


def folded(*blocks: Block, size: tuple[int, ...] = (3, 32, 32), repeat: int = 1) -> Group:
    return Group("Mine", chain(*blocks, size=size), repeat)


IMAGES = 1_000


def residual(*blocks: Block, shortcut: tuple[Block, ...] = (), before: tuple[Block, ...] = (ReLU(),)) -> Graph:
    """What is added to itself after these blocks."""
    draw = Sketch()
    fork = draw.chain(draw(Input((8, 16, 16))), *before)
    total = draw(Add(), draw.chain(fork, *blocks), draw.chain(fork, *shortcut))
    draw.chain(total, ReLU(), *HEAD)
    return placed(draw.graph())


CONV = Conv2d(8, 3, padding=1)
HEAD = (AdaptiveAvgPool2d(1), Flatten(), Linear(10))
GOOD = chain(Conv2d(8, 3, bias=False), BatchNorm2d(), ReLU(), Dropout(), MaxPool2d(), *HEAD)


def branches(*ends: str, merge: Block | None = None) -> Graph:
    """An input, a convolution each for the names, and what joins them."""
    draw = Sketch()
    image = draw(Input((3, 32, 32)))
    made = [draw(Conv2d(8 * (index + 1), 3), image, name=name) for index, name in enumerate(ends)]
    if merge is not None:
        draw(merge, *made)
    return placed(draw.graph())


def deeper(graph: Graph, name: str, *blocks: Block) -> Graph:
    for block in blocks:
        node = Node(graph.fresh(block.stem), block, (name,))
        graph, name = graph.add(node), node.name
    return graph


def loose(*nodes: Node) -> Graph:
    return GOOD.add(*nodes)


POSITIVE: list[tuple[str, Graph, int | None]] = [
    ("no-input", Graph(), None),
    ("no-input", Graph.of([Node("conv1", Conv2d(), (None,)), Node("relu1", ReLU(), ("conv1",))]), None),
    ("no-layer", chain(), None),
    ("shape", chain(Conv2d(8), Linear(10)), None),
    ("shape", chain(Conv2d(8, groups=2)), None),
    ("shape", chain(Conv2d(8, 5, padding="same", stride=2)), None),
    ("shape", chain(MaxPool2d(3, padding=2)), None),
    ("shape", chain(Conv2d(8, 40)), None),
    ("shape", chain(Flatten(), BatchNorm2d()), None),
    ("shape", branches("left", "right", merge=Add()), None),
    ("shape", deeper(branches("left", "right", merge=Concat()), "cat1", Linear(10)), None),
    ("opaque", deeper(GOOD, "fc1", Opaque("torch.linalg.qr", "")), None),
    ("opaque", deeper(GOOD, "fc1", Group(body=chain(Opaque("torch.einsum", ""), size=(10,)))), None),
    ("open-port", loose(Node("conv9", Conv2d(), (None,))), None),
    ("open-port", loose(Node("add1", Add(), ("conv1", None))), None),
    ("unreachable", loose(Node("conv9", Conv2d()), Node("relu9", ReLU(), ("conv9",))), None),
    ("unused-branch", deeper(GOOD, "relu1", Conv2d(), ReLU()), None),
    ("unused-branch", loose(Node("input2", Input((1, 8, 8)))), None),
    ("classes", GOOD, 5),
    ("classes", deeper(GOOD, "fc1", Dropout(), Softmax()), 5),
    ("classes", chain(Conv2d(10, 1), ReLU(), AdaptiveAvgPool2d(1), Flatten()), 3),
    ("classes", chain(Flatten(), Linear(120)), 10),
    ("classes", chain(Residual(8), AdaptiveAvgPool2d(1), Flatten()), 3),
    ("classes", chain(Conv2d(8), ReLU(), folded(*HEAD)), 3),
    ("classes", chain(Flatten(), folded(Linear(10), ReLU(), repeat=2)), 3),
    ("wiped-out", chain(CONV, ReLU(), AdaptiveAvgPool2d(1), GroupNorm(8), Flatten(), Linear(10)), None),
    ("wiped-out", chain(CONV, ReLU(), AdaptiveAvgPool2d(1), Flatten(), GroupNorm(8), Linear(10)), None),
    ("wiped-out", chain(CONV, ReLU(), folded(AdaptiveAvgPool2d(1), GroupNorm(8), size=(8, 32, 32)), *HEAD), None),
    ("wiped-out", chain(Flatten(), Linear(1), LayerNorm(), ReLU(), Linear(10)), None),
    ("wiped-out", chain(Conv2d(1), LayerNorm2d(), ReLU(), *HEAD), None),
    ("wiped-out", chain(Conv2d(1), Softmax(), *HEAD), None),
    ("wiped-out", chain(Flatten(), Linear(1), Softmax()), None),
    ("wiped-branch", chain(Conv2d(1, 2, stride=2), ConvNeXtBlock(), *HEAD), None),
    ("wiped-branch", residual(CONV, AdaptiveAvgPool2d(1), GroupNorm(8), Upsample(16)), None),
    ("wiped-branch", residual(folded(CONV, AdaptiveAvgPool2d(1), GroupNorm(8), Upsample(16), size=(8, 16, 16))), None),
    ("root-of-negatives", chain(CONV, LPPool2d(3.0), *HEAD), None),
    ("root-of-negatives", chain(CONV, MaxPool2d(), LPPool2d(2.5), *HEAD), None),
    ("root-of-negatives", chain(CONV, ConvBNReLU(8, activation="GELU"), LPPool2d(3.0), *HEAD), None),
    ("root-of-negatives", chain(CONV, folded(LPPool2d(3.0), CONV, size=(8, 32, 32)), *HEAD), None),
    ("root-of-negatives", chain(CONV, ReLU(), folded(CONV, LPPool2d(1.5), size=(8, 32, 32)), *HEAD), None),
    ("missing-head", chain(Conv2d(8), ReLU()), None),
    ("missing-head", chain(Conv2d(10, 1), ReLU()), 10),
    ("missing-head", chain(Conv2d(10, 1), ReLU(), Flatten()), 3),
    ("missing-head", chain(Flatten()), 3),
    ("missing-head", chain(PatchEmbedding()), 3),
    ("softmax-before-loss", deeper(GOOD, "fc1", Softmax()), None),
    ("softmax-before-loss", deeper(GOOD, "fc1", Softmin(), Dropout()), None),
    ("softmax-before-loss", chain(Conv2d(10, 1), ReLU(), AdaptiveAvgPool2d(1), Softmax(), Flatten()), None),
    ("softmax-before-loss", deeper(GOOD, "fc1", folded(Softmax(), size=(10,))), None),
    ("activation-before-loss", deeper(GOOD, "fc1", ReLU()), None),
    ("activation-before-loss", deeper(GOOD, "fc1", ReLU6()), None),
    ("activation-before-loss", chain(Flatten(), folded(Linear(10), Hardsigmoid(), size=(3072,))), 10),
    ("activation-before-loss", deeper(GOOD, "fc1", Sigmoid()), 10),
    ("no-activation-between", chain(Conv2d(8), Conv2d(8), ReLU(), *HEAD), None),
    ("no-activation-between", chain(Conv2d(8, bias=False), BatchNorm2d(), Conv2d(8), ReLU(), *HEAD), None),
    ("no-activation-between", chain(Flatten(), Linear(20), Dropout(), Identity(), Linear(10)), None),
    ("no-activation-between", chain(Conv2d(8), AvgPool2d(), Flatten(), Linear(10)), None),
    ("no-activation-between", chain(ConvTranspose2d(8), Conv2d(8), ReLU(), *HEAD), None),
    ("no-activation-between", chain(folded(Conv2d(8), Conv2d(8)), ReLU(), *HEAD), None),
    ("bias-before-batchnorm", chain(Conv2d(8), BatchNorm2d(), ReLU(), *HEAD), None),
    ("bias-before-batchnorm", chain(DepthwiseConv2d(), BatchNorm2d(), ReLU(), *HEAD), None),
    ("bias-before-batchnorm", chain(folded(folded(Conv2d(8), BatchNorm2d(), ReLU(), repeat=2)), *HEAD), None),
    ("bias-before-batchnorm", chain(Flatten(), Linear(20), BatchNorm1d(), ReLU(), Linear(10)), None),
    ("window-beyond-map", chain(Conv2d(8, 5, padding=2), ReLU(), size=(3, 4, 8)), None),
    ("window-beyond-map", chain(AdaptiveAvgPool2d(2), DepthwiseConv2d(5, 1, 2), ReLU(), *HEAD), None),
    ("window-beyond-map", chain(AdaptiveAvgPool2d(1), MaxPool2d(3, 1, 1), *HEAD), None),
    ("one-value-a-channel", chain(AdaptiveAvgPool2d(1), BatchNorm2d(), Flatten(), Linear(10)), None),
    ("one-value-a-channel", chain(AdaptiveAvgPool2d(1), ConvBNReLU(8, 1), Flatten(), Linear(10)), None),
    ("one-value-a-channel", chain(AdaptiveAvgPool2d(1), folded(Residual(8)), Flatten(), Linear(10)), None),
    ("dropout-before-batchnorm", chain(Conv2d(8), ReLU(), Dropout(), BatchNorm2d(), *HEAD), None),
    ("residual-without-norm", residual(CONV, ReLU(), CONV), None),
    ("residual-without-norm", residual(CONV, before=()), None),
    ("residual-without-norm", residual(DepthwiseConv2d(), ReLU(), CONV, shortcut=(Conv2d(8),)), None),
    ("few-images", chain(Flatten(), Linear(500), ReLU(), Linear(10)), None),
    ("few-images", chain(Conv2d(128, 3), ReLU(), Flatten(), Linear(10)), None),
    ("few-images", chain(Backbone(frozen=False), *HEAD), None),
    ("frozen-at-random", chain(Backbone(), *HEAD), None),
]

NEGATIVE: list[tuple[str, Graph, int | None]] = [
    ("no-layer", chain(ReLU()), None),
    ("opaque", deeper(GOOD, "fc1", Opaque("torch.mul", "{0}, 2.0")), None),
    ("shape", branches("left", "right"), None),
    ("unreachable", loose(Node("conv9", Conv2d())), None),  # alone, it is an open port and no more
    ("unreachable", loose(Node("add1", Add(), ("conv1", "conv9")), Node("conv9", Conv2d())), None),
    ("unused-branch", loose(Node("conv9", Conv2d())), None),
    ("unused-branch", loose(Node("conv9", Conv2d()), Node("relu9", ReLU(), ("conv9",))), None),
    ("classes", GOOD, 10),
    ("classes", chain(Conv2d(8, groups=2)), 10),  # without shapes there is nothing to say
    ("classes", chain(Conv2d(8)), 10),  # that is a missing head, which is no error while one draws
    ("missing-head", GOOD, 5),
    ("missing-head", chain(Residual(8), AdaptiveAvgPool2d(1), Flatten()), 8),
    ("wiped-out", chain(CONV, ReLU(), AdaptiveAvgPool2d(1), GroupNorm(4), Flatten(), Linear(10)), None),
    ("wiped-out", chain(CONV, GroupNorm(8), ReLU(), *HEAD), None),
    ("wiped-out", chain(CONV, LayerNorm2d(), ReLU(), *HEAD), None),
    ("wiped-out", residual(CONV, AdaptiveAvgPool2d(1), GroupNorm(8), Upsample(16)), None),
    ("wiped-out", chain(CONV, SpatialAttention(), ReLU(), *HEAD), None),
    ("wiped-branch", chain(Conv2d(1), LayerNorm2d(), ReLU(), *HEAD), None),
    ("wiped-branch", GOOD, None),
    ("root-of-negatives", chain(CONV, LPPool2d(2.0), *HEAD), None),
    ("root-of-negatives", chain(CONV, LPPool2d(1.0), *HEAD), None),
    ("root-of-negatives", chain(CONV, ReLU(), MaxPool2d(), LPPool2d(3.0), *HEAD), None),
    ("root-of-negatives", chain(CONV, ConvBNReLU(8), Upsample(2), LPPool2d(3.0), *HEAD), None),
    ("root-of-negatives", chain(CONV, ReLU(), folded(LPPool2d(3.0), CONV, size=(8, 32, 32)), *HEAD), None),
    ("softmax-before-loss", chain(Conv2d(8), Softmax(), *HEAD), None),
    ("softmax-before-loss", chain(folded(Conv2d(8), Softmax()), *HEAD), None),  # a group, but not the last
    ("softmax-before-loss", chain(Conv2d(8), Softmax(), Flatten()), None),  # over each pixel, not over scores
    ("activation-before-loss", chain(Conv2d(10), ReLU(), AdaptiveAvgPool2d(1), Flatten(), Tanh()), None),
    ("activation-before-loss", chain(Conv2d(8), ReLU()), None),
    ("no-activation-between", chain(Conv2d(8), MaxPool2d(), Conv2d(8)), None),
    ("no-activation-between", chain(Conv2d(8), Conv2d(8, groups=8), Conv2d(8, 1)), None),
    ("no-activation-between", deeper(chain(Conv2d(8), Conv2d(8)), "conv1", ReLU()), None),
    ("bias-before-batchnorm", deeper(chain(Conv2d(8), BatchNorm2d()), "conv1", ReLU()), None),
    ("bias-before-batchnorm", Graph.of([Node("bn1", BatchNorm2d(), (None,))]), None),
    ("dropout-before-batchnorm", chain(BatchNorm2d(), Dropout()), None),
    ("bias-before-batchnorm", chain(folded(Conv2d(8, bias=False), BatchNorm2d(), ReLU()), *HEAD), None),
    ("window-beyond-map", chain(AdaptiveAvgPool2d(3), MaxPool2d(3, 1, 1), *HEAD), None),
    ("one-value-a-channel", chain(AdaptiveAvgPool2d(2), ConvBNReLU(8, 1), *HEAD), None),
    ("window-beyond-map", chain(Conv2d(8, 5, padding=2), size=(3, 5, 5)), None),
    ("window-beyond-map", chain(Conv2d(8, 5), size=(3, 4, 4)), None),  # that is an error of the block itself
    ("one-value-a-channel", chain(AdaptiveAvgPool2d((1, 2)), BatchNorm2d()), None),
    ("residual-without-norm", residual(CONV, BatchNorm2d(), ReLU(), CONV), None),
    ("residual-without-norm", residual(BatchNorm2d(), ReLU(), CONV), None),
    ("residual-without-norm", residual(CONV, LayerScale()), None),
    ("residual-without-norm", residual(Residual(8)), None),
    ("residual-without-norm", residual(CONV, shortcut=(CONV,)), None),  # two branches, and no shortcut
    ("residual-without-norm", residual(ReLU()), None),
    ("residual-without-norm", branches("left", "right", merge=Concat()), None),
    ("residual-without-norm", loose(Node("add1", Add(), ("conv1", None))), None),
    ("frozen-at-random", chain(Backbone(frozen=False), *HEAD), None),
    ("few-images", GOOD, None),
    ("few-images", chain(Backbone(frozen=True), *HEAD), None),
    ("few-images", chain(Flatten(), Conv2d(8), Linear(50_000)), None),  # without shapes nothing is counted
]


def described(case: tuple[str, Graph, Any]) -> str:
    return f"{case[0]}-{'-'.join(node.block.stem for node in case[1])}-{case[2]}"


def test_every_rule_has_an_example_and_a_documentation() -> None:
    assert {code for code, _, _ in POSITIVE} == set(RULES)
    assert all(len(rule.documentation) > 30 for rule in RULES.values())


def test_the_handbook_holds_every_rule_once() -> None:
    page = handbook()
    for code, rule in RULES.items():
        assert page.count(f"### `{code}`\n\n{rule.documentation}\n") == 1
    assert page.index("`shape`") < page.index("`softmax-before-loss`") < page.index("`few-images`")


@pytest.mark.parametrize("key", TEMPLATES)
def test_nothing_is_said_about_a_template(key: str) -> None:
    template = TEMPLATES[key]
    images = DATASETS[template.data].train_images(0.2)
    found_ = diagnose(infer(template.make(10, template.size)), 10, images, bool(from_template(key).recipe.weights))
    assert [diagnostic.sentence for diagnostic in found_] == []


def test_errors_come_first() -> None:
    graph = deeper(chain(Conv2d(8), BatchNorm2d(), Linear(10)), "bn1", Softmax())
    order = [diagnostic.severity for diagnostic in diagnose(infer(graph))]
    assert order == sorted(order, key=["error", "warning", "hint"].index)
    assert {"error", "hint"} <= set(order)


def test_nothing_is_said_about_a_good_network() -> None:
    assert diagnose(infer(GOOD), 10) == ()


@pytest.mark.parametrize("case", POSITIVE, ids=described)
def test_what_is_wrong_is_found_and_said(case: tuple[str, Graph, int | None]) -> None:
    code, graph, classes = case
    (diagnostic,) = found(graph, code, classes)
    assert all(name in graph for name in diagnostic.nodes)
    assert all(name in diagnostic.sentence for name in diagnostic.nodes[:3] if code != "no-input")
    assert diagnostic.sentence.endswith(".")
    assert diagnostic.severity == RULES[code].severity


@pytest.mark.parametrize("case", NEGATIVE, ids=described)
def test_what_is_right_is_left_alone(case: tuple[str, Graph, int | None]) -> None:
    code, graph, classes = case
    assert not found(graph, code, classes)


@pytest.mark.parametrize("case", POSITIVE, ids=described)
def test_every_fix_removes_what_it_was_offered_for(case: tuple[str, Graph, int | None]) -> None:
    code, graph, classes = case
    before = graph.nodes
    for fix in found(graph, code, classes)[0].fixes:
        fixed = fix.apply(graph)
        assert not found(fixed, code, classes), fix.title
        assert fixed != graph
        Graph.of(fixed)
    assert graph.nodes is before


@pytest.mark.parametrize("case", POSITIVE, ids=described)
def test_a_fix_for_what_is_gone_does_nothing_or_stands_alone(case: tuple[str, Graph, int | None]) -> None:
    code, graph, classes = case
    for fix in found(graph, code, classes)[0].fixes:
        assert len(fix.apply(Graph())) <= (1 if code == "no-input" else 0)


@pytest.mark.parametrize("case", [*POSITIVE, *NEGATIVE, ("none", GOOD, None)], ids=described)
def test_there_is_a_source_where_there_is_no_error(case: tuple[str, Graph, int | None]) -> None:
    _, graph, _ = case
    found = diagnose(infer(graph))
    errors = [each for each in found if each.severity == "error" and each.code not in UNLEARNABLE]
    try:
        source(graph)
    except SourceError as error:
        assert errors, str(error)
    else:
        assert not errors


# sentences


def test_a_shape_error_names_both_nodes_and_the_shape() -> None:
    graph = chain(Conv2d(16), MaxPool2d(), Linear(10), size=(1, 12, 12))
    (diagnostic,) = found(graph, "shape")
    assert diagnostic.sentence.startswith("fc1 (Linear) cannot take 16 × 5 × 5 from pool1 (MaxPool2d): ")
    assert diagnostic.nodes == ("fc1", "pool1")


def test_a_merge_names_all_that_it_joins() -> None:
    (diagnostic,) = found(branches("left", "right", merge=Add()), "shape")
    assert diagnostic.sentence.startswith(
        "add1 (Add) cannot join 8 × 30 × 30 from left (Conv2d) and 16 × 30 × 30 from right (Conv2d): "
    )
    assert diagnostic.nodes == ("add1", "left", "right")


def test_an_error_inside_a_composite_says_where() -> None:
    (diagnostic,) = found(chain(Flatten(), Residual(8)), "shape")
    assert "block1 (Residual) cannot take 3072 from flatten1 (Flatten): " in diagnostic.sentence


def test_a_head_in_a_group_is_given_the_classes_inside() -> None:
    graph = chain(Conv2d(8), ReLU(), folded(*HEAD))
    (diagnostic,) = found(graph, "classes", 3)
    titles = [each.title for each in diagnostic.fixes]
    assert titles == ["Set out_features to 3", "Add ReLU and a Linear of 3"]
    assert group_at(diagnostic.fixes[0].apply(graph), ("group1",)).body["fc1"].block == Linear(3)


def test_what_is_wrong_inside_a_group_is_said_of_the_group_and_mended_inside() -> None:
    graph = chain(folded(folded(Conv2d(8), BatchNorm2d(), ReLU())), *HEAD)
    (diagnostic,) = found(graph, "bias-before-batchnorm")
    assert diagnostic.nodes == ("group1",)
    assert diagnostic.sentence.startswith("Inside group1 (Group): Inside group1 (Group): The bias of conv1 (Conv2d) ")
    fixed = diagnostic.fixes[0].apply(graph)
    assert group_at(fixed, ("group1", "group1")).body["conv1"].block == Conv2d(8, bias=False)
    assert diagnostic.fixes[0].apply(GOOD) is GOOD


def test_an_open_port_of_a_merge_is_numbered() -> None:
    (diagnostic,) = found(loose(Node("add1", Add(), ("conv1", None))), "open-port")
    assert diagnostic.sentence == "Nothing flows into input 2 of add1 (Add)."


# what fixes do


def fix(graph: Graph, code: str, title: str, classes: int | None = None) -> Graph:
    (made,) = [fix for found_ in found(graph, code, classes) for fix in found_.fixes if fix.title == title]
    return made.apply(graph)


def test_flatten_goes_between_and_makes_room() -> None:
    graph = chain(Conv2d(8), Linear(10), ReLU())
    fixed = fix(graph, "shape", "Insert Flatten")
    assert fixed["fc1"].inputs == ("flatten1",)
    assert fixed["flatten1"].inputs == ("conv1",)
    assert [fixed[name].position for name in ("conv1", "flatten1", "fc1", "relu1")] == [
        (268, 0),
        (536, 0),
        (804, 0),
        (1072, 0),
    ]


def test_two_blocks_go_between_in_their_order() -> None:
    graph = chain(Conv2d(8), Linear(10))
    fixed = fix(graph, "shape", "Insert global average pooling and Flatten")
    assert fixed.order == ("input1", "conv1", "pool1", "flatten1", "fc1")
    places = [fixed[name].position[0] for name in fixed.order]
    assert places == sorted(places)
    assert len(set(places)) == 5


def test_a_column_makes_room_downwards() -> None:
    graph = chain(Conv2d(8), Linear(10))
    graph = graph.move({"input1": (0, 0), "conv1": (0, 104), "fc1": (0, 208)})
    fixed = fix(graph, "shape", "Insert Flatten")
    assert [fixed[name].position for name in ("conv1", "flatten1", "fc1")] == [(0, 104), (0, 208), (0, 312)]


def test_room_that_is_there_is_used() -> None:
    graph = chain(Conv2d(8), Linear(10)).move({"fc1": (1000, 100)})
    fixed = fix(graph, "shape", "Insert Flatten")
    assert fixed["fc1"].position == (1000, 100)
    assert fixed["flatten1"].position == (634, 50)


def test_only_the_unused_branch_is_deleted() -> None:
    graph = deeper(GOOD, "relu1", Conv2d(), ReLU())
    assert fix(graph, "unused-branch", "Delete the branch that ends in relu2") == GOOD


def test_a_node_that_feeds_two_unused_branches_stays_for_the_other() -> None:
    graph = deeper(deeper(deeper(GOOD, "relu1", Conv2d()), "conv2", ReLU()), "conv2", Tanh())
    fixed = fix(graph, "unused-branch", "Delete relu2")
    assert "conv2" in fixed
    assert "tanh1" in fixed


def test_the_deeper_end_is_the_output() -> None:
    assert [found_.nodes for found_ in found(deeper(GOOD, "conv1", ReLU()), "unused-branch")] == [("relu2",)]


def test_the_last_linear_takes_the_data_s_classes() -> None:
    fixed = fix(deeper(GOOD, "fc1", Dropout()), "classes", "Set out_features to 5", 5)
    assert fixed["fc1"].block == Linear(5)


def test_a_loose_node_is_connected_to_the_one_open_end() -> None:
    graph = loose(Node("relu9", ReLU()))
    assert fix(graph, "open-port", "Connect fc1 to relu9")["relu9"].inputs == ("fc1",)


def test_an_input_is_put_before_the_first_open_port() -> None:
    graph = Graph.of([Node("conv1", Conv2d(), (None,), (100, 40)), Node("relu1", ReLU(), ("conv1",), (332, 40))])
    fixed = fix(graph, "no-input", "Add an Input")
    assert fixed["conv1"].inputs == ("input1",)
    assert fixed["input1"].position == (-168, 40)


def test_the_bias_alone_changes() -> None:
    fixed = fix(chain(Conv2d(8, 5, padding=2), BatchNorm2d()), "bias-before-batchnorm", "Leave out the bias")
    assert fixed["conv1"].block == Conv2d(8, 5, padding=2, bias=False)


def test_relu_goes_behind_the_batchnorm() -> None:
    graph = chain(Conv2d(8, bias=False), BatchNorm2d(), Dropout(), Conv2d(8))
    fixed = fix(graph, "no-activation-between", "Insert ReLU behind bn1")
    assert fixed.order == ("input1", "conv1", "bn1", "relu1", "dropout1", "conv2")


def test_dropout_changes_places_with_batchnorm_for_all_that_read_it() -> None:
    graph = chain(Conv2d(8), Dropout(0.3), BatchNorm2d(), ReLU())
    graph = deeper(graph, "bn1", Tanh())
    fixed = fix(graph, "dropout-before-batchnorm", "Put dropout1 behind bn1")
    assert fixed["bn1"].inputs == ("conv1",)
    assert fixed["dropout1"].inputs == ("bn1",)
    assert fixed["dropout1"].block == Dropout(0.3)
    assert fixed["relu1"].inputs == fixed["tanh1"].inputs == ("dropout1",)
    assert fixed["bn1"].position == graph["dropout1"].position
    assert fixed["dropout1"].position == graph["bn1"].position


def test_a_merge_is_mended_on_the_right_wire() -> None:
    graph = branches("left", "right", merge=Add())
    for way in found(graph, "shape")[0].fixes:
        fixed = way.apply(graph)
        assert not infer(fixed).errors, way.title
        assert len(fixed) == len(graph) + 1


def test_a_wire_that_was_redrawn_is_left_alone() -> None:
    graph = chain(Conv2d(8), Linear(10))
    ways = found(graph, "shape")[0].fixes
    cut = graph.disconnect(Edge("conv1", "fc1"))
    assert all(way.apply(cut) == cut for way in ways)


@pytest.mark.parametrize("make", [lambda graph: graph, lambda graph: graph.rename("conv1", "first")])
def test_findings_are_values_of_the_graph_alone(make: Callable[[Graph], Graph]) -> None:
    graph = make(chain(Conv2d(8), Linear(10)))
    first, second = diagnose(infer(graph)), diagnose(infer(graph))
    assert [(d.code, d.nodes, d.sentence) for d in first] == [(d.code, d.nodes, d.sentence) for d in second]


def test_a_residual_branch_is_named_with_what_it_is_made_of() -> None:
    (diagnostic,) = found(residual(CONV, ReLU(), CONV), "residual-without-norm")
    assert diagnostic.nodes == ("add1", "conv1", "conv2")
    assert diagnostic.sentence.startswith("add1 (Add) adds conv1 and conv2 to what comes from relu1, ")
    fixed = diagnostic.fixes[0].apply(residual(CONV, ReLU(), CONV))
    assert fixed["bn1"].inputs == ("conv1",) and fixed["relu2"].inputs == ("bn1",)
    assert fixed["bn2"].inputs == ("conv2",) and fixed["add1"].inputs == ("bn2", "relu1")


def test_parameters_are_counted_against_the_images() -> None:
    graph = chain(Flatten(), Linear(500), ReLU(), Linear(10))
    (diagnostic,) = found(graph, "few-images")
    assert diagnostic.sentence == (
        "1,541,510 parameters learn from 1,000 images, 1,541 for each of them, so the network can learn the images by "
        "heart. Most of them are in fc1 (Linear)."
    )
    assert not [each for each in diagnose(infer(graph), 10, 2_000) if each.code == "few-images"]
    assert not [each for each in diagnose(infer(graph), 10) if each.code == "few-images"]


def test_only_what_helps_is_offered_against_too_few_images() -> None:
    titles = [way.title for way in found(chain(Conv2d(128, 3), ReLU(), Flatten(), Linear(10)), "few-images")[0].fixes]
    assert titles == ["Insert global average pooling before flatten1"]
    titles = [way.title for way in found(chain(Backbone(frozen=False), *HEAD), "few-images")[0].fixes]
    assert titles == ["Freeze backbone1"]
    assert not found(chain(Flatten(), Linear(500), ReLU(), Linear(10)), "few-images")[0].fixes[1:]


@pytest.mark.parametrize("weights", [True, None])
def test_a_backbone_with_weights_may_be_frozen(weights: bool | None) -> None:
    assert diagnose(infer(chain(Backbone(), *HEAD)), 10, IMAGES, weights) == ()


def test_a_vector_of_features_gets_a_layer_for_the_classes() -> None:
    graph = chain(Backbone(cut="vector"))
    fixed = fix(graph, "classes", "Add a Linear of 4", 4)
    assert fixed["fc1"].block == Linear(4) and fixed["fc1"].inputs == ("backbone1",)


def test_of_many_blocks_the_first_are_named_and_the_rest_counted() -> None:
    names = ["a", "b", "c", "d", "e"]
    row = [Node(name, ReLU(), (before,)) for name, before in zip(names, [None, *names], strict=False)]
    (diagnostic,) = found(loose(*row), "unreachable")
    assert diagnostic.sentence == "No Input leads to a, b, c and 2 more."
    (diagnostic,) = found(loose(*row[:3]), "unreachable")
    assert diagnostic.sentence == "No Input leads to a, b and c."
