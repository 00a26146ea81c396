"""Collected list: the classes of a collection with how many pictures each has; what is dropped on one is of it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import counted, printable

NAME = Qt.ItemDataRole.UserRole


class CollectedList(QListWidget):
    """A line a class. ``dropped`` carries what was dropped on one, and its name."""

    chosen = Signal(str)
    dropped = Signal(QMimeData, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: dict[str, int] = {}
        self.setAccessibleName("Classes of the collection")
        self.setAcceptDrops(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setMinimumHeight(48)
        self.currentItemChanged.connect(lambda *_: self.chosen.emit(self.label))

    @property
    def label(self) -> str:
        """The class that is chosen; empty where there is none."""
        item = self.currentItem()
        return str(item.data(NAME)) if item is not None else ""

    def show_classes(self, counts: Mapping[str, int]) -> None:
        """Show these classes, the chosen one still chosen, or else the first."""
        if self._shown == counts:
            return
        chosen, self._shown = self.label, dict(counts)
        self.blockSignals(True)
        self.clear()
        for name, count in counts.items():
            item = QListWidgetItem(f"{printable(name)}   {count:,}")
            item.setData(NAME, name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}: {counted(count, 'picture')}")
            item.setToolTip(tip(f"{counted(count, 'picture')}. Drop more of them here.", title=name))
            self.addItem(item)
        self.choose(chosen)
        self.blockSignals(False)

    def choose(self, label: str) -> None:
        """Choose a class, the first where there is none of this name."""
        rows = [row for row in range(self.count()) if self.item(row).data(NAME) == label]
        if self.count():
            self.setCurrentRow(rows[0] if rows else 0)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(160, 90)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._welcome(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._welcome(event)

    def _welcome(self, event: QDropEvent) -> None:
        data = event.mimeData()
        is_any = data.hasImage() or any(url.isLocalFile() for url in data.urls())
        if is_any and self.itemAt(event.position().toPoint()) is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.setCurrentItem(item)
            self.dropped.emit(event.mimeData(), str(item.data(NAME)))
