"""Evaluation view: what every view of an evaluation is given and gives: numbers and pictures in, a choice out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.insight.evaluation.charts import Inks
from cnnstudio.insight.evaluation.evaluation import Evaluation
from cnnstudio.insight.evaluation.tables import Table
from cnnstudio.insight.subject import Subject
from cnnstudio.ui.insight.evaluation.picture_list import Listed, Pixels
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.scrolled import Scrolled

NARROW = 480  # pixels below which the words of a view stand above it
SIDE = 208  # pixels of the words beside it
LEAST = 48  # pixels


@dataclass(frozen=True, eq=False)
class Seen:
    """An evaluation, and the network with the images that it is of."""

    evaluation: Evaluation
    subject: Subject

    def image(self, number: int) -> Pixels:
        """The pixels (C, H, W) of a validation image."""
        pixels: Pixels = self.subject.data.validation_images[number].numpy()
        return pixels

    def listed(self, number: int) -> Listed:
        """A validation image in words: what it is, what it is taken for, and how sure the network was."""
        evaluation = self.evaluation
        label, answer = evaluation.labels[number], evaluation.answers[number]
        name, told = evaluation.classes[label], evaluation.classes[answer]
        sure = evaluation.confidences[number]
        share = f", {sure:.0%} sure" if np.isfinite(sure) else ""
        words = f"{name}, not {told}" if label != answer else name
        aloud = f"{name}, taken for {told}{share}" if label != answer else f"{name}, told right{share}"
        return Listed(number, words, f"{evaluation.kind.capitalize()} image {number + 1:,}: {aloud}.")


class EvaluationView(QWidget):
    """A view; ``title`` stands on its tab."""

    title = ""
    picked = Signal(int)  # the number of a validation image: all panels shall look at it
    opened = Signal(int)  # and Feature maps shall come to the front

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.seen: Seen | None = None
        self._beside: QBoxLayout | None = None

    def lay_beside(self, main: QWidget, *words: QWidget) -> None:
        """Put words and what is chosen from beside what is shown, or above it where the panel is narrow."""
        words_of_it = QWidget(self)
        column = QVBoxLayout(words_of_it)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in words:
            widget.setMinimumWidth(LEAST)  # or the panel could not become so narrow that it is laid out otherwise
            column.addWidget(widget)
        column.addStretch(1)
        self._side = Scrolled(words_of_it, self)
        self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._beside.setContentsMargins(8, 4, 8, 4)
        self._beside.addWidget(self._side, 2)
        self._beside.addWidget(main, 5)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._beside is None:
            return
        is_narrow, ways = self.width() < NARROW * theme.scale, QBoxLayout.Direction
        self._beside.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        self._side.setMaximumWidth(self.width() if is_narrow else round(SIDE * theme.scale))
        self._beside.setStretch(0, 0 if is_narrow else 2)

    def show_evaluation(self, seen: Seen | None) -> None:
        """Show this one; None where there is none any more, and then hold no images."""
        self.seen = seen

    def begin(self) -> None:
        """The person looks at this view now: what takes long is begun here."""

    def table_of(self) -> Table | None:
        """What it shows as a table, to be saved; None where there is nothing."""
        return None

    def figure(self) -> Figure | None:
        """What it shows as a picture on white paper; None where it shows none."""
        return None

    def close_tasks(self, seconds: float) -> bool:
        """End what is computed in the background; whether it has ended."""
        return True


def screen_inks() -> Inks:
    """The colours of charts in the theme in force."""
    palette = theme.palette
    return Inks(
        palette.panel, palette.text, palette.muted, palette.line, palette.accent, palette.error, 11.0 * theme.scale,
        theme.is_dark,
    )  # fmt: skip
