"""Fitting: images in the size of a network's input, a part at a time, so that little is held beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from cnnstudio.graph import Shape
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.training.data.room import WORK, at_once, check_room
from cnnstudio.worker import Report

_LUMA = (0.299, 0.587, 0.114)  # ITU-R 601, as Pillow makes grey of colour

Pixels = NDArray[np.uint8]


def fitted(parts: Iterable[Pixels], count: int, size: Shape, sentence: str, progress: Report) -> tuple[Tensor, Shape]:
    """The ``count`` images (N, C, H, W) that come in ``parts``, in ``size``, and the size in which they came.

    What comes in one part and in that size already is taken as it is. ``sentence`` is what ``progress`` is told.
    Raises ``DataError`` where there is no room for them, and ``DataCancelledError``.
    """
    made: Tensor | None = None
    found, done = size, 0
    for part in parts:
        found = Shape(*part.shape[1:])
        if made is None and part.shape == (count, *size):
            return torch.from_numpy(part), found
        if made is None:
            check_room(count, size)
            made = torch.empty((count, *size), dtype=torch.uint8)
        step = at_once(max(part.shape[1:], tuple(size), key=prod))
        for start in range(0, len(part), step):
            if not progress(sentence, done / count):
                raise DataCancelledError(f"{sentence} was cancelled.")
            piece = torch.from_numpy(part[start : start + step])
            _fit(piece, made[done : done + len(piece)])
            done += len(piece)
    return made if made is not None else torch.empty((count, *size), dtype=torch.uint8), found


def _fit(images: Tensor, into: Tensor) -> None:
    """Write images (N, C, H, W) into others in their number of channels and their size."""
    if images.shape == into.shape:
        into.copy_(images)
        return
    part = images.float()
    if part.shape[1] == 3 and into.shape[1] == 1:
        part = (part * part.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    if part.shape[2:] != into.shape[2:]:
        part = interpolate(part, into.shape[2:], mode="bilinear", antialias=True, align_corners=False)
    into.copy_(part.round_().clamp_(0, 255))  # grey becomes three equal channels


def changes(found: Shape, size: Shape, title: str) -> list[str]:
    """A sentence for what was done to images that came in another size, or none."""
    said = []
    if found.spatial != size.spatial:
        (height, width), (new_height, new_width) = found.spatial, size.spatial
        said.append(f"resized from {height} × {width} to {new_height} × {new_width}")
    if found.channels != size.channels:
        said.append("turned to grey" if size.channels == 1 else "given three equal channels")
    return [f"{title}: the images are {' and '.join(said)}, as the Input asks."] if said else []


def arranged(images: Tensor, order: NDArray[np.int64]) -> None:
    """Put the image ``order[i]`` at place i, for each i, where they are: one image alone is held beside them."""
    rest = order.copy()
    for first in np.flatnonzero(rest != np.arange(len(rest))).tolist():
        if rest[first] == first:  # it came round with others
            continue
        held, here = images[first].clone(), first
        while (there := int(rest[here])) != first:
            images[here] = images[there]
            rest[here], here = here, there
        images[here] = held
        rest[here] = here


def moments(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, with pixels from 0 to 1; exact, in whole numbers."""
    channels = images.shape[1]
    count = images.numel() // channels
    sums, squares = torch.zeros(channels, dtype=torch.int64), torch.zeros(channels, dtype=torch.int64)
    for part in pieces(images):
        whole = part.to(torch.int32)
        sums += whole.sum((0, 2, 3))
        squares += whole.square_().sum((0, 2, 3))
    mean = sums.double() / count
    spread = (squares.double() / count - mean * mean).clamp(min=0).sqrt()
    spread[spread < 1] = 255.0  # images of one colour: nothing to spread
    return tuple((mean / 255).tolist()), tuple((spread / 255).tolist())


def pieces(images: Tensor) -> Iterator[Tensor]:
    """The images (N, C, H, W), some at a time, and of a very large one some of its rows."""
    _, channels, height, width = images.shape
    rows = max(1, WORK // (4 * channels * width))
    for part in torch.split(images, at_once(images.shape[1:])):
        yield from torch.split(part, rows, 2) if rows < height else (part,)
