"""Draft: the file of a lesson that is being written, kept as it is written and never over another program's work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cnnstudio.disk import DiskError, is_folder, is_there, replacing, shown
from cnnstudio.disk import read as read_file
from cnnstudio.lessons.archive import packed
from cnnstudio.lessons.lesson_file import BOUNDS, LessonError, LessonFile, members_of, read_bytes


class ChangedError(LessonError):
    """The file is not as it was read or written here."""


@dataclass
class Draft:
    """A ``.lesson`` file, and a word for what is in it as it is known here; None where nothing is known to be there."""

    path: Path
    known: str | None = None

    def read(self) -> LessonFile:
        """The teacher's lesson that is in the file. Raises ``LessonError``."""
        if is_folder(self.path):
            raise LessonError(f"{shown(self.path)} is a folder; a lesson that is edited here is one file.")
        try:
            data = read_file(self.path, BOUNDS.file)
            lesson = read_bytes(data)
        except DiskError as error:
            raise LessonError(str(error)) from error
        except LessonError as error:
            raise LessonError(f"{shown(self.path)} cannot be opened: {error}") from error
        if lesson.head.released:
            raise LessonError(f"{shown(self.path)} is what students get, without the answers; open the teacher's own.")
        self.known = _word(data)
        return lesson

    def write(self, lesson: LessonFile, *, over_others: bool = False) -> None:
        """Put the lesson into the file, whole or not at all.

        Raises ``ChangedError`` where another program has written there meanwhile, unless its work may be lost, and
        ``LessonError`` where the lesson would not be read again or the disk does not take it.
        """
        data = packed(members_of(lesson))
        try:
            read_bytes(data)
            if not over_others and is_there(self.path) and _word(read_file(self.path, BOUNDS.file)) != self.known:
                raise ChangedError(f"{shown(self.path)} was changed by another program since it was read here.")
            with replacing(self.path) as temporary:
                temporary.write_bytes(data)
        except DiskError as error:
            raise LessonError(str(error)) from error
        self.known = _word(data)


def _word(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
