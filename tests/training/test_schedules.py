"""The rate at each step: the numbers of torch.optim.lr_scheduler."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest
import torch
from torch.optim import SGD, lr_scheduler

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.schedules import EPOCHS, LEAST_STEPS, Plateau, epochs_of, schedule

STEPS, TOTAL = 5, 35


def optimizer() -> SGD:
    return SGD([torch.zeros(1, requires_grad=True)], 0.3)


def plan(kind: str) -> Recipe:
    return Recipe(
        schedule=kind, learning_rate=0.3, epochs=7, step_epochs=2, step_factor=0.5, milestones=(2, 3, 6),
        epoch_factor=0.8, warmup_epochs=2,
    )  # fmt: skip


def theirs(kind: str, made: SGD) -> lr_scheduler.LRScheduler:
    def warmed() -> lr_scheduler.LRScheduler:
        rise = lr_scheduler.LinearLR(made, 1 / 25, total_iters=2 * STEPS)
        fall = lr_scheduler.CosineAnnealingLR(made, TOTAL - 2 * STEPS)
        return lr_scheduler.SequentialLR(made, [rise, fall], [2 * STEPS])

    return {
        "constant": lambda: lr_scheduler.ConstantLR(made, 1.0),
        "step": lambda: lr_scheduler.StepLR(made, 2 * STEPS, 0.5),
        "multi-step": lambda: lr_scheduler.MultiStepLR(made, [2 * STEPS, 3 * STEPS, 6 * STEPS], 0.5),
        "exponential": lambda: lr_scheduler.LambdaLR(made, lambda step: 0.8 ** (step // STEPS)),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(made, TOTAL),
        "warmup-cosine": warmed,
        "one-cycle": lambda: lr_scheduler.OneCycleLR(made, 0.3, TOTAL, cycle_momentum=False),
    }[kind]()


@pytest.mark.parametrize(
    "kind", ["constant", "step", "multi-step", "exponential", "cosine", "warmup-cosine", "one-cycle"]
)
def test_schedules_are_torchs(kind: str) -> None:
    made = optimizer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # SequentialLR steps with a number, which torch itself deplores
        expected = theirs(kind, made)
        rate = schedule(plan(kind), STEPS)
        for step in range(TOTAL):
            assert rate(step) == pytest.approx(made.param_groups[0]["lr"], rel=1e-6), step
            made.step()
            if step < TOTAL - 1:
                expected.step()


@pytest.mark.parametrize("kind", [
    "constant", "step", "multi-step", "exponential", "cosine", "warmup-cosine", "one-cycle", "plateau",
])  # fmt: skip
def test_the_shortest_runs_have_a_rate(kind: str) -> None:
    for steps in (1, 2, 3):
        rate = schedule(Recipe(schedule=kind, epochs=1), steps)
        assert all(0 < rate(step) <= 0.002 for step in range(steps))


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_a_plateau_is_torchs(patience: int) -> None:
    recipe = Recipe(schedule="plateau", plateau_epochs=patience, step_factor=0.5)
    losses = [1.0, 0.8, 0.79999, 0.9, 0.8, 0.81, 0.82, 0.7, 0.7, 0.7, 0.71, 0.72, 0.69, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]
    made, plateau = optimizer(), Plateau()
    expected = lr_scheduler.ReduceLROnPlateau(made, factor=0.5, patience=patience)
    for loss in losses:
        expected.step(loss)
        plateau = plateau.after(loss, recipe)
        assert 0.3 * plateau.factor == pytest.approx(made.param_groups[0]["lr"])
    assert plateau.factor < 1


def test_other_schedules_know_no_plateau() -> None:
    assert Plateau().after(0.5, Recipe(schedule="cosine")) == Plateau()


@pytest.mark.parametrize(("steps", "epochs"), [(1, 300), (2, 150), (7, 43), (20, EPOCHS), (700, EPOCHS), (0, 300)])
def test_epochs_follow_the_number_of_steps_where_they_are_left_open(steps: int, epochs: int) -> None:
    assert epochs_of(Recipe(), steps) == epochs
    assert math.ceil(LEAST_STEPS / max(1, steps)) <= epochs
    assert epochs_of(Recipe(epochs=2), steps) == 2


def test_the_schedule_of_a_run_of_open_length_ends_with_it() -> None:
    values: dict[str, Any] = {"schedule": "cosine", "learning_rate": 1.0}
    assert schedule(Recipe(**values), 1)(150) == pytest.approx(0.5)
