"""Disturbances: a picture blurred, made noisy, moved, turned or cut, to see how much of it a network bears.

All are functions of bytes (C, H, W) that give others of the same size and draw nothing by chance twice. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
SEED = 0  # of the noise: the same for the same picture, so that a slider that goes back finds what was there


@dataclass(frozen=True)
class Disturbances:
    """How much of each: nothing is changed where all are 0."""

    blur: float = 0.0
    noise: float = 0.0
    shift: float = 0.0
    drop: float = 0.0
    rotation: float = 0.0
    crop: float = 0.0

    def but(self, name: str, value: float) -> Disturbances:
        """These, with so much of one of them."""
        return replace(self, **{name: value})


@dataclass(frozen=True)
class Measure:
    """What a disturbance is called, how far it goes to either side, and what its value is in words."""

    title: str
    low: float
    high: float
    sentence: str
    said: Callable[[float], str]


MEASURES = {
    "blur": Measure("Blur", 0.0, 0.15, "A Gaussian: its deviation in shares of the side", lambda v: f"{v:.0%}"),
    "noise": Measure("Noise", 0.0, 128.0, "Gaussian noise: its deviation, of 255", lambda v: f"{v:.0f}"),
    "shift": Measure("Shift", -0.5, 0.5, "Moved to the left or right, in shares of the width", lambda v: f"{v:+.0%}"),
    "drop": Measure("Drop", -0.5, 0.5, "Moved up or, above 0, down, in shares of the height", lambda v: f"{v:+.0%}"),
    "rotation": Measure("Rotate", -180.0, 180.0, "Turned, in degrees; to the left above 0", lambda v: f"{v:+.0f}°"),
    "crop": Measure("Crop", 0.0, 0.6, "So much is cut off, and the middle enlarged", lambda v: f"{v:.0%}"),
}
"""Each field of ``Disturbances``, in the order in which a person meets them."""

assert list(MEASURES) == [field.name for field in fields(Disturbances)]


def disturbed(image: Pixels, how: Disturbances) -> Pixels:
    """The picture (C, H, W) cut, turned and moved, then blurred, then with noise; itself where nothing is asked."""
    made = blurred(shifted(rotated(cropped(image, how.crop), how.rotation), how.shift, how.drop), how.blur)
    return with_noise(made, how.noise)


def blurred(image: Pixels, share: float) -> Pixels:
    """Smoothed by a Gaussian whose deviation is this share of the longer side.

    It is Pillow's: three passes of a box that come close to a Gaussian (P. Gwosdek et al., Theoretical Foundations of
    Gaussian Convolution by Extended Box Filtering, 2011).
    """
    radius = share * max(image.shape[1:])
    return _each(image, lambda channel: channel.filter(ImageFilter.GaussianBlur(radius))) if radius > 0 else image


def with_noise(image: Pixels, deviation: float, seed: int = SEED) -> Pixels:
    """With Gaussian noise of this deviation, of 255, in every pixel and channel; the same for the same ``seed``."""
    if deviation <= 0:
        return image
    noise = np.random.default_rng(seed).normal(0.0, deviation, image.shape)
    made: Pixels = np.rint(image + noise).clip(0, 255).astype(np.uint8)
    return made


def shifted(image: Pixels, right: float, down: float = 0.0) -> Pixels:
    """Moved by these shares of the width and of the height, in whole pixels, so that nothing is smoothed; what comes
    in is the ground.
    """
    (to_rows, from_rows), (to_columns, from_columns) = (
        _moved(length, share) for length, share in zip(image.shape[1:], (down, right), strict=True)
    )
    if (to_rows, to_columns) == (from_rows, from_columns):
        return image
    made = np.empty_like(image)
    made[:] = ground(image)[:, None, None]
    made[:, to_rows, to_columns] = image[:, from_rows, from_columns]
    return made


def _moved(length: int, share: float) -> tuple[slice, slice]:
    """Where what stays of an axis goes, and where it comes from."""
    by = max(-length, min(length, round(share * length)))
    return slice(max(0, by), length + min(0, by)), slice(max(0, -by), length - max(0, by))


def rotated(image: Pixels, degrees: float) -> Pixels:
    """Turned round its middle, to the left above 0; what comes in at the corners is the ground."""
    if degrees == 0:
        return image
    fill = ground(image)
    parts = [
        Image.fromarray(channel).rotate(degrees, Image.Resampling.BILINEAR, fillcolor=int(colour))
        for channel, colour in zip(image, fill, strict=True)
    ]
    return np.stack([np.asarray(part) for part in parts])


def cropped(image: Pixels, share: float) -> Pixels:
    """The middle of it, less this share of either side, enlarged to the size that it had."""
    if share <= 0:
        return image
    height, width = image.shape[1:]
    off_y, off_x = share * height / 2, share * width / 2
    box = (off_x, off_y, width - off_x, height - off_y)
    return _each(image, lambda channel: channel.resize((width, height), Image.Resampling.BILINEAR, box=box))


def ground(image: Pixels) -> Pixels:
    """What a picture (C, H, W) lies on: of each channel the median of the pixels at its edge (C,)."""
    edge = np.concatenate((image[:, 0], image[:, -1], image[:, :, 0], image[:, :, -1]), axis=1)
    made: Pixels = np.median(edge, axis=1).astype(np.uint8)
    return made


def _each(image: Pixels, change: Callable[[Image.Image], Image.Image]) -> Pixels:
    return np.stack([np.asarray(change(Image.fromarray(channel))) for channel in image])
