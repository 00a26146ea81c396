"""A run that begins at a position goes on bit for bit as the run would have, from which the position was taken."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import Dropout, Flatten, Input, Linear
from cnnstudio.compiler.source import source
from cnnstudio.graph import Sketch, parameters
from cnnstudio.project.augmentations import AugMix, CutMix, MixUp, RandAugment, TrivialAugmentWide, usual
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import resume, weights
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd, Event, Finished, Started, Step, Validating
from cnnstudio.training.loop import _Run, fresh
from cnnstudio.training.position import Position
from cnnstudio.training.resume import Checkpoint
from cnnstudio.zoo import Backbone

MakeData = Callable[..., Data]
Taken = tuple[Position, dict[str, Tensor]]


@pytest.fixture(autouse=True)
def a_second_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is a second later, so that times must go on as well."""
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))


FAST = PRESETS["fast"].changes | {"epochs": 3, "batch_size": 8, "precision": "float32"}

EVERYTHING = tuple(kind() for each in parameters(Recipe) for kind in each.entry_types)
"""Each augmentation that there is, in one list."""


def plan(**values: Any) -> Recipe:
    return Recipe(**{"epochs": 3, "batch_size": 8, "learning_rate": 0.01, "device": "cpu", **values})


def network(seed: int = 0) -> nn.Module:
    """Everything that a position must hold to: statistics, dropout, and a layer that draws when it is evaluated too."""
    torch.manual_seed(seed)
    first, pool = nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.FractionalMaxPool2d(2, output_size=5)
    return nn.Sequential(first, nn.BatchNorm2d(4), nn.ReLU(), pool, nn.Dropout(0.3), nn.Flatten(), nn.Linear(100, 3))


