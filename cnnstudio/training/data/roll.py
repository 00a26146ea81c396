"""Roll: every picture of a data set by its number: its class, its half, and what a person says of it. No torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnstudio.project.corrections import Correction, way_of
from cnnstudio.wording import counted

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Ways: TypeAlias = Callable[[], Sequence[str]]
Enrol: TypeAlias = Callable[..., "Roll"]
_DIGITS = 12  # of a number of a picture: there are not so many


@dataclass(frozen=True, eq=False)
class Roll:
    """Of N pictures the class that each was found in, ``given`` (N,), and the one that it is learned as, ``labels``.

    ``apart`` says which are kept to validate with. The halves are drawn from what was found, so that what a person says
    of one picture moves no other. ``left_out`` are in neither. ``confirmed`` are those of which a person says a class,
    and ``unknown`` counts what is said of pictures or classes that are not there.
    """

    classes: tuple[str, ...]
    given: Numbers
    labels: Numbers
    apart: Flags
    left_out: Flags
    confirmed: Flags
    unknown: int = 0

    @property
    def moved(self) -> Flags:
        """Which are learned as of another class than the one that they were found in."""
        moved: Flags = self.labels != self.given
        return moved

    @property
    def notes(self) -> list[str]:
        """Sentences about what is done as the project says, or none."""
        said = []
        out, moved = int(self.left_out.sum()), int((self.moved & ~self.left_out).sum())
        if out:
            said.append(f"{counted(out, 'image')} {'is' if out == 1 else 'are'} left out, as the project says.")
        if moved:
            classes = "another class than it was" if moved == 1 else "another class than they were"
            said.append(f"{counted(moved, 'image')} {'is' if moved == 1 else 'are'} of {classes} found in, as it says.")
        if self.unknown:
            says = "speaks" if self.unknown == 1 else "speak"
            said.append(
                f"{counted(self.unknown, 'correction')} of the project {says} of images or classes that are not there."
            )
        return said


def enrol(
    classes: tuple[str, ...],
    given: Numbers,
    apart: Flags,
    said: Mapping[str, Correction],
    ways: Ways | None = None,
) -> Roll:
    """The roll of pictures that were found in these classes, with what a person has ``said`` of some.

    ``ways`` gives what each picture is called there; without it that is its number.
    """
    labels, left_out, confirmed = given, np.zeros(len(given), bool), np.zeros(len(given), bool)
    unknown = 0
    if said:
        labels, label_of = given.copy(), {name: label for label, name in reversed(list(enumerate(classes)))}
        found = _found(said, len(given), ways)
        unknown = len(said) - len(found)
        for number, correction in found:
            left_out[number] = correction.left_out
            if correction.label in label_of:
                labels[number], confirmed[number] = label_of[correction.label], True
            elif correction.label:
                unknown += 1
    return Roll(classes, given, labels, apart, left_out, confirmed, unknown)


def _found(said: Mapping[str, Correction], count: int, ways: Ways | None) -> list[tuple[int, Correction]]:
    """The number of each picture that something is said of, and what."""
    if ways is not None:
        return [(number, said[way]) for number, way in enumerate(ways()) if way in said]
    numbers = (
        (int(way), each) for way, each in said.items() if way.isascii() and way.isdecimal() and len(way) < _DIGITS
    )
    return [(number, each) for number, each in numbers if number < count]


def flags(numbers: Numbers, count: int) -> Flags:
    """Of ``count`` pictures, which are of these numbers."""
    made = np.zeros(count, bool)
    made[numbers] = True
    return made


def ways(paths: Iterable[Path], home: Path) -> tuple[str, ...]:
    """What each of these files below ``home`` is called where a person says something of it."""
    start = len(str(home).rstrip(os.sep)) + 1
    below = (str(path)[start:] for path in paths)
    return tuple(way_of(path if os.sep == "/" else path.replace(os.sep, "/")) for path in below)
