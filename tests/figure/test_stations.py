"""What is drawn, what is told beside it, and what is folded."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Add, AvgPool2d, BatchNorm2d, Conv2d, ConvBNReLU, Flatten, Input, Linear, ReLU, Tanh
from cnnstudio.blocks.group import Group
from cnnstudio.compiler.inference import infer
from cnnstudio.figure.stations import Station, stations
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.project import from_template


def of(graph: Graph, fold: bool = True) -> list[Station]:
    return stations(infer(graph), fold)


def test_activation_and_normalization_are_told_with_the_map_that_they_change() -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 28, 28))), Conv2d(6, 5, bias=False), BatchNorm2d(), Tanh(), AvgPool2d(2))
    found = of(draw.graph())
    assert [station.title for station in found] == ["Input", "Conv 5 × 5", "Avg pool 2 × 2"]
    assert found[1].then == ("BN", "tanh")
    assert found[1].nodes == ("conv1", "bn1", "tanh1")
    assert found[2].parameters == ("stride 2",)


def test_a_map_that_two_read_keeps_what_is_done_to_it_for_one_of_them_apart() -> None:
    draw = Sketch()
    x = draw(Conv2d(4, 3, padding=1), draw(Input((4, 8, 8))))
    draw(Add(), draw(ReLU(), x), x)
    assert [station.title for station in of(draw.graph())] == ["Input", "Conv 3 × 3", "ReLU", "Add"]


def test_a_composite_that_is_one_convolution_is_drawn_as_one() -> None:
    draw = Sketch()
    draw(ConvBNReLU(64, 7, 2), draw(Input((3, 64, 64))))
    conv = of(draw.graph())[1]
    assert (conv.title, conv.parameters, conv.then) == ("Conv 7 × 7", ("stride 2", "pad 3"), ("BN", "ReLU"))


def test_a_map_of_one_pixel_that_is_flattened_is_a_vector() -> None:
    assert [station.title for station in of(from_template("resnet18").graph)][-2:] == ["Global avg pool", "Linear"]
    assert of(from_template("resnet18").graph)[-2].shape == (512,)


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        ("vgg16", [2, 2, 3, 3, 3]),
        ("resnet50", [3, 4, 6, 3]),
        ("efficientnet_b0", [2, 2, 3, 3, 4]),
        ("vit_b_16", [12]),
        ("swin_t", [2, 2, 6, 2]),
    ],
)
def test_equal_blocks_in_a_row_are_drawn_once(key: str, counts: list[int]) -> None:
    graph = from_template(key).graph
    folded, whole = of(graph), of(graph, fold=False)
    assert [station.repeats for station in folded if station.repeats > 1] == counts
    assert sum(station.repeats for station in folded) == len(whole)
    assert [name for station in folded for name in station.nodes] == [n for s in whole for n in s.nodes]
    assert sorted(name for station in whole for name in station.nodes) == sorted(graph.nodes)


def test_a_group_has_its_name_and_repeats() -> None:
    draw = Sketch()
    draw.chain(draw(Input((8, 8, 8))), Conv2d(8, 3, padding=1), ReLU(), Conv2d(8, 1))
    made = of(chain(Group("Mine", draw.graph(), repeat=3), Group("Mine", draw.graph()), Group("Other", draw.graph())))
    assert [(station.title, station.parameters, station.repeats) for station in made[1:]] == [
        ("Mine", (), 4),
        ("Other", (), 1),
    ]


def chain(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((8, 8, 8))), *blocks)
    return draw.graph()


def test_blocks_that_differ_are_not_folded() -> None:
    draw = Sketch()
    draw.chain(draw(Input((8, 8, 8))), Conv2d(8, 3, padding=1), Conv2d(8, 1), Conv2d(8, 3, padding=1), ReLU())
    assert [station.repeats for station in of(draw.graph())] == [1, 1, 1, 1]


def test_vectors_are_not_folded() -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Flatten(), Linear(32), Linear(32))
    assert [station.kind for station in of(draw.graph())] == ["map", "vector", "vector", "vector"]


def test_a_repeat_does_not_reach_past_a_branch() -> None:
    draw = Sketch()
    a = draw(Conv2d(4, 3, padding=1), draw(Input((4, 8, 8))))
    b = draw(Conv2d(4, 3, padding=1), a)
    draw(Add(), a, b)
    assert [station.repeats for station in of(draw.graph())] == [1, 1, 1, 1]
