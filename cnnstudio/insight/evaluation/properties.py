"""Properties: brightness, contrast and sharpness of pictures, and how often those alike in them are told right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnstudio.insight.evaluation.evaluation import Evaluation, Values
from cnnstudio.training.data.room import at_once
from cnnstudio.worker import Report, unheard

Pixels = NDArray[np.uint8]
GROUPS = 5
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_Z = 1.959964  # of a normal distribution: 95 of 100 lie within so many deviations


@dataclass(frozen=True)
class Property:
    """A number that every picture has: its title, what least and most of it are called, and how it is measured.

    ``of`` takes grey pictures (N, H, W) from 0 to 1 and gives (N,).
    """

    title: str
    least: str
    most: str
    told: str
    of: Callable[[NDArray[np.float32]], NDArray[np.float32]]


def _sharpness(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    if min(grey.shape[1:]) < 3:
        return np.zeros(len(grey), np.float32)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    found: NDArray[np.float32] = (around - 4 * inner).var((1, 2))
    return found


PROPERTIES = {
    "brightness": Property("Brightness", "darkest", "brightest", "the mean of its pixels", lambda x: x.mean((1, 2))),
    "contrast": Property("Contrast", "palest", "strongest", "the deviation of its pixels", lambda x: x.std((1, 2))),
    "sharpness": Property(
        # Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy
        "Sharpness", "most blurred", "sharpest", "the variance of its Laplacian", _sharpness
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Group:
    """Pictures whose property lies from ``low`` to ``high``, by their numbers, and how many were told right.

    ``interval`` is where the true share lies with 95 % certainty (Wilson 1927).
    """

    low: float
    high: float
    numbers: NDArray[np.int64]
    right: int

    @property
    def accuracy(self) -> float:
        """The share that was told right."""
        return self.right / len(self.numbers)

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson interval of the share."""
        return wilson(self.right, len(self.numbers))


def wilson(right: int, count: int) -> tuple[float, float]:
    """Where the share lies of which ``right`` of ``count`` is a sample, with 95 % certainty (Wilson 1927)."""
    share, square = right / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z / (1 + square / count) * np.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def measured(images: Pixels, report: Report = unheard) -> dict[str, Values]:
    """Each property of the pictures (N, C, H, W) of bytes, as they enter the network: its key -> (N,).

    Worked on a few megabytes at a time. Where ``report`` says to end, it is of the pictures measured until then.
    """
    step, parts = at_once(images.shape[1:]), {key: [np.empty(0, np.float32)] for key in PROPERTIES}
    for start in range(0, len(images), step):
        pixels = images[start : start + step].astype(np.float32) / np.float32(255)
        grey = pixels[:, 0]
        if pixels.shape[1] == 3:
            grey = np.tensordot(pixels, _LUMA, (1, 0)).astype(np.float32, copy=False)
        for key, each in PROPERTIES.items():
            parts[key].append(each.of(grey))
        if not report("Measuring the pictures", (start + len(pixels)) / len(images)):
            break
    return {key: np.concatenate(found).astype(np.float64) for key, found in parts.items()}


def groups(evaluation: Evaluation, values: Values, most: int = GROUPS) -> tuple[Group, ...]:
    """The pictures in groups of as equal a size as can be, from the least value to the greatest.

    Pictures of one value stay together, so that there may be fewer groups.
    """
    values = values[: len(evaluation)]
    inner = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)[1:-1]))
    place = np.searchsorted(inner, values, side="left")
    found = []
    for number in np.unique(place):
        numbers = np.flatnonzero(place == number)
        held = values[numbers]
        found.append(Group(float(held.min()), float(held.max()), numbers, int(evaluation.right[numbers].sum())))
    return tuple(found)


def sentence(key: str, found: tuple[Group, ...]) -> str:
    """What the groups say: how the ends differ, and whether that may be chance."""
    what = PROPERTIES[key]
    if len(found) < 2:
        return f"{what.title} ({what.told}) is the same in all pictures."
    first, last = found[0], found[-1]
    points = 100 * (last.accuracy - first.accuracy)
    told = (
        f"Of the {what.least} {len(first.numbers):,} pictures {first.accuracy:.1%} are told right, of the {what.most} "
        f"{len(last.numbers):,} {last.accuracy:.1%}: {abs(points):.1f} points {'more' if points >= 0 else 'fewer'}."
    )
    overlap = first.interval[0] <= last.interval[1] and last.interval[0] <= first.interval[1]
    return f"{told} That may be chance: the intervals overlap." if overlap else f"{told} That is more than chance."
