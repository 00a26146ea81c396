"""Template: a network to begin with, and what it was meant for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cnnstudio.graph import Graph

Size = tuple[int, int, int]
IMAGENET: Size = (3, 224, 224)
SMALL_SIZE: Size = (3, 32, 32)
PHOTOS = "folder"  # what a recipe calls the images of a network of full size: a person brings them along
SMALL = 64  # pixels: on smaller images a stem made for ImageNet would leave next to nothing


def is_small(size: Size) -> bool:
    """Whether the images are so small that a network halves them two times less than it was made to."""
    return min(size[1:]) < SMALL


@dataclass(frozen=True)
class Template:
    """A network to begin with: ``make(classes, size)`` draws it; the rest is what it was meant for.

    ``family`` is what it stands under in a list; ``classes`` are those of ``data``, or, of a folder, those that the
    network was published with.
    """

    title: str
    sentence: str
    make: Callable[[int, Size], Graph]
    size: Size
    data: str
    family: str = "To begin with"
    classes: int = 10

    @property
    def small(self) -> Template:
        """The variant for small images that come with the program; itself where it was meant for such."""
        if self.data != PHOTOS:
            return self
        return replace(self, size=SMALL_SIZE, data="shapes", classes=10)
