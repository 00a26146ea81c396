"""Runs table: the view of the runs, whose columns, widths and order are as a person left them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QTableView, QWidget

from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.theme import theme
from cnnstudio.ui.training.runs_model import (
    ACCURACY,
    BEGAN,
    COLUMNS,
    DIFFERED,
    NOTE,
    RUN,
    STATE,
    TAGS,
    RunsFilter,
)
from cnnstudio.ui.widgets.row_table import dress_rows

WIDTHS = {RUN: 168, STATE: 114, ACCURACY: 78, DIFFERED: 190, BEGAN: 136, TAGS: 100, NOTE: 160}
OTHERS = 84  # pixels of the columns that are not above
REMEMBERED = f"runs-table-{len(COLUMNS)}"  # another set of columns needs another name


class RunsTable(QTableView):
    """A row a run, several to be selected at once; the headings sort, move and are as wide as a person makes them."""

    written = Signal()  # nobody writes in a cell any more

    def __init__(self, model: RunsFilter, parent: QWidget) -> None:
        super().__init__(parent)
        self._scale = 1.0
        self.setModel(model)
        dress_rows(self, "Runs")
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        header = self.horizontalHeader()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSectionsMovable(True)
        self.setSortingEnabled(True)
        for column in range(len(COLUMNS)):
            self.setColumnWidth(column, WIDTHS.get(column, OTHERS))
        self.follow_scale()

    @property
    def is_written_in(self) -> bool:
        """Whether somebody writes in a cell: rows that come then would write over it, as Qt asks the model anew."""
        return self.state() == QAbstractItemView.State.EditingState

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:  # noqa: N802 - Qt's name
        super().closeEditor(editor, hint)
        self.written.emit()

    def follow_scale(self) -> None:
        """Grow with the size of text, whatever widths a person has given the columns."""
        by, self._scale = theme.scale / self._scale, theme.scale
        self.verticalHeader().setDefaultSectionSize(round(26 * theme.scale))
        for column in range(len(COLUMNS)):
            if not self.isColumnHidden(column):
                self.setColumnWidth(column, round(self.columnWidth(column) * by))

    def restore(self, preferences: Preferences) -> None:
        """Be as it was left; what is remembered of no such table changes nothing."""
        self.horizontalHeader().restoreState(preferences.bytes(REMEMBERED))
        self.setColumnHidden(RUN, False)

    def remember(self, preferences: Preferences) -> None:
        """Keep how it is left."""
        preferences.set_bytes(REMEMBERED, self.horizontalHeader().saveState())
