"""Drawing pad: a sheet that one draws on with a mouse, a finger or the keyboard, over a picture or over nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QMimeData, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTouchEvent,
)  # fmt: skip
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.samples import pixmap

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST, MOST = 96, 420  # pixels of its longer side on the screen
STEP = 1 / 28  # of the sheet, by which an arrow moves the pen
MOST_STEPS = 200  # that can be undone
ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
KEYS = "The arrows move the pen, Space puts it down and lifts it, E turns it round to erase, Delete clears the sheet."
HINT = "Draw here"
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Stroke:
    """One line of the pen: its points (right, down) and its width in shares of the sheet's longer side."""

    points: tuple[tuple[float, float], ...]
    width: float
    erases: bool = False


@dataclass(frozen=True)
class Drawing:
    """What lies on the pad: something below, whatever it is, and the strokes over it."""

    under: object | None = None
    strokes: tuple[Stroke, ...] = ()


class DrawingPad(QWidget):
    """Holds a ``drawing``, a value; each stroke, a picture laid on it and a clearing is a step that can be undone.

    ``changed`` comes with every move of the pen. What is dropped or pasted comes as ``brought``: a path, or the bytes
    of a PNG; ``refused`` says in a sentence why it is none.
    """

    changed = Signal()
    brought = Signal(object, str)  # a Path or bytes, and what it is called
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = Drawing()
        self.erases = False
        self.width_of_pen = 0.08
        self._past: list[Drawing] = []
        self._future: list[Drawing] = []
        self._size = (280, 280)  # height and width of the sheet, in its own pixels
        self._ink = self._blank()
        self._under: Pixels | None = None
        self._ground, self._colour = QColor("black"), QColor("white")
        self._is_down = self._is_keyed = False
        self._at = QPointF(0.5, 0.5)  # of the pen that the keyboard moves, in shares of the sheet
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Drawing pad")
        self.setAccessibleDescription(KEYS)

    # what lies on it

    @property
    def ink(self) -> NDArray[np.float32] | None:
        """What is drawn: the whole sheet (H, W), from 0 to 1; None where nothing was."""
        if not self.drawing.strokes:
            return None
        height, width = self._size
        rows = np.frombuffer(self._ink.constBits(), np.uint8).reshape(height, self._ink.bytesPerLine())
        return rows[:, :width].astype(np.float32) / np.float32(255)

    def lay(self, under: object | None, pixels: Pixels | None = None) -> None:
        """Put something on the sheet in the place of all that lies there; ``show_under`` says what it looks like."""
        self._take(Drawing(under))
        self.show_under(pixels)

    def clear(self) -> None:
        """Take everything off the sheet."""
        if self.drawing != Drawing():
            self.lay(None)

    def show_under(self, pixels: Pixels | None) -> None:
        """What lies below the drawing looks so (C, H, W); None for nothing."""
        self._under = pixels
        self.update()

    def set_colours(self, ground: tuple[int, ...], ink: tuple[int, ...], width_of_pen: float) -> None:
        """Draw in these colours, a byte a channel, and with so wide a pen in shares of the longer side."""
        self._ground, self._colour, self.width_of_pen = _colour(ground), _colour(ink), width_of_pen
        self.update()

    def set_sheet(self, height: int, width: int) -> None:
        """Have a sheet of these pixels; what is drawn stays where it is in shares of its sides."""
        if (height, width) != self._size:
            self._size = height, width
            self._redraw()
            self.updateGeometry()

    # steps

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._past)

    def undo(self) -> None:
        """Take the last step back: a stroke, a picture, a clearing."""
        if self._past:
            self._future.append(self.drawing)
            self._show(self._past.pop())

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._future:
            self._past.append(self.drawing)
            self._show(self._future.pop())

    def _take(self, drawing: Drawing) -> None:
        self._past = [*self._past, self.drawing][-MOST_STEPS:]
        self._future.clear()
        self._show(drawing)

    def _show(self, drawing: Drawing) -> None:
        self._is_down = False
        if drawing.under is not self.drawing.under:
            self._under = None
        self.drawing = drawing
        self._redraw()
        self.changed.emit()

    # the pen

    def put_down(self, at: QPointF) -> None:
        """Put the pen down here, in shares of the sheet's width and height."""
        strokes = (*self.drawing.strokes, Stroke(((at.x(), at.y()),), self.width_of_pen, self.erases))
        self._take(replace(self.drawing, strokes=strokes))
        self._is_down = True

    def draw_to(self, at: QPointF) -> None:
        """Draw on to here, where the pen is down."""
        if not self._is_down:
            return
        *others, last = self.drawing.strokes
        grown = replace(last, points=(*last.points, (at.x(), at.y())))
        self.drawing = replace(self.drawing, strokes=(*others, grown))
        self._draw(replace(grown, points=grown.points[-2:]))
        self.update()
        self.changed.emit()

    def lift(self) -> None:
        """Draw no further."""
        self._is_down = False

    def _blank(self) -> QImage:
        made = QImage(self._size[1], self._size[0], QImage.Format.Format_Grayscale8)
        made.fill(0)
        return made

    def _redraw(self) -> None:
        self._ink = self._blank()
        for stroke in self.drawing.strokes:
            self._draw(stroke)
        self.update()

    def _draw(self, stroke: Stroke) -> None:
        height, width = self._size
        painter = QPainter(self._ink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        caps = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        colour = QColor("black" if stroke.erases else "white")
        painter.setPen(QPen(colour, stroke.width * max(self._size), Qt.PenStyle.SolidLine, *caps))
        points = [QPointF(x * width, y * height) for x, y in stroke.points]
        if len(points) == 1:
            painter.drawPoint(points[0])
        else:
            painter.drawPolyline(points)
        painter.end()

    # the screen

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return self.fitting(QSize(LEAST, LEAST))

    def fitting(self, room: QSize) -> QSize:
        """The largest size in its proportions within this room."""
        height, width = self._size
        side = min(room.width() / width, room.height() / height)
        side = max(LEAST / max(self._size), min(side, MOST * theme.scale / max(self._size)))
        return QSize(max(1, round(width * side)), max(1, round(height * side)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self._ground)
        if self._under is not None:
            picture = pixmap(self._under, max(self.width(), self.height()))
            painter.drawPixmap(self.rect(), picture)
        painter.drawImage(self.rect(), self._inked())
        if self.drawing == Drawing():
            painter.setPen(QColor(self._colour.red(), self._colour.green(), self._colour.blue(), 170))
            painter.setFont(theme.font("body"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, HINT)
        if self.hasFocus() and self._is_keyed:
            self._paint_pen(painter)
        is_marked = self.hasFocus()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(theme.color("accent" if is_marked else "line"), 2 if is_marked else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge = 1 if is_marked else 0
        painter.drawRect(self.rect().adjusted(edge, edge, -1 - edge, -1 - edge))
        painter.end()

    def _inked(self) -> QImage:
        made = QImage(self._ink.size(), QImage.Format.Format_RGB32)
        made.fill(self._colour)
        made.setAlphaChannel(self._ink)
        return made

    def _paint_pen(self, painter: QPainter) -> None:
        at = QPointF(self._at.x() * self.width(), self._at.y() * self.height())
        radius = max(4.0, self.width_of_pen * max(self.width(), self.height()) / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent"), 2, Qt.PenStyle.SolidLine if self._is_down else Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius))

    # mouse and finger

    def _shares(self, at: QPointF) -> QPointF:
        return QPointF(at.x() / max(1, self.width()), at.y() / max(1, self.height()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._is_keyed = False
            self.put_down(self._shares(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.draw_to(self._shares(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.lift()

    def event(self, event: QEvent) -> bool:
        kinds = QEvent.Type
        if event.type() in (kinds.TouchBegin, kinds.TouchUpdate, kinds.TouchEnd, kinds.TouchCancel):
            self._touch(cast(QTouchEvent, event))
            return True
        if event.type() == kinds.ShortcutOverride and self._claims(cast(QKeyEvent, event)):
            event.accept()
            return True
        return super().event(event)

    def _touch(self, event: QTouchEvent) -> None:
        event.accept()
        if not event.points() or event.type() in (QEvent.Type.TouchEnd, QEvent.Type.TouchCancel):
            self.lift()
            return
        at = self._shares(event.points()[0].position())
        if event.type() == QEvent.Type.TouchBegin:
            self._is_keyed = False
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.put_down(at)
        else:
            self.draw_to(at)

    # keys

    def _claims(self, event: QKeyEvent) -> bool:
        """Whether a key that is a shortcut elsewhere does something here."""
        own = (Qt.Key.Key_Space, Qt.Key.Key_E, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, *ARROWS)
        return (event.key() in own and not event.modifiers()) or any(map(event.matches, _STANDARD))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, standard = event.key(), QKeySequence.StandardKey
        if event.matches(standard.Undo):
            self.undo()
        elif event.matches(standard.Redo):
            self.redo()
        elif event.matches(standard.Paste):
            self.paste()
        elif event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            super().keyPressEvent(event)
        elif key in ARROWS:
            self._step(*ARROWS[Qt.Key(key)], 1 / 280 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP)
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._is_keyed = True
            if self._is_down:
                self.lift()
            else:
                self.put_down(self._at)
            self.update()
        elif key == Qt.Key.Key_E:
            self.erases = not self.erases
            self.changed.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def _step(self, right: int, down: int, by: float) -> None:
        self._is_keyed = True
        self._at = QPointF(
            min(max(self._at.x() + right * by, 0.0), 1.0), min(max(self._at.y() + down * by, 0.0), 1.0)
        )  # fmt: skip
        self.draw_to(self._at)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._is_keyed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.lift()
        super().focusOutEvent(event)
        self.update()

    # what is brought

    def paste(self) -> None:
        """Lay on the sheet what is on the clipboard."""
        self.bring(QGuiApplication.clipboard().mimeData(), "Pasted picture")

    def bring(self, data: QMimeData, name: str) -> bool:
        """Offer a file or a picture that was dragged or copied; whether there was one."""
        for path in _files(data):
            self.brought.emit(path, path.name)
            return True
        if data.hasImage() and isinstance(image := data.imageData(), QImage) and not image.isNull():
            self.brought.emit(png(image), name)
            return True
        self.refused.emit("There is no picture in what was pasted or dropped.")
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._welcome(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._welcome(event)

    def _welcome(self, event: QDropEvent) -> None:
        if event.mimeData().hasImage() or any(_files(event.mimeData())):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self._welcome(event)
        self.bring(event.mimeData(), "Dropped picture")


_STANDARD = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo, QKeySequence.StandardKey.Paste)


def png(image: QImage) -> bytes:
    """A picture as the bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload] # PySide's stub has the format as bytes
    return bytes(buffer.data().data())


def _files(data: QMimeData) -> Iterator[Path]:
    return (Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())


def _colour(bytes_: tuple[int, ...]) -> QColor:
    return QColor(*bytes_) if len(bytes_) == 3 else QColor(bytes_[0], bytes_[0], bytes_[0])
