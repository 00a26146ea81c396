"""Map colours: numbers of feature maps as colours, and which maps say nothing. Knows arrays and no network."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

Maps = NDArray[np.float32]
STEPS = 256


class MapColours(Enum):
    """A scale of colours: what it is called, and its name among pyqtgraph's."""

    VIRIDIS = "Blue to yellow", "viridis"
    GREY = "Black to white", "CET-L1"
    ZERO = "Blue below zero, red above", "CET-D1"

    def __init__(self, title: str, name: str) -> None:
        self.title, self.colormap = title, name

    @property
    def is_around_zero(self) -> bool:
        """Whether zero is the middle of the scale, whatever the least and the greatest number are."""
        return self is MapColours.ZERO


@lru_cache(maxsize=8)
def rgb_table(colours: MapColours) -> NDArray[np.uint8]:
    """256 colours (red, green, blue), as ``colour_table`` has them."""
    import pyqtgraph  # which takes longer than the window's first picture has time for

    colormap: Any = pyqtgraph.colormap
    table: NDArray[np.uint8] = colormap.get(colours.colormap).getLookupTable(nPts=STEPS)[:, :3]
    return table


@lru_cache(maxsize=8)
def colour_table(colours: MapColours) -> NDArray[np.uint32]:
    """256 colours 0xFFRRGGBB, as Qt has them, from the least to the greatest number, all of them even to the eye.

    Peter Kovesi's CET maps and matplotlib's viridis, as pyqtgraph brings them; https://colorcet.com.
    """
    red, green, blue = rgb_table(colours).astype(np.uint32).T
    made: NDArray[np.uint32] = 0xFF000000 | red << 16 | green << 8 | blue
    return made


def normalised(
    maps: Maps,
    together: bool,
    around_zero: bool = False,
    sampled: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None,
) -> NDArray[np.uint8]:
    """Maps (C, H, W) as 0 to 255 between the least and the greatest value of each, or of all ``together``.

    A map of one value everywhere is 0. Values that are no numbers count as 0. ``around_zero`` makes 0 the middle, and
    the ends the value that is farthest from it and its negative. Of what is ``sampled`` only these rows and columns
    come back.
    """
    finite = _finite(maps)
    axes = (0, 1, 2) if together else (1, 2)
    low, high = finite.min(axes, keepdims=True), finite.max(axes, keepdims=True)
    if around_zero:
        high = np.maximum(np.abs(low), np.abs(high))
        high = np.where(high > 0, high, 1.0)
        low = -high
    span = np.where(high > low, high - low, np.float32(1.0))
    shown = finite if sampled is None else finite[:, sampled[0]][:, :, sampled[1]]
    made: NDArray[np.uint8] = ((shown - low) * (np.float32(255.0) / span)).astype(np.uint8)
    return made


def _finite(maps: Maps) -> Maps:
    """With 0 for what is no number; a copy only where there is such a thing."""
    with np.errstate(invalid="ignore", over="ignore"):
        if np.isfinite(maps.sum()):
            return maps
    found: Maps = np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)
    return found


def flat(maps: Maps) -> NDArray[np.bool_]:
    """Which of the maps (C, H, W) have one value everywhere, such as zero: they tell nothing of this picture."""
    if maps.shape[1] * maps.shape[2] < 2:
        found: NDArray[np.bool_] = maps.reshape(len(maps), -1)[:, 0] == 0  # one number alone is no map that is flat
        return found
    flat_ones: NDArray[np.bool_] = maps.min((1, 2)) == maps.max((1, 2))
    return flat_ones


def activity(maps: Maps) -> NDArray[np.float32]:
    """How active each of the maps (C, H, W) is: the mean of what its values are without their sign."""
    found: NDArray[np.float32] = np.abs(_finite(maps)).mean((1, 2))
    return found


def ends(maps: Maps, colours: MapColours) -> tuple[float, float]:
    """The numbers that the two ends of the scale of colours stand for."""
    finite = _finite(maps)
    low, high = float(finite.min()), float(finite.max())
    most = max(abs(low), abs(high))
    return (-most, most) if colours.is_around_zero else (low, high)


def said_of(values: NDArray[np.float32]) -> str:
    """What there is to say of one map (H, W) as a whole."""
    strange = int(values.size - np.isfinite(values).sum())
    if strange:
        return f"{strange:,} of {values.size:,} values are no numbers"
    low, high = float(values.min()), float(values.max())
    if low == high and values.size > 1:
        return "zero everywhere on this picture" if low == 0 else f"{written(low, 4)} everywhere on this picture"
    return f"from {written(low)} to {written(high)}"


def written(number: float, digits: int = 3) -> str:
    """A number with so many digits and a true minus."""
    return f"{number:.{digits}g}".replace("-", "−")


def frame_on_any(painter: QPainter, place: QRectF) -> None:
    """A frame round a cell that is seen on every colour: white within black."""
    for width, colour in ((3.0, Qt.GlobalColor.black), (1.0, Qt.GlobalColor.white)):
        painter.setPen(QPen(colour, width))
        painter.drawRect(place.adjusted(-1, -1, 1, 1))
