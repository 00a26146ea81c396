"""What is drawn twice as large is twice as large, by the law that the caption states."""

from __future__ import annotations

from math import log2, sqrt

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, MaxPool2d
from cnnstudio.compiler.inference import infer
from cnnstudio.figure.composition import figure
from cnnstudio.figure.marks import Box, Figure, Polygon
from cnnstudio.figure.options import Options
from cnnstudio.figure.proportions import HIGHEST, LAWS, LEAST, LONGEST, Proportions
from cnnstudio.figure.solids import RECEDE
from cnnstudio.graph import Graph, Shape, Sketch

LENGTHS = {"linear": float, "root": sqrt, "log": lambda number: log2(1 + number)}


def halving() -> Graph:
    """8 × 64 × 64, then 16 × 32 × 32, then vectors of 100 and of 50."""
    draw = Sketch()
    x = draw.chain(draw(Input((8, 64, 64))), Conv2d(16, 3, 2, 1), Flatten(), Linear(100), Linear(50))
    assert x
    return draw.graph()


def drawn(law: str) -> Figure:
    return figure(infer(halving()), Options(law=law))


def test_a_map_twice_as_high_is_drawn_twice_as_high_under_the_linear_law() -> None:
    large, small = drawn("linear").boxes["input1"], drawn("linear").boxes["conv1"]
    assert large.height == pytest.approx(2 * small.height)
    assert large.width == pytest.approx(2 * small.width)
    assert small.thickness == pytest.approx(2 * large.thickness)
    assert large.height == HIGHEST


def test_a_vector_of_twice_the_numbers_is_twice_as_long_under_the_linear_law() -> None:
    boxes = figure(infer(small_head()), Options(law="linear")).boxes
    assert boxes["fc1"].height == pytest.approx(2 * boxes["fc2"].height)
    assert boxes["flatten1"].height == LONGEST


def small_head() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 10, 20))), Flatten(), Linear(100), Linear(50))
    return draw.graph()


@pytest.mark.parametrize("law", list(LAWS))
def test_each_law_is_kept_by_maps_and_channels(law: str) -> None:
    length, boxes = LENGTHS[law], drawn(law).boxes
    ratio = length(64) / length(32)
    assert boxes["input1"].height / boxes["conv1"].height == pytest.approx(ratio)
    assert boxes["conv1"].thickness / boxes["input1"].thickness == pytest.approx(length(16) / length(8))


@pytest.mark.parametrize("direction", ["across", "down"])
def test_the_faces_that_are_painted_are_as_large_as_the_boxes(direction: str) -> None:
    made = figure(infer(halving()), Options(direction=direction, law="linear"))  # type: ignore[arg-type]
    for name in ("input1", "conv1"):
        box = made.boxes[name]
        faces = [mark for mark in made.marks if isinstance(mark, Polygon) and mark.of == name]
        xs = [x for face in faces for x, _ in face.points]
        ys = [y for face in faces for _, y in face.points]
        across, down, deep = expected(box, direction)
        assert max(xs) - min(xs) == pytest.approx(across + deep)
        assert max(ys) - min(ys) == pytest.approx(down + deep)


def expected(box: Box, direction: str) -> tuple[float, float, float]:
    """The sides of the front and what the depth takes."""
    if direction == "across":
        return box.thickness, box.height, box.width * RECEDE
    return box.width, box.thickness, box.height * RECEDE


def test_maps_that_are_not_square_are_not_drawn_square() -> None:
    box = Proportions([Shape(3, 20, 40)], "linear").box(Shape(3, 20, 40))
    assert box.width == pytest.approx(2 * box.height)


def test_nothing_is_too_small_to_be_seen_and_the_caption_says_so() -> None:
    some = Proportions([Shape(1, 1000, 1000), Shape(2048, 1, 1)], "linear")
    assert some.box(Shape(1, 1, 1)) == Box(LEAST, LEAST, LEAST)
    assert "too small" in some.caption([Shape(1, 1, 1)])
    assert "too small" not in Proportions([Shape(4, 8, 8)], "linear").caption([Shape(4, 8, 8)])


@pytest.mark.parametrize(
    ("law", "words"), [("linear", "in proportion to the"), ("root", "square root"), ("log", "log")]
)
def test_the_caption_states_the_law_and_the_largest(law: str, words: str) -> None:
    caption = drawn(law).caption
    assert words in caption
    assert "the largest is 64" in caption
    assert "the most are 16" in caption
    assert "vectors" in caption


def test_a_kernel_is_drawn_by_the_law_of_its_map() -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 40, 40))), MaxPool2d((10, 20)))
    made = figure(infer(draw.graph()), Options(law="linear", legend=False, labels=False))
    box = made.boxes["input1"]
    filled = [mark for mark in made.marks if isinstance(mark, Polygon) and mark.fill and mark.opacity == 0.55]
    assert len(filled) == 1
    xs, ys = [x for x, _ in filled[0].points], [y for _, y in filled[0].points]
    assert max(xs) - min(xs) == pytest.approx(box.width * RECEDE * 20 / 40)
    assert max(ys) - min(ys) == pytest.approx(box.height * 10 / 40 + box.width * RECEDE * 20 / 40)
