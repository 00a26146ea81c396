"""Planted: faults that are put into images on purpose, to be found out; the same again each time.

A network that learns from them does well on the images kept apart, which have the fault, too: that is what makes such
faults hard to see, and why there are ways to look for them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.int64]

SEED = 7
WRONG = 0.05  # of the labels
DARK_CLASS, DARK = 7, 0.35  # whose images have so much of their light


def mislabelled(labels: Numbers, classes: int, share: float = WRONG) -> tuple[Numbers, Numbers]:
    """Labels (N,) of which a share is another class, drawn by chance, and the numbers of those, ascending."""
    random = np.random.default_rng(SEED)
    wrong = np.sort(random.permutation(len(labels))[: round(share * len(labels))])
    found = labels.copy()
    found[wrong] = (found[wrong] + random.integers(1, classes, len(wrong))) % classes
    return found, wrong


def darkened(images: Pixels, labels: Numbers, label: int = DARK_CLASS, light: float = DARK) -> Pixels:
    """Images (N, C, H, W) of which those of one class are dark, and no others."""
    found = images.copy()
    found[labels == label] = dimmed(images[labels == label], light)
    return found


def dimmed(images: Pixels, light: float = DARK) -> Pixels:
    """These images with so much of their light."""
    made: Pixels = np.rint(images * np.float32(light)).astype(np.uint8)
    return made
