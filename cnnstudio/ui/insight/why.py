"""Why: what in a picture speaks for a class, and how far that can be trusted; and what a channel looks for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFileDialog,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.compiler.source import Place
from cnnstudio.insight.attribution.explanation import Explanation
from cnnstudio.insight.attribution.methods import METHODS, Method, has_places, place_to_look
from cnnstudio.insight.attribution.painters import PAINTERS, Painter
from cnnstudio.insight.attribution.portrait import Portrait
from cnnstudio.insight.subject import Subject
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.copy_choice import CopyChoice
from cnnstudio.ui.insight.followed import outermost, shape_at
from cnnstudio.ui.insight.looking_panel import LookingPanel
from cnnstudio.ui.insight.marked_picture import Layer, MarkedPicture
from cnnstudio.ui.insight.told_area import ToldArea
from cnnstudio.ui.insight.value_view import narrow
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.wording import on_a_line, printable

if TYPE_CHECKING:
    from cnnstudio.worker import Report

ANSWER = "The answer"
UNTRAINED = "The weights are untrained, so this tells nothing that was learned."


class WhyPanel(LookingPanel):
    """The picture with a map over it, the same of random weights beside it, and the numbers in sentences.

    Or, by the methods that ask about a channel of the selected block, the pictures that excite it.
    """

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, "why", "What speaks for the network's answer is shown here.", parent)
        self.found: Explanation | Portrait | None = None
        self._key: tuple[object, ...] | None = None  # what was asked for last
        self._followed: Place | None = None  # which was selected last
        self._classes: tuple[str, ...] = ()
        self._lay_out(self._controls(), self._result())
        run.state_changed.connect(self.touch)
        run.advanced.connect(self._follow)
        run.picture.changed.connect(self.touch)

    # parts

    def _controls(self) -> QWidget:
        self.method = QComboBox()
        self.method.setAccessibleName("Method")
        for method in (*METHODS, *PAINTERS):
            self.method.addItem(method.title, method.key)
            self.method.setItemData(
                self.method.count() - 1, tip(method.sentence, method.paper), Qt.ItemDataRole.ToolTipRole
            )
        self.target = QComboBox()
        self.target.setAccessibleName("Class to explain")
        self.target.setToolTip(tip("Which class to explain: the network's answer, or any other"))
        self.target.addItem(ANSWER, None)
        for box in (self.method, self.target):
            box.setMinimumWidth(90)
            # by its contents it would set its own size, beyond a narrow panel's edge
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.method.setMinimumContentsLength(14)
        self.target.setMinimumContentsLength(8)
        self.method.currentIndexChanged.connect(self._choose_method)
        self.target.currentIndexChanged.connect(self.touch)
        self.copies = CopyChoice()
        self.copies.changed.connect(self.touch)
        self.channel = QSpinBox()
        self.channel.setPrefix("Channel ")
        self.channel.setRange(1, 1)
        self.channel.setAccessibleName("Channel of the selected block")
        self.channel.valueChanged.connect(self.touch)
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, 100)
        self.strength.setValue(60)
        self.strength.setFixedSize(70, self.method.sizeHint().height())  # in one line with the others
        self.strength.setAccessibleName("Strength of the map over the picture")
        self.strength.setToolTip(tip("How strongly the map lies over the picture"))
        self.random = QToolButton()
        self.random.setText("Random weights")
        self.random.setCheckable(True)
        self.random.setChecked(True)
        self.random.setProperty("switch", True)
        self.random.setToolTip(
            tip(
                "The same map of the same network with random weights. Where both look alike, the map shows what the "
                "picture and the network's shape give, and nothing that was learned.",
                "Adebayo et al. 2018, arxiv.org/abs/1810.03292",
            )
        )
        self.random.toggled.connect(self.touch)
        self.keep = QToolButton()
        self.keep.setIcon(icon("download-simple"))
        self.keep.setAccessibleName("Save as a picture…")
        self.keep.setToolTip(tip("Save as a picture…"))
        self.keep.clicked.connect(self._ask_where)
        made = QWidget()
        flow = FlowLayout(made)
        for widget in (self.method, self.target, self.channel, self.copies, self.random, self.strength, self.keep):
            flow.addWidget(widget)
        self._choose_method()
        return made

    def _result(self) -> QWidget:
        self.view = MarkedPicture()
        self.strength.valueChanged.connect(lambda value: self.view.set_strength(value / 100))
        self._readout = Elided()
        self._readout.setProperty("role", "muted")
        self._readout.setProperty("textSize", "small")
        self.view.hovered.connect(self._readout.setText)
        self.told = Sentence()
        self.told.setProperty("textSize", "small")
        self._area = ToldArea(self.told)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._area)
        words.addStretch(1)
        words.addWidget(self._readout)
        made = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, made)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(10)
        self._row.addWidget(self.view, 3)
        self._row.addLayout(words, 2)
        return made

    @property
    def chosen(self) -> Method | Painter:
        """The method that is chosen."""
        return (*METHODS, *PAINTERS)[self.method.currentIndex()]

    def _choose_method(self) -> None:
        method = self.chosen
        asks_channel = isinstance(method, Painter)
        self.channel.setVisible(asks_channel)
        self.target.setVisible(not asks_channel)
        self.random.setVisible(not asks_channel)
        self.method.setToolTip(tip(method.sentence, method.paper, title=method.title))
        self.touch()

    # what is looked at

    def touch(self) -> None:
        """Keep in mind which node was selected last, also while nobody looks."""
        self._followed = self.copies.follow(self.document, self._followed)
        shape = None if self._is_hidden(self._place) else shape_at(self.document, self._place)
        self.channel.setMaximum(shape[-1 if len(shape) == 2 else 0] if shape else 1)
        super().touch()

    def restyle(self) -> None:
        self.view.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        is_narrow = narrow(self.width(), self.height())
        self._row.setDirection(direction.TopToBottom if is_narrow else direction.LeftToRight)

    def _follow(self) -> None:
        """While a run goes on, look again after each epoch."""
        if self.isVisible() and self.run.is_active and self._asked_for != self._key:
            self.touch()

    @property
    def _place(self) -> Place | None:
        """Where the method looks: at what was selected, or at the composite round it, where that has no maps.

        What a channel looks for can be asked of a vector, too.
        """
        place = self._followed
        if isinstance(self.chosen, Painter) and shape_at(self.document, place) is not None:
            return place
        while place is not None and place.scope:
            shape = shape_at(self.document, place)
            if shape is not None and has_places(shape):
                return place
            place = Place(place.scope[-1], place.scope[:-1], place.copies[:-1])
        name = place_to_look(self.document.analysis, place.node if place is not None else None)
        return Place(name) if name is not None else None

    def _is_hidden(self, place: Place | None) -> bool:
        return place is not None and outermost(place) in self.document.concealed

    @property
    def _asked_for(self) -> tuple[object, ...]:
        """What the map depends on: where that is the same, it need not be made again."""
        run, method = self.run, self.chosen
        return (
            method,
            self._place if isinstance(method, Painter) or method.at_node else None,
            (self.channel.value(),) if isinstance(method, Painter) else (self.target.currentData(), run.picture.choice),
            self.random.isChecked(),
            self.looker.ready or self.document.graph,
            (run.state, len(run.history.epochs), run.recalled, self.looker.beside),
        )

    def _look(self) -> None:
        """Ask for the map as things are now."""
        if not self.isVisible():
            return
        method, place, run = self.chosen, self._place, self.run
        at_node, takes_long = (True, True) if isinstance(method, Painter) else (method.at_node, method.takes_long)
        if at_node and self._is_hidden(place):
            self._say(f"What {place} makes of an image is hidden while a question is open.")
            return
        if (key := self._asked_for) == self._key:
            return
        if takes_long and run.state == "training" and self.looker.beside is None:
            self._say(f"{method.title} takes too long to be done between two steps: pause the run for it.")
            return
        if isinstance(method, Painter):
            self._paint(method, place, key)
            return
        choice, target, with_random = run.picture.choice, self.target.currentData(), self.random.isChecked()

        def work(subject: Subject, report: Report) -> Explanation:
            from cnnstudio.insight.attribution.explaining import explained

            return explained(subject, choice, method, report, node=place or "", target=target, with_random=with_random)

        self._key = key
        if self.looker.look(work, partial(self._show, place if method.at_node else None)):
            self.going.begin()

    def _paint(self, painter: Painter, place: Place | None, key: tuple[object, ...]) -> None:
        """Ask for the pictures that excite the channel."""
        if place is None:
            self._say("Select a block to see what its channels look for.")
            return
        channel = self.channel.value() - 1
        self._key = key
        if self.looker.look(
            lambda subject, report: painter.paint(subject, place, channel, report),
            partial(self._show_portrait, place),
            all_images=True,
        ):
            self.going.begin()

    # showing

    def _cancelled(self) -> None:
        if self.found is None:
            self.nothing.say("The map was cancelled.")

    def _refuse(self, sentence: str, ask: str) -> None:
        if self.looker.is_looking:  # it only says what it does, and that stands in the row of progress
            if self.found is None:
                self.nothing.say("")
            return
        self.going.end()
        self._key = None
        self.found = None
        self.nothing.say(sentence, ask)
        self._stack.setCurrentIndex(0)

    def _show(self, place: Place | None, subject: Subject, found: Explanation) -> None:
        self.going.end()
        if self._is_hidden(place):
            return
        self._offer(found.classes)
        where = f" at {found.node}" if found.node else ""
        name = subject.picture(self.run.picture.choice).name
        layers = [
            Layer(found.picture, on_a_line(name)),
            Layer(found.picture, f"{found.method.title}{where}", found.marks),
        ]
        if found.random is not None:
            layers.append(Layer(found.picture, "with random weights", found.random))
        told = list(found.sentences)
        if found.method.at_node:
            told.append(f"{found.node} sees {found.grain[0]} × {found.grain[1]} places.")
        self._show_all(subject, found, layers, told, is_signed=found.method.is_signed)

    def _show_portrait(self, place: Place, subject: Subject, found: Portrait) -> None:
        self.going.end()
        if not self._is_hidden(place):
            layers = [Layer(each.picture, on_a_line(each.caption), each.marks) for each in found.pictures]
            self._show_all(subject, found, layers, list(found.sentences), is_signed=False)

    def _show_all(
        self, subject: Subject, found: Explanation | Portrait, layers: list[Layer], told: list[str], *, is_signed: bool
    ) -> None:
        self.found = found
        if self._key is not None:
            self._key = (*self._key[:4], self.looker.ready or self.document.graph, self._key[5])  # built only now
        if not subject.is_trained:
            told.insert(0, UNTRAINED)
        told.append(f"{subject.when[:1].upper()}{subject.when[1:]}.")
        self.view.show_layers(tuple(layers), is_signed)
        self._area.say("\n".join(printable(each) for each in told))
        self.view.setAccessibleDescription(" ".join(told))
        self._stack.setCurrentIndex(1)

    def _offer(self, classes: tuple[str, ...]) -> None:
        """Let any of these classes be chosen."""
        if classes == self._classes:
            return
        self._classes, chosen = classes, self.target.currentData()
        self.target.blockSignals(True)
        self.target.clear()
        self.target.addItem(ANSWER, None)
        for number, name in enumerate(classes):
            self.target.addItem(on_a_line(name), number)
        self.target.setCurrentIndex(max(0, self.target.findData(chosen)) if chosen is not None else 0)
        self.target.blockSignals(False)

    # keeping

    def _ask_where(self) -> None:
        if self.found is None:
            self.document.said.emit("There is no map to save yet.")
            return
        dialog = QFileDialog(self, "Save the map as a picture", f"{self.chosen.key}.png", "Pictures (*.png)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.fileSelected.connect(lambda chosen: self.save(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save(self, path: Path) -> None:
        """Write the pictures and their captions on white as a PNG, and say what came of it."""
        is_written = self.view.image().save(str(path))
        self.document.said.emit(f"Saved {path.name}." if is_written else f"{path.name} could not be written.")
