"""The famous networks against torchvision's: numbers, and outputs with its weights copied across."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Shape
from cnnstudio.training.build import build
from cnnstudio.training.pretrained.weight_mapping import Part, translated
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo import NETWORKS, TEMPLATES
from cnnstudio.zoo.backbone import MODELS

# networks that torchvision has not: their parameters, from the papers' own code
ELSEWHERE = {
    "mobilenet_v1": 4_231_976,
    "xception": 22_855_952,
    "se_resnet50": 28_088_024,
    "preact_resnet18": 11_687_720,
    "senet154": 115_088_984,
    "pyramidnet110": 1_772_706 + 990 * 65,  # published for ten classes
    "plain34": 21_797_672 - 173_824,  # ResNet-34 less its three projections
}

# of more than 100 million parameters: benchmarks/imports.py compares them, and here one VGG stands for all
LARGE = {"convnext_large", "efficientnet_v2_l", "regnet_x_32gf", "regnet_y_32gf", "regnet_y_128gf", "vgg11", "vgg13",
         "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "vit_h_14", "vit_l_16", "vit_l_32",
         "wide_resnet101_2"}  # fmt: skip
WHOLE = ("vit", "maxvit")  # whose positions or windows belong to a size

# one of every family and kind of block; those of the same family differ in numbers alone, which are told of all
MEMBERS = {"alexnet", "vgg11_bn", "googlenet", "inception_v3", "resnet18", "resnet50", "resnext50_32x4d", "densenet161",
           "squeezenet1_0", "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "mnasnet0_5",
           "shufflenet_v2_x0_5", "efficientnet_b0", "efficientnet_b5", "efficientnet_v2_s", "convnext_tiny",
           "regnet_x_400mf", "regnet_y_400mf", "vit_b_32", "swin_t", "swin_v2_t", "maxvit_t"}  # fmt: skip


def recorded(name: str) -> dict[str, Any]:
    """What torchvision notes beside the weights that were measured at the network's own image size."""
    every = list(torchvision().models.get_model_weights(name))
    side = NETWORKS[name].size[1]
    meta: dict[str, Any] = next((w for w in every if w.transforms.keywords["crop_size"] == side), every[0]).meta
    return meta


@pytest.mark.parametrize("name", MODELS)
def test_numbers_are_those_that_torchvision_records(name: str) -> None:
    template, meta = NETWORKS[name], recorded(name)
    analysis = infer(template.make(1000, template.size))
    assert not analysis.errors and analysis.totals is not None
    # torchvision counts the auxiliary heads of Inception v3, which only train
    auxiliary = 3_326_696 if name == "inception_v3" else 0
    assert analysis.totals.parameters + auxiliary == meta["num_params"]
    assert analysis.totals.macs / 1e9 == pytest.approx(meta["_ops"], rel=0.005, abs=0.0006)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_numbers_are_those_of_the_papers(name: str) -> None:
    template = NETWORKS[name]
    totals = infer(template.make(1000, template.size)).totals
    assert totals is not None and totals.parameters == ELSEWHERE[name]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_take_other_classes_and_lie_apart(name: str) -> None:
    template = NETWORKS[name]
    graph = template.make(7, template.size)
    analysis = infer(graph)
    assert [analysis.shape(node.name) for node in graph.outputs] == [Shape(7)]
    assert len({node.position for node in graph}) == len(graph)
    assert template.title and template.sentence.endswith(".")


def test_stages_and_head_begin_a_row() -> None:
    graph = NETWORKS["resnet101"].make(10, (3, 224, 224))
    rows: dict[float, list[str]] = {}
    for node in sorted(graph, key=lambda node: node.position):
        rows.setdefault(node.position[1], []).append(node.name)
    assert [rows[y] for y in sorted(rows)] == [
        ["input1", "stem", "pool1"],
        ["stage1_1", "stage1_2", "stage1_3"],
        ["stage2_1", "stage2_2", "stage2_3", "stage2_4"],
        [f"stage3_{number}" for number in range(1, 9)],
        [f"stage3_{number}" for number in range(9, 17)],
        [f"stage3_{number}" for number in range(17, 24)],
        ["stage4_1", "stage4_2", "stage4_3"],
        ["pool2", "flatten1", "fc1"],
    ]
    vgg = NETWORKS["vgg11"].make(10, (3, 224, 224))
    assert [node.name for node in vgg if node.position[0] == 0.0] == [
        *("input1", "conv2_1", "conv3_1", "conv4_1", "conv5_1", "pool6", "fc2"),
    ]


