"""Quiz: predict what a block of the open network comes to, then see it, with the working."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.lessons.answers import AnswerError, Mark, marked
from cnnstudio.lessons.lesson import Asked, Lesson
from cnnstudio.lessons.quiz import DIFFICULTIES, Question, Quiz
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets import cards
from cnnstudio.ui.widgets.cards import Card
from cnnstudio.ui.widgets.labels import Elided, Plain, Sentence
from cnnstudio.ui.widgets.progress_bar import ProgressBar
from cnnstudio.ui.widgets.tile import Tile
from cnnstudio.wording import unbroken

TITLES = {"easy": "Easy", "medium": "Medium", "hard": "Hard"}
INVITATION = (
    "Predict what a block gives before you look: its shape, its parameters, what it sees of the image. While a "
    "question is open, the answer is hidden everywhere."
)
NOTHING = "There is nothing to ask about yet: no block of this network has a result."
CHANGED = "The network has changed, so here is another question."
WAITING = "What is asked about next has no result now. Undo the change, or mend the network, and the questions go on."


class QuizPanel(Panel):
    """A question, a field for the answer, then the mark and the working. Enter goes through all of it."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None, seed: int | None = None) -> None:
        super().__init__(document, run, parent)
        self.quiz: Quiz | None = None
        self.mark: Mark | None = None
        self.lesson: Lesson | None = None
        self.done: set[Asked] = set()  # of the lesson: what was answered or skipped
        self.header = LessonHeader(self)
        self._seed = seed
        self.invitation = Plain(INVITATION, self)
        self.invitation.setWordWrap(True)
        self.invitation.setProperty("role", "muted")
        self.begin = QPushButton("Begin", self)
        self.begin.setProperty("primary", True)
        self.begin.clicked.connect(self.start)
        self.end = QPushButton("End", self)
        self.end.setToolTip("End the quiz")
        self.end.setAccessibleName("End the quiz")
        self.end.setProperty("flat", True)
        self.end.clicked.connect(self.stop)
        self.difficulty = QComboBox(self)
        self.difficulty.addItems([TITLES[each] for each in DIFFICULTIES])
        self.difficulty.setAccessibleName("Difficulty")
        self.difficulty.setToolTip("How hard the questions are")
        self.difficulty.currentIndexChanged.connect(self._choose)
        self.score = Elided(parent=self)
        self.score.setProperty("role", "muted")
        self._make_question()
        self._make_answer()
        self._lay_out()
        for button in (self.begin, self.next_button, self.check_button, self.skip_button):
            for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # which press a button in dialogs alone
                shortcut = QShortcut(QKeySequence(key), button)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.activated.connect(button.click)
        document.changed.connect(self._follow)
        document.closed.connect(self.stop)

    def _make_question(self) -> None:
        self.note = Sentence(parent=self)
        self.note.setProperty("role", "muted")
        self.tile = Tile(34, self)
        self.sentence = Sentence(parent=self)
        self.sentence.setProperty("textSize", "large")
        self.given = Sentence(parent=self)
        self.given.setProperty("role", "muted")

    def _make_answer(self) -> None:
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Your answer")
        self.field.returnPressed.connect(self.check)
        self.check_button = QPushButton("Check", self)
        self.check_button.setProperty("primary", True)
        self.check_button.clicked.connect(self.check)
        self.skip_button = QPushButton("Skip", self)
        self.skip_button.setToolTip("Go on to another question; this one does not count")
        self.skip_button.clicked.connect(self.go_on)
        self.next_button = QPushButton("Next", self)
        self.next_button.setProperty("primary", True)
        self.next_button.setToolTip("Go on to another question")
        self.next_button.clicked.connect(self.go_on)
        self.refusal = Sentence(parent=self)
        self.refusal.setProperty("role", "warning")
        self.field.textEdited.connect(self.refusal.hide)
        self.sign = Plain(parent=self)
        self.verdict = Sentence(parent=self)
        self.working = Card("How it is computed", self)

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        question, answer, verdict, foot = (QHBoxLayout() for _ in range(4))
        question.setSpacing(6)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self.sentence)
        words.addWidget(self.given)
        question.addWidget(self.tile, 0, Qt.AlignmentFlag.AlignTop)
        question.addLayout(words, 1)
        answer.addWidget(self.field, 1)
        answer.addWidget(self.check_button)
        answer.addWidget(self.skip_button)
        answer.addWidget(self.next_button)
        verdict.setSpacing(8)
        verdict.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        verdict.addWidget(self.verdict, 1)
        foot.addWidget(self.difficulty)
        foot.addWidget(self.score)
        foot.addStretch()
        foot.addWidget(self.end)
        column.addWidget(self.header)
        column.addWidget(self.invitation)
        column.addWidget(self.begin, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.note)
        column.addLayout(question)
        column.addLayout(answer)
        column.addWidget(self.refusal)
        column.addLayout(verdict)
        column.addWidget(self.working)
        column.addStretch()
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        foot.setContentsMargins(12, 4, 12, 8)
        layout.addLayout(foot)

    @property
    def question(self) -> Question | None:
        """The question that is open or was answered last."""
        return self.quiz.question if self.quiz is not None else None

    @property
    def is_open(self) -> bool:
        """Whether a question waits for its answer."""
        return self.quiz is not None and self.quiz.is_open

    # what a person does

    def start(self) -> None:
        """Begin a round of questions about the open network."""
        self.lesson = self.quiz = None
        self._renew()
        if self.question is None:
            self.quiz = None
        self._ask(NOTHING if self.quiz is None else "")

    def teach(self, lesson: Lesson) -> None:
        """Begin the questions of a lesson about the network that it opened."""
        self.lesson, self.done, self.quiz = lesson, set(), None
        self._renew()
        self._ask("")

    def _renew(self) -> None:
        """Take the questions from the network as it is now; the score goes on."""
        was, analysis = self.quiz, self.document.analysis
        if self.lesson is not None:
            found = self.lesson.questions(analysis)
            coming = iter([each for each in found if _asked(each) not in self.done])
            self.quiz = Quiz(analysis, coming=coming)
        else:
            seed = self._seed if self._seed is not None else random.randrange(2**32)
            self.quiz = Quiz(analysis, DIFFICULTIES[self.difficulty.currentIndex()], seed)
        if was is not None:
            self.quiz.asked, self.quiz.right, self.quiz.streak = was.asked, was.right, was.streak

    def _finish(self) -> None:
        """Say how the lesson went; what follows is up to the person."""
        if self.lesson is None or self.quiz is None:
            return
        told = f"{self.lesson.title}: {_score(self.quiz) or 'every question was skipped'}."
        self.lesson = self.quiz = None
        self._ask(told)
        self.begin.setFocus()

    def stop(self) -> None:
        """End the round; nothing is hidden any more."""
        self.quiz = self.lesson = None
        self._ask("")

    def check(self) -> None:
        """Mark what was typed; where it is no answer it can be typed again."""
        question = self.question
        if question is None or self.quiz is None or not self.is_open:
            return
        try:
            self.mark = marked(question, self.field.text())
        except AnswerError as error:
            self.refusal.setText(str(error))
            self.refusal.show()
            return
        self.quiz.close(self.mark.is_right)
        self._reveal()

    def go_on(self) -> None:
        """Ask the next question; one that is open is skipped."""
        if self.quiz is None:
            return
        if self.lesson is None:
            if self.quiz.go_on() is not None and not self.quiz.still_holds(self.document.analysis):
                self._renew()
        else:
            if self.question is not None:
                self.done.add(_asked(self.question))
            if self.done.issuperset(self.lesson.asked):
                self._finish()
                return
            self._renew()  # from the network as it is by now
        self._ask(WAITING if self.question is None else "")

    def _choose(self) -> None:
        if self.quiz is not None:
            self.start()

    def _follow(self) -> None:
        """An edit may have changed the answer: then it is another question, as soon as there is one to ask.

        Whoever edits is at work on the canvas or in a form: keyboard and selection stay there.
        """
        if self.quiz is None or self.mark is not None:
            return
        if self.is_open and self.quiz.still_holds(self.document.analysis):
            return
        was_open = self.is_open
        self._renew()
        self._put(WAITING if self.question is None else CHANGED if was_open else "")

    # showing

    def _ask(self, note: str) -> None:
        """Show the question there is, if any, and lead to its block and to its field."""
        self._put(note)
        if (question := self.question) is None:
            return
        self.document.enter(())
        self.document.select((question.node.name,))
        self.reveal.emit(question.node.name)
        self.field.setFocus()

    def _put(self, note: str) -> None:
        """Show the question there is, if any, and hide what would answer it."""
        self.mark = None
        question = self.question
        self.document.conceal(question.concealed if question is not None and self.isVisible() else frozenset())
        self.note.setText(note)
        self.field.clear()
        if question is not None:
            self.field.setPlaceholderText(question.example)
        self.update_question()

    def _reveal(self) -> None:
        self.document.conceal(frozenset())
        self.update_question()
        self.next_button.setFocus()

    def refresh(self) -> None:
        self.update_question()

    def update_question(self) -> None:
        """Show the state of the round."""
        question, mark = self.question, self.mark
        has_question = question is not None
        groups: tuple[tuple[bool, tuple[QWidget, ...]], ...] = (
            (self.quiz is None, (self.invitation, self.begin)),
            (self.quiz is not None, (self.score, self.end)),
            (has_question, (self.tile, self.sentence, self.given, self.field)),
            (has_question and self.is_open, (self.check_button, self.skip_button)),
            (mark is not None, (self.sign, self.verdict, self.next_button)),
        )
        for is_shown, widgets in groups:
            for widget in widgets:
                widget.setVisible(is_shown)
        self.header.show_lesson(self.lesson, len(self.done) + (mark is not None))
        self.difficulty.setVisible(self.lesson is None)
        self.note.setVisible(bool(self.note.text()))
        self.refusal.setVisible(False)
        self.field.setReadOnly(not self.is_open)
        if question is not None:
            self.tile.set_block(type(question.node.block))
            self.sentence.setText(unbroken(question.sentence))
            block = question.node.block
            self.given.setText(unbroken(f"{block.title} {block.brief()}".strip() + f". {question.given}"))
        if self.quiz is not None:
            self.score.setText(_score(self.quiz))
        self._show_mark(mark)

    def _show_mark(self, mark: Mark | None) -> None:
        if mark is None:
            self.working.say("")
            return
        glyph, role = ("check-circle", "success") if mark.is_right else ("x-circle", "error")
        self.sign.setPixmap(icon(glyph, role).pixmap(round(20 * theme.scale)))
        self.verdict.setText(unbroken(mark.sentence))
        self.verdict.setAccessibleName(mark.sentence)
        self.working.say(cards.arithmetic(mark.steps) if mark.steps else "", mark.steps.title if mark.steps else None)

    # being looked at

    def focusInEvent(self, event: QFocusEvent) -> None:
        last = self.begin if self.quiz is None else self.end if self.question is None else self.next_button
        (self.field if self.is_open else last).setFocus(event.reason())

    def showEvent(self, event: QShowEvent) -> None:
        if self.is_open and self.question is not None:
            self.document.conceal(self.question.concealed)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing stays hidden once the panel is closed; behind another tab it is still there."""
        if not event.spontaneous():
            self.document.conceal(frozenset())
        super().hideEvent(event)


def _asked(question: Question) -> Asked:
    return question.node.name, question.kind


def _score(quiz: Quiz) -> str:
    if not quiz.asked:
        return ""
    streak = f", {quiz.streak} in a row" if quiz.streak > 2 else ""
    return f"{quiz.right} of {quiz.asked} right{streak}"


class LessonHeader(QWidget):
    """The title of a lesson, what is learned in it, and a bar; hidden where no lesson is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Plain(parent=self)
        self.title.setProperty("textSize", "large")
        self.title.setWordWrap(True)
        self.count = Plain(parent=self)
        self.count.setProperty("role", "muted")
        self.sentence = Plain(parent=self)
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.bar = ProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the lesson")
        line, column = QHBoxLayout(), QVBoxLayout(self)
        line.addWidget(self.title, 1)
        line.addWidget(self.count)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.sentence)
        column.addWidget(self.bar)
        self.hide()

    def show_lesson(self, lesson: Lesson | None, at: int = 0) -> None:
        """Show the lesson with ``at`` of its questions answered, or with None nothing."""
        self.setVisible(lesson is not None)
        if lesson is None:
            return
        every = len(lesson.asked)
        self.title.setText(lesson.title)
        self.sentence.setText(lesson.sentence)
        self.count.setText(f"{at} of {every}")
        self.bar.setRange(0, every)
        self.bar.setValue(at)
