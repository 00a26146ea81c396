"""Summary: every node with its shape, its cost and its share of the whole, and the totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import nlargest

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QGuiApplication, QKeySequence, QPainter, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from cnnstudio.ui.document import Document
from cnnstudio.ui.network.past_scores import PastScores
from cnnstudio.ui.network.summary_model import (
    BLOCK,
    COLUMNS,
    MACS,
    MEMORY,
    NODE,
    OUTPUT,
    PARAMETERS,
    SEES,
    SHARED,
    TIME,
    Row,
    SummaryModel,
    said,
    side,
)
from cnnstudio.ui.network.timing_row import TimingRow
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, mix, theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.wording import closer

# the columns in the order in which a wider panel has room for them, with their least widths in a body font of 13 pixels
ROOM = {NODE: 72, OUTPUT: 70, PARAMETERS: 90, MACS: 58, MEMORY: 78, BLOCK: 110, SEES: 112, TIME: 70}
UNTIMED = tuple(column for column in ROOM if column != TIME)
TIMED = (NODE, MACS, TIME, OUTPUT, PARAMETERS, MEMORY, BLOCK, SEES)  # who had the time measured wants to see it
MARGIN = 8  # pixels at either side of a cell
MEASURED = 4  # of the texts with most letters, one is the widest
FIELDS_DELAY = 150  # milliseconds; receptive fields of a large network take longer than a frame leaves


class SummaryPanel(Panel):
    """The table; its selection and the document's are one."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._is_selecting = False
        self.model = SummaryModel(self)
        self.table = QTableView(self)
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName("Summary of the network")
        self.table.setItemDelegate(ShareDelegate(self.table))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        header = self.table.horizontalHeader()
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSortingEnabled(True)
        header.setMinimumSectionSize(40)
        self.totals = TotalsRow(header, self)
        self.copy_button = self._made_copy_button()
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(lambda: self._copy(self.model.as_text()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        line = QFrame(self)
        line.setFrameShape(QFrame.Shape.HLine)
        layout.addWidget(line)
        layout.addWidget(self.totals)
        self.scores = PastScores(document, run, self.panel_asked.emit, self)
        layout.addWidget(self.scores)
        self.timing = TimingRow(document, run, self)
        layout.addWidget(self.timing)
        document.times.changed.connect(self.touch)
        run.state_changed.connect(self.touch)
        self.setFocusProxy(self.table)
        self._fields_timer = QTimer(self, singleShot=True, interval=FIELDS_DELAY)
        self._fields_timer.timeout.connect(self._show_fields)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.model.modelReset.connect(self._show_selection)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def fit_columns(self) -> None:
        """Show as many columns as there is room for and share out what is left; the copied table has them all."""
        room, scale = self.width() - self.table.verticalScrollBar().sizeHint().width(), theme.scale
        rows = self.model.rows
        order = TIMED if self.model.has_times else UNTIMED
        least = {column: round(ROOM[column] * scale) for column in order}
        least[OUTPUT] = max(least[OUTPUT], self._widest(closer(row.output) for row in rows))
        beside = sum(least[column] for column in list(order)[1:4])
        widest = self._widest(row.name for row in rows)
        least[NODE] = max(least[NODE], min(widest, max(room - beside, room // 4)))
        self.table.setColumnHidden(TIME, True)
        shown = [c for place, c in enumerate(least) if sum(list(least.values())[: place + 1]) <= room or c == NODE]
        spare = max(0, room - sum(least[column] for column in shown)) // len(shown)
        for column, width in least.items():
            self.table.setColumnHidden(column, column not in shown)
            if column in shown:
                self.table.setColumnWidth(column, width + min(spare, round(60 * scale)))

    def _widest(self, texts: Iterable[str]) -> int:
        metrics = self.table.fontMetrics()
        widest = max(map(metrics.horizontalAdvance, nlargest(MEASURED, texts, key=len)), default=0)
        return widest + 1 + 2 * MARGIN  # Qt rounds a width, and cuts a text off by the fraction

    def refresh(self) -> None:
        document = self.document
        conceals = document.conceals if document.concealed else None
        self.model.set_analysis(document.shown_analysis, conceals, document.view_times)
        self.totals.set_totals(self.model.totals, len(self.model.rows))
        self.fit_columns()
        self._show_selection()
        self.scores.look()
        self.timing.look()
        self._fields_timer.start()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        return self.timing.close_task(seconds)

    def restyle(self) -> None:
        self.fit_columns()
        self.table.verticalHeader().setDefaultSectionSize(round(26 * theme.scale))
        self.totals.restyle()
        self.table.viewport().update()

    def _show_fields(self) -> None:
        if self.isVisible():
            self.model.set_fields(self.document.view_receptive_fields)

    def _show_selection(self) -> None:
        wanted = [place for name in self.document.selection if (place := self.model.place(name)) is not None]
        model = self.table.selectionModel()
        if sorted(wanted) == sorted({index.row() for index in model.selectedRows()}):
            return
        selection = QItemSelection()
        for place in wanted:
            selection.select(self.model.index(place, 0), self.model.index(place, len(COLUMNS) - 1))
        self._is_selecting = True
        model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if wanted:
            index = self.model.index(wanted[-1], 0)
            model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.table.scrollTo(index)
        self._is_selecting = False

    def _selected(self) -> None:
        if not self._is_selecting:
            rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
            self.document.select(tuple(self.model.rows[row].name for row in rows))

    def _made_copy_button(self) -> QToolButton:
        button = QToolButton(self.totals)
        button.setIcon(icon("copy", "muted"))
        button.setToolTip("Copy the whole table")
        button.setAccessibleName("Copy the whole table")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.move(4, 4)
        button.setMenu(self._copy_menu())
        return button

    def _copy_menu(self) -> QMenu:
        menu = QMenu("Copy the whole table", self)
        forms: tuple[tuple[str, Callable[[], str]], ...] = (
            ("As text", self.model.as_text),
            ("As Markdown", self.model.as_markdown),
            ("As CSV", self.model.as_csv),
        )
        for title, make in forms:
            menu.addAction(title).triggered.connect(lambda _=False, make=make: self._copy(make()))
        return menu

    def menu(self) -> QMenu:
        """What can be done to the table: the orders that its header has for a mouse, and to copy it."""
        menu, header = QMenu(self), self.table.horizontalHeader()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        present, least = header.sortIndicatorSection(), Qt.SortOrder.AscendingOrder
        ways = [("In the order of the network", -1, least)]
        for column in (each for each in ROOM if not self.table.isColumnHidden(each)):
            turned = column == present and header.sortIndicatorOrder() == least
            ways.append((f"By {COLUMNS[column]}", column, Qt.SortOrder.DescendingOrder if turned else least))
        for title, column, order in ways:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(column == present)
            action.triggered.connect(lambda _=False, to=(column, order): header.setSortIndicator(*to))
        menu.addSeparator()
        menu.addMenu(self._copy_menu())
        return menu

    def _show_menu(self, place: QPoint) -> None:
        self.menu().popup(self.table.viewport().mapToGlobal(place))

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.document.said.emit("The summary is on the clipboard.")


class ShareDelegate(QStyledItemDelegate):
    """Paints a cell, and under a count a bar: its share of the network's total.

    It asks the model itself and not the style, which takes five times as long for a screen of cells.
    """

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model, column = index.model(), index.column()
        if not isinstance(model, SummaryModel):
            return
        row, rect = model.rows[index.row()], option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, mix(theme.palette.accent, theme.palette.panel, 0.14))
        painter.setFont(option.font)
        painter.setPen(theme.color(_role(row, column)))
        text, room = model.text(row, column), rect.width() - 2 * MARGIN
        if option.fontMetrics.horizontalAdvance(text) > room:
            where = Qt.TextElideMode.ElideMiddle if column == NODE else Qt.TextElideMode.ElideRight
            text = option.fontMetrics.elidedText(closer(text) if column == OUTPUT else text, where, room)
        painter.drawText(rect.adjusted(MARGIN, 0, -MARGIN, 0), side(column), text)
        if column in SHARED and (share := model.share(row, column)):
            width = max(1, round(room * share))
            bar = QRect(rect.right() - 7 - width, rect.bottom() - 3, width, 2)
            painter.fillRect(bar, theme.color("success" if column == MEMORY else "accent", 0.75))


def _role(row: Row, column: int) -> str:
    """The colour of a cell."""
    if column == OUTPUT and row.parameters is None:
        return "error" if row.error else "muted"
    is_zero = column in SHARED and row.count(column) == 0
    return "muted" if is_zero or column in (BLOCK, SEES) else "text"


class TotalsRow(QWidget):
    """The sums under the columns of the table; blank, never wrong, while some shape is unknown."""

    def __init__(self, header: QHeaderView, parent: QWidget) -> None:
        super().__init__(parent)
        self._header = header
        self.labels = {column: Elided(parent=self) for column in (NODE, *SHARED)}
        for column, label in self.labels.items():
            side = Qt.AlignmentFlag.AlignLeft if column == NODE else Qt.AlignmentFlag.AlignRight
            label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.restyle()
        header.sectionResized.connect(self._place)
        header.geometriesChanged.connect(self._place)
        self._place()

    def set_totals(self, totals: Mapping[int, int] | None, count: int) -> None:
        """Show these sums of columns over ``count`` nodes."""
        self.labels[NODE].setText("Total" if totals or not count else "No totals yet")
        self.labels[NODE].setToolTip("" if totals else "The totals come when every shape is known.")
        for column in SHARED:
            self.labels[column].setText(said(totals[column], column) if totals else "")
            exact = f"{totals[column]:,}" if totals and column != TIME else ""
            self.labels[column].setToolTip(tip(exact))

    def restyle(self) -> None:
        """Take up the text size of the theme."""
        for label in self.labels.values():
            label.setFont(theme.font(bold=True))
        self.setFixedHeight(round(34 * theme.scale))

    def _place(self) -> None:
        if not isValid(self._header):
            return  # the table goes before this row does, and says once more that its header changed
        for column, label in self.labels.items():
            label.setVisible(not self._header.isSectionHidden(column))
            left = self._header.sectionViewportPosition(column)
            width = self._header.sectionSize(column)
            indent = 34 if column == NODE else 0  # behind the copy button
            label.setGeometry(left + indent, 0, max(width - 8, 150 if column == NODE else 0) - indent, self.height())
