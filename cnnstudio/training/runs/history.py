"""History: what a run has said so far, as the curves and the numbers need it. Knows neither Qt nor torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnstudio.training.events import EpochEnd, Finished, Foreseen, Remark, Started, Step
from cnnstudio.training.layer_statistics import LayerStatistics
from cnnstudio.training.runs.record_writer import stopped_sentence
from cnnstudio.training.runs.session import Past, Progress

EPOCH_COLUMNS = (
    "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds", "validation_top5",
    "validation_f1", "average_loss", "average_accuracy",
)  # fmt: skip
"""What is kept of an epoch; where something was not measured, it is no number."""
FIRST, ALIKE, AGREEING = 2, 4, 0.25  # steps that make ready, in each half behind them, and how far those may differ
RECENT, RECENT_EPOCHS = 200, 10  # by which the time left is told
MANY = 50  # steps, among which the first do not count
MOST_LOOKS = 401  # at the layers, that are kept; a long run keeps them further apart


class Table:
    """Rows of numbers that only grow, read as columns: what the curves are drawn from."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._rows: NDArray[np.float64] = np.empty((len(names), 1024))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """A column, oldest first; a view that is only valid until the next row."""
        return self._rows[self._names.index(name), : self._count]

    def append(self, row: object) -> None:
        """Add a row from the attributes of an event."""
        if self._count == self._rows.shape[1]:
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)], axis=1)
        self._rows[:, self._count] = [getattr(row, name) for name in self._names]
        self._count += 1


class History:
    """The history of one run, fed with its events in their order; ``batch_size`` is that of its recipe.

    ``started`` and ``finished`` are the first and the last event, ``last`` the latest step, ``best`` the epoch with the
    best weights; each is None until there is one.
    """

    def __init__(self, batch_size: int = 1) -> None:
        self.started: Started | None = None
        self.steps = Table("step", "epoch", "loss", "accuracy", "learning_rate", "images_per_second")
        self.epochs = Table(*EPOCH_COLUMNS)
        self.last: Step | None = None
        self.best: EpochEnd | None = None
        self.notes: list[str] = []
        self.layers: list[LayerStatistics] = []
        self.share: float | None = None
        self.finished: Finished | None = None
        self._batch_size = batch_size

    def take(self, event: object) -> None:
        """Keep what this event says; one that says nothing about the course of the run is passed over."""
        match event:
            case Progress() | Foreseen():
                self.share = event.share
            case Past():
                for each in event.events:
                    self.take(each)
            case Started():
                self.started, self.share = event, None
                self.notes += event.notes
            case Step():
                self.last = event
                self.steps.append(event)
                if self.started is not None:
                    self.share = event.step / max(1, self.started.epochs * self.started.steps_per_epoch)
            case EpochEnd():
                self.epochs.append(event)
                if event.is_best:
                    self.best = event
            case LayerStatistics():
                self.layers.append(event)
                if len(self.layers) >= MOST_LOOKS:
                    del self.layers[1::2]  # the first and the last stay
            case Remark():
                self.notes.append(event.sentence)
            case Finished():
                self.finished = event

    @property
    def remaining_seconds(self) -> float | None:
        """How long the rest will take, from the epochs' own times; None where that is not known yet.

        The first steps of a run make ready, and say nothing of the others.
        """
        if self.started is None or self.last is None:
            return None
        steps = self.started.steps_per_epoch
        left = self.started.epochs * steps - self.last.step
        seconds = self.epochs["seconds"]
        if len(seconds) > 1 or (len(seconds) and steps >= MANY):
            return float(seconds[-1 - RECENT_EPOCHS :][len(seconds) > 1 :].mean()) * left / steps
        each = self._step_seconds() if not len(seconds) else None
        return left * each if each is not None else None

    def _step_seconds(self) -> float | None:
        """How long a step takes in the first epoch, where two halves of the last ones took about as long."""
        rows = min(len(self.steps), RECENT)
        steps, speeds = self.steps["step"][-rows:], self.steps["images_per_second"][-rows:]
        if len(self.steps) < FIRST + 2 * ALIKE or not speeds.all():
            return None
        moments = steps * self._batch_size / speeds  # since the epoch began
        begin, end = FIRST - 1 if rows == len(self.steps) else 0, rows - 1
        middle = (begin + end) // 2
        first = (moments[middle] - moments[begin]) / max(1.0, steps[middle] - steps[begin])
        second = (moments[end] - moments[middle]) / max(1.0, steps[end] - steps[middle])
        is_steady = 0 < max(first, second) <= (1 + AGREEING) * min(first, second)
        return float(first + second) / 2 if is_steady else None

    @property
    def sentence(self) -> str:
        """How the run has ended, where no more events come."""
        if self.finished is not None:
            return self.finished.sentence
        return stopped_sentence(self.last.epoch if self.last else None, self.best.epoch if self.best else None)
