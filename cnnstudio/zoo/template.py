"""Template: a network to begin with, and what it was meant for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnnstudio.graph import Graph

Size = tuple[int, int, int]
IMAGENET: Size = (3, 224, 224)
SMALL = 64  # pixels: on smaller images a stem made for ImageNet would leave next to nothing


def is_small(size: Size) -> bool:
    """Whether the images are so small that a network halves them two times less than it was made to."""
    return min(size[1:]) < SMALL


@dataclass(frozen=True)
class Template:
    """A network to begin with: ``make(classes, size)`` draws it; ``size`` and ``data`` are what it was meant for."""

    title: str
    sentence: str
    make: Callable[[int, Size], Graph]
    size: Size
    data: str
