"""Columns: a plain list of several columns without a header, as those that a person searches have it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QHeaderView, QToolTip, QTreeWidget, QWidget

from cnnstudio.ui.widgets.foreign_text import tip


class Columns(QTreeWidget):
    """A list whose tooltips say what its cells are too narrow for."""

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.indexAt(event.pos())
            if not cell.data(Qt.ItemDataRole.ToolTipRole) and self.is_cut(cell.row(), cell.column()):
                QToolTip.showText(event.globalPos(), tip(str(cell.data())), self)
                return True
        return super().viewportEvent(event)

    def is_cut(self, row: int, column: int) -> bool:
        """Whether a cell shows less than its text."""
        cell = self.model().index(row, column)
        return self.sizeHintForIndex(cell).width() > self.visualRect(cell).width()


def columns(parent: QWidget, name: str, count: int, stretched: int | None = None) -> Columns:
    """A list of ``count`` columns as wide as what is in them, but for the ``stretched`` one, which takes the rest.

    A screen reader calls it ``name``.
    """
    made = Columns(parent)
    made.setAccessibleName(name)
    made.setColumnCount(count)
    made.setHeaderHidden(True)
    made.setRootIsDecorated(False)
    made.setIndentation(0)
    made.setIconSize(QSize(17, 17))
    header = made.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    if stretched is not None:
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    return made
