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

    ``loss`` and ``accuracy`` (0 to 1) are those of the step's own images before the step. The loss is without label
    smoothing, class weights and a teacher's share, as in the validation, so that the two compare. ``learning_rate`` is
    the one that the step was taken with; ``images_per_second`` is a running mean.
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
    with the weights at its end. ``seconds`` is the epoch's time on the wall, pauses left out. ``validation_top5`` is
    None with five classes or fewer, ``validation_f1`` is the mean over the classes. The average's numbers are those of
    the averaged weights, where the recipe keeps such; ``is_best`` is of the better of the two.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float
    is_best: bool
    validation_top5: float | None = None
    validation_f1: float | None = None
    average_loss: float | None = None
    average_accuracy: float | None = None

    @property
    def is_average_better(self) -> bool:
        """Whether the averaged weights did better than those of the last step; they are what is kept then."""
        if self.average_accuracy is None or self.average_loss is None:
            return False
        return (self.average_accuracy, -self.average_loss) > (self.validation_accuracy, -self.validation_loss)

    @property
    def score(self) -> tuple[float, float]:
        """Accuracy and negative loss of what is kept of the epoch: epochs compare by it."""
        if self.is_average_better and self.average_accuracy is not None and self.average_loss is not None:
            return self.average_accuracy, -self.average_loss
        return self.validation_accuracy, -self.validation_loss


@dataclass(frozen=True)
class Validating:
    """So many of the validation images are done after an epoch; a run can be paused and closed here as at a step."""

    epoch: int
    images: int
    total: int


@dataclass(frozen=True)
class Foreseen:
    """So many of all images have gone once through the part that does not learn, before the first step behind it.

    A run can be paused and closed here as at a step.
    """

    images: int
    total: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.images / self.total

    @property
    def sentence(self) -> str:
        """What goes on, for people who wait for the first step."""
        return f"Sending all images once through the part that does not learn: {self.images:,} of {self.total:,}."


@dataclass(frozen=True)
class Remark:
    """Something that the person should know and that does not stop the run, as a sentence.

    One that ``is_grave`` says that something may be lost: nothing that comes later may hide it.
    """

    sentence: str
    is_grave: bool = False


class Observation:
    """What a probe saw of the network between two steps; each probe has a kind of its own."""


@dataclass(frozen=True)
class Finished:
    """The last event of a run that was not closed. ``best_epoch`` counts from 1; None where no epoch was completed."""

    reason: Literal["done", "diverged"]
    sentence: str
    best_epoch: int | None


Event: TypeAlias = Started | Foreseen | Step | Validating | EpochEnd | Observation | Remark | Finished
