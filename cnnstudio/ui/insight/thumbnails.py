"""Thumbnails: what each node makes of the picture that is looked at, drawn on the canvas while a person wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage, QPixmap

from cnnstudio.graph import Graph
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.rest import Rest
from cnnstudio.training.runs.session import images_key
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.kept.kept import computes
from cnnstudio.ui.looked_at.node_pictures import InScope, NodePicture
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.map_colours import MapColours, colour_table, normalised
from cnnstudio.wording import on_a_line
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.thumbnails import Thumbnail, Thumbnails

SETTLE_MILLISECONDS = 300
LEAST_SECONDS = 0.5  # between two looks into a run
OTHER = "The network that is being trained is another one."


class NodeThumbnails(QObject):
    """Keeps ``document.node_pictures`` in step with the network, its weights and ``run.picture``, while ``is_wanted``.

    A look is one pass of the whole network for one picture, in the background; of a run, between two of its steps.
    """

    def __init__(self, document: Document, run: Run, parent: QObject) -> None:
        super().__init__(parent)
        self.document, self.run, self.is_wanted = document, run, False
        self.looker = Looker(document, run, self, "maps on the blocks")
        self.looker.refused.connect(lambda sentence, _: self._say(sentence))
        self._key: object = None  # what was asked for last
        self._rest = Rest(LEAST_SECONDS)  # of looking into a run
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._look)
        for signal in (
            document.changed, document.scope_changed, document.learned, run.state_changed, run.picture.changed,
            run.looked,
        ):  # fmt: skip
            signal.connect(self.touch)
        run.advanced.connect(self._follow)

    def want(self, is_wanted: bool) -> None:
        """Have pictures on the nodes from now on, or none."""
        if is_wanted != self.is_wanted:
            self.is_wanted, self._key = is_wanted, None
            self._settle.stop()
            self.looker.drop()
            self.document.node_pictures.say("")
            self.touch()

    def touch(self, *_: object) -> None:
        """Something is not as it was: look again, once things have settled."""
        if self.is_wanted:
            self._settle.start()

    def close(self, seconds: float = 10.0) -> bool:
        """Stop for good and wait so long for what is computed; whether it has ended."""
        self.is_wanted = False
        self._settle.stop()
        return self.looker.close(seconds)

    def _follow(self) -> None:
        """Look into a run again, as often as it may cost."""
        is_due = self.is_wanted and self.run.state == "training" and self._rest.is_over
        if is_due and self.looker.is_answered and not self._settle.isActive():
            self._key = None
            self._look()

    @property
    def _asked_for(self) -> object:
        """What the pictures depend on: where that is the same, they need not be made again."""
        run, document = self.run, self.document
        weights = (run.state, run.trained, run.recalled) if run.fits(document.graph) or run.is_active else None
        return computes(document.graph), document.scope, run.picture.choice, images_key(document.project), weights

    def _look(self) -> None:
        document, run = self.document, self.run
        if not self.is_wanted or (key := self._asked_for) == self._key:
            return
        if run.is_active and run.state != "preparing" and not run.fits(document.graph):
            self.looker.drop()
            self._say(OTHER)
            return
        graph, scope, choice = document.graph, document.scope, run.picture.choice

        def work(subject: Subject, _: Report) -> Thumbnails:
            from cnnstudio.insight.thumbnails import thumbnails

            return thumbnails(subject, choice, scope)

        self._key = key
        self._rest.begin()
        if not self.looker.look(work, lambda subject, found: self._show(graph, scope, subject, found)):
            self._key = None

    def _show(self, graph: Graph, scope: tuple[str, ...], subject: Subject, found: Thumbnails) -> None:
        self._rest.after(found.seconds)
        name = on_a_line(found.name if isinstance(self.run.picture.choice, OwnPicture) else found.name.lower())
        pictures = {
            node: NodePicture(QPixmap.fromImage(drawn(each)), f"It shows {each.what} for {name}.")
            for node, each in found.of.items()
        }
        told = f"Maps of {name}  ·  {subject.when}"
        if found.nodes > len(pictures):
            told += f"  ·  the first {len(pictures)} of {found.nodes:,} blocks"
        self.document.node_pictures.show(graph, InScope(scope, pictures), told)

    def _say(self, sentence: str) -> None:
        if not self.is_wanted:
            return
        if not self.looker.is_looking:  # else it only says what it does
            self._key = None
        self.document.node_pictures.say(sentence)


def drawn(thumbnail: Thumbnail) -> QImage:
    """A thumbnail in colours, a pixel for each place: maps from blue to yellow, pictures as they are."""
    values = thumbnail.values
    if values.dtype == np.uint8:
        channels = values.reshape(*values.shape[:2], -1)
        pixels = np.ascontiguousarray(np.broadcast_to(channels, (*values.shape[:2], 3)))
        height, width = pixels.shape[:2]
        return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    shares = normalised(values[None].astype(np.float32), together=False)[0]
    colours = np.ascontiguousarray(colour_table(MapColours.VIRIDIS)[shares])
    height, width = colours.shape
    return QImage(colours.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
