"""ProblemRow: one finding, with a button for each way out. Problems and inspector show them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QWidget

from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.compiler.fixes import Fix
from cnnstudio.graph import GraphError, NamingError, ParameterError
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.ui.widgets.flow import FlowLayout
from cnnstudio.ui.widgets.numbers import unbroken

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
        self._shown: tuple[object, ...] = ()
        self.diagnostic = diagnostic
        self.setProperty("surface", "raised")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.sign, self.word, self.code, self.sentence = (QLabel(self) for _ in range(4))
        self.word.setProperty("textSize", "small")
        self.code.setProperty("textSize", "small")
        self.code.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QWidget(self)
        self.flow = FlowLayout(self.buttons)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.word)
        head.addStretch()
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
        titles = tuple(fix.title for fix in diagnostic.fixes)
        shown = (diagnostic.code, diagnostic.severity, diagnostic.nodes, diagnostic.sentence, titles)
        if shown == self._shown:
            return
        self._shown = shown
        glyph, role, word = SIGNS[diagnostic.severity]
        self.sign.setPixmap(icon(glyph, role).pixmap(QSize(16, 16), self.devicePixelRatioF()))
        self.word.setText(" · ".join((word, *diagnostic.nodes[:3])))
        self.code.setText(diagnostic.code)
        self.sentence.setText(unbroken(diagnostic.sentence))
        self.setAccessibleName(f"{word}: {diagnostic.sentence}")
        while (item := self.flow.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for index, title in enumerate(titles):
            button = FixButton(title, self.buttons)
            button.clicked.connect(lambda _=False, index=index: self._fix(index))
            self.flow.addWidget(button)
        self.buttons.setVisible(bool(titles))

    def restyle(self) -> None:
        """Take up the colours of another theme."""
        glyph, role, _ = SIGNS[self.diagnostic.severity]
        self.sign.setPixmap(icon(glyph, role).pixmap(QSize(16, 16), self.devicePixelRatioF()))

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

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
