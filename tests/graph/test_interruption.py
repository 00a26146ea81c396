"""Interruption: to look into a large network is given up where nobody waits for the answer."""

from __future__ import annotations

import threading

import pytest

from cnnstudio.blocks import ConvBNReLU
from cnnstudio.graph import Interrupted, Shape, interruptible
from cnnstudio.graph.composite import facts

SHAPES = (Shape(3, 8, 8),)


def test_what_is_inside_is_no_longer_drawn_when_nobody_waits() -> None:
    with interruptible(lambda: False), pytest.raises(Interrupted):
        facts(ConvBNReLU(1_231), SHAPES)
    assert facts(ConvBNReLU(1_231), SHAPES).shape.channels == 1_231  # of what was given up nothing is kept


def test_it_holds_inside_and_on_this_thread_alone() -> None:
    found: list[int] = []
    with interruptible(lambda: False):
        other = threading.Thread(target=lambda: found.append(facts(ConvBNReLU(1_232), SHAPES).shape.channels))
        other.start()
        other.join()
    assert found == [1_232]
    with interruptible(lambda: True):
        assert facts(ConvBNReLU(1_233), SHAPES).shape.channels == 1_233
