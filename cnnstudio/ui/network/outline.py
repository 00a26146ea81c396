"""Outline: the network as a list to walk through, for those who would rather read it than look at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from itertools import groupby
from typing import cast

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.editing.removal import removal, removed
from cnnstudio.graph import GraphError, NamingError
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.outline_model import OutlineModel
from cnnstudio.ui.network.outline_row import COLUMNS, FRAME, KIND, NAME, OUTPUT, READS
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.text_keys import goes_into_text
from cnnstudio.wording import closer

# the columns in the order in which a wider panel has room for them, with their least widths in a body font of 13 pixels
ROOM = {NAME: 104, OUTPUT: 64, KIND: 124, READS: 90, FRAME: 80}
SPARE = 4  # pixels between a name and the next column
MEASURED = 4  # of the names with most letters, one is the widest
EMPTY = "There is no block yet.\nDrag one onto the canvas, or press Tab there."
UNKNOWN = "Nothing here is called so."
KEEPS, ADDS = QItemSelectionModel.SelectionFlag.NoUpdate, QItemSelectionModel.SelectionFlag.ClearAndSelect


class OutlinePanel(Panel):
    """The nodes in their order, with their wires and parts under them; its selection and the document's are one.

    Enter shows a block on the canvas, or opens it; F2 gives it another name; Delete removes blocks and wires.
    """

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._is_selecting = False
        self._scope: tuple[str, ...] | None = None
        self.model = OutlineModel(self._rename, self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Filter")
        self.search.setAccessibleName("Filter the outline")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._filter)
        self.tree = Tree(self)
        self.tree.setModel(self.model)
        self.tree.setItemDelegateForColumn(OUTPUT, Shapes(self.tree))
        self.tree.taken.connect(self.take)
        self.tree.removed.connect(self.remove)
        self.tree.resized.connect(self.fit_columns)
        self.tree.menu_asked.connect(self.menu_asked)
        self.tree.selectionModel().selectionChanged.connect(self._selected)
        self.tree.expanded.connect(self._span)
        self.model.rowsInserted.connect(self._span)
        self.model.modelReset.connect(self._show_selection)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        row = QVBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self.search)
        layout.addLayout(row)
        layout.addWidget(self.tree, 1)
        self.setFocusProxy(self.tree)

    def addActions(self, actions: Sequence[QAction]) -> None:  # noqa: N802 - Qt's name
        """Have the shortcuts of these actions in the list; what is typed into the filter is none."""
        self.tree.addActions(actions)

    # showing

    def refresh(self) -> None:
        document, scope = self.document, self.document.scope
        self.model.can_rename = not document.is_read_only
        self._is_selecting = True  # rows that go take their selection with them, and that is nobody's choice
        self.model.show(document.shown_analysis, document.conceals, anew=scope != self._scope)
        self._is_selecting, self._scope = False, scope
        self._say()
        self.fit_columns()
        self._show_selection()

    def restyle(self) -> None:
        self.model.restyle()
        self.tree.restyle()
        self.fit_columns()

    def fit_columns(self) -> None:
        """Show as many columns as there is room for; the first says to the ear what the others say."""
        left, widths = self.tree.viewport().width(), {NAME: self._widest_name()}
        left -= min(left, widths[NAME])
        for column, least in ROOM.items():
            if column == NAME or (column == FRAME and not self.model.analysis.graph.frames):
                continue
            width = round(least * theme.scale)
            if column == OUTPUT:
                width = max(width, self.tree.sizeHintForColumn(OUTPUT))
            if width > left:
                break
            widths[column] = width
            left -= width
        for column in ROOM:
            self.tree.setColumnHidden(column, column not in widths)
            self.tree.setColumnWidth(column, widths.get(column, 0) + left // len(widths))

    def _widest_name(self) -> int:
        """How wide the first column must be for every name of the first level, and no wider than there is room."""
        names = nlargest(MEASURED, self.model.names, key=len)
        places = [self.model.index(place, NAME) for name in names if (place := self.model.place(name)) is not None]
        widths = [self.tree.sizeHintForIndex(place).width() for place in places]
        wanted = max(widths, default=0) + self.tree.indentation() + SPARE
        return min(max(wanted, round(ROOM[NAME] * theme.scale)), self.tree.viewport().width())

    def _span(self, parent: QModelIndex) -> None:
        """Let what is said of a wire run on under the other columns."""
        if parent.isValid():
            for place in range(self.model.rowCount(parent)):
                row = self.model.row(self.model.index(place, NAME, parent))
                self.tree.setFirstColumnSpanned(place, parent, row is not None and row.part is None)

    def _filter(self, words: str) -> None:
        self._is_selecting = True
        self.model.filter(words)
        self._is_selecting = False
        self._say()
        self._show_selection()

    def _say(self) -> None:
        """Say why nothing is listed, where nothing is."""
        self.search.setVisible(bool(len(self.model.analysis.graph)) or bool(self.search.text()))
        self.tree.say("" if self.model.names else UNKNOWN if len(self.model.analysis.graph) else EMPTY)

    # selecting

    def _show_selection(self) -> None:
        model = self.tree.selectionModel()
        places = [place for name in self.document.selection if (place := self.model.place(name)) is not None]
        if {self.model.names[place] for place in places} == self._chosen():
            return
        selection, right = QItemSelection(), len(COLUMNS) - 1
        for first, last in _spans(sorted(places)):
            selection.select(self.model.index(first, NAME), self.model.index(last, right))
        self._is_selecting = True
        model.select(selection, ADDS)
        if places:
            here = self.model.index(places[-1], NAME)
            model.setCurrentIndex(here, KEEPS)
            self.tree.scrollTo(here)
        self._is_selecting = False

    def _selected(self) -> None:
        if not self._is_selecting:
            names = self._chosen()
            self.document.select(tuple(name for name in self.model.names if name in names))

    def _chosen(self) -> set[str]:
        """The nodes whose rows are selected, or a row under them."""
        names: set[str] = set()
        for span in cast(Iterable[QItemSelectionRange], self.tree.selectionModel().selection()):
            if span.parent().isValid():
                names.add(self.model.path(span.topLeft())[0])
            else:
                names.update(self.model.names[span.top() : span.bottom() + 1])
        return names

    # doing

    def take(self, index: QModelIndex) -> None:
        """Open the composite of this row, or show its block, or what is at the other end of its wire."""
        path, row = self.model.path(index), self.model.row(index)
        if row is not None and row.edge is not None:
            self.reveal.emit(row.edge.target if row.outward else row.edge.source)
        elif len(path) > 1:
            self.document.enter((*self.document.scope, *path[:-1]))
            self.reveal.emit(path[-1])
        elif self.document.can_enter(path[0]):
            self.document.enter((*self.document.scope, path[0]))
        else:
            self.reveal.emit(path[0])

    def remove(self) -> None:
        """Remove the blocks and the wires whose rows are selected."""
        names, wires = [], []
        for index in self.tree.selectionModel().selectedRows():
            row = self.model.row(index)
            if row is None:
                names.append(self.model.path(index)[0])
            elif row.edge is not None:
                wires.append(row.edge)
        if names or wires:
            self.document.edit_graph(removal(names, wires), removed(self.document.view_graph, names, wires))

    def _rename(self, old: str, new: str) -> bool:
        if not new or new == old:
            return False
        try:
            self.document.rename(old, new)
        except (GraphError, NamingError) as error:
            self.document.said.emit(str(error))
            return False
        self.document.select((new,))
        return True


class Tree(QTreeView):
    """The list with its keys. ``taken(index)`` and ``removed`` ask for what they mean."""

    taken = Signal(QModelIndex)
    removed = Signal()
    resized = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = ""
        self.setAccessibleName("Outline of the network")
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names differ at their ends
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformRowHeights(True)  # or Qt asks every row for its height
        self.setExpandsOnDoubleClick(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.header().setStretchLastSection(False)
        self.header().setSectionsMovable(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.restyle()

    def restyle(self) -> None:
        """Take up the text size of the theme."""
        self.setIndentation(round(18 * theme.scale))
        self.viewport().update()

    def say(self, sentence: str) -> None:
        """Show this sentence in the place of rows, or with an empty one nothing."""
        self._sentence = sentence
        self.setHeaderHidden(bool(sentence))
        self.setAccessibleDescription(sentence)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._sentence:
            painter = QPainter(self.viewport())
            painter.setPen(theme.color("muted"))
            room = self.viewport().rect().adjusted(12, 12, -12, -12)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._sentence)
            painter.end()

    def event(self, event: QEvent) -> bool:
        pressed = event if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) else None
        if pressed is not None and (goes_into_text(pressed, self) or _removes(pressed)):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex().siblingAtColumn(NAME)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and index.isValid():
            self.taken.emit(index)
        elif event.key() == Qt.Key.Key_F2 and index.isValid():
            self.edit(index)
        elif _removes(event):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.taken.emit(index.siblingAtColumn(NAME))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        self.menu_asked.emit(place)


class Shapes(QStyledItemDelegate):
    """Writes a shape closer together where its column is narrow: 480×28×28."""

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight
        style = option.widget.style()
        wanted = style.sizeFromContents(QStyle.ContentsType.CT_ItemViewItem, option, QSize(), option.widget)
        if wanted.width() > option.rect.width():
            option.text = closer(option.text)


def _spans(places: list[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of those that follow one another."""
    for _, run in groupby(enumerate(places), lambda entry: entry[1] - entry[0]):
        found = [place for _, place in run]
        yield found[0], found[-1]


def _removes(event: QKeyEvent) -> bool:
    return event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not event.modifiers()
