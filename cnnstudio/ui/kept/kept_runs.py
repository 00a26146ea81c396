"""Kept runs: the runs on the disk as the panels of one window know them, looked for in the background."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cnnstudio.training.runs.run_library import ListedRun, RunLibrary, usual_places
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.task import Task


class KeptRuns(QObject):
    """``runs`` are those found the last time, the latest first; ``changed`` when they were looked for again.

    They are looked for in the window's own folder of runs, and in the folders runs/ beside the files opened last.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[ListedRun, ...] = ()
        self.troubles: tuple[str, ...] = ()
        self.were_found = False  # whether they have been looked for at all
        self._library = RunLibrary()
        self._task: Task[tuple[ListedRun, ...]] | None = None
        self._wanted: list[Path] | None = None
        self._path: Path | None = None

    def look(self, path: Path | None) -> None:
        """Look for them now; ``path`` is the file of the project, where there is one."""
        self._path = path
        places = usual_places([path, *Preferences().recent])
        if self._task is not None:
            self._wanted = places  # once more, when this time is over
            return
        self._start(places)

    def look_once(self, path: Path | None) -> None:
        """Look for them, unless that was done before."""
        if not self.were_found and self._task is None:
            self.look(path)

    def follow(self, state: str) -> None:
        """Look again where the run of this window has begun or ended, if anybody has asked for the runs at all."""
        if state in ("training", "finished", "failed"):
            self.look_again()

    def look_again(self) -> None:
        """Look for them once more, if anybody has asked for them at all."""
        if self.were_found:
            self.look(self._path)

    def _start(self, places: Iterable[Path]) -> None:
        self._task = Task(lambda _: self._library.look(places), "runs", self)
        self._task.finished.connect(self._take)
        self._task.failed.connect(lambda _: self._take(self.runs))

    def _take(self, runs: tuple[ListedRun, ...]) -> None:
        if self._task is not None:
            self._task.deleteLater()
        self._task, self.runs, self.troubles, self.were_found = None, runs, self._library.troubles, True
        if self._wanted is not None:
            places, self._wanted = self._wanted, None
            self._start(places)
        self.changed.emit()

    def close(self, seconds: float) -> bool:
        """Look no more; wait so long for what is read just now, and say whether it has ended."""
        self._wanted = None
        return self._task is None or self._task.stop(seconds)
