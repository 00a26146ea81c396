"""Lesson parts: the texts and the tasks of a lesson in their order, and below or beside them the one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QListWidget, QMenu, QPushButton, QVBoxLayout, QWidget

from cnnstudio.lessons.lesson_edits import Part
from cnnstudio.lessons.soundness import Finding
from cnnstudio.lessons.tasks import TASKS, Task, purpose
from cnnstudio.ui.lessons.stepper import button
from cnnstudio.ui.lessons.task_form import TaskForm
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.scrolled import Scrolled
from cnnstudio.ui.widgets.sizes import NO_LIMIT
from cnnstudio.ui.widgets.text_field import TextField
from cnnstudio.wording import on_a_line

WIDE = 640  # pixels from which the list stands beside what is chosen
LIST = 240  # pixels of the list there
NEW_TEXT = "Write here what is to be learned."
MARKS = (
    ("text-h-two", "Heading", "## ", ""),
    ("text-bolder", "Bold", "**", "**"),
    ("list-bullets", "List", "- ", ""),
)
HELP = (
    "A line that begins with ## is a heading, one with - an entry of a list. What stands between <!-- and --> is for "
    "you alone."
)
Direction = QBoxLayout.Direction


class LessonParts(QWidget):
    """It changes nothing itself: ``edited(place, part, key)`` carries another part for a place, and the rest is asked.

    ``added`` carries a text or a kind of task to stand behind the one that is chosen.
    """

    edited = Signal(int, object, str)
    finished = Signal()
    added = Signal(object)
    removed = Signal(int)
    moved = Signal(int, int)
    picture_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: Sequence[Part] = ()
        self._nodes: Sequence[str] = ()
        self._findings: Sequence[Finding] = ()
        self.forms: dict[type[Task], TaskForm] = {}
        self.list = PartList(self)
        self.list.setAccessibleName("Texts and tasks of the lesson")
        self.list.currentRowChanged.connect(lambda _: self._show_chosen())
        self.list.asked.connect(self._do)
        self.add = QPushButton(icon("plus", "muted"), "Add", self)
        self.add.setToolTip(tip("Add a text or a task behind the one that is chosen"))
        self.add.setMenu(self._menu())
        self.up = button("arrow-up", "Move up (Alt+Up)")
        self.down = button("arrow-down", "Move down (Alt+Down)")
        self.remove = button("trash", "Remove (Delete)")
        for each, what in ((self.up, "up"), (self.down, "down"), (self.remove, "remove")):
            each.clicked.connect(lambda _=False, what=what: self._do(what))
        self._make_text()
        left, row = QWidget(self), QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.add)
        row.addStretch(1)
        for each in (self.up, self.down, self.remove):
            row.addWidget(each)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self._left = left
        detail = QWidget()
        self._detail = QVBoxLayout(detail)
        self._detail.setContentsMargins(0, 0, 6, 0)
        self._detail.addWidget(self.text_page)
        self.detail = Scrolled(detail, self)
        self._box = QBoxLayout(Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(10)
        self._box.addWidget(left, 2)
        self._box.addWidget(self.detail, 3)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addAction("Text").triggered.connect(lambda: self.added.emit(NEW_TEXT))
        menu.addSeparator()
        for kind in TASKS.values():
            action = menu.addAction(kind.title)
            action.setToolTip(tip(purpose(kind)))
            action.triggered.connect(lambda _=False, kind=kind: self.added.emit(kind))
        return menu

    def _make_text(self) -> None:
        self.text_page = QWidget(self)
        self.text = TextField("Text of this part, in Markdown", 5, 200_000, self.text_page, grows=True)
        self.text.edited.connect(lambda text: self.edited.emit(self.chosen, text, "text"))
        self.text.finished.connect(self.finished)
        marks = QWidget(self.text_page)
        flow = FlowLayout(marks, 2)
        self.marks = {}
        for name, words, before, after in MARKS:
            self.marks[words] = made = button(name, words)
            made.clicked.connect(lambda _=False, before=before, after=after: self._mark(before, after))
            flow.addWidget(made)
        self.picture = button("image", "Picture from a file…")
        self.picture.clicked.connect(self.picture_asked)
        flow.addWidget(self.picture)
        about = Sentence(HELP, self.text_page)
        about.setProperty("role", "muted")
        about.setProperty("textSize", "small")
        column = QVBoxLayout(self.text_page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(marks)
        column.addWidget(self.text, 1)
        column.addWidget(about)

    # showing

    @property
    def chosen(self) -> int:
        """The place of the part that is chosen, -1 for none."""
        return self.list.currentRow()

    @property
    def form(self) -> TaskForm | None:
        """The form of the task that is chosen."""
        return next((form for form in self.forms.values() if not form.isHidden()), None)

    def show_parts(self, parts: Sequence[Part], nodes: Sequence[str]) -> None:
        """Show these parts; the one in the place that was chosen stays so."""
        self._parts, self._nodes = parts, nodes
        place = min(max(0, self.chosen), len(parts) - 1)
        self.list.blockSignals(True)
        number = 0
        for row, part in enumerate(parts):
            number += isinstance(part, Task)
            if row == self.list.count():
                self.list.addItem("")
            item = self.list.item(row)
            words = _words(part, number)
            if item.text() != words:
                item.setText(words)
        while self.list.count() > len(parts):
            self.list.takeItem(self.list.count() - 1)
        self.list.setCurrentRow(place)
        self.list.blockSignals(False)
        self._show_chosen()

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Say at each task what is wrong with it."""
        self._findings = findings
        for row, part in enumerate(self._parts):
            bad = isinstance(part, Task) and any(each.task == part.name for each in findings)
            name = "text-t" if isinstance(part, str) else "warning" if bad else "check-square"
            self.list.item(row).setIcon(icon(name, "warning" if bad else "muted"))
        if self.form is not None:
            self.form.show_findings(findings)

    def choose(self, place: int) -> None:
        """Choose the part in this place."""
        self.list.setCurrentRow(min(place, self.list.count() - 1))

    def _show_chosen(self) -> None:
        part = self._parts[self.chosen] if 0 <= self.chosen < len(self._parts) else None
        for form in self.forms.values():
            form.setVisible(isinstance(part, form.kind))
        self.text_page.setVisible(isinstance(part, str))
        if isinstance(part, str):
            self.text.set_text(part)
        elif part is not None:
            form = self._form(type(part))
            form.show_task(part, self._nodes, self._findings)
            form.show()
        self.up.setEnabled(self.chosen > 0)
        self.down.setEnabled(0 <= self.chosen < len(self._parts) - 1)
        self.remove.setEnabled(part is not None)

    def _form(self, kind: type[Task]) -> TaskForm:
        if kind not in self.forms:
            self.forms[kind] = form = TaskForm(kind)
            form.edited.connect(lambda task, key: self.edited.emit(self.chosen, task, f"{task.kind} {key}"))
            form.finished.connect(self.finished)
            self._detail.addWidget(form)
        return self.forms[kind]

    # what a person does

    def settle(self) -> None:
        """Give what is being typed."""
        self.text.settle()
        if self.form is not None:
            self.form.settle()

    def _do(self, what: str) -> None:
        self.settle()
        place = self.chosen
        if what == "remove" and place >= 0:
            self.removed.emit(place)
        elif what == "up" and place > 0:
            self.moved.emit(place, place - 1)
        elif what == "down" and 0 <= place < len(self._parts) - 1:
            self.moved.emit(place, place + 1)

    def _mark(self, before: str, after: str) -> None:
        cursor = self.text.textCursor()
        if after:
            cursor.insertText(f"{before}{cursor.selectedText() or 'words'}{after}")
        else:
            cursor.movePosition(QTextCursor.MoveOperation.StartOfLine)
            cursor.insertText(before)
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def insert(self, text: str) -> None:
        """Write this at the cursor of the text, on a line of its own."""
        cursor = self.text.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        cursor.insertText(f"\n\n{text}\n")
        self.text.settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= WIDE
        way = Direction.LeftToRight if is_wide else Direction.TopToBottom
        if way != self._box.direction():
            self._box.setDirection(way)
        self._left.setMaximumWidth(LIST if is_wide else NO_LIMIT)


class PartList(QListWidget):
    """The list; ``asked`` says what a key asks for: up, down or remove."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIconSize(QSize(16, 16))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setMinimumHeight(72)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        keys = {
            (Qt.Key.Key_Up, True): "up", (Qt.Key.Key_Down, True): "down", (Qt.Key.Key_Delete, False): "remove",
        }  # fmt: skip
        if (what := keys.get((Qt.Key(event.key()), alt))) is not None:
            self.asked.emit(what)
        else:
            super().keyPressEvent(event)


def _words(part: Part, number: int) -> str:
    if isinstance(part, str):
        line = next((line.strip("# *>-<!") for line in part.splitlines() if line.strip("# *>-<!")), "") or "Text"
        return on_a_line(f"For you alone: {line}" if part.startswith("<!--") else line, 120)
    points = f"{part.points:g} {'point' if part.points == 1 else 'points'}"
    return on_a_line(f"{number}. {part.title}, {points}: {part.asks}", 160)
