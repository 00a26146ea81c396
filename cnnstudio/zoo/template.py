"""Template: a network to begin with, and what it was meant for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnnstudio.graph import Graph

Size = tuple[int, int, int]
IMAGENET: Size = (3, 224, 224)


@dataclass(frozen=True)
class Template:
    """A network to begin with: ``make(classes, size)`` draws it; ``size`` and ``data`` are what it was meant for."""

    title: str
    sentence: str
    make: Callable[[int, Size], Graph]
    size: Size
    data: str
