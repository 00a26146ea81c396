"""Looking panel: one that asks its looker when something has changed, and has its controls above what was found."""

from __future__ import annotations

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.insight.progress_row import ProgressRow
from cnnstudio.ui.insight.settling import Settling
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run


class LookingPanel(Panel):
    """``looker`` is called ``name``; ``nothing`` says why there is nothing, and ``going`` how far a look is.

    What it shows and asks is its own: ``_look`` asks for it, ``_refuse`` says why there is none.
    """

    settle_milliseconds = 200

    def __init__(
        self, document: Document, run: Run, name: str, sentence: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(document, run, parent)
        self.looker = Looker(document, run, self, name)
        self.looker.refused.connect(self._refuse)
        self._settle = Settling(self._look, self.settle_milliseconds, self)
        self.nothing = NothingPage(sentence)
        self.nothing.allowed.connect(self._allow)
        self.going = ProgressRow(self.looker)
        self.going.cancelled.connect(self._cancelled)

    def _lay_out(self, controls: QWidget, result: QWidget) -> None:
        """Put the controls above, how far a look is below them, then what was found, or why nothing was."""
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(controls)
        column.addWidget(self.going)
        content = QWidget()
        self._stack = QStackedLayout(content)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(result)
        column.addWidget(content, 1)

    def refresh(self) -> None:
        self._settle.begin()

    def showEvent(self, event: QShowEvent) -> None:
        self.touch()  # a run may have gone on meanwhile
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.stop()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        return self.looker.close(seconds)

    def _look(self) -> None:
        """Ask for what is shown, as things are now."""

    def _refuse(self, sentence: str, ask: str) -> None:
        """Say why there is nothing, with the words of what the person may allow, or none."""

    def _cancelled(self) -> None:
        """The person wants no more of the look that went on."""

    def _allow(self) -> None:
        self.looker.allow()
        self.touch()

    def _say(self, sentence: str) -> None:
        """Show nothing but why, and end what is looked at."""
        self.looker.drop()
        self._refuse(sentence, "")
