"""Picture model: the pictures of a data set that a filter lets through, in an order; a row each, and nothing beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from cnnstudio.training.data.roll import Roll
from cnnstudio.ui.training.data.picture_shelf import PictureShelf
from cnnstudio.ui.widgets.foreign_text import tip

if TYPE_CHECKING:
    from cnnstudio.training.data.album import Album

Index = QModelIndex | QPersistentModelIndex
Numbers = NDArray[np.int64]
MIME = "application/x-cnnstudio-pictures"
HOW = "Drag it onto a class to say that it is of that one; tick it, or press Delete, to leave it out."


class Which(Enum):
    """Which pictures are shown, by their half and by what a person said of them."""

    ALL = "All pictures"
    TRAINING = "To train with"
    VALIDATION = "To validate with"
    LEFT_OUT = "Left out"
    MOVED = "Relabelled"
    CONFIRMED = "Looked at"


class Order(Enum):
    """In which order they stand."""

    FOUND = "As found"
    NAME = "By name"
    CLASS = "By class"


@dataclass(frozen=True, eq=False)
class Filter:
    """What of the pictures is shown; ``among`` are the numbers of those that a doubt is about, in its order."""

    label: int | None = None
    which: Which = Which.ALL
    words: str = ""
    order: Order = Order.FOUND
    among: Numbers | None = None

    def numbers(self, roll: Roll, names: Sequence[str]) -> Numbers:
        """The pictures that it lets through, in its order; ``names`` are their names, by number."""
        kept = np.ones(len(roll.given), bool)
        if self.label is not None:
            kept &= roll.labels == self.label
        match self.which:
            case Which.TRAINING:
                kept &= ~roll.apart & ~roll.left_out
            case Which.VALIDATION:
                kept &= roll.apart & ~roll.left_out
            case Which.LEFT_OUT:
                kept &= roll.left_out
            case Which.MOVED:
                kept &= roll.moved
            case Which.CONFIRMED:
                kept &= roll.confirmed | roll.left_out
        if self.among is not None:
            found = self.among[kept[self.among]]
        else:
            found = np.flatnonzero(kept)
        if words := self.words.strip().casefold():
            found = np.array([number for number in found.tolist() if words in names[number].casefold()], np.int64)
        if self.order is Order.NAME:
            found = np.array(sorted(found.tolist(), key=names.__getitem__), np.int64)
        elif self.order is Order.CLASS:
            found = found[np.argsort(roll.labels[found], kind="stable")]
        return found.astype(np.int64)


class PictureModel(QAbstractListModel):
    """A row a picture. ``left_out_asked`` says that these numbers shall be left out, or not any more."""

    left_out_asked = Signal(object, bool)

    def __init__(self, thumbnails: PictureShelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.album: Album | None = None
        self.roll: Roll | None = None
        self.order: Numbers = np.zeros(0, np.int64)
        self.suggested: dict[int, int] = {}  # number -> the class that it looks like, where that is doubted

    def caption(self, number: int) -> str:
        """The class of a picture, and the one that it looks like while that is doubted."""
        assert self.roll is not None
        name, other = self.roll.classes[self.roll.labels[number]], self.suggested.get(number)
        is_open = other is not None and not self.roll.confirmed[number]
        return f"{name} → {self.roll.classes[other]}?" if other is not None and is_open else name

    def show(self, album: Album | None, roll: Roll | None, order: Numbers) -> None:
        """Show these pictures of an album; where they stay the same in the same order, their rows stay too."""
        is_same = album is self.album and np.array_equal(order, self.order)
        if not is_same:
            self.beginResetModel()
        self.album, self.roll, self.order = album, roll, order
        if not is_same:
            self.endResetModel()
        elif len(order):
            self.dataChanged.emit(self.index(0), self.index(len(order) - 1))

    def number(self, index: Index) -> int:
        """The number of the picture in a row."""
        return int(self.order[index.row()])

    def name(self, number: int) -> str:
        """What a picture is called."""
        assert self.album is not None
        return self.album.ways[number] if self.album.has_files else f"number {number:,}"

    def words(self, number: int) -> str:
        """What there is to say of a picture, but for its name."""
        assert self.roll is not None
        roll = self.roll
        found, now = roll.classes[roll.given[number]], roll.classes[roll.labels[number]]
        said = [now if now == found else f"{now}, found in {found}"]
        said.append("to validate with" if roll.apart[number] else "to train with")
        if roll.left_out[number]:
            said[1:] = ["left out"]
        if number in self.thumbnails.broken:
            said.append("cannot be read")
        return ", ".join(said)

    # what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(self.order)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled | flag.ItemIsUserCheckable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self.roll is None:
            return None
        number = self.number(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(number)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.name(number)}: {self.words(number)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.words(number), self.thumbnails.broken.get(number, ""), HOW, title=self.name(number))
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if self.roll.left_out[number] else Qt.CheckState.Unchecked
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        self.left_out_asked.emit((self.number(index),), Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def supportedDragActions(self) -> Qt.DropAction:  # noqa: N802 - Qt's name
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = sorted(index.row() for index in indexes)
        made = QMimeData()
        made.setData(MIME, self.order[rows].tobytes())
        return made


def carried(data: QMimeData) -> tuple[int, ...]:
    """The numbers of the pictures that are dragged; none where it is something else."""
    return tuple(np.frombuffer(data.data(MIME).data(), np.int64).tolist()) if data.hasFormat(MIME) else ()
