"""Lesson editor: a teacher makes a lesson, checks it, sees it as students do, and releases it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QUndoStack
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from cnnstudio.disk import shown
from cnnstudio.lessons.draft import ChangedError, Draft
from cnnstudio.lessons.lesson_edits import (
    Part,
    new_task,
    parts,
    with_head,
    with_part,
    with_parts,
    with_solution,
    with_start,
)
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, made, members_of
from cnnstudio.lessons.soundness import Finding, findings
from cnnstudio.lessons.tasks import Task
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.edit import Edit
from cnnstudio.ui.lessons.lesson_head import LessonHead
from cnnstudio.ui.lessons.lesson_parts import LessonParts
from cnnstudio.ui.lessons.lesson_preview import LessonPreview
from cnnstudio.ui.lessons.lesson_rules import LessonRules
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task as Job
from cnnstudio.ui.task import put_away
from cnnstudio.ui.widgets.advice_row import AdviceList, Way
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.scrolled import Scrolled

NOTHING = (
    "A lesson is text and tasks beside a network. Make one here: students open the file that you release, and hand in "
    "theirs. A new lesson begins with the network that is open."
)
PARTS, WHOLE, PREVIEW, PROBLEMS = range(4)
KEEPING, CHECKING = 1_000, 250  # milliseconds after the last change
SOUND = "No problems: it can be released."


class LessonEditorPanel(Panel):
    """The lesson is a value; each gesture makes another one, a step of ``steps``. It is kept in its file by itself."""

    begin_asked = Signal()  # a new lesson shall be made in a file
    open_asked = Signal()  # a lesson shall be opened from a file
    release_asked = Signal()
    board_asked = Signal()  # how far a class is shall be shown
    picture_asked = Signal()  # a picture shall be chosen for the text

    def __init__(self, document: Document, run: Run, panels: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.lesson: LessonFile | None = None
        self.draft: Draft | None = None
        self.findings: tuple[Finding, ...] = ()
        self.steps = QUndoStack(self)
        self.steps.indexChanged.connect(self._follow)
        self._wanted: LessonFile | None = None
        self._kept: LessonFile | None = None  # as it is in the file
        self._burst = 0
        self._job: Job[tuple[LessonFile, tuple[Finding, ...]]] | None = None
        self._keep = QTimer(self, singleShot=True, interval=KEEPING)
        self._keep.timeout.connect(self.keep)
        self._check = QTimer(self, singleShot=True, interval=CHECKING)
        self._check.timeout.connect(self._begin_check)
        self.head = LessonHead(self)
        self.head.undo.clicked.connect(self._undo)
        self.head.redo.clicked.connect(self.steps.redo)
        for each, asked in (
            (self.head.new, self.begin_asked), (self.head.open, self.open_asked),
            (self.head.release, self.release_asked), (self.head.board, self.board_asked),
        ):  # fmt: skip
            each.clicked.connect(asked)
        self.nothing = Sentence(NOTHING, self)
        self.nothing.setProperty("role", "muted")
        self.trouble = AdviceList(self)
        self._make_pages(panels)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 6, 8)
        column.setSpacing(8)
        column.addWidget(self.head)
        column.addWidget(self.nothing)
        column.addWidget(self.trouble)
        column.addWidget(self.tabs)
        column.addWidget(self.pages, 1)
        self._idle = QWidget(self)
        column.addWidget(self._idle, 1)
        self._show()

    def _make_pages(self, panels: Mapping[str, str]) -> None:
        self.tabs = QTabBar(self)
        self.tabs.setAccessibleName("Parts of the editor")
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        for title in ("Tasks", "Lesson", "Preview", "Problems"):
            self.tabs.addTab(title)
        self.parts, self.rules, self.preview = LessonParts(self), LessonRules(panels, self), LessonPreview(self)
        self.problems, self.sound = AdviceList(), Sentence(SOUND)
        self.sound.setProperty("role", "muted")
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 6, 0)
        column.addWidget(self.problems)
        column.addWidget(self.sound)
        column.addStretch(1)
        self.pages = QStackedWidget(self)
        seen = QScrollArea()  # as the panel of a lesson has it: what is too wide in large type asks for no more room
        seen.setFrameShape(QFrame.Shape.NoFrame)
        seen.setWidgetResizable(True)
        seen.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        seen.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        seen.setWidget(self.preview)
        for page in (self.parts, Scrolled(self.rules), seen, Scrolled(listed)):
            self.pages.addWidget(page)
        self.tabs.currentChanged.connect(self._turn)
        self.parts.edited.connect(self._edit_part)
        self.parts.added.connect(self._add)
        self.parts.removed.connect(self._remove)
        self.parts.moved.connect(self._move)
        self.parts.picture_asked.connect(self.picture_asked)
        self.rules.edited.connect(self._edit_head)
        for each in (self.parts, self.rules):
            each.finished.connect(self._end_burst)
        self.rules.start_asked.connect(self._take_start)
        self.rules.shown_asked.connect(self._show_start)
        self.rules.solution_asked.connect(self._take_solution)
        self.rules.solution_dropped.connect(self._drop_solution)

    # the lesson as a value

    def take(self, lesson: LessonFile, draft: Draft) -> None:
        """Edit this lesson, which is in that file as it is."""
        self.keep()
        self._trouble_ends()
        self.preview.forget()
        self.lesson = self._wanted = self._kept = lesson
        self.draft, self.findings = draft, ()
        self.steps.clear()
        self.tabs.setCurrentIndex(PARTS)
        self._show()
        self._check.start()
        self.parts.list.setFocus()

    def edit(self, text: str, lesson: LessonFile, merge: str | None = None) -> None:
        """Make this the lesson, as one step called ``text``; steps of one burst with the same ``merge`` are one."""
        if self.lesson is not None and members_of(lesson) != members_of(self.lesson):
            self.steps.push(Edit(self, text, self.lesson, lesson, f"{merge} {self._burst}" if merge else None))

    def want(self, lesson: LessonFile) -> None:
        """Say what the steps have come to."""
        self._wanted = lesson

    def _follow(self) -> None:
        if self._wanted is not self.lesson:
            self.lesson = self._wanted
            self._show()
            self._keep.start()
            self._check.start()

    def _end_burst(self) -> None:
        self._burst += 1

    def _undo(self) -> None:
        self.settle()
        self.steps.undo()

    def settle(self) -> None:
        """Give what is being typed."""
        if self.lesson is not None:
            self.parts.settle()
            self.rules.settle()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._step_of(event):
            event.accept()  # Ctrl+Z means the lesson here, not the network
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (step := self._step_of(event)) == "undo":
            self._undo()
        elif step == "redo":
            self.steps.redo()
        else:
            super().keyPressEvent(event)

    def _step_of(self, event: QKeyEvent) -> str:
        keys = QKeySequence.StandardKey
        if self.lesson is None:
            return ""
        return "undo" if event.matches(keys.Undo) else "redo" if event.matches(keys.Redo) else ""

    # what a person does

    def _try(self, text: str, make: Callable[[LessonFile], LessonFile], merge: str | None = None) -> str:
        """Make a step of what this function makes of the lesson; why that cannot be, empty where it can."""
        if self.lesson is None:
            return ""
        try:
            self.edit(text, make(self.lesson), merge)
        except LessonError as error:
            return str(error)
        return ""

    def _edit_part(self, place: int, part: Part, key: str) -> None:
        words = "Write the text" if isinstance(part, str) else f"Change {part.name}"
        refused = self._try(words, lambda lesson: with_part(lesson, place, part), f"{place} {key}")
        if self.parts.form is not None:
            self.parts.form.refuse("name", refused)

    def _add(self, what: str | type[Task]) -> None:
        if self.lesson is not None:
            self.settle()
            found = list(parts(self.lesson))
            part = what if isinstance(what, str) else new_task(self.lesson, what)
            found.insert(self.parts.chosen + 1, part)
            self._put(f"Add {'a text' if isinstance(part, str) else part.title.lower()}", found, part)

    def _remove(self, place: int) -> None:
        if self.lesson is not None:
            found = list(parts(self.lesson))
            part = found.pop(place)
            self._put("Remove a text" if isinstance(part, str) else f"Remove {part.name}", found)

    def _move(self, old: int, new: int) -> None:
        if self.lesson is not None:
            found = list(parts(self.lesson))
            part = found.pop(old)
            found.insert(new, part)
            self._put("Move a text" if isinstance(part, str) else f"Move {part.name}", found, part)

    def _put(self, words: str, found: list[Part], chosen: Part | None = None) -> None:
        """Make these the parts, and choose one of them, which may stand within a longer text now."""
        self._end_burst()
        self._try(words, lambda lesson: with_parts(lesson, found))
        if chosen is not None and self.lesson is not None:
            now = parts(self.lesson)
            inside = (n for n, each in enumerate(now) if each is chosen or _holds(each, chosen))
            self.parts.choose(next(inside, 0))

    def _edit_head(self, name: str, value: object) -> None:
        refused = self._try(f"Set {name.replace('_', ' ')}", lambda lesson: with_head(lesson, **{name: value}), name)
        if name in self.rules.form.rows:
            self.rules.form.refuse(name, refused)

    def _take_start(self) -> None:
        project = self.document.project
        self._try("Begin with another network", lambda lesson: with_start(lesson, project))

    def _show_start(self) -> None:
        if (start := self._start()) is not None:
            self.project_asked.emit(start)

    def _take_solution(self) -> None:
        from cnnstudio.lessons.desk import weights_bytes
        from cnnstudio.lessons.handed_in import HandInError

        project, trained = self.document.project, None
        if self.run.weights is not None and self.run.fits(self.document.graph):
            trained = self.run.weights
        try:
            weights = weights_bytes(trained)
        except HandInError as error:
            self.document.said.emit(str(error))
            return
        self._try("Take a solution", lambda lesson: with_solution(lesson, project, weights))

    def _drop_solution(self) -> None:
        self._try("Take the solution out", lambda lesson: with_solution(lesson, None))

    def _turn(self, page: int) -> None:
        self.settle()
        self.pages.setCurrentIndex(page)
        self._show()

    # showing

    def refresh(self) -> None:
        if self.lesson is not None and self.tabs.currentIndex() == PREVIEW:
            self.preview.show_lesson(self.lesson, self.document.project)

    def restyle(self) -> None:
        self.preview.restyle()
        super().restyle()

    def _start(self) -> Project | None:
        try:
            return self.lesson.sheet().start if self.lesson is not None else None
        except LessonError:
            return None

    def _show(self) -> None:
        lesson = self.lesson
        self.tabs.setVisible(lesson is not None)
        self.pages.setVisible(lesson is not None)
        self.nothing.setVisible(lesson is None)
        self._idle.setVisible(lesson is None)
        self.head.show_steps(self.steps, lesson is not None)
        if lesson is None or self.draft is None:
            return
        self.head.title.setText(lesson.head.title)
        is_kept = lesson is self._kept
        self.head.kept.setText(f"{'kept in' if is_kept else 'not kept yet:'} {shown(self.draft.path)}")
        page = self.tabs.currentIndex()
        if page == PARTS:
            start = self._start()
            self.parts.show_parts(parts(lesson), tuple(start.graph.nodes) if start is not None else ())
        elif page == WHOLE:
            self.rules.show_lesson(lesson, self._start())
        elif page == PREVIEW:
            self.preview.show_lesson(lesson, self.document.project)
        self._show_findings()

    def _show_findings(self) -> None:
        errors = sum(each.severity == "error" for each in self.findings)
        self.tabs.setTabText(PROBLEMS, f"Problems: {len(self.findings)}" if self.findings else "Problems")
        self.head.release.setEnabled(not errors)
        self.problems.say([(each.sentence, each.severity, "", self._ways_of(each)) for each in self.findings])
        self.sound.setVisible(not self.findings)
        if self.tabs.currentIndex() == PARTS:
            self.parts.show_findings(self.findings)

    def _ways_of(self, found: Finding) -> list[Way]:
        every = parts(self.lesson) if self.lesson is not None else ()
        places = [place for place, part in enumerate(every) if isinstance(part, Task) and part.name == found.task]
        return [("Show", lambda: self._show_part(places[0]))] if places else []

    def _show_part(self, place: int) -> None:
        self.tabs.setCurrentIndex(PARTS)
        self.parts.choose(place)
        self.parts.list.setFocus()

    # checking and keeping

    def _begin_check(self) -> None:
        lesson = self.lesson
        if lesson is None:
            return
        put_away(self._job)

        def work(report: object) -> tuple[LessonFile, tuple[Finding, ...]]:
            try:
                return lesson, findings(made(members_of(lesson)))
            except LessonError as error:
                return lesson, (Finding("error", str(error)),)

        self._job = Job(work, "check a lesson", self)
        self._job.finished.connect(self._take_findings)
        self._job.failed.connect(self.document.said)

    def _take_findings(self, found: tuple[LessonFile, tuple[Finding, ...]]) -> None:
        if found[0] is self.lesson:
            self.findings = found[1]
            self._show_findings()

    def keep(self, over_others: bool = False) -> str:
        """Write the lesson into its file, where that is not done; why it cannot be, empty where it is."""
        self._keep.stop()
        if self.lesson is None or self.draft is None or self.lesson is self._kept:
            return ""
        lesson, draft = self.lesson, self.draft
        try:
            draft.write(lesson, over_others=over_others)
        except ChangedError as error:
            ways = [("Read it again", self._read_again), ("Write over it", lambda: self.keep(over_others=True))]
            self.trouble.say([(str(error), "warning", "", ways)])
            return str(error)
        except LessonError as error:
            self.trouble.say([(f"The lesson is not kept: {error}", "error", "", [("Try again", self.keep)])])
            return str(error)
        self._kept = lesson
        self._trouble_ends()
        self._show()
        return ""

    def _trouble_ends(self) -> None:
        self.trouble.say([])

    def _read_again(self) -> None:
        if self.draft is None:
            return
        try:
            lesson = self.draft.read()
        except LessonError as error:
            self.document.said.emit(str(error))
            return
        self._kept = lesson
        self._trouble_ends()
        self.edit("Read the lesson again", lesson)

    def insert_picture(self, name: str, lesson: LessonFile) -> None:
        """Take a lesson that has this picture among its files, and show it in the text."""
        self.edit(f"Add the picture {name}", lesson)
        self.parts.insert(f"![]({name})")

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self.settle()
        self.keep()
        self._check.stop()
        return put_away(self._job, seconds)


def _holds(part: Part, text: Part) -> bool:
    return isinstance(part, str) and isinstance(text, str) and text in part
