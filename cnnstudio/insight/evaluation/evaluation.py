"""Evaluation: what a network says of each validation image, as numbers, and the views that follow. Knows no torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnstudio.wording import counted

if TYPE_CHECKING:
    from cnnstudio.training.classification_metrics import Metrics

Numbers = NDArray[np.int64]
Values = NDArray[np.float64]


class EvaluationError(ValueError):
    """What cannot be evaluated; the message is a sentence."""


@dataclass(frozen=True)
class ClassScore:
    """How well one class is told: ``images`` are of it, ``answered`` were taken for it, ``right`` are both.

    ``precision`` is the share of those taken for it that are of it, None where none was; ``recall`` the share of its
    images that were told, None where it has none; ``f1`` their harmonic mean, None where there is neither.
    """

    name: str
    images: int
    answered: int
    right: int

    @property
    def precision(self) -> float | None:
        """Of those that were taken for it, the share that is of it."""
        return self.right / self.answered if self.answered else None

    @property
    def recall(self) -> float | None:
        """Of its images, the share that was told."""
        return self.right / self.images if self.images else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        return 2 * self.right / (self.images + self.answered) if self.images + self.answered else None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Of each of N validation images in their order: its class, the answer, and how sure the network was.

    ``labels``, ``answers`` and ``seconds``, the classes held second most likely, are (N,); ``seconds`` is -1 where
    there is one score alone. ``confidences`` (N,) are the probabilities of the answers, and ``gaps`` (N,) by how much
    they exceed that of the second; not a number where the scores make no probabilities. ``margins`` (N,) say by how
    much the score of the answer exceeds that of the right class, 0 for a right answer. ``total`` is how many images
    there are, of which N were seen before the person stopped. ``metrics`` are of those N. ``kind`` is what the images
    are for: "validation", or "test" for those that training never sees; ``worth`` says how far they can be trusted.
    """

    classes: tuple[str, ...]
    labels: Numbers
    answers: Numbers
    seconds: Numbers
    confidences: Values
    gaps: Values
    margins: Values
    metrics: Metrics
    total: int
    kind: str = "validation"
    worth: str = "These images chose the best epoch, so new ones are told a little worse."

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def is_whole(self) -> bool:
        """Whether all validation images were seen."""
        return len(self) == self.total

    @cached_property
    def matrix(self) -> Numbers:
        """The confusion matrix (classes, classes): how many images of the class of the row had the column's answer."""
        count = len(self.classes)
        return np.bincount(self.labels * count + self.answers, minlength=count * count).reshape(count, count)

    @cached_property
    def class_scores(self) -> tuple[ClassScore, ...]:
        """How well each class is told, in their order."""
        images, answered, right = self.matrix.sum(1), self.matrix.sum(0), self.matrix.diagonal()
        rows = zip(self.classes, images.tolist(), answered.tolist(), right.tolist(), strict=True)
        return tuple(ClassScore(*row) for row in rows)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each image was told right (N,)."""
        found: NDArray[np.bool_] = self.labels == self.answers
        return found

    @cached_property
    def mistakes(self) -> Numbers:
        """The numbers of the images that are told wrong, those of which the network was surest first."""
        wrong = np.flatnonzero(~self.right)
        return wrong[np.lexsort((wrong, -self.margins[wrong]))]

    @cached_property
    def least_certain(self) -> Numbers:
        """The numbers of the images by how close the second class came to the answer, the closest first."""
        known = np.flatnonzero(np.isfinite(self.gaps))
        return known[np.lexsort((known, self.gaps[known]))]

    def of_cell(self, label: int, answer: int) -> Numbers:
        """The numbers of the images of one class that had one answer, those of which the network was surest first."""
        found = np.flatnonzero((self.labels == label) & (self.answers == answer))
        sure = np.nan_to_num(self.confidences[found], nan=0.0)
        return found[np.lexsort((found, -sure))]

    @cached_property
    def pairs(self) -> tuple[tuple[str, str, int], ...]:
        """What was taken for what, and how often; the most frequent first."""
        wrong = np.flatnonzero(~self.right)
        times = Counter(zip(self.labels[wrong].tolist(), self.answers[wrong].tolist(), strict=True))
        return tuple((self.classes[a], self.classes[b], count) for (a, b), count in times.most_common())

    @property
    def chance(self) -> float:
        """The accuracy of who always gives the most frequent class: what a network must beat."""
        images = np.bincount(self.labels, minlength=len(self.classes))
        return float(images.max()) / max(1, len(self))

    @property
    def mistakes_sentence(self) -> str:
        """How many there are, and which is the most frequent."""
        total, wrong = len(self), len(self.mistakes)
        if not wrong:
            return f"All {total:,} {self.kind} images are told right."
        told = f"{wrong:,} of {counted(total, f'{self.kind} image')} are told wrong ({wrong / total:.1%})."
        is_of, taken_for, times = self.pairs[0]
        return f"{told} Most often {is_of} is taken for {taken_for}: {counted(times, 'time')}." if times > 1 else told
