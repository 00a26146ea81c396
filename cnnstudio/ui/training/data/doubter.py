"""Doubter: looks for what may be wrong with the pictures of a panel, in the background, and keeps what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.training.data.file_note import Note
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.wording import abridged, counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.album import Album
    from cnnstudio.training.data.doubts.doubt import Doubts
    from cnnstudio.training.data.doubts.looks import Seen
    from cnnstudio.training.data.roll import Roll

MANY = 20_000  # pictures, from which on nobody looks at all of them unasked
BEGIN, AGAIN = "Look for it", "Look again"
STOPPED = "It was stopped before all pictures were looked at."
TRAINS = "The computer is busy with a run; what may be wrong with the images is looked for after it."


class Doubter(QObject):
    """One search at a time, of the pictures as they are. It begins by itself where they are few and nothing trains."""

    progressed = Signal(str, object)
    waits = Signal(str, str)  # why nothing is looked for, and the words of a button that begins it
    found = Signal(object)  # Doubts

    def __init__(self, document: Document, run: Run, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self._of: Album | None = None  # whose pictures were looked at, or are
        self._doubts: Doubts | None = None
        self._task: Task[Doubts] | None = None
        self._ending: list[Task[Doubts]] = []

    @property
    def is_looking(self) -> bool:
        """Whether a search goes on."""
        return self._task is not None

    @property
    def broken_note(self) -> Note | None:
        """What files cannot be read, as a note; None where all can be, or nobody has looked."""
        if self._doubts is None or not self._doubts.broken or self._of is None:
            return None
        names = [f"{self._of.ways[n]} ({why})" for n, why in sorted(self._doubts.broken.items())]
        return Note.of(f"{counted(len(names), 'file')} cannot be read: {abridged(names, 3)}", tuple(names))

    def look(self, album: Album | None, roll: Roll | None, *, is_asked: bool = False) -> None:
        """Look at these pictures, where that was not done yet, or where the person has asked for it."""
        if album is None or roll is None or (album is self._of and not is_asked):
            return
        if self._run.is_active:
            self.waits.emit(TRAINS, BEGIN)
        elif len(album) > MANY and not is_asked:
            self._of = album
            self.waits.emit(f"To look for what may be wrong, all {len(album):,} pictures are read once.", BEGIN)
        else:
            self._begin(album, roll)

    def _begin(self, album: Album, roll: Roll) -> None:
        self.drop()
        self._of = album
        weights, seed = self.weights, self._document.project.recipe.seed

        def search(report: Report) -> Doubts:
            from cnnstudio.training.data.album import seen
            from cnnstudio.training.data.doubts.survey import search
            from cnnstudio.training.device import cores

            def see(number: int) -> Seen:
                return seen(album, number)

            return search(roll, see, weights, seed, cores(), report)

        self.progressed.emit("", None)
        self._task = Task(search, "doubts", self)
        self._task.progressed.connect(self.progressed)
        self._task.finished.connect(self._take)
        self._task.failed.connect(self._fail)

    def _take(self, found: Doubts) -> None:
        self._task, self._doubts = None, found
        self.found.emit(found)

    def _fail(self, sentence: str) -> None:
        self._task = None
        self.waits.emit(sentence, AGAIN)

    def remaining(self, roll: Roll) -> Doubts | None:
        """What is left of what was found, now that a person has said this of the pictures."""
        from cnnstudio.training.data.doubts.survey import remaining

        return remaining(self._doubts, roll, self.weights) if self._doubts is not None else None

    @property
    def weights(self) -> int | None:
        """How many numbers the network learns, where that is known."""
        totals = self._document.told.totals
        return totals.parameters - totals.frozen if totals is not None else None

    def stop(self) -> None:
        """The person wants no more of the search that goes on."""
        of = self._of
        self.drop()
        self._of = of
        self.waits.emit(STOPPED, AGAIN)

    def drop(self) -> None:
        """End the search, and keep nothing."""
        task, self._task = self._task, None
        if task is not None:
            task.stop()
            self._ending.append(task)
        for ended in [each for each in self._ending if each.has_ended]:
            self._ending.remove(ended)
            ended.deleteLater()
        self._of = self._doubts = None

    def close(self, seconds: float) -> bool:
        """End for good, and wait so long; whether it has ended."""
        self.drop()
        ended = [task.stop(seconds) for task in self._ending]
        return all(ended)
