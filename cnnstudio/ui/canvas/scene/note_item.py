"""Note item: the sheets of text among the nodes. They are background, as frames are, and no items.

A note may come with a stranger's file, so nothing that it names is ever read: no picture, no address, no HTML.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QBrush,
    QColor,
    QFont,
    QImage,
    QLinearGradient,
    QPainter,
    QPalette,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
)

from cnnstudio.graph import GraphError, Note
from cnnstudio.graph.annotations import LARGEST, SMALLEST
from cnnstudio.ui.canvas.scene.item_scene import NEAR, ItemScene
from cnnstudio.ui.canvas.scene.overview import Overview
from cnnstudio.ui.theme import mix, theme
from cnnstudio.ui.theme.pens import pen

ROUND = 6.0
SPINE = 4.0  # the width of the coloured edge on the left
MARGINS = (14.0, 9.0, 10.0, 8.0)  # left, top, right and bottom of the text, in scene pixels
CORNER = 18.0  # pixels of the screen that the corner to size it by is wide
LETTERS = 13  # the height of the letters, in scene pixels
MARKDOWN = QTextDocument.MarkdownFeature
ROOM = {"heading": 9.0, "paragraph": 6.0, "item": 2.0}  # above each, in scene pixels
INDENT = 18.0  # of lists and quotations
FADES = 26.0  # the height over which a text that goes on fades away
HEADINGS = {1: 1.45, 2: 1.25, 3: 1.1}  # how much larger than the text


class Notes:
    """The sheets of a scene, back to front. What is selected of them is the canvas's and not the project's."""

    def __init__(self, scene: ItemScene, overview: Overview) -> None:
        self._scene, self._overview = scene, overview
        self._notes: tuple[Note, ...] = ()
        self._moved: dict[Note, Note] = {}  # how they are shown while a gesture goes on
        self._texts: dict[tuple[str, float], QTextDocument] = {}
        self._sheets: dict[int, _Sheet] = {}
        self.chosen: frozenset[Note] = frozenset()
        self.only: frozenset[Note] | None = None  # that are painted, where a picture is taken of some
        self.edited: Note | None = None  # its text stands in a field over it

    # following the scene

    def follow(self) -> None:
        """Bring the sheets in line with the graph; a selected note that became another stays selected."""
        before, self._notes = self._notes, self._scene.graph.notes
        self._moved = {}
        if len(before) == len(self._notes):
            became = dict(zip(before, self._notes, strict=True))
            self.chosen = frozenset(became[note] for note in self.chosen if note in became)
        self.chosen &= frozenset(self._notes)
        texts = {note.text for note in self._notes}
        self._texts = {key: made for key, made in self._texts.items() if key[0] in texts}
        for note in frozenset(before) ^ frozenset(self._notes):
            self._update(note)

    def select(self, notes: Iterable[Note]) -> None:
        """Select these notes and no others."""
        chosen = frozenset(notes) & frozenset(self._notes)
        for note in self.chosen ^ chosen:
            self._update(note)
        self.chosen = chosen

    def show_at(self, notes: Iterable[Note], shown: Iterable[Note]) -> None:
        """Show these notes as those while a gesture goes on; the document is told when it ends."""
        for note, other in zip(notes, shown, strict=True):
            self._update(self.shown(note))
            self._moved[note] = other
            self._update(other)
        self._overview.invalidate(bodies=True)

    def carry(self, notes: Iterable[Note], dx: float, dy: float) -> None:
        """Show these notes so much further from where they lie."""
        carried = tuple(notes)
        with suppress(GraphError):  # beyond the end of the canvas they stay behind
            self.show_at(carried, [moved(note, dx, dy) for note in carried])

    def settle(self) -> None:
        """Show every note as the graph has it."""
        if self._moved:
            self.show_at(tuple(self._moved), tuple(self._moved))
            self._moved = {}

    def edit(self, note: Note | None) -> None:
        """Leave the text of this note to a field that lies over it."""
        for each in {self.edited, note} - {None}:
            self._update(each)
        self.edited = note

    def restyle(self) -> None:
        """Take the colours and fonts of the theme in force."""
        self._texts.clear()
        self._sheets.clear()

    def _update(self, note: Note | None) -> None:
        if note is not None:
            self._scene.repaint(rect_of(note).adjusted(-4.0, -4.0, 4.0, 4.0))

    # where they lie

    def shown(self, note: Note) -> Note:
        """The note as it is shown now."""
        return self._moved.get(note, note)

    def rects(self, notes: Iterable[Note] | None = None) -> list[QRectF]:
        """Where these notes, or all that are painted, are shown."""
        return [rect_of(self.shown(note)) for note in (self._painted() if notes is None else notes)]

    def _painted(self) -> tuple[Note, ...]:
        return self._notes if self.only is None else tuple(note for note in self._notes if note in self.only)

    def at(self, point: QPointF) -> Note | None:
        """The note at this point, the foremost."""
        return next((note for note in reversed(self._notes) if rect_of(self.shown(note)).contains(point)), None)

    def within(self, rect: QRectF) -> frozenset[Note]:
        """The notes that lie wholly in this rectangle: a larger one is the ground that others stand on."""
        return frozenset(note for note in self._notes if rect.contains(rect_of(self.shown(note))))

    def is_corner(self, note: Note, point: QPointF, zoom: float) -> bool:
        """Whether this point is at the corner by which the note is made larger or smaller."""
        rect = rect_of(self.shown(note))
        away = rect.bottomRight() - point
        return max(away.x(), away.y()) <= min(CORNER / zoom, rect.width() / 3, rect.height() / 3)

    def link_at(self, point: QPointF, zoom: float) -> str:
        """The address of the link that can be read at this point; empty where there is none."""
        note = self.at(point)
        if note is None or zoom < NEAR or not inner(note).contains(point):
            return ""
        place = inner(note).topLeft()
        return self.text(note).documentLayout().anchorAt(point - place)

    def fitted(self, note: Note) -> Note:
        """The note, as high as its text where it was lower."""
        needed = self.text(note).size().height() + MARGINS[1] + MARGINS[3]
        width, height = note.size
        return dataclasses.replace(note, size=(width, min(LARGEST[1], max(height, round(needed)))))

    def headline(self, note: Note, most: int = 40) -> str:
        """The beginning of the first line of its text, as it is read."""
        line = self.text(note).firstBlock().text().strip() or note.text.strip().splitlines()[0]
        return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"

    # how they are painted

    def text(self, note: Note) -> QTextDocument:
        """The text of a note, laid out for its width."""
        key = note.text, note.size[0]
        if key not in self._texts:
            self._texts[key] = laid_out(note.text, inner(note).width())
        return self._texts[key]

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint the sheets, in scene pixels; from afar they are plain, and for the map, at a zoom of 0, unmarked."""
        for note in self._painted():
            now = self.shown(note)
            rect = rect_of(now)
            if not exposed.intersects(rect.adjusted(-4.0, -4.0, 4.0, 4.0)):
                continue
            self._paint_sheet(painter, now, note in self.chosen and zoom > 0.0, zoom)
            if zoom >= NEAR and note != self.edited:
                self._paint_text(painter, now, exposed)

    def _paint_sheet(self, painter: QPainter, note: Note, chosen: bool, zoom: float) -> None:
        rect, sheet = rect_of(note), self._sheet(note.hue)
        painter.setPen(self._scene.inks.frame_selected_pen if chosen else sheet.pen)
        painter.setBrush(sheet.fill)
        painter.drawRoundedRect(rect, ROUND, ROUND)
        painter.setPen(self._scene.inks.no_pen)
        painter.setBrush(sheet.spine)
        painter.drawRoundedRect(QRectF(rect.x(), rect.y(), SPINE, rect.height()), SPINE / 2, SPINE / 2)
        if chosen and zoom >= NEAR:
            painter.setPen(self._scene.inks.frame_selected_pen)
            corner = rect.bottomRight()
            for away in (5.0, 10.0):
                painter.drawLine(corner - QPointF(away, 2.5), corner - QPointF(2.5, away))

    def _paint_text(self, painter: QPainter, note: Note, exposed: QRectF) -> None:
        place, text, sheet = inner(note), self.text(note), self._sheet(note.hue)
        seen = exposed.intersected(place)
        if seen.isEmpty():
            return
        context = QAbstractTextDocumentLayout.PaintContext()
        settings: Any = context  # the stub of PySide knows neither of the two
        settings.palette.setColor(QPalette.ColorRole.Text, self._scene.inks.text)
        settings.clip = seen.translated(-place.topLeft())
        painter.save()
        painter.setClipRect(seen, Qt.ClipOperation.IntersectClip)
        painter.translate(place.topLeft())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._scene.inks.text)
        text.documentLayout().draw(painter, context)
        painter.restore()
        if text.size().height() > place.height() + 1.0:
            sheet.fade(painter, place)

    def _sheet(self, hue: int) -> _Sheet:
        if hue not in self._sheets:
            self._sheets[hue] = _Sheet(hue)
        return self._sheets[hue]


