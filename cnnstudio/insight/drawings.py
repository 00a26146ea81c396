"""Drawings: what a person draws, made into a picture such as the network learned from. Knows arrays and no torch.

Pictures of handwriting were cut out, scaled and centred before anybody learned from them: MNIST's so that the longer
side has 20 of 28 pixels and the centre of mass lies in the middle (Y. LeCun et al., Gradient-Based Learning Applied to
Document Recognition, 1998). What a data set does is read off its images, so that it is right for others too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.insight.disturbances import ground

Pixels = NDArray[np.uint8]
Ink = NDArray[np.float32]
SIDE = 280  # of the sheet's longer side, in pixels
_MOST = 1_000  # images of which the manner is read
_EVEN = 0.85  # of the corners must be alike, or the images lie on no even ground
_NEAR = 40  # of 255: so far from the ground a pixel is still ground
_INK = 0.2  # of the darkest: what is less is no ink
_FAINT = 0.3  # of what lies on a photograph of paper, shadows and grain
_DOT = 0.08  # of the sheet's longer side: what is smaller is not made larger than if it had this size


@dataclass(frozen=True)
class Manner:
    """How the images of a data set hold what they show: on an even ``ground``, in ``ink`` (a byte a channel).

    What they show takes ``side`` of the sides, from 0 to 1, and its centre, of mass where ``by_mass`` and else of its
    box, lies at ``centre`` (down, right), from 0 to 1. Its lines are so wide as ``pen``, in shares of its longer side.
    """

    ground: tuple[int, ...]
    ink: tuple[int, ...]
    side: float
    centre: tuple[float, float]
    by_mass: bool
    pen: float = 0.03

    @property
    def sentence(self) -> str:
        """What is done with a drawing."""
        how = "its centre of mass" if self.by_mass else "its middle"
        return f"It is cut out and scaled to {self.side:.0%} of the side, with {how} where the data set has it."


PAPER = Manner((255,), (0,), 1.0, (0.5, 0.5), by_mass=False)
"""What is drawn for a network of photographs: black on white."""


def sheet_size(height: int, width: int) -> tuple[int, int]:
    """The height and width of the sheet that a person draws on, in the proportions of a network's input."""
    longer = max(height, width)
    return max(1, round(SIDE * height / longer)), max(1, round(SIDE * width / longer))


