"""Weights: the filters of a layer as pictures, their histograms, and which are dead, alike or at their limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFontMetrics, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.insight.subject import Subject
from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.filter_grid import FilterGrid, Mark
from cnnstudio.ui.insight.histogram_view import HistogramView
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.insight.weight_history_view import WeightHistoryView
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.scrolled import Scrolled
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.filters import Filters, Layer
    from cnnstudio.insight.weight_history import WeightHistory

SETTLE_MILLISECONDS = 200
BUTTON = 38  # pixels: room for a glyph
ROOMY = 420  # pixels at the normal size of text
LOW = 240  # pixels at the normal size of text: a lower panel tells the key of its colours in a tooltip alone
SIDE = 300  # pixels at the normal size of text, of what is said and counted at the right
BUSY = "The weights of the epochs are read when the run is over."
NO_RUN = "Train the network: the weights after each epoch are kept with a run, and can be looked at then."
SHADES = (
    "White is 0, red is above and blue below it: full at the greatest weight of a filter, or of all on the same scale."
)
COLORS = "The filters look at the three colours of the image and are shown in them; the middle grey is 0."


class WeightsPanel(Panel):
    """Shows one layer, that of the selected block where it has one; anew after each epoch of a run."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.found: Filters | None = None
        self._wanted = ""  # the layer that the person chose
        self._node: str | None = None  # the block that was selected last
        self._epochs, self._when = 0, ""
        self._back: object = None  # of which run the epochs were asked for last
        self._paths: Mapping[str, str] = {}  # of the network that is shown: where the module has the blocks
        self.looker = Looker(document, run, self, "weights")
        self.looker.refused.connect(self._say)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._look)
        self.choice = QComboBox()
        self.choice.setAccessibleName("Layer")
        self.choice.setMinimumWidth(90)  # a narrow panel cuts its text
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(12)
        self.choice.activated.connect(self._choose)
        self.together = _switch("Same scale", "equals", "Use one scale of colour for all filters, to compare them")
        self.over = _switch(
            "Over epochs",
            "chart-line",
            "How weights and gradients of every layer were spread after each epoch of the run",
        )
        self.over.toggled.connect(self._look)
        self.caption = Elided()
        self.caption.setProperty("textSize", "small")
        self._standing = ""  # what the caption says while nothing is under the mouse
        self.grid = FilterGrid()
        self.together.toggled.connect(self.grid.set_together)
        self.grid.hovered.connect(self._read_out)
        self.sentence, self.key = Sentence(), Sentence()
        self.key.setProperty("role", "muted")
        self.weights, self.gradients = HistogramView("Weights"), HistogramView("Gradients")
        self.sentence.setProperty("textSize", "small")
        self.key.setProperty("textSize", "small")
        self.nothing = NothingPage("Looking at the weights…")
        self.nothing.allowed.connect(self._allow)
        self.history, self.no_history = WeightHistoryView(), NothingPage()
        self.history.hovered.connect(self._read_out)
        self.no_history.allowed.connect(self._allow)
        self._page, self._side, self._single = QWidget(), QWidget(), QWidget()
        self._history_area = Scrolled(self.history)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self._page)
        self._build()
        document.concealed_changed.connect(self._look)
        run.state_changed.connect(self.touch)
        run.advanced.connect(self._follow)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.choice)
        top.addWidget(self.caption, 1)
        top.addWidget(self.together)
        top.addWidget(self.over)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(4)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addWidget(self.weights)
        both.addWidget(self.gradients)
        side.addWidget(self.sentence)
        side.addLayout(both)
        side.addWidget(self.key)
        side.addStretch(1)
        self._body = body = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._single)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(14)
        body.addWidget(self.grid, 2)
        self._aside = Scrolled(self._side)
        body.addWidget(self._aside, 1)
        layout = QVBoxLayout(self._page)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(top)
        self._content = QStackedLayout()
        for page in (self._single, self._history_area, self.no_history):
            self._content.addWidget(page)
        layout.addLayout(self._content, 1)

    # what is looked at

    def touch(self) -> None:
        """A block that is selected now takes the place of the layer that was chosen."""
        names = self.document.scope[:1] or self.document.selection
        node = names[0] if len(names) == 1 else None
        if node is not None and node != self._node:
            self._node, self._wanted = node, ""
        super().touch()

    def refresh(self) -> None:
        if not self._settle.isActive():  # epochs may come faster than it settles
            self._settle.start()

    def _follow(self) -> None:
        if (epochs := len(self.run.history.epochs)) != self._epochs and self.looker.is_answered:
            self._epochs = epochs
            self.touch()

    def _choose(self, row: int) -> None:
        self._wanted = str(self.choice.itemData(row))
        self._look()

    def _allow(self) -> None:
        self.looker.allow()
        self._look()

    def _look(self) -> None:
        if not self.isVisible():
            return
        if self.over.isChecked():
            self._look_back()
            return
        wanted, node, concealed = self._wanted, self._node, self.document.concealed
        if node in concealed and not wanted:
            self._hide(f"The weights of {node} are hidden while a question is open.")
            return
        if self.found is not None and self._is_concealed(self.found.layer.name):
            self._hide("The weights are hidden while a question is open.")

        def look(subject: Subject, _: object) -> tuple[tuple[Layer, ...], Filters | None]:
            from cnnstudio.insight.filters import filters, layers

            hidden = [subject.source.paths[name] for name in concealed if name in subject.source.paths]
            there = tuple(each for each in layers(subject.module) if not any(is_of(each.name, path) for path in hidden))
            path = subject.source.paths.get(node or "", "")
            names = [each.name for each in there]
            mine = [name for name in names if path and is_of(name, path)]
            name = wanted if wanted in names else next(iter([*mine, *names]), None)
            return there, filters(subject, name) if name is not None else None

        self.looker.look(look, partial(self._show, concealed))

    def _look_back(self) -> None:
        """Ask for the weights of every layer after each epoch of the run that is over."""
        run = self.run
        self._arrange(is_over=True)
        if run.is_active:
            self._hide(BUSY)
            return
        folder = run.folder if run.fits(self.document.graph) else None
        if folder is None:
            self._hide(NO_RUN)
            return
        concealed = self.document.concealed
        key = folder, len(run.history.epochs), concealed
        if key == self._back and self._content.currentWidget() is self._history_area:
            return
        self._back, self.found = key, None

        def look(subject: Subject, report: Report) -> tuple[WeightHistory, tuple[float, float]]:
            from cnnstudio.insight.weight_history import DECADES, weight_history

            found = weight_history(subject, kept_epochs(folder), report)
            hidden = [subject.source.paths[name] for name in concealed if name in subject.source.paths]
            seen = tuple(each for each in found.layers if not any(is_of(each.name, path) for path in hidden))
            return replace(found, layers=seen), DECADES

        self.looker.look(look, partial(self._show_back, concealed))

    def _show_back(
        self, concealed: frozenset[str], subject: Subject, found: tuple[WeightHistory, tuple[float, float]]
    ) -> None:
        history, decades = found
        if not self.over.isChecked() or concealed != self.document.concealed:
            return
        if not history.layers:
            self._say(NO_RUN, "")
            return
        self.history.set_history(history, decades)
        self._call(f"Gradients of the loss of {counted(history.images, 'validation image')}")
        self._content.setCurrentWidget(self._history_area)
        self._stack.setCurrentWidget(self._page)

    def _arrange(self, is_over: bool) -> None:
        """Show what can be chosen of one layer, or of all over the epochs."""
        for widget in (self.choice, self.together):
            widget.setVisible(not is_over)
        if not is_over:
            self._content.setCurrentWidget(self._single)

    def _is_concealed(self, layer: str) -> bool:
        """Whether a layer of the network that is shown is hidden now, with the block that it is of."""
        concealed = self.document.concealed
        return any(is_of(layer, path) for name, path in self._paths.items() if name in concealed)

    def _hide(self, sentence: str) -> None:
        self.looker.drop()
        self._say(sentence, "")

    def _show(
        self, concealed: frozenset[str], subject: Subject, found: tuple[tuple[Layer, ...], Filters | None]
    ) -> None:
        if concealed != self.document.concealed:  # another look is on its way
            return
        there, shown = found
        self._paths = subject.source.paths
        self.found = shown
        if shown is None:
            words = "The weights are hidden while a question is open." if concealed else ""
            self._say(words or "This network has no layer with weights.", "")
            return
        self.choice.clear()
        for each in there:
            self.choice.addItem(f"{each.name.removesuffix('.weight')}  ·  {each.kind}", each.name)
        self.choice.setCurrentIndex([each.name for each in there].index(shown.layer.name))
        self.grid.set_kernels(shown.kernels, marks(shown))
        self.grid.setAccessibleDescription(shown.sentence)
        self.sentence.setText(shown.sentence)
        self.weights.set_counts(shown.weights.counts, shown.weights.low, shown.weights.high)
        self.gradients.setVisible(shown.gradients is not None)
        if shown.gradients is not None:
            self.gradients.set_counts(shown.gradients.counts, shown.gradients.low, shown.gradients.high)
        self.gradients.setToolTip(
            tip(
                f"Of the loss of {shown.images} validation images, in this layer",
                self.gradients.accessibleDescription(),
            )
        )
        key = COLORS if shown.kernels.shape[1] == 3 else SHADES
        self.key.setText(key)
        self.grid.setToolTip(tip(key))
        self._when = subject.when
        self._arrange(is_over=False)
        self._stack.setCurrentWidget(self._page)
        self._tell()

    def _tell(self) -> None:
        """Say how many of the filters are to be seen, which there is room for."""
        if self.found is None:
            return
        (count, inputs), (_, _, height, width) = self.found.total, self.found.kernels.shape
        size = f" × {height} × {width}" if height * width > 1 else ""
        words = f"{count:,} filters of {inputs:,}{size}"
        filters, shown = self.grid.plan.shown
        if (filters, shown) != (count, inputs):
            words += f", the first {filters:,} of {shown:,}"
        self._call(f"{words}  ·  {self._when}")

    def _call(self, words: str) -> None:
        """Say what is shown, in words where the buttons leave room for it."""
        self._standing = words
        self.caption.setText(words)
        self._fit_top()

    def _read_out(self, words: str) -> None:
        self.caption.setText(words or self._standing)

    def _fit_top(self) -> None:
        """The buttons lose their words before the caption does."""
        style, seen = Qt.ToolButtonStyle, [self.over] if self.over.isChecked() else [self.together, self.over]
        letters = QFontMetrics(self.font())
        taken = sum(letters.horizontalAdvance(each.text()) + BUTTON for each in seen) + 60
        taken += 0 if self.over.isChecked() else self.choice.sizeHint().width()
        taken += QFontMetrics(self.caption.font()).horizontalAdvance(self._standing)
        has_room = taken <= self.width()
        for button in (self.together, self.over):
            button.setToolButtonStyle(style.ToolButtonTextOnly if has_room else style.ToolButtonIconOnly)

    def _say(self, sentence: str, ask: str) -> None:
        self.found = None
        if self.over.isChecked():  # it stays where it can be turned off
            self._call("")
            self.no_history.say(sentence, ask)
            self._content.setCurrentWidget(self.no_history)
            self._stack.setCurrentWidget(self._page)
            return
        self.nothing.say(sentence, ask)
        self._stack.setCurrentWidget(self.nothing)

    def showEvent(self, event: QShowEvent) -> None:
        self.touch()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        has_room = self.width() >= ROOMY * theme.scale
        self._fit_top()
        ways = QBoxLayout.Direction
        self._body.setDirection(ways.LeftToRight if has_room else ways.TopToBottom)
        self._aside.setMaximumWidth(round(SIDE * theme.scale) if has_room else self.width())
        self.key.setVisible(self.height() >= LOW * theme.scale)
        QTimer.singleShot(0, self, self._tell)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        return self.looker.close(seconds)


def _switch(words: str, glyph: str, more: str) -> QToolButton:
    """What is turned on and off; its words go where the panel is narrow."""
    made = QToolButton()
    made.setText(words)
    made.setIcon(icon(glyph))
    made.setMinimumWidth(BUTTON)
    made.setAccessibleName(words)
    made.setCheckable(True)
    made.setProperty("switch", True)
    made.setToolTip(tip(more))
    return made


def is_of(layer: str, path: str) -> bool:
    """Whether the parameter of this name is that of a block at this path of the network, or of a part of it."""
    return layer == path or layer.startswith(f"{path}.")


def marks(found: Filters) -> dict[int, Mark]:
    """Filter -> the worst that is wrong with it."""
    made: dict[int, Mark] = dict.fromkeys(found.twins or (), "nearly a double")
    made |= dict.fromkeys(found.saturated or (), "saturated")
    made |= dict.fromkeys(found.silent or (), "never active")
    return made | dict.fromkeys(found.zero, "dead")
