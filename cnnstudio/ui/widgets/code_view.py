"""CodeView: Python to read, in colours, with lines that can be marked and clicked. Knows no document."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from cnnstudio.ui.theme import theme

_TOKENS = re.compile(
    r"(?P<string>\"\"\".*?(?:\"\"\"|$)|\"[^\"\n]*\"|'[^'\n]*')"
    r"|(?P<comment>\#.*)"
    rf"|(?P<keyword>\b(?:{'|'.join(keyword.kwlist)})\b)"
    r"|(?P<name>(?<=class )\w+|(?<=def )\w+)"
    r"|(?P<own>\bself\b)"
    r"|(?P<number>(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)"
)
_QUOTES = '"""'
MOST_MARKED = 2_000  # lines


_UNSEEN, _INSIDE = -1, 1  # what is known of a line: not yet coloured; its end is inside a string of several lines


class Highlighter(QSyntaxHighlighter):
    """Colours for the Python that the program writes, in those lines that somebody has looked at.

    To colour a line takes a hundred times as long as to insert it, and of ten thousand lines fifty are looked at.
    """

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self._seen = range(0)
        self.take_colors()

    def look_at(self, lines: range) -> None:
        """Colour these lines, counted from 0, where they are not."""
        self._seen = lines
        block = self.document().findBlockByNumber(lines.start)
        while block.isValid() and block.blockNumber() in lines:
            if block.userState() == _UNSEEN:
                self.rehighlightBlock(block)
            block = block.next()

    def take_colors(self) -> None:
        """Take the colours of the theme in force."""
        dark = theme.is_dark
        colors = {
            "string": "#8fd19e" if dark else "#14703a",
            "comment": theme.color("muted").name(),
            "keyword": "#d19aff" if dark else "#8430ce",
            "name": theme.color("accent").name(),
            "own": theme.color("muted").name(),
            "number": "#ffb070" if dark else "#a04a00",
        }
        for kind, color in colors.items():
            self._formats[kind] = made = QTextCharFormat()
            made.setForeground(QColor(color))
            if kind == "name":
                made.setFontWeight(QFont.Weight.DemiBold)

    def highlightBlock(self, text: str) -> None:  # noqa: N802 - Qt's name
        if self.currentBlock().blockNumber() not in self._seen:
            self.setCurrentBlockState(_UNSEEN)
            return
        start, self_state = 0, 0
        if self._begins_inside():
            end = text.find(_QUOTES)
            start = len(text) if end < 0 else end + 3
            self.setFormat(0, start, self._formats["string"])
            self_state = _INSIDE if end < 0 else 0
        for found in _TOKENS.finditer(text, start):
            kind = found.lastgroup or ""
            self.setFormat(found.start(), found.end() - found.start(), self._formats[kind])
            if (
                kind == "string"
                and found[0].startswith(_QUOTES)
                and (len(found[0]) < 6 or not found[0].endswith(_QUOTES))
            ):
                self_state = _INSIDE
        self.setCurrentBlockState(self_state)

    def _begins_inside(self) -> bool:
        """Whether this line begins inside a docstring of several lines."""
        block = self.currentBlock()
        if block.blockNumber() and self.previousBlockState() == _UNSEEN:
            before = QTextCursor(block)
            before.setPosition(0, QTextCursor.MoveMode.KeepAnchor)
            return before.selectedText().count(_QUOTES) % 2 == 1
        return self.previousBlockState() == _INSIDE


