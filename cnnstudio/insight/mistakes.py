"""Mistakes: which of the validation images a trained network tells wrong, and for what it takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cnnstudio.compiler.inference import infer
from cnnstudio.headroom import headroom
from cnnstudio.training.batches import Sides
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import of_any_batch
from cnnstudio.training.needs import needs
from cnnstudio.training.runs.session import Prepared
from cnnstudio.wording import counted
from cnnstudio.worker import Report

MOST = 60  # images that are shown
_TOGETHER = 64  # images that go through the network at once, where there is room for their maps
_SHARE = 4  # of the free memory, one part in so many may be taken


@dataclass(frozen=True, eq=False)
class Mistake:
    """An image (C, H, W) of bytes, the class that it is of, and the one that it was taken for."""

    image: NDArray[np.uint8]
    is_of: str
    taken_for: str


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The worst of the mistakes, those of which the network was surest first.

    ``wrong`` are all of them among ``total`` validation images; ``pairs`` say what was taken for what, the
    most frequent first.
    """

    worst: tuple[Mistake, ...]
    wrong: int
    total: int
    pairs: tuple[tuple[str, str, int], ...] = ()

    @property
    def sentence(self) -> str:
        """How many there are, and which is the most frequent."""
        if not self.wrong:
            return f"All {self.total:,} validation images are told right."
        told = f"{self.wrong:,} of {counted(self.total, 'validation image')} are told wrong ({self._share})."
        is_of, taken_for, times = self.pairs[0]
        return f"{told} Most often {is_of} is taken for {taken_for}: {counted(times, 'time')}." if times > 1 else told

    @property
    def _share(self) -> str:
        return f"{self.wrong / self.total:.1%}"


def mistakes(prepared: Prepared, report: Report) -> Mistakes:
    """Show a trained network all validation images, and gather what it tells wrong; ``prepared`` has its weights.

    Of how sure it is, the score of the class that it tells less that of the right one is taken. Where ``report`` says
    to end, it is what was seen until then.
    """
    data = prepared.data
    wrong: list[tuple[float, int, int]] = []
    seen = 0
    for start, scores in _scores(prepared):
        labels = data.validation_labels[start : start + len(scores)]
        told = scores.argmax(1)
        for place in (told != labels).nonzero().ravel().tolist():
            margin = float(scores[place, told[place]] - scores[place, labels[place]])
            wrong.append((margin, start + place, int(told[place])))
        seen = start + len(scores)
        if not report("Looking at the validation images", seen / len(data.validation_labels)):
            break
    names, labels = data.classes, data.validation_labels
    times = Counter((names[int(labels[number])], names[told]) for _, number, told in wrong)
    worst = sorted(wrong, key=lambda each: (-each[0], each[1]))[:MOST]
    return Mistakes(
        tuple(Mistake(data.validation_images[n].numpy(), names[int(labels[n])], names[told]) for _, n, told in worst),
        len(wrong),
        seen,
        tuple((is_of, taken_for, count) for (is_of, taken_for), count in times.most_common()),
    )


def _scores(prepared: Prepared) -> Iterator[tuple[int, torch.Tensor]]:
    """The scores (N, classes) of some validation images at a time, with the number of the first of them."""
    data = prepared.data
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (data.mean, data.std))
    network = Sides(data, prepared.project.recipe).asked(prepared.module.eval())
    maps = max(1, needs(infer(prepared.project.graph)).maps)
    step = min(at_once(data.shape, _TOGETHER, PASS), max(1, headroom() // (_SHARE * maps)))
    for start in range(0, len(data.validation_labels), step):
        images = normalised(data.validation_images[start : start + step], mean, std)
        with torch.no_grad():
            yield start, of_any_batch(network, images).flatten(1)
