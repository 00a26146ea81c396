"""Feature maps: what the selected node makes of one validation image, trained or not, live while training."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import Graph
from cnnstudio.insight.feature_maps import FeatureMaps, Maps, Pixels
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.readiness import obstacle_of_look
from cnnstudio.training.runs.kept_run import KeptRun
from cnnstudio.training.runs.session import Prepared, images_key, prepare
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.bars import Bars
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.image_grid import ImageGrid
from cnnstudio.ui.widgets.labels import Elided, Rich, Sentence, breakable
from cnnstudio.ui.widgets.samples import Picture
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.training.data.loading import Data

SETTLE_MILLISECONDS = 200
IMAGE_SIDE = 112
BUTTON = 38  # pixels: room for a glyph
ROOMY = 400  # pixels at the normal size of text
LOAD, FETCH = "Load the images", "Fetch the weights"


@dataclass(frozen=True)
class Look:
    """What a look at a network found: the network, and what the node makes of the image."""

    prepared: Prepared
    seen: FeatureMaps


class FeatureMapsPanel(Panel):
    """Shows the maps of one node. While a run is active it sends them; otherwise a task computes them once."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._node: str | None = None
        self._image = 0
        self._shown: FeatureMaps | None = None
        self._data: Data | None = None  # which the image shown is from
        self._known: Prepared | None = None  # the last network that was looked at without training it
        self._known_of: KeptRun | None = None  # the run of which it has the weights
        self._text: tuple[Graph, str] | None = None  # the source of the last network that was asked for
        self._may_load = ""  # the data set that the person allowed to be loaded only to look
        self._task: Task[Look] | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._look)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self._left())
        row.addWidget(self._right(), 1)
        run.state_changed.connect(self.touch)
        run.advanced.connect(self._follow)
        document.opened.connect(self._allow_nothing)
        self._say("Select a block to see what it makes of an image.")

    # parts

    def _left(self) -> QWidget:
        self._picture = Picture(IMAGE_SIDE)
        self._picture.setAccessibleName("The validation image")
        self._verdict = Sentence()
        self._verdict.setFixedWidth(IMAGE_SIDE)
        self._verdict.setProperty("textSize", "small")
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for name, words, move in (
            ("caret-left", "The image before", lambda: self.show_image(self._image - 1)),
            ("caret-right", "The next image", lambda: self.show_image(self._image + 1)),
            ("shuffle", "Any image", lambda: self.show_image(random.randrange(1_000_000))),
        ):
            button = QToolButton()
            button.setIcon(icon(name))
            button.setToolTip(tip(words))
            button.setAccessibleName(words)
            button.clicked.connect(move)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._side = QWidget()
        layout = QVBoxLayout(self._side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(self._picture)
        layout.addWidget(self._verdict)
        layout.addLayout(buttons)
        layout.addStretch(1)
        return self._side

    def _right(self) -> QWidget:
        self._caption = Rich()
        self._caption.setWordWrap(True)
        self._readout = Elided()
        self._readout.setProperty("role", "muted")
        self._readout.setProperty("textSize", "small")
        self._together = QToolButton()
        self._together.setText("Same scale")
        self._together.setIcon(icon("equals"))
        self._together.setMinimumWidth(BUTTON)  # its words go where the panel is narrow
        self._together.setCheckable(True)
        self._together.setProperty("switch", True)
        self._together.setToolTip("Use one scale of brightness for all maps, so that they can be compared")
        self.grid, self.bars = ImageGrid(), Bars()
        self._together.toggled.connect(self.grid.set_together)
        for widget in (self.grid, self.bars):
            widget.hovered.connect(self._readout.setText)
        self._empty = Sentence()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("role", "muted")
        self._load = QPushButton(LOAD)
        self._load.clicked.connect(self._allow)
        asking = QWidget()
        column = QVBoxLayout(asking)
        column.addStretch(1)
        column.addWidget(self._empty)
        column.addWidget(self._load, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        content = QWidget()
        self._stack = QStackedLayout(content)
        for page in (asking, self.grid, self.bars):
            self._stack.addWidget(page)
        top = QHBoxLayout()
        top.addWidget(self._caption, 1)
        top.addWidget(self._readout)
        top.addWidget(self._together)
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(content, 1)
        return made

    # what is looked at

    def show_image(self, number: int) -> None:
        """Look at another validation image; numbers run round in a circle."""
        self._image = number % len(self._data.validation_images) if self._data is not None else max(0, number)
        self._watch()
        self._settle.start(0)

    def touch(self) -> None:
        """Keep in mind which node was selected last, also while nobody looks."""
        names = self.document.scope[:1] or self.document.selection
        if len(names) == 1:
            self._node = names[0]
        elif self._node not in self.document.graph:
            self._node = None
        self._watch()
        super().touch()

    def refresh(self) -> None:
        self._settle.start()

    def restyle(self) -> None:
        """The pictures follow the theme by themselves."""

    def _watch(self) -> None:
        self.run.watch(self._node if self.isVisible() else None, self._image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        style = Qt.ToolButtonStyle
        has_room = self.width() >= ROOMY * theme.scale
        self._together.setToolButtonStyle(style.ToolButtonTextOnly if has_room else style.ToolButtonIconOnly)

    def showEvent(self, event: QShowEvent) -> None:
        self.touch()  # a run may have gone on meanwhile
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.stop()
        self._watch()

    def _follow(self) -> None:
        """Show what the run has sent."""
        run, seen = self.run, self.run.maps
        if seen is None or seen is self._shown or seen.node != self._node:
            return
        if self.isVisible() and run.is_active and run.trained and seen.node not in self.document.concealed:
            self._show(seen, run.trained, f"step {seen.step:,}")

    def _look(self) -> None:
        """Ask for the maps of the node as things are now."""
        if not self.isVisible():
            return
        node, run = self._node, self.run
        if node is None or node not in self.document.graph:
            self._say("Select a block to see what it makes of an image.")
            return
        if node in self.document.concealed:
            self._say(f"What {node} makes of an image is hidden while a question is open.")
            return
        if run.is_active:
            self._look_into_run(node)
            return
        if reason := self._refusal(node):
            self._say(reason)
            return
        dataset = DATASETS[self.document.project.recipe.data]
        is_allowed = dataset.key == self._may_load
        is_here = is_allowed or self.run.sample_of(self.document.project) is not None
        if dataset.download_megabytes and not is_here:
            self._say(f"{dataset.sentence} The maps need an image to look at.", LOAD)
            return
        is_fetched = self._ready() is not None or run.fits(self.document.graph)
        if self.document.project.recipe.weights == "torchvision" and not is_fetched and not is_allowed:
            self._say("It begins with torchvision's weights, which are downloaded once. The maps need them.", FETCH)
            return
        self._start(node)

    def _refusal(self, node: str) -> str | None:
        if self.document.analysis.shape(node) is None:
            return f"{node} has no output yet: something before it is missing or does not fit."
        document = self.document
        reason = obstacle_of_look(
            document.project,
            document.diagnostics,
            document.told,
            is_built=self._ready() is not None,
            seen=document.places.seen,
        )
        return f"There are no maps yet. {reason}" if reason else None

    def _look_into_run(self, node: str) -> None:
        trained = self.run.trained
        if trained is None or self.run.state == "preparing":
            self._say("The run is being prepared…")
        elif node not in trained.project.graph:
            self._say(f"{node} is not in the network that is being trained.")
        elif self.run.state == "paused":
            step, image = self.run.history.last.step if self.run.history.last else 0, self._image
            self.run.call(lambda: seen(trained, node, image, step))
        elif self._shown is None or self._shown.node != node:
            self._say("Waiting for the next step…")

    # looking without a run

    def _ready(self) -> Prepared | None:
        """The network that was trained or looked at last, where it still computes what the canvas shows."""
        graph = self.document.graph
        if self._text is None or self._text[0] is not graph:
            try:
                self._text = graph, source(graph).text
            except SourceError:
                return None
        text = self._text[1]
        key = images_key(self.document.project)
        if self._known is not None and self._known_of is not self.run.recalled:
            self._known = None
        for prepared in (self.run.trained, self._known):
            if prepared is not None and prepared.source.text == text and images_key(prepared.project) == key:
                return prepared
        return None

    def _allow(self) -> None:
        self._may_load = self.document.project.recipe.data
        self._look()

    def _allow_nothing(self) -> None:
        self._may_load = ""  # that was said of another project

    def _start(self, node: str) -> None:
        project, image, ready = self.document.project, self._image, self._ready()
        known = self.run.sample_of(project)
        kept = self.run.weights if self.run.trained is None and self.run.fits(project.graph) else None
        is_trained = ready is not None and ready is self.run.trained and self.run.history.last is not None
        step = self.run.history.last.step if is_trained and self.run.history.last is not None else 0

        def look(report: Report) -> Look:
            prepared = ready if ready is not None else prepare(project, report, known, kept, some=True)
            return Look(prepared, seen(prepared, node, image, step))

        if self._task is not None:
            self._task.stop()
            self._task.deleteLater()
        self._task = Task(look, "feature maps", self)
        self._task.progressed.connect(lambda sentence, _: self._say(sentence))
        self._task.finished.connect(self._show_look)
        self._task.failed.connect(self._say)

    def _show_look(self, look: Look) -> None:
        if look.prepared is not self.run.trained:
            self._known, self._known_of = look.prepared, self.run.recalled
            self.run.keep_images(look.prepared.project, look.prepared.data)
        if look.seen.node not in self.document.concealed:
            when = f"step {look.seen.step:,}" if look.seen.step else "untrained weights"
            if look.prepared is self.run.trained and self.run.is_in_memory:
                when = look.prepared.end.sentence
            if self.run.recalled is not None and self.run.fits(look.prepared.project.graph):
                when = self.run.recalled.sentence.rstrip(".").lower()
            self._show(look.seen, look.prepared, when)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        self._known = self._data = None
        return self._task is None or self._task.stop(seconds)

    # showing

    def _show(self, found: FeatureMaps, prepared: Prepared, when: str) -> None:
        self._shown, self._data = found, (data := prepared.data)
        maps = found.maps
        self._side.show()
        self._picture.show_image(found.image)
        self._verdict.setText(verdict(found))
        self._verdict.setToolTip("" if found.guess else tip("The network does not end in a score for each class."))
        if maps.ndim == 1:
            is_end = self.document.graph.outputs and self.document.graph.outputs[0].name == found.node
            names, making = (data.classes, prepared.probabilities) if is_end else ((), None)
            self.bars.set_values(maps, names, found.label, making)
            shape = counted(len(maps), "number")
        else:
            self.grid.set_maps(maps)
            shape = f"{counted(maps.shape[0], 'map')} of {maps.shape[1]} × {maps.shape[2]}"
            if self.grid.shown < maps.shape[0]:
                shape += f", the first {self.grid.shown}"
        self._together.setVisible(maps.ndim == 3)
        self._stack.setCurrentWidget(self.bars if maps.ndim == 1 else self.grid)
        self._caption.setText(f"<b>{breakable(html(found.node))}</b> &nbsp;{shape} &nbsp;·&nbsp; {html(when)}")

    def _say(self, sentence: str, ask: str = "") -> None:
        self._shown = None
        self._side.hide()
        self._together.hide()
        self._caption.setText("")
        self._readout.setText("")
        self._empty.setText(sentence)
        self._load.setText(ask)
        self._load.setVisible(bool(ask))
        self._stack.setCurrentIndex(0)


def seen(prepared: Prepared, node: str, number: int, step: int) -> FeatureMaps:
    """What ``node`` makes of a validation image; runs torch, so it belongs on a thread."""
    from cnnstudio.insight.activations import maps

    data = prepared.data
    number %= len(data.validation_images)
    image: Pixels = data.validation_images[number].numpy()
    found = maps(prepared.module, prepared.source, node, image, data)
    scores = maps(prepared.module, prepared.source, prepared.source.steps[-1].node, image, data)
    label = data.classes[int(data.validation_labels[number])]
    return FeatureMaps(node, found, image, label, guess(scores, data.classes), step)


def guess(scores: Maps, classes: Sequence[str]) -> str | None:
    """The class with the highest score; None where the scores are not one number for each class."""
    is_vector = scores.shape == (len(classes),) and bool(np.isfinite(scores).all())
    return classes[int(scores.argmax())] if is_vector else None


def verdict(found: FeatureMaps) -> str:
    """What the network makes of the image as a whole."""
    if found.guess is None:
        return f"{found.label}. No guess without class scores."
    return f"{found.label}, {'recognised' if found.guess == found.label else f'taken for {found.guess}'}"