def manner(images: Pixels) -> Manner | None:
    """How these images (N, C, H, W) hold what they show; None where they lie on no even ground, as photographs do."""
    images = images[:: max(1, len(images) // _MOST)][:_MOST]
    corners = images[:, :, [0, 0, -1, -1], [0, -1, 0, -1]].astype(np.int16)  # (N, C, 4)
    lies_on = np.median(corners, axis=(0, 2))
    if (np.abs(corners - lies_on[:, None]).max(1) < _NEAR).mean() < _EVEN:
        return None
    apart = np.abs(images - lies_on[:, None, None]).max(1)  # (N, H, W)
    most = apart.max((1, 2))
    if not (most > 0).any():
        return None
    places = apart.reshape(len(images), -1).argmax(1)
    ink = np.median(images.reshape(*images.shape[:2], -1)[np.arange(len(images)), :, places], axis=0)
    inks = (apart / np.maximum(most, 1)[:, None, None]).astype(np.float32)[most > 0]
    found = [(box, _mass(each)) for each in inks if (box := _box(each)) is not None]
    boxes, masses = np.array([box for box, _ in found], float), np.array([mass for _, mass in found])
    size = np.array(images.shape[2:])
    middles = boxes.reshape(-1, 2, 2).mean(1) / size
    masses /= size
    by_mass = bool(masses.std(0).sum() <= middles.std(0).sum())
    sides = ((boxes[:, 2:] - boxes[:, :2]) / size).max(1)
    centre = np.median(masses if by_mass else middles, axis=0)
    return Manner(
        tuple(map(int, lies_on)), tuple(map(int, ink)), float(np.median(sides)), (float(centre[0]), float(centre[1])),
        by_mass, _pen(inks, sides, size),
    )  # fmt: skip


def _pen(inks: Ink, sides: NDArray[np.float64], size: NDArray[np.int64]) -> float:
    """The width of a line in shares of the longer side of what is shown: twice the area by the outline.

    The outline is the total variation, which is 4/π of it for lines that lie in all directions.
    """
    bordered = np.pad(inks, ((0, 0), (1, 1), (1, 1)))
    outline = sum(np.abs(np.diff(bordered, axis=axis)).sum((1, 2)) for axis in (1, 2)) * np.pi / 4
    widths = 2 * inks.sum((1, 2)) / outline
    return float(np.clip(np.median(widths) / (np.median(sides) * size.min()), 0.02, 0.2))


def painted(ink: Ink, how: Manner, channels: int) -> Pixels:
    """Ink (H, W) from 0 to 1 in the colours of a data set: bytes (C, H, W)."""
    return painted_over(np.broadcast_to(_colour(how.ground, channels), (channels, *ink.shape)), ink, how)


def painted_over(image: Pixels, ink: Ink, how: Manner) -> Pixels:
    """Ink (H, W) from 0 to 1 over a picture (C, H, W) of bytes of the same size."""
    colour = _colour(how.ink, len(image))
    return np.rint(image + (colour - image.astype(np.float32)) * ink).astype(np.uint8)


def _colour(colour: tuple[int, ...], channels: int) -> NDArray[np.uint8]:
    return np.array(colour if len(colour) == channels else colour[:1] * channels, np.uint8)[:, None, None]


def reduced(ink: Ink, size: tuple[int, int]) -> Ink:
    """The whole sheet of ink at another size (height, width): each pixel has the mean of what it covers."""
    height, width = ink.shape
    return _resampled(ink, size, (0.0, 0.0, float(height), float(width)))


def arranged(ink: Ink, how: Manner, size: tuple[int, int]) -> Ink:
    """What is drawn, cut out, scaled and placed as the data set has it, at its size (height, width), as dark as there.

    Nothing is drawn where there is no ink.
    """
    box = _box(ink)
    if box is None:
        return np.zeros(size, np.float32)
    top, left, bottom, right = box
    least = _DOT * max(ink.shape)
    wanted = max(bottom - top, right - left, least)
    step = wanted / (how.side * min(size))  # pixels of the sheet that become one
    step = max(step, (bottom - top) / size[0], (right - left) / size[1])
    centre = _mass(ink) if how.by_mass else ((top + bottom) / 2, (left + right) / 2)
    start = []
    for at, share, low, high, room in zip(centre, how.centre, (top, left), (bottom, right), size, strict=True):
        begin = at - share * room * step
        start.append(min(max(begin, high - room * step), low))  # whole, wherever its mass lies
    made = _resampled(ink, size, (start[0], start[1], start[0] + size[0] * step, start[1] + size[1] * step))
    most = float(made.max())
    return made / most if most > 0 else made


def ink_of(picture: Pixels) -> Ink:
    """What lies on the even ground of a picture (C, H, W) of bytes, such as a photographed sheet: (H, W), 0 to 1."""
    apart = np.abs(picture.astype(np.float32) - ground(picture)[:, None, None]).max(0)
    most = float(apart.max())
    if most < _NEAR:
        return np.zeros(apart.shape, np.float32)
    share: Ink = apart / most
    return np.where(share < _FAINT, 0, share).astype(np.float32)


def _box(ink: Ink) -> tuple[int, int, int, int] | None:
    """Top, left, bottom and right of what is inked; None where nothing is."""
    most = float(ink.max())
    if most <= 0:
        return None
    is_ink = ink > _INK * most
    rows, columns = np.flatnonzero(is_ink.any(1)), np.flatnonzero(is_ink.any(0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _mass(ink: Ink) -> tuple[float, float]:
    """The centre of mass (down, right), in pixels from the upper left corner."""
    whole = float(ink.sum())
    down = float(ink.sum(1) @ (np.arange(ink.shape[0]) + 0.5)) / whole
    return down, float(ink.sum(0) @ (np.arange(ink.shape[1]) + 0.5)) / whole


def _resampled(ink: Ink, size: tuple[int, int], window: tuple[float, float, float, float]) -> Ink:
    """What a window of the sheet (top, left, bottom, right) holds, at this size; beyond the sheet there is no ink."""
    top, left, bottom, right = window
    before = (max(0, int(np.ceil(-top))), max(0, int(np.ceil(-left))))
    after = (max(0, int(np.ceil(bottom - ink.shape[0]))), max(0, int(np.ceil(right - ink.shape[1]))))
    sheet = np.pad(ink, tuple(zip(before, after, strict=True)))
    box = (left + before[1], top + before[0], right + before[1], bottom + before[0])
    smaller = (bottom - top) >= size[0]
    way = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(sheet).resize((size[1], size[0]), way, box=box), np.float32)
