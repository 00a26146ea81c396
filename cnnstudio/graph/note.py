"""Note: a text that lies on the canvas among the nodes, in Markdown."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from cnnstudio.graph.frame import HUES
from cnnstudio.graph.node import OUT_OF_BOUNDS, GraphError, Position, is_near

LONGEST = 4_000  # letters
SMALLEST, LARGEST = (80.0, 40.0), (4_000.0, 4_000.0)  # scene pixels


def is_readable(letter: str) -> bool:
    """Whether a note may have this letter: any but control characters, of which it has ends of lines and tabs."""
    return letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")


@dataclass(frozen=True)
class Note:
    """A text in Markdown with its top left corner, its width and height in scene pixels, and a hue in degrees.

    Two notes may be equal; then either of them stands for the other. Raises ``GraphError`` for a text that is empty,
    too long or has letters that cannot be read, and for a place, a size or a hue that is none.
    """

    text: str
    position: Position = (0.0, 0.0)
    size: tuple[float, float] = (240.0, 120.0)
    hue: int = HUES[2]

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise GraphError("A note needs a text.")
        if len(self.text) > LONGEST:
            raise GraphError(f"A note has {LONGEST:,} letters at most, not {len(self.text):,}.")
        if not all(map(is_readable, self.text)):
            raise GraphError("The text of a note is made of letters that can be read.")
        if not is_near(self.position):
            raise GraphError(f"The note lies nowhere: {OUT_OF_BOUNDS}.")
        if not all(least <= side <= most for least, side, most in zip(SMALLEST, self.size, LARGEST, strict=True)):
            (width, height), (most, _) = SMALLEST, LARGEST
            raise GraphError(f"The size of a note must be from {width:g} × {height:g} to {most:g} × {most:g}.")
        if not 0 <= self.hue < 360:
            raise GraphError(f"The hue of a note must be from 0 to 359 degrees, not {str(self.hue)[:20]}.")
        object.__setattr__(self, "position", (float(self.position[0]), float(self.position[1])))
        object.__setattr__(self, "size", (float(self.size[0]), float(self.size[1])))
