"""The summary as a table model: a row a node, sorted here, and the same rows as text to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.receptive import ReceptiveField
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import brief, memory, short

COLUMNS = ("Block", "Kind", "Output", "Parameters", "MACs", "Time", "Memory", "Receptive field")
TIPS = (
    "The name of the block, which is its name in the code",
    "What it is",
    "The shape of what comes out, channels × height × width, for one image",
    "How many numbers are learned",
    "Multiply-accumulates for one image: half of what PyTorch's FlopCounterMode counts where it sees attention",
    "How long it took here to compute a batch forward and backward, as it was measured; of a composite, all of it",
    "What training keeps of it for the backward pass, for one image in float32",
    "How many pixels of the image one value depends on, height × width; ≤ where it may be fewer",
)
NODE, BLOCK, OUTPUT, PARAMETERS, MACS, TIME, MEMORY, SEES = range(len(COLUMNS))
SHARED = (PARAMETERS, MACS, TIME, MEMORY)
UNITS = {TIME: "Time (ns)", MEMORY: "Memory (bytes)"}  # of the exact numbers that are taken away
NO_TIMES: Mapping[str, int] = {}
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Row:
    """What the table says of one node; None where it is not known."""

    name: str
    block: str
    family: str
    output: str
    numel: int
    parameters: int | None
    macs: int | None
    time: int | None  # nanoseconds
    memory: int | None
    error: bool

    def count(self, column: int) -> int | None:
        """The number in a column of ``SHARED``."""
        return {PARAMETERS: self.parameters, MACS: self.macs, TIME: self.time, MEMORY: self.memory}[column]


class SummaryModel(QAbstractTableModel):
    """The rows in the order of the network or sorted by a column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.totals: Mapping[int, int] | None = None  # column -> its sum
        self.fields: Mapping[str, ReceptiveField | None] = {}
        self._order: list[Row] = []
        self._known: tuple[Analysis | None, Mapping[str, int]] = None, {}  # what the rows tell, all of it
        self._sorting: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    @property
    def has_times(self) -> bool:
        """Whether there is anything to say of how long a block takes."""
        return bool(self._known[1])

    def set_analysis(
        self,
        analysis: Analysis,
        conceals: Callable[[str], bool] | None = None,
        times: Mapping[str, int] = NO_TIMES,
    ) -> None:
        """Show these facts, and the nanoseconds that nodes took, where that was measured.

        Rows that stay in their place keep the selection and the scroll position. What is bypassed has no row, as
        nothing of it is in the network. ``conceals`` tells which nodes are not known because they are hidden.
        """
        known = analysis if conceals is None else None
        if known is not None and known is self._known[0] and times is self._known[1]:
            return
        self._known = known, times
        analysis = analysis.acting
        rows = [_row(analysis, name, times, conceals is not None and conceals(name)) for name in analysis.graph.order]
        totals = sums(analysis, times)
        totals_changed = totals != self.totals
        self.totals = totals
        if rows == self._order and not totals_changed:
            return
        self._order = rows
        self._arrange(everything=totals_changed)

    def set_fields(self, fields: Mapping[str, ReceptiveField | None]) -> None:
        """Show these receptive fields."""
        if fields != self.fields:
            self.fields = fields
            if self.rows:
                self.dataChanged.emit(self.index(0, SEES), self.index(len(self.rows) - 1, SEES))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorting = (column, order)
        self._arrange()

    def place(self, name: str) -> int | None:
        """The row in which a node stands now."""
        return next((place for place, row in enumerate(self.rows) if row.name == name), None)

    def _arrange(self, everything: bool = False) -> None:
        column, order = self._sorting
        rows = list(self._order)
        if column >= 0:
            rows.sort(key=lambda row: self._key(row, column), reverse=order == Qt.SortOrder.DescendingOrder)
        if [row.name for row in rows] != [row.name for row in self.rows]:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return
        changed = [place for place, (old, new) in enumerate(zip(self.rows, rows, strict=True)) if old != new]
        self.rows = rows
        if everything and rows:
            changed = [0, len(rows) - 1]  # every share is of the totals
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(COLUMNS) - 1))

    def _key(self, row: Row, column: int) -> Any:
        if column in SHARED:
            return -1 if (count := row.count(column)) is None else count
        if column == SEES:
            field = self.fields.get(row.name)
            return field.size[0] * field.size[1] if field else -1
        return row.numel if column == OUTPUT else (row.block if column == BLOCK else row.name).lower()

    # what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return TIPS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return side(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side(column)
        if role == Qt.ItemDataRole.ToolTipRole and column in (NODE, BLOCK, OUTPUT):
            return tip(f"{row.name} · {row.block} · {row.output}")
        if role == Qt.ItemDataRole.ToolTipRole and column in SHARED:
            count = row.count(column)
            written = said(count or 0, column) if column == TIME else f"{count:,}"
            return None if count is None else tip(f"{written}{self._percent(count, column)}")
        return None

    def share(self, row: Row, column: int) -> float | None:
        """This node's part of the network's total, from 0 to 1."""
        count = row.count(column)
        return None if count is None or not self.totals or not self.totals[column] else count / self.totals[column]

    def text(self, row: Row, column: int) -> str:
        """What a cell says; nothing where it is not known."""
        if column in SHARED:
            count = row.count(column)
            return "" if count is None else said(count, column)
        if column == SEES:
            field = self.fields.get(row.name)
            return field.written if field else ""
        return (row.name, row.block, row.output)[column]

    def _percent(self, count: int, column: int) -> str:
        total = self.totals[column] if self.totals else 0
        return f", {count / total:.1%} of the network" if total else ""

    # to take away

    def table(self) -> list[list[str]]:
        """The heading, the rows with exact numbers, and the totals; of times only where they were measured."""
        columns = self.columns
        body = [
            [
                str(row.count(column)) if column in SHARED and row.count(column) is not None else self.text(row, column)
                for column in columns
            ]
            for row in self.rows
        ]
        totals = ["" if self.totals is None or c not in SHARED else str(self.totals[c]) for c in columns]
        return [[UNITS.get(column, COLUMNS[column]) for column in columns], *body, ["Total", *totals[1:]]]

    @property
    def columns(self) -> list[int]:
        """Those of which there is anything to say."""
        return [column for column in range(len(COLUMNS)) if column != TIME or self.has_times]

    def as_text(self) -> str:
        """The table in columns of spaces."""
        table = self.table()
        widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if column in SHARED else cell.ljust(width)
                for column, cell, width in zip(self.columns, line, widths, strict=True)
            ).rstrip()
            for line in table
        ]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:-1], "-" * len(lines[0]), lines[-1]]) + "\n"

    def as_markdown(self) -> str:
        """The table in Markdown."""
        head, *body = self.table()
        rule = ["---:" if column in SHARED else "---" for column in self.columns]
        return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *body))

    def as_csv(self) -> str:
        """The table for a spreadsheet."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self.table())
        return text.getvalue()


def said(count: int, column: int) -> str:
    """A count as a cell says it."""
    if column == MEMORY:
        return memory(count)
    if column == TIME:
        return brief(count) if count else "0"
    return f"{count:,}" if column == PARAMETERS else short(count)


def sums(analysis: Analysis, times: Mapping[str, int] = NO_TIMES) -> dict[int, int] | None:
    """Column -> its sum over the network, or None while some shape is unknown."""
    totals = analysis.totals
    if totals is None:
        return None
    time = sum(times.get(name, 0) for name in analysis.facts)
    return {PARAMETERS: totals.parameters, MACS: totals.macs, TIME: time, MEMORY: analysis.memory.training}


def _row(analysis: Analysis, name: str, times: Mapping[str, int], concealed: bool) -> Row:
    node, facts = analysis.graph[name], analysis.facts.get(name)
    error = name in analysis.errors
    if facts is None:
        output = "?" if concealed else "does not fit" if error else "waits"
        return Row(name, node.block.title, node.block.family, output, -1, None, None, None, None, error)
    return Row(
        name, node.block.title, node.block.family, str(facts.shape), facts.shape.numel, facts.parameters, facts.macs,
        times.get(name, 0) if times else None, analysis.memory.kept.get(name), error,
    )  # fmt: skip


def side(column: int) -> Qt.AlignmentFlag:
    """On which side of its column a cell stands."""
    right = Qt.AlignmentFlag.AlignRight if column in (*SHARED, SEES, OUTPUT) else Qt.AlignmentFlag.AlignLeft
    return right | Qt.AlignmentFlag.AlignVCenter
