"""Lesson panel: a lesson beside the canvas: its text, its tasks with ticks, hints and what there is to say of each."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.lessons.begun import begun
from cnnstudio.lessons.desk import Desk, evaluated
from cnnstudio.lessons.lesson_links import LookError, look
from cnnstudio.lessons.marking import Marks
from cnnstudio.lessons.tasks import Task
from cnnstudio.lessons.work import Accuracy, Answer, Work, unknown_accuracy
from cnnstudio.project import Project
from cnnstudio.project.limits import QUICK, parts
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.lesson_text import LessonText
from cnnstudio.ui.lessons.stepper import button
from cnnstudio.ui.lessons.task_card import TaskCard
from cnnstudio.ui.lessons.who import BEGINS, CHANGES, HANDS_IN, Caller, Who
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task as Job
from cnnstudio.ui.widgets.labels import Plain, Sentence
from cnnstudio.ui.widgets.progress_bar import ProgressBar
from cnnstudio.wording import counted
from cnnstudio.worker import Report

NOTHING = "A lesson is a file that ends in .lesson: text and tasks beside the network. Open one with File → Open."
MOST_STEPS = 100
KEEPING = 1_500  # milliseconds after the last change until it is written down
AGAIN = 20_000  # milliseconds until that is tried once more, where it could not be
STEP_BACK = "Undo this step: bring the network back as it was when the last task was done"


class LessonPanel(Panel):
    """The lesson that a student sits at. The network tasks follow the canvas; the others have fields."""

    delay = 80

    hand_in_asked = Signal()  # the work shall be handed in
    look_asked = Signal(object)  # a Look: what a link in the text opens
    attended = Signal(object)  # the head of the lesson that begins here, None where it ends

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.desk: Desk | None = None
        self.cards: dict[str, TaskCard] = {}
        self.texts: list[LessonText] = []
        self._accuracy: tuple[object, Accuracy] | None = None  # of which graph and weights
        self._job: Job[Accuracy] | None = None
        self._done: frozenset[str] = frozenset()  # the tasks with a tick
        self._steps: list[Project] = []  # the project at each tick, the first at the beginning
        self._keep = QTimer(self, singleShot=True, interval=KEEPING)
        self._keep.timeout.connect(self._write_down)
        self._make_head()
        self._make_foot()
        self._lay_out()
        document.closed.connect(self.leave)
        self._show_desk()

    def _make_head(self) -> None:
        self.title = Sentence(parent=self)
        self.title.setProperty("textSize", "large")
        self.count = Plain(parent=self)
        self.count.setProperty("role", "muted")
        self.bar = ProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Tasks that are done")
        self.nothing = Sentence(NOTHING, self)
        self.nothing.setProperty("role", "muted")
        self.who = Who(self)
        self.who.called.connect(self.call)

    def _make_foot(self) -> None:
        self.hand_in = QPushButton("Hand in…", self)
        self.hand_in.setProperty("primary", True)
        self.hand_in.setToolTip("Write your work into one file for your teacher")
        self.hand_in.clicked.connect(self.hand_in_asked)
        self.again = QPushButton("Start again", self)
        self.again.setProperty("flat", True)
        self.again.setToolTip("Begin with the network of the lesson and without answers; undo brings the network back")
        self.again.clicked.connect(self.start_again)
        self.step_back = button("arrow-counter-clockwise", STEP_BACK)
        self.step_back.clicked.connect(self.undo_step)
        self.caller = Caller(self)
        self.caller.clicked.connect(lambda: self.ask_who(CHANGES))

    def _lay_out(self) -> None:
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(12, 12, 12, 12)
        self._column.setSpacing(12)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.count, 0, Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(head)
        for widget in (self.bar, self.nothing, self.who):
            self._column.addWidget(widget)
        self._parts = QVBoxLayout()
        self._parts.setSpacing(12)
        self._column.addLayout(self._parts)
        self._column.addStretch()
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inside)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 12, 8)
        foot.addWidget(self.caller)
        foot.addStretch(1)
        for each in (self.step_back, self.again, self.hand_in):
            foot.addWidget(each)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.area, 1)
        layout.addLayout(foot)

    # what a person does

    def attend(self, desk: Desk) -> None:
        """Show a lesson; its network stands on the canvas already."""
        self._stop()
        self.desk, self._accuracy = desk, None
        self._done, self._steps = frozenset(), [desk.work.project]
        self.who.put(desk.work.student, desk.work.name)
        self.document.rules = self._refusal
        self.attended.emit(desk.lesson.head)
        self._show_desk()
        if desk.lesson.head.id not in {each.id for each in begun()}:
            self._keep.start()
        (self.who if self._is_waiting else self).setFocus()

    def leave(self) -> None:
        """Put the lesson away: another project follows."""
        if self.desk is not None:
            self.write_down()
            self._stop()
            self.desk = None
            self.document.rules = None
            self.attended.emit(None)
            self.document.conceal(frozenset())
            self._show_desk()

    def ask_who(self, words: tuple[str, str] = HANDS_IN) -> None:
        """Ask who sits here; where that is asked of who hands in, it goes on with the answer."""
        self.who.ask(BEGINS if self._is_waiting else words)
        self.who.show()
        self.area.ensureWidgetVisible(self.who)
        self.who.student.setFocus()

    def call(self, student: str, name: str) -> None:
        """Say who sits here, whose what varies is from now on; where it was asked for that, hand in."""
        if self.desk is None:
            return
        begins, before, values = self._is_waiting, self.desk.start, self.desk.sheet.values
        self.desk.call(student, name)
        self._keep.start()
        if not begins and self.desk.sheet.values == values:
            self.who.hide()
            self.caller.tell(name or student)
            if self.who.words == HANDS_IN:
                self.hand_in_asked.emit()
            return
        self._done, self._steps = frozenset(), [self.desk.start]
        if self.desk.start != before:
            self.document.edit(f"Begin as {student}", self.desk.start)
        self._show_desk()

    def start_again(self) -> None:
        """Begin anew, with the network of the lesson."""
        if self.desk is not None:
            old = self.desk
            self.desk = Desk.begin(old.lesson, old.path, old.work.student, old.work.name)
            self.desk.instead_of(old)
            self._accuracy, self._done, self._steps = None, frozenset(), [self.desk.start]
            self.document.edit("Start the lesson again", self.desk.start)
            self._show_desk()
            self._keep.start()

    def undo_step(self) -> None:
        """Bring the network back as it was at the last tick, or at the one before; undo takes that back."""
        while self._steps and self._steps[-1] == self.document.project:
            self._steps.pop()
        if self._steps:
            self.document.edit("Undo the step of the lesson", self._steps[-1])

    def _follow_link(self, address: QUrl) -> None:
        try:
            self.look_asked.emit(look(address.toString()))
        except LookError as error:
            self.document.said.emit(str(error))

    def _answer(self, name: str, given: Answer) -> None:
        if self.desk is not None and (task := self._task(name)) is not None:
            self.desk.answer(task, given)
            self._changed()

    def _draft(self, name: str, given: Answer) -> None:
        if self.desk is not None and (task := self._task(name)) is not None:
            self.desk.draft(task, given)
            self._keep.start()

    def settle(self, *, predictions: bool = False) -> None:
        """Give what stands in the fields and was not given yet; a prediction, of which the first counts, if asked."""
        for card in [*self.cards.values()]:
            if card.is_pending and (predictions or card.task.answered_by != "prediction"):
                card.submit()

    def _hint(self, name: str) -> None:
        if self.desk is not None and (task := self._task(name)) is not None:
            self.desk.take_hint(task)
            self._changed()

    def _refusal(self, project: Project) -> str:
        """Which rule of the lesson a project would break that none is broken by now; empty where it breaks none."""
        if self.desk is None:
            return ""
        already = self.desk.sheet.broken(self.document.project)
        return next((each for each in self.desk.sheet.broken(project) if each not in already), "")

    def _task(self, name: str) -> Task | None:
        return self.cards[name].task if name in self.cards else None

    def _changed(self) -> None:
        self._conceal()
        self.update_marks()
        self._keep.start()

    def _evaluate(self, _: str) -> None:
        """Evaluate the weights that there are, in the background, where the lesson has the pictures."""
        if self.desk is None or (self._job is not None and self._job.is_running):
            return
        desk, weights = self.desk, self.run.weights if self.run.fits(self.document.graph) else None
        if weights is None:
            self._accuracy = self.document.graph, Accuracy(0.0, "There are no weights of this network yet: train it.")
            self.update_marks()
            return
        graph = self.document.graph

        def work(report: Report) -> Accuracy:
            report("Evaluating on the pictures kept apart", None)
            return evaluated(desk, weights)

        def done(found: Accuracy) -> None:
            self._accuracy = graph, found
            self._changed()

        self._job = Job(work, "evaluation", self)
        self._job.finished.connect(done)
        self._job.failed.connect(self.document.said)

    # showing

    @property
    def _is_waiting(self) -> bool:
        """Whether it must be known first who begins."""
        return self.desk is not None and self.desk.lesson.is_varied and not self.desk.work.student

    def _show_desk(self) -> None:
        """Show the lesson anew, all of it."""
        desk, is_waiting = self.desk, self._is_waiting
        while (item := self._parts.takeAt(0)) is not None and (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        self.cards, self.texts = {}, []
        self.nothing.setVisible(desk is None)
        self.who.ask(BEGINS)
        self.who.setVisible(is_waiting)
        for widget in (self.title, self.count, self.bar):
            widget.setVisible(desk is not None)
        for widget in (self.hand_in, self.again, self.step_back):
            widget.setVisible(desk is not None and not is_waiting)
        self.caller.tell(desk.work.name or desk.work.student if desk is not None else "")
        if desk is None:
            return
        self.title.setText(desk.lesson.head.title)
        if not is_waiting:
            self._fill(desk)
        self._conceal()
        self.update_marks()

    def _fill(self, desk: Desk) -> None:
        untouched = Work(desk.sheet.start, desk.sheet.start, {}, desk.sheet.values)
        number = 0
        for part in desk.sheet.parts:
            if isinstance(part, str):
                self.texts.append(LessonText(part, desk.lesson.members, self))
                self.texts[-1].anchorClicked.connect(self._follow_link)
                self._parts.addWidget(self.texts[-1])
                continue
            number += 1
            card = TaskCard(part, part.said(untouched), number, self)
            card.put(desk.given(part))
            card.answered.connect(self._answer)
            card.drafted.connect(self._draft)
            card.hint_asked.connect(self._hint)
            card.evaluation_asked.connect(self._evaluate)
            self.cards[part.name] = card
            self._parts.addWidget(card)
        if kept := desk.lesson.head.kept_points:
            are = "point more is" if kept == 1 else "points more are"
            more = Sentence(f"{kept:g} {are} for what your teacher looks at.", self)
            more.setProperty("role", "muted")
            self._parts.addWidget(more)

    def refresh(self) -> None:
        if self.desk is not None and not self._is_waiting and self.desk.work.project != self.document.project:
            self.desk.draw(self.document.project)
            self._keep.start()
        self.update_marks()

    def update_marks(self) -> None:
        """Show what every task says of the work as it is now."""
        desk = self.desk
        if desk is None or self._is_waiting:
            self.count.setText("")
            self.bar.setValue(0)
            return
        if parts(desk.work.project.graph) > QUICK:
            self.document.said.emit("The network is too large to be looked at while you draw.")
            return
        found = desk.marks(self._measured)
        for mark in found.tasks:
            if (card := self.cards.get(mark.task.name)) is not None:
                card.show_mark(mark, bool(self.document.concealed))
                card.show_hints(*desk.hints(mark.task))
        self._show_progress(found)

    def _show_progress(self, found: Marks) -> None:
        is_hidden = bool(self.document.concealed)
        drawn = ("network", "weights")
        done = [mark for mark in found.tasks if mark.is_done and not (is_hidden and mark.task.answered_by in drawn)]
        names = frozenset(mark.task.name for mark in done)
        if names - self._done and self.document.project not in self._steps[-1:]:
            self._steps = [*self._steps, self.document.project][-MOST_STEPS:]
        self._done = names
        self.step_back.setEnabled(any(each != self.document.project for each in self._steps))
        self.bar.setRange(0, max(1, len(found.tasks)))
        self.bar.setValue(len(done))
        self.count.setText(f"{len(done)} of {counted(len(found.tasks), 'task')}")

    def _measured(self) -> Accuracy:
        if self._accuracy is not None and self._accuracy[0] is self.document.graph:
            return self._accuracy[1]
        if self.desk is not None and self.desk.lesson.head.held_out:
            return Accuracy(None, "Train the network, then evaluate it on the pictures kept apart.")
        return unknown_accuracy()

    def _conceal(self) -> None:
        """Hide what the predictions are about, as long as they are open and this is seen."""
        names: frozenset[str] = frozenset()
        if self.desk is not None and self.isVisible() and not self._is_waiting:
            for question in self.desk.open_questions():
                names |= question.concealed & self.document.graph.nodes.keys()
        self.document.conceal(names)

    def restyle(self) -> None:
        for text in self.texts:
            text.restyle()
        super().restyle()

    # keeping

    def write_down(self) -> str:
        """Give what is written, and keep the lesson as it is now; why it cannot be kept, empty where it is."""
        self.settle()
        return self._write_down() if self._is_behind else ""

    @property
    def _is_behind(self) -> bool:
        """Whether something was done that is not kept yet; nobody tells of what is drawn while this is not seen."""
        is_drawn = self.desk is not None and self.desk.work.project != self.document.project
        return self._keep.isActive() or (is_drawn and not self._is_waiting)

    def _write_down(self) -> str:
        self._keep.stop()
        if self.desk is None:
            return ""
        if not self._is_waiting:
            self.desk.draw(self.document.project)
        if told := self.desk.keep(self._measured):
            self.document.said.emit(told)
        self._keep.setInterval(KEEPING if self.desk.is_kept else AGAIN)
        if not self.desk.is_kept:
            self._keep.start()
        return "" if self.desk.is_kept else told

    def _stop(self) -> None:
        self._keep.stop()
        if self._job is not None:
            self._job.stop()
            self._job = None

    def close_tasks(self, seconds: float = 10.0) -> bool:
        if self.desk is not None and self._is_behind:
            self._write_down()
            self._keep.stop()
        return self._job is None or self._job.stop(seconds)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if not self.who.isHidden():
            self.who.student.setFocus(event.reason())
            return
        fields = (card.field for card in self.cards.values())
        waiting = (field for field in fields if not field.isHidden() and not field.isReadOnly())
        if self.desk is not None:
            next(waiting, self.hand_in).setFocus(event.reason())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._conceal()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing stays hidden once the panel is closed; behind another tab it is still there."""
        if not event.spontaneous() and self.desk is not None:
            self.document.conceal(frozenset())
        super().hideEvent(event)
