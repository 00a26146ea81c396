"""Feature maps: what the selected node makes of one picture, trained or not, live while training."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.compiler.source import Place, WayError, way_to
from cnnstudio.insight.feature_maps import FeatureMaps, guess
from cnnstudio.insight.kept_pass import KeptPass
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.insight.weighed import Weighed
from cnnstudio.rest import Rest
from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.session import Prepared
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.copy_choice import CopyChoice
from cnnstudio.ui.insight.epoch_slider import EpochSlider
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.map_view import MapView
from cnnstudio.ui.insight.settling import Settling
from cnnstudio.ui.insight.weighing_row import WeighingRow
from cnnstudio.ui.looked_at.cell_choice import Cell
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.labels import Sentence, breakable
from cnnstudio.ui.widgets.samples import Picture
from cnnstudio.worker import Report, unheard

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

SETTLE_MILLISECONDS = 200
QUEUE_SECONDS = 1.0  # at least, between two looks into what the queue trains
IMAGE_SIDE = 112


class FeatureMapsPanel(Panel):
    """Shows the maps of one node. While a run is active it sends them; otherwise a task computes them once."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._place: Place | None = None
        self._shown: FeatureMaps | None = None
        self._is_beginning = False
        self._data: Data | None = None  # which the image shown is from
        self._kept = KeptPass()
        self.looker = Looker(document, run, self, "feature maps", follows_queue=True)
        self.looker.refused.connect(self._say)
        self._settle = Settling(self._look, SETTLE_MILLISECONDS, self)
        self._rest = Rest(QUEUE_SECONDS)  # from looking into the queue
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        self.view = MapView()
        self.view.allowed.connect(self._allow)
        self.view.cell_chosen.connect(self._choose_cell)
        self.copies = CopyChoice()
        self.copies.changed.connect(self._look_at_another)
        self.epochs = EpochSlider()
        self.epochs.asked.connect(self._show_epoch)
        self.weighing = WeighingRow()
        self.weighing.changed.connect(lambda: self._settle.start(0))
        self.view.add(self.weighing)
        self.view.add(self.copies)
        self.view.add(self.epochs)
        row.addWidget(self._left())
        row.addWidget(self.view, 1)
        run.state_changed.connect(self.touch)
        run.advanced.connect(self._follow)
        run.queue.advanced.connect(self._follow_queue)
        run.queue.changed.connect(self.touch)
        run.picture.changed.connect(self._look_at_another)
        run.cell.changed.connect(self._mark_cell)
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

    # what is looked at

    def show_image(self, number: int) -> None:
        """Look at another validation image; numbers run round in a circle."""
        self.run.picture.choose(
            number % len(self._data.validation_images) if self._data is not None else max(0, number)
        )

    def _look_at_another(self) -> None:
        if self._place is not None:
            self._place = replace(self._place, copies=self.copies.chosen)
        self._watch()
        if not self._is_beginning:
            self._settle.start(0)

    def touch(self) -> None:
        """Keep in mind which node was selected last, also while nobody looks; else which one is open."""
        before, self._place = self._place, self.copies.follow(self.document, self._place)
        if self._place != before:
            self.weighing.forget()
        self._watch()
        super().touch()

    def refresh(self) -> None:
        self._settle.begin()

    def restyle(self) -> None:
        """The pictures follow the theme by themselves."""

    def _watch(self) -> None:
        if self.looker.beside is None:
            self.run.watch(self._place if self.isVisible() else None, self.run.picture.choice)

    def showEvent(self, event: QShowEvent) -> None:
        self.touch()  # a run may have gone on meanwhile
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.stop()
        self._kept.forget()
        self.epochs.drop()  # with all that it holds
        self._watch()

    def _follow(self) -> None:
        """Show what the run has sent."""
        run, seen = self.run, self.run.maps
        if self.looker.beside is not None or seen is None or seen is self._shown or seen.place != self._place:
            return
        if self.isVisible() and run.is_active and run.trained and not self._is_concealed(seen.place):
            self.epochs.drop()
            self._show(seen, run.trained, f"step {seen.step:,}")

    def _follow_queue(self) -> None:
        """Look again into what the queue trains, where it is this network."""
        is_due = self.isVisible() and self._rest.is_over
        if is_due and self.looker.queued is not None and self.looker.is_answered:
            self._rest.begin()
            self._look()

    def _is_concealed(self, place: Place) -> bool:
        return (place.scope or (place.node,))[0] in self.document.concealed

    def _look(self) -> None:
        """Ask for the maps of the node as things are now."""
        if not self.isVisible():
            return
        place, run = self._place, self.run
        outer = (place.scope or (place.node,))[0] if place is not None else ""
        if place is None or outer not in self.document.graph:
            self._say("Select a block to see what it makes of an image.")
        elif self._is_concealed(place):
            self._say(f"What {place.node} makes of an image is hidden while a question is open.")
        elif run.is_active and self.looker.beside is None:
            self._look_into_run(place)
        elif self.document.analysis.shape(outer) is None:
            self._say(f"{outer} has no output yet: something before it is missing or does not fit.")
        else:
            self._ask(place)

    def _ask(self, place: Place) -> None:
        picture = self.run.picture
        is_own = not self.run.is_active and self.looker.beside is None and self.looker.queued is None
        choice, may_search, kept = picture.choice, picture.is_open and is_own, self._kept
        folder = self.run.folder if is_own and self.run.fits(self.document.graph) else None
        row = self.weighing
        mean = (row.number, row.of_class) if row.number is not None and row.is_mean else None
        self.looker.look(
            lambda subject, report: seen(
                subject, place, choice, may_search, folder, mean=mean, kept=kept, report=report
            ),
            self._show_look,
        )

    def _look_into_run(self, place: Place) -> None:
        """What the run sends is shown as it comes; while it is paused it sends nothing, and is asked."""
        run = self.run
        if run.trained is not None and run.state != "preparing":
            try:
                way_to(run.trained.project.graph, run.trained.source, place)
            except WayError:
                self._say(f"{place.node} is not in the network that is being trained.")
                return
        if run.state != "training":
            self._ask(place)
        elif self._shown is None or self._shown.place != place:
            self._say("Waiting for the next step…")

    def _allow(self) -> None:
        self.looker.allow()
        self._look()

    def _show_look(self, subject: Subject, found: Seen) -> None:
        if found.maps is None:
            self._say(found.why_not)
            return
        if found.begins_with is not None and self.run.picture.is_open:
            self._is_beginning = True  # with a picture whose maps are here
            self.run.picture.choose(found.begins_with)
            self._is_beginning = False
        if not self._is_concealed(found.maps.place):
            self._show(found.maps, subject.prepared, subject.when)
            self.weighing.offer(found.weighed, subject.data.classes)
            if (number := self.weighing.number) is not None:
                self.epochs.drop()
                self._show_weighed(found.maps.place, found.mean or found.weighed[number], subject.when)
                return
            self.epochs.offer(found.epochs, subject.prepared, found.maps.place, self.run.picture.choice, self.run.epoch)

    def _show_epoch(self, found: FeatureMaps, epoch: int) -> None:
        if self.epochs.prepared is not None and not self._is_concealed(found.place):
            self._show(found, self.epochs.prepared, f"weights of epoch {epoch}")

    def _show_weighed(self, place: Place, found: Weighed, when: str) -> None:
        """Show by what the block weighs in the place of what it gives."""
        if found.values.ndim == 1:
            self.view.show_vector(found.values, (), "", None)
        else:
            self.view.show_maps(found.values)
        self.view.mark(None)
        self.view.caption.setText(
            f"<b>{breakable(html(str(place)))}</b> &nbsp;{html(found.sentence)} &nbsp;·&nbsp; {html(when)}"
        )

    def _choose_cell(self, channel: int, row: int, column: int) -> None:
        if self._shown is not None and self.weighing.number is None:
            place = self._shown.place
            self.run.cell.choose(Cell(place.scope, place.node, channel, row, column, place.copies))

    def _mark_cell(self) -> None:
        """Mark the cell that all panels look at, where it is one of these."""
        cell, place = self.run.cell.choice, self._shown.place if self._shown is not None else None
        is_here = cell is not None and place == Place(cell.node, cell.scope, cell.copies)
        self.view.mark((cell.channel, cell.row, cell.column) if cell is not None and is_here else None)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        self._kept.forget()
        self._data = None
        return all([self.looker.close(seconds), self.epochs.stop(seconds)])

    # showing

    def _show(self, found: FeatureMaps, prepared: Prepared, when: str) -> None:
        is_other = self._shown is None or self._shown.image is not found.image
        self._shown, self._data = found, (data := prepared.data)
        maps = found.maps
        self._side.show()
        if is_other:
            self._picture.show_image(found.image)
        self._verdict.setText(verdict(found))
        self._verdict.setToolTip("" if found.guess else tip("The network does not end in a score for each class."))
        if maps.ndim == 1:
            outputs = self.document.graph.outputs
            is_end = not found.place.scope and bool(outputs) and outputs[0].name == found.node
            names, making = (data.classes, prepared.probabilities) if is_end else ((), None)
            words = self.view.show_vector(maps, tuple(names), found.label or "", making)
        else:
            words = self.view.show_maps(maps)
        self._mark_cell()
        self.view.caption.setText(
            f"<b>{breakable(html(str(found.place)))}</b> &nbsp;{words} &nbsp;·&nbsp; {html(when)}"
        )

    def _say(self, sentence: str, ask: str = "") -> None:
        self._shown = None
        self.epochs.drop()
        if not self.looker.is_looking:  # else it only says what it does
            self.weighing.offer((), ())
        self._side.hide()
        self.view.say(sentence, ask)


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found of a node: its maps, or why there are none; and the picture that was found to begin with.

    ``weighed`` is by what it weighs for the picture, ``mean`` one of these as a mean over pictures of classes.
    """

    maps: FeatureMaps | None
    why_not: str = ""
    begins_with: int | None = None
    epochs: Mapping[int, Path] = field(default_factory=dict)
    weighed: tuple[Weighed, ...] = ()
    mean: Weighed | None = None


def seen(
    subject: Subject,
    place: Place,
    choice: int | OwnPicture,
    may_search: bool = False,
    folder: RunFolder | None = None,
    *,
    mean: tuple[int, int | None] | None = None,
    kept: KeptPass | None = None,
    report: Report = unheard,
) -> Seen:
    """What the node at ``place`` makes of a picture; runs torch, so it belongs on a thread.

    A trained network ``may_search`` for another picture, one that it tells right; ``folder`` is that of its run, to
    tell which of its epochs can be looked at. ``mean`` asks for the mean of the weighing of this number, over the
    validation pictures of this class or of each. What is ``kept`` of the last look need not be computed again.
    """
    from cnnstudio.insight.activations import entering, shown
    from cnnstudio.insight.first_right import first_right
    from cnnstudio.insight.weighing import mean_weighed, weighed

    module, data, look = subject.module, subject.data, (kept or KeptPass()).activations
    try:
        way = way_to(subject.project.graph, subject.source, place)
    except WayError as reason:
        return Seen(None, str(reason))
    begin = None
    if may_search and subject.is_trained and isinstance(choice, int):
        right = first_right(subject, look)
        begin = choice if right is None else right  # to search once is enough
    picture, end = subject.picture(choice if begin is None else begin), subject.source.steps[-1].node
    found = look(module, subject.source, (way, end), entering(module, picture.image, data))
    told = guess(shown(found[end]), data.classes)
    made = FeatureMaps(place, shown(found[way]), picture.image, picture.label, told, subject.step)
    epochs = kept_epochs(folder) if folder is not None and subject.is_trained else {}
    weighs = weighed(subject, place, choice if begin is None else begin, look)
    taken = mean_weighed(subject, place, *mean, report) if mean is not None and mean[0] < len(weighs) else None
    return Seen(made, begins_with=begin, epochs=epochs, weighed=weighs, mean=taken)


def verdict(found: FeatureMaps) -> str:
    """What the network makes of the picture as a whole."""
    if found.label is None:
        return "No guess without class scores." if found.guess is None else f"Taken for {found.guess}"
    if found.guess is None:
        return f"{found.label}. No guess without class scores."
    return f"{found.label}, {'recognised' if found.guess == found.label else f'taken for {found.guess}'}"
