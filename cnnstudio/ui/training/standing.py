"""Standing: how far a run is, in a bar and a line that are always in view, and how it stands, in words and numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.labels import Live, Plain, Sentence
from cnnstudio.ui.widgets.progress_bar import ProgressBar
from cnnstudio.wording import duration

_WIDE = 340  # pixels at the normal size of text from which on numbers stand in two columns


class ProgressLine(QWidget):
    """A bar, and below it the epoch and the time that is left; there while a run goes on."""

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self.bar = ProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How much of the training is done")
        self.epoch, self.time = Live("Progress"), Live("Time left")
        self.time.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(self.epoch, 1)
        line.addWidget(self.time)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.bar)
        layout.addLayout(line)

    def refresh(self) -> None:
        """Show how far the run is."""
        run, history = self._run, self._run.under_way
        self.setVisible(run.is_active)
        self.bar.setRange(0, 0 if run.share is None and run.state == "preparing" else 1000)
        self.bar.setValue(round(1000 * (run.share or 0)))
        last, started, left = history.last, history.started, history.remaining_seconds
        is_known = last is not None and started is not None
        self.epoch.setVisible(is_known)
        self.time.setVisible(is_known)
        if last is not None and started is not None:
            self.epoch.setText(f"Epoch {last.epoch:,} of {started.epochs:,}, step {last.step:,}")
            self.time.setText(f"{duration(left)} left" if left is not None else "measuring…")


class Standing(QWidget):
    """What is to be said of the run, and while it goes on its numbers; ``own`` opens the network that it has.

    ``sentence`` is how it stands, ``more`` in a paler line what a person should know before going on.
    """

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self.sentence, self.more = Sentence(), Sentence()
        for each in (self.sentence, self.more):
            each.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more.setProperty("role", "muted")
        self.own = QPushButton("Open the run's network")
        self.own.setToolTip("See the network as the run has it, in a window of its own")
        self._numbers = QWidget()
        self._grid = QGridLayout(self._numbers)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._columns = 0
        self.numbers = {name: Live(name.capitalize()) for name in ("accuracy", "best", "loss", "rate", "speed")}
        self._captions = [Plain(name.capitalize()) for name in self.numbers]
        for caption in self._captions:
            caption.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        for widget in (self.sentence, self.more, self._numbers):
            layout.addWidget(widget)
        layout.addWidget(self.own, 0, Qt.AlignmentFlag.AlignLeft)
        theme.changed.connect(self._lay_out)
        self._lay_out()

    def _lay_out(self) -> None:
        """Two numbers in a line where there is room, else one."""
        columns = 2 if self.width() >= _WIDE * theme.scale else 1
        if columns == self._columns:
            return
        self._columns = columns
        for place, (caption, label) in enumerate(zip(self._captions, self.numbers.values(), strict=True)):
            line, column = divmod(place, columns)
            self._grid.addWidget(caption, line, 2 * column)
            self._grid.addWidget(label, line, 2 * column + 1)
            self._grid.setColumnStretch(2 * column + 1, 1)
        self._grid.setColumnStretch(3, columns - 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def say(self, text: str, role: str, more: str = "") -> None:
        """Say this of the run; nothing is there where there is nothing to say."""
        self.sentence.setText(text)
        self.sentence.setVisible(bool(text))
        self.more.setText(more)
        self.more.setVisible(bool(more))
        if self.sentence.property("role") != role:
            self.sentence.setProperty("role", role)
            self.sentence.style().unpolish(self.sentence)
            self.sentence.style().polish(self.sentence)

    def refresh(self) -> None:
        """Show the numbers of a run that goes on; of one that has ended, they stand with its result."""
        run, history = self._run, self._run.history
        last = history.last if run.state in ("training", "paused") else None
        self._numbers.setVisible(last is not None)
        if last is None:
            return
        images = f" of {run.images[1]:,}" if run.images[1] else ""
        latest = float(history.epochs["validation_accuracy"][-1]) if len(history.epochs) else None
        texts = {
            "accuracy": f"{latest:.1%}{images}" if latest is not None else f"{last.accuracy:.1%} of this batch",
            "best": f"{history.best.score[0]:.1%}, epoch {history.best.epoch:,}" if history.best else "–",
            "loss": f"{last.loss:.4g}",
            "rate": f"{last.learning_rate:.3g}",
            "speed": f"{last.images_per_second:,.0f} images/s",
        }
        for name, text in texts.items():
            self.numbers[name].setText(text)
        self.numbers["accuracy"].setToolTip("The share of the validation images that is told right" if latest else "")
