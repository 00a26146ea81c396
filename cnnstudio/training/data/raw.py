"""Raw: labelled images as they are read, before they are made to fit a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.int64]


@dataclass
class Raw:
    """What a source of images gives. ``validation`` are the numbers of those that it keeps apart by itself, or None.

    ``parts`` are the images (N, C, H, W), some at a time in the order of their ``labels``, in a size of their own.
    ``whole`` is how many images there are to train and to validate with where these are but some of them, else None.
    ``is_settled`` says that what a person says of single images is done already.
    ``notes`` are sentences about what was left out or done otherwise. ``scale`` is what became black and white in
    images of more than 8 bits, None where there were none. ``files`` are those of the images, where each has one.
    """

    parts: Iterable[Pixels]
    labels: Numbers
    names: tuple[str, ...]
    validation: Numbers | None = None
    notes: list[str] = field(default_factory=list)
    scale: tuple[float, float] | None = None
    whole: tuple[int, int] | None = None
    is_settled: bool = False
    files: Sequence[Path] = ()


def some(labels: Numbers, apart: NDArray[np.bool_], most: int) -> Numbers:
    """The numbers of ``most`` images, or of all where there are no more: of each class the first, then the second, ….

    Of those kept ``apart`` for validation the first fifth of so many is taken.
    """
    if len(labels) <= most:
        return np.arange(len(labels))
    train, kept = np.flatnonzero(~apart), np.flatnonzero(apart)[: max(1, most // 5)]
    of_class = np.argsort(labels[train], kind="stable")
    ordered = labels[train][of_class]
    place = np.empty(len(train), np.int64)  # of an image among those of its class
    place[of_class] = np.arange(len(train)) - np.searchsorted(ordered, ordered)
    first = train[np.lexsort((labels[train], place))[: most - len(kept)]]
    return np.sort(np.concatenate((first, kept)))


def only(parts: Iterable[Pixels], numbers: Numbers) -> Iterator[Pixels]:
    """Of the images that come in ``parts`` those of these ``numbers``, which ascend; the rest is not asked for."""
    start = taken = 0
    for part in parts:
        end = int(np.searchsorted(numbers, start + len(part)))
        if end > taken:
            yield part[numbers[taken:end] - start]
        start, taken = start + len(part), end
        if taken == len(numbers):
            return
