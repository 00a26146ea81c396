"""How long each block takes: by a clock that is ours, by the computer's, and what is left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
import torch

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, FractionalMaxPool2d, Input, Linear, ReLU, Residual
from cnnstudio.compiler.source import SourceError
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight import node_times as module
from cnnstudio.insight.node_times import node_times
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.worker import unheard


def network() -> Graph:
    """Draws, normalises, and has a composite in which one value is read twice."""
    draw = Sketch()
    x = draw.chain(draw(Input((2, 12, 12))), Conv2d(4, padding=1), BatchNorm2d(), ReLU())
    x = draw.chain(draw(Residual(4), x), FractionalMaxPool2d((5, 5)), Flatten(), Linear(3))
    return draw.graph()


def project(graph: Graph | None = None, **recipe: object) -> Project:
    return Project(graph or network(), Recipe(**{"device": "cpu", "precision": "float32", "batch_size": 4, **recipe}))


def ticking() -> Iterator[float]:
    """Each look at it is a second later than the one before, and in the third batch ten."""
    now = 0.0
    for look in count():
        now += 10.0 if LOOKS <= look < LOOKS * 3 // 2 else 1.0
        yield now


LOOKS = 100


def test_the_middle_of_the_times_counts_and_the_first_batch_does_not() -> None:
    clock = ticking()
    found = node_times(project(), unheard, clock=lambda: next(clock), batches=5)
    assert found is not None and found.batches == 5 and found.images == 4
    nodes = [name for name in project().graph.order if name != "input1"]
    assert list(found.forward) == list(found.backward) == nodes
    assert set(found.forward.values()) == set(found.backward.values()) == {1.0} and found.whole == (1.0, 1.0)
    assert found.nanoseconds["conv1"] == 2_000_000_000
    assert found.device.startswith("CPU with ") and found.device.endswith("in float32")


def test_real_times_are_positive_and_their_sum_is_near_the_whole() -> None:
    draw = Sketch()
    draw.chain(draw(Input((8, 48, 48))), Conv2d(32, 5), ReLU(), Conv2d(32, 5), Flatten(), Linear(3))
    found = node_times(project(draw.graph(), batch_size=8), unheard, batches=5)
    assert found is not None
    assert all(seconds > 0 for each in (found.forward, found.backward) for seconds in each.values())
    for each, whole in zip((found.forward, found.backward), found.whole, strict=True):
        assert whole / 8 < sum(each.values()) < 8 * whole
    assert found.nanoseconds["conv2"] > found.nanoseconds["flatten1"], "a convolution takes longer than a view"


def test_what_asks_for_no_gradient_takes_none_backward() -> None:
    draw = Sketch()
    draw.chain(draw(Input((2, 6, 6))), ReLU(), Flatten(), Linear(3))
    found = node_times(project(draw.graph()), unheard, batches=1)
    assert found is not None and found.backward["relu1"] == found.backward["flatten1"] == 0.0 < found.backward["fc1"]


def test_nothing_of_the_program_is_touched() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    try:
        assert node_times(project(), unheard, batches=1) is not None
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(state, torch.get_rng_state()) and torch.is_grad_enabled()


def test_it_says_how_far_it_is_and_ends_when_it_is_called_off() -> None:
    shares: list[float] = []

    def report(_: str, share: float | None) -> bool:
        shares.append(share or 0.0)
        return len(shares) < 15

    assert node_times(project(), report) is None
    assert len(shares) == 15 and shares == sorted(shares) and 0 < shares[-1] < 1


def test_a_large_network_is_given_few_images_and_a_normalisation_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MACS", 1)
    found = node_times(project(batch_size=64), unheard, batches=1)
    assert found is not None and found.images == 2
    monkeypatch.setattr(module, "headroom", lambda: 0)
    with pytest.raises(MemoryError, match="The memory is not enough to time the network"):
        node_times(project(), unheard, batches=1)


def test_what_is_no_whole_network_is_refused_in_a_sentence() -> None:
    draw = Sketch()
    x = draw(Input((2, 6, 6)))
    draw.chain(x, ReLU())
    draw.chain(x, Flatten())
    with pytest.raises(SourceError):
        node_times(project(draw.graph()), unheard)
