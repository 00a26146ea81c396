"""Pixels: arrays as PNG pictures of a bounded size, for a page."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.exchange.reporting.contents_page import Picture

LEAST, MOST = 56, 112  # pixels to a side: a small picture is shown in whole multiples of its pixels
TILE, BETWEEN = 72, 4  # pixels to a side of a map among others, and between two
ACROSS = 8  # maps in a row
GROUND = 214  # the grey between maps, which may be white or black at their edges


def picture(image: NDArray[np.uint8], words: str) -> Picture:
    """An image (C, H, W) of bytes with one channel or three."""
    made = _sized(_of_channels(image), LEAST, MOST)
    return Picture(_png(made), made.width, made.height, words)


def mosaic(maps: NDArray[np.float32], words: str) -> Picture:
    """Maps (N, H, W) beside each other, each from its least number in black to its greatest in white.

    A map of one number everywhere is a middle grey; what is no number counts as its least.
    """
    tiles = [_sized(Image.fromarray(_bytes(each)), TILE // 2, TILE) for each in maps]
    wide, high = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    across = min(ACROSS, len(tiles))
    rows = -(-len(tiles) // across)
    size = across * (wide + BETWEEN) - BETWEEN, rows * (high + BETWEEN) - BETWEEN
    sheet = Image.new("L", size, GROUND)
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % across * (wide + BETWEEN), number // across * (high + BETWEEN)))
    return Picture(_png(sheet), sheet.width, sheet.height, words)


def _of_channels(image: NDArray[np.uint8]) -> Any:
    return Image.fromarray(image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0)))


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    known = values[np.isfinite(values)]
    if not len(known) or known.min() == known.max():
        return np.full(values.shape, 127, np.uint8)
    low, high = float(known.min()), float(known.max())
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / (high - low)
    made: NDArray[np.uint8] = np.rint(255 * scaled).astype(np.uint8)
    return made


def _sized(image: Any, least: int, most: int) -> Any:
    """The image no larger than ``most`` to a side, and if it is small, some whole number of times as large."""
    longest = max(image.size)
    if longest > most:
        share = most / longest
        return image.resize([max(1, round(side * share)) for side in image.size], Image.Resampling.LANCZOS)
    times = max(1, -(-least // longest))
    return image.resize([side * times for side in image.size], Image.Resampling.NEAREST)


def _png(image: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
