"""Notes page: every note of who reads the images, each with the files that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.training.data.file_note import MOST, Note
from cnnstudio.ui.widgets.advice_row import Advice
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.scrolled import Scrolled

CLEAR = "Clear them"
NONE = "There is nothing to say of these images: all were found as they should be."


class NotesPage(QWidget):
    """Sentences below one another; under one that speaks of files they fold out.

    Last comes what pictures that were decoded once take on the disk; ``clear_asked`` says that they shall go.
    """

    clear_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notes: tuple[str, ...] = ()
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(12, 8, 12, 8)
        self._column.setSpacing(8)
        self.kept = Advice()
        self.kept.hide()
        self._column.addWidget(self.kept)
        self._column.addStretch(1)
        self._rows: list[QWidget] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Scrolled(content))
        self.say(())

    def say(self, notes: Sequence[str]) -> None:
        """Show these."""
        if tuple(notes) == self.notes and self._rows:
            return
        self.notes = tuple(notes)
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        for note in self.notes or (NONE,):
            self._add(Sentence(note))
            if isinstance(note, Note) and note.files:
                more = " or more" if len(note.files) == MOST else ""
                fold = Fold(
                    "Its file" if len(note.files) == 1 else f"Its {len(note.files):,} files{more}",
                    is_open=False,
                    small=True,
                )
                files = Sentence("\n".join(note.files))
                files.setProperty("role", "muted")
                files.setProperty("textSize", "small")
                fold.body.addWidget(files)
                self._add(fold)

    def say_kept(self, sentence: str) -> None:
        """Say what is kept on the disk, with a button to clear it; nothing where nothing is."""
        self.kept.setVisible(bool(sentence))
        self.kept.say(sentence, "accent", ways=((CLEAR, self.clear_asked.emit),))

    def _add(self, row: QWidget) -> None:
        self._column.insertWidget(len(self._rows), row)
        self._rows.append(row)
