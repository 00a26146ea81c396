"""Pages panel: what there is to read about blocks, networks and words, to search, and the ways to the canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStackedWidget,
    QToolButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.graph import BLOCKS, Block
from cnnstudio.lessons.pages import CONTENTS, PageError, about, pages
from cnnstudio.project import from_template
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.page_text import PageText
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.put_block import put_block
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.columns import columns
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.search import Entry, well_found

KEY = Qt.ItemDataRole.UserRole
MOST_BACK = 50  # pages that one can go back to
STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


class PagesPanel(Panel):
    """A page at a time, with a field to search all of them."""

    link_asked = Signal(str)  # an address outside the program
    tour_asked = Signal()

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.key = ""
        self._before: list[str] = []
        self._entries = [Entry(page.title, page.under, page.family, page.key, page.words) for page in pages().values()]
        self.back = self._button("arrow-left", "The page before (Alt+Left)", "Back", self.go_back)
        self.home = self._button("house", "Contents", "Contents", lambda: self.read(CONTENTS))
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search help")
        self.search.setAccessibleName("Search help")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.search.installEventFilter(self)
        self.text = PageText(self)
        self.text.asked.connect(self.follow)
        self.text.went_back.connect(self.go_back)
        self.list = columns(self, "Found", 2)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._take)
        self._lay_out()
        self.setFocusProxy(self.text)  # which scrolls, and walks from link to link
        self.read(CONTENTS)

    def _button(self, glyph: str, told: str, name: str, do: object) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(glyph))
        button.setToolTip(tip(told))
        button.setAccessibleName(name)
        button.setAutoRaise(True)
        button.clicked.connect(do)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(10, 8, 10, 0)
        row.setSpacing(4)
        for widget in (self.back, self.home):
            row.addWidget(widget)
        row.addWidget(self.search, 1)
        self._shown = QStackedWidget(self)
        self._shown.addWidget(self.text)
        self._shown.addWidget(self.list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._shown, 1)
        self.setMinimumSize(1, 120)

    def touch(self) -> None:
        """Nothing here depends on the project."""

    def restyle(self) -> None:
        self.text.restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    # reading

    def read(self, key: str) -> None:
        """Show a page; one that there is not is not shown."""
        page = pages().get(key)
        if page is None or key == self.key:
            self.search.clear()
            return
        try:
            text = page.write()
        except (PageError, KeyError, OSError) as error:
            self.document.said.emit(f"The page {page.title} cannot be shown: {error}")
            return
        if self.key:
            self._before = [*self._before, self.key][-MOST_BACK:]
        self._show(key, text)

    def read_about(self, kind: type[Block]) -> None:
        """Show the page about this kind of block."""
        self.read(about(kind))

    def go_back(self) -> None:
        """Show the page that was read before."""
        if self._before:
            key = self._before.pop()
            self._show(key, pages()[key].write())

    def _show(self, key: str, text: str) -> None:
        self.key = key
        self.search.clear()
        self.text.show_text(text)
        self.text.setAccessibleDescription(pages()[key].title)
        self._shown.setCurrentWidget(self.text)
        self.back.setEnabled(bool(self._before))

    def follow(self, address: str) -> None:
        """Go where a link leads: to a page, to the canvas, on the tour, or out of the program, which is asked first."""
        way, _, rest = address.partition(":")
        if way == "page":
            self.read(rest)
        elif way == "put":
            put_block(self.document, BLOCKS[rest]())
        elif way == "panel":
            self.panel_asked.emit(rest)
        elif way == "open":
            self.project_asked.emit(from_template(rest))
        elif way == "tour":
            self.tour_asked.emit()
        else:
            self.link_asked.emit(address)

    # searching

    def _search(self, text: str) -> None:
        if not text.strip():
            self._shown.setCurrentWidget(self.text)
            return
        self.list.clear()
        for entry in well_found(text, self._entries)[:60]:
            item = QTreeWidgetItem(self.list, [entry.title, entry.detail])
            item.setForeground(1, theme.color("muted"))
            item.setData(0, KEY, entry.value)
        if not self.list.topLevelItemCount():
            nothing = QTreeWidgetItem(self.list, ["Nothing was found. Try another word for it."])
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            nothing.setFirstColumnSpanned(True)
        self._shown.setCurrentWidget(self.list)
        self._step(0)

    def _step(self, by: int) -> None:
        count, current = self.list.topLevelItemCount(), self.list.currentItem()
        at = self.list.indexOfTopLevelItem(current) + by if by and current is not None else 0
        item = self.list.topLevelItem(max(0, min(count - 1, at)))
        if item is not None:
            self.list.setCurrentItem(item)
            announce(self.search, item.text(0))

    def _take(self, item: QTreeWidgetItem | None) -> None:
        key = item.data(0, KEY) if item is not None else None
        if key is not None:
            self.read(key)
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = Qt.Key(event.key())
        if key in STEPS and self._shown.currentWidget() is self.list:
            self._step(STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._shown.currentWidget() is self.list:
            self._take(self.list.currentItem())
        elif key == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            return False
        return True
