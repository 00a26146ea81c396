"""Hints: whether brightness, ground, sharpness, size or aspect alone tells a class, which a network may learn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio.training.data.doubts.looks import Looks

TELLS = 0.95  # of pairs of a picture of the class and one of others, in which the property is on the same side
SURE = 3.5  # deviations from chance: a few pictures tell nothing (Mann and Whitney 1947)

WORDS = {
    "brightness": ("dark", "bright"),
    "ground": ("on a dark ground", "on a bright ground"),
    "sharpness": ("smooth or blurred", "sharp or full of detail"),
    "size": ("small", "large"),
    "aspect": ("upright", "wide"),
}
"""Property -> how pictures are that have less of it, and more."""


class Hint(NamedTuple):
    """A property, the class that it tells, whether that has more of it, and in what share of the pairs, from 0 to 1."""

    property: str
    label: int
    is_more: bool
    share: float


def hints(looks: Looks, labels: NDArray[np.int64], classes: int) -> list[Hint]:
    """Of each class the property that tells it best from the others, where one does; the surest first.

    Where two classes are told by the same property, as one of two always is with the other, that is one hint.
    """
    best: dict[int, Hint] = {}
    counts = np.bincount(labels, minlength=classes)
    for name, values in looks.properties.items():
        if len(values) == 0 or np.ptp(values) == 0:
            continue
        ranks = _ranks(values)
        sums = np.bincount(labels, ranks, minlength=classes)
        for label in np.flatnonzero((counts > 0) & (counts < len(labels))).tolist():
            ours, others = int(counts[label]), len(labels) - int(counts[label])
            above = sums[label] - ours * (ours + 1) / 2
            share = above / (ours * others)
            deviation = np.sqrt(ours * others * (len(labels) + 1) / 12)
            told = max(share, 1 - share)
            if told >= TELLS and abs(above - ours * others / 2) / deviation >= SURE:
                hint = Hint(name, label, bool(share > 0.5), float(told))
                if label not in best or hint.share > best[label].share:
                    best[label] = hint
    found = sorted(best.values(), key=lambda hint: -hint.share)
    if classes == 2 and len(found) == 2 and found[0].property == found[1].property:
        found = found[:1]
    return found


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The rank of each value, from 1; equal ones share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    made: NDArray[np.float64] = (ends - (counts - 1) / 2)[inverse]
    return made
