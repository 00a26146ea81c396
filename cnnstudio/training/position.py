"""Position: where a training run is between two steps, as a value. With the weights it is all that going on needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from cnnstudio.training.classification_metrics import Metrics
from cnnstudio.training.events import EpochEnd


@dataclass(frozen=True, eq=False)
class Cursor:
    """Where a run is in its images, and what the steps so far add up to; every step makes the next one.

    ``epoch`` counts from 1 and is one more than the recipe's at the end. ``step`` is the number of steps taken in it;
    when all are taken, the validation images come next. ``order`` is the permutation (images,) of the epoch.
    ``losses`` and ``right`` are sums over its ``seen`` images, ``epoch_seconds`` is how long its steps took and
    ``seconds`` how long the epochs before. ``best`` is the best epoch so far.
    """

    order: Tensor
    epoch: int = 1
    step: int = 0
    losses: float = 0.0
    right: float = 0.0
    seen: int = 0
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    best: EpochEnd | None = None

    def stepped(self, loss: float, right: float, images: int, seconds: float) -> Cursor:
        """After one more step, on so many images, with their mean loss and the number of those told right."""
        return replace(
            self,
            step=self.step + 1,
            losses=self.losses + loss * images,
            right=self.right + right,
            seen=self.seen + images,
            epoch_seconds=self.epoch_seconds + seconds,
        )

    def ended(self, validation: Metrics, average: Metrics | None, seconds: float) -> EpochEnd:
        """What is to be said of the epoch whose steps are taken: the validation took so long and gave these numbers."""
        means = self.losses / self.seen, self.right / self.seen
        end = EpochEnd(
            self.epoch,
            *means,
            validation.loss,
            validation.accuracy,
            self.epoch_seconds + seconds,
            is_best=False,
            validation_top5=validation.top5,
            validation_f1=validation.f1,
            average_loss=average.loss if average is not None else None,
            average_accuracy=average.accuracy if average is not None else None,
        )
        return replace(end, is_best=self.best is None or end.score > self.best.score)

    def has_waited(self, patience: int) -> bool:
        """Whether so many epochs have brought nothing better; never with 0."""
        return bool(patience) and self.best is not None and self.epoch - 1 - self.best.epoch >= patience

    def following(self, ended: EpochEnd, order: Tensor) -> Cursor:
        """At the beginning of the next epoch, which goes through the images in this order."""
        best = ended if ended.is_best else self.best
        return Cursor(order, self.epoch + 1, seconds=self.seconds + ended.seconds, best=best)


@dataclass(frozen=True, eq=False)
class Position:
    """Where a run is at the boundary of two steps: with the weights of its module all that another run needs to go on.

    Numbers, strings and tensors on the CPU that nobody else changes: it can be kept while the run goes on.
    ``random`` holds the state of each random stream. ``optimizer`` is what the optimizer remembers of each parameter,
    by its number. ``good`` are the weights at the end of ``good_epoch``, to which a run that diverges goes back; 0 is
    before the first. ``kept`` is what else remembers something, by its name, each as plain as the rest: the average of
    the weights, the scale of the loss, the plateau of the schedule, the best weights.
    """

    cursor: Cursor
    random: dict[str, Tensor]
    optimizer: dict[int, dict[str, Any]]
    good: dict[str, Tensor]
    good_epoch: int
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
