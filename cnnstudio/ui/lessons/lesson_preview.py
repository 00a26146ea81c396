"""Lesson preview: a lesson as a student sees it, with what the teacher's own copy says of each answer."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cnnstudio.lessons.handed_in import Attempt, HandedIn
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, Sheet
from cnnstudio.lessons.marking import marks
from cnnstudio.lessons.tasks import Task
from cnnstudio.lessons.work import Accuracy, Answer, Work
from cnnstudio.project import Project
from cnnstudio.project.limits import QUICK, parts
from cnnstudio.ui.lessons.lesson_text import LessonText
from cnnstudio.ui.lessons.task_card import TaskCard
from cnnstudio.ui.widgets.labels import Sentence

MEASURED = Accuracy(None, "Weights are evaluated in the lesson that students open, and when their work is marked.")
ABOUT = "As a student sees it. Answer as they would; tasks about the network look at the one that is open here."


class LessonPreview(QWidget):
    """Nothing that is answered here is kept. Another student may have other numbers."""

    asked = Signal()  # it shall be shown anew, for another student

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lesson: LessonFile | None = None
        self.sheet: Sheet | None = None
        self.cards: dict[str, TaskCard] = {}
        self.texts: list[LessonText] = []
        self._project = Project()
        self._answers: dict[str, Answer] = {}
        self._attempts: tuple[Attempt, ...] = ()
        self._hints: dict[str, int] = {}
        about = Sentence(ABOUT, self)
        about.setProperty("role", "muted")
        self.student = QLineEdit(self)
        self.student.setPlaceholderText("Student id, for the numbers of one student")
        self.student.setAccessibleName("Student id")
        self.student.setMaxLength(60)
        self._soon = QTimer(self, singleShot=True, interval=200)
        self._soon.timeout.connect(self._anew)
        self.student.textEdited.connect(lambda _: self._soon.start())
        self.trouble = Sentence(parent=self)
        self.trouble.setProperty("role", "error")
        self.title = Sentence(parent=self)
        self.title.setProperty("textSize", "large")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(10)
        for widget in (about, self.student, self.trouble, self.title):
            column.addWidget(widget)
        self._parts = QVBoxLayout()
        self._parts.setSpacing(12)
        column.addLayout(self._parts)
        column.addStretch(1)

    def show_lesson(self, lesson: LessonFile, project: Project) -> None:
        """Show this lesson, and judge this project; what was answered stays where the lesson is the same."""
        self._project = project
        if lesson is not self.lesson:
            self.lesson = lesson
            self._anew()
        else:
            self._judge()

    def _anew(self) -> None:
        while (item := self._parts.takeAt(0)) is not None and (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        self.cards, self.texts, self.sheet = {}, [], None
        if self.lesson is None:
            return
        self.student.setVisible(self.lesson.is_varied)
        self.title.setText(self.lesson.head.title)
        try:
            self.sheet = self.lesson.sheet(self.student.text())
        except LessonError as error:
            self.trouble.setText(str(error))
            self.trouble.show()
            return
        self.trouble.hide()
        untouched = Work(self.sheet.start, self.sheet.start, {}, self.sheet.values)
        number = 0
        for part in self.sheet.parts:
            if isinstance(part, str):
                self.texts.append(LessonText(part, self.lesson.members, self))
                self._parts.addWidget(self.texts[-1])
            elif not part.hidden:
                number += 1
                self._add_card(part, part.said(untouched), number)
        self._judge()

    def _add_card(self, task: Task, asks: str, number: int) -> None:
        self.cards[task.name] = card = TaskCard(task, asks, number, self)
        card.put(self._answers.get(task.name, Answer()))
        card.answered.connect(self._answer)
        card.hint_asked.connect(self._hint)
        self._parts.addWidget(card)

    def _answer(self, name: str, given: Answer) -> None:
        self._answers[name] = given
        self._attempts = (*self._attempts, Attempt(name, given))
        self._judge()

    def _hint(self, name: str) -> None:
        self._hints[name] = self._hints.get(name, 0) + 1
        self._judge()

    def _judge(self) -> None:
        if self.lesson is None or self.sheet is None or parts(self._project.graph) > QUICK:
            return
        work = HandedIn(
            self.lesson.head.id, self.student.text(), self._project, dict(self._answers), self._attempts, self._hints
        )
        for mark in marks(self.sheet, work, lambda: MEASURED).tasks:
            if (card := self.cards.get(mark.task.name)) is not None:
                taken = self._hints.get(mark.task.name, 0)
                card.show_mark(mark, False)
                card.show_hints(mark.task.hints[:taken], next(iter(mark.task.hints[taken:]), None))

    def forget(self) -> None:
        """Forget what was answered."""
        self._answers, self._attempts, self._hints, self.lesson = {}, (), {}, None

    def restyle(self) -> None:
        """Take up the colours of another theme."""
        for text in self.texts:
            text.restyle()
