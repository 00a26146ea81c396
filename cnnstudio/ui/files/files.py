"""Files: new, open, save and the recovery copy. What goes wrong is a sentence, and the open project is untouched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from cnnstudio.disk import is_there, shown, size_of
from cnnstudio.lessons.file_names import LESSON, TEXT
from cnnstudio.project import Project, ProjectError, from_template, read, write
from cnnstudio.project.examined import Examined, examined
from cnnstudio.project.limits import parts
from cnnstudio.training.runs.folder import PROJECT, RunFolder
from cnnstudio.training.runs.kept_run import remembering
from cnnstudio.training.runs.weights_header import epoch_of
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.dropped_files import OPENED, SUFFIX, refused
from cnnstudio.ui.files.file_watch import FileWatch
from cnnstudio.ui.files.recovery import Recovery
from cnnstudio.ui.files.recovery_copy import Copy
from cnnstudio.ui.files.recovery_offer import RecoveryOffer
from cnnstudio.ui.files.room_watch import RoomWatch
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Jobs
from cnnstudio.ui.widgets.fields import settle_typing
from cnnstudio.ui.widgets.messages import Messages
from cnnstudio.ui.windows import ProjectWindow, Windows
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.lessons.desk import Desk

LAST_STEP = 10_000  # milliseconds that a window that closes waits for the last step of a training
FILTER = f"CNN Studio projects (*{SUFFIX});;All files (*)"
TO_OPEN = f"CNN Studio projects and lessons (*{SUFFIX} *{LESSON});;All files (*)"
AT_ONCE, QUICK = 2**18, 20_000  # bytes of a file, and parts of a network, that are looked at without a thread
SAVING, CLOSING, UNSAVED, COPYING, DROPPED = "saving", "closing", "unsaved", "copying", "dropped"  # of messages


class Files(QObject):
    """The document's life on the disk. What begins or opens another project takes a window where nothing is lost.

    ``window`` is the one in which the document is shown. When it is closed it asks in place about what is not saved.
    """

    def __init__(self, document: Document, messages: Messages, windows: Windows, window: ProjectWindow) -> None:
        super().__init__(window)
        self._document, self._messages, self._windows, self._window = document, messages, windows, window
        self._preferences = windows.preferences
        self._watch = FileWatch(document, messages, self.save, self.save_as, self)
        self._recovery = Recovery(document, self, lambda: self._watch.stamp)
        self._recovery.failed.connect(self._say_uncopied)
        self._recovery.mended.connect(lambda: self._messages.withdraw(COPYING))
        self._left = RecoveryOffer(messages, windows, window)
        self.beside: Callable[[], str] = lambda: ""  # keeps what is in no project; why it cannot be, in a sentence
        self._jobs = Jobs(messages, self)
        self._room = RoomWatch(document, messages, self)

    # new and open

    def new(self, template: str | None = None, small: bool = False) -> None:
        """Begin an empty project, or one from a template; ``small`` takes its variant for images of 32 × 32."""
        self.begin(Project() if template is None else from_template(template, small))

    def begin(self, project: Project | Examined, path: Path | None = None, anew: bool = False) -> ProjectWindow:
        """Show another project, here where nothing is lost by it, else (or if ``anew``) in a new window: which one."""
        self.settle()  # what is typed here may be all that would be lost
        window = self._windows.room(self._window, anew)
        run = RunFolder(path.parent, is_new=False) if path is not None and path.name == PROJECT else None
        if run is not None and run.has_learned:
            _show_run(window, project.project if isinstance(project, Examined) else project, run)
            return window
        window.document.open(project, path)
        if path is not None:
            self._windows.recent.remember(path, window.document.graph)
        return window

    def open(self, path: Path | None = None, anew: bool = False) -> None:
        """Open a project file; without a path a dialog asks for one. What is open already comes to the front."""
        if path is None:
            dialog = self._dialog("Open a project", QFileDialog.AcceptMode.AcceptOpen, TO_OPEN)
            dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
            dialog.filesSelected.connect(lambda names: self._open_all(names, anew))
            dialog.open()
            return
        if path.suffix.lower() == LESSON or is_there(path / TEXT):
            self._jobs.start(
                lambda report: _desk(path),
                f"Opening {shown(path)}…",
                lambda desk: self.sit_down(desk, anew),
                about=path,
            )
            return
        if (holder := self._windows.holding(path)) is not None:
            self._windows.show(holder)
            if holder is not self._window:
                holder.messages.say(f"{path.name} is open already, in this window.")
            return
        try:
            project = read(path) if size_of(path) <= AT_ONCE else None
        except ProjectError as error:
            if not is_there(path):
                self._windows.recent.forget(path)
            self._messages.say(str(error), "error")
            return
        if project is not None and parts(project.graph) <= QUICK:
            self.begin(project, path, anew)
            return
        self._jobs.start(
            lambda report: _looked_at(project or read(path), report),
            f"Opening {shown(path)}…",
            lambda found: self.begin(found, path, anew),
            about=path,
        )

    def sit_down(self, desk: Desk, anew: bool = False) -> None:
        """Show the network of a lesson as it was left, here where nothing is lost by it, and the lesson beside it."""
        lesson = desk.lesson.head
        if (holder := self._windows.attending(lesson.id)) is not None:  # two would write over each other's answers
            self._windows.show(holder)
            holder.messages.say(f"{lesson.title} is open already, in this window.")
            return
        window = self.begin(desk.work.project, anew=anew)
        window.attend(desk)
        if desk.told:
            window.messages.say(desk.told, "warning")

    def take(self, paths: list[Path]) -> None:
        """Open what was dropped, and say of what is no project that it is none."""
        strangers = [path for path in paths if path.suffix.lower() not in OPENED]
        for path in paths:
            if path not in strangers:
                self.open(path)
        if strangers:  # behind what is opened, which clears what was said before
            self._messages.say(refused(strangers), "error", about=DROPPED)

    def _open_all(self, names: list[str], anew: bool) -> None:
        for name in names:
            self.open(Path(name), anew)

    # save

    def settle(self) -> None:
        """Let what is being typed be part of the project before that is saved, copied or given up."""
        settle_typing(self._window, self._window.centralWidget())

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save where the project is kept, or ask where; ``then`` runs once it is saved."""
        self.settle()
        if self._document.path is None:
            self.save_as(then)
        else:
            self._save(self._document.path, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a file and save there."""
        self.settle()
        self.choose(
            "Save the project", f"{self._document.title}{SUFFIX}", FILTER, SUFFIX, lambda path: self._save(path, then)
        )

    def _save(self, path: Path, then: Callable[[], object] | None = None) -> None:
        if self._windows.holding(path) not in (None, self._window):
            sentence = f"{path.name} is open in another window. Save this project under another name."
            self._messages.say(sentence, "error", about=SAVING)
            return
        if not self._watch.is_as_known(path):
            self._ask_to_replace(path, then)
            return
        self._write(path, then)

    def _ask_to_replace(self, path: Path, then: Callable[[], object] | None) -> None:
        """Ask whether what another program has written into the file of this project shall be lost."""
        self._windows.show(self._window)
        self._messages.say(
            f"{path.name} was changed by another program since it was opened or saved here.",
            "warning",
            ("Save under another name…", lambda: self.save_as(then)),
            ("Replace it", lambda: self._write(path, then)),
            ("Cancel", lambda: None),
            about=SAVING,
        )

    def _write(self, path: Path, then: Callable[[], object] | None) -> None:
        try:
            write(path, self._document.project)
        except ProjectError as error:
            elsewhere = ("Save under another name…", lambda: self.save_as(then))
            self._messages.say(str(error), "error", elsewhere, about=SAVING)
            return
        self._document.set_path(path)
        self._windows.recent.remember(path, self._document.graph)
        self._messages.withdraw(UNSAVED)
        self._messages.say(f"Saved {path.name}.", about=SAVING)
        if then is not None:
            then()

    def choose(
        self,
        title: str,
        name: str,
        filters: str,
        suffix: str,
        then: Callable[[Path], object],
        *,
        kinds: tuple[str, ...] = (),
    ) -> None:
        """Ask for a file to write, and give it to ``then``; nothing happens where the person cancels.

        Where ``filters`` offers several ``kinds`` of file, a name with none of their endings gets that of the filter.
        """
        dialog = self._dialog(title, QFileDialog.AcceptMode.AcceptSave, filters)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(name)

        def ending() -> str:
            return next((kind for kind in kinds if f"*{kind})" in dialog.selectedNameFilter()), suffix)

        dialog.filterSelected.connect(lambda _: dialog.setDefaultSuffix(ending().removeprefix(".")))
        dialog.fileSelected.connect(lambda chosen: self._take(Path(chosen), kinds, ending(), then))
        dialog.open()

    def _take(self, path: Path, kinds: tuple[str, ...], ending: str, then: Callable[[Path], object]) -> None:
        if not kinds or path.suffix.lower() in kinds:
            then(path)
        elif is_there(whole := path.with_name(path.name + ending)):  # the dialog asked for another name
            choices = ("Replace it", lambda: then(whole)), ("Keep it", lambda: None)
            self._messages.say(f"{whole.name} is there already.", "warning", *choices)
        else:
            then(whole)

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode, filters: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, str(self._preferences.folder), filters)
        dialog.setAcceptMode(mode)
        dialog.filesSelected.connect(lambda names: self._stay_in(names[0]))
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _stay_in(self, name: str) -> None:
        self._preferences.folder = Path(name).parent

    # nothing is lost

    def guard(self, then: Callable[[], object], run: Run) -> bool:
        """Do ``then`` where nothing would be lost by it, else ask in place first; whether it was done at once."""
        self.settle()
        if run.is_active and not run.is_stopping:
            self._ask_about(run, then)
            return False
        if run.queue.is_working and not run.queue.is_stopping and self._windows.all == [self._window]:
            self._ask_about_queue(run, then)
            return False
        if run.is_passing:
            told = run.unkept or f"What {self._document.title} has learned is in no folder that stays."
            self._messages.say(
                f"{told} What was not exported is gone with this window.",
                "warning",
                ("Cancel", lambda: None),
                ("Lose it", lambda: self._guard_beside(then)),
                about=CLOSING,
            )
            return False
        return self._guard_beside(then)

    def _guard_beside(self, then: Callable[[], object]) -> bool:
        """The same for what is kept in no project, a lesson that was worked at, before that is asked of the project."""
        if not (told := self.beside()):
            return self._guard_changes(then)
        self._messages.say(
            f"{told} It is gone with this window.",
            "warning",
            ("Cancel", lambda: None),
            ("Lose it", lambda: self._guard_changes(then)),
            about=CLOSING,
        )
        return False

    def _guard_changes(self, then: Callable[[], object]) -> bool:
        """Do ``then`` where a file holds the project as it is, else ask in place first; whether it was done at once."""
        if not self._document.is_modified:
            then()
            return True
        asked = self._document.project

        def give_up() -> None:
            self.settle()
            if self._document.project == asked:
                then()
            else:  # more was done since, of which nobody was asked
                self._guard_changes(then)

        trained = f"{self._document.title} was trained and not saved since: its file would not know its weights."
        edited = f"{self._document.title} has changes that are not saved."
        self._messages.say(
            edited if self._document.is_edited else trained,
            "warning",
            ("Save", lambda: self.save(then)),
            ("Do not save", give_up),
            ("Cancel", lambda: None),
            about=UNSAVED,
        )
        return False

    def _ask_about(self, run: Run, then: Callable[[], object]) -> None:
        """Ask what becomes of a training where the window is to close."""

        def stop() -> None:
            run.stop()
            # what it has learned is written then, and may find no room; a step that takes long ends out of sight
            late = QTimer(self, singleShot=True, interval=LAST_STEP)
            late.timeout.connect(lambda: self._close_after(run, then))
            late.start()
            close_after(late.stop)

        def wait() -> None:
            close_after()
            run.resume()
            self._window.showMinimized()

        def close_after(first: Callable[[], object] = lambda: None) -> None:
            def close() -> None:
                first()
                self._close_after(run, then)

            _once_over(run, lambda: QTimer.singleShot(0, self, close))

        self._messages.say(
            f"{self._document.title} is being trained.",
            "warning",
            ("Stop and close", stop),
            ("Close when it is done", lambda: wait() if run.is_active else self._close_after(run, then)),
            ("Cancel", lambda: None),
            about=CLOSING,
        )
        _once_over(run, lambda: self._messages.withdraw(CLOSING))

    def _ask_about_queue(self, run: Run, then: Callable[[], object]) -> None:
        """Ask what becomes of the queue where the last window is to close."""
        queue = run.queue

        def stop() -> None:
            queue.stop()  # its last step ends out of sight
            self._close_after(run, then)

        def wait() -> None:
            def follow() -> None:
                queue.ended.disconnect(follow)
                QTimer.singleShot(0, self, lambda: self._close_after(run, then))

            queue.ended.connect(follow)
            self._window.showMinimized()

        self._messages.say(
            "The queue is being worked through. What is left waits, and can be gone on with the next time.",
            "warning",
            ("Stop and close", stop),
            ("Close when it is done", lambda: wait() if queue.is_working else self._close_after(run, then)),
            ("Cancel", lambda: None),
            about=CLOSING,
        )

    def _close_after(self, run: Run, then: Callable[[], object]) -> None:
        """Close after a training: a project that has a file and was not edited takes its weights along unasked."""
        is_known = self._document.path is not None and not self._document.is_edited
        if is_known and self._document.is_modified and not run.is_passing:
            self.save(then)
        elif not self.guard(then, run):
            self._windows.show(self._window)

    def offer_recovery(self) -> None:
        """Offer what a program that ended badly left behind."""
        self._left.look()

    def take_unsaved(self, project: Project, path: Path | None = None, copy: Copy | None = None) -> None:
        """Show a project here that no file holds as it is, and go on with the recovery ``copy`` that it comes from."""
        self._document.open(project, path)
        self._document.undo_stack.resetClean()
        if copy is not None:
            self._recovery.adopt(copy)
        else:
            self._recovery.keep()

    def look_again(self) -> None:
        """See now whether another program has changed the file: the person comes back to this window."""
        self._watch.look()

    def keep(self) -> None:
        """Write the recovery copy now: the program is to end, and nobody can be asked."""
        self.settle()
        self._recovery.keep()

    def _say_uncopied(self, sentence: str) -> None:
        self._messages.say(sentence, "warning", ("Save", self.save), ("Not now", lambda: None), about=COPYING)

    def close(self) -> None:
        """Remove the recovery copy: the project is saved, or was given up."""
        self._watch.close()
        self._left.close()
        self._room.close()
        self._jobs.close()
        self._recovery.close()


def _show_run(window: ProjectWindow, project: Project, run: RunFolder) -> None:
    """Show the network of a run with its weights, unsaved: the run keeps the file that says what was trained."""
    window.document.places.choose([str(run.path.absolute())])
    window.take_unsaved(remembering(project, run, epoch_of(run.weights) or 0 if run.weights is not None else 0))
    window.messages.say(
        f"This is the network of the run {run.path.name}, as a project of its own. The run keeps its file as it is."
    )


def _looked_at(project: Project, report: Report) -> Project | Examined:
    """The project, with all that the window asks at once, unless nobody waits for it any more."""
    return examined(project) if report("", None) else project


def _once_over(run: Run, does: Callable[[], object]) -> None:
    """Do something once, when a training has ended."""

    def follow() -> None:
        if not run.is_active:
            run.state_changed.disconnect(follow)
            does()

    run.state_changed.connect(follow)


def _desk(path: Path) -> Desk:
    from cnnstudio.lessons.desk import desk_at

    return desk_at(path)