def copied(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def gone_through(run: _Run) -> tuple[list[Event], list[Taken]]:
    """What a run said, and where it was at each event."""
    told, taken = [], []
    for event in run.events():
        told.append(event)
        taken.append((run.position, copied(run.module)))
    run.close()
    return told, taken


def written_and_read(position: Position, path: Path) -> Position:
    """The same value, from a file."""
    resume.save(path, Checkpoint({}, position, 0, (0.5,), (0.5,)))
    return resume.load(path).position


def went_on(run: _Run, then: dict[str, Tensor]) -> tuple[list[Event], Position]:
    """What a run says that begins with these weights, but for its beginning; and where it is in the end."""
    run.module.load_state_dict(then)
    torch.rand(5)
    told = list(run.events())
    end = run.position
    run.close()
    assert isinstance(told[0], Started)
    return told[1:], end


def plain(value: Any) -> Any:
    """A position as what ``==`` compares bit for bit."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return (str(value.dtype), value.tolist()) if isinstance(value, Tensor) else value


def left_at(told: list[Event], number: int) -> list[Event]:
    """What is still to be said at an event: a validation begins anew, since it is no step."""
    if not isinstance(told[number], Validating):
        return told[number + 1 :]
    while isinstance(told[number - 1], Validating):
        number -= 1
    return told[number:]


@pytest.mark.parametrize(
    "values",
    [
        {"augmentations": usual(True)},
        {"optimizer": "SGD", "schedule": "cosine", "weight_decay": 0.01},
        {"optimizer": "SGD", "nesterov": True, "augmentations": EVERYTHING, "gradient_clip": 0.5, "schedule": "step"},
        {"optimizer": "SGD", "momentum": 0.0, "label_smoothing": 0.1, "schedule": "constant"},
        {"optimizer": "AdamW", "weight_decay": 0.1, "seed": 4},
        {
            "averaging": True,
            "averaging_decay": 0.5,
            "augmentations": (MixUp(),),
            "keep_best": True,
            "decay_norms": False,
        },
        {
            "optimizer": "RMSprop",
            "schedule": "plateau",
            "plateau_epochs": 0,
            "augmentations": (TrivialAugmentWide(), CutMix(probability=0.5)),
            "patience": 1,
        },
        {"optimizer": "NAdam", "schedule": "warmup-cosine", "accumulation": 2, "batch_size": 4, "loss": "focal"},
        {"optimizer": "Adagrad", "schedule": "multi-step", "milestones": (1, 2), "class_weights": "balanced"},
        {
            "optimizer": "SGD",
            "schedule": "exponential",
            "loss": "BCE",
            "averaging": True,
            "augmentations": (RandAugment(), AugMix(probability=0.5)),
        },
        FAST,
    ],
)
def test_a_run_goes_on_bit_for_bit_from_every_position(
    make_data: MakeData, tmp_path: Path, values: dict[str, Any], a_part: Callable[[int], int]
) -> None:
    """From every third one, which in epochs of eight are all eight kinds of place; with ``--whole`` from all."""
    data, recipe = dataclasses.replace(make_data(validation=70), mirror=True), plan(**values)
    whole = network()
    told, taken = gone_through(_Run(whole, data, recipe, None, [], None))
    assert [type(event) for event in told[:9]] == [Started, *[Step] * 4, *[Validating] * 3, EpochEnd]
    assert len(told) in {1 + epochs * 8 + 1 for epochs in ((1, 2, 3) if recipe.patience else (3,))}
    assert isinstance(told[-1], Finished)
    for number in range(0, len(taken) - 1, 1 if a_part(3) == 3 else 3):
        position, then = taken[number]
        module = network(seed=9)
        begin = written_and_read(position, tmp_path / "checkpoint.safetensors")
        rest, end = went_on(_Run(module, data, recipe, None, [], None, begin=begin), then)
        assert rest == left_at(told, number), told[number]
        assert same(module.state_dict(), whole.state_dict()), told[number]
        assert plain(dataclasses.asdict(end)) == plain(dataclasses.asdict(taken[-1][0])), told[number]


def test_a_position_is_where_the_events_say(make_data: MakeData) -> None:
    data = make_data()
    told, taken = gone_through(_Run(network(), data, plan(), None, [], None))
    for event, (position, _) in zip(told, taken, strict=True):
        cursor = position.cursor
        assert sorted(cursor.order.tolist()) == list(range(33))
        if isinstance(event, Step):
            assert ((cursor.epoch - 1) * 4 + cursor.step, cursor.epoch) == (event.step, event.epoch)
            assert cursor.seen == (33 if cursor.step == 4 else 8 * cursor.step)
            assert position.good_epoch == event.epoch - 1
        if isinstance(event, EpochEnd):
            assert (cursor.epoch, cursor.step, cursor.seen, position.good_epoch) == (event.epoch + 1, 0, 0, event.epoch)
    ends = [event for event in told if isinstance(event, EpochEnd)]
    assert taken[-1][0].cursor.seconds == sum(end.seconds for end in ends) > 0
    best = [end for end in ends if end.is_best][-1]
    assert taken[-1][0].cursor.best == best
    orders = {tuple(position.cursor.order.tolist()) for position, _ in taken}
    assert len(orders) == 4, "one an epoch, and one that nobody goes through any more"
    assert all(position.optimizer for position, _ in taken[1:]) and not taken[0][0].optimizer


@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
def test_runs_that_begin_at_a_position_leave_it_as_it_is(make_data: MakeData, optimizer: str) -> None:
    data, recipe = make_data(), plan(optimizer=optimizer)
    _, taken = gone_through(_Run(network(), data, recipe, None, [], None))
    position, then = taken[8]
    first, again = network(), network()
    told = [went_on(_Run(module, data, recipe, None, [], None, begin=position), then)[0] for module in (first, again)]
    assert told[0] == told[1] and same(first.state_dict(), again.state_dict())


def test_a_run_that_diverges_after_it_went_on_goes_back_to_the_last_good_weights(make_data: MakeData) -> None:
    data = make_data()
    _, taken = gone_through(_Run(network(), data, plan(), None, [], None))
    (end, good), (position, then) = taken[6], taken[8]
    assert (end.cursor.epoch, end.cursor.step, position.cursor.step) == (2, 0, 2) and not same(good, then)
    module = network()
    module.load_state_dict(then)
    for event in _Run(module, data, plan(), None, [], None, begin=position).events():
        if isinstance(event, Started):
            with torch.no_grad():
                module[0].weight[0] = math.inf  # type: ignore[index, union-attr]
    assert isinstance(event, Finished) and event.reason == "diverged"
    assert "epoch 2" in event.sentence and "those of epoch 1" in event.sentence
    assert same(module.state_dict(), good)


def test_a_backbone_that_is_being_taken_up_is_taken_up_further(make_data: MakeData) -> None:
    draw, backbone = Sketch(), Backbone("shufflenet_v2_x0_5", "1/16", frozen=True)
    draw.chain(draw(Input((3, 32, 32))), backbone, Flatten(), Dropout(0.1), Linear(3))
    text, data = source(draw.graph()), make_data(images=16, size=(3, 32, 32))
    recipe = plan(epochs=4, unfreeze_epoch=2)
    whole = fresh(text, recipe)
    told, taken = gone_through(_Run(whole, data, recipe, None, [], text))
    number = next(n for n, event in enumerate(told) if isinstance(event, Step) and event.epoch == 3)
    module = fresh(text, plan(seed=9))
    position, then = taken[number]
    rest, _ = went_on(_Run(module, data, recipe, None, [], text, begin=position), then)
    assert rest == told[number + 1 :]
    assert same(module.state_dict(), whole.state_dict())
    after = whole.state_dict()
    names = [name for name in then if name.startswith("backbone1.")]
    assert not all(torch.equal(then[name], after[name]) for name in names), "the backbone learned in between"


def test_a_run_that_is_closed_where_it_began_keeps_what_it_began_with(make_data: MakeData, tmp_path: Path) -> None:
    _, taken = gone_through(_Run(network(), make_data(), plan(), None, [], None))
    position, then = taken[3]
    module = network()
    module.load_state_dict(then)
    run = _Run(module, make_data(), plan(), tmp_path, [], None, begin=position)
    next(iter(run.events()))
    run.close()
    assert same(weights.read(tmp_path / "last.safetensors")[0], then)
