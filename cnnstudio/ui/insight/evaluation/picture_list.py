"""Picture list: validation images by their numbers, each with what it is and what it is taken for; to choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QListView, QVBoxLayout, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.samples import pixmap

Pixels = NDArray[np.uint8]
Index = QModelIndex | QPersistentModelIndex
SIDE = 64  # pixels of an image
MOST = 300  # images that are listed
HOW = "Choose one and every panel looks at it; Enter or a double click opens it in Feature maps."


@dataclass(frozen=True)
class Listed:
    """The number of a validation image, the words below it, and those that are read aloud."""

    number: int
    words: str
    aloud: str


class PictureModel(QAbstractListModel):
    """A row an image, which is drawn when it is first seen."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[Listed, ...] = ()
        self._image: Callable[[int], Pixels] | None = None
        self._drawn: dict[int, QPixmap] = {}

    def show(self, rows: Sequence[Listed], image: Callable[[int], Pixels] | None) -> None:
        """List these; ``image`` gives the pixels (C, H, W) of a number."""
        self.beginResetModel()
        self.rows, self._image, self._drawn = tuple(rows), image, {}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.aloud
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row.aloud, HOW)
        if role == Qt.ItemDataRole.DecorationRole and self._image is not None:
            if row.number not in self._drawn:
                self._drawn[row.number] = pixmap(self._image(row.number), SIDE)
            return self._drawn[row.number]
        return None


class PictureList(QWidget):
    """A sentence and the pictures that it speaks of."""

    picked = Signal(int)  # the number of an image that the person chose
    opened = Signal(int)  # and of one that they want to see into

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = Sentence(parent=self)
        self.sentence.setContentsMargins(8, 4, 8, 2)
        self.model = PictureModel(self)
        self.view = QListView(self)
        self.view.setModel(self.model)
        self.view.setAccessibleName(name)
        self.view.setViewMode(QListView.ViewMode.IconMode)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setMovement(QListView.Movement.Static)
        self.view.setUniformItemSizes(True)
        self.view.setWordWrap(True)
        self.view.setIconSize(QSize(SIDE, SIDE))
        self.view.setMinimumHeight(48)
        self.view.selectionModel().selectionChanged.connect(self._pick)
        self.view.activated.connect(lambda index: self.opened.emit(self.model.rows[index.row()].number))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.sentence)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        theme.changed.connect(self._size)
        self._size()

    def show_pictures(self, sentence: str, rows: Sequence[Listed], image: Callable[[int], Pixels] | None) -> None:
        """Say this and list these, the first ``MOST`` of them."""
        cut = f" These are the first {MOST:,} of {len(rows):,}." if len(rows) > MOST else ""
        self.sentence.setText(f"{sentence}{cut}")
        self.model.show(rows[:MOST], image)
        self.view.setVisible(bool(rows))
        self._size()

    def clear(self) -> None:
        """Show nothing, and hold no images."""
        self.show_pictures("", (), None)

    def _pick(self) -> None:
        for index in self.view.selectionModel().selectedIndexes():
            self.picked.emit(self.model.rows[index.row()].number)

    def _size(self) -> None:
        self.view.setFont(theme.font("small"))
        metrics = self.view.fontMetrics()
        widest = max((metrics.horizontalAdvance(row.words) for row in self.model.rows), default=0)
        self.view.setGridSize(QSize(max(SIDE, min(widest, 2 * SIDE)) + 16, SIDE + 2 * metrics.height() + 12))
