"""What a probe finds, and that a run goes on as if nobody had looked, whatever the probe does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Event, Finished, Observation, Remark, Step
from cnnstudio.training.loop import train
from cnnstudio.training.probe import Probe, View

PLAN = Recipe(epochs=2, batch_size=8, learning_rate=0.01, device="cpu")


@dataclass(frozen=True)
class Drawn(Observation):
    step: int
    number: float


class Drawing:
    """Draws from torch's one generator, as a layer may that is evaluated."""

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.asked: list[int] = []
        self.modes: set[bool] = set()

    def is_due(self, step: int) -> bool:
        self.asked.append(step)
        return step % self.every == 0

    def look(self, view: View) -> Iterator[Drawn | Remark]:
        assert not torch.is_grad_enabled()
        self.modes |= {part.training for part in view.module.modules()}
        x = view.prepared(view.data.validation_images[:2])
        assert x.dtype == torch.float32 and x.shape == (2, *view.data.shape)
        view.module(x)
        yield Drawn(view.step, torch.rand(1000)[-1].item())
        yield Remark("It was looked at.")


class Failing(Drawing):
    """Fails in the middle of its second look."""

    def look(self, view: View) -> Iterator[Drawn | Remark]:
        yield from super().look(view)
        if view.step > 1:
            raise RuntimeError("The size of tensor a (3) must match.\nAnd more lines.")


def network() -> nn.Module:
    """Draws when it is trained, and when it is evaluated too."""
    torch.manual_seed(0)
    pool = nn.FractionalMaxPool2d(2, output_size=5)
    first, drop = nn.Conv2d(1, 4, 3, padding=1), nn.Dropout(0.3)
    return nn.Sequential(first, nn.BatchNorm2d(4), nn.ReLU(), pool, drop, nn.Flatten(), nn.Linear(100, 3))


def ran(data: Data, *probes: Probe, disturb: bool = False) -> tuple[list[Any], dict[str, torch.Tensor]]:
    """What a run said but for what the probes say, and its last weights."""
    module, told = network(), []
    for event in train(module, data, PLAN, probes=probes):
        if disturb:
            torch.rand(7)
        told.append(event)
    times = ("seconds", "images_per_second", "sentence")
    own = [event for event in told if not isinstance(event, Observation | Remark)]
    said = [(type(e).__name__, {k: v for k, v in vars(e).items() if k not in times}) for e in own]
    return said, module.state_dict()


@pytest.mark.parametrize("make", [Drawing, Failing, lambda: Drawing(every=3)])
def test_a_run_is_as_if_nobody_had_looked(make_data: Callable[..., Data], make: Callable[[], Drawing]) -> None:
    (plain, weights), (watched, after) = ran(make_data()), ran(make_data(), make())
    assert watched == plain
    assert all(torch.equal(weights[name], after[name]) for name in weights)


def test_what_others_draw_does_not_matter_to_a_layer_that_draws_when_evaluated(make_data: Callable[..., Data]) -> None:
    assert ran(make_data())[0] == ran(make_data(), disturb=True)[0]


def test_a_probe_looks_when_it_is_due_and_finds_the_network_evaluated(make_data: Callable[..., Data]) -> None:
    probe = Drawing(every=3)
    events: list[Event] = list(train(network(), make_data(), PLAN, probes=[probe]))
    seen = [event for event in events if isinstance(event, Drawn)]
    assert probe.asked == list(range(1, 9)) and [event.step for event in seen] == [3, 6]
    assert probe.modes == {False}
    assert len({event.number for event in seen}) == 1, "each look draws the same"
    for event in seen:
        before = events[events.index(event) - 1]
        assert isinstance(before, Step) and before.step == event.step
    assert [event.sentence for event in events if isinstance(event, Remark)] == ["It was looked at."]


def test_one_that_raises_is_told_of_once_and_rests(make_data: Callable[..., Data]) -> None:
    failing, going = Failing(), Drawing()
    events = list(train(network(), make_data(), PLAN, probes=[failing, going]))
    told = [event.sentence for event in events if isinstance(event, Remark)]
    assert told == [
        "It was looked at.",
        "Looking into the network failed: The size of tensor a (3) must match. Training goes on without it.",
    ]
    assert failing.asked == [1, 2] and going.asked == list(range(1, 9))
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"


def test_the_random_numbers_of_whoever_pulls_the_run_are_left_alone_by_a_look(make_data: Callable[..., Data]) -> None:
    class Noting(Drawing):
        def is_due(self, step: int) -> bool:
            self.before = torch.get_rng_state()
            return True

    probe = Noting()
    looks = 0
    for event in train(network(), make_data(), PLAN, probes=[probe]):
        if isinstance(event, Drawn):
            assert torch.equal(torch.get_rng_state(), probe.before)
            looks += 1
    assert looks == 8
