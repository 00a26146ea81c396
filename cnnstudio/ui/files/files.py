"""Files: new, open, save and the recovery copy. What goes wrong is a sentence, and the open project is untouched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from cnnstudio.disk import is_there, shown, size_of
from cnnstudio.exchange.importing.translating.file_kinds import KINDS, is_translated
from cnnstudio.lessons.file_names import LESSON, TEXT
from cnnstudio.lessons.lesson import LESSONS
from cnnstudio.project import Project, ProjectError, from_template, read, write
from cnnstudio.project.examined import Examined, examined
from cnnstudio.project.limits import QUICK, parts
from cnnstudio.training.runs.folder import PROJECT, RunFolder
from cnnstudio.training.runs.kept_run import remembering
from cnnstudio.training.runs.weights_header import epoch_of
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.closing import UNSAVED, Closing
from cnnstudio.ui.files.dropped_files import OPENED, SUFFIX, refused
from cnnstudio.ui.files.file_watch import FileWatch
from cnnstudio.ui.files.recovery import Recovery
from cnnstudio.ui.files.recovery_copy import Copy
from cnnstudio.ui.files.recovery_offer import RecoveryOffer
from cnnstudio.ui.files.room_watch import RoomWatch
from cnnstudio.ui.task import Jobs
from cnnstudio.ui.widgets.fields import settle_typing
from cnnstudio.ui.widgets.messages import Messages
from cnnstudio.ui.windows import ProjectWindow, Windows
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.lessons.desk import Desk

FILTER = f"CNN Studio projects (*{SUFFIX});;All files (*)"
_OTHERS = f"Networks of other programs ({' '.join(f'*{suffix}' for suffix in KINDS)})"
TO_OPEN = f"CNN Studio projects and lessons (*{SUFFIX} *{LESSON});;{_OTHERS};;All files (*)"
AT_ONCE = 2**18  # bytes of a file that are read without a thread
SAVING, COPYING, DROPPED = "saving", "copying", "dropped"  # about what messages take turns


class Files(QObject):
    """The document's life on the disk. What begins or opens another project takes a window where nothing is lost.

    ``window`` is the one in which the document is shown; ``closing`` asks in place what would be lost with it.
    """

    def __init__(self, document: Document, messages: Messages, windows: Windows, window: ProjectWindow) -> None:
        super().__init__(window)
        self.document, self._messages, self._windows, self._window = document, messages, windows, window
        self._preferences = windows.preferences
        self._watch = FileWatch(document, messages, self.save, self.save_as, self)
        self._recovery = Recovery(document, self, lambda: self._watch.stamp)
        self._recovery.failed.connect(self._say_uncopied)
        self._recovery.mended.connect(lambda: self._messages.withdraw(COPYING))
        self._left = RecoveryOffer(messages, windows, window)
        self.closing = Closing(document, messages, windows, window, save=self.save, settle=self.settle)
        self.foreign: Callable[[Path], object] = lambda path: None  # brings in a network of another program
        self._jobs = Jobs(messages, self)
        self._room = RoomWatch(document, messages, self)

    # new and open

    def new(self, template: str | None = None, small: bool = False) -> None:
        """Begin an empty project, or one from a template; ``small`` takes its variant for images of 32 × 32."""
        self.begin(Project() if template is None else from_template(template, small))

    def begin_lesson(self, key: str) -> None:
        """Open the network of a lesson, here or in a window of its own, and ask its first question."""
        self.begin(LESSONS[key].project()).teach(LESSONS[key])

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
        if is_translated(path):
            self.foreign(path)
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
            lambda report: _looked_at(project or read(path), shown(path), report),
            f"Opening {shown(path)}…",
            lambda found: self.begin(found, path, anew),
            about=path,
            at_once=True,  # it may take much memory, too
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
        if self.document.path is None:
            self.save_as(then)
        else:
            self._save(self.document.path, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a file and save there."""
        self.settle()
        self.choose(
            "Save the project", f"{self.document.title}{SUFFIX}", FILTER, SUFFIX, lambda path: self._save(path, then)
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
            write(path, self.document.project)
        except ProjectError as error:
            elsewhere = ("Save under another name…", lambda: self.save_as(then))
            self._messages.say(str(error), "error", elsewhere, about=SAVING)
            return
        self.document.set_path(path)
        self._windows.recent.remember(path, self.document.graph)
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

    def ask(self, title: str, filters: str, then: Callable[[Path], object]) -> None:
        """Ask for a file to read, and give it to ``then``; nothing happens where the person cancels."""
        dialog = self._dialog(title, QFileDialog.AcceptMode.AcceptOpen, filters)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
        dialog.open()

    def ask_folder(self, title: str, then: Callable[[Path], object]) -> None:
        """Ask for a folder, and give it to ``then``; nothing happens where the person cancels."""
        dialog = self._dialog(title, QFileDialog.AcceptMode.AcceptOpen, "")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
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

    def offer_recovery(self) -> None:
        """Offer what a program that ended badly left behind."""
        self._left.look()

    def take_unsaved(self, project: Project, path: Path | None = None, copy: Copy | None = None) -> None:
        """Show a project here that no file holds as it is, and go on with the recovery ``copy`` that it comes from."""
        self.document.open(project, path)
        self.document.undo_stack.resetClean()
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


def _looked_at(project: Project, name: str, report: Report) -> Examined:
    """The project, with all that the window asks at once."""
    return examined(project, lambda what, share: report(what and f"Opening {name}: {what}…", share))


def _desk(path: Path) -> Desk:
    from cnnstudio.lessons.desk import desk_at

    return desk_at(path)
