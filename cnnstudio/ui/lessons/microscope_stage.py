"""Microscope stage: the numbers, the window on its way over them and what comes out, painted; cells can be typed in."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.lessons.microscope_layout import Key, Layout, PicturePlate, Plate, laid_out
from cnnstudio.ui.lessons.microscope_view import View
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.fields import Line
from cnnstudio.ui.widgets.map_colours import MapColours, colour_table, frame_on_any, normalised
from cnnstudio.ui.widgets.number_grid import exact, paint_grid

MOST = 1e6  # of a number that is typed
EDITED: tuple[Key, ...] = ("input", "kernel", "bias")
Place = tuple[Key, int, int, int]  # what, its map, row and column

_STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class MicroscopeStage(QWidget):
    """Arrow keys step, Home and End go to the ends, Page Up and Page Down change the map, Space plays, F2 types.

    ``stepped`` says to which step, ``channel_stepped`` by how many maps, ``toggled`` that Space was pressed,
    ``typed`` which number a person has put where, and ``said`` what is to be said of what was typed or pointed at.
    """

    stepped = Signal(int)
    channel_stepped = Signal(int)
    toggled = Signal()
    typed = Signal(str, int, int, int, float)  # a key, its map, row, column, the number
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: View | None = None
        self.layout_ = Layout(theme.monospace("small"), theme.font("small"))
        self._room = QSizeF(600, 140)
        self._place: Place | None = None
        self._images: dict[tuple[int, bool], QImage] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Microscope")
        self.setToolTip("Arrow keys step, Space plays, F2 types a number of the kernel, Shift+F2 one of the input")
        self.field = Line(self)
        self.field.setAccessibleName("Number")
        self.field.hide()
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.returnPressed.connect(lambda: self._take(0))
        self.field.installEventFilter(self)
        theme.changed.connect(self._lay)

    def show_view(self, view: View, room: QSizeF) -> None:
        """Show this in letters that fill the room."""
        if self.view is None or view.microscope is not self.view.microscope:
            self._images = {}
        self.view, self._room = view, room
        self._lay()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(math.ceil(self.layout_.width), math.ceil(self.layout_.height))

    def _lay(self) -> None:
        if self.view is None:
            return
        self.layout_ = laid_out(self.view, self._room)
        self.setFixedSize(self.sizeHint())
        if self._place is not None:
            self._put_field()
        self.update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, made = QPainter(self), self.layout_
        for box, words, role in made.words:
            painter.setFont(made.letters)
            painter.setPen(theme.color("muted"))
            centre = Qt.AlignmentFlag.AlignCenter
            painter.drawText(box, centre if role == "sign" else Qt.AlignmentFlag.AlignVCenter, words)
        painter.setFont(made.figures)
        for plate in made.plates:
            paint_grid(painter, plate.grid)
        for picture in made.pictures:
            painter.drawImage(picture.box, self._image(picture))
        on_picture = [picture.box.adjusted(-2, -2, 2, 2) for picture in made.pictures]
        for box, role in made.frames:
            if any(each.contains(box.center()) for each in on_picture):
                frame_on_any(painter, box)
                continue
            painter.setPen(QPen(theme.color(role), 2))
            painter.drawRect(box)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DotLine))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _image(self, picture: PicturePlate) -> QImage:
        key = (int(picture.values.__array_interface__["data"][0]), picture.is_signed)  # the microscope keeps them all
        if picture.key == "output" and self.view is not None and self.view.microscope.setting.is_transposed:
            key = (-1, picture.is_signed)
            self._images.pop(key, None)  # it grows with every step
        if key not in self._images:
            self._images[key] = _coloured(picture.values, picture.is_signed)
        return self._images[key]

    # pointing

    def _found(self, place: QPointF) -> tuple[Plate, int, int] | None:
        for plate in self.layout_.plates:
            if (cell := plate.grid.at(place)) is not None:
                return plate, *cell
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._found(event.position())
        if found is None:
            self.said.emit("")
            self.unsetCursor()
            return
        plate, row, column = found
        can_edit = self._editable(plate, row, column)
        self.setCursor(Qt.CursorShape.IBeamCursor if can_edit else Qt.CursorShape.ArrowCursor)
        what = "padding" if plate.grid.outside[row, column] else plate.grid.what
        counts = plate.grid.counted[row, column]
        number = exact(float(plate.grid.numbers[row, column])) if counts else "does not count"
        self.said.emit(f"{what}: {number}" + (" – click to change it" if can_edit else ""))

    def leaveEvent(self, event: QEvent) -> None:
        self.said.emit("")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.view is None or event.button() != Qt.MouseButton.LeftButton:
            return
        found = self._found(event.position())
        if found is None:
            self._press_picture(event.position())
            return
        plate, row, column = found
        if self._editable(plate, row, column):
            self.edit((plate.key, plate.channel, row + plate.first[0], column + plate.first[1]))
        elif plate.key == "output" and not self.view.microscope.setting.is_transposed:
            self.stepped.emit(row * self.view.paths[1] + column)
        elif plate.key == "matrix":
            self.stepped.emit(column if self.view.microscope.setting.is_transposed else row)

    def _press_picture(self, place: QPointF) -> None:
        """Bring the window to where a picture was clicked."""
        picture = next((each for each in self.layout_.pictures if each.box.contains(place)), None)
        if picture is None or self.view is None or picture.key == "matrix":
            return
        microscope, (height, width) = self.view.microscope, picture.values.shape
        row = int((place.y() - picture.box.y()) / picture.box.height() * height)
        column = int((place.x() - picture.box.x()) / picture.box.width() * width)
        if picture.key == "input" and not microscope.setting.is_transposed:
            middles = [each.asked.mean(1) for each in microscope.axes]
            row, column = (int(np.abs(m - at).argmin()) for m, at in zip(middles, (row, column), strict=True))
        elif (picture.key == "output") == microscope.setting.is_transposed:
            return
        self.stepped.emit(row * self.view.paths[1] + column)

    @staticmethod
    def _editable(plate: Plate, row: int, column: int) -> bool:
        return plate.key in EDITED and not plate.grid.outside[row, column]

    # typing

    def edit(self, place: Place) -> None:
        """Let a number be typed in its cell."""
        self._place = place
        cell = self._cell(place)
        if cell is None:
            self._close()
            return
        plate, row, column = cell
        self._put_field()
        self.field.setFont(self.layout_.figures)
        self.field.setText(exact(float(plate.grid.numbers[row, column])))
        self.field.setAccessibleName(f"{plate.grid.what}, row {place[2] + 1}, column {place[3] + 1}")
        self.field.selectAll()
        self.field.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _cell(self, place: Place) -> tuple[Plate, int, int] | None:
        key, channel, row, column = place
        for plate in self.layout_.plates:
            i, j = row - plate.first[0], column - plate.first[1]
            height, width = plate.grid.numbers.shape
            is_here = plate.key == key and plate.channel == channel and 0 <= i < height and 0 <= j < width
            if is_here and self._editable(plate, i, j):
                return plate, i, j
        return None

    def _put_field(self) -> None:
        cell = self._cell(self._place) if self._place is not None else None
        if cell is None:
            self._close()
            return
        plate, row, column = cell
        box = plate.grid.cell(row, column)
        wide = max(box.width() + 8, 56.0 * theme.scale)
        left = min(max(0.0, box.center().x() - wide / 2), max(0.0, self.width() - wide))
        self.field.setGeometry(QRectF(left, box.y() - 2, wide, box.height() + 4).toRect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self._close()
                return True
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self._take(1 if event.key() == Qt.Key.Key_Tab else -1)
                return True
        if watched is self.field and event.type() == QEvent.Type.FocusOut and self.field.isVisible():
            self._give(self.field.text())
            self._close(to_stage=False)
        return super().eventFilter(watched, event)

    def _take(self, on: int) -> None:
        """Take what was typed, and go on to the next cell or to the one before."""
        place = self._place
        if place is None or not self._give(self.field.text()):
            return
        found = self._cell(place)
        if on == 0 or found is None:
            self._close()
            return
        plate, row, column = found
        height, width = plate.grid.numbers.shape
        index = row * width + column + on
        while 0 <= index < height * width:
            i, j = divmod(index, width)
            if self._editable(plate, i, j):
                self.edit((plate.key, plate.channel, i + plate.first[0], j + plate.first[1]))
                return
            index += on
        self._close()

    def _give(self, text: str) -> bool:
        """Say which number was typed; whether it was one."""
        if self._place is None:
            return True
        number = read_number(text)
        if number is None:
            self.said.emit(f"“{text[:20]}” is no number from −1,000,000 to 1,000,000, such as 2, −0.5 or 1/9.")
            return False
        found = self._cell(self._place)
        if found is None or float(found[0].grid.numbers[found[1], found[2]]) != number:
            self.typed.emit(*self._place, number)
        return True

    def _close(self, to_stage: bool = True) -> None:
        self._place = None
        had_focus = self.field.hasFocus()
        self.field.hide()
        if had_focus and to_stage:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        view, key = self.view, Qt.Key(event.key())
        if view is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        if key in _STEPS:
            down, across = _STEPS[key]
            self.stepped.emit(view.step + down * view.paths[1] + across)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.stepped.emit(0 if key == Qt.Key.Key_Home else view.steps - 1)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.channel_stepped.emit(-1 if key == Qt.Key.Key_PageUp else 1)
        elif key == Qt.Key.Key_Space:
            self.toggled.emit()
        elif key == Qt.Key.Key_F2:
            wanted = "input" if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else "kernel"
            plate = next((each for each in self.layout_.plates if each.key == wanted), None)
            if plate is not None:
                inside = np.argwhere(~plate.grid.outside)[0]
                self.edit((plate.key, plate.channel, int(inside[0]) + plate.first[0], int(inside[1]) + plate.first[1]))
        else:
            super().keyPressEvent(event)


def read_number(text: str) -> float | None:
    """A number as people type it: 2, −0.5, 0,5 or 1/9; None for anything else."""
    plain = text.strip().replace("−", "-").replace(",", ".")
    if len(plain) > 24:
        return None
    try:
        number = float(Fraction(plain)) if "/" in plain else float(plain)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if abs(number) <= MOST else None  # which leaves out what is no number, too


def _coloured(values: NDArray[np.float64], is_signed: bool) -> QImage:
    colours = MapColours.ZERO if is_signed else MapColours.GREY
    levels = normalised(values[None].astype(np.float32), together=False, around_zero=is_signed)[0]
    table = np.ascontiguousarray(colour_table(colours)[levels])
    height, width = levels.shape
    return QImage(table.tobytes(), width, height, width * 4, QImage.Format.Format_RGB32).copy()
