"""BookmarkList: the bookmarks in a window, to go to, rename, order and remove."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.project import ProjectError
from cnnstudio.ui.actions.shortcuts import Shortcuts, shown_keys
from cnnstudio.ui.canvas.commands.bookmarks import Bookmarks
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.columns import columns
from cnnstudio.ui.widgets.labels import Plain

NAME = 1  # the column


class BookmarkList(QDialog):
    """Enter goes there, F2 renames in place, Delete removes; each change is a step of undo of the project."""

    def __init__(self, document: Document, bookmarks: Bookmarks, shortcuts: Shortcuts, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Bookmarks")
        self.resize(theme.scaled(460, 360, self.screen().availableSize()))
        self._bookmarks, self._shortcuts = bookmarks, shortcuts
        self.list = columns(self, "Bookmarks", 3, NAME)
        self.list.setUniformRowHeights(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.empty = Plain("Nothing is bookmarked yet. Bring what you want to come back to into view first.", self)
        self.empty.setWordWrap(True)
        self.empty.setProperty("role", "muted")
        self.sentence = Plain(parent=self)
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "error")
        self.sentence.hide()
        self.go = self._button("Go there", "arrow-right", lambda: bookmarks.go_to(self._index))
        self.rename = self._button("Rename", "pencil-simple", self._write)
        self.reset = self._button("Set to this view", "crosshair", lambda: bookmarks.reset(self._index))
        self.up = self._button("Up", "arrow-up", lambda: self._move(-1))
        self.down = self._button("Down", "arrow-down", lambda: self._move(1))
        self.remove = self._button("Remove", "trash", lambda: bookmarks.remove(self._index))
        self.add = self._button("Bookmark this view", "bookmark-simple", bookmarks.add)
        self._lay_out()
        self.list.currentItemChanged.connect(self._show_state)
        self.list.itemActivated.connect(lambda _: bookmarks.go_to(self._index))
        self.list.itemChanged.connect(self._renamed)
        document.changed.connect(self._fill)
        shortcuts.changed.connect(self._fill)
        theme.changed.connect(self._fill)
        self._fill()

    def _button(self, text: str, name: str, slot: object) -> QPushButton:
        made = QPushButton(icon(name), text, self)
        made.setAutoDefault(False)
        made.clicked.connect(slot)
        return made

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        for button in (self.go, self.rename, self.reset, self.up, self.down, self.remove):
            side.addWidget(button)
        side.addStretch()
        side.addWidget(self.add)
        left = QVBoxLayout()
        left.addWidget(self.empty)
        left.addWidget(self.list, 1)
        left.addWidget(self.sentence)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addLayout(left, 1)
        layout.addLayout(side)

    @property
    def _index(self) -> int:
        item = self.list.currentItem()
        return self.list.indexOfTopLevelItem(item) if item is not None else -1

    def _fill(self, *_: object) -> None:
        marks, at = self._bookmarks.marks, max(0, self._index)
        self.list.blockSignals(True)
        self.list.clear()
        for number, mark in enumerate(marks, 1):
            keys = self._shortcuts.keys(f"bookmark-go-{number}")
            where = "" if not mark.scope else f"in {' › '.join(mark.scope)}"
            item = QTreeWidgetItem(self.list, [shown_keys(keys[0]) if keys else str(number), mark.name, where])
            item.setSizeHint(NAME, QSize(0, self.fontMetrics().height() + 10))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            for column in (0, 2):
                item.setForeground(column, theme.color("muted"))
        if (current := self.list.topLevelItem(min(at, len(marks) - 1))) is not None:
            self.list.setCurrentItem(current)
        self.list.blockSignals(False)
        self._show_state()

    def _show_state(self, *_: object) -> None:
        marks, index = self._bookmarks.marks, self._index
        self.empty.setVisible(not marks)
        self.list.setVisible(bool(marks))
        self.sentence.hide()
        for button in (self.go, self.rename, self.reset, self.remove):
            button.setEnabled(index >= 0)
        self.up.setEnabled(index > 0)
        self.down.setEnabled(0 <= index < len(marks) - 1)

    def _write(self) -> None:
        if (item := self.list.currentItem()) is not None:
            self.list.editItem(item, NAME)

    def _renamed(self, item: QTreeWidgetItem, column: int) -> None:
        index = self.list.indexOfTopLevelItem(item)
        try:
            self._bookmarks.rename(index, item.text(column))
        except ProjectError as error:
            self._fill()
            self.sentence.setText(str(error))
            self.sentence.show()

    def _move(self, by: int) -> None:
        place = self._bookmarks.move(self._index, by)
        if (item := self.list.topLevelItem(place)) is not None:
            self.list.setCurrentItem(item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self._index >= 0:
            self._bookmarks.remove(self._index)
        elif event.key() == Qt.Key.Key_F2:
            self._write()
        else:
            super().keyPressEvent(event)


def show_bookmarks(document: Document, bookmarks: Bookmarks, shortcuts: Shortcuts, window: QWidget) -> None:
    """Open the list of bookmarks over the window, or bring it to the front where it is open."""
    page = window.findChild(BookmarkList) or BookmarkList(document, bookmarks, shortcuts, window)
    page.show()
    page.raise_()
    page.activateWindow()
