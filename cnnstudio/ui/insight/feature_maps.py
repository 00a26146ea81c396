"""Feature maps: what the selected node makes of one picture, trained or not, live while training."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.insight.feature_maps import FeatureMaps, Maps
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.training.runs.session import Prepared
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.bars import Bars
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.image_grid import ImageGrid
from cnnstudio.ui.widgets.labels import Elided, Rich, Sentence, breakable
from cnnstudio.ui.widgets.samples import Picture
from cnnstudio.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.training.data.loading import Data

SETTLE_MILLISECONDS = 200
IMAGE_SIDE = 112
BUTTON = 38  # pixels: room for a glyph
ROOMY = 400  # pixels at the normal size of text


class FeatureMapsPanel(Panel):
    """Shows the maps of one node. While a run is active it sends them; otherwise a task computes them once."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._node: str | None = None
        self._shown: FeatureMaps | None = None
        self._data: Data | None = None  # which the image shown is from
        self.looker = Looker(document, run, self, "feature maps")
        self.looker.refused.connect(self._say)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._look)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self._left())
        row.addWidget(self._right(), 1)
        run.state_changed.connect(self.touch)
        run.advanced.connect(self._follow)
        run.picture.changed.connect(self._look_at_another)
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
            ("caret-left", "The image before", lambda: self.show_image(self.run.picture.number - 1)),
            ("caret-right", "The next image", lambda: self.show_image(self.run.picture.number + 1)),
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
        self.nothing = NothingPage()
        self.nothing.allowed.connect(self._allow)
        content = QWidget()
        self._stack = QStackedLayout(content)
        for page in (self.nothing, self.grid, self.bars):
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
        self.run.picture.choose(
            number % len(self._data.validation_images) if self._data is not None else max(0, number)
        )

    def _look_at_another(self) -> None:
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
        self.run.watch(self._node if self.isVisible() else None, self.run.picture.number)

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
        if (self.document.analysis.shape(node) is None) and not run.is_active:
            self._say(f"{node} has no output yet: something before it is missing or does not fit.")
            return
        choice = self.run.picture.choice
        self.looker.look(lambda subject, _: seen(subject, node, choice), self._show_look)

    def _look_into_run(self, node: str) -> None:
        """What the run sends is shown as it comes; while it is paused it sends nothing, and is asked."""
        trained, choice = self.run.trained, self.run.picture.choice
        if trained is not None and self.run.state != "preparing" and node not in trained.project.graph:
            self._say(f"{node} is not in the network that is being trained.")
        elif self.run.state != "training":
            self.looker.look(lambda subject, _: seen(subject, node, choice), self._show_look)
        elif self._shown is None or self._shown.node != node:
            self._say("Waiting for the next step…")

    def _allow(self) -> None:
        self.looker.allow()
        self._look()

    def _show_look(self, subject: Subject, found: FeatureMaps) -> None:
        if found.node not in self.document.concealed:
            self._show(found, subject.prepared, subject.when)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        self._data = None
        return self.looker.close(seconds)

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
            self.bars.set_values(maps, names, found.label or "", making)
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
        self.nothing.say(sentence, ask)
        self._stack.setCurrentIndex(0)


def seen(subject: Subject, node: str, choice: int | OwnPicture) -> FeatureMaps:
    """What ``node`` makes of a picture; runs torch, so it belongs on a thread."""
    from cnnstudio.insight.activations import maps

    data, picture = subject.data, subject.picture(choice)
    found = maps(subject.module, subject.source, node, picture.image, data)
    scores = maps(subject.module, subject.source, subject.source.steps[-1].node, picture.image, data)
    return FeatureMaps(node, found, picture.image, picture.label, guess(scores, data.classes), subject.step)


def guess(scores: Maps, classes: Sequence[str]) -> str | None:
    """The class with the highest score; None where the scores are not one number for each class."""
    is_vector = scores.shape == (len(classes),) and bool(np.isfinite(scores).all())
    return classes[int(scores.argmax())] if is_vector else None


def verdict(found: FeatureMaps) -> str:
    """What the network makes of the picture as a whole."""
    if found.label is None:
        return "No guess without class scores." if found.guess is None else f"Taken for {found.guess}"
    if found.guess is None:
        return f"{found.label}. No guess without class scores."
    return f"{found.label}, {'recognised' if found.guess == found.label else f'taken for {found.guess}'}"
