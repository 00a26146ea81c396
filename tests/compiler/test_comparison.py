from __future__ import annotations

import dataclasses

from cnnstudio.blocks import GELU, Add, BatchNorm2d, Conv2d, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.blocks.group import Group, grouped, with_body
from cnnstudio.compiler.comparison import Comparison, compare, matched, signed
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Edge, Graph, Node, Sketch
from cnnstudio.zoo import NETWORKS, TEMPLATES


def network() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 28, 28))), Conv2d(6, 5), ReLU(), MaxPool2d(2), Conv2d(16, 5), Flatten(), Linear(10))
    return draw.graph()


def between(old: Graph, new: Graph) -> Comparison:
    return compare(infer(old), infer(new))


def said(comparison: Comparison) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {change.name: (change.kind, change.sentences) for change in comparison.changes}


def test_equal_networks_do_not_differ_wherever_their_nodes_stand() -> None:
    old = network()
    assert not between(old, old.move({"conv1": (7.0, 9.0)}))
    assert between(old, Graph.of(reversed(list(old)))).parameters == 0


def test_a_changed_parameter_says_from_what_to_what_and_what_it_costs() -> None:
    old = network()
    new = old.replace("conv2", Conv2d(32, 3, padding="same"))
    found = between(old, new)
    assert said(found) == {
        "conv2": (
            "changed",
            (
                "out_channels 16 → 32",
                "kernel_size 5 → 3",
                "padding 0 → same",
                "gives 32 × 12 × 12 instead of 16 × 8 × 8",
            ),
        ),
        "flatten1": ("affected", ("gives 4608 instead of 1024",)),
        "fc1": ("affected", ("reads another shape",)),
    }
    conv, _, linear = found.changes
    assert conv.parameters == (32 * 6 * 9 + 32) - (16 * 6 * 25 + 16)
    assert linear.macs == 10 * (4608 - 1024)


def test_the_changes_of_the_nodes_add_up_to_the_change_of_the_whole() -> None:
    old, new = TEMPLATES["lenet5"].make(10, (1, 28, 28)), TEMPLATES["small-resnet"].make(7, (3, 32, 32))
    found = between(old, new)
    assert sum(change.parameters or 0 for change in found.changes) == found.parameters != 0
    assert sum(change.macs or 0 for change in found.changes) == found.macs != 0
    before, after = found.totals("parameters")
    assert before is not None and after is not None and found.parameters == after - before


def test_a_node_put_into_a_wire_rewires_its_reader() -> None:
    old = network()
    new = old.insert(Edge("conv1", "relu1"), Node("bn1", BatchNorm2d()))
    found = between(old, new)
    assert said(found) == {"bn1": ("added", ("BatchNorm2d",)), "relu1": ("rewired", ("reads bn1 instead of conv1",))}
    assert found.parameters == 12
    back = between(new, old)
    assert said(back)["bn1"][0] == "removed" and back.changes[-1].parameters == -12


def test_a_chain_of_renamed_nodes_is_recognised() -> None:
    old = network()
    new = old.rename("conv1", "stem").rename("relu1", "bend").rename("fc1", "head")
    assert matched(old, new) == {
        **{name: name for name in old.nodes}, "conv1": "stem", "relu1": "bend", "fc1": "head",
    }  # fmt: skip
    found = between(old, new)
    assert said(found) == {
        "stem": ("renamed", ("was called conv1",)),
        "bend": ("renamed", ("was called relu1",)),
        "head": ("renamed", ("was called fc1",)),
    }
    assert found.parameters == 0


def test_a_renamed_node_is_recognised_by_what_reads_it() -> None:
    old = network()
    new = old.rename("relu1", "bend").insert(Edge("conv1", "bend"), Node("bn1", BatchNorm2d()))
    found = between(old, new)
    assert said(found)["bend"] == ("renamed", ("was called relu1", "reads bn1 instead of conv1"))
    assert not found.of("removed")


def test_a_node_with_other_neighbours_and_another_name_is_another_node() -> None:
    draw = Sketch()
    x = draw(Input((4, 8, 8)))
    draw(Add(), draw(ReLU(), x, name="left"), x)
    old = draw.graph()
    new = old.remove("left").add(Node("right", ReLU(), ("add1",)))
    assert {change.name: change.kind for change in between(old, new).changes} == {
        "add1": "rewired", "right": "added", "left": "removed",
    }  # fmt: skip


def test_swapped_inputs_are_told_apart() -> None:
    draw = Sketch()
    x = draw(Input((4, 8, 8)))
    draw(Add(), draw(ReLU(), x), x)
    old = draw.graph()
    new = old.connect("input1", "add1", 0).connect("relu1", "add1", 1)
    assert said(between(old, new)) == {"add1": ("rewired", ("reads the same in another order",))}


def test_another_block_under_the_same_name_is_a_replacement() -> None:
    old = network()
    found = between(old, old.replace("relu1", GELU()))
    assert said(found) == {"relu1": ("replaced", ("ReLU → GELU",))}


def test_a_broken_network_leaves_counts_blank_rather_than_wrong() -> None:
    old = network()
    found = between(old, old.replace("conv2", Conv2d(16, 99)))
    change = found.changes[0]
    assert change.parameters is None and change.macs is None and found.parameters is None
    assert "has no shape any more" in change.sentences
    assert "gives 16 × 8 × 8, which was unknown" in between(found.new.graph, old).changes[0].sentences


def test_what_changed_inside_a_group_is_found() -> None:
    analysis = infer(network())
    old, name = grouped(analysis.graph, ("conv1", "relu1"), analysis.shape)
    block = old[name].block
    assert isinstance(block, Group)
    new = with_body(old, (name,), block.body.replace("conv1", Conv2d(8, 5)))
    change = between(old, new).changes[0]
    assert change.kind == "changed" and change.parameters == 2 * 26
    assert [(inner.name, inner.kind) for inner in change.inside] == [("conv1", "changed"), ("relu1", "affected")]
    assert change.sentences[0] == "2 differences inside"
    renamed = old.replace(name, dataclasses.replace(block, label="Stem"))
    assert between(old, renamed).changes[0].sentences == ("label Group → Stem",)


def test_from_nothing_everything_is_added() -> None:
    found = between(Graph(), network())
    assert {change.kind for change in found.changes} == {"added"} and len(found.changes) == 7
    assert found.totals("parameters")[0] == 0 and found.parameters == found.totals("parameters")[1]


def test_a_change_in_a_count_has_its_sign() -> None:
    assert [signed(count) for count in (1204, -16, 0, None)] == ["+1,204", "−16", "0", ""]


def test_what_batch_normalisation_adds_to_vgg() -> None:
    old, new = (NETWORKS[name].make(10, (3, 224, 224)) for name in ("vgg16", "vgg16_bn"))
    found = between(old, new)
    assert [len(found.of(kind)) for kind in ("added", "rewired")] == [13, 13] and len(found.changes) == 26
    assert found.parameters == 8_448 and found.macs == 0
