"""Matrix view: the confusion matrix as a table that is walked with the arrows, and the pictures of its cell."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from cnnstudio.figure.marks import Figure
from cnnstudio.insight.evaluation.charts import READABLE, cell_colors, matrix_chart
from cnnstudio.insight.evaluation.evaluation import Evaluation
from cnnstudio.insight.evaluation.tables import Table, matrix_table
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen, screen_inks
from cnnstudio.ui.insight.evaluation.picture_list import PictureList
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import counted

Index = QModelIndex | QPersistentModelIndex
NARROW = 560  # pixels below which the pictures stand under the table
COARSE = 9  # pixels of a cell that says no number
CHOOSE = "Choose a cell: its pictures are shown here."


class MatrixModel(QAbstractTableModel):
    """The counts: a row the class of the images, a column the answer."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.evaluation: Evaluation | None = None

    def show(self, evaluation: Evaluation | None) -> None:
        """Show this one."""
        self.beginResetModel()
        self.evaluation = evaluation
        self.endResetModel()

    @property
    def is_readable(self) -> bool:
        """Whether every cell says its number."""
        return self.evaluation is not None and len(self.evaluation.classes) <= READABLE

    def count(self, row: int, column: int) -> tuple[int, float]:
        """How many images a cell has, and its share of those of the class."""
        assert self.evaluation is not None
        count, of_class = int(self.evaluation.matrix[row, column]), self.evaluation.class_scores[row].images
        return count, count / of_class if of_class else 0.0

    def aloud(self, row: int, column: int) -> str:
        """A cell in a sentence."""
        assert self.evaluation is not None
        name, told = self.evaluation.classes[row], self.evaluation.classes[column]
        count, share = self.count(row, column)
        of_class = counted(self.evaluation.class_scores[row].images, "picture")
        what = f"told right: {count:,} of {of_class}" if row == column else f"taken for {told}: {count:,} of {of_class}"
        return f"{name}, {what} ({share:.1%})"

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() or self.evaluation is None else len(self.evaluation.classes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return self.rowCount(parent)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if self.evaluation is None:
            return None
        name, is_row = self.evaluation.classes[section], orientation == Qt.Orientation.Vertical
        if role == Qt.ItemDataRole.DisplayRole:
            return name if self.is_readable else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(f"Pictures of {name}" if is_row else f"Taken for {name}")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self.count(index.row(), index.column())[0]:,}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.aloud(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.aloud(index.row(), index.column()))
        return None


