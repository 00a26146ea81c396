"""Corrections: what a person says of single pictures of a data set: of which class they are, and which to leave out.

They belong to the project; the files of the pictures stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_CORRECTIONS = 20_000
LONGEST_PICTURE, LONGEST_LABEL = 4_096, 255  # letters of the way to a picture, and of the name of a class


@dataclass(frozen=True)
class Correction:
    """What is said of one picture of the data set ``data``, a key of ``DATASETS``.

    ``picture`` is the way to its file from the folder, with slashes, or its number, from 0, in the order of a data set
    that has no files. ``label`` is the class that it is of, empty for the one that it was found in; that class itself
    says that a person has looked and found it right. ``left_out`` keeps it out of training and validation.
    """

    data: str
    picture: str
    label: str = ""
    left_out: bool = False

    @property
    def refusal(self) -> str:
        """Why it can be no correction, in a sentence; mostly empty."""
        if not self.picture or len(self.picture) > LONGEST_PICTURE:
            return f"The picture of a correction is named by 1 to {LONGEST_PICTURE:,} letters."
        if len(self.label) > LONGEST_LABEL:
            return f"The class of a correction has up to {LONGEST_LABEL} letters."
        return (
            "" if self.label or self.left_out else "A correction says of its picture a class, or that it is left out."
        )


def of_data(corrections: Iterable[Correction], data: str) -> dict[str, Correction]:
    """Picture -> what is said of it, for the pictures of one data set."""
    return {each.picture: each for each in corrections if each.data == data}


def corrected(corrections: Iterable[Correction], changes: Iterable[Correction]) -> tuple[Correction, ...]:
    """The corrections with these in the place of what was said of their pictures, by data set and picture.

    A change that says nothing takes back what was said.
    """
    known = {(each.data, each.picture): each for each in corrections}
    for each in changes:
        if each.label or each.left_out:
            known[each.data, each.picture] = each
        else:
            known.pop((each.data, each.picture), None)
    return tuple(known[key] for key in sorted(known))


def way_of(path: str) -> str:
    """The way to a file from its folder, with slashes, as a correction names it: such as any file can hold."""
    return path.encode("utf-8", "backslashreplace").decode()
