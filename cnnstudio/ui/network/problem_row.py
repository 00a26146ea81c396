"""ProblemRow: one finding, with a button for each way out. Problems and inspector show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.compiler.diagnostics.fixes import Fix
from cnnstudio.compiler.diagnostics.rules import RULES
from cnnstudio.graph import GraphError, NamingError, ParameterError
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Plain, Sentence
from cnnstudio.wording import unbroken

SIGNS = {
    "error": ("x-circle", "error", "Error"),
    "warning": ("warning", "warning", "Warning"),
    "hint": ("lightbulb", "accent", "Hint"),
}


class ProblemRow(QFrame):
    """One finding: its sign and word, its nodes, the sentence and a button for each fix.

    ``activated`` on Enter and double-click, ``stepped`` with 1 or -1 on the keys down and up.
    """

    activated = Signal()
    stepped = Signal(int)

    def __init__(self, document: Document, diagnostic: Diagnostic, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self.shown: tuple[object, ...] = ()
        self.diagnostic = diagnostic
        self.setProperty("surface", "raised")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # and by a click beside its buttons
        self.sign, self.code, self.word = Plain(parent=self), Plain(parent=self), Elided(parent=self)
        self.sentence = Sentence(parent=self)
        self.word.setProperty("textSize", "small")
        self.code.setProperty("textSize", "small")
        self.code.setProperty("role", "muted")
        self.buttons = QWidget(self)
        self.flow = FlowLayout(self.buttons)
        self.fixes: list[FixButton] = []
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.word, 1)
        head.addWidget(self.code)
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(head, 0, 1)
        grid.addWidget(self.sentence, 1, 1)
        grid.addWidget(self.buttons, 2, 1)
        grid.setColumnStretch(1, 1)
        self.set_diagnostic(diagnostic)

    def set_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Show this finding; nothing is laid out again where it says the same as before."""
        self.diagnostic = diagnostic
        shown = said_by(diagnostic)
        if shown == self.shown:
            return
        self.shown = shown
        glyph, role, word = SIGNS[diagnostic.severity]
        self.sign.setPixmap(_sign(glyph, role, theme.palette.name, self.devicePixelRatioF()))
        self.word.setText(" · ".join((word, *diagnostic.nodes[:3])))
        self.code.setText(diagnostic.code)
        self.setToolTip(tip(RULES[diagnostic.code].documentation))
        self.sentence.setText(unbroken(diagnostic.sentence))
        self.setAccessibleName(f"{word}: {diagnostic.sentence}")
        titles = [fix.title for fix in diagnostic.fixes]
        for index, title in enumerate(titles):
            if index < len(self.fixes):
                self.fixes[index].set_title(title)
            else:
                self._add_button(title)
        while len(self.fixes) > len(titles):
            button = self.fixes.pop()
            self.flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons.setVisible(bool(titles))

    def _add_button(self, title: str) -> None:
        index = len(self.fixes)
        self.fixes.append(button := FixButton(title, self.buttons))
        button.clicked.connect(lambda: self._fix(index))
        self.flow.addWidget(button)

    def restyle(self) -> None:
        """Take up the colours of another theme."""
        glyph, role, _ = SIGNS[self.diagnostic.severity]
        self.sign.setPixmap(_sign(glyph, role, theme.palette.name, self.devicePixelRatioF()))

    def _fix(self, index: int) -> None:
        """Apply a fix as one step of undo."""
        fix: Fix = self.diagnostic.fixes[index]
        try:
            graph = fix.apply(self._document.graph)
        except (GraphError, NamingError, ParameterError) as error:
            self._document.said.emit(str(error))
        else:
            self._document.enter(())
            self._document.edit_graph(fix.title, graph)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.color("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.stepped.emit(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()


def said_by(diagnostic: Diagnostic) -> tuple[object, ...]:
    """What a row says of a finding; two that say the same are the same to a person."""
    titles = tuple(fix.title for fix in diagnostic.fixes)
    return diagnostic.code, diagnostic.severity, diagnostic.nodes, diagnostic.sentence, titles


def show_rows(
    column: QVBoxLayout, rows: list[ProblemRow], found: Sequence[Diagnostic], make: Callable[[Diagnostic], ProblemRow]
) -> list[ProblemRow]:
    """The rows of ``column`` for these findings, the first at the top; rows that say the same as before are kept."""
    pool = {row.shown: row for row in rows}
    kept = [pool.pop(said_by(diagnostic), None) for diagnostic in found]
    spare = list(pool.values())
    made = [row or (spare.pop() if spare else make(diagnostic)) for row, diagnostic in zip(kept, found, strict=True)]
    for place, (row, diagnostic) in enumerate(zip(made, found, strict=True)):
        row.set_diagnostic(diagnostic)
        if column.indexOf(row) != place:  # to ask it for its item leaves Python one that Qt deletes with the row
            column.insertWidget(place, row)
    for row in {*rows} - {*made}:
        column.removeWidget(row)
        row.hide()
        row.deleteLater()
    return made


@cache
def _sign(glyph: str, role: str, theme_name: str, ratio: float) -> QPixmap:
    """The sign of a severity, drawn once a theme."""
    return icon(glyph, role).pixmap(QSize(16, 16), ratio)
