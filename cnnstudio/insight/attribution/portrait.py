"""Portrait: pictures that show what a channel of a network looks for. NumPy; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture (C, H, W) of bytes with its caption, and where in it the channel is active, (H, W)."""

    picture: NDArray[np.uint8]
    caption: str
    marks: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Portrait:
    """What excites ``channel``, counted from 0, of the ``channels`` of a node, with what is to be said of it."""

    node: str
    channel: int
    channels: int
    pictures: tuple[Shown, ...]
    sentences: tuple[str, ...]
