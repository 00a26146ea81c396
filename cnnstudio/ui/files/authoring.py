"""Authoring: the files of a teacher who writes a lesson in a window: the lesson, what students get, pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from cnnstudio.disk import DiskError, shown
from cnnstudio.disk import read as read_file
from cnnstudio.lessons.file_names import LESSON
from cnnstudio.project import from_template
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.task import Jobs
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.lessons.draft import Draft
    from cnnstudio.lessons.lesson_file import LessonFile
    from cnnstudio.ui.docking.docks import PanelDock
    from cnnstudio.ui.lessons.lesson_editor import LessonEditorPanel

WRITING, BOARD = "writing a lesson", "board"  # what messages are about that later ones replace
FILTER = f"Lessons (*{LESSON})"
PICTURES = "Pictures (*.png *.jpg *.jpeg *.gif *.webp)"
LARGEST = 8 * 2**20  # bytes of a picture in a lesson
PANEL = "lesson-editor"


class Authoring(QObject):
    """Knows the panel in which a lesson is written; asks for files, and reads and writes them in the background."""

    def __init__(self, docks: Mapping[str, PanelDock], document: Document, files: Files, jobs: Jobs) -> None:
        self._dock = docks[PANEL]
        super().__init__(self._dock)
        self._document, self._files, self._jobs = document, files, jobs
        self._dock.made.connect(self._follow)
        before = files.closing.beside
        files.closing.beside = lambda: before() or self.keep()

    def _follow(self, panel: LessonEditorPanel) -> None:
        panel.begin_asked.connect(self.new)
        panel.open_asked.connect(self.open)
        panel.release_asked.connect(self.release)
        panel.picture_asked.connect(self.ask_picture)
        panel.board_asked.connect(self.ask_board)

    @property
    def panel(self) -> LessonEditorPanel:
        """The panel in which a lesson is written."""
        return cast("LessonEditorPanel", self._dock.widget())

    @property
    def lesson(self) -> LessonFile | None:
        """The lesson that is written here."""
        return self.panel.lesson if self._dock.is_made else None

    def keep(self) -> str:
        """Write what is not in the file yet; why that cannot be, in a sentence, empty where it can."""
        if self.lesson is None:
            return ""
        self.panel.settle()
        return self.panel.keep()

    def new(self) -> None:
        """Ask for a file, and begin a lesson in it."""
        self._files.choose("New lesson", f"lesson{LESSON}", FILTER, LESSON, self.begin)

    def begin(self, path: Path) -> None:
        """Begin a lesson in this file, with the network that is open."""
        project = self._document.project if len(self._document.graph) else from_template("lenet5")

        def work(draft: Draft) -> LessonFile:
            from cnnstudio.lessons.lesson_edits import new_lesson

            lesson = new_lesson(project)
            draft.write(lesson, over_others=True)  # the dialog has asked
            return lesson

        self._take(path, work)

    def open(self, path: Path | None = None) -> None:
        """Go on with the lesson in a file; without a path a dialog asks for one."""
        if path is None:
            self._files.ask("Open a lesson to change it", FILTER, self.open)
        else:
            self._take(path, lambda draft: draft.read())

    def _take(self, path: Path, make: Callable[[Draft], LessonFile]) -> None:
        def work(report: Report) -> tuple[LessonFile, Draft]:
            from cnnstudio.lessons.draft import Draft

            draft = Draft(path)
            return make(draft), draft

        def done(found: tuple[LessonFile, Draft]) -> None:
            self.panel.panel_asked.emit(PANEL)
            self.panel.take(*found)

        self._jobs.start(work, f"Opening {shown(path)}…", done, about=WRITING)

    def release(self) -> None:
        """Ask for a file, and write what students get there."""
        draft = self.panel.draft if self.lesson is not None else None
        if draft is None:
            self._jobs.messages.say("No lesson is written here, so there is none to release.", "error", about=WRITING)
            return
        self.panel.settle()
        name = f"{draft.path.stem}-students{LESSON}"
        self._files.choose("Release to students", name, FILTER, LESSON, self.start)

    def start(self, path: Path) -> None:
        """Check the lesson, its solution's weights as well, and write what students get into this file."""
        lesson, draft = self.lesson, self.panel.draft
        if lesson is None or draft is None:
            return
        if path == draft.path:
            sentence = f"{shown(path)} is your own lesson, with the answers. Give what students get another name."
            self._jobs.messages.say(sentence, "error", about=WRITING)
            return

        def work(report: Report) -> str:
            from cnnstudio.lessons.lesson_edits import for_students
            from cnnstudio.lessons.lesson_file import members_of, write

            report(f"Checking {shown(path)}…", None)
            given = for_students(lesson)
            write(path, members_of(given))
            withheld = sum(task.is_withheld for task in given.tasks)
            hidden = len(lesson.tasks) - len(given.tasks)
            return (
                f"{shown(path)} is what students get: {counted(len(given.tasks), 'task')}, {withheld} without their "
                f"answers, {hidden} hidden. Keep {shown(draft.path)} for yourself: it is what work is marked with."
            )

        def done(sentence: str) -> None:
            see = ("Open it as a student", lambda: self._files.open(path, anew=True))
            self._jobs.messages.say(sentence, "success", see, about=WRITING)

        self._jobs.start(work, f"Checking {shown(path)}…", done, about=WRITING)

    def ask_board(self) -> None:
        """Ask for the folder into which students put their work, and follow it on a page."""
        if self.lesson is not None:
            self._files.ask_folder("Where students put their work", self.follow)

    def follow(self, folder: Path) -> None:
        """Keep a page beside the lesson that says how far the class is, until it is stopped."""
        lesson, draft = self.lesson, self.panel.draft
        if lesson is None or draft is None:
            return
        page = draft.path.with_name(f"{draft.path.stem}-board.html")

        def work(report: Report) -> str:
            from cnnstudio.lessons.board_page import followed

            return followed(folder, lesson, page, report)

        def done(sentence: str) -> None:
            self._jobs.messages.say(sentence, about=BOARD)

        where = ("Open the page", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(page))))
        self._jobs.start(work, f"The board follows {shown(folder)}", done, about=BOARD, at_once=True)
        self._jobs.messages.say(f"{shown(page)} shows how far the class is, in a browser.", "info", where, about=BOARD)

    def ask_picture(self) -> None:
        """Ask for a picture, and show it in the text."""
        self._files.ask("Picture for the text", PICTURES, self.add_picture)

    def add_picture(self, path: Path) -> None:
        """Take a picture into the lesson, and show it where the text is being written."""
        from cnnstudio.lessons.lesson_edits import picture_name, with_file

        lesson = self.lesson
        if lesson is None:
            return
        try:
            data = read_file(path, LARGEST)
        except DiskError as error:
            self._jobs.messages.say(str(error), "error", about=WRITING)
            return
        name = picture_name(lesson, path.name, data)
        self.panel.insert_picture(name, with_file(lesson, name, data))
