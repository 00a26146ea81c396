"""Progress row: what a look that takes long is doing, how far it is, and a button to cancel it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.ui.widgets.progress_bar import ProgressBar

PATIENCE = 500  # milliseconds after which it is seen
WHOLE = 1_000  # steps of the bar
WIDEST = 160  # pixels of the bar


class ProgressRow(QWidget):
    """A row that is seen while a looker looks, once that has taken half a second; what was shown stays meanwhile."""

    cancelled = Signal()

    def __init__(self, looker: Looker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._looker = looker
        self.doing = Elided()
        self.doing.setProperty("role", "muted")
        self.bar = ProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumWidth(WIDEST)
        self.bar.setAccessibleName("Progress")
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.doing, 1)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(lambda: self.setVisible(looker.is_looking))
        looker.progressed.connect(self._advance)
        self.hide()

    def begin(self) -> None:
        """A look has begun."""
        self._patience.start()

    def end(self) -> None:
        """It is over."""
        self._patience.stop()
        self.hide()

    def _advance(self, sentence: str, share: object) -> None:
        self.doing.setText(sentence)
        self.bar.setRange(0, WHOLE if isinstance(share, float) else 0)
        if isinstance(share, float):
            self.bar.setValue(round(WHOLE * share))

    def _cancel(self) -> None:
        self._looker.drop()
        self.end()
        self.cancelled.emit()
