"""Set text: Markdown in the type and the colours of the theme, with the words of the glossary marked in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import printable

ABOVE = {1: 4.0, 2: 14.0, 3: 8.0}  # pixels above a heading of this level
BETWEEN = 5.0  # pixels above any other paragraph
CELL = 3.0  # pixels round what stands in a table


def set_text(document: QTextDocument, text: str) -> None:
    """Set this Markdown, without HTML, and mark what is explained under the pointer."""
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.removeSelectedText()
    cursor.setBlockFormat(QTextBlockFormat())  # or the first paragraph would lend its type to all that follow
    cursor.setBlockCharFormat(QTextCharFormat())
    cursor.setCharFormat(QTextCharFormat())
    document.setDefaultFont(theme.font("body"))
    features = QTextDocument.MarkdownFeature
    document.setMarkdown(printable(text), features.MarkdownDialectGitHub | features.MarkdownNoHTML)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    _set_paragraphs(document, cursor)
    _set_tables(document)
    _each_fragment(document, cursor, _set_words)
    _mark_words(document, cursor)
    cursor.endEditBlock()


def _set_paragraphs(document: QTextDocument, cursor: QTextCursor) -> None:
    """Give headings their size and room above them: Qt sets Markdown without any."""
    block = document.firstBlock()
    while block.isValid():
        made = block.blockFormat()
        if cursor_in_table(document, block.position()):
            made.setTopMargin(0.0)
            made.setBottomMargin(0.0)
        elif block.blockNumber():
            made.setTopMargin(ABOVE.get(made.headingLevel(), BETWEEN))
        cursor.setPosition(block.position())
        cursor.setBlockFormat(made)
        if level := made.headingLevel():
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            shape = QTextCharFormat()
            shape.setFont(theme.font("large" if level < 3 else "body", bold=True))
            shape.setProperty(QTextFormat.Property.FontSizeAdjustment, 0)
            cursor.mergeCharFormat(shape)
        block = block.next()


def cursor_in_table(document: QTextDocument, position: int) -> bool:
    """Whether a place in a text is within a table."""
    cursor = QTextCursor(document)
    cursor.setPosition(position)
    return cursor.currentTable() is not None


def _set_tables(document: QTextDocument) -> None:
    """Lines below the rows alone, and as wide as the page."""
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            made = frame.format()
            made.setBorder(0.0)
            made.setCellSpacing(0.0)
            made.setCellPadding(CELL)
            made.setTopMargin(6.0)
            made.setBottomMargin(2.0)
            made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100.0))
            frame.setFormat(made)
            for row in range(frame.rows()):
                for column in range(frame.columns()):
                    cell = frame.cellAt(row, column)
                    shape = cell.format().toTableCellFormat()
                    shape.setBottomBorder(1.0)
                    shape.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                    shape.setBottomBorderBrush(theme.color("line"))
                    shape.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignTop)
                    cell.setFormat(shape)
            _align_heads(frame)


def _align_heads(table: QTextTable) -> None:
    """Let the head of each column stand as what is below it: Qt's Markdown leaves heads as they are."""
    for column in range(table.columns() if table.rows() > 1 else 0):
        below = table.cellAt(1, column).firstCursorPosition().blockFormat().alignment()
        cursor = table.cellAt(0, column).firstCursorPosition()
        made = cursor.blockFormat()
        made.setAlignment(below)
        cursor.setBlockFormat(made)


def _each_fragment(
    document: QTextDocument, cursor: QTextCursor, change: Callable[[QTextCharFormat], QTextCharFormat | None]
) -> None:
    spans: list[tuple[int, int, QTextCharFormat]] = []
    block = document.firstBlock()
    while block.isValid():
        for each in block:  # type: ignore[attr-defined]  # PySide's stub knows no next
            fragment = each.fragment()
            if (made := change(fragment.charFormat())) is not None:
                spans.append((fragment.position(), fragment.position() + fragment.length(), made))
        block = block.next()
    for start, end, made in spans:
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(made)


def _set_words(shape: QTextCharFormat) -> QTextCharFormat | None:
    """Code in the theme's own letters, and ways to elsewhere in its accent."""
    if shape.isAnchor():
        made = QTextCharFormat()
        made.setForeground(theme.color("accent"))
        made.setFontUnderline(False)
        return made
    if shape.fontFixedPitch():
        made = QTextCharFormat()
        made.setFont(theme.monospace("small"))
        return made
    return None


def _mark_words(document: QTextDocument, cursor: QTextCursor) -> None:
    """Underline words of the glossary with dots where they first stand in running text, and explain them there."""
    from cnnstudio.lessons.glossary import explained

    seen: set[str] = set()
    marks: list[tuple[int, int, str]] = []
    block = document.firstBlock()
    while block.isValid():
        if not block.blockFormat().headingLevel():
            for each in block:  # type: ignore[attr-defined]  # PySide's stub knows no next
                fragment = each.fragment()
                shape = fragment.charFormat()
                if shape.isAnchor() or shape.fontFixedPitch() or shape.fontWeight() > 500:
                    continue
                for start, end, word in explained(fragment.text()):
                    if word.word not in seen:
                        seen.add(word.word)
                        told = tip(word.meaning, title=word.word)
                        marks.append((fragment.position() + start, fragment.position() + end, told))
        block = block.next()
    for start, end, told in marks:
        made = QTextCharFormat()
        made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        made.setUnderlineColor(theme.color("muted"))
        made.setToolTip(told)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(made)
