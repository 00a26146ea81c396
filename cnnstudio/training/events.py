"""Event: what a training run says while it goes on. Numbers and strings, of probes NumPy arrays too; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Started:
    """The first event: what is about to run. ``notes`` are sentences about the data and the device."""

    epochs: int
    steps_per_epoch: int
    device: str
    notes: tuple[str, ...]
    parameters: int


@dataclass(frozen=True)
class Step:
    """One step of the optimizer. ``step`` counts from 1 over the whole run, ``epoch`` from 1.

    ``loss`` and ``accuracy`` (0 to 1) are those of the step's own batch before the step; ``learning_rate`` is the one
    that the step was taken with; ``images_per_second`` is a running mean.
    """

    step: int
    epoch: int
    loss: float
    accuracy: float
    learning_rate: float
    images_per_second: float


@dataclass(frozen=True)
class EpochEnd:
    """One pass through the training images, and what the validation images say after it.

    Accuracies go from 0 to 1. The training numbers are means over the epoch's steps, the validation numbers are taken
    with the weights at its end. ``seconds`` is the epoch's time on the wall, pauses left out.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float
    is_best: bool


@dataclass(frozen=True)
class Validating:
    """So many of the validation images are done after an epoch; a run can be paused and closed here as at a step."""

    epoch: int
    images: int
    total: int


@dataclass(frozen=True)
class Remark:
    """Something that the person should know and that does not stop the run, as a sentence."""

    sentence: str


class Observation:
    """What a probe saw of the network between two steps; each probe has a kind of its own."""


@dataclass(frozen=True)
class Finished:
    """The last event of a run that was not closed. ``best_epoch`` counts from 1; None where no epoch was completed."""

    reason: Literal["done", "diverged"]
    sentence: str
    best_epoch: int | None


Event: TypeAlias = Started | Step | Validating | EpochEnd | Observation | Remark | Finished
