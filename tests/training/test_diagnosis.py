"""What the course of a run says is wrong with it: rule by rule on invented courses, and on real little trainings."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import nn

from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.diagnosis import RULES, Symptom, symptoms
from cnnstudio.training.events import EpochEnd, Finished, Started, Step
from cnnstudio.training.layer_probe import LayerProbe
from cnnstudio.training.layer_statistics import Layer, LayerStatistics
from cnnstudio.training.loop import train
from cnnstudio.training.runs.history import History

CLASSES = ("cat", "dog", "eel", "fox")
GUESSING = math.log(4)


def course(
    losses: Sequence[float],
    epochs: Sequence[tuple[float, float, float, float]] = (),
    looks: Sequence[LayerStatistics] = (),
    reason: str = "",
) -> History:
    """A history of these losses, a step each, and (train loss, accuracy, validation loss, accuracy), an epoch each."""
    history = History()
    history.take(Started(max(1, len(epochs)), max(1, len(losses)), "CPU", (), 100))
    for step, loss in enumerate(losses, 1):
        history.take(Step(step, 1, loss, 0.5, 0.01, 100.0))
    for number, numbers in enumerate(epochs, 1):
        history.take(EpochEnd(number, *numbers, 1.0, number == 1))
    for look in looks:
        history.take(look)
    if reason:
        history.take(Finished(reason, "It ended.", None))  # type: ignore[arg-type]
    return history


def look(
    updates: Sequence[float] = (1e-3,) * 6,
    gradients: Sequence[float] = (1.0,) * 6,
    silent: float = 0.0,
    guesses: Sequence[int] = (10, 10, 10, 10),
) -> LayerStatistics:
    layers = [Layer(f"conv{i}", g, 1.0, u) for i, (u, g) in enumerate(zip(updates, gradients, strict=True), 1)]
    return LayerStatistics(1, tuple(layers), {"relu1": silent}, tuple(guesses), (10, 10, 10, 10))


def codes(history: History, recipe: Recipe | None = None) -> list[str]:
    return [found.code for found in symptoms(history, recipe or Recipe(learning_rate=0.01), CLASSES)]


FALLING = [GUESSING * 0.98**step for step in range(100)]
GOOD = [(1.2 - 0.1 * n, 0.5 + 0.05 * n, 1.25 - 0.09 * n, 0.45 + 0.05 * n) for n in range(8)]
FLAT = [GUESSING + 0.001 * (step % 3) for step in range(100)]
TURNING = [(1.0 - 0.1 * n, 0.6, 1.0 + 0.1 * abs(n - 2), 0.6) for n in range(8)]
ILL: dict[str, History] = {
    "rate-too-high": course([1.4, 1.4, 1.4, 1.4, 1.4, *[3.0] * 60], looks=[look()] * 3),
    "rate-too-low": course(FLAT, looks=[look(updates=(1e-6,) * 6)] * 3),
    "exploding-gradients": course(FALLING, looks=[look(gradients=(9e5, 10.0, 1.0, 1.0, 1.0, 1.0))] * 3),
    "vanishing-gradients": course(FALLING, looks=[look(gradients=(1e-9, 1e-8, 1e-5, 1e-3, 0.1, 1.0))] * 3),
    "dead-relus": course(FALLING, looks=[look(silent=0.75)] * 3),
    "labels-shuffled": course(FALLING, [(0.5, 0.9, 2.0, 0.25)] * 4, [look()] * 3),
    "over-fitting": course(FALLING, TURNING, [look()] * 3),
    "nothing-learned": course(FLAT, [(GUESSING, 0.25, GUESSING, 0.25)] * 3, [look()] * 3),
    "one-class": course(FLAT, [(1.0, 0.25, 1.4, 0.25)], [look(guesses=(40, 0, 0, 0))] * 2),
    "never-predicted": course(FALLING, GOOD, [look(guesses=(20, 0, 10, 10))] * 2),
}  # fmt: skip


@pytest.mark.parametrize("code", ILL)
def test_each_illness_is_told_by_its_signs_and_no_other_is(code: str) -> None:
    assert codes(ILL[code]) == [code]


def test_of_a_run_that_goes_well_nothing_is_said() -> None:
    assert codes(course(FALLING, GOOD, [look()] * 3)) == []
    assert codes(course([])) == codes(course(FALLING[:3])) == []
    assert codes(course(FALLING)) == []


def test_a_run_that_diverged_is_told_and_one_that_never_was_a_number_not() -> None:
    assert codes(course(FALLING[:4], reason="diverged")) == ["rate-too-high"]
    assert codes(course([], reason="diverged")) == []


def test_a_rate_on_its_rise_is_not_called_too_low() -> None:
    assert codes(ILL["rate-too-low"], Recipe(learning_rate=0.5)) == []


def test_every_rule_says_where_it_comes_from() -> None:
    assert all(rule.__doc__ for rule in RULES)
    assert sum("arXiv" in rule.__doc__ or "http" in rule.__doc__ for rule in RULES if rule.__doc__) >= 7


@pytest.mark.parametrize(
    "code", ["rate-too-high", "rate-too-low", "exploding-gradients", "over-fitting", "never-predicted"]
)
def test_what_is_to_be_tried_is_one_edit_of_the_recipe(code: str) -> None:
    recipe = Recipe(learning_rate=0.01)
    [found] = symptoms(ILL[code], recipe, CLASSES)
    for fix in found.fixes:
        changed = fix.apply(Project(recipe=recipe)).recipe
        assert changed != recipe
    assert found.fixes


# real trainings


def watched(module: nn.Module, data: Data, **recipe: object) -> tuple[History, tuple[Symptom, ...]]:
    asked = Recipe(**{"epochs": 12, "batch_size": 8, "device": "cpu", "schedule": "constant", **recipe})
    history = History()
    for event in train(module, data, asked, probes=[LayerProbe(every_seconds=0)]):
        history.take(event)
    return history, symptoms(history, asked, data.classes)


def network(*parts: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(*parts)


def test_a_training_that_goes_well_is_left_alone(make_data: Callable[..., Data]) -> None:
    module = network(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3))
    history, found = watched(module, make_data(120, 60), learning_rate=0.003)
    assert history.epochs["validation_accuracy"][-1] > 0.9
    assert [each.code for each in found] == []


def test_a_rate_that_is_too_high_is_found_in_a_real_training(make_data: Callable[..., Data]) -> None:
    module = network(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3))
    _, found = watched(module, make_data(120, 60), optimizer="SGD", learning_rate=3.0, momentum=0.9)
    assert found[0].code == "rate-too-high" and found[0].fixes[0].title == "Learning rate 0.3"


def test_labels_at_random_are_found_in_a_real_training(make_data: Callable[..., Data]) -> None:
    data = make_data(60, 60, classes=4)
    random = torch.Generator().manual_seed(3)
    noise = torch.randint(0, 256, data.train_images.shape, generator=random, dtype=torch.uint8)
    shuffled = dataclasses.replace(
        data, train_images=noise, train_labels=data.train_labels[torch.randperm(60, generator=random)],
        validation_images=torch.randint(0, 256, data.validation_images.shape, generator=random, dtype=torch.uint8),
    )  # fmt: skip
    module = network(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 4))
    history, found = watched(module, shuffled, learning_rate=0.003, epochs=20)
    assert history.epochs["train_accuracy"][-1] > 0.9
    assert "labels-shuffled" in [each.code for each in found]
    assert "over-fitting" not in [each.code for each in found]


def test_dead_relus_are_found_in_a_real_training(make_data: Callable[..., Data]) -> None:
    first = nn.Conv2d(1, 8, 3)
    module = network(first, nn.ReLU(), nn.Flatten(), nn.Linear(288, 3))
    with torch.no_grad():
        first.bias[:6] = -1_000.0  # type: ignore[index]
    _, found = watched(module, make_data(), learning_rate=0.001)
    dead = next(each for each in found if each.code == "dead-relus")
    assert "75% of the channels of 1 are zero for every image" in dead.sentence


def test_gradients_that_vanish_are_found_in_a_real_training(make_data: Callable[..., Data]) -> None:
    deep = [part for _ in range(12) for part in (nn.Linear(64, 64), nn.Sigmoid())]
    module = network(nn.Flatten(), *deep, nn.Linear(64, 3))
    _, found = watched(module, make_data(), learning_rate=0.001, epochs=3)
    assert "vanishing-gradients" in [each.code for each in found]
