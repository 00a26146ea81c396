"""Filter grid: the kernels of a layer as one picture, with what is wrong with a filter marked at it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.image_grid import Tiling, tiling

Kernels = NDArray[np.float32]
Mark = Literal["dead", "never active", "saturated", "nearly a double"]
ROLES: dict[Mark, str] = {"dead": "error", "never active": "error", "saturated": "warning", "nearly a double": "accent"}
DASHES: dict[Mark, Qt.PenStyle] = {
    "dead": Qt.PenStyle.SolidLine,
    "never active": Qt.PenStyle.DashLine,
    "saturated": Qt.PenStyle.SolidLine,
    "nearly a double": Qt.PenStyle.DotLine,
}
EDGE = 8  # pixels at the left of a row of kernels, for the mark of its filter
LEAST = 6  # pixels to a side of a kernel, beneath which nothing can be seen
BLUE, WHITE, RED = (37, 99, 235), (247, 247, 247), (200, 60, 20)


def painted(kernels: Kernels, together: bool) -> NDArray[np.uint8]:
    """Kernels (F, I, h, w) as colours: (F, 1, h, w, 3) where each has three inputs, else (F, I, h, w, 3).

    The greatest weight without its sign, of each filter or of all ``together``, has the full colour. With three inputs
    these are the colours of the image, and 0 is the middle grey; else 0 is white, above it is red and below it is blue.
    """
    known = np.nan_to_num(kernels, nan=0.0, posinf=0.0, neginf=0.0)
    axes = None if together else (1, 2, 3)
    most = np.abs(known).max(axes, keepdims=True) if known.size else np.ones(1)
    shares = known / np.where(most > 0, most, 1.0)
    if kernels.shape[1] == 3:
        return np.rint(127.5 * (1 + shares.transpose(0, 2, 3, 1)[:, None])).astype(np.uint8)
    ends = np.where(shares[..., None] > 0, np.array(RED), np.array(BLUE))
    made: NDArray[np.uint8] = np.rint(WHITE + np.abs(shares)[..., None] * (ends - np.array(WHITE))).astype(np.uint8)
    return made


@dataclass(frozen=True)
class Plan:
    """Kernels in cells of the screen: free ones read along lines, others stand in the row of their filter.

    Where it ``is_turned``, because more of them can be seen so, they stand in the column of their filter.
    """

    is_free: bool
    is_turned: bool
    shown: tuple[int, int]  # filters, and inputs of each
    columns: int
    cell: tuple[int, int]
    gap: int
    scale: float

    def corner(self, filter_: int, input_: int) -> QPoint:
        """Where the cell of a kernel begins."""
        across, down = self.cell[0] + self.gap, self.cell[1] + self.gap
        if self.is_free:
            row, column = divmod(filter_, self.columns)
            return QPoint(2 + column * across, 2 + row * down)
        if self.is_turned:
            return QPoint(2 + filter_ * across, EDGE + input_ * down)
        return QPoint(EDGE + input_ * across, 2 + filter_ * down)

    def at(self, position: QPointF) -> tuple[int, int] | None:
        """The filter and the input whose kernel is at this place; a free one shows all inputs, and says 0."""
        left, top = (2, 2) if self.is_free else (2, EDGE) if self.is_turned else (EDGE, 2)
        column = math.floor((position.x() - left) / (self.cell[0] + self.gap))
        row = math.floor((position.y() - top) / (self.cell[1] + self.gap))
        if min(row, column) < 0 or (self.is_free and column >= self.columns):
            return None
        found = (row * self.columns + column, 0) if self.is_free else (column, row) if self.is_turned else (row, column)
        return found if found[0] < self.shown[0] and found[1] < self.shown[1] else None


def planned(shape: tuple[int, ...], room: tuple[int, int]) -> Plan:
    """The plan that shows kernels (F, I, h, w), which are one for each filter where I is 1 or 3, in this room."""
    count, inputs, height, width = shape
    if inputs in (1, 3):
        tiles: Tiling = tiling(count, (height, width), (max(1, room[0] - 4), max(1, room[1] - 4)))
        return Plan(True, False, (tiles.count, inputs), max(1, tiles.columns), tiles.cell, 3, tiles.scale)
    ways = [_rows(shape, room, is_turned) for is_turned in (room[0] > room[1], room[0] <= room[1])]
    return max(ways, key=lambda plan: (plan.shown[0] * plan.shown[1], plan.scale))


def _rows(shape: tuple[int, ...], room: tuple[int, int], is_turned: bool) -> Plan:
    """The plan in which each filter has a row of its own, or a column."""
    count, inputs, height, width = shape
    gap = 0 if height * width == 1 else 1
    across, down = max(1, room[0] - EDGE - 2), max(1, room[1] - EDGE - 2)
    columns, rows = (count, inputs) if is_turned else (inputs, count)
    side = max(height, width)
    fitting = min(across / columns - gap, down / rows - gap) / side
    scale = max(1, -(-LEAST // side), min(int(fitting), 24))
    cell = width * scale, height * scale
    columns, rows = min(columns, max(1, across // (cell[0] + gap))), min(rows, max(1, down // (cell[1] + gap)))
    return Plan(False, is_turned, (columns, rows) if is_turned else (rows, columns), columns, cell, gap, float(scale))


class FilterGrid(QWidget):
    """Shows kernels (F, I, h, w); in colour where each filter has three inputs."""

    hovered = Signal(str)  # what is under the mouse, in words; "" when it has left

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kernels: Kernels = np.zeros((0, 1, 1, 1), np.float32)
        self.marks: Mapping[int, Mark] = {}
        self._together = False
        self._picture: QImage | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(100, 60))
        self.setAccessibleName("Filters")

    @property
    def plan(self) -> Plan:
        """Where the kernels stand now, and how many of them there is room for."""
        return planned(self.kernels.shape, (self.width(), self.height()))

    def set_kernels(self, kernels: Kernels, marks: Mapping[int, Mark]) -> None:
        """Show these, with these filters marked."""
        self.kernels, self.marks, self._picture = kernels, marks, None
        self.update()

    def set_together(self, together: bool) -> None:
        """Use one scale of colour for all filters, so that they can be compared, or one for each."""
        self._together, self._picture = together, None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self.kernels):
            return
        plan = self.plan
        if self._picture is None:
            self._picture = self._drawn(plan)
        painter = QPainter(self)
        painter.drawImage(QPoint(0, 0), self._picture)
        for number, mark in self.marks.items():
            if number < plan.shown[0]:
                corner, (width, height) = plan.corner(number, 0), plan.cell
                painter.setPen(QPen(theme.color(ROLES[mark]), 2, DASHES[mark]))
                if plan.is_free:
                    painter.drawRect(QRect(corner, QSize(width, height)).adjusted(-1, -1, 0, 0))
                elif plan.is_turned:
                    painter.drawLine(corner.x(), 3, corner.x() + width - 1, 3)
                else:
                    painter.drawLine(3, corner.y(), 3, corner.y() + height - 1)
        painter.end()

    def _drawn(self, plan: Plan) -> QImage:
        """One picture of all kernels, drawn at the size of the screen."""
        filters, inputs = plan.shown
        colors = painted(self.kernels[:filters], self._together)[:, :inputs]
        width, height = plan.cell
        row = (np.arange(height) / plan.scale).astype(int).clip(0, colors.shape[2] - 1)
        column = (np.arange(width) / plan.scale).astype(int).clip(0, colors.shape[3] - 1)
        large = colors[:, :, row][:, :, :, column]
        picture = np.zeros((max(1, self.height()), max(1, self.width()), 4), np.uint8)
        for number in range(filters):
            for place in range(colors.shape[1]):
                corner = plan.corner(number, place)
                part = picture[corner.y() : corner.y() + height, corner.x() : corner.x() + width]
                part[..., :3] = large[number, place, : part.shape[0], : part.shape[1], ::-1]
                part[..., 3] = 255
        image = QImage(picture.tobytes(), picture.shape[1], picture.shape[0], 4 * picture.shape[1],
                       QImage.Format.Format_ARGB32)  # fmt: skip
        return image.copy()  # the bytes belong to nobody once this function has ended

    def told(self, position: QPointF) -> str:
        """What is at this place, in words."""
        if not len(self.kernels):
            return ""
        plan = self.plan
        if (found := plan.at(position)) is None:
            return ""
        number, place = found
        offset = position.toPoint() - plan.corner(number, place)
        y = min(self.kernels.shape[2] - 1, max(0, int(offset.y() / plan.scale)))
        x = min(self.kernels.shape[3] - 1, max(0, int(offset.x() / plan.scale)))
        values = self.kernels[number, :, y, x] if plan.is_free else self.kernels[number, place : place + 1, y, x]
        of_input = "" if plan.is_free else f", input {place + 1}"
        mark = f"   {self.marks[number]}" if number in self.marks else ""
        numbers = ", ".join(f"{value:.4g}" for value in values.tolist())
        return f"filter {number + 1}{of_input}, row {y + 1}, column {x + 1}: {numbers}{mark}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hovered.emit(self.told(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")
