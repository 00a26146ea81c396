"""Task form: what a teacher says of one task: what is asked, what is right, hints, points; and its problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.graph import BLOCKS
from cnnstudio.graph.parameter import ParameterError, parameters
from cnnstudio.lessons.soundness import Finding
from cnnstudio.lessons.tasks import Task, purpose
from cnnstudio.ui.widgets.advice_row import AdviceList
from cnnstudio.ui.widgets.editors import TextEditor
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Plain, Sentence
from cnnstudio.ui.widgets.text_field import TextField

COMMON = ("points", "hints", "practice", "hidden", "name")
LISTS = {"options": "Options, one a line", "reasons": "Reasons to choose from, one a line"}


class TaskForm(QWidget):
    """A form of one kind of task. ``edited(task, key)`` carries the new task, and which field it was changed in."""

    edited = Signal(object, str)
    finished = Signal()

    def __init__(self, kind: type[Task], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.task = kind()
        self.about = Sentence(purpose(kind), self)
        self.about.setProperty("role", "muted")
        self.problems = AdviceList(self)
        self.asks = TextField("What is asked", 2, parent=self)
        self.asks.edited.connect(lambda text: self._edit("asks", " ".join(text.split())))
        self.asks.finished.connect(self.finished)
        own = [each.name for each in parameters(kind) if each.name not in {p.name for p in parameters(Task)}]
        self.own = Form(kind, self, plain=True, names=own)
        self.common = Form(kind, self, plain=True, names=COMMON)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.about, self.problems, _label("What is asked", self.asks), self.asks):
            column.addWidget(widget)
        self.lists: dict[str, TextField] = {}
        for name in [name for name in own if name in LISTS]:
            field = TextField(LISTS[name], 3, 20_000, self)
            field.edited.connect(lambda text, name=name: self._edit(name, _lines(text)))
            field.finished.connect(self.finished)
            self.lists[name] = field
            column.addWidget(_label(LISTS[name], field))
            column.addWidget(field)
        for form in (self.own, self.common):
            form.edited.connect(self._edit)
            for row in form.rows.values():
                row.editor.finished.connect(self.finished)
            column.addWidget(form)
        column.addStretch(1)

    def show_task(self, task: Task, nodes: Sequence[str], findings: Sequence[Finding]) -> None:
        """Show a task of this kind, the blocks that it may name, and what is wrong with it."""
        self.task = task
        self.asks.set_text(task.asks)
        for name, field in self.lists.items():
            field.set_text("\n".join(getattr(task, name)))
        for form in (self.own, self.common):
            form.set_values(task)
        width = max(form.label_width for form in (self.own, self.common))
        for form in (self.own, self.common):
            form.indent(width)
        self._offer("node", nodes)
        self._offer("block", sorted(BLOCKS))
        self.show_findings(findings)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Say what is wrong with the task, in its place."""
        own = [each for each in findings if each.task == self.task.name]
        self.problems.say([(_capital(each.of_task), each.severity, "", ()) for each in own])

    def refuse(self, key: str, sentence: str) -> None:
        """Say under a field why its value cannot be."""
        for form in (self.own, self.common):
            if key in form.rows:
                form.refuse(key, sentence)

    def settle(self) -> None:
        """Give what is being typed."""
        for field in (self.asks, *self.lists.values()):
            field.settle()
        for form in (self.own, self.common):
            form.settle()

    def _offer(self, name: str, words: Sequence[str]) -> None:
        if name in self.own.rows and isinstance(found := self.own.editor(name), TextEditor):
            found.offer([(word, word) for word in words])

    def _edit(self, name: str, value: Any) -> None:
        try:
            task = replace(self.task, **{name: value})
        except ParameterError as error:
            self.refuse(name, str(error))
            return
        if task != self.task:
            self.task = task
            self.edited.emit(task, name)


def _label(text: str, of: QWidget) -> QWidget:
    made = Plain(text)
    made.setProperty("role", "muted")
    made.setBuddy(of)
    return made


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}"
