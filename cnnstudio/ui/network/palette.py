"""Palette: every block by family, to search, to drag and to add."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QDrag, QHoverEvent, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.blocks import Group
from cnnstudio.blocks.families import FAMILIES, OWN
from cnnstudio.graph import BLOCKS, Block, Composite
from cnnstudio.project import ProjectError
from cnnstudio.project.library import Kept, as_text
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.drag_ghost import Ghost
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.put_block import put_block
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.question_bar import QuestionBar
from cnnstudio.ui.widgets.search import Entry, found
from cnnstudio.ui.widgets.tile import paint_tile
from cnnstudio.wording import counted

MIME = "application/x-cnnstudio-block"
BLOCK_ROLE = Qt.ItemDataRole.UserRole
KEPT_ROLE = Qt.ItemDataRole.UserRole + 1  # of a group in the library
MOST_TROUBLES = 10  # files that are named


class PalettePanel(Panel):
    """A searchable list of the blocks; Enter and double-click add one behind the selected node."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._closed: set[str] = set()  # the headings whose blocks are folded away
        self._allowed: frozenset[str] = frozenset()  # by a lesson; none means all
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search blocks")
        self.search.setAccessibleName("Search blocks")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.tree = BlockTree(self)
        self.tree.itemClicked.connect(self._toggle)
        self.tree.itemActivated.connect(self._add)
        self.tree.installEventFilter(self)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.question = QuestionBar(self)
        document.library.changed.connect(lambda: self._fill(self.search.text()))
        self.nothing = Sentence(parent=self)
        self.nothing.setProperty("role", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(14, 6, 14, 6)
        self.unread = Sentence(parent=self)
        self.unread.setProperty("role", "warning")
        self.unread.setProperty("textSize", "small")
        self.unread.setContentsMargins(14, 0, 14, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(6)
        top = QVBoxLayout()
        top.setContentsMargins(10, 0, 10, 0)
        top.addWidget(self.search)
        layout.addLayout(top)
        layout.addWidget(self.nothing)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.unread)
        layout.addWidget(self.question)
        self.setFocusProxy(self.search)
        self._fill("")

    def allow(self, names: frozenset[str]) -> None:
        """Offer these blocks alone, by the names of their classes; with none, all."""
        if names != self._allowed:
            self._allowed = names
            self._fill(self.search.text())

    def restyle(self) -> None:
        self.tree.viewport().update()

    def touch(self) -> None:
        """Nothing here depends on the project."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if watched is self.search and self._searching(event):
                return True
            if watched is self.tree and event.key() == Qt.Key.Key_Delete:
                self._ask_to_remove(self.tree.currentItem())
                return True
            if watched is self.tree and event.text().strip() and event.text().isprintable():
                # a letter typed in the list goes on searching
                self.search.setFocus()
                self.search.setText(self.search.text() + event.text())
                return True
        return super().eventFilter(watched, event)

    def _searching(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.tree.keyPressEvent(event)
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.tree.currentItem()
            if item is not None:
                self._add(item)
            return True
        if key == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            return True
        return False

    def _fill(self, text: str) -> None:
        self.tree.clear()
        offered = (block for name, block in BLOCKS.items() if not self._allowed or name in self._allowed)
        listed = matches(text, (block for block in offered if block.is_offered))
        mine = _own(text, self.document.library.groups) if not self._allowed else []
        if text.strip():
            self.tree.addTopLevelItems([*map(_kept_entry, mine), *map(_entry, listed)])
        else:
            for family in FAMILIES.values():
                entries = [_entry(block) for block in listed if block.family == family.key]
                entries += map(_kept_entry, mine if family is OWN else ())
                if entries:
                    heading = QTreeWidgetItem([family.title])
                    heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
                    self.tree.addTopLevelItem(heading)
                    heading.addChildren(entries)
                    heading.setExpanded(family.title not in self._closed)
        self._tell_of_unread(self.document.library.troubles)
        called = text.strip()[:40]
        if self._allowed and not listed and any(matches(text, BLOCKS.values())):
            self.nothing.setText(f"“{called}” is not offered here: the lesson or View → Fewer blocks keeps to others.")
        else:
            self.nothing.setText(f"No block is called “{called}”. Try conv, pool, relu, skip or image.")
        self.nothing.setVisible(not listed and not mine)
        self.tree.setVisible(bool(listed or mine))
        if text.strip() and (best := self.tree.topLevelItem(0)) is not None:
            self.tree.setCurrentItem(best)

    def _tell_of_unread(self, troubles: Sequence[str]) -> None:
        """Say which files of the library could not be read, as long as that is so."""
        count = len(troubles)
        self.unread.setText(f"{counted(count, 'file')} of your library cannot be read." if count else "")
        self.unread.setToolTip(tip(*troubles[:MOST_TROUBLES]))
        self.unread.setAccessibleDescription(" ".join(troubles[:MOST_TROUBLES]))
        self.unread.setVisible(bool(count))

    def _toggle(self, item: QTreeWidgetItem) -> None:
        if item.data(0, BLOCK_ROLE) is None:
            item.setExpanded(not item.isExpanded())
            (self._closed.discard if item.isExpanded() else self._closed.add)(item.text(0))

    def _add(self, item: QTreeWidgetItem) -> None:
        block, kept = item.data(0, BLOCK_ROLE), item.data(0, KEPT_ROLE)
        if block is None:
            return
        put_block(self.document, kept.group if kept is not None else block(), item.text(0))

    @property
    def pointed(self) -> type[Block] | None:
        """The kind of block at which the list stands."""
        item = self.tree.currentItem()
        return item.data(0, BLOCK_ROLE) if item is not None else None

    # blocks of a person's own

    def menu(self, item: QTreeWidgetItem | None) -> QMenu | None:
        """What can be done with a block of the list; None for a heading."""
        if item is None or (kind := item.data(0, BLOCK_ROLE)) is None:
            return None
        menu = QMenu(self)
        menu.addAction("Add it to the network", lambda: self._add(item))
        menu.addAction(icon("book-open"), "Read about it", lambda: self.page_asked.emit(f"block/{kind.__name__}"))
        if item.data(0, KEPT_ROLE) is not None:
            menu.addAction(icon("trash"), "Remove it from the library…", lambda: self._ask_to_remove(item))
        return menu

    def _show_menu(self, place: QPoint) -> None:
        if (menu := self.menu(self.tree.itemAt(place))) is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.tree.viewport().mapToGlobal(place))

    def _ask_to_remove(self, item: QTreeWidgetItem | None) -> None:
        kept = item.data(0, KEPT_ROLE) if item is not None else None
        if kept is not None:
            sentence = f"Remove {kept.label} from the library? Networks that use it keep their copy."
            self.question.ask(sentence, "Remove", lambda: self._remove(kept))

    def _remove(self, kept: Kept) -> None:
        try:
            self.document.library.remove(kept)
        except ProjectError as error:
            self.document.said.emit(str(error))


class BlockTree(QTreeWidget):
    """The list; its blocks can be dragged away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setExpandsOnDoubleClick(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(BlockDelegate(self))
        self.setAccessibleName("Blocks")

    def startDrag(self, actions: Qt.DropAction) -> None:  # noqa: N802 - Qt's name
        item = self.currentItem()
        if item is not None and (block := item.data(0, BLOCK_ROLE)) is not None:
            drag = QDrag(self)
            drag.setMimeData(self.mimeData([item]))
            ghost = Ghost(drag, card(block, self.devicePixelRatioF(), item.text(0)), self.window())
            drag.exec(Qt.DropAction.CopyAction)
            ghost.hide()
            ghost.deleteLater()
            # who drags something away is not told that the pointer has left, and marks the last row once more
            QTimer.singleShot(0, self, self._forget_hover)

    def _forget_hover(self) -> None:
        away = QPointF(-1.0, -1.0)
        QApplication.sendEvent(self.viewport(), QHoverEvent(QEvent.Type.HoverLeave, away, away, away))

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, items: Iterable[QTreeWidgetItem]) -> QMimeData:
        data = QMimeData()
        for item in items:
            if kept := item.data(0, KEPT_ROLE):
                data.setData(MIME, json.dumps({"file": as_text(kept.group)}).encode())
                data.setText(kept.label)
            elif block := item.data(0, BLOCK_ROLE):
                data.setData(MIME, json.dumps({"block": block.__name__, "parameters": {}}).encode())
                data.setText(block.__name__)
        return data


class BlockDelegate(QStyledItemDelegate):
    """Paints a block as its tile and its title, and a family as a small heading."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802 - Qt's name
        metrics = option.fontMetrics
        is_block = index.data(BLOCK_ROLE) is not None
        return QSize(0, max(30, metrics.height() + 12) if is_block else metrics.height() + (18 if index.row() else 10))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        block = index.data(BLOCK_ROLE)
        title = str(index.data(Qt.ItemDataRole.DisplayRole))
        rect: QRect = option.rect
        painter.save()
        if block is None:
            painter.setFont(theme.font("small", bold=True))
            painter.setPen(theme.color("muted"))
            painter.drawText(rect.adjusted(14, 0, -8, -4), Qt.AlignmentFlag.AlignBottom, title)
            is_open = bool(option.state & QStyle.StateFlag.State_Open)
            if not is_open or option.state & QStyle.StateFlag.State_MouseOver:
                place = QRect(rect.right() - 28, rect.bottom() - 16, 12, 12)
                icon("caret-down" if is_open else "caret-right", "muted").paint(painter, place)
            painter.restore()
            return
        widget = option.widget
        option.text = ""
        widget.style().drawPrimitive(widget.style().PrimitiveElement.PE_PanelItemViewItem, option, painter, widget)
        paint_tile(painter, QRect(rect.left() + 14, rect.center().y() - 9, 20, 20), block)
        painter.setFont(theme.font())
        painter.setPen(theme.color("text"))
        room = rect.adjusted(44, 0, -34 if issubclass(block, Composite) else -6, 0)
        title = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)
        if issubclass(block, Composite):
            icon("stack", "muted").paint(painter, QRect(rect.right() - 30, rect.center().y() - 7, 16, 16))
        painter.restore()


def matches(text: str, blocks: Iterable[type[Block]]) -> list[type[Block]]:
    """The blocks that fit what was typed, best first; letters may be left out."""
    entries = {
        Entry(block.title, "", block.family, block, f"{block.__name__} {block.family} {block.keywords}"): block
        for block in blocks
    }
    return [entries[entry] for entry in found(text, list(entries))]


def card(block: type[Block], ratio: float = 1.0, title: str | None = None) -> QPixmap:
    """What hangs on the pointer while a block is dragged: a small node."""
    font = theme.font(bold=True)
    pixmap = QPixmap(QSize(160, 40) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.family(block.family))
    painter.setBrush(theme.color("node", 0.94))
    painter.drawRoundedRect(QRect(1, 1, 157, 37), 8, 8)
    paint_tile(painter, QRect(9, 9, 22, 22), block)
    painter.setFont(font)
    painter.setPen(theme.color("text"))
    words = painter.fontMetrics().elidedText(title or block.title, Qt.TextElideMode.ElideRight, 114)
    painter.drawText(QRect(40, 0, 114, 40), Qt.AlignmentFlag.AlignVCenter, words)
    painter.end()
    return pixmap


def _entry(block: type[Block]) -> QTreeWidgetItem:
    item = QTreeWidgetItem([block.title])
    item.setData(0, BLOCK_ROLE, block)
    made = "Made of other blocks; it can be opened." if issubclass(block, Composite) else ""
    sentence = first_sentence(block)
    item.setToolTip(0, tip(sentence, made, title=block.title))
    item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, sentence)
    return item


def _own(text: str, groups: Iterable[Kept]) -> list[Kept]:
    """The groups of the library that fit what was typed."""
    entries = {Entry(kept.label, "", OWN.key, kept, "mine group own"): kept for kept in groups}
    return [entries[entry] for entry in found(text, list(entries))]


def _kept_entry(kept: Kept) -> QTreeWidgetItem:
    item = QTreeWidgetItem([kept.label])
    item.setData(0, BLOCK_ROLE, Group)
    item.setData(0, KEPT_ROLE, kept)
    parts = ", ".join(node.block.title for node in kept.group.body if not node.is_input)
    item.setToolTip(0, tip(f"A block of your own: {parts[:200]}.", title=kept.label))
    item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, "A block of your own")
    return item


def first_sentence(block: type[Block]) -> str:
    """The first sentence of a block's help."""
    return re.split(r"(?<=[.;:])\s", " ".join(block.help().split()), maxsplit=1)[0].rstrip(";:.") + "."
