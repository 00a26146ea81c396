"""Duplicates: pictures that are in both halves, the same or nearly: made larger or smaller, compressed, mirrored.

A network has seen such a validation picture before, and is told better than it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio.training.data.doubts.looks import Looks
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.worker import Report

NEAR, FAR = 8, 14  # bits of 63 in which the hashes of one picture may differ
ALIKE = 0.994, 0.9955  # the least correlation of two small pictures that are one: near each other, and farther apart
NOISE = 5.0  # of 255: what compression does to a small picture counts for nothing
FLAT = 2.0  # of 255: what varies less is a picture of one colour
_ROOM = 32_000_000  # bytes of hashes that are compared at once
_PAIRS = 4_096  # pictures that are compared at once


class Pair(NamedTuple):
    """Two places among the looks: a picture to validate with, one to train with, and how alike they are, to 1."""

    validation: int
    train: int
    alike: float


def duplicates(looks: Looks, apart: NDArray[np.bool_], report: Report) -> list[Pair]:
    """Each picture that is kept ``apart`` (M,) with the one to train with that is most like it, where they are one.

    The perceptual hashes choose the pairs, the small pictures decide. Raises ``DataCancelledError``.
    """
    train, kept = np.flatnonzero(~apart), np.flatnonzero(apart)
    best: dict[int, Pair] = {}
    step = max(1, _ROOM // (16 * max(1, len(train))))
    ours = looks.hashes[train, 0]
    for start in range(0, len(kept) if len(train) else 0, step):
        if not report("Looking for the same picture in both halves", start / len(kept)):
            raise DataCancelledError("Looking for what may be wrong was stopped.")
        part = kept[start : start + step]
        for mirror in (0, 1):
            far = np.bitwise_count(looks.hashes[part, mirror][:, None] ^ ours[None, :])
            rows, columns = np.nonzero(far <= FAR)
            bars = np.where(far[rows, columns] <= NEAR, *ALIKE)
            for some in range(0, len(rows), _PAIRS):
                which = slice(some, some + _PAIRS)
                ones, others = part[rows[which]], train[columns[which]]
                pictures = looks.smalls[ones][:, :, ::-1] if mirror else looks.smalls[ones]
                how = alike(pictures, looks.smalls[others])
                for place in np.flatnonzero(how >= bars[which]).tolist():
                    pair = Pair(int(ones[place]), int(others[place]), float(how[place]))
                    if pair.validation not in best or pair.alike > best[pair.validation].alike:
                        best[pair.validation] = pair
    return sorted(best.values(), key=lambda pair: -pair.alike)


def alike(ones: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How alike two small pictures are (N, 16, 16, 3), each pair: their correlation, but for ``NOISE``.

    Two of one colour each are alike where that is the same.
    """
    first, second = (each.reshape(len(each), -1).astype(np.float64) for each in (ones, others))
    far = np.abs(first.mean(1) - second.mean(1))
    first, second = first - first.mean(1, keepdims=True), second - second.mean(1, keepdims=True)
    one, two = np.sqrt((first**2).mean(1)), np.sqrt((second**2).mean(1))
    spread = np.maximum(one * two, 1e-9)
    rest = 2 * (spread - (first * second).mean(1))
    made: NDArray[np.float64] = 1 - np.maximum(0, rest - NOISE**2) / (2 * spread)
    return np.where((one < FLAT) | (two < FLAT), ((one < FLAT) & (two < FLAT) & (far < FLAT)).astype(float), made)
