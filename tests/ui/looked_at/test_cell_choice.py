"""The one cell that all panels look at."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from cnnstudio.ui.looked_at.cell_choice import Cell
from cnnstudio.ui.run import Run


def test_who_chooses_a_cell_tells_everybody_once(qapp: QApplication) -> None:
    run, heard = Run(), []
    run.cell.changed.connect(lambda: heard.append(run.cell.choice))
    cell = Cell(("residual1",), "conv1", 3, 1, 2)
    run.cell.choose(cell)
    run.cell.choose(Cell(("residual1",), "conv1", 3, 1, 2))
    assert heard == [cell]
    run.forget()  # another project is open
    assert heard == [cell, None]
    assert run.close()
