"""Try parts: the pad with its tools, what the network says, and what takes longer, set beside or below each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QHBoxLayout,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from cnnstudio.insight.disturbances import MEASURES, Disturbances
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.drawing_pad import DrawingPad
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.probability_rows import ProbabilityRows, said
from cnnstudio.ui.widgets.samples import Picture, Sample, Samples
from cnnstudio.ui.widgets.sizes import NO_LIMIT
from cnnstudio.ui.widgets.swept_slider import SweptSlider
from cnnstudio.ui.widgets.webcam import is_possible

if TYPE_CHECKING:
    from cnnstudio.insight.trying import Told

SEEN = 64  # pixels of what the network sees
NARROW, ROOMY, WIDE, TALL = 420, 600, 940, 400  # pixels at the normal size of text, from which more stands side by side
MARGIN, GAP = 10, 14
BESIDE = 18  # pixels of the bar that scrolls, and of what a style sets round it
SHOWN = 2  # classes that are told in words
FEW = 6  # near pictures, where the panel is low


class TryParts(QScrollArea):
    """The widgets of the panel. ``arrange`` sets them out in a width: in a row, or one below the other."""

    disturbed = Signal()
    turned = Signal()  # preparation on or off
    open_asked = Signal()
    picture_asked = Signal()  # from the camera
    image_asked = Signal(int)  # so many validation images on; 0 for any

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pad = DrawingPad()
        self.nothing = NothingPage()
        self.inside = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self.inside)
        self._row.setContentsMargins(MARGIN, 6, MARGIN, 6)
        self._row.setSpacing(GAP)
        self._row.addWidget(self._left())
        self._row.addWidget(self._right(), 1)
        self.setWidget(self.inside)
        self.follow_pad()

    # the pad and its tools

    def _left(self) -> QWidget:
        self._tools = QWidget()
        flow, pad = FlowLayout(self._tools, 2), self.pad
        taking = (("camera", "Take a picture with the camera", self.picture_asked.emit),) if is_possible() else ()
        wanted: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("eraser", "Erase: turns the pen round (E)", self._turn_pen),
            ("arrow-counter-clockwise", "Undo on the pad (Ctrl+Z there)", pad.undo),
            ("trash", "Clear the pad (Delete)", pad.clear),
            ("clipboard", "Paste a picture (Ctrl+V on the pad)", pad.paste),
            ("folder-open", "Open a picture…", self.open_asked.emit),
            *taking,
            ("shuffle", "Any validation image", lambda: self.image_asked.emit(0)),
            ("caret-left", "The validation image before", lambda: self.image_asked.emit(-1)),
            ("caret-right", "The next validation image", lambda: self.image_asked.emit(1)),
        )
        self.tools: dict[str, QToolButton] = {}
        for glyph, words, act in wanted:
            button = self.tools[glyph] = QToolButton()
            button.setIcon(icon(glyph))
            button.setToolTip(tip(words))
            button.setAccessibleName(words.partition(" (")[0].partition(":")[0])
            button.clicked.connect(lambda _=False, act=act: act())
            flow.addWidget(button)
        self.tools["eraser"].setCheckable(True)
        self.prepare = QToolButton()
        self.prepare.setText("Prepare")
        self.prepare.setCheckable(True)
        self.prepare.setChecked(True)
        self.prepare.setProperty("switch", True)
        self.prepare.setAccessibleName("Prepare a drawing as the data set does")
        self.prepare.toggled.connect(self.turned)
        flow.addWidget(self.prepare)
        made = QWidget()
        self._drawing = QBoxLayout(QBoxLayout.Direction.LeftToRight, made)
        self._drawing.setContentsMargins(0, 0, 0, 0)
        self._drawing.addWidget(pad, 0, Qt.AlignmentFlag.AlignTop)
        self._drawing.addWidget(self._tools, 0, Qt.AlignmentFlag.AlignTop)
        return made

    def _turn_pen(self) -> None:
        self.pad.erases = not self.pad.erases
        self.follow_pad()

    @property
    def is_prepared(self) -> bool:
        """Whether a drawing is to be made such as the images that the network learned from."""
        return self.prepare.isChecked()

    def follow_pad(self) -> None:
        """Show what can be done with what lies on the pad."""
        self.tools["eraser"].setChecked(self.pad.erases)
        self.tools["arrow-counter-clockwise"].setEnabled(self.pad.can_undo)

    # what the network says

    def _right(self) -> QWidget:
        self.seen = Picture(SEEN)
        self.seen.setAccessibleName("What the network sees")
        self.verdict, self.others, self.when = Sentence(), Sentence(), Sentence()
        self.verdict.setStyleSheet("font-weight: 600")
        title = Sentence("What it sees")
        self._words = QWidget()
        words = QVBoxLayout(self._words)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(3)
        for widget in (title, self.seen, self.verdict, self.others, self.when):
            words.addWidget(widget)
            if widget not in (self.seen, self.verdict):
                widget.setProperty("role", "muted")
                widget.setProperty("textSize", "small")
        words.addStretch(1)
        self.rows = ProbabilityRows()
        says = QWidget()
        self._says = QBoxLayout(QBoxLayout.Direction.LeftToRight, says)
        self._says.addWidget(self._words)
        self._says.addWidget(self.rows, 1)
        answer = QWidget()
        self._answer = QBoxLayout(QBoxLayout.Direction.LeftToRight, answer)
        self._answer.addWidget(says, 5)
        longer = self._longer()
        self._answer.addWidget(longer, 4)
        for box in (self._says, self._answer):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(GAP)
        made = QWidget()
        self._inner = says, longer, answer, made
        self._stack = QStackedLayout(made)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(answer)
        return made

    # what takes longer

    def _longer(self) -> QWidget:
        self._turns = QButtonGroup(self)
        heads = QHBoxLayout()
        heads.setSpacing(4)
        self._heads = []
        for number, words in enumerate(("Disturb", "Nearest")):
            button = QToolButton()
            button.setText(words)
            button.setCheckable(True)
            button.setProperty("switch", True)
            self._turns.addButton(button, number)
            self._heads.append(button)
            heads.addWidget(button)
        self._heads[0].setToolTip(tip("How the answer changes when the picture is disturbed"))
        self._heads[1].setToolTip(tip("The training pictures that look most alike to the network's last layer"))
        self._heads[0].setChecked(True)
        self._turns.idClicked.connect(lambda _: self._turn())
        self.told_deeper = Elided()
        self.told_deeper.setProperty("role", "muted")
        self.told_deeper.setProperty("textSize", "small")
        self.sliders: dict[str, SweptSlider] = {}
        self._disturb = QWidget()
        column = QVBoxLayout(self._disturb)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for name, measure in MEASURES.items():
            slider = SweptSlider(measure.title, measure.low, measure.high, measure.sentence, measure.said)
            slider.valueChanged.connect(lambda _: self.disturbed.emit())
            self.sliders[name] = slider
            column.addWidget(slider)
        self.nearest = Samples()
        self.nearest.setAccessibleName("The nearest training pictures")
        self._samples: tuple[Sample, ...] = ()
        self._near = QWidget()
        near = QVBoxLayout(self._near)
        near.setContentsMargins(0, 0, 0, 0)
        near.addWidget(self.nearest)
        near.addStretch(1)
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        heads.addStretch(1)
        layout.addLayout(heads)
        layout.addWidget(self.told_deeper)
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._both.setSpacing(GAP)
        self._both.addWidget(self._disturb, 1)
        self._both.addWidget(self._near, 1)
        layout.addLayout(self._both, 1)
        return made

    def _turn(self) -> None:
        is_first = self._turns.checkedId() == 0
        self._disturb.setVisible(self._has_all or is_first)
        self._near.setVisible(self._has_all or not is_first)

    _has_all = _is_low = False

    @property
    def disturbances(self) -> Disturbances:
        """How much of each is asked for."""
        return Disturbances(**{name: slider.amount for name, slider in self.sliders.items()})

    @property
    def is_disturbed(self) -> bool:
        """Whether any is."""
        return self.disturbances != Disturbances()

    def reset(self) -> None:
        """Disturb nothing; it is not told."""
        for slider in self.sliders.values():
            slider.blockSignals(True)
            slider.reset()
            slider.blockSignals(False)
            slider.update()

    # showing

    def say(self, sentence: str, ask: str = "") -> None:
        """Say why nothing is told, with the words of a button, or none."""
        self.nothing.say(sentence, ask)
        self._stack.setCurrentIndex(0)
        self.forget_deeper()

    def show_told(self, told: Told, when: str, is_trained: bool) -> None:
        """Show what the network says, with which weights."""
        self.seen.show_image(told.seen)
        self.rows.set_chances(told.chances, told.classes, told.picture.label or "")
        best, others = verdict(told)
        self.verdict.setText(best)
        self.others.setText(others)
        self.when.setText(when if is_trained else f"{when}: it guesses")
        self.prepare.setVisible(told.manner is not None)
        if told.manner is not None:
            self.prepare.setToolTip(tip(f"Make a drawing such as the network's images are. {told.manner.sentence}"))
        self._stack.setCurrentIndex(1)

    def show_deeper(
        self, curves: dict[str, NDArray[np.float64]], name: str, nearest: tuple[Sample, ...], among: str
    ) -> None:
        """Show the curves of the class of this name, and the pictures that are near, with among how many."""
        for key, slider in self.sliders.items():
            slider.set_curve(curves.get(key), f"{name}:")
        self._samples = nearest
        self._show_nearest()
        self.say_deeper(f"Probability of {name}; nearest {among}")

    def say_deeper(self, sentence: str) -> None:
        """Say a word about what takes longer."""
        if sentence:
            self.told_deeper.setText(sentence)

    def forget_deeper(self) -> None:
        """Show no curves and no pictures of what is no longer there."""
        for slider in self.sliders.values():
            slider.set_curve(None)
        self._samples = ()
        self._show_nearest()
        self.told_deeper.setText("")

    def _show_nearest(self) -> None:
        self.nearest.set_samples(self._samples[: FEW if self._is_low else None])

    # room

    def arrange(self, width: int, height: int) -> None:
        """Set the parts out in so much room: in a row where it is wide enough, else one below the other."""
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        is_row, is_tall = width >= NARROW * theme.scale, height >= TALL * theme.scale
        for box in (self._row, self._drawing, self._says, self._both):
            box.setDirection(across if is_row else down)
        is_beside = width >= ROOMY * theme.scale and not is_tall
        self._answer.setDirection(across if is_beside else down)
        self._answer.setStretch(0, 5 if is_beside else 0)
        self._has_all = not is_beside or width >= WIDE * theme.scale
        if self._is_low != is_beside:
            self._is_low = is_beside
            self._show_nearest()
        for head in self._heads:
            head.setVisible(not self._has_all)
        self._turn()
        for widget in self._inner:  # a page that is not seen asks its layout for nothing by itself
            if (inside := widget.layout()) is not None:
                inside.invalidate()
            widget.updateGeometry()
        self._words.setMaximumWidth(round(1.7 * SEEN * theme.scale) if is_row else NO_LIMIT)
        room = width - 2 * MARGIN - (0 if is_row else BESIDE)
        tools = max(2 * self.tools["trash"].sizeHint().width() + 2, self.prepare.sizeHint().width())
        self._tools.setFixedWidth(tools if is_row else max(1, room))
        self.pad.setFixedSize(self.pad.fitting(QSize(width // 3 - tools if is_row else room, height - 12)))


def verdict(told: Told) -> tuple[str, str]:
    """What the network takes the picture for, in words; and what comes next, with what it is where that is known."""
    order = np.argsort(-told.chances, kind="stable")[:SHOWN]
    first, *others = (f"{told.classes[each]}: {said(told.chances[each])}" for each in order)
    after = f"then {', '.join(others)}" if others else ""
    label = told.picture.label
    return first, after if label is None else f"{after}. It is {label}.".removeprefix(". ")