class CellDelegate(QStyledItemDelegate):
    """Paints a cell: the colour is the share of the row, blue where it is right and red where it is not."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, MatrixModel):
            return
        count, share = model.count(index.row(), index.column())
        ground, ink = cell_colors(share, index.row() == index.column(), screen_inks())
        rect = option.rect
        painter.fillRect(rect, QColor(ground))
        if model.is_readable and count:
            painter.setPen(QColor(ink))
            painter.setFont(theme.font("small"))
            room, line = rect.adjusted(1, 0, -1, 0), painter.fontMetrics().height()
            percent, number = f"{share:.0%}", f"{count:,}"
            wide = painter.fontMetrics().horizontalAdvance(f"{number} {percent}")
            middle = Qt.AlignmentFlag.AlignCenter
            if room.height() >= 2 * line:
                upper, lower = room.adjusted(0, 0, 0, -room.height() // 2), room.adjusted(0, room.height() // 2, 0, 0)
                painter.drawText(upper, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, number)
                painter.drawText(lower, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, percent)
            elif room.width() >= wide:
                painter.drawText(room, middle, f"{number} {percent}")
            else:
                painter.drawText(room, middle, number)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(theme.color("text"))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))


class Names(QHeaderView):
    """The classes at an edge of the matrix, without the room that other headers leave round their words."""

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:  # noqa: N802 - Qt's name
        name = str(self.model().headerData(section, self.orientation(), Qt.ItemDataRole.DisplayRole) or "")
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("muted"))
        room = rect.adjusted(3, 0, -4, 0)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        is_row = self.orientation() == Qt.Orientation.Vertical
        side = Qt.AlignmentFlag.AlignRight if is_row else Qt.AlignmentFlag.AlignHCenter
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)


class MatrixTable(QTableView):
    """A table that says when it has another size."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class MatrixView(EvaluationView):
    """The matrix; a click, Enter or an arrow shows the pictures of a cell beside it."""

    title = "Confusion matrix"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = MatrixModel(self)
        self.table = MatrixTable(self)
        self.table.setHorizontalHeader(Names(Qt.Orientation.Horizontal, self.table))
        self.table.setVerticalHeader(Names(Qt.Orientation.Vertical, self.table))
        self.table.setModel(self.model)
        self.table.setItemDelegate(CellDelegate(self.table))
        self.table.setAccessibleName("Confusion matrix: a row the class, a column what it was taken for")
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setCornerButtonEnabled(False)
        self.table.setMinimumSize(QSize(120, 60))
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        for header in (self.table.horizontalHeader(), self.table.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setMinimumSectionSize(1)
            header.setSectionsClickable(False)
        self.pictures = PictureList("The pictures of the chosen cell", self)
        self.pictures.picked.connect(self.picked)
        self.pictures.opened.connect(self.opened)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.pictures)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([2_000, 1_000])  # of which Qt takes the ratio
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 4)
        row.addWidget(self.splitter)
        self.setFocusProxy(self.table)
        self.table.selectionModel().selectionChanged.connect(self._show_cell)
        self.table.activated.connect(lambda _: self._enter_pictures())
        self.table.resized.connect(self._fit)

    def show_evaluation(self, seen: Seen | None) -> None:
        super().show_evaluation(seen)
        self.model.show(seen.evaluation if seen is not None else None)
        self.pictures.show_pictures(CHOOSE, (), None)
        self._fit()

    def choose(self, label: int, answer: int) -> None:
        """Show the pictures of this cell."""
        self.table.setCurrentIndex(self.model.index(label, answer))

    def table_of(self) -> Table | None:
        return matrix_table(self.seen.evaluation) if self.seen is not None else None

    def figure(self) -> Figure | None:
        return matrix_chart(self.seen.evaluation) if self.seen is not None else None

    def _show_cell(self) -> None:
        indexes, seen = self.table.selectionModel().selectedIndexes(), self.seen
        if seen is None or not indexes:
            return
        row, column = indexes[0].row(), indexes[0].column()
        numbers = seen.evaluation.of_cell(row, column).tolist()
        self.pictures.show_pictures(f"{self.model.aloud(row, column)}.", [*map(seen.listed, numbers)], seen.image)

    def _enter_pictures(self) -> None:
        if self.pictures.model.rows:
            self.pictures.view.setFocus()
            self.pictures.view.setCurrentIndex(self.pictures.model.index(0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW * theme.scale and self.height() > self.width()
        way = Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal
        if way != self.splitter.orientation():
            self.splitter.setOrientation(way)

    def _fit(self) -> None:
        """Give each cell as much room as there is: enough for its number, or a few pixels where there are too many."""
        if self.seen is None:
            return
        count, table = len(self.seen.evaluation.classes), self.table
        table.setFont(theme.font("small"))
        metrics, readable = table.fontMetrics(), self.model.is_readable
        names = [metrics.horizontalAdvance(name) for name in self.seen.evaluation.classes] if readable else [0]
        side = min(max(names) + 16, round(110 * theme.scale)) if readable else 8
        table.verticalHeader().setFixedWidth(side)
        table.horizontalHeader().setFixedHeight(metrics.height() + 6 if readable else 8)
        line = metrics.height() + 1
        width = (table.width() - side - 4) // count
        height = (table.height() - table.horizontalHeader().height() - 4) // count
        least = (metrics.horizontalAdvance("888") + 6, line) if readable else (COARSE, COARSE)
        table.horizontalHeader().setDefaultSectionSize(max(least[0], min(width, round(90 * theme.scale))))
        table.verticalHeader().setDefaultSectionSize(max(least[1], min(height, round(60 * theme.scale))))
