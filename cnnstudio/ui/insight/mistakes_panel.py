"""Mistakes panel: the validation images that the trained network tells wrong, the surest mistakes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cnnstudio.training.runs.session import prepare
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.samples import pixmap
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.mistakes import Mistakes

SIDE = 64  # pixels of an image
NOT_YET = "The images that the network tells wrong are shown here once it is trained."
GOES_ON = "The images that the network tells wrong are shown here when the run has ended."
LOOKING = "Looking at the validation images…"


class MistakesPanel(Panel):
    """A sentence and the pictures; under each what it is, and what the network takes it for."""

    delay = 150

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.found: Mistakes | None = None
        self._task: Task[Mistakes] | None = None
        self._of: object = None  # the run and the epoch that were looked at
        self.sentence = Sentence(NOT_YET, self)
        self.sentence.setContentsMargins(12, 8, 12, 4)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Images that are told wrong")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setWordWrap(True)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.sentence)
        layout.addWidget(self.list, 1)
        layout.addStretch()
        run.state_changed.connect(self.touch)

    def refresh(self) -> None:
        """Look at the images, where that was not done with these weights."""
        run, project, weights = self.run, self.run.project, self.run.weights
        here = run.trained if run.is_in_memory else None
        if run.is_active or project is None or (weights is None and here is None):
            self._forget(GOES_ON if run.is_active else NOT_YET)
            return
        now = weights, run.epoch, len(run.history.epochs)
        if now == self._of:
            return
        self._forget(LOOKING)
        self._of, known = now, run.loaded.all_of(project)

        def look(report: Report) -> Mistakes:
            from cnnstudio.insight.mistakes import mistakes

            return mistakes(here or prepare(project, report, known, weights), report)

        self._task = Task(look, "mistakes", self)
        self._task.finished.connect(self._show)
        self._task.failed.connect(self._forget)

    def _forget(self, sentence: str) -> None:
        """Show none, and say why."""
        self.close_tasks(0.0)
        self.found = self._of = None
        self.list.clear()
        self.list.hide()
        self.sentence.setText(sentence)

    def _show(self, found: Mistakes) -> None:
        self.found = found
        changed = "" if self.run.fits(self.document.graph) else " The network has changed since it was trained."
        self.sentence.setText(found.sentence + changed)
        self.list.clear()
        for each in found.worst:
            item = QListWidgetItem(QIcon(pixmap(each.image, SIDE)), f"{each.is_of}, not {each.taken_for}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{each.is_of}, taken for {each.taken_for}")
            item.setToolTip(tip(f"It is {each.is_of}, and the network takes it for {each.taken_for}."))
            self.list.addItem(item)
        self._size()
        self.list.setVisible(bool(found.worst))

    def _size(self) -> None:
        line = self.list.fontMetrics().height()
        widest = max((self.list.fontMetrics().horizontalAdvance(each.text()) for each in self._items), default=0)
        self.list.setGridSize(QSize(max(SIDE, min(widest, 2 * SIDE)) + 16, SIDE + 2 * line + 12))

    @property
    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def restyle(self) -> None:
        self.list.setFont(theme.font("small"))
        self._size()
        super().restyle()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        task, self._task = self._task, None
        if task is None:
            return True
        ended = task.stop(seconds)
        task.deleteLater()
        return ended
