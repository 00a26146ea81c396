"""Looks: what is measured of each picture in one pass, little enough to be kept of a hundred thousand. No torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.worker import Report

Pixels: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
Seen: TypeAlias = "tuple[Pixels, int, int]"  # a picture (C, H, W), and how high and wide its file has it

SIDE, GRID = 32, 16  # pixels of a side of the picture that is measured, and of the one that is kept
READ = 64  # pixels of a side at which a file is read
_TOGETHER = 256  # pictures that are measured at once
_LUMA = np.array((0.299, 0.587, 0.114), np.float32)  # ITU-R 601
_ORIENTATIONS, _CELLS = 9, 4

PROPERTIES = ("brightness", "ground", "sharpness", "size", "aspect")
"""What is measured of a picture that says nothing of what is on it.

``ground`` is the brightness of its edge, and ``sharpness`` how much of its range its steepest places take.
"""


@dataclass(frozen=True, eq=False)
class Looks:
    """Of M pictures, the ``numbers`` (M,) of those that could be read.

    ``smalls`` (M, 16, 16, 3) are small pictures in colour; ``gradients`` (M, 144) are histograms of oriented gradients
    (Dalal and Triggs 2005, https://doi.org/10.1109/CVPR.2005.177); ``hashes`` (M, 2) are the perceptual hashes of the
    picture and of its mirror image; ``properties`` (M,) each by its name.
    ``broken`` says of the other numbers why they could not be read.
    """

    numbers: NDArray[np.int64]
    smalls: Pixels
    gradients: NDArray[np.float16]
    hashes: NDArray[np.uint64]
    properties: dict[str, Floats]
    broken: dict[int, str] = field(default_factory=dict)


def looks(numbers: Iterable[int], see: Callable[[int], Seen], threads: int, report: Report) -> Looks:
    """Measure the pictures of these numbers, which ``see`` gives or raises ``DataError`` of, on so many threads.

    Raises ``DataCancelledError`` where ``report`` said to stop.
    """
    wanted = list(numbers)
    kept: list[int] = []
    broken: dict[int, str] = {}
    parts: list[tuple[NDArray[np.generic], ...]] = []

    def measured(number: int) -> tuple[Pixels, tuple[float, ...]] | str:
        try:
            image, height, width = see(number)
        except DataError as error:
            return str(error)
        return _measured(image, height, width)

    with warnings.catch_warnings(), ThreadPoolExecutor(threads, "measure") as pool:
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        for start in range(0, len(wanted), _TOGETHER):
            if not report(f"Looking at the pictures: {start:,} of {len(wanted):,}", start / len(wanted)):
                raise DataCancelledError("Looking for what may be wrong was stopped.")
            part = wanted[start : start + _TOGETHER]
            good = []
            for number, found in zip(part, pool.map(measured, part), strict=True):
                if isinstance(found, str):
                    broken[number] = found
                else:
                    kept.append(number)
                    good.append(found)
            if good:
                larges = np.stack([large for large, _ in good])
                greys = np.rint(larges @ _LUMA).astype(np.uint8)
                told = np.array([row for _, row in good], np.float32)
                parts.append((_halved(larges), _gradients(greys), _hashes(greys), told))
    if not parts:
        parts = [_NONE]
    smalls, gradients, hashes, told = (np.concatenate(each) for each in zip(*parts, strict=True))
    properties = {name: told[:, column] for column, name in enumerate(PROPERTIES)}
    return Looks(np.array(kept, np.int64), smalls, gradients, hashes, properties, broken)


_NONE = (
    np.zeros((0, GRID, GRID, 3), np.uint8),
    np.zeros((0, _CELLS * _CELLS * _ORIENTATIONS), np.float16),
    np.zeros((0, 2), np.uint64),
    np.zeros((0, len(PROPERTIES)), np.float32),
)


def _measured(image: Pixels, height: int, width: int) -> tuple[Pixels, tuple[float, ...]]:
    """The picture in colour (32, 32, 3), and its properties."""
    rgb = image if len(image) == 3 else np.repeat(image[:1], 3, 0)
    flat = np.ascontiguousarray(rgb.transpose(1, 2, 0))
    large = np.asarray(Image.fromarray(flat).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    bright = flat.astype(np.float32) @ _LUMA
    edge = np.concatenate((bright[0], bright[-1], bright[:, 0], bright[:, -1]))
    steps = np.concatenate([np.abs(np.diff(bright, axis=axis)).ravel() for axis in (0, 1)] + [np.zeros(1, np.float32)])
    steep = int(0.98 * (len(steps) - 1))
    sharpness = float(np.partition(steps, steep)[steep] / (np.ptp(bright) + 8.0))
    # the middle of the edge: what is on the picture may reach it
    told = float(bright.mean()) / 255, float(np.median(edge)) / 255, sharpness, float(height * width), width / height
    return large, told


def _halved(larges: Pixels) -> Pixels:
    """Pictures (N, 32, 32, 3) in half their size."""
    whole = larges.reshape(len(larges), GRID, 2, GRID, 2, 3).astype(np.uint16).sum((2, 4))
    made: Pixels = ((whole + 2) // 4).astype(np.uint8)
    return made


def _gradients(greys: Pixels) -> NDArray[np.float16]:
    """Histograms of oriented gradients of grey pictures (N, 32, 32), in 4 × 4 cells of nine directions (N, 144)."""
    numbers = np.sqrt(greys.astype(np.float32))
    down, right = np.gradient(numbers, axis=(1, 2))
    length = np.hypot(down, right)
    turn = (np.arctan2(down, right) % np.pi) * (_ORIENTATIONS / np.pi)
    low = np.floor(turn).astype(np.int64)
    share = turn - low
    cell = SIDE // _CELLS
    made = np.zeros((len(greys), _CELLS, _CELLS, _ORIENTATIONS), np.float32)
    for direction in range(_ORIENTATIONS):
        weight = np.where(low % _ORIENTATIONS == direction, 1 - share, 0) + np.where(
            (low + 1) % _ORIENTATIONS == direction, share, 0
        )
        part = (length * weight).reshape(len(greys), _CELLS, cell, _CELLS, cell)
        made[..., direction] = part.sum((2, 4))
    rows = np.sqrt(made).reshape(len(greys), -1)
    scaled: NDArray[np.float16] = (rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-3)).astype(np.float16)
    return scaled


def _cosines() -> Floats:
    """The first eight rows of the discrete cosine transform of 32 numbers (8, 32)."""
    places = (2 * np.arange(SIDE) + 1) * np.pi / (2 * SIDE)
    made: Floats = np.cos(np.outer(np.arange(8), places)).astype(np.float32)
    return made


_DCT = _cosines()
_ODD = (np.arange(64) % 8) % 2 == 1  # frequencies across that change their sign in a mirror
_BITS = np.uint64(1) << np.arange(64, dtype=np.uint64)


def _hashes(greys: Pixels) -> NDArray[np.uint64]:
    """The perceptual hash of each grey picture (N, 32, 32), and of its mirror image (N, 2).

    It says which of the 64 lowest frequencies are above their median (pHash: Zauner 2010, Implementation and
    Benchmarking of Perceptual Image Hash Functions). The first one, which is the brightness, counts for nothing.
    """
    waves = (_DCT @ greys.astype(np.float32) @ _DCT.T).reshape(len(greys), 64)
    waves[:, 0] = 0
    made = [_told(waves), _told(np.where(_ODD, -waves, waves))]
    return np.stack(made, 1)


def _told(waves: Floats) -> NDArray[np.uint64]:
    above = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
    above[:, 0] = False
    made: NDArray[np.uint64] = (above * _BITS).sum(1, dtype=np.uint64)
    return made
