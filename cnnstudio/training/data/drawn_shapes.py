"""The data set "shapes": drawn shapes in colour, as many as wanted, the same again from the same seed. NumPy alone.

Ten outlines are placed, turned, scaled and coloured at random on a background of two colours with stripes and noise.
Shape and background differ in colour by chance only, so that no pixel and no colour gives the class away: a linear
model finds little more than guessing, a small convolutional network nearly all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIZE = 32
_CHUNK = 512  # images drawn at once: the work stays in the cache and the memory in megabytes


def shapes(count: int, seed: int = 0) -> tuple[Iterator[NDArray[np.uint8]], NDArray[np.int64]]:
    """``count`` images (N, 3, 32, 32), some at a time, and their labels, each class as often, in random order."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % len(OUTLINES)).astype(np.int64)
    parts = (labels[start : start + _CHUNK] for start in range(0, count, _CHUNK))
    return (_drawn(part, random) for part in parts), labels


def _drawn(labels: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.uint8]:
    count = len(labels)
    axis = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    rows, columns = np.meshgrid(axis, axis, indexing="ij")

    def each(low: float, high: float) -> Floats:
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    radius = each(8, 13)
    room = (SIZE / 2 - radius) * 0.9
    x, y = columns - each(-1, 1) * room, rows - each(-1, 1) * room  # (N, 32, 32)
    angle = each(-0.6, 0.6)  # radians: some 35 degrees to either side
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = (cos * x + sin * y) / radius, (cos * y - sin * x) / radius * each(0.85, 1.15)
    inside = np.empty((count, SIZE, SIZE), np.float32)
    for label, outline in enumerate(OUTLINES):
        of_class = labels == label
        # a pixel at the edge is covered in part: the distance to the outline in pixels, cut off at half a pixel
        inside[of_class] = np.clip(0.5 - outline(x[of_class], y[of_class]) * radius[of_class], 0, 1)
    light, front = _colours(count, random)
    stripes = np.sin(columns * each(-0.9, 0.9) + rows * each(-0.9, 0.9) + angle) * each(0, 14)
    shade = np.sin(x * each(1, 5) + y * each(1, 5)) * each(0, 14)
    inside = inside[:, None]  # (N, 1, 32, 32) against the colours (N, 3, 1, 1)
    image = light + stripes[:, None]  # each step where the one before was: three arrays of this size at most
    image *= 1 - inside
    front = front + shade[:, None]
    front *= inside
    image += front
    del front
    noise = random.standard_normal(image.shape, np.float32)
    noise *= each(3, 12)[:, None]
    image += noise
    drawn: NDArray[np.uint8] = np.clip(image, 0, 255, out=image).astype(np.uint8)
    return drawn


def _colours(count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """A background and a shape colour for each image, (N, 3, 1, 1), far enough apart to be told from each other."""
    back = random.uniform(40, 215, (count, 3))
    step = random.standard_normal((count, 3))
    step *= random.uniform(100, 170, (count, 1)) / np.linalg.norm(step, axis=1, keepdims=True)
    front = np.where((back + step < 15) | (back + step > 240), back - step, back + step)
    return back[..., None, None].astype(np.float32), front[..., None, None].astype(np.float32)


# Each outline is a function of x and y in units of the shape's radius: about the distance to it, negative inside.


def _circle(x: Floats, y: Floats) -> Floats:
    return np.hypot(x, y) - np.float32(0.85)


def _ring(x: Floats, y: Floats) -> Floats:
    return np.abs(np.hypot(x, y) - np.float32(0.75)) - np.float32(0.2)


def _square(x: Floats, y: Floats) -> Floats:
    distance: Floats = np.maximum(np.abs(x), np.abs(y)) - np.float32(0.75)
    return distance


def _polygon(sides: int, apothem: float) -> Callable[[Floats, Floats], Floats]:
    def outline(x: Floats, y: Floats) -> Floats:
        turns = np.arange(sides) * (2 * np.pi / sides)
        edges = [np.float32(np.cos(turn)) * x + np.float32(np.sin(turn)) * y for turn in turns]
        distance: Floats = np.maximum.reduce(edges) - np.float32(apothem)
        return distance

    return outline


def _cross(x: Floats, y: Floats) -> Floats:
    long, short = np.maximum(np.abs(x), np.abs(y)), np.minimum(np.abs(x), np.abs(y))
    distance: Floats = np.maximum(long - np.float32(0.95), short - np.float32(0.28))
    return distance


def _star(x: Floats, y: Floats) -> Floats:
    wedge = np.float32(2 * np.pi / 5)
    turn = np.abs((np.arctan2(y, x) + wedge / 2) % wedge - wedge / 2)  # within half a ray: 0 at the tip
    radius = np.hypot(x, y)
    # the edge from the tip (1, 0) to the notch at 36 degrees and radius 0.42, in Hesse's normal form
    notch = np.array([0.42 * np.cos(np.pi / 5), 0.42 * np.sin(np.pi / 5)])
    normal = np.array([notch[1], 1 - notch[0]]) / np.hypot(notch[1], 1 - notch[0])
    across = np.float32(normal[0]) * radius * np.cos(turn) + np.float32(normal[1]) * radius * np.sin(turn)
    distance: Floats = across - np.float32(normal[0])
    return distance


def _heart(x: Floats, y: Floats) -> Floats:
    # (x² + y² - 1)³ = x² y³, shifted to the middle; divided by a slope to come near a distance
    u, v = np.abs(x) * np.float32(1.2), np.float32(0.15) - y * np.float32(1.2)
    distance: Floats = np.cbrt((u * u + v * v - 1) ** 3 - u * u * v**3) * np.float32(0.42)
    return distance


def _crescent(x: Floats, y: Floats) -> Floats:
    bite = np.hypot(x - np.float32(0.55), y) - np.float32(0.75)
    distance: Floats = np.maximum(np.hypot(x, y) - np.float32(0.95), -bite)
    return distance


def _bars(x: Floats, y: Floats) -> Floats:
    distance: Floats = np.maximum(np.abs(np.abs(x) - np.float32(0.5)) - np.float32(0.24), np.abs(y) - np.float32(0.8))
    return distance


OUTLINES: tuple[Callable[[Floats, Floats], Floats], ...] = (
    _circle,
    _ring,
    _square,
    _polygon(3, 0.5),
    _cross,
    _star,
    _polygon(6, 0.8),
    _heart,
    _crescent,
    _bars,
)
"""The classes in the order of ``DATASETS["shapes"].names``."""
