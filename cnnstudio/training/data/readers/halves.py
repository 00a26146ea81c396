"""Halves: labels and images of one half of a data set as a reader finds them, and both halves as one source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio.disk import shown
from cnnstudio.training.data.errors import DamagedError, DataError
from cnnstudio.training.data.raw import Numbers, Pixels, Raw
from cnnstudio.wording import counted

PART = 2_000_000
"""The bytes of images that are read at once."""


class Half(NamedTuple):
    """Labels (N,) from 0 on, and the images (n, C, H, W) of them, some at a time in the same order."""

    labels: Numbers
    images: Iterable[Pixels]


def joined(halves: Sequence[Half], names: tuple[str, ...], title: str, notes: Iterable[str] = ()) -> Raw:
    """The first half to train with and the second, where there is one, to validate with.

    Raises ``DataError`` where there are labels beyond the classes.
    """
    labels = np.concatenate([half.labels for half in halves])
    if not len(labels):
        raise DataError(f"{title} holds no image.")
    if labels.min() < 0 or labels.max() >= len(names):
        raise DataError(
            f"{title} holds labels from {labels.min()} to {labels.max()}, and its {counted(len(names), 'class')} are "
            f"numbered from 0 to {len(names) - 1}."
        )

    def parts() -> Iterator[Pixels]:
        for half in halves:
            yield from half.images

    apart = np.arange(len(halves[0].labels), len(labels)) if len(halves) > 1 else None
    return Raw(parts(), labels, names, apart, list(notes))


def numbered(labels: Iterable[Numbers]) -> tuple[str, ...]:
    """Names for classes of which nothing but their numbers is known."""
    most = max((int(each.max()) for each in labels if len(each)), default=-1)
    return tuple(str(number) for number in range(most + 1))


def at_once(size: int) -> int:
    """How many images of so many bytes are read at once."""
    return max(1, PART // max(1, size))


def read_bytes(file: IO[bytes], count: int) -> NDArray[np.uint8] | None:
    """The next ``count`` bytes of a file, to be written to as well; None where it ends before."""
    made, done = np.empty(count, np.uint8), 0
    while done < count:
        block = file.read(count - done)
        if not block:
            return None
        made[done : done + len(block)] = np.frombuffer(block, np.uint8)
        done += len(block)
    return made


def check_count(path: Path, images: int, labels: int) -> None:
    """Raise ``DamagedError`` where there are not as many labels as images."""
    if images != labels:
        raise DamagedError(
            f"{shown(path)} holds {counted(images, 'image')} and {counted(labels, 'label')}, which do not belong "
            "together."
        )


def pixels(array: NDArray[np.uint8]) -> Pixels:
    """Images (N, H, W), (N, H, W, C) or (N, C, H, W) of bytes as (N, C, H, W); of one or three channels."""
    if array.ndim == 3:
        return array[:, None]
    return array if array.shape[1] in (1, 3) and array.shape[3] not in (1, 3) else array.transpose(0, 3, 1, 2)
