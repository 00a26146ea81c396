"""Annotations: frames, titled boxes that lie where their nodes lie, and notes, texts in Markdown among the nodes."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from cnnstudio.graph.node import OUT_OF_BOUNDS, GraphError, Position, is_near

LONGEST_TITLE, LONGEST_NOTE = 60, 4_000  # letters
HUES = (222, 172, 32, 286, 145, 338, 60, 196)  # degrees; in this order, neighbours can be told apart
SMALLEST, LARGEST = (80.0, 40.0), (4_000.0, 4_000.0)  # width and height of a note, in scene pixels


@dataclass(frozen=True)
class Frame:
    """A title, a hue in degrees and the names of the nodes that it holds; a node is in one frame at most.

    Raises ``GraphError`` for a title without letters or of too many, and for a hue that is none.
    """

    title: str
    hue: int
    members: frozenset[str]

    def __post_init__(self) -> None:
        title = self.title.strip()
        if not title:
            raise GraphError("A frame needs a title.")
        if len(title) > LONGEST_TITLE:
            raise GraphError(f"The title of a frame has {LONGEST_TITLE} letters at most, not {len(title):,}.")
        if not title.isprintable():
            raise GraphError("The title of a frame is one line of letters that can be read.")
        if not 0 <= self.hue < 360:
            raise GraphError(f"The hue of a frame must be from 0 to 359 degrees, not {str(self.hue)[:20]}.")
        object.__setattr__(self, "title", title)


def checked_frames(frames: Iterable[Frame], names: Container[str]) -> tuple[Frame, ...]:
    """These frames. Raises ``GraphError`` for an empty one, one round an unknown node, and a node in two of them."""
    made = tuple(frames)
    taken: dict[str, Frame] = {}
    for frame in made:
        if not frame.members:
            raise GraphError(f"The frame {frame.title} holds no block.")
        for name in sorted(frame.members):
            if name not in names:
                raise GraphError(f"The frame {frame.title} holds {name[:60]}, which does not exist.")
            if name in taken:
                raise GraphError(f"{name} is in two frames, {taken[name].title} and {frame.title}.")
            taken[name] = frame
    return made


def mapped(frames: tuple[Frame, ...], names: Mapping[str, Iterable[str]]) -> tuple[Frame, ...]:
    """The frames with other names in the place of those of their nodes that are given; empty ones are gone."""
    made = []
    for frame in frames:
        if not names.keys().isdisjoint(frame.members):
            members = frozenset(new for name in frame.members for new in names.get(name, (name,)))
            frame = dataclasses.replace(frame, members=members)  # noqa: PLW2901 - the frame, as it is now
        if frame.members:
            made.append(frame)
    return tuple(made)


def next_hue(frames: Iterable[Frame]) -> int:
    """The first of ``HUES`` that the fewest of these frames have."""
    used = [frame.hue for frame in frames]
    return min(HUES, key=used.count)


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
        if len(self.text) > LONGEST_NOTE:
            raise GraphError(f"A note has {LONGEST_NOTE:,} letters at most, not {len(self.text):,}.")
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
