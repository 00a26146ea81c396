"""Windows: every window of the program, a project in each, and what they share. It asks nothing of a person itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu
from shiboken6 import isValid

from cnnstudio.lessons.lesson import Lesson
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.recent import Recent
from cnnstudio.ui.files.recovery_copy import Copy
from cnnstudio.ui.kept.known_places import KnownPlaces
from cnnstudio.ui.kept.library import Library
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.process.notices import Notices
from cnnstudio.ui.run import Run
from cnnstudio.ui.training.queue_work import QUEUE, QueueWork
from cnnstudio.ui.widgets.foreign_text import unmarked
from cnnstudio.ui.widgets.messages import Messages

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.network import Imported
    from cnnstudio.lessons.desk import Desk

LONGEST_STEP = 10.0  # seconds that the end of the program waits for the step of a training
LOOK_AGAIN = 100  # milliseconds
STEP = 32  # pixels by which a new window stands right of and below the one that it came from


class ProjectWindow(QMainWindow):
    """A window with a project in it, as far as the other windows, its files and its imports know it."""

    document: Document
    run: Run
    messages: Messages
    windows: Windows
    lesson: str = ""  # the id of the one that a student sits at here

    @property
    def is_untouched(self) -> bool:
        """Whether another project may take this window: no file or lesson is open, nothing was changed or trained."""
        is_empty = self.document.path is None and not self.document.is_modified
        return is_empty and self.run.state == "idle" and not self.lesson

    def take_unsaved(self, project: Project, path: Path | None = None, copy: Copy | None = None) -> None:
        """Show a project here that no file holds as it is, and go on with the recovery ``copy`` that it comes from."""
        raise NotImplementedError

    def take_imported(self, imported: Imported) -> None:
        """Show an imported network here, and say what became of it."""
        raise NotImplementedError

    def teach(self, lesson: Lesson) -> None:
        """Ask the first question of a lesson about the network that stands here."""
        raise NotImplementedError

    def attend(self, desk: Desk) -> None:
        """Show a lesson file beside its network, which stands here."""
        raise NotImplementedError

    def follow_preferences(self) -> None:
        """Let the canvas be as the preferences say now."""
        raise NotImplementedError

    def leave(self, then: Callable[[], object]) -> bool:
        """Close, and do ``then``, where nothing would be lost, else ask in place first; whether it was done at once."""
        raise NotImplementedError

    def keep(self) -> None:
        """Write a recovery copy of what is not saved now."""
        raise NotImplementedError

    def end(self, seconds: float) -> bool:
        """Stop what computes, and wait so long for the step that it is at; whether it has ended."""
        raise NotImplementedError


class Windows:
    """The windows that are open. ``make`` opens another one.

    Preferences, recent files, the library, the places that may be looked at and the queue of runs are common, and so is
    how a person is told of an end.
    """

    def __init__(self, preferences: Preferences, make: Callable[[Preferences, Windows], ProjectWindow]) -> None:
        self.preferences = preferences
        # children of the application: what Python alone holds may be freed by any thread that collects garbage
        self.recent = Recent(preferences, QApplication.instance())
        self.library = Library(QApplication.instance())
        self.places = KnownPlaces(preferences, QApplication.instance())
        self.queue = QueueWork(QApplication.instance())
        self.notices = Notices(preferences, QApplication.instance())
        self.queue.said.connect(lambda sentence: self._say_of_queue(sentence, "warning"))
        self.queue.ended.connect(self._end_queue)
        self.all: list[ProjectWindow] = []
        self._closed: list[ProjectWindow] = []
        self._ending: list[ProjectWindow] = []  # those whose last step still goes on
        self._make = make

    def prefer(self, name: str, value: bool) -> None:
        """Keep a preference by its name, and let every window follow it."""
        setattr(self.preferences, name, value)
        for window in self.all:
            window.follow_preferences()

    # which windows there are

    @property
    def present(self) -> ProjectWindow:
        """The window that has the keyboard, or the latest one."""
        active = QApplication.activeWindow()
        return next((window for window in self.all if window is active), self.all[-1])

    def holding(self, path: Path) -> ProjectWindow | None:
        """The window in which this file is open."""
        return next((window for window in self.all if _is_same(window.document.path, path)), None)

    def attending(self, lesson: str) -> ProjectWindow | None:
        """The window in which somebody sits at the lesson with this id."""
        return next((window for window in self.all if window.lesson == lesson), None)

    def room(self, beside: ProjectWindow, anew: bool = False) -> ProjectWindow:
        """A window that another project may take: ``beside`` where nothing would be lost in it, else a new one."""
        return self.new(beside) if anew or not beside.is_untouched else beside

    def new(self, beside: ProjectWindow) -> ProjectWindow:
        """Open an empty window that looks as ``beside`` does, a step away from it."""
        made = self._make(self.preferences, self)
        made.restoreState(beside.saveState())
        place = _beside(beside, len(self.all) - 2)
        made.resize(place.size())
        made.move(place.topLeft())
        made.setWindowState(beside.windowState() & Qt.WindowState.WindowMaximized)
        made.show()
        self.show(made)
        return made

    def show(self, window: ProjectWindow) -> None:
        """Bring a window to the front."""
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()

    def fill_menu(self, menu: QMenu, present: ProjectWindow) -> None:
        """List every window, with a tick at the present one."""
        titles = [window.document.title for window in self.all]
        for window, title in zip(self.all, titles, strict=True):
            path = window.document.path
            where = f"    {path.parent}" if path is not None and titles.count(title) > 1 else ""
            entry = menu.addAction(unmarked(f"{title}{' *' if window.document.is_modified else ''}{where}"))
            entry.setCheckable(True)
            entry.setChecked(window is present)
            entry.triggered.connect(lambda _=False, window=window: self.show(window))

    # coming and going

    def add(self, window: ProjectWindow) -> None:
        """Count a window in."""
        self.all.append(window)

    def remove(self, window: ProjectWindow) -> None:
        """Count a window out as it closes; the last one stays to be looked at by whoever waits for the end."""
        if window in self.all:
            self.all.remove(window)
        # held until Qt has deleted it, for the same reason
        self._closed = [*(each for each in self._closed if isValid(each)), window]
        self._ending.append(window)
        if self.all:
            self._let_go()
        else:  # so that the program does not end in the middle of a step
            for each in self._ending:
                each.end(LONGEST_STEP)
            self.queue.close(LONGEST_STEP)
            self.notices.close()
            self.recent.close()

    def _let_go(self) -> None:
        """Delete the closed windows that have come to an end; the others do so out of sight, and hold nobody up."""
        self._ending = [window for window in self._ending if isValid(window)]
        ended = [window for window in self._ending if self.all and window.end(0.0)]
        self._ending = [window for window in self._ending if window not in ended]
        for window in ended:
            window.deleteLater()
        if self._ending and self.all:
            QTimer.singleShot(LOOK_AGAIN, self.recent, self._let_go)

    def _say_of_queue(self, sentence: str, kind: str) -> None:
        if self.all:
            self.present.messages.say(sentence, kind, about=QUEUE)

    def _end_queue(self, sentence: str) -> None:
        if self.all and sentence:
            self._say_of_queue(sentence, "info")
            self.notices.tell(self.present, sentence)

    def quit(self) -> None:
        """Close every window, those with unsaved work first; where a person keeps one open, the rest stays, too."""
        if self.all:
            first = next((window for window in self.all if window.document.is_modified), self.all[-1])
            self.show(first)
            first.leave(self.quit)

    def keep_and_end(self) -> None:
        """Keep what is not saved and what was learned: the program is made to end, and nobody can be asked."""
        for window in self.all:
            window.keep()  # at once, for nobody knows how much time there is
            window.run.stop()
        self.queue.stop()
        for window in (*self.all, *(each for each in self._ending if isValid(each))):
            window.end(LONGEST_STEP)
        self.queue.close(LONGEST_STEP)
        for window in self.all:
            window.run.hear_out()
            window.keep()  # which knows now of what run the weights are


def _is_same(one: Path | None, other: Path) -> bool:
    if one is None:
        return False
    with suppress(OSError, ValueError):
        return os.path.samefile(one, other)  # noqa: PTH121 - Path.samefile is the same call, and less known
    return one.absolute() == other.absolute()


def _beside(window: QMainWindow, number: int) -> QRect:
    """A step from a window and as large, or from the corner of the screen and as large as is room there."""
    room = window.screen().availableGeometry()
    border = window.frameGeometry().size() - window.size()  # what the system draws round it
    place = QRect(window.pos() + QPoint(STEP, STEP), window.size())
    if not room.contains(place.marginsAdded(QMargins(0, 0, border.width(), border.height()))):
        place.moveTopLeft(room.topLeft() + QPoint(STEP, STEP) * (1 + number % 4))
        left = room.bottomRight() - place.topLeft()
        place.setSize(place.size().boundedTo(QSize(left.x() - border.width(), left.y() - border.height())))
    return place
