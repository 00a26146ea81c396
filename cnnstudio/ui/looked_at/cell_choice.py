"""Cell choice: the one cell of a feature map that all panels of a window look at when they look into the network."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class Cell:
    """One number that a node gives: its ``channel``, ``row`` and ``column``, each counted from 0.

    ``scope`` are the nodes that are opened on the way to ``node``, as in ``Document.scope``. Where the node gives a
    vector, ``channel`` is the place in it, and row and column are 0. Tokens (N, D) are one map: channel 0, the token's
    number as row. ``copies`` say for each node of the scope which of its copies is meant where it is a repeated group,
    counted from 0; empty means the first of each.
    """

    scope: tuple[str, ...]
    node: str
    channel: int
    row: int
    column: int
    copies: tuple[int, ...] = ()


class CellChoice(QObject):
    """``choice`` is the cell that a person chose last, None where there is none; ``changed`` says so."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice: Cell | None = None

    def choose(self, cell: Cell | None) -> None:
        """Look at another cell from now on, or at none."""
        if cell != self.choice:
            self.choice = cell
            self.changed.emit()
