"""Task card: one task of a lesson: what is asked, a field for the answer if there is one, hints, and what it says."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.lessons.answer_tasks import ChoiceTask, NumberTask
from cnnstudio.lessons.handed_in import LONGEST
from cnnstudio.lessons.marking import TaskMark
from cnnstudio.lessons.tasks import Hint, Task
from cnnstudio.lessons.work import NO_ANSWER, Answer
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import unmarked
from cnnstudio.ui.widgets.labels import Plain, Sentence
from cnnstudio.wording import plural, unbroken

CHECK = {"words": "Keep", "weights": "Evaluate"}
FIRST_COUNTS = "The first answer counts; until then it is hidden everywhere."
LIVE = "Looked at while you draw."


class Option(Sentence):
    """The words of an option; a click on them is one on its button."""

    def __init__(self, text: str, button: QRadioButton, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._button = button

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._button.click()


class TaskCard(QFrame):
    """A task. It knows no lesson: it says what was answered or asked for, and shows what it is told."""

    answered = Signal(str, object)  # the name of the task and the Answer
    drafted = Signal(str, object)  # the same of words that are being written, which nothing is said of
    hint_asked = Signal(str)
    evaluation_asked = Signal(str)

    def __init__(self, task: Task, asks: str, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.task = task
        self.setProperty("surface", "raised")
        self.setAccessibleName(f"Task {number}: {asks or task.title}")
        self.sign = Plain(parent=self)
        self.asks = Sentence(unbroken(asks or task.title), self)
        self.points = Plain(f"{task.points:g} {plural(round(task.points), 'point')}", self)
        self.points.setProperty("role", "muted")
        self.field = QLineEdit(self)
        self.field.setAccessibleName(f"Your answer to task {number}")
        self.unit = Plain(parent=self)
        self.unit.setProperty("role", "muted")
        self.options, self.reasons = QButtonGroup(self), QButtonGroup(self)
        self.reason = QLineEdit(self)
        self.reason.setPlaceholderText("Because…")
        self.reason.setAccessibleName(f"Your reason in task {number}")
        for line in (self.field, self.reason):
            line.setMaxLength(LONGEST)
        self._given = NO_ANSWER  # as it was taken the last time
        self.check = QPushButton(CHECK.get(task.answered_by, "Check"), self)
        self.check.setProperty("primary", True)
        self.check.clicked.connect(self.submit)
        self.hint = QPushButton("Hint", self)
        self.hint.setProperty("flat", True)
        self.hint.clicked.connect(lambda: self.hint_asked.emit(task.name))
        self.verdict = Sentence(parent=self)
        self.hints = Sentence(parent=self)
        self.hints.setProperty("role", "muted")
        self.field.returnPressed.connect(self.submit)
        self.reason.returnPressed.connect(self.submit)
        if task.answered_by == "words":
            self.field.textEdited.connect(lambda _: self.drafted.emit(task.name, self.written()))
        for button in (self.check, self.hint):
            for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # which press a button in dialogs alone
                shortcut = QShortcut(QKeySequence(key), button)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.activated.connect(button.click)
        self._lay_out()

    def _lay_out(self) -> None:
        column, head, answer = QVBoxLayout(self), QHBoxLayout(), QHBoxLayout()
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        head.setSpacing(8)
        top = Qt.AlignmentFlag.AlignTop
        head.addWidget(self.sign, 0, top)
        head.addWidget(self.asks, 1)
        head.addWidget(self.points, 0, top)
        column.addLayout(head)
        kind = self.task.answered_by
        if isinstance(self.task, ChoiceTask):
            self._offer(column, self.options, self.task.options)
            if self.task.reasons:
                why = Plain("Because", self)
                why.setProperty("role", "muted")
                column.addWidget(why)
                self._offer(column, self.reasons, self.task.reasons)
        is_typed = kind in ("number", "prediction", "words")
        writes = isinstance(self.task, ChoiceTask) and self.task.written_reason
        if isinstance(self.task, NumberTask) and self.task.unit:
            self.unit.setText(self.task.unit)
        answer.addWidget(self.field, 1)
        answer.addWidget(self.reason, 1)
        answer.addWidget(self.unit)
        answer.addWidget(self.check)
        if not (is_typed or writes):
            answer.addStretch()
        self.field.setVisible(is_typed)
        self.reason.setVisible(writes)
        self.unit.setVisible(bool(self.unit.text()))
        self.check.setVisible(kind != "network")
        column.addLayout(answer)
        column.addWidget(self.verdict)
        column.addWidget(self.hints)
        column.addWidget(self.hint, 0, Qt.AlignmentFlag.AlignLeft)

    def _offer(self, column: QVBoxLayout, group: QButtonGroup, options: tuple[str, ...]) -> None:
        for number, option in enumerate(options, 1):
            row, button = QHBoxLayout(), QRadioButton(self)
            words = Option(option, button, self)
            button.setAccessibleName(option)
            group.addButton(button, number)
            row.setSpacing(8)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(words, 1)
            column.addLayout(row)

    # what a person does

    def submit(self) -> None:
        """Give the answer that stands here."""
        if self.task.answered_by == "weights":
            self.evaluation_asked.emit(self.task.name)
            return
        given = self.written()
        if not given.is_empty:
            self._given = given
            self.answered.emit(self.task.name, given)

    @property
    def is_pending(self) -> bool:
        """Whether an answer stands here that was not given yet."""
        if self.task.answered_by in ("network", "weights") or self.field.isReadOnly():
            return False
        written = self.written()
        return not written.is_empty and written != self._given

    def written(self) -> Answer:
        """The answer as it stands here."""
        reason = str(max(0, self.reasons.checkedId())) if self.reasons.buttons() else self.reason.text().strip()
        choice = max(0, self.options.checkedId())
        return Answer(self.field.text().strip(), choice, reason if choice and reason != "0" else "")

    # what it shows

    def put(self, given: Answer) -> None:
        """Show an answer that was given before."""
        self.field.setText(given.text)
        if (button := self.options.button(given.choice)) is not None:
            button.setChecked(True)
        if self.reasons.buttons():
            is_number = given.reason.isdecimal() and len(given.reason) < 3
            found = self.reasons.button(int(given.reason)) if is_number else None
            if found is not None:
                found.setChecked(True)
        else:
            self.reason.setText(given.reason)
        self._given = given

    def show_mark(self, mark: TaskMark, is_hidden: bool) -> None:
        """Show what the task says now; ``is_hidden`` where that would give the answer of another away."""
        kind, given = self.task.answered_by, mark.verdict.is_given
        sentence = mark.verdict.sentence if given else FIRST_COUNTS if kind == "prediction" else ""
        if kind in ("network", "weights") and is_hidden:
            sentence, given = "Hidden until you have predicted.", False
        elif kind == "network" and not sentence:
            sentence = LIVE
        is_right = given and mark.verdict.is_right
        is_open = given and mark.points is None
        glyph, role = (
            ("check-circle", "success") if is_right
            else ("clock", "muted") if is_open
            else ("x-circle", "error") if given and kind not in ("network", "weights")
            else ("circle", "muted")
        )  # fmt: skip
        state = "done" if is_right else "for your teacher" if is_open else "open"
        self.sign.setPixmap(icon(glyph, role).pixmap(round(18 * theme.scale)))
        self.sign.setAccessibleName(state)
        self.verdict.setText(unbroken(sentence))
        self.verdict.setVisible(bool(sentence))
        self.verdict.setProperty("role", role if role in ("success", "error") else "muted")
        self.verdict.style().polish(self.verdict)
        if kind == "prediction" and mark.verdict.is_given:
            self.field.setReadOnly(True)
            self.check.setVisible(False)

    def show_hints(self, taken: tuple[Hint, ...], coming: Hint | None) -> None:
        """Show the hints that were taken, and what the next one costs."""
        self.hints.setText("\n".join(hint.says for hint in taken))
        self.hints.setVisible(bool(taken))
        self.hint.setVisible(coming is not None)
        if coming is not None:
            cost = f" (−{coming.costs:g})" if coming.costs else ""
            self.hint.setText(unmarked(f"{'Next hint' if taken else 'Hint'}{cost}"))
            taken_away = f"It takes {coming.costs:g} {plural(round(coming.costs), 'point')} away."
            self.hint.setAccessibleDescription(taken_away if coming.costs else "It is free.")
