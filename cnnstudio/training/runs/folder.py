"""Folder of a run: where it goes, how it is made, and which files it has. Knows no torch."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cnnstudio.disk import DiskError, reason
from cnnstudio.project import Project, ProjectError, write

PROJECT, BEST, LAST = "project.cnn", "best.safetensors", "last.safetensors"


class FolderError(DiskError):
    """The folder of a run cannot be made; the message is a sentence, ``reason`` the end of it."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path, self.reason = path, reason(error)
        super().__init__(f"The folder {path} cannot be made: {self.reason}.")


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run and the files that it may have: the project as it was, the best and the last weights.

    ``is_new`` says whether it was made for this run.
    """

    path: Path
    is_new: bool = True

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
    def weights(self) -> Path | None:
        """The file of the best weights so far, where there is one."""
        return next((path for path in (self.best, self.last) if path.exists()), None)

    def discard(self) -> None:
        """Take the folder away again, where it was made for a run that did not begin; whatever else is in it stays."""
        if self.is_new:
            with suppress(OSError):
                self.project.unlink(missing_ok=True)
                self.path.rmdir()


@dataclass(frozen=True)
class Destination:
    """Where the folder of a run goes: ``parent / name``, with a number behind where another run has that name.

    The name None calls it after the moment in which it is made: 2026-01-31 14-05-09. With ``may_exist`` it is this very
    folder, whatever is in it. ``must_keep`` refuses a run that nothing can be kept of; without it such a run goes to a
    temporary folder, where its weights can be looked at and exported until the program ends.
    """

    parent: Path
    name: str | None = None
    may_exist: bool = False
    must_keep: bool = True

    def make(self, project: Project) -> tuple[RunFolder | None, str]:
        """The folder with this project in it, and what to say where it will not be kept; None where there is no room.

        Raises ``FolderError`` or ``ProjectError`` where the run ``must_keep``.
        """
        try:
            folder = self._made()
            try:
                write(folder.project, project)
            except ProjectError:
                folder.discard()
                raise
        except (FolderError, ProjectError) as error:
            if self.must_keep:
                raise
            sentence = str(error)
            if isinstance(error, FolderError):
                sentence = f"The run has nowhere to keep its weights: {error.path.parent}: {error.reason}."
            return _passing(project, sentence)
        return folder, ""

    def _made(self) -> RunFolder:
        """The empty folder, which no other run is given: making it is what takes the name."""
        name = datetime.now().strftime("%Y-%m-%d %H-%M-%S") if self.name is None else self.name
        path, number = self.parent / name, 1
        while True:
            try:
                path.mkdir(parents=True)
                return RunFolder(path)
            except FileExistsError as error:
                if self.may_exist and path.is_dir():
                    return RunFolder(path, is_new=False)
                if self.may_exist or not self.parent.is_dir():
                    raise FolderError(path, error) from error
            except OSError as error:
                raise FolderError(path, error) from error
            number += 1
            path = self.parent / f"{name}-{number}"


def _passing(project: Project, sentence: str) -> tuple[RunFolder | None, str]:
    """A folder that is gone when the program ends, or none; with what to say, which begins with ``sentence``."""
    try:
        folder = RunFolder(Path(tempfile.mkdtemp(prefix="cnnstudio-run-")))
    except OSError:
        return None, f"{sentence} Nothing of this run will be kept."
    atexit.register(shutil.rmtree, folder.path, ignore_errors=True)
    with suppress(ProjectError):  # the weights are what this folder is for
        write(folder.project, project)
    return folder, f"{sentence} This run is gone when the program ends: export what you want to keep of it."
