"""Queue as a table model: a row an entry, which can be dragged to another place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from cnnstudio.training.runs.queue import Entry
from cnnstudio.training.runs.run_differences import ABSENT
from cnnstudio.training.runs.told_apart import told_apart
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.queue_work import QueueWork
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import duration

COLUMNS = ("Network", "State", "What differs", "Progress", "Time left", "What became of it")
NAME, STATE, DIFFERS, PROGRESS, LEFT, SENTENCE = range(len(COLUMNS))
STATES = {
    "waiting": ("hourglass", "muted"),
    "running": ("play-circle", "accent"),
    "done": ("check-circle", "success"),
    "stopped": ("stop-circle", "muted"),
    "failed": ("x-circle", "error"),
}
DRAGGED = "application/x-cnnstudio-queue"
Index = QModelIndex | QPersistentModelIndex


class QueueModel(QAbstractTableModel):
    """The entries of the queue in their order. ``dropped`` comes with the id of the one dragged, and its new place."""

    dropped = Signal(str, int)

    def __init__(self, work: QueueWork, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self.entries: tuple[Entry, ...] = ()
        self._texts: list[tuple[str, ...]] = []
        self._apart: dict[str, str] = {}

    def refresh(self) -> None:
        """Show the queue as it is now; where the entries are the same, what is selected stays so."""
        entries = self._work.queue.entries
        is_same = [each.id for each in entries] == [each.id for each in self.entries]
        if not is_same:
            self._apart = told_apart(entries)
        texts = [self._told(entry) for entry in entries]
        if not is_same:
            self.beginResetModel()
            self.entries, self._texts = entries, texts
            self.endResetModel()
            return
        changed = [place for place, (old, new) in enumerate(zip(self._texts, texts, strict=True)) if old != new]
        self.entries, self._texts = entries, texts
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(COLUMNS) - 1))

    def follow(self) -> None:
        """Show how far the run is that is trained here; nothing else has changed by a step."""
        for place, entry in enumerate(self.entries):
            if self._is_here(entry) and (told := self._told(entry)) != self._texts[place]:
                self._texts[place] = told
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def places(self, ids: Sequence[str]) -> list[int]:
        """Where these entries stand now."""
        return [place for place, entry in enumerate(self.entries) if entry.id in ids]

    def _is_here(self, entry: Entry) -> bool:
        return self._work.entry is not None and entry.id == self._work.entry.id

    def _told(self, entry: Entry) -> tuple[str, ...]:
        """What a row says, a text a column."""
        state, history = entry.present_state, self._work.history
        progress = left = ABSENT
        sentence = entry.sentence
        if self._is_here(entry):
            sentence = self._work.sentence if history.last is None else self._work.doubt
            if history.share is not None:
                progress = f"{history.share:.0%}"
            if history.last is not None and history.started is not None:
                progress = f"{progress}, epoch {history.last.epoch} of {history.started.epochs}"
            if history.remaining_seconds is not None:
                left = duration(history.remaining_seconds)
        elif state == "running":
            sentence = "It is trained in another program."
        elif state == "waiting" and entry.folder:
            sentence = "It goes on where it was."
        title, particular = (" ".join(text.split()) for text in entry.told)
        name = f"{entry.sweep}: {title or 'Untitled'}" if entry.sweep else title or "Untitled"
        return name, state, particular or self._apart.get(entry.id, ""), progress, left, " ".join(sentence.split())

    # what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        is_title = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section] if is_title else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        texts, column = self._texts[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return texts[column]
            case Qt.ItemDataRole.DecorationRole if column == STATE:
                return icon(*STATES[texts[STATE]])
            case Qt.ItemDataRole.ForegroundRole if column in (LEFT, SENTENCE):
                return theme.color("error" if texts[STATE] == "failed" and column == SENTENCE else "muted")
            case Qt.ItemDataRole.ToolTipRole:
                return tip(texts[column]) if texts[column] != ABSENT else ""
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{COLUMNS[column]}: {texts[column] if texts[column] not in ('', ABSENT) else 'nothing'}"
        return None

    # dragging

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = super().flags(index)
        return found | (Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.ItemIsDropEnabled)

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - Qt's name
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [DRAGGED]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(DRAGGED, self.entries[indexes[0].row()].id.encode())
        return data

    def dropMimeData(  # noqa: N802 - Qt's name
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Say what was dragged where. Qt is told that nothing was dropped, or it would take the row away itself."""
        id_ = data.data(DRAGGED).toStdString()
        if action == Qt.DropAction.MoveAction and self.places([id_]):
            place = row if row >= 0 else parent.row() if parent.isValid() else len(self.entries)
            (was,) = self.places([id_])
            self.dropped.emit(id_, place - (was < place))
        return False
