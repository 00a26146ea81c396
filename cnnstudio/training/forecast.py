"""Forecast: what the first loss of a run will be and how long it will take, from a few real steps on the side."""

from __future__ import annotations

import dataclasses
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnnstudio.disk import TEMPORARY, marked
from cnnstudio.project import Project
from cnnstudio.training.batches import sizes
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd, Event, Finished, Started, Step, Validating
from cnnstudio.training.rehearsal import RehearsalError, rehearsed, shortened, trained
from cnnstudio.training.runs.session import Prepared
from cnnstudio.training.schedules import epochs_of
from cnnstudio.worker import Report

ENOUGH_SECONDS = 0.5  # of steps
ENOUGH_STEPS = 20
_WARM = 2  # steps in which kernels are made ready
_USUAL = 0.25  # how far from ln(classes) a first loss is as expected
_LOOK = 1 / 3  # of learning an image: looking at it


@dataclass(frozen=True)
class Forecast:
    """What a few steps say of a run: the first loss (NaN where it is no number), and seconds on this computer.

    ``look_seconds`` is how long the validation images take after an epoch, with keeping the weights.
    """

    classes: int
    first_loss: float
    device: str
    step_seconds: float
    look_seconds: float
    steps_per_epoch: int
    epochs: int

    @property
    def epoch_seconds(self) -> float:
        """How long an epoch takes."""
        return self.steps_per_epoch * self.step_seconds + self.look_seconds

    @property
    def seconds(self) -> float:
        """How long the run takes."""
        return self.epochs * self.epoch_seconds

    @property
    def guessing(self) -> float:
        """The loss of a network that holds all classes equally likely."""
        return math.log(self.classes)

    @property
    def is_usual(self) -> bool:
        """Whether the first loss is that of a network that knows nothing yet, about."""
        return abs(self.first_loss - self.guessing) <= _USUAL * max(1.0, self.guessing)

    @property
    def sentence(self) -> str:
        """What there is to say of the first loss."""
        if not math.isfinite(self.first_loss):
            return "The first loss is no number: something in the network computes none. Train says which block."
        found, wanted = f"The first loss is {self.first_loss:.2f}", f"guessing among {self.classes} classes"
        if self.is_usual:
            return f"{found}, as it should be: {wanted} gives {self.guessing:.2f}."
        if self.first_loss > self.guessing:
            return (
                f"{found}, more than the {self.guessing:.2f} of {wanted}: the network is sure of what it cannot know "
                "yet. Its first scores are too large; normalisation before the last layer makes them smaller."
            )
        return (
            f"{found}, less than the {self.guessing:.2f} of {wanted}: it begins with weights that know something, or "
            "most images are of one class."
        )


def forecast(project: Project, data: Data, report: Report) -> Forecast:
    """Take a few steps with fresh weights, in about a second, and say what they tell of a run on these images.

    Where they are but some of a data set, it is of a run on all of them.

    It is the run's own loop that takes them, so that they take as long as there. Raises ``RehearsalError`` where
    ``report`` says to end, and what ``train`` raises for a network that cannot be trained, with a sentence.
    """
    recipe = project.recipe
    with rehearsed(project, data, report, at_random=True) as prepared:
        started, first, seconds = _steps(prepared, report)
        look = data.counts[1] / recipe.batch_size * seconds * _LOOK
        if seconds < ENOUGH_SECONDS and report("", None):
            look = _look_seconds(prepared)
    kind = "cpu" if started.device.startswith("CPU") else "cuda"
    steps = len(sizes(data.counts[0], recipe.batch_size * recipe.accumulation))
    return Forecast(len(data.classes), first, kind, seconds, look, steps, epochs_of(recipe, steps))


def _steps(prepared: Prepared, report: Report) -> tuple[Started, float, float]:
    """What the run says at first, the first loss, and the seconds of a step."""
    first, taken, began = math.nan, list[float](), time.perf_counter()
    data, size = prepared.data, prepared.project.recipe.batch_size * prepared.project.recipe.accumulation
    own, asked = sizes(len(data.train_labels), size), sizes(data.counts[0], size)[0]
    started: Started | None = None
    with trained(prepared, prepared.project.recipe, prepared.data) as events:
        for event, seconds in _timed(events):
            if isinstance(event, Started):
                started, began = event, time.perf_counter()
            elif isinstance(event, Step):
                first = event.loss if not taken else first
                # of some of the images a step may take fewer than the recipe says
                taken.append(seconds * (asked / own[(event.step - 1) % len(own)] if data.whole else 1.0))
                is_long = time.perf_counter() - began > ENOUGH_SECONDS
                if len(taken) >= ENOUGH_STEPS or (is_long and len(taken) > _WARM):
                    break
                if seconds > 2 * ENOUGH_SECONDS:  # what is made ready at the first step hardly counts here
                    break
            elif isinstance(event, Finished):  # it was no number
                taken = taken or [seconds]
            if not report("Taking a few steps", None):
                raise RehearsalError("It was called off.")
    if started is None or not taken:
        raise RehearsalError("There was no step to learn from.")
    return started, first, statistics.median(taken[_WARM:] or taken[-1:])


def _look_seconds(prepared: Prepared) -> float:
    """The seconds that an epoch takes beside its steps: the validation images, and keeping the weights."""
    recipe, data = prepared.project.recipe, prepared.data
    total = data.counts[1]
    few = min(len(data.validation_labels), 4 * max(32, 2 * recipe.batch_size))
    short = shortened(data, min(recipe.batch_size, len(data.train_labels)), few)
    looks, seen, after = list[float](), 0, 0.0
    with (
        tempfile.TemporaryDirectory(prefix=marked(TEMPORARY)) as folder,
        trained(prepared, dataclasses.replace(recipe, epochs=1), short, Path(folder)) as events,
    ):
        for event, seconds in _timed(events):
            if isinstance(event, Validating):
                looks.append(seconds / (event.images - seen))
                seen = event.images
            elif isinstance(event, EpochEnd):
                after = seconds
                break
    return total * statistics.median(looks[1:] or looks or [0.0]) + after


def _timed(events: Iterator[Event]) -> Iterator[tuple[Event, float]]:
    """Each event with the seconds that it took to come."""
    while True:
        began = time.perf_counter()
        try:
            event = next(events)
        except StopIteration:
            return
        yield event, time.perf_counter() - began
