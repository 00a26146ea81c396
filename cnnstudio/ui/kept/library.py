"""Library: a person's own blocks as all windows see them, who are told when one is kept or removed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from cnnstudio.blocks.group import Group
from cnnstudio.project import library
from cnnstudio.project.library import Kept


class Library(QObject):
    """The library on the disk, read when it is first asked for and after each change that is made here."""

    changed = Signal()  # a group was kept or removed

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read: library.Library | None = None

    @property
    def groups(self) -> tuple[Kept, ...]:
        """Every group, by name."""
        return self._known().groups

    @property
    def troubles(self) -> tuple[str, ...]:
        """Sentences about the files that could not be read."""
        return self._known().troubles

    def keep(self, group: Group) -> Kept:
        """Put a group in the library, unless it is there. Raises ``ProjectError`` with a sentence."""
        known = self._known()
        kept = library.keep(group, known)
        if kept not in known.groups:
            self._forget()
        return kept

    def remove(self, kept: Kept) -> None:
        """Delete a group for good. Raises ``ProjectError`` with a sentence."""
        library.remove(kept)
        self._forget()

    def _known(self) -> library.Library:
        if self._read is None:
            self._read = library.read_library()
        return self._read

    def _forget(self) -> None:
        self._read = None
        self.changed.emit()
