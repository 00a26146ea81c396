"""Networks of many nodes: what is said about twice as many takes about twice as many steps, however they are wired."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d, Input, InvertedResidual, ReLU
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Graph, Sketch


def chain(count: int) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((16, 8, 8))), *(InvertedResidual(16) for _ in range(count)))
    return draw.graph()


def branches(count: int) -> Graph:
    draw = Sketch()
    image = draw(Input((16, 8, 8)))
    for _ in range(count):
        draw.chain(image, Conv2d(16, 3), ReLU())
    return draw.graph()


def apart(count: int) -> Graph:
    draw = Sketch()
    draw(Input((16, 8, 8)))
    for _ in range(count):
        draw(ReLU())
    return draw.graph()


def islands(count: int) -> Graph:
    draw = Sketch()
    draw(Input((16, 8, 8)))
    for _ in range(count):
        draw.chain(draw(Conv2d(16, 3)), ReLU(), ReLU())
    return draw.graph()


def ends_of_nothing(count: int) -> Graph:
    draw = Sketch()
    draw(Input((16, 8, 8)))
    last = draw.chain(draw(ReLU()), *(ReLU() for _ in range(count)))
    for _ in range(count):
        draw(ReLU(), last)
    return draw.graph()


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python ``work`` goes through."""
    counted = 0

    def traced(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal counted
        counted += 1
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("drawn", [chain, branches, apart, islands, ends_of_nothing])
def test_twice_as_many_nodes_take_twice_as_many_steps(drawn: Callable[[int], Graph]) -> None:
    few, many = (infer(drawn(count)) for count in (100, 200))
    diagnose(few), diagnose(many)  # what is remembered of blocks is not counted
    few, many = (infer(drawn(count)) for count in (100, 200))
    assert steps(lambda: diagnose(many)) < 2.3 * steps(lambda: diagnose(few))


def test_what_no_input_reaches_is_told_island_by_island() -> None:
    found = [each for each in diagnose(infer(islands(2))) if each.code == "unreachable"]
    assert [each.nodes for each in found] == [("conv1", "relu1", "relu2"), ("conv2", "relu3", "relu4")]
