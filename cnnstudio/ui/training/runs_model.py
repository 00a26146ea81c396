"""Runs as a table model: a row a run, the tags and the note to be written in place; and the filter over them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from cnnstudio.training.runs.run_differences import ABSENT, best_of, since
from cnnstudio.training.runs.run_library import ListedRun
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import duration, memory, short

COLUMNS = (
    "Run", "State", "Accuracy", "What differed", "Began", "Loss", "Epochs", "Time", "Parameters", "MACs", "Tags",
    "Note", "Size",
)  # fmt: skip
RUN, STATE, ACCURACY, DIFFERED, BEGAN, LOSS, EPOCHS, TIME, PARAMETERS, MACS, TAGS, NOTE, SIZE = range(len(COLUMNS))
TIPS = (
    "What was trained, or the folder of the run",
    "Whether it runs, how it ended",
    "The best share of the validation images that was told right",
    "What is otherwise than in the run before of this network",
    "When it began",
    "The loss of the validation images in that epoch",
    "Epochs done, of those asked for",
    "How long the epochs took",
    "How many numbers are learned",
    "Multiply-accumulates for one image",
    "Your own words, with commas between them; F2 writes here",
    "Your own note; F2 writes here",
    "What it takes on the disk",
)
NUMBERS = frozenset({ACCURACY, LOSS, EPOCHS, TIME, PARAMETERS, MACS, SIZE})
EDITABLE = frozenset({TAGS, NOTE})
STATES = {
    "running": ("play-circle", "accent"),
    "done": ("check-circle", "success"),
    "stopped": ("stop-circle", "muted"),
    "interrupted": ("lightning-slash", "warning"),
    "diverged": ("trend-up", "error"),
    "failed": ("x-circle", "error"),
}
SORT = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, eq=False)
class Row:
    """A run and the one that it is told beside. What its cells say is made when it is asked: of most, nobody does."""

    run: ListedRun
    before: ListedRun | None

    @cached_property
    def _cells(self) -> tuple[tuple[str, Any], ...]:
        return _cells(self.run, self.before)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What stands in each column."""
        return tuple(text for text, _ in self._cells)

    @cached_property
    def keys(self) -> tuple[Any, ...]:
        """What each column is sorted by."""
        return tuple(key if key != "" else text.casefold() for text, key in self._cells)

    @cached_property
    def words(self) -> str:
        """What the filter looks in."""
        return " ".join((*self.texts, self.run.id, self.run.folder.name, self.run.sentence)).casefold()


class RunsModel(QAbstractTableModel):
    """The runs, the latest first; ``write`` is given what the person says of one: the run, and its tags or its note."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.write: Callable[[ListedRun, str | None, str | None], bool] = lambda run, tags, note: False

    def set_runs(self, runs: Sequence[ListedRun]) -> None:
        """Show these; where they are the same as before, what is selected stays so."""
        rows = _rows(runs)
        same = [row.run.folder for row in rows] == [row.run.folder for row in self.rows]
        if not same:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return
        changed = [
            place
            for place, (old, new) in enumerate(zip(self.rows, rows, strict=True))
            if old.run is not new.run or old.before is not new.before
        ]
        self.rows = rows
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(COLUMNS) - 1))

    # what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = super().flags(index)
        return found | Qt.ItemFlag.ItemIsEditable if index.column() in EDITABLE else found

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.texts[column]
            case Qt.ItemDataRole.TextAlignmentRole:
                return _side(column)
            case Qt.ItemDataRole.DecorationRole if column == STATE:
                return icon(*STATES[row.run.state])
            case Qt.ItemDataRole.ForegroundRole if column in (DIFFERED, BEGAN, SIZE, NOTE):
                return theme.color("muted")
            case Qt.ItemDataRole.ToolTipRole:
                return _tip(row, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{COLUMNS[column]}: {row.texts[column] or 'nothing'}"
        return row.keys[column] if role == SORT else None

    def setData(  # noqa: N802 - Qt's name
        self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        if role != Qt.ItemDataRole.EditRole or index.column() not in EDITABLE:
            return False
        tags, note = (str(value), None) if index.column() == TAGS else (None, str(value))
        return bool(self.write(self.rows[index.row()].run, tags, note))


class RunsFilter(QSortFilterProxyModel):
    """The rows with all the words that were typed, of the runs in ``folders`` where that is not None."""

    def __init__(self, source: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = source
        self._words: list[str] = []
        self._among: Collection[Path] | None = None
        self.setSourceModel(source)
        self.setSortRole(SORT)

    def set_words(self, text: str) -> None:
        """Show the rows with these words in them."""
        self._words = text.casefold().split()
        self.invalidate()

    def set_folders(self, folders: Collection[Path] | None) -> None:
        """Show these runs alone, or all with None."""
        if folders != self._among:
            self._among = folders
            self.invalidate()

    def filterAcceptsRow(self, place: int, parent: Index) -> bool:  # noqa: N802 - Qt's name
        row = self._runs.rows[place]
        if self._among is not None and row.run.folder not in self._among:
            return False
        return not self._words or all(word in row.words for word in self._words)

    @property
    def runs(self) -> list[ListedRun]:
        """The runs that are shown, in no order that a person chose."""
        accepted = self.filterAcceptsRow
        return [row.run for place, row in enumerate(self._runs.rows) if accepted(place, QModelIndex())]

    def row(self, index: Index) -> Row:
        """The row that stands here."""
        return self._runs.rows[self.mapToSource(index).row()]


def _rows(runs: Sequence[ListedRun]) -> list[Row]:
    """A row a run, each told beside the latest earlier one of its network, or else of its name."""
    latest: dict[str, ListedRun] = {}
    made = []
    for run in reversed(runs):
        names = [name for name in (run.record.structure, f"={run.record.title}" if run.record.title else "") if name]
        before = next((latest[name] for name in names if name in latest), None)
        made.append(Row(run, before))
        latest |= dict.fromkeys(names, run)
    return made[::-1]


def _cells(run: ListedRun, before: ListedRun | None) -> tuple[tuple[str, Any], ...]:
    """The text of each column and a key to sort it by, "" where it is the text."""
    record, best = run.record, run.record.best
    accuracy, loss = (best.accuracy, best.loss) if best is not None else (None, None)
    return (
        (run.title, run.title.casefold()),
        (run.state, run.state),
        (ABSENT if accuracy is None else f"{accuracy:.1%}", -1.0 if accuracy is None else accuracy),
        (since(run, before), ""),
        (f"{record.began.astimezone():%Y-%m-%d %H:%M}", record.began.timestamp()),
        (ABSENT if loss is None else f"{loss:.4g}", float("inf") if loss is None else loss),
        (f"{record.epochs_done:,}/{record.epochs:,}", record.epochs_done),
        (duration(record.seconds) if record.seconds else ABSENT, record.seconds),
        (ABSENT if record.parameters is None else f"{record.parameters:,}", float(record.parameters or -1)),
        (ABSENT if record.macs is None else short(record.macs), float(record.macs or -1)),
        (", ".join(run.labels.tags), ""),
        (" ".join(run.labels.note.split()), ""),
        (memory(run.size), float(run.size)),
    )


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _tip(row: Row, column: int) -> str:
    """What a cell has to say beside its text."""
    run = row.run
    said = {
        RUN: f"{run.folder}\n{run.trouble}".strip(),
        STATE: run.sentence,
        ACCURACY: f"{best_of(run)} of the validation images" if run.record.best is not None else "",
        NOTE: run.labels.note,
    }.get(column, row.texts[column])
    return tip(said)