class _Sheet:
    """How a note of one hue is painted."""

    def __init__(self, hue: int) -> None:
        color, canvas = theme.hue(hue), theme.color("canvas")
        self.fill = QBrush(mix(color, mix(theme.color("node"), canvas, 0.6), 0.12 if theme.is_dark else 0.09))
        self.spine = QBrush(mix(color, canvas, 0.75))
        self.pen = pen(mix(color, canvas, 0.32))
        self.pen.setCosmetic(True)
        self._more = mix(color, theme.color("text"), 0.45)

    def fade(self, painter: QPainter, place: QRectF) -> None:
        """Show that the text goes on below."""
        edge = QRectF(place.left(), place.bottom() - FADES, place.width(), FADES + MARGINS[3] - 2.0)
        clear, shade = QColor(self.fill.color()), QLinearGradient(edge.topLeft(), edge.bottomLeft())
        clear.setAlphaF(0.0)
        shade.setColorAt(0.0, clear)
        shade.setColorAt(0.6, self.fill.color())
        painter.fillRect(edge, shade)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._more)
        for step in (-1, 0, 1):
            painter.drawEllipse(QPointF(edge.center().x() + 7.0 * step, edge.bottom() - 4.0), 1.4, 1.4)


class _Text(QTextDocument):
    """A text that asks nobody for anything."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        # a picture, as with none Qt would try to read a file of this name by itself
        return QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)


def rect_of(note: Note) -> QRectF:
    """Where a note lies."""
    return QRectF(*note.position, *note.size)


def inner(note: Note) -> QRectF:
    """Where its text lies."""
    left, top, right, bottom = MARGINS
    return rect_of(note).adjusted(left, top, -right, -bottom)


def moved(note: Note, dx: float, dy: float) -> Note:
    """The note, so much further. Raises ``GraphError`` beyond the end of the canvas."""
    x, y = note.position
    return dataclasses.replace(note, position=(x + dx, y + dy))


def sized(note: Note, width: float, height: float) -> Note:
    """The note with this size, or the nearest that a note may have."""
    sides = zip(SMALLEST, (width, height), LARGEST, strict=True)
    wide, high = (min(most, max(least, round(side))) for least, side, most in sides)
    return dataclasses.replace(note, size=(wide, high))


def laid_out(markdown: str, width: float) -> QTextDocument:
    """This text for a column of this width, in the fonts and colours of the theme in force."""
    made = _Text()
    made.setUndoRedoEnabled(False)
    made.setDocumentMargin(0.0)
    font = QFont(theme.font())
    font.setPixelSize(LETTERS)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setDefaultFont(font)
    made.setIndentWidth(INDENT)
    made.setMarkdown(markdown, MARKDOWN.MarkdownDialectGitHub | MARKDOWN.MarkdownNoHTML)
    _name_pictures(made)
    _dress(made)
    made.setTextWidth(width)
    return made


def _name_pictures(document: QTextDocument) -> None:
    """Put what a picture is called in its place, before anything is laid out."""
    cursor = QTextCursor(document)
    while not (cursor := document.find("\ufffc", cursor)).isNull():
        picture = cursor.charFormat().toImageFormat()
        words = picture.property(QTextCharFormat.Property.ImageAltText) or "picture"
        cursor.insertText(f"[{words}]", QTextCharFormat())


def _dress(document: QTextDocument) -> None:
    """Give the text the look of the program: its links, headings, tables, and room between its parts."""
    block, first = document.begin(), True
    while block.isValid():
        level, cursor = block.blockFormat().headingLevel(), QTextCursor(block)
        if not first and cursor.currentTable() is None:
            room = QTextBlockFormat()
            room.setTopMargin(ROOM["item" if block.textList() else "heading" if level else "paragraph"])
            cursor.mergeBlockFormat(room)
        inside: Any = block  # the stub of PySide does not know that it can be walked through
        for piece in [each.fragment() for each in inside]:
            begin, length, look = piece.position(), piece.length(), QTextCharFormat()
            if piece.charFormat().isAnchor():
                look.setForeground(theme.color("accent"))
            if level:
                look.setProperty(QTextCharFormat.Property.FontSizeAdjustment, 0)
                look.setProperty(QTextCharFormat.Property.FontPixelSize, round(LETTERS * HEADINGS.get(level, 1.0)))
            cursor.setPosition(begin)
            cursor.setPosition(begin + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(look)
        block, first = block.next(), False
    for table in document.rootFrame().childFrames():
        if isinstance(table, QTextTable):
            made = table.format()
            made.setBorderCollapse(True)
            made.setBorderBrush(QBrush(mix(theme.color("muted"), theme.color("line"), 0.4)))
            made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            made.setCellPadding(3.0)
            made.setTopMargin(ROOM["paragraph"])
            table.setFormat(made)


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
