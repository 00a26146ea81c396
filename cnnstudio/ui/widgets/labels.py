"""Labels: of plain and of rich text, a line that gives way, and a sentence that takes as many lines as it needs."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolTip, QWidget

from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import on_a_line, printable

LEAST = 24  # pixels: room for a letter and the ellipsis
LONGEST = 1_000  # letters of a line: more than any screen shows


class Plain(QLabel):
    """A label that shows its text as it stands, whatever it looks like."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        super().setText(printable(text))


class Rich(QLabel):
    """A label of rich text that the program has written; what is foreign in it has passed ``foreign_text.html``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)


class Elided(Plain):
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
        return tip(title=self.text()) + self.toolTip()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        whole = self.sizeHint()
        return QSize(min(LEAST, whole.width()), whole.height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.is_cut:
            QToolTip.showText(event.globalPos(), self.told, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.is_cut:
            self._draw_line()
        else:
            super().paintEvent(event)

    def _draw_line(self) -> None:
        painter, room = QPainter(self), self.contentsRect()
        shown = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.style().drawItemText(
            painter, room, self.alignment(), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
        painter.end()


class Live(Elided):
    """A line whose text changes while something goes on. What stands around it moves only where it needs more room.

    A ``QLabel`` has its whole window laid out and painted anew with each text; here it keeps the widest that there was.
    A screen reader calls it ``name``, and says the text behind that.
    """

    def __init__(self, name: str) -> None:
        self._name, self._now = name, ""
        super().__init__()

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        text = on_a_line(printable(text), LONGEST)
        if text == self._now:
            return
        self._now = text
        self.setAccessibleName(f"{self._name}: {text}")
        metrics = QFontMetrics(self.font())
        if metrics.horizontalAdvance(text) > metrics.horizontalAdvance(super().text()):
            super().setText(text)
        self.update()

    def text(self) -> str:
        return self._now

    def paintEvent(self, event: QPaintEvent) -> None:
        self._draw_line()


LONG = 14  # letters: a longer word may be wider than a narrow panel
GAP = "\u200b"  # which takes no room, and at which a line may end
_ENDS = re.compile(r"(?<=[_/\\.])(?=\w)|(?<=[a-z])(?=[A-Z])")  # of the parts of a name or of a path


class Sentence(Plain):
    """A label that wraps. Qt breaks lines between words alone, and would be as wide as the longest one."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        QLabel.setText(self, breakable(printable(text)))  # a place to break is no letter

    def text(self) -> str:
        return super().text().replace(GAP, "")


def breakable(text: str) -> str:
    """The text with places in its long words where a line may end."""
    return re.sub(rf"\S{{{LONG},}}", lambda word: _ENDS.sub(GAP, word[0]), text)
