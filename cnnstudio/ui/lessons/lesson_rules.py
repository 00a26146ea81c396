"""Lesson rules: what holds for a whole lesson: title, network, seed, pictures, and what students may touch."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from cnnstudio.graph import BLOCKS
from cnnstudio.lessons.lesson_file import Head, LessonFile
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS, FOLDER
from cnnstudio.ui.widgets.editors import TextEditor
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.ticks import Ticks
from cnnstudio.wording import counted

FIELDS = ("title", "sentence", "seed", "held_out", "kept_points")
TICKED = {
    "locked": ("Locked blocks", "none: all of the network may be changed"),
    "palette": ("Blocks to add", "all"),
    "hidden_panels": ("Hidden panels", "none"),
}


class LessonRules(QWidget):
    """It changes nothing itself: ``edited(name, value)`` carries a value of the head."""

    edited = Signal(str, object)
    finished = Signal()
    start_asked = Signal()  # the network that is open shall be the one to begin with
    shown_asked = Signal()  # the network to begin with shall be shown
    solution_asked = Signal()  # the network that is open shall be the solution
    solution_dropped = Signal()

    def __init__(self, panels: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panels = panels
        self.form = Form(Head, self, plain=True, names=FIELDS)
        self.form.edited.connect(self.edited)
        for row in self.form.rows.values():
            row.editor.finished.connect(self.finished)
        held_out = self.form.editor("held_out")
        if isinstance(held_out, TextEditor):
            held_out.offer([("none", ""), *((each.title, key) for key, each in DATASETS.items() if key != FOLDER)])
        self.start, self.solution = Sentence(parent=self), Sentence(parent=self)
        self.take = self._button("Begin with what is open", "Let students begin with the network of this window")
        self.take.clicked.connect(self.start_asked)
        self.look = self._button("Show it", "Show the network to begin with in a window of its own")
        self.look.clicked.connect(self.shown_asked)
        self.solve = self._button(
            "What is open passes", "Keep the network of this window, and its weights, as a solution: only you have it"
        )
        self.solve.clicked.connect(self.solution_asked)
        self.drop = self._button("No solution", "Take the solution out of the lesson")
        self.drop.clicked.connect(self.solution_dropped)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        column.addWidget(self.form)
        for sentence, buttons in ((self.start, (self.take, self.look)), (self.solution, (self.solve, self.drop))):
            place = QWidget(self)
            flow = FlowLayout(place)
            for each in buttons:
                flow.addWidget(each)
            column.addWidget(sentence)
            column.addWidget(place)
        self.ticks: dict[str, Ticks] = {}
        self.folds: dict[str, Fold] = {}
        for name, (title, _) in TICKED.items():
            self.folds[name] = fold = Fold(title, self, is_open=False)
            self.ticks[name] = ticks = Ticks(title, fold)
            ticks.ticked.connect(lambda names, name=name: self.edited.emit(name, names))
            fold.body.addWidget(ticks)
            column.addWidget(fold)
        column.addStretch(1)

    def _button(self, title: str, words: str) -> QPushButton:
        made = QPushButton(title, self)
        made.setProperty("textSize", "small")
        made.setToolTip(tip(words))
        return made

    def show_lesson(self, lesson: LessonFile, start: Project | None) -> None:
        """Show what holds for this lesson, which begins with this network; None where that cannot be read."""
        head = lesson.head
        self.form.set_values(head)
        if start is None:
            said = "The network to begin with cannot be read." if head.start else "Students begin with no network."
        else:
            said = f"Students begin with a network of {counted(len(start.graph), 'block')}."
        self.start.setText(said)
        self.look.setEnabled(start is not None and bool(head.start))
        weights = " and weights" if head.solution_weights else ""
        self.solution.setText(
            f"There is a network{weights} that passes. Students do not get it."
            if head.solution
            else "There is no solution: nothing shows that the tasks about the network can be passed."
        )
        self.drop.setEnabled(bool(head.solution))
        nodes = [(name, name) for name in (start.graph.nodes if start is not None else ())]
        offered = {
            "locked": nodes,
            "palette": [(name, block.title) for name, block in sorted(BLOCKS.items(), key=lambda each: each[1].title)],
            "hidden_panels": [*self._panels.items()],
        }
        for name, ticks in self.ticks.items():
            chosen = getattr(head, name)
            ticks.show_ticks(offered[name], chosen)
            self.folds[name].tell(", ".join(chosen) or TICKED[name][1])

    def settle(self) -> None:
        """Give what is being typed."""
        self.form.settle()
