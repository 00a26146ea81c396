"""Rate finder: the learning rate rises from step to step, and the loss tells which one to take.

L. N. Smith 2015, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186, section 3.3.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnstudio.project import Project
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Step
from cnnstudio.training.rehearsal import RehearsalError, plain, rehearsed, shortened, trained
from cnnstudio.worker import Report

LOWEST, HIGHEST = 1e-6, 10.0
STEPS = 100
LOST = 4.0  # times the least loss so far: nothing is learned beyond
_REACH = 2  # steps to either side that smoothing looks at
_FELL = 0.05  # the share by which the loss must fall for a rate to be told


@dataclass(frozen=True)
class RateTest:
    """What came of it: the rates that were tried, the loss of the step before each took effect, and the advice.

    ``rate`` is the one to take, None where the loss fell at none of them.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    rate: float | None
    sentence: str


def find_rate(project: Project, data: Data, report: Report) -> RateTest:
    """Train a fresh copy of the network for up to 100 steps, each with a rate 1.18 times that of the step before.

    Weights, random state and files are afterwards what they were. Raises ``RehearsalError`` where ``report`` says to
    end, and what ``session.prepare`` and ``train`` raise, each with a sentence.
    """
    growth = (HIGHEST / LOWEST) ** (1 / (STEPS - 1))
    rates, losses = list[float](), list[float]()
    recipe = plain(project.recipe)
    epochs = math.ceil(STEPS / max(1, len(data.train_labels) // recipe.batch_size))
    recipe = dataclasses.replace(recipe, epochs=min(10_000, epochs + 1))
    with (
        rehearsed(project, data, report) as prepared,
        trained(prepared, recipe, shortened(prepared.data), rate=lambda step: LOWEST * growth**step) as events,
    ):
        for event in events:
            if not isinstance(event, Step):
                continue
            rates.append(event.learning_rate)
            losses.append(event.loss)
            if len(losses) >= STEPS or event.loss > LOST * min(losses):
                break
            if not report("Trying learning rates", len(losses) / STEPS):
                raise RehearsalError("It was called off.")
    return judged(rates, losses)


def judged(rates: Sequence[float], losses: Sequence[float]) -> RateTest:
    """What the losses of the steps with these rates say."""
    kept = tuple(rates), tuple(losses)
    if len(losses) < 2 * _REACH + 3:
        return RateTest(*kept, None, "The loss was no number after a few steps, so there is no rate to tell.")
    course = np.array([np.mean(losses[max(0, i - _REACH) : i + _REACH + 1]) for i in range(len(losses))])
    lowest = int(course.argmin())
    first = float(np.median(losses[: 2 * _REACH + 1]))
    if lowest < _REACH or course[lowest] > (1 - _FELL) * first:
        sentence = (
            f"The loss did not fall at any rate from {LOWEST:g} to {rates[-1]:.2g}. Something else keeps the network "
            "from learning: try whether it can learn one batch."
        )
        return RateTest(*kept, None, sentence)
    steepest = int(np.gradient(course, np.log(rates))[: lowest + 1].argmin())
    rate = rounded(min(rates[steepest], rates[lowest] / 3))
    sentence = (
        f"A learning rate of {rate:g}: there the loss falls fastest. From about {rates[lowest]:.1g} on it rises again."
    )
    return RateTest(*kept, rate, sentence)


def rounded(rate: float) -> float:
    """The rate in one digit, as people write it: 0.003."""
    return float(f"{rate:.0e}")
