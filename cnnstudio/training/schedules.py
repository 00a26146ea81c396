"""The learning rate at every step, in closed form; the same numbers as torch.optim.lr_scheduler."""

from __future__ import annotations

import math
from collections.abc import Callable

from cnnstudio.project.recipe import Recipe

_RISE = 0.3  # one-cycle: the share of the run in which the rate rises (pct_start)
_FIRST, _LAST = 1 / 25, 1 / 25 / 1e4  # of the rate: where it starts and ends (div_factor, final_div_factor)


def schedule(recipe: Recipe, steps_per_epoch: int) -> Callable[[int], float]:
    """A function from the number of a step, from 0, to the learning rate that it is taken with."""
    rate, total = recipe.learning_rate, recipe.epochs * steps_per_epoch

    def step(t: int) -> float:
        return rate * recipe.step_factor ** (t // steps_per_epoch // recipe.step_epochs)

    def cosine(t: int) -> float:
        return rate * (1 + math.cos(math.pi * t / total)) / 2

    def one_cycle(t: int) -> float:
        # https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html, without momentum
        top = max(_RISE * total - 1, 0)
        if t <= top:
            return _eased(rate * _FIRST, rate, t / top if top else 1.0)
        return _eased(rate, rate * _LAST, (t - top) / (total - 1 - top))

    return {"constant": lambda t: rate, "step": step, "cosine": cosine, "one-cycle": one_cycle}[recipe.schedule]


def _eased(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
