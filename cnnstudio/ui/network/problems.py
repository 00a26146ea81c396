"""Problems: what is wrong or doubtful in the network, in sentences, with buttons that put it right."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.problem_row import SIGNS, ProblemRow, show_rows
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.labels import Plain, Sentence
from cnnstudio.wording import counted

MOST = 30  # findings shown at once; a network with more has one cause and many effects
TRAINING = "Show Training"


class ProblemsPanel(Panel):
    """The findings, the worst first. Enter and double-click lead to the node, which is also ``reveal``'s.

    What keeps the project from being trained and is no finding about the network stands above them.
    """

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.rows: list[ProblemRow] = []
        self.headline = Plain(parent=self)
        self.headline.setContentsMargins(12, 8, 12, 4)
        self.headline.setProperty("role", "muted")
        self.notice = QWidget(self)
        self.reason = Sentence(parent=self.notice)
        self.reason.setProperty("role", "warning")
        self.mend = QPushButton(TRAINING, self.notice)
        self.mend.clicked.connect(self._mend)
        row = QHBoxLayout(self.notice)
        row.setContentsMargins(12, 8, 12, 4)
        row.addWidget(self.reason, 1)
        row.addWidget(self.mend, 0, Qt.AlignmentFlag.AlignTop)
        self.empty = Plain("No problems", self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("role", "muted")
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(8, 0, 8, 8)
        self.column.setSpacing(6)
        self.column.addStretch()
        self.area.setWidget(inside)
        self.more = Plain(parent=inside)
        self.more.setProperty("role", "muted")
        self.more.hide()
        self.column.insertWidget(0, self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self.headline)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.area, 1)

    def refresh(self) -> None:
        found = sorted(self.document.diagnostics, key=lambda diagnostic: list(SIGNS).index(diagnostic.severity))
        shown = found[:MOST]
        self.rows = show_rows(self.column, self.rows, shown, self._row)
        self.more.setText(f"and {counted(len(found) - MOST, 'more problem')}")
        self.more.setVisible(len(found) > MOST)
        counts = Counter(str(diagnostic.severity) for diagnostic in found)
        self.headline.setText(
            " · ".join(counted(counts[key], word.lower()) for key, (_, _, word) in SIGNS.items() if counts[key])
        )
        beside = self.document.obstacle() if self.document.graph and not counts["error"] else None
        self.reason.setText(f"It cannot be trained yet. {beside}" if beside else self.document.unlooked or "")
        self.mend.setText(TRAINING if beside else "Look there")
        self.notice.setVisible(bool(self.reason.text()))
        self.headline.setVisible(bool(found))
        self.area.setVisible(bool(found))
        self.empty.setVisible(not found)
        self.empty.setText(
            "No problems in the network" if beside else "No problems" if self.document.graph else "Nothing to check yet"
        )

    def _mend(self) -> None:
        if self.mend.text() == TRAINING:
            self.panel_asked.emit("training")
        else:
            self.document.look_there()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.rows:
            self.rows[0].setFocus(event.reason())

    def restyle(self) -> None:
        for row in self.rows:
            row.restyle()

    def go_to(self, diagnostic: Diagnostic) -> None:
        """Select and show the nodes that a finding is about."""
        names = tuple(name for name in diagnostic.nodes if name in self.document.graph)
        if names:
            self.document.enter(())
            self.document.select(names)
            self.reveal.emit(names[0])

    def _row(self, diagnostic: Diagnostic) -> ProblemRow:
        row = ProblemRow(self.document, diagnostic, self)
        row.activated.connect(lambda: self.go_to(row.diagnostic))
        row.stepped.connect(lambda by: self._step(row, by))
        return row

    def _step(self, row: ProblemRow, by: int) -> None:
        """Give the focus to the row above or below."""
        place = self.rows.index(row) + by
        if 0 <= place < len(self.rows):
            self.rows[place].setFocus()
            self.area.ensureWidgetVisible(self.rows[place])