class CodeView(QPlainTextEdit):
    """A read-only listing with line numbers. ``clicked(line)`` counts from 0; Enter means the line of the cursor."""

    clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)
        self.setCornerWidget(QWidget(self))  # or the style paints a box where the scroll bars meet
        self.marked: tuple[int, ...] = ()
        self.highlighter = Highlighter(self.document())
        self.numbers = LineNumbers(self)
        self.updateRequest.connect(self._scrolled)
        self.blockCountChanged.connect(self._make_room)
        theme.changed.connect(self.restyle)
        self.restyle()

    def show_text(self, text: str) -> None:
        """Show this text; lines that stay keep their colours, and the view its place."""
        old = self.toPlainText()
        start, end = _alike(old, text)
        if start + end < max(len(old), len(text)):
            cursor = QTextCursor(self.document())
            cursor.setPosition(start)
            cursor.setPosition(len(old) - end, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(text[start : len(text) - end])
        self._color_seen()

    def mark(self, lines: Iterable[int]) -> None:
        """Mark these lines, counted from 0, and bring the first into view if none is."""
        self.marked = tuple(sorted(set(lines)))[:MOST_MARKED]
        color = theme.color("accent", 0.16 if theme.is_dark else 0.12)
        marks = []
        for line in self.marked:
            mark = QTextEdit.ExtraSelection()
            mark.format.setBackground(color)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            mark.cursor = QTextCursor(self.document().findBlockByNumber(line))
            marks.append(mark)
        self.setExtraSelections(marks)
        self.numbers.update()
        if self.marked and not any(self._is_seen(line) for line in self.marked):
            bar = self.verticalScrollBar()
            bar.setValue(max(0, self.marked[-1] - bar.pageStep() // 2))

    def restyle(self) -> None:
        """Take up the colours and the font of the theme in force."""
        self.setFont(theme.monospace())
        self.highlighter.take_colors()
        self.highlighter.rehighlight()
        self._make_room()
        self._color_seen()
        self.mark(self.marked)

    def _is_seen(self, line: int) -> bool:
        first = self.firstVisibleBlock().blockNumber()
        return first <= line < first + max(1, self.verticalScrollBar().pageStep())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.clicked.emit(self.cursorForPosition(event.position().toPoint()).blockNumber())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit(self.textCursor().blockNumber())
        else:
            super().keyPressEvent(event)

    # the line numbers

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_numbers()
        self._color_seen()

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers.sizeHint().width(), 0, 0, 0)
        self._place_numbers()

    def _place_numbers(self) -> None:
        inside = self.contentsRect()
        self.numbers.setGeometry(QRect(inside.left(), inside.top(), self.numbers.sizeHint().width(), inside.height()))

    def _color_seen(self) -> None:
        first = self.firstVisibleBlock().blockNumber()
        lines = self.viewport().height() // max(1, self.fontMetrics().height())
        self.highlighter.look_at(range(first, first + lines + 2))

    def _scrolled(self, rect: QRect, by: int) -> None:
        if by:
            self._color_seen()
            self.numbers.scroll(0, by)
        else:
            self.numbers.update(0, rect.y(), self.numbers.width(), rect.height())

    def paint_numbers(self, event: QPaintEvent) -> None:
        """Paint the numbers of the lines that are seen."""
        painter = QPainter(self.numbers)
        painter.fillRect(event.rect(), theme.color("panel"))
        painter.setFont(theme.monospace("small"))
        block = self.firstVisibleBlock()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if box.top() > event.rect().bottom():
                break
            marked = block.blockNumber() in self.marked
            painter.setPen(theme.color("accent") if marked else theme.color("muted", 0.6))
            line = block.layout().lineAt(0)  # the box of the last block holds the margin of the document, too
            place = QRect(0, round(box.top()), self.numbers.width() - 10, round(line.height()))
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(block.blockNumber() + 1)
            )
            block = block.next()
        painter.end()


class LineNumbers(QWidget):
    """The margin beside the code."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        digits = max(2, len(str(self._view.blockCount())))
        return QSize(self._view.fontMetrics().horizontalAdvance("9") * digits + 20, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_numbers(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._view.clicked.emit(self._view.cursorForPosition(event.position().toPoint()).blockNumber())


def _alike(old: str, new: str) -> tuple[int, int]:
    """How many characters are the same at the beginning and at the end, by whole lines; they never overlap."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    shorter = min(len(old), len(new))
    start = min(_same(old_lines, new_lines), shorter)
    return start, min(_same(old_lines[::-1], new_lines[::-1]), shorter - start)


def _same(one: list[str], other: list[str]) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += len(left) + 1  # with the break beside it
    return length
