"""Note: a sentence of who reads images about what was left out or done otherwise, with the files that it speaks of."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

MOST = 200  # files that a note names


class Note(str):
    """A sentence that knows its ``files`` by name, the first of them; everywhere else it is the sentence."""

    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, sentence: str, files: tuple[str, ...]) -> Note:
        """The sentence with these files."""
        made = cls(sentence)
        made.files = files[:MOST]
        return made


@dataclass
class Files:
    """How many files of a kind there are, and the first of them by their way from ``root``."""

    root: Path
    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, path: Path) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < MOST:
            self.first.append(os.path.relpath(path, self.root))

    def note(self, sentence: str) -> Note:
        """The sentence about them."""
        return Note.of(sentence, tuple(self.first))