def test_a_long_part_goes_on_in_the_next_row_where_that_shows_the_network_largest() -> None:
    def longest(graph: Graph) -> int:
        return max(Counter(node.position[1] for node in graph).values())

    assert longest(TEMPLATES["lenet5"].make(10, (1, 28, 28))) == 4  # its head has six nodes, and there is room below
    assert longest(NETWORKS["vgg19_bn"].make(10, (3, 224, 224))) == 9  # nothing would be gained by still more rows


@pytest.mark.parametrize("key", [*NETWORKS, *TEMPLATES])
def test_frames_round_stem_stages_and_head_lie_apart(key: str) -> None:
    template = {**NETWORKS, **TEMPLATES}[key]
    graph = template.make(10, template.size)
    boxes = []
    for frame in graph.frames:
        places = [graph[name].position for name in frame.members]
        (left, top), (right, bottom) = map(min, zip(*places, strict=True)), map(max, zip(*places, strict=True))
        boxes.append((left - 18, top - 46, right + 184 + 18, bottom + 68 + 18))
    boxes += [(x, y, x + 184, y + 68) for node in graph if node.name not in graph.framed for x, y in [node.position]]
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart or not graph.frames


@pytest.mark.parametrize(
    ("key", "titles"),
    [
        ("resnet18", ["Stem", "Stage 1", "Stage 2", "Stage 3", "Stage 4", "Head"]),
        ("vgg11", ["Stage 1", "Stage 2", "Stage 3", "Stage 4", "Stage 5", "Head"]),
        ("googlenet", ["Stem", "Inception 3", "Inception 4", "Inception 5", "Head"]),
        ("inception_v3", ["Stem", "Mixed 1", "Mixed 2", "Mixed 3", "Head"]),
        ("vit_b_16", ["Stem", "Encoder", "Head"]),
        ("swin_t", ["Stem", "Stage 1", "Stage 2", "Stage 3", "Stage 4", "Head"]),
        ("maxvit_t", ["Stem", "Stage 1", "Stage 2", "Stage 3", "Stage 4", "Head"]),
        ("small-resnet", ["Stem", "Stage 1", "Stage 2", "Stage 3", "Head"]),
        ("lenet5", ["Stage 1", "Stage 2", "Head"]),
        ("alexnet", ["Stage 1", "Stage 2", "Stage 3", "Head"]),
        ("densenet121", ["Stem", "Dense 1", "Dense 2", "Dense 3", "Dense 4", "Head"]),
        ("squeezenet1_1", ["Stem", "Stage 1", "Stage 2", "Stage 3", "Head"]),
        ("xception", ["Entry flow", "Middle flow", "Exit flow", "Head"]),
        ("fractalnet", ["Stage 1", "Stage 2", "Stage 3", "Stage 4", "Stage 5", "Head"]),
        ("transfer", ["Backbone", "Head"]),
    ],
)
def test_frames_are_called_by_what_they_hold(key: str, titles: list[str]) -> None:
    template = {**NETWORKS, **TEMPLATES}[key]
    graph = template.make(10, template.size)
    assert [frame.title for frame in graph.frames] == titles
    assert all(one.hue != other.hue for one, other in pairwise(graph.frames))
    if titles:
        assert graph.framed.keys() == {node.name for node in graph if not node.is_input}
        assert {name for name in graph.nodes if name.startswith("stage2_")} <= {
            name for name, frame in graph.framed.items() if frame.title == "Stage 2"
        }


@pytest.mark.parametrize("name", NETWORKS)
def test_small_images_get_a_stem_that_leaves_something(name: str) -> None:
    graph = NETWORKS[name].make(10, (3, 32, 32))
    analysis = infer(graph)
    assert not analysis.errors
    maps = [
        shape for node in graph if (shape := analysis.shape(node.name)) and shape.is_map and shape.spatial != (1, 1)
    ]
    assert min(maps[-1].spatial) >= 2
    assert analysis.shape(graph.outputs[0].name) == Shape(10)


@pytest.mark.parametrize(
    "name",
    [each if each in MEMBERS else pytest.param(each, marks=pytest.mark.whole) for each in MODELS if each not in LARGE],
)
def test_outputs_are_torchvisions(name: str, stirred_model: Callable[[str], nn.Module]) -> None:
    """To a hundred-thousandth of the greatest output; most are the same to the last bit."""
    side = NETWORKS[name].size[1] if name.startswith(WHOLE) else 96 if name == "inception_v3" else 64
    reference = stirred_model(name)
    ours = build(source(NETWORKS[name].make(1000, (3, side, side))).text).eval()
    carried = translated(Part("", ours, name), reference.state_dict())
    assert carried.keys() == {key for key in ours.state_dict() if not key.endswith("num_batches_tracked")}
    ours.load_state_dict(carried, strict=False)
    images = torch.randn(2, 3, side, side)
    with torch.no_grad():
        found, wanted = ours(images), reference(images)
    assert float((found - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max())
