"""Sentence: words for the person, in as many lines as they need; a name too long for a line goes on in the next."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

LONG = 14  # letters: a longer word may be wider than a narrow panel
GAP = "\u200b"  # which takes no room, and at which a line may end
_ENDS = re.compile(r"(?<=[_/\\.])(?=\w)|(?<=[a-z])(?=[A-Z])")  # of the parts of a name or of a path


class Sentence(QLabel):
    """A label that wraps. Qt breaks lines between words alone, and would be as wide as the longest one."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        super().setText(breakable(text))

    def text(self) -> str:
        return super().text().replace(GAP, "")


def breakable(text: str) -> str:
    """The text with places in its long words where a line may end."""
    return re.sub(rf"\S{{{LONG},}}", lambda word: _ENDS.sub(GAP, word[0]), text)
