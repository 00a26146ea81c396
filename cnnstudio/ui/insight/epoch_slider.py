"""Epoch slider: the way a node's maps went through the epochs of a run, from the weights that are kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from cnnstudio.compiler.source import Place
from cnnstudio.headroom import give_back
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.insight.subject import OwnPicture
from cnnstudio.training.runs.session import Prepared
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Plain
from cnnstudio.wording import counted, memory
from cnnstudio.worker import Report

THINNED = (
    "The weights after {kept} of {all} epochs are kept, as evenly as there is room: all that are kept of a run "
    "may take {room}."
)


class EpochSlider(QWidget):
    """Lets a person go through the epochs. What they see is computed once in the background, when they begin to.

    ``asked`` gives the maps of the epoch that the slider stands at, as soon as they are there.
    """

    asked = Signal(object, int)  # FeatureMaps, and after which epoch

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Epoch")
        self.slider.valueChanged.connect(self._go)
        self._label, self._note = Plain(), Elided()
        self._note.setProperty("role", "muted")
        self._note.setProperty("textSize", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._label)
        row.addWidget(self.slider, 2)
        row.addWidget(self._note, 1)
        self._files: Mapping[int, Path] = {}
        self._epochs: list[int] = []
        self._of: tuple[Prepared, Place, int | OwnPicture] | None = None
        self._found: dict[int, FeatureMaps] = {}
        self._task: Task[int | None] | None = None
        self._shown: int | None = None
        self.hide()

    def offer(
        self, files: Mapping[int, Path], prepared: Prepared, place: Place, picture: int | OwnPicture, at: int
    ) -> None:
        """Let these epochs be gone through; the maps that are shown are those after epoch ``at``."""
        before = self._of
        is_same = before is not None and before[0] is prepared and before[1:] == (place, picture)
        if not is_same or files != self._files:  # else what was computed holds
            self.drop()
        self._files, self._epochs, self._of, self._shown = files, [*files], (prepared, place, picture), None
        self.setVisible(len(files) > 1)
        if len(files) < 2:
            return
        nearest = min(range(len(self._epochs)), key=lambda n: abs(self._epochs[n] - at))
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(self._epochs) - 1)
        self.slider.setPageStep(max(1, len(self._epochs) // 10))
        self.slider.setValue(nearest)
        self.slider.blockSignals(False)
        self._write(at)
        last = self._epochs[-1]
        sentence = ""
        if len(files) < last:
            from cnnstudio.training.runs.epoch_weights import MOST_BYTES

            sentence = THINNED.format(kept=len(files), all=last, room=memory(MOST_BYTES))
        self.slider.setToolTip(tip(sentence))
        self.slider.setAccessibleDescription(sentence)
        self._note.setText(f"{len(files)} of {last} epochs are kept" if sentence else "")

    @property
    def prepared(self) -> Prepared | None:
        """The network whose epochs are gone through."""
        return self._of[0] if self._of is not None else None

    def drop(self) -> None:
        """Forget what was computed, and let nothing be gone through."""
        self.stop()
        if self._found:
            self._found.clear()  # a thread that has not ended yet may know it
            QTimer.singleShot(0, self, give_back)
        self._files, self._epochs, self._of, self._found, self._shown = {}, [], None, {}, None
        self.hide()

    def stop(self, seconds: float = 0.0) -> bool:
        """Compute no further, and wait so long; whether it has ended."""
        task, self._task = self._task, None
        return put_away(task, seconds)

    def _go(self) -> None:
        if not self._epochs or self._of is None:
            return
        epoch = self._epochs[self.slider.value()]
        self._write(epoch)
        if epoch in self._found:
            self._show(epoch)
        elif self._task is None:
            self._begin(epoch)

    def _begin(self, epoch: int) -> None:
        assert self._of is not None
        (prepared, place, picture), files, found = self._of, self._files, self._found

        def work(report: Report) -> int | None:
            from cnnstudio.insight.through_epochs import through_epochs

            return through_epochs(prepared, place, picture, files, report, first=epoch, found=found)

        self._task = Task(work, "feature maps of the epochs", self)
        self._task.progressed.connect(self._advance)
        self._task.finished.connect(self._end)
        self._task.failed.connect(self._note.setText)

    def _advance(self) -> None:
        """Show the epoch that is waited for, where it has come."""
        epoch = self._epochs[self.slider.value()]
        if epoch in self._found and self._shown != epoch:
            self._show(epoch)

    def _end(self, most: int | None) -> None:
        self._advance()
        if most is not None:
            self._note.setText(f"the first {counted(most, 'map')} of each")
        elif self._epochs[self.slider.value()] not in self._found:
            self._note.setText("These weights cannot be read.")

    def _show(self, epoch: int) -> None:
        self._shown = epoch
        self.asked.emit(self._found[epoch], epoch)

    def _write(self, epoch: int) -> None:
        self._label.setText(f"Epoch {epoch} of {self._epochs[-1]}")
