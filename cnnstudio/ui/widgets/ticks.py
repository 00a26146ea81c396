"""Ticks: a list of names of which a person ticks some. Knows no document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from cnnstudio.wording import on_a_line

_KEY = Qt.ItemDataRole.UserRole


class Ticks(QListWidget):
    """Rows with a box each; ``ticked`` carries the keys that have a tick, in the order of the rows."""

    ticked = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setMinimumHeight(96)
        self._offered: tuple[tuple[str, str], ...] = ()
        self.itemChanged.connect(self._changed)

    def show_ticks(self, offered: Sequence[tuple[str, str]], ticked: Iterable[str]) -> None:
        """Show these keys with their titles, and a tick at some; nothing is emitted."""
        self.blockSignals(True)
        if tuple(offered) != self._offered:
            self._offered = tuple(offered)
            self.clear()
            for key, title in offered:
                item = QListWidgetItem(on_a_line(title, 200), self)
                item.setData(_KEY, key)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        chosen = frozenset(ticked)
        for row in range(self.count()):
            item = self.item(row)
            item.setCheckState(Qt.CheckState.Checked if item.data(_KEY) in chosen else Qt.CheckState.Unchecked)
        self.blockSignals(False)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The keys that have a tick."""
        rows = (self.item(row) for row in range(self.count()))
        return tuple(row.data(_KEY) for row in rows if row.checkState() == Qt.CheckState.Checked)

    def _changed(self, _: QListWidgetItem) -> None:
        self.ticked.emit(self.chosen)
