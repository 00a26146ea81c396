"""Experiments: one idea each, with sliders, what the compiler says of the networks, and what comes of training them."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.layout.layout import arranged
from cnnstudio.lessons.experiment import Experiment, Knob, Outcome, Side, Values
from cnnstudio.lessons.experiments import EXPERIMENTS, about
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.curve_view import HIGH, HIGHEST, CurveView
from cnnstudio.ui.lessons.outcome_table import MapPicture, OutcomeTable
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.fields import Choices
from cnnstudio.ui.widgets.foreign_text import html
from cnnstudio.ui.widgets.labels import Elided, Rich, Sentence
from cnnstudio.ui.widgets.progress_bar import ProgressBar
from cnnstudio.ui.widgets.sizes import NO_LIMIT
from cnnstudio.worker import Report

SIDE = 280  # pixels at the normal size of text, of the sliders
NARROW, LOWEST = 620, 150  # pixels at the normal size of text, and pixels
WHOLE = 1_000  # steps of the bar
WIDE = 900  # pixels at the normal size of text, from which pictures stand beside the table


class ExperimentsPanel(Panel):
    """An experiment at a time: its idea and sliders at the left, what comes of it at the right."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.experiment = EXPERIMENTS[0]
        self.outcome: Outcome | None = None
        self._of: type | None = None  # the kind of block that was selected last
        self.choice = Choices()
        self.choice.addItems([each.title for each in EXPERIMENTS])
        self.choice.setAccessibleName("Experiment")
        self.choice.activated.connect(lambda index: self.show_experiment(EXPERIMENTS[index]))
        self.idea, self.conclusion = Sentence(), Sentence()
        self.idea.setProperty("role", "muted")
        self.knobs: dict[str, KnobSlider] = {}
        self._knobs = QGridLayout()
        self._knobs.setColumnStretch(1, 1)
        self._knobs.setHorizontalSpacing(8)
        self.table = OutcomeTable()
        self.opening = Rich()
        self.opening.setWordWrap(True)
        self.opening.setProperty("textSize", "small")
        self.opening.setToolTip("In a window of its own, to change and to train it")
        self.opening.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.opening.linkActivated.connect(self._open)
        self.attempt = QPushButton("Train")
        self.attempt.setToolTip("Train these networks here and now, which takes seconds, and see what comes of it")
        self.attempt.clicked.connect(self._toggle)
        self.doing = Elided()
        self.doing.setProperty("textSize", "small")
        self.doing.setProperty("role", "muted")
        self.bar = ProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self._task: Task[None] | None = None
        self._ending: list[Task[None]] = []  # stopped, and not gone yet
        self._tried: tuple[str, dict[str, int]] | None = None  # what was trained to its end last
        self.curves = CurveView()
        self.pictures: list[MapPicture] = []
        self._pictures = QHBoxLayout()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._tell)
        self._lay_out()
        self.setMinimumSize(1, LOWEST)
        self.show_experiment(self.experiment)

    def _lay_out(self) -> None:
        self._left, right = QWidget(), QWidget()
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self.choice, 1)
        head.addWidget(self.attempt)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.doing)
        column.addWidget(self.idea)
        column.addLayout(self._knobs)
        column.addWidget(self.opening)
        column.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(self.table)
        words.addWidget(self.conclusion)
        words.addStretch(1)
        self._result = QBoxLayout(QBoxLayout.Direction.LeftToRight, right)
        self._result.setContentsMargins(0, 0, 0, 0)
        self._result.setSpacing(12)
        self._result.addLayout(words, 3)
        self._result.addWidget(self.curves, 3, Qt.AlignmentFlag.AlignTop)
        self._result.addLayout(self._pictures, 2)
        self._areas = [_scrolled(each) for each in (self._left, right)]
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(12, 8, 8, 8)
        self._row.setSpacing(12)
        self._row.addWidget(self._areas[0])
        self._row.addWidget(self._areas[1], 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = 2 * self.height() < self.width()  # two rows would leave neither of them anything
        is_narrow, ways = self.width() < NARROW * theme.scale and not is_low, QBoxLayout.Direction
        self._row.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        side = min(round(SIDE * theme.scale), self.width() * 45 // 100)
        self._areas[0].setMinimumWidth(0 if is_narrow else side)
        self._areas[0].setMaximumWidth(NO_LIMIT if is_narrow else side)
        wanted = self._left.sizeHint().height()
        self._areas[0].setMinimumHeight(min(wanted, self.height() * 2 // 5) if is_narrow else 0)
        self.curves.setFixedHeight(round(min(max(self.height() - 24, HIGH), HIGHEST * theme.scale)))
        self._turn_result()

    def _turn_result(self) -> None:
        """Curves and heights beside the table where there is room, else above it: they are what is watched."""
        ways, made = QBoxLayout.Direction, self.outcome
        is_watched = made is not None and (made.curves is not None or any(each.heights for each in made.pictures))
        stacked = ways.BottomToTop if is_watched else ways.TopToBottom
        self._result.setDirection(ways.LeftToRight if self.width() >= WIDE * theme.scale else stacked)

    def focusInEvent(self, event: QFocusEvent) -> None:
        next(iter(self.knobs.values())).setFocus(event.reason())

    # choosing

    def refresh(self) -> None:
        """Come to an experiment about the selected block, when another kind is selected than before."""
        names, graph = self.document.selection, self.document.view_graph
        kind = type(graph[names[0]].block) if len(names) == 1 and names[0] in graph else None
        if kind is None or kind is self._of:
            return
        self._of = kind
        fitting = list(about(kind))
        if fitting and self.experiment not in fitting:
            self.show_experiment(fitting[0])

    def restyle(self) -> None:
        if self.outcome is not None:
            self._show(self.outcome)

    def show_experiment(self, experiment: Experiment, values: Values | None = None) -> None:
        """Show this one, with its sliders at these values, the others where they are at first."""
        self.experiment = experiment
        self.choice.setCurrentIndex(EXPERIMENTS.index(experiment))
        self.idea.setText(experiment.sentence)
        while (item := self._knobs.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.knobs = {}
        for row, knob in enumerate(experiment.knobs):
            name, value = Elided(knob.name), Elided(knob.written(knob.value))
            slider = KnobSlider(knob)
            name.setBuddy(slider)
            slider.moved.connect(value.setText)
            slider.moved.connect(self._soon.start)
            value.setMinimumWidth(round((96 if knob.words else 44) * theme.scale))
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for place, part in enumerate((name, slider, value)):
                self._knobs.addWidget(part, row, place)
            self.knobs[knob.name] = slider
        for moved, chosen in (values or {}).items():
            self.knobs[moved].choose(chosen)
        self._tell()

    # showing

    def _tell(self) -> None:
        """What can be told at once for the sliders as they are; what was being tried for others is given up.

        Where what was trained is only looked at otherwise, it is looked at anew.
        """
        self._give_up()
        if self._tried is not None and self._tried == self._to_train:
            self._try()
            return
        self._tried = None
        self.attempt.setVisible(self.experiment.attempt is not None)
        self._show(self.experiment.outcome(self._values))

    @property
    def _to_train(self) -> tuple[str, dict[str, int]]:
        """The experiment and what of its sliders decides what is trained."""
        looks = {knob.name for knob in self.experiment.knobs if knob.is_look}
        return self.experiment.key, {name: value for name, value in self._values.items() if name not in looks}

    @property
    def _values(self) -> dict[str, int]:
        return {name: slider.chosen for name, slider in self.knobs.items()}

    def _show(self, made: Outcome) -> None:
        self.outcome = made
        self.table.show_outcome(made)
        self.table.setVisible(not made.misfit)
        self.conclusion.setText(made.misfit or made.sentence)
        self._offer([] if made.misfit else list(made.sides))
        for idle in self.pictures[len(made.pictures) :]:
            idle.hide()
        while len(self.pictures) < len(made.pictures):
            self.pictures.append(MapPicture())
            self._pictures.addWidget(self.pictures[-1])
        for shown, picture in zip(self.pictures, made.pictures, strict=False):
            shown.show_picture(picture)
            shown.show()
        has_curves = made.curves is not None and not made.pictures
        self.curves.setVisible(has_curves)
        if made.curves is not None:
            self.curves.show_curves(made.curves)
        self._turn_result()

    # trying

    def _toggle(self) -> None:
        """Begin to train what the sliders say, or end it and keep what has come of it."""
        if self._task is not None:
            self._give_up()
        else:
            self._try()

    def _try(self) -> None:
        attempt = self.experiment.attempt
        assert attempt is not None  # or there is no button
        values, told = self._values, deque[Outcome](maxlen=1)

        def work(report: Report) -> None:  # a thread holds nothing of Qt's
            with closing(attempt(values, report)) as outcomes:
                for made in outcomes:
                    told.append(made)

        self._task = Task(work, self.experiment.title, self)
        self._task.progressed.connect(lambda sentence, share: self._advance(told, sentence, share))
        self._task.finished.connect(lambda _: self._end(told))
        self._task.failed.connect(self._fail)
        self._mark(is_going=True)
        self._advance(told, "Starting PyTorch…", None)

    def _advance(self, told: deque[Outcome], sentence: str, share: object) -> None:
        self.doing.setText(sentence or self.doing.text())
        self.bar.setRange(0, WHOLE if isinstance(share, float) else 0)
        if isinstance(share, float):
            self.bar.setValue(round(WHOLE * share))
        if told:
            self._show(told.pop())

    def _end(self, told: deque[Outcome]) -> None:
        if told:
            self._show(told.pop())
        self._tried = self._to_train
        self._give_up()

    def _fail(self, sentence: str) -> None:
        self._give_up()
        self.conclusion.setText(sentence)

    def _give_up(self) -> None:
        """Nothing more comes of what is being tried; what is computed just now ends when it can."""
        if self._task is not None:
            self._task.stop()
            self._ending.append(self._task)
            self._task = None
        for ended in [each for each in self._ending if each.has_ended]:
            self._ending.remove(ended)
            ended.deleteLater()
        self._mark(is_going=False)

    def _mark(self, is_going: bool) -> None:
        self.attempt.setText("Stop" if is_going else "Train")
        self.bar.setVisible(is_going)
        self.doing.setVisible(is_going)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._soon.stop()
        self._give_up()
        ended = [put_away(each, seconds) for each in self._ending]
        return all(ended)

    # opening

    def _offer(self, sides: list[Side]) -> None:
        """A link for each network, which opens it in a window of its own."""
        color = theme.color("accent").name()
        links = [f'<a href="{n}" style="color:{color}">{html(side.title)}</a>' for n, side in enumerate(sides)]
        self.opening.setText(f"Open as a network: {' &nbsp;·&nbsp; '.join(links)}" if links else "")

    def _open(self, number: str) -> None:
        assert self.outcome is not None
        side = self.outcome.sides[int(number)]
        made = replace(Project(), graph=arranged(side.graph))
        self.project_asked.emit(made if side.recipe is None else replace(made, recipe=side.recipe))


class KnobSlider(QSlider):
    """A slider over the values of a knob; ``moved`` says the one that is chosen, as it is shown."""

    moved = Signal(str)

    def __init__(self, knob: Knob, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._knob = knob
        self.setRange(0, len(knob.stops) - 1)
        self.setPageStep(1)
        self.setValue(knob.stops.index(knob.value))
        self.setMinimumWidth(40)
        self.setAccessibleName(knob.name)
        self.setAccessibleDescription(knob.written(knob.value))
        self.valueChanged.connect(self._say)

    @property
    def chosen(self) -> int:
        """The value that is chosen."""
        return self._knob.stops[self.value()]

    def choose(self, value: int) -> None:
        """Go to this value, which is one of the knob's."""
        self.setValue(self._knob.stops.index(value))

    def _say(self) -> None:
        words = self._knob.written(self.chosen)
        self.setAccessibleDescription(words)
        self.moved.emit(words)


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(inside)
    return area
