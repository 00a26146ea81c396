"""Class bars: how many pictures each class has in either half; to choose a class, and to drop pictures on one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from cnnstudio.training.data.roll import Roll
from cnnstudio.ui.theme import theme
from cnnstudio.ui.training.data.picture_model import MIME, carried
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import counted

Index = QModelIndex | QPersistentModelIndex
Counts = NDArray[np.int64]
ALL = "All classes"
HOW = "Drop pictures here to say that they are of this class."


class ClassModel(QAbstractListModel):
    """A row for all classes, and one for each. ``dropped`` carries the numbers of pictures and a class."""

    dropped = Signal(object, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.counts: Counts = np.zeros((0, 3), np.int64)  # of each class: to train with, to validate with, left out

    def show(self, roll: Roll | None) -> None:
        """Count the pictures of this roll."""
        names = roll.classes if roll is not None else ()
        is_same = names == self.names
        if not is_same:
            self.beginResetModel()
        self.names = names
        self.counts = counts(roll) if roll is not None else np.zeros((0, 3), np.int64)
        if not is_same:
            self.endResetModel()
        elif names:
            self.dataChanged.emit(self.index(0), self.index(len(names)))

    def row(self, row: int) -> tuple[str, Counts]:
        """What a row is called, and its three numbers."""
        return (self.names[row - 1], self.counts[row - 1]) if row else (ALL, self.counts.sum(0))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() or not self.names else len(self.names) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        name, (train, validation, out) = self.row(index.row())
        told = f"{train:,} to train with, {validation:,} to validate with" + (f", {out:,} left out" if out else "")
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{name}: {told}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(f"{told}.", HOW if index.row() else "", title=name)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        drops = flag.ItemIsDropEnabled if index.isValid() and index.row() else flag.NoItemFlags
        return flag.ItemIsEnabled | flag.ItemIsSelectable | drops

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - Qt's name
        return Qt.DropAction.MoveAction

    def dropMimeData(  # noqa: N802 - Qt's name
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        numbers = carried(data)
        if not numbers or not parent.isValid() or not parent.row():
            return False
        self.dropped.emit(numbers, parent.row() - 1)
        return True


class ClassDelegate(QStyledItemDelegate):
    """Draws the name, a bar in the colours of both halves, and the two numbers."""

    def __init__(self, model: ClassModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._measured: tuple[tuple[str, ...], int, int] = ((), 0, 0)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        return QSize(80, round(theme.font("small").pixelSize() * 1.9))

    def _longest(self) -> int:
        """The pixels of the longest name, of the first two hundred."""
        names, font = self._model.names, theme.font("small", bold=True)
        if self._measured[:2] != (names, font.pixelSize()):
            metrics = QFontMetrics(font)
            longest = max(metrics.horizontalAdvance(each) for each in (ALL, *names[:200]))
            self._measured = names, font.pixelSize(), longest
        return self._measured[2]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        room, state, model = option.rect, option.state, self._model
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(room, theme.color("accent", 0.22))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(room, theme.color("accent", 0.1))
        name, (train, validation, out) = model.row(index.row())
        painter.setFont(theme.font("small", bold=not index.row()))
        metrics = painter.fontMetrics()
        told = f"{train:,} + {validation:,}"
        widest = QFontMetrics(theme.font("small", bold=True)).horizontalAdvance(_widest(model))
        words = min(self._longest(), max(24, room.width() - widest - 70))
        line = Qt.AlignmentFlag.AlignVCenter
        inner = room.adjusted(6, 0, -6, 0)
        painter.setPen(theme.color("text"))
        painter.drawText(
            QRect(inner.x(), inner.y(), words, inner.height()),
            line | Qt.AlignmentFlag.AlignLeft,
            metrics.elidedText(name, Qt.TextElideMode.ElideRight, words),
        )
        painter.setPen(theme.color("muted"))
        painter.drawText(inner, line | Qt.AlignmentFlag.AlignRight, told)
        bar = QRectF(inner.x() + words + 8, inner.center().y() - 4, inner.width() - words - widest - 16, 8)
        most = int(model.counts.sum(1).max()) if index.row() else int(model.counts.sum())
        x = bar.x()
        if bar.width() > 8 and most:
            for number, color in ((train, "train"), (validation, "validation"), (out, "line")):
                width = bar.width() * int(number) / most
                painter.fillRect(
                    QRectF(x, bar.y(), max(width, 1.0) if number else 0.0, bar.height()), theme.color(color)
                )
                x += width
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(room.adjusted(0, 0, -1, -1))


class ClassBars(QListView):
    """The classes; ``chosen`` carries the label of the one whose pictures shall be seen, None for all."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = ClassModel(self)
        self.setAccessibleName("Classes, with how many pictures each has to train and to validate with")
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(ClassDelegate(self.classes, self))
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.setDropIndicatorShown(True)
        self.setMouseTracking(True)
        self.setMinimumSize(90, 48)
        self.setModel(self.classes)
        self.selectionModel().currentChanged.connect(
            lambda index: self.chosen.emit(index.row() - 1 if index.row() > 0 else None)
        )
        theme.changed.connect(self.doItemsLayout)

    def show_roll(self, roll: Roll | None) -> None:
        """Show the classes of this roll, the first line chosen where they are others."""
        is_other = roll is not None and roll.classes != self.classes.names
        self.classes.show(roll)
        self.setAccessibleDescription(counted(len(self.classes.names), "class"))
        if is_other:
            self.setCurrentIndex(self.classes.index(0))

    def choose(self, label: int | None) -> None:
        """Choose a class, or all."""
        self.setCurrentIndex(self.classes.index(0 if label is None else label + 1))


def counts(roll: Roll) -> Counts:
    """How many pictures each class has to train with, to validate with, and left out (classes, 3)."""
    of_class = len(roll.classes)
    kinds = (~roll.apart & ~roll.left_out, roll.apart & ~roll.left_out, roll.left_out)
    return np.stack([np.bincount(roll.labels[kind], minlength=of_class) for kind in kinds], 1)


def _widest(model: ClassModel) -> str:
    train, validation, _ = model.counts.sum(0).tolist()
    return f"{train:,} + {validation:,}"
