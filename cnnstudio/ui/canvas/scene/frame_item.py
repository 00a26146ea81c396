"""Frame item: the titled boxes behind the nodes. Where one lies follows from its nodes; they are no Qt items."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QStaticText, QTransform

from cnnstudio.graph import Frame
from cnnstudio.layout.metrics import FRAME_BAR, FRAME_PAD
from cnnstudio.ui.canvas.scene.geometry import bounds
from cnnstudio.ui.canvas.scene.item_scene import ItemScene
from cnnstudio.ui.canvas.scene.style import FontPair, FrameStyle, Style, static_text

BAND = FRAME_BAR + FRAME_PAD  # of a frame, above its blocks
RADIUS = 12.0
MOST_TITLES = 5_000  # laid out at once, whole or cut off, over all sizes
ROUNDEST = 3.5  # pixels of the screen below which a corner is painted square
INDENT = 12.0  # of the title
LETTERS = 15.0  # the height of the title's letters, in scene pixels ...
LEAST, MOST = 11, 48  # ... and the least and the most of it on the screen
FEWEST = 3  # letters of a title that is cut off
ABOVE = 100.0  # how far a title may rise above its frame where the zoom shrinks the bar, in scene pixels
BODY = 0.7  # the share of a line's height that its letters take
EASY = 16.0  # pixels of the screen that the bar is high at least, for the pointer

Low = tuple[float, float, float, float]  # the lower end of something, its left and right ones, and the upper one
Seen = list[tuple[QRectF, FrameStyle]]  # boxes, back to front, and how they are painted


class Frames:
    """The boxes of a scene, back to front, computed again for those whose nodes moved."""

    def __init__(self, scene: ItemScene) -> None:
        self._scene = scene
        self.rects: dict[Frame, QRectF] = {}
        self.chosen: frozenset[Frame] = frozenset()
        self._rooms: dict[Frame, float] = {}  # how far a title may rise
        self._lows: list[Low] = []
        self._texts: dict[tuple[str, int], QStaticText] = {}
        self._fonts: dict[int, FontPair] = {}

    # following the scene

    def follow(self, moved: Collection[str]) -> bool:
        """Bring the boxes in line with the graph and with where these nodes stand now; whether any is another."""
        before, names = self.rects, frozenset(moved)
        if not before and not self._scene.graph.frames:
            return False
        self._rooms.clear()
        self._lows.clear()
        self.rects = {
            frame: before[frame] if frame in before and names.isdisjoint(frame.members) else self.around(frame.members)
            for frame in self._scene.graph.frames
        }
        for frame in {**before, **self.rects}:
            old, new = before.get(frame), self.rects.get(frame)
            if old != new:
                for rect in (old, new):
                    self._update(rect)
        return before != self.rects

    def follow_selection(self, chosen: frozenset[str]) -> bool:
        """Show as selected the frames of which all nodes are; whether any frame looks otherwise now."""
        frames = frozenset(frame for frame in self.rects if frame.members <= chosen)
        for frame in self.chosen ^ frames:
            self._update(self.rects.get(frame))
        before, self.chosen = self.chosen, frames
        return before != frames

    def restyle(self) -> None:
        """Take the fonts of the theme in force."""
        self._texts.clear()
        self._fonts.clear()

    def _update(self, rect: QRectF | None) -> None:
        if rect is not None:
            self._scene.repaint(rect.adjusted(-4.0, -ABOVE, 4.0, 4.0))

    # where they lie

    def around(self, names: Iterable[str]) -> QRectF:
        """The box round these nodes with its title bar; a null one for none."""
        nodes = self._scene.nodes
        inner = bounds([nodes[name].body for name in names if name in nodes])
        return inner.adjusted(-FRAME_PAD, -FRAME_PAD - FRAME_BAR, FRAME_PAD, FRAME_PAD) if not inner.isNull() else inner

    def titled_at(self, point: QPointF, zoom: float) -> Frame | None:
        """The frame whose title bar is at this point."""
        high = max(FRAME_BAR, EASY / zoom)
        for frame, rect in reversed(self.rects.items()):
            if QRectF(rect.x(), rect.y() + FRAME_BAR - high, rect.width(), high).contains(point):
                return frame
        return None

    def under(self, point: QPointF, without: Iterable[str] = ()) -> Frame | None:
        """The frame in whose box this point is; the box is that of its nodes ``without`` those that are carried."""
        carried = frozenset(without)
        for frame, rect in reversed(self.rects.items()):
            box = rect if carried.isdisjoint(frame.members) else self.around(frame.members - carried)
            if box.contains(point):
                return frame
        return None

    def title_rect(self, frame: Frame) -> QRectF:
        """The title bar, in scene pixels."""
        rect = self.rects[frame]
        return QRectF(rect.x(), rect.y(), rect.width(), FRAME_BAR)

    def within(self, part: QRectF) -> Seen:
        """The frames in this part of the scene, back to front."""
        style = self._scene.inks
        return [(rect, style.frame(frame.hue)) for frame, rect in self.rects.items() if rect.intersects(part)]

    # how they are painted

    def paint(self, painter: QPainter, exposed: QRectF) -> None:
        """Paint the boxes, in scene pixels."""
        style, is_round = self._scene.inks, RADIUS * painter.worldTransform().m11() >= ROUNDEST
        for frame, rect in self.rects.items():
            if not exposed.intersects(rect.adjusted(-4.0, -4.0, 4.0, 4.0)):  # with its line
                continue
            ink = style.frame(frame.hue)
            painter.setPen(style.frame_selected_pen if frame in self.chosen else ink.pen)
            painter.setBrush(ink.fill)
            if is_round:
                painter.drawRoundedRect(rect, RADIUS, RADIUS)
                painter.setPen(style.no_pen)
                painter.setBrush(ink.bar)
                painter.drawPath(_bar(rect))
            else:
                painter.drawRect(rect)
                painter.fillRect(QRectF(rect.x(), rect.y(), rect.width(), FRAME_BAR), ink.bar)

    def paint_titles(self, painter: QPainter, zoom: float, exposed: QRectF, over: bool = False) -> None:
        """Paint the titles in pixels of the screen, so that they can be read from afar; ``over`` what is there.

        One that has no room between the blocks of its frame and those above is left out, and one that would have to be
        cut off too: near to after a few letters, from afar at all.
        """
        if not self.rects:
            return
        style, transform = self._scene.inks, painter.worldTransform()
        pixels = min(MOST, max(LEAST, round(LETTERS * zoom)))
        font = self._font(pixels)
        painter.setFont(font[0])
        painter.setWorldTransform(QTransform())
        for frame, rect in self.rects.items():
            if not exposed.intersects(rect.adjusted(0.0, -ABOVE, 0.0, 0.0)):
                continue
            text = self._text(frame.title, pixels, font, (rect.width() - INDENT) * zoom - 4.0, may_cut=not over)
            if text is None:
                continue
            size, top = text.size(), _top(text.size().height(), zoom)
            if top < -1.0 and -top > self._room_above(frame) * zoom:
                continue
            corner = transform.map(rect.topLeft())
            place = QPointF(corner.x() + max(4.0, INDENT * zoom), corner.y() + top)
            ink = style.frame(frame.hue)
            if over:
                painter.fillRect(QRectF(place, size).adjusted(-3.0, 0.0, 3.0, 0.0), ink.chip)
            painter.setPen(ink.text)
            style.write(painter, place, text)
        painter.setWorldTransform(transform)

    def _room_above(self, frame: Frame) -> float:
        """How far the title may rise above the frame, in scene pixels, until it meets a block or another title."""
        if frame not in self._rooms:
            rect = self.rects[frame]
            left, right, top = rect.left(), rect.right(), rect.top()
            if not self._lows:
                self._lows = self._found_lows()
            room = ABOVE
            # the lowest first: however many lie there, the first one beside or below the title's line decides
            for at in range(bisect_right(self._lows, (top + BAND, math.inf)) - 1, -1, -1):
                low, begin, end, high = self._lows[at]
                if low <= top - ABOVE:
                    break
                if begin < right and left < end and high < top:
                    room = top - low
                    break
            self._rooms[frame] = room
        return self._rooms[frame]

    def _found_lows(self) -> list[Low]:
        """Where what a title may not cover ends, from above to below: every block, and the bar of every frame."""
        bodies = (item.body for item in self._scene.nodes.values())
        ends = [(body.bottom(), body.left(), body.right(), body.top()) for body in bodies]
        ends += [(rect.top() + BAND, rect.left(), rect.right(), rect.top()) for rect in self.rects.values()]
        return sorted(ends)

    def _font(self, pixels: int) -> FontPair:
        if pixels not in self._fonts:
            font = QFont(self._scene.inks.badge_font[0])
            font.setPixelSize(pixels)
            self._fonts[pixels] = font, QFontMetricsF(font)
        return self._fonts[pixels]

    def _text(self, title: str, pixels: int, font: FontPair, room: float, may_cut: bool) -> QStaticText | None:
        text = self._laid_out(title, pixels, font)
        if text.size().width() <= room:
            return text
        short = font[1].elidedText(title, Qt.TextElideMode.ElideRight, room) if may_cut else ""
        return self._laid_out(short, pixels, font) if len(short) > FEWEST else None

    def _laid_out(self, words: str, pixels: int, font: FontPair) -> QStaticText:
        if (words, pixels) not in self._texts:
            if len(self._texts) > MOST_TITLES:
                self._texts.clear()
            self._texts[words, pixels] = static_text(words, font[0])
        return self._texts[words, pixels]


def paint_ground(painter: QPainter, place: QRectF, style: Style, frames: Seen) -> None:
    """Paint the ground here as it is behind all items, for something to be read on it."""
    painter.fillRect(place, style.canvas)
    for rect, ink in frames:
        if rect.intersects(place):
            painter.fillRect(place & rect, ink.fill)
            painter.fillRect(place & QRectF(rect.x(), rect.y(), rect.width(), FRAME_BAR), ink.bar)


def _top(height: float, zoom: float) -> float:
    """Where a line so high begins below the upper edge of its frame, or above it, in pixels of the screen.

    It is in the middle of the bar; where that is too low for letters, it ends where the blocks begin at the latest.
    What hangs below the line and stands above capitals may go over the edge of the bar.
    """
    bar = FRAME_BAR * zoom
    return (bar - height) / 2 if bar >= BODY * height else min(0.0, BAND * zoom - height)


def _bar(rect: QRectF) -> QPainterPath:
    """The title bar: round above, straight below."""
    path = QPainterPath(QPointF(rect.left(), rect.top() + FRAME_BAR))
    path.lineTo(rect.left(), rect.top() + RADIUS)
    path.quadTo(rect.topLeft(), QPointF(rect.left() + RADIUS, rect.top()))
    path.lineTo(rect.right() - RADIUS, rect.top())
    path.quadTo(rect.topRight(), QPointF(rect.right(), rect.top() + RADIUS))
    path.lineTo(rect.right(), rect.top() + FRAME_BAR)
    path.closeSubpath()
    return path
