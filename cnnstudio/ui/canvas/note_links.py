"""The links of a note, one by one: for the keyboard and for screen readers, which have no pointer to lay on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRectF, QUrl
from PySide6.QtGui import QTextBlock, QTextDocument


@dataclass(frozen=True)
class Link:
    """The words of a link, where it leads, and the rectangle round it in the text that it stands in."""

    words: str
    address: str
    rect: QRectF


def links_of(text: QTextDocument) -> list[Link]:
    """The links of a text as they are read; what is emphasised within one belongs to it."""
    found: list[Link] = []
    block = text.begin()
    while block.isValid():
        end = -1  # of the link before, in this paragraph
        inside: Any = block  # the stub of PySide does not know that it can be walked through
        for piece in [each.fragment() for each in inside]:
            look = piece.charFormat()
            if not look.isAnchor() or not look.anchorHref():
                continue
            words, rect = piece.text().strip(), _around(text, block, piece.position(), piece.length())
            if piece.position() == end and found[-1].address == look.anchorHref():
                before = found.pop()
                words, rect = f"{before.words} {words}".strip(), before.rect.united(rect)
            found.append(Link(words, look.anchorHref(), rect))
            end = piece.position() + piece.length()
        block = block.next()
    return found


def host(address: str) -> str:
    """Whose page this is, in short; empty where it is none."""
    return QUrl(address, QUrl.ParsingMode.StrictMode).host()


def _around(text: QTextDocument, block: QTextBlock, start: int, length: int) -> QRectF:
    place = text.documentLayout().blockBoundingRect(block).topLeft()  # which lays it out, where nobody asked before
    layout, begin = block.layout(), start - block.position()
    first = layout.lineForTextPosition(begin).lineNumber()
    last = layout.lineForTextPosition(begin + max(0, length - 1)).lineNumber()
    rect = QRectF()
    for number in range(first, last + 1):
        line: Any = layout.lineAt(number)  # the stub of PySide does not know that a place comes with what it was asked
        ends = (max(line.textStart(), min(at, line.textStart() + line.textLength())) for at in (begin, begin + length))
        left, right = (float(line.cursorToX(at)[0]) for at in ends)
        rect = rect.united(QRectF(min(left, right), line.y(), abs(right - left), line.height()))
    return rect.translated(place)
