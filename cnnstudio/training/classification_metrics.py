"""Metrics: what the scores of the validation images come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

TOP = 5


@dataclass(frozen=True)
class Metrics:
    """Mean loss, the share of images whose class is the first or among the first five, and macro F1; 0 to 1.

    ``top5`` is None where there are five classes or fewer, since everything would be among them. ``f1`` is the mean
    over the classes that have images or are answered.
    """

    loss: float
    accuracy: float
    top5: float | None
    f1: float


class Counts:
    """The sums that metrics follow from, over one part of the images after another, on their device."""

    def __init__(self, classes: int, device: torch.device) -> None:
        self._classes = classes
        self._loss = torch.zeros((), device=device)
        self._among = torch.zeros((), dtype=torch.int64, device=device)
        self._labels, self._answers, self._right = torch.zeros(3, classes, dtype=torch.int64, device=device)

    def take(self, logits: Tensor, labels: Tensor, losses: Tensor) -> None:
        """Count images with these scores (N, classes), labels (N,) and losses (N,)."""
        self._loss += losses.sum()
        answers = logits.argmax(1)
        self._labels += torch.bincount(labels, minlength=self._classes)
        self._answers += torch.bincount(answers, minlength=self._classes)
        self._right += torch.bincount(labels[answers == labels], minlength=self._classes)
        if self._classes > TOP:
            self._among += (logits.topk(TOP, 1).indices == labels[:, None]).sum()

    def add_up(self, summed: Callable[[Tensor], Tensor]) -> None:
        """Put the sums over several processes in the place of these, which are those of one of them."""
        parts = [self._loss, self._among, self._labels, self._answers, self._right]
        found = summed(torch.cat([part.reshape(-1).double() for part in parts]))
        sums = torch.split(found, [part.numel() for part in parts])
        for part, sum_ in zip(parts, sums, strict=True):
            part.copy_(sum_.view_as(part))

    @property
    def metrics(self) -> Metrics:
        """What it comes to so far."""
        labels, answers, right = (sums.cpu().double() for sums in (self._labels, self._answers, self._right))
        images = max(1.0, float(labels.sum()))
        seen = labels + answers > 0
        f1 = float((2 * right[seen] / (labels + answers)[seen]).mean()) if bool(seen.any()) else 0.0
        among = float(self._among) / images if self._classes > TOP else None
        return Metrics(float(self._loss) / images, float(right.sum()) / images, among, f1)
