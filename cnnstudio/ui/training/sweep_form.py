"""Sweep form: settings that are varied, how many runs that is and about how long they take, and into the queue."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, Literal

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Declaration, declaration
from cnnstudio.graph.parameter import Range
from cnnstudio.project import Project
from cnnstudio.project.axes import Axis, AxisError, Field, field_of, read_axis
from cnnstudio.project.recipe_paths import named
from cnnstudio.training.place import UNASKED, Place, look
from cnnstudio.training.runs.sweep import MOST_EPOCHS, MOST_RUNS, Kind, Plan, Sweep, SweepError, enqueue, offered
from cnnstudio.ui.document import HIDDEN, Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import icon
from cnnstudio.ui.training.sweep_axis import AxisCard
from cnnstudio.ui.widgets.advice_row import Advice
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.search import Entry
from cnnstudio.ui.widgets.search_popup import SearchPopup
from cnnstudio.wording import counted, duration
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.forecast import Forecast

ABOUT = (
    "Train this project several times with other values, and compare what comes of it. Values have commas between "
    "them, a range two dots: 0.0001..0.1, or 16..256:5:log for five of them in equal factors."
)
RECIPE_GLYPH = "sliders-horizontal"
NO_LIMIT: Literal["no limit"] = "no limit"


@declaration
class SweepSettings(Declaration):
    """How the combinations are gone through.

    combinations: all of them, or some by chance, which also takes what lies between the ends of a range
    most_runs: at most so many runs; where there are more combinations, chance chooses
    most_epochs: at most so many epochs in all runs together
    stop_early: end a run whose best accuracy falls behind the median of the others, and begin the next one
    chance: the same number draws the same runs again
    """

    combinations: Literal["all", "by chance"] = "all"
    most_runs: Annotated[int, Range(1, MOST_RUNS)] = 20
    most_epochs: Annotated[int | Literal["no limit"], Range(1, MOST_EPOCHS)] = NO_LIMIT
    stop_early: bool = False
    chance: Annotated[int, Range(0, 2**31 - 1)] = 0

    @property
    def budget(self) -> int | None:
        """The most epochs in all; None for no limit."""
        return None if self.most_epochs == NO_LIMIT else int(self.most_epochs)

    @property
    def kind(self) -> Kind:
        """What a sweep calls it."""
        return "random" if self.combinations == "by chance" else "grid"


class SweepPanel(Panel):
    """A card for each setting that is varied, how many runs there may be, and what they come to."""

    delay = 150

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.cards: list[AxisCard] = []
        self.settings = SweepSettings()
        self.plan: Plan | None = None
        self._sweep: Sweep | None = None  # that is planned, or was
        self._classes: int | None = None  # that the images had then
        self._planning: Task[Plan] | None = None
        self._queueing: Task[str] | None = None
        self._measuring: Task[Forecast] | None = None
        self._measured: tuple[object, Forecast | None] | None = None  # of what, and what it was
        self.add = QPushButton(icon("plus", "muted"), "Vary a setting…")
        self.add.setToolTip("A field of the recipe, or a parameter of a block")
        self.add.clicked.connect(self.choose)
        self.form = Form(SweepSettings, plain=True)
        self.form.edited.connect(self._set)
        self.form.show_only(name for name in self.form.rows if name != "chance")
        self.advice = Advice()
        self.queue = QPushButton("Queue")
        self.queue.setProperty("primary", True)
        self.queue.clicked.connect(self.enqueue)
        self._lay_out()
        self.popup = SearchPopup(self)
        run.state_changed.connect(self.touch)

    def _lay_out(self) -> None:
        about = Sentence(ABOUT)
        about.setProperty("role", "muted")
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(6)
        column.addWidget(about)
        column.addLayout(self._cards)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        for widget in (self.form, self.advice, self.queue):
            column.addWidget(widget)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    # which settings

    def choose(self) -> None:
        """Ask which setting is to be varied, those of the selected blocks first."""
        document = self.document
        selected = [".".join((*document.scope, name)) for name in document.selection]
        taken = {card.name for card in self.cards}
        entries = [self._entry(field) for field in offered(document.project, selected) if field.name not in taken]
        place = self.add.mapTo(self, QPoint(18, 18))
        self.popup.ask(entries, place, self._vary, hint="Which setting?", give_up=self.add.setFocus)

    def _entry(self, field: Field) -> Entry:
        graph, family = self.document.graph, RECIPE_GLYPH
        if field.path:
            family = graph[field.path[0]].block.family
        return Entry(field.name, field.said(field.value), family, field.name, f"{field.place} {field.parameter.help}")

    def _vary(self, name: object) -> None:
        self.vary(str(name)).setFocus(Qt.FocusReason.OtherFocusReason)

    def vary(self, name: str, text: str = "") -> AxisCard:
        """A card for this setting, with what is typed into it."""
        card = AxisCard(name, self)
        card.line.setText(text)
        card.typed.connect(self.touch)
        card.removed.connect(lambda: self._leave(card))
        card.line.returnPressed.connect(self.update_now)
        self.cards.append(card)
        self._cards.addWidget(card)
        card.show()
        self.touch()
        return card

    def _leave(self, card: AxisCard) -> None:
        place = self.cards.index(card)
        self.cards.remove(card)
        self._cards.removeWidget(card)
        card.hide()
        card.deleteLater()
        after = self.cards[min(place, len(self.cards) - 1)] if self.cards else self.add
        after.setFocus(Qt.FocusReason.OtherFocusReason)
        self.touch()

    def _set(self, name: str, value: Any) -> None:
        self.settings = dataclasses.replace(self.settings, **{name: value})
        self.touch()

    # what it comes to

    def refresh(self) -> None:
        project = dataclasses.replace(self.document.project, run=None)
        axes = [axis for card in self.cards if (axis := self._read(card, project)) is not None]
        if not self.cards or len(axes) < len(self.cards):
            self._forget()
            return
        settings = self.settings
        if self.document.concealed:  # what cannot be trained would tell a shape
            self._forget(HIDDEN)
            return
        try:
            sweep = Sweep(project, tuple(axes), settings.kind, settings.chance, settings.most_runs, settings.budget)
        except SweepError as error:
            self._forget(str(error))
            return
        is_drawn = sweep.kind == "random" or sweep.size > (sweep.runs or 0) or sweep.epochs is not None
        self.form.show_only(name for name in self.form.rows if name != "chance" or is_drawn)
        if (sweep, self.document.classes) != (self._sweep, self._classes):
            self._plan(sweep)
        elif self.plan is not None:
            self._tell(self.plan)

    def _read(self, card: AxisCard, project: Project) -> Axis | None:
        """What is typed in a card, or None where it says why that is nothing."""
        try:
            field = field_of(project, card.name)
            card.describe(field)
            axis = read_axis(field, card.line.text())
        except AxisError as error:
            is_empty = not card.line.text().strip()
            now = f"Now {field.said(field.value)}." if is_empty else ""
            card.refuse(now or str(error), not is_empty)
            return None
        card.accept_axis(field, axis)
        return axis

    def _forget(self, sentence: str = "") -> None:
        self._call_off()
        self._sweep = self.plan = None
        self.queue.setText("Queue")
        self.queue.setEnabled(False)
        self.advice.setVisible(bool(sentence))
        if sentence:
            self.advice.say(sentence, "error")

    def _plan(self, sweep: Sweep) -> None:
        """Say how many runs there are, and see in the background which of them can be trained."""
        self._forget()
        self._sweep, self._classes = sweep, (classes := self.document.classes)
        count = min(sweep.size, self.settings.most_runs)
        self.advice.say(f"{counted(count, 'run')}, if all of them can be trained…", "accent")
        self.advice.show()
        unasked = [path for path in named(sweep.base.recipe).values() if not self.document.places.is_chosen(path)]

        def seen(path: str) -> Place:
            return UNASKED if path in unasked else look(path)

        self._planning = Task(lambda _: sweep.plan(classes, seen), "sweep", self)
        self._planning.finished.connect(self._take)
        self._planning.failed.connect(self._refuse)

    def _refuse(self, sentence: str) -> None:
        sweep = self._sweep
        self._forget(sentence)
        self._sweep = sweep  # it would come to the same

    def _take(self, plan: Plan) -> None:
        self.plan = plan
        self._tell(plan)
        self._measure()

    def _tell(self, plan: Plan) -> None:
        count = len(plan.runs)
        self.queue.setText(f"Queue {counted(count, 'run')}")
        self.queue.setEnabled(self._queueing is None or not self._queueing.is_running)
        seconds = self._seconds(plan)
        told = "" if seconds is None else f"About {duration(max(1.0, seconds))} on this computer"
        if told:
            told += ", if none ends early." if self.settings.stop_early else "."
        self.advice.say(plan.sentence, "warning" if plan.left_out else "success", told)

    # how long it takes

    def _key(self) -> object:
        nodes = tuple((node.name, node.block, node.inputs, node.bypassed) for node in self.document.graph)
        return self.document.project.recipe, nodes

    def _seconds(self, plan: Plan) -> float | None:
        """About how long the runs take; None where nobody knows, as where other images are learned too."""
        assert self._sweep is not None
        recipe, known, run = self.document.project.recipe, self._measured, self.run
        totals = self.document.analysis.totals
        if totals is None or any(axis.name in ("data", "folder") for axis in self._sweep.axes):
            return None
        if known is not None and known[0] == self._key() and known[1] is not None:
            return plan.seconds(known[1].epoch_seconds, totals.macs)
        was = run.project
        if was is None or not len(run.history.epochs):
            return None
        if (was.recipe.data, was.recipe.folder) != (recipe.data, recipe.folder):
            return None
        trained = infer(was.graph).totals
        seconds = float(run.history.epochs["seconds"].mean())
        return plan.seconds(seconds, trained.macs) if trained is not None else None

    def _measure(self) -> None:
        """Take a few steps of the project as it is, where its images are in memory and nobody trains."""
        project, key = self.document.project, self._key()
        data = self.run.loaded.some_of(project)
        is_known = self._measured is not None and self._measured[0] == key
        if data is None or is_known or self.run.is_active or self.document.obstacle() is not None:
            return
        if self.document.unlooked is not None:
            return

        def take_steps(report: Report) -> Forecast:
            from cnnstudio.training.forecast import forecast

            return forecast(project, data, report)

        self._measuring = Task(take_steps, "forecast of a sweep", self)
        self._measuring.finished.connect(lambda told: self._keep(key, told))
        self._measuring.failed.connect(lambda _: self._keep(key, None))

    def _keep(self, key: object, told: Forecast | None) -> None:
        self._measured = key, told
        if self.plan is not None:
            self._tell(self.plan)

    # into the queue

    def enqueue(self) -> None:
        """Put the runs into the queue, in the background: hundreds of projects take a moment to write."""
        plan, title, file = self.plan, self.document.title, self.run.queue.file
        if plan is None or (self._queueing is not None and self._queueing.is_running):
            return
        taken = [tag for run in self.run.kept.runs for tag in run.labels.tags]
        is_judged = self.settings.stop_early
        self.document.look_there()
        self.queue.setEnabled(False)
        self._queueing = Task(
            lambda _: enqueue(file, plan, title, taken, is_judged=is_judged), "queueing a sweep", self
        )
        self._queueing.finished.connect(lambda name: self._queued(name, len(plan.runs)))
        self._queueing.failed.connect(self._not_queued)

    def _queued(self, name: str, count: int) -> None:
        self.touch()
        self.run.queue.look()
        self.panel_asked.emit("queue")
        waits = "waits" if count == 1 else "wait"
        self.document.said.emit(
            f"{counted(count, 'run')} {waits} in the queue as “{name}”. Runs lists them by that name, under All."
        )

    def _not_queued(self, sentence: str) -> None:
        self.advice.say(sentence, "error")
        self.queue.setEnabled(True)

    # events

    def _call_off(self, seconds: float = 0.0) -> bool:
        tasks = [task for task in (self._planning, self._measuring) if task is not None]
        self._planning = self._measuring = None
        ended = [task.stop(seconds) for task in tasks]
        for task in tasks:
            task.deleteLater()
        return all(ended)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        return all([self._call_off(seconds), self._queueing is None or self._queueing.stop(seconds)])

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.cards[0] if self.cards else self.add).setFocus(event.reason())
