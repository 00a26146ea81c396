"""History: every step that was taken, to go back to any of them and forth again."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QUndoView, QVBoxLayout, QWidget
from shiboken6 import isValid

from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme


class HistoryPanel(Panel):
    """The steps of undo, the oldest first. A click, or an arrow key, leads to how the project was after that step."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.list = QUndoView(document.undo_stack, self)
        self.list.setEmptyLabel("As opened")
        self.list.setCleanIcon(icon("floppy-disk", "muted"))
        self.list.setIconSize(QSize(15, 15))
        self.list.setUniformItemSizes(True)
        self.list.setItemDelegate(_Steps(document, self.list))
        self.list.setAccessibleName("History")
        self.list.setToolTip("Choose a step to go to. What comes after it is kept until something else is changed.")
        self.setFocusProxy(self.list)
        document.undo_stack.indexChanged.connect(self.list.viewport().update)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.list)


class _Steps(QStyledItemDelegate):
    """Shows the steps that were taken back as fainter than those that count."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._stack = document.undo_stack

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        if isValid(self._stack) and index.row() > self._stack.index():  # the list may outlive it by a moment
            option.palette.setColor(QPalette.ColorRole.Text, theme.color("muted"))
