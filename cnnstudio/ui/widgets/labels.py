"""Labels: a line that gives way where it is too narrow, and a sentence that takes as many lines as it needs."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolTip, QWidget

from cnnstudio.wording import on_a_line, printable

LEAST = 24  # pixels: room for a letter and the ellipsis
LONGEST = 1_000  # letters of a line: more than any screen shows


class Elided(QLabel):
    """A label of one line of plain text that ends in an ellipsis where it has no room for all of it."""

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        super().setText(on_a_line(text, LONGEST))

    @property
    def is_cut(self) -> bool:
        """Whether it shows less than its text."""
        return QFontMetrics(self.font()).horizontalAdvance(self.text()) > self.contentsRect().width()

    @property
    def told(self) -> str:
        """What its tooltip says: what is cut, and what there is to say of it besides."""
        if not self.is_cut:
            return self.toolTip()
        return f"<p><b>{escape(self.text())}</b></p>{self.toolTip()}"

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        whole = self.sizeHint()
        return QSize(min(LEAST, whole.width()), whole.height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.is_cut:
            QToolTip.showText(event.globalPos(), self.told, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.is_cut:
            super().paintEvent(event)
            return
        painter, room = QPainter(self), self.contentsRect()
        shown = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.style().drawItemText(
            painter, room, self.alignment(), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
        painter.end()


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
        super().setText(breakable(printable(text)))

    def text(self) -> str:
        return super().text().replace(GAP, "")


def breakable(text: str) -> str:
    """The text with places in its long words where a line may end."""
    return re.sub(rf"\S{{{LONG},}}", lambda word: _ENDS.sub(GAP, word[0]), text)
