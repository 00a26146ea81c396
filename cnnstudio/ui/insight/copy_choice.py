"""Copy choice: which copy of each repeated group is looked into, on the way to what is open."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QWidget

from cnnstudio.compiler.source import Place, copies
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.followed import followed_place
from cnnstudio.ui.widgets.labels import Plain


class CopyChoice(QWidget):
    """A number from 1 for each repeated group; not there where nothing is repeated."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._repeats: tuple[int, ...] = ()
        self._spins: dict[int, QSpinBox] = {}  # depth -> which copy
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.hide()

    @property
    def chosen(self) -> tuple[int, ...]:
        """The copy at each depth, counted from 0; empty where nothing is repeated."""
        if not self._spins:
            return ()
        return tuple(self._spins[n].value() - 1 if n in self._spins else 0 for n in range(len(self._repeats)))

    def choose(self, copies: tuple[int, ...]) -> None:
        """Choose these copies, counted from 0; where they are fewer, the first."""
        for depth, spin in self._spins.items():
            spin.setValue(copies[depth] + 1 if depth < len(copies) else 1)

    def follow(self, document: Document, place: Place | None) -> Place | None:
        """The node that is followed from ``place`` on, in the copies that are chosen, which are offered for it."""
        found = followed_place(document, place)
        self.show_for(copies(document.graph, found.scope) if found is not None and found.scope else ())
        return Place(found.node, found.scope, self.chosen) if found is not None else None

    def show_for(self, repeats: tuple[int, ...]) -> None:
        """Offer the copies of what is repeated so often, outermost first; 1 is not repeated."""
        if repeats == self._repeats:
            return
        self._repeats = repeats
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._spins = {depth: self._spin(count) for depth, count in enumerate(repeats) if count > 1}
        if self._spins:
            self._row.addWidget(Plain("Copy"))
        for number, spin in enumerate(self._spins.values()):
            if number:
                self._row.addWidget(Plain("inside it"))
            self._row.addWidget(spin)
        self._row.addStretch(1)
        self.setVisible(bool(self._spins))

    def _spin(self, count: int) -> QSpinBox:
        made = QSpinBox()
        made.setRange(1, count)
        made.setSuffix(f" of {count}")
        made.setAccessibleName("Which copy of the repeated group")
        made.valueChanged.connect(self.changed)
        return made
