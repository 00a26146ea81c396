"""Folder of a run: where it goes, how it is made, and which files it has. Knows no torch."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cnnstudio.disk import NEW, TEMPORARY, DiskError, clear_left, left_by_the_dead, marked, reason
from cnnstudio.project import Project, ProjectError, write
from cnnstudio.training.runs.weights_header import is_whole

PROJECT, BEST, LAST = "project.cnn", "best.safetensors", "last.safetensors"
CHECKPOINT = "checkpoint.safetensors"
EPOCHS, TESTS = "epochs", "tests.json"
OF_A_RUN = (PROJECT, BEST, LAST, CHECKPOINT, EPOCHS, "run.json", "metrics.csv", "labels.json", TESTS, "first_batch")
_REPLACED = ".replaced-"
_MAKING = ".making-"
LOCK = ".lock"  # of the program that trains; the system takes it back however that ends


class FolderError(DiskError):
    """The folder of a run cannot be made; the message is a sentence, ``reason`` the end of it."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path, self.reason = path, reason(error)
        super().__init__(f"The folder {path} cannot be made: {self.reason}.")


class FolderInUseError(DiskError):
    """The folder has a run already, which would be lost; the message is a sentence."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run and the files that it may have: the project as it was, the best and the last weights.

    ``is_new`` says whether it was made for this run, ``is_kept`` whether it outlives the program. ``replaced`` are the
    files of a run that this one takes the place of, out of the way until it has begun. ``title`` is what the project
    is called that is trained.
    """

    path: Path
    is_new: bool = True
    is_kept: bool = True
    replaced: Path | None = None
    title: str = ""

    @property
    def project(self) -> Path:
        """The project as it was when the run began."""
        return self.path / PROJECT

    @property
    def best(self) -> Path:
        """The weights that did best on the validation images."""
        return self.path / BEST

    @property
    def last(self) -> Path:
        """The weights at the end."""
        return self.path / LAST

    @property
    def checkpoint(self) -> Path:
        """From where the run can go on."""
        return self.path / CHECKPOINT

    @property
    def epochs(self) -> Path:
        """The folder of the weights after the epochs that are kept, each called after its epoch: 12.safetensors."""
        return self.path / EPOCHS

    @property
    def tests(self) -> Path:
        """With which test pictures the run was tested, and when."""
        return self.path / TESTS

    @property
    def weights(self) -> Path | None:
        """The file of the best weights so far; of the last ones where that of the best is damaged, or not there."""
        there = [path for path in (self.best, self.last) if path.exists()]
        return next(filter(is_whole, there), there[0] if there else None)

    @property
    def has_learned(self) -> bool:
        """Whether there are weights, or at least from where to go on: a first epoch has no weights before its end."""
        return self.weights is not None or self.checkpoint.exists()

    @property
    def holds_a_run(self) -> bool:
        """Whether something that a run has left lies there."""
        return any((self.path / name).exists() for name in OF_A_RUN)

    def set_aside(self) -> RunFolder:
        """With the files of the run that was there out of the way. Raises ``OSError``."""
        aside = Path(tempfile.mkdtemp(prefix=marked(_REPLACED), dir=self.path))
        for name in OF_A_RUN:
            if (self.path / name).exists():
                (self.path / name).rename(aside / name)
        return replace(self, replaced=aside)

    def hold(self) -> Callable[[], None]:
        """Keep every other program from training here, until what comes back is called or this program is gone.

        Raises ``FolderInUseError`` where another one does. On a disk that knows no locks nobody is kept away.
        """
        from filelock import FileLock, Timeout  # which takes its time to import

        lock_file = self.path / LOCK
        lock = FileLock(lock_file, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            sentence = f"The run {self.path.name} is being trained at this moment, in another program."
            raise FolderInUseError(sentence) from error
        except (OSError, NotImplementedError):
            return lambda: None

        def release() -> None:
            lock.release()
            with suppress(OSError):
                lock_file.unlink()

        return release

    def begin_making(self) -> None:
        """Note that this process makes a run here that has not begun yet, for when it is killed. Raises ``OSError``."""
        self._making.touch()

    @property
    def _making(self) -> Path:
        return self.path / f"{marked(_MAKING)}run"

    def _end_making(self) -> None:
        with suppress(OSError):
            self._making.unlink(missing_ok=True)

    def settle(self) -> None:
        """Delete what the run has taken the place of, now that it has begun."""
        self._end_making()
        if self.replaced is not None:
            shutil.rmtree(self.replaced, ignore_errors=True)

    def discard(self) -> None:
        """Put everything back as it was before a run that did not begin; whatever else is in the folder stays."""
        self._end_making()
        with suppress(OSError):
            if self.is_new or self.replaced is not None:
                self.project.unlink(missing_ok=True)
            if self.replaced is not None:
                for path in self.replaced.iterdir():
                    path.rename(self.path / path.name)
                self.replaced.rmdir()
            if self.is_new:
                self.path.rmdir()


@dataclass(frozen=True)
class Destination:
    """Where the folder of a run goes: ``parent / name``, with a number behind where another run has that name.

    The name None calls it after the moment in which it is made: 2026-01-31 14-05-09. With ``may_exist`` it is this very
    folder, whatever else is in it; a run that is in it is only lost where the new one ``overwrites``. ``must_keep``
    refuses a run that nothing can be kept of; without it such a run goes to a temporary folder, where its weights can
    be looked at and exported until the program ends. ``title`` is what the project is called.
    """

    parent: Path
    name: str | None = None
    may_exist: bool = False
    must_keep: bool = True
    overwrites: bool = False
    title: str = ""

    def make(self, project: Project) -> tuple[RunFolder | None, str]:
        """The folder with this project in it, and what to say where it will not be kept; None where there is no room.

        Raises ``FolderError`` or ``ProjectError`` where the run ``must_keep``, ``FolderInUseError`` where another would
        be lost.
        """
        try:
            folder = self._made()
            try:
                write(folder.project, replace(project, run=None))
            except ProjectError:
                folder.discard()
                raise
        except (FolderError, ProjectError) as error:
            if self.must_keep:
                raise
            sentence = str(error)
            if isinstance(error, FolderError):
                sentence = f"The run has nowhere to keep its weights: {error.path.parent}: {error.reason}."
            return passing(project, sentence)
        return replace(folder, title=self.title), ""

    def _made(self) -> RunFolder:
        """The empty folder, which no other run is given: making it is what takes the name."""
        name = datetime.now().strftime("%Y-%m-%d %H-%M-%S") if self.name is None else self.name
        path, number = self.parent / name, 1
        while True:
            try:
                path.mkdir(parents=True)
                folder = RunFolder(path)
                with suppress(OSError):  # writing the project says why
                    folder.begin_making()
                return folder
            except FileExistsError as error:
                if self.may_exist and path.is_dir():
                    return self._taken(RunFolder(path, is_new=False))
                if self.may_exist or not self.parent.is_dir():
                    raise FolderError(path, error) from error
            except OSError as error:
                raise FolderError(path, error) from error
            number += 1
            path = self.parent / f"{name}-{number}"

    def _taken(self, folder: RunFolder) -> RunFolder:
        """A folder that is there, with room for this run."""
        mend(folder.path)
        try:
            folder.path.mkdir(exist_ok=True)
            if not folder.holds_a_run:
                with suppress(OSError):
                    folder.begin_making()
                return folder
            if not self.overwrites:
                raise FolderInUseError(f"{folder.path} has a run already, which would be lost.")
            folder.begin_making()
            return folder.set_aside()
        except OSError as error:
            raise FolderError(folder.path, error) from error


def mend(folder: Path) -> None:
    """Put the folder of a run in order that a dead process has left half made or half written; raises nothing.

    A run is put back that was to be replaced by one that never began, a run that never began is deleted, and so is
    what was being written. Whatever else stands there stays, and so does everything while a living process works here.
    """
    clear_left(folder)
    clear_left(folder / EPOCHS)
    with suppress(OSError, ValueError):
        names = {path.name for path in folder.iterdir()}
        making, replaced = left_by_the_dead(folder, _MAKING), left_by_the_dead(folder, _REPLACED)
        if sum(name.startswith((_MAKING, _REPLACED)) for name in names) > len(making) + len(replaced):
            return
        for kept in replaced:
            if making:  # which goes before what is replaced does
                for path in kept.iterdir():
                    path.replace(folder / path.name)
                kept.rmdir()
            else:
                shutil.rmtree(kept, ignore_errors=True)
        half = {PROJECT, LOCK, *(path.name for path in (*making, *left_by_the_dead(folder, NEW)))}
        if making and not replaced and names <= half:
            for name in names:
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()
        else:
            for path in making:
                path.unlink()


def passing(project: Project, sentence: str) -> tuple[RunFolder | None, str]:
    """A folder that is gone when the program ends, or none; with what to say, which begins with ``sentence``."""
    try:
        folder = RunFolder(Path(tempfile.mkdtemp(prefix=marked(TEMPORARY))), is_kept=False)
    except OSError:
        return None, f"{sentence} Nothing of this run will be kept."
    atexit.register(shutil.rmtree, folder.path, ignore_errors=True)
    with suppress(ProjectError):  # the weights are what this folder is for
        write(folder.project, project)
    return folder, f"{sentence} This run is gone when the program ends: export what you want to keep of it."
