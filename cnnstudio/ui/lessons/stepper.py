"""Stepper: play, one step back or on, a slider over all steps, and where one is."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided

SLOW, FAST = 450, 40  # milliseconds between two steps of few, and of many
FEW, MANY = 100, 400  # steps: more are gone through quickly, and of very many only some


class Stepper(QWidget):
    """``moved`` says to which step, from 0; it plays until the last one. Buttons can be added at its right end."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step = self.steps = 0
        self._clock = QTimer(self, interval=SLOW)
        self._clock.timeout.connect(self._advance)
        self.before, self.next = button("caret-left", "The step before"), button("caret-right", "The next step")
        self.play = button("play", "Play: go through all steps (Space)")
        self.play.setCheckable(True)
        self.play.toggled.connect(self._play)
        self.before.clicked.connect(lambda: self.moved.emit(self.step - 1))
        self.next.clicked.connect(lambda: self.moved.emit(self.step + 1))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Step")
        self.slider.setMinimumWidth(24)
        self.slider.valueChanged.connect(self.moved)
        self.position = Elided()
        self.position.setProperty("textSize", "small")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(2)
        for widget in (self.before, self.play, self.next):
            self.row.addWidget(widget)
        self.row.addWidget(self.slider, 1)
        self.row.addWidget(self.position)

    def show_step(self, step: int, steps: int) -> None:
        """Show where one is; with no steps there is nothing to go through."""
        self.step, self.steps = step, steps
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(0, steps - 1))
            self.slider.setValue(step)
        for each in (self.slider, self.before, self.play, self.next):
            each.setEnabled(steps > 1)
        self.position.setText(f"{step + 1:,} of {steps:,}" if steps else "")
        if not steps:
            self.stop()

    def stop(self) -> None:
        """Play no more."""
        self.play.setChecked(False)
        self._clock.stop()

    def _play(self, on: bool) -> None:
        self.play.setIcon(icon("pause" if on else "play"))
        if not on:
            self._clock.stop()
            return
        if self.step >= self.steps - 1:
            self.moved.emit(0)
        self._clock.start(SLOW if self.steps <= FEW else FAST)

    def _advance(self) -> None:
        if self.step >= self.steps - 1:
            self.stop()
            return
        self.moved.emit(min(self.steps - 1, self.step + max(1, self.steps // MANY)))


def button(glyph: str, words: str) -> QToolButton:
    """A flat button with an icon and its words."""
    made = QToolButton()
    made.setIcon(icon(glyph))
    made.setToolTip(tip(words))
    made.setAccessibleName(words)
    made.setAutoRaise(True)
    return made
