"""Entry: one thing to begin with on the start page, as a button that is painted: a card, a row or a link."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from cnnstudio.graph import Graph
from cnnstudio.ui.theme import icon, mix, theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.miniature import paint_miniature

ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
OWN_KEYS = frozenset(
    {
        *ARROWS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab,
        Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Backspace,
    }
)  # fmt: skip
TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
MIDDLE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

LINES = 3  # of the sentence on a card
NARROWEST = 130  # pixels of a card at the normal size of text: its sentence can be read in three lines


def _paint_lines(painter: QPainter, rect: QRect, text: str, most: int) -> None:
    """Write a text in whole lines, and no more of them than this; what is left out is shown by an ellipsis."""
    metrics, lines = painter.fontMetrics(), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if metrics.horizontalAdvance(longer) <= rect.width() or not lines[-1] or len(lines) == most:
            lines[-1] = longer
        else:
            lines.append(word)
    for number, line in enumerate(lines):
        shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect.adjusted(0, number * metrics.lineSpacing(), 0, 0), TOP, shown)


class Entry(QAbstractButton):
    """A title and a sentence; a click, Enter or Space takes it, arrows go to its neighbours."""

    walked = Signal(int, int)  # to the neighbour on this side
    left = Signal()  # Escape
    unwanted = Signal()  # Delete

    def __init__(self, title: str, sentence: str, take: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.sentence = title, sentence
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # a button gives no way
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda _=False: take())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
            event.accept()  # they act here, whatever they do on the canvas
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in ARROWS:
            self.walked.emit(*ARROWS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.unwanted.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_ground(painter)
        self.paint_content(painter)
        painter.end()

    def paint_ground(self, painter: QPainter) -> None:
        """Paint what says whether the pointer or the keyboard is here."""
        panel, is_near = theme.color("panel"), self.underMouse() or self.isDown()
        edge = theme.color("accent") if self.hasFocus() else self.edge(is_near)
        painter.setPen(QPen(edge, 1.5 if self.hasFocus() else 1.0))
        painter.setBrush(mix(theme.color("accent"), panel, 0.08) if is_near else self.ground())
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def ground(self) -> QColor:
        """The colour it lies on while nothing is near."""
        return theme.color("panel", 0.0)

    def edge(self, is_near: bool) -> QColor:
        """The colour of its outline while it has not the keyboard."""
        return mix(theme.color("accent"), theme.color("line"), 0.4) if is_near else theme.color("line", 0.0)

    def paint_content(self, painter: QPainter) -> None:
        """Paint what it says."""
        raise NotImplementedError


class Card(Entry):
    """A template: a picture of the network above its title and its idea."""

    def __init__(self, title: str, sentence: str, graph: Callable[[], Graph], take: Callable[[], object]) -> None:
        super().__init__(title, sentence, take)
        self._make: Callable[[], Graph] | None = graph
        self._graph = Graph()
        self.setToolTip(tip(sentence, title=title))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(150 * theme.scale), round(142 * theme.scale))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(NARROWEST * theme.scale), self.sizeHint().height())

    def ground(self) -> QColor:
        return theme.color("panel")

    def edge(self, is_near: bool) -> QColor:
        return mix(theme.color("accent"), theme.color("line"), 0.5) if is_near else theme.color("line")

    def draw(self) -> None:
        """Make the network of the picture, which the first paint of the window does without."""
        if self._make is not None:
            self._graph, self._make = self._make(), None
            self.update()

    def paint_content(self, painter: QPainter) -> None:
        line = QFontMetrics(theme.font("small")).lineSpacing()
        words = round(23 * theme.scale) + LINES * line + 4
        picture = QRectF(self.rect()).adjusted(7, 7, -7, -words - 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("canvas"))
        painter.drawRoundedRect(picture, 5, 5)
        paint_miniature(painter, picture, self._graph)
        text = self.rect().adjusted(11, self.height() - words + 2, -6, -6)
        painter.setPen(theme.color("text"))
        painter.setFont(theme.font("body", bold=True))
        title = painter.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, TOP, title)
        painter.setPen(theme.color("muted"))
        painter.setFont(theme.font("small"))
        _paint_lines(painter, text.adjusted(0, round(19 * theme.scale), 0, 0), self.sentence, LINES)


class Row(Entry):
    """A picture, a title and one line below it, and perhaps a word at the end: a lesson or a recent file."""

    def __init__(self, title: str, sentence: str, take: Callable[[], object], mark: str = "") -> None:
        super().__init__(title, sentence, take)
        self.mark, self.word = mark, ""
        self.picture: QImage | None = None
        self.is_grey = False
        self.setToolTip(tip(sentence, title=title))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(220 * theme.scale), round(43 * theme.scale))

    def paint_content(self, painter: QPainter) -> None:
        box = self._paint_picture(painter)
        end = self.width() - 10
        if self.word:
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("warning" if self.is_grey else "muted"))
            width = painter.fontMetrics().horizontalAdvance(self.word)
            painter.drawText(QRect(end - width, 0, width, self.height()), MIDDLE, self.word)
            end -= width + 10
        text = QRect(box.right() + 10, 0, end - box.right() - 10, self.height())
        half, middle = self.height() // 2, Qt.TextElideMode.ElideMiddle
        painter.setFont(theme.font("body", bold=True))
        painter.setPen(theme.color("muted" if self.is_grey else "text"))
        title = painter.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text.adjusted(0, 4, 0, -half), MIDDLE, title)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("muted"))
        mode = Qt.TextElideMode.ElideRight if self.mark else middle
        sentence = painter.fontMetrics().elidedText(self.sentence, mode, text.width())
        painter.drawText(text.adjusted(0, half - 1, 0, -4), MIDDLE, sentence)

    def _paint_picture(self, painter: QPainter) -> QRect:
        height = self.height() - 12
        box = QRect(6, 6, height if self.mark else round(height * 1.6), height)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("canvas"))
        if self.mark:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(theme.color("accent"), theme.color("panel"), 0.14))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        if self.mark:
            painter.setPen(theme.color("accent"))
            painter.setFont(theme.font("large", bold=True))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.mark)
        elif self.picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(0.4 if self.is_grey else 1.0)
            size = self.picture.size().scaled(box.size() - QSize(4, 4), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(box.topLeft(), size)
            place.moveCenter(box.center())
            painter.drawImage(place, self.picture)
            painter.setOpacity(1.0)
        else:
            side = height // 2
            icon("file", "muted").paint(painter, QRect(box.center().x() - side // 2, 6 + side // 2, side, side))
        return box


class Link(Entry):
    """A glyph and a few words, on one line."""

    def __init__(self, title: str, glyph: str, take: Callable[[], object], shortcut: str = "") -> None:
        super().__init__(title, shortcut, take)
        self._glyph, self._shortcut = glyph, shortcut
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Say something else."""
        self.title = title
        self.setAccessibleName(title)
        self.setToolTip(tip(f"{title} ({self._shortcut})" if self._shortcut else title))
        self.updateGeometry()
        self.update()

    def ground(self) -> QColor:
        return theme.color("panel")

    def edge(self, is_near: bool) -> QColor:
        return mix(theme.color("accent"), theme.color("line"), 0.5) if is_near else theme.color("line")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        side = round(17 * theme.scale)
        return QSize(
            QFontMetrics(theme.font("body")).horizontalAdvance(self.title) + side + 30, round(30 * theme.scale)
        )

    def paint_content(self, painter: QPainter) -> None:
        side = round(17 * theme.scale)
        icon(self._glyph, "accent").paint(painter, QRect(10, (self.height() - side) // 2, side, side))
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text"))
        painter.drawText(self.rect().adjusted(side + 17, 0, -6, 0), MIDDLE, self.title)
