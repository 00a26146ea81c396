"""The learning rate at every step, in closed form; the same numbers as torch.optim.lr_scheduler. Knows no torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from cnnstudio.project.recipe import Recipe

EPOCHS, LEAST_STEPS = 15, 300  # of a run whose recipe leaves its length open
_RISE = 0.3  # one-cycle: the share of the run in which the rate rises (pct_start)
_FIRST, _LAST = 1 / 25, 1 / 25 / 1e4  # of the rate: where it starts and ends (div_factor, final_div_factor)
_LOWER = 1 - 1e-4  # of the lowest loss: what is lower than it by more than chance (threshold)


def epochs_of(recipe: Recipe, steps_per_epoch: int) -> int:
    """How many epochs the run has: those of the recipe, else so many that a network can learn from few images too."""
    return recipe.epochs or max(EPOCHS, math.ceil(LEAST_STEPS / max(1, steps_per_epoch)))


def schedule(recipe: Recipe, steps_per_epoch: int) -> Callable[[int], float]:
    """A function from the number of a step, from 0, to the learning rate that it is taken with.

    What a plateau makes of the rate comes on top: it follows from what the run brings (``Plateau``).
    """
    rate, total = recipe.learning_rate, epochs_of(recipe, steps_per_epoch) * steps_per_epoch
    warm = min(recipe.warmup_epochs * steps_per_epoch, total - 1)

    def step(t: int) -> float:
        return rate * recipe.step_factor ** (t // steps_per_epoch // recipe.step_epochs)

    def multi_step(t: int) -> float:
        return rate * recipe.step_factor ** sum(t // steps_per_epoch >= each for each in recipe.milestones)

    def exponential(t: int) -> float:
        return rate * recipe.epoch_factor ** (t // steps_per_epoch)

    def cosine(t: int) -> float:
        return rate * (1 + math.cos(math.pi * t / total)) / 2

    def warmup_cosine(t: int) -> float:
        # LinearLR from 1 / 25 of the rate, then CosineAnnealingLR, joined by SequentialLR
        if t < warm:
            return rate * (_FIRST + (1 - _FIRST) * t / warm)
        return rate * (1 + math.cos(math.pi * (t - warm) / (total - warm))) / 2

    def one_cycle(t: int) -> float:
        # https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html, without momentum
        top = max(_RISE * total - 1, 0)
        if t <= top:
            return _eased(rate * _FIRST, rate, t / top if top else 1.0)
        return _eased(rate, rate * _LAST, (t - top) / (total - 1 - top))

    def constant(_: int) -> float:
        return rate

    return {
        "constant": constant,
        "step": step,
        "multi-step": multi_step,
        "exponential": exponential,
        "cosine": cosine,
        "warmup-cosine": warmup_cosine,
        "one-cycle": one_cycle,
        "plateau": constant,
    }[recipe.schedule]


@dataclass(frozen=True)
class Plateau:
    """What the rate is multiplied by where it steps down as the validation loss stays as it is.

    The numbers are those of torch.optim.lr_scheduler.ReduceLROnPlateau: ``lowest`` is the lowest loss so far, None
    before the first, and ``waited`` the number of epochs since.
    """

    factor: float = 1.0
    lowest: float | None = None
    waited: int = 0

    def after(self, loss: float, recipe: Recipe) -> Plateau:
        """After another epoch, with this validation loss; itself with another schedule."""
        if recipe.schedule != "plateau":
            return self
        if self.lowest is None or loss < self.lowest * _LOWER:
            return replace(self, lowest=loss, waited=0)
        if self.waited < recipe.plateau_epochs:
            return replace(self, waited=self.waited + 1)
        return replace(self, factor=self.factor * recipe.step_factor, waited=0)


def told_of_rate(before: Recipe, after: Recipe, steps_per_epoch: int, step: int) -> str:
    """What the learning rate does where a run is given more epochs after so many steps; empty where nothing new."""
    old, new = (epochs_of(recipe, steps_per_epoch) for recipe in (before, after))
    if old == new:
        return ""
    was, will = (schedule(recipe, steps_per_epoch) for recipe in (before, after))
    total = old * steps_per_epoch
    if step >= new * steps_per_epoch or was(last := min(step, total - 1)) == will(last):
        return ""
    end = "is at its end" if step >= total else f"stands at {was(last):.2g}"
    return (
        f"The {after.schedule} schedule was laid out for {old} epochs and {end}. Laid out for "
        f"{new}, it goes on at a rate of {will(step):.2g} and comes down by the end of epoch {new}."
    )


def _eased(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
