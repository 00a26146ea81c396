"""Known places: which paths may be looked at, and what a look found. The window never waits for a disk.

A path that came with a file is nobody's wish: a stranger may have written it, and to look there can take half a minute
or send a login to a server. It is looked at once a person has chosen it, in whatever window and on whatever day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.place import AWAITED, UNASKED, Place, look
from cnnstudio.ui.preferences import Preferences
from cnnstudio.worker import Worker

Where = tuple[str, str, tuple[int, ...] | None]
"""A data set, its folder and the stamp of that, None where nobody knows it."""

AT_ONCE = 0.05  # seconds that a disk has to answer before it counts as slow
LOOK_AGAIN = 50  # milliseconds


class KnownPlaces(QObject):
    """What is known of paths. ``preferences`` remember those that a person has chosen; without any nothing is kept."""

    changed = Signal()  # more is known of some path, or something else

    def __init__(self, preferences: Preferences | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._chosen: set[str] = set(preferences.places) if preferences is not None else set()
        self._found: dict[str, Place] = {}
        self._going: dict[str, Worker] = {}
        self._timer = QTimer(self, interval=LOOK_AGAIN)
        self._timer.timeout.connect(self._collect)

    def is_chosen(self, path: str) -> bool:
        """Whether a person has said that this path may be looked at."""
        return path in self._chosen

    def choose(self, paths: Iterable[str]) -> None:
        """Say that a person wants these paths looked at, now and on other days."""
        fresh = [path for path in paths if path and path not in self._chosen]
        if fresh:
            self._chosen.update(fresh)
            if self._preferences is not None:
                self._preferences.add_places(fresh)
            self.changed.emit()

    def seen(self, path: str) -> Place:
        """What is known of this path, at once. Where it may be looked at and nobody did, that begins."""
        if path not in self._chosen:
            return UNASKED
        if path not in self._found:
            self._found[path] = AWAITED
            self._look(path)
        return self._found[path]

    def where(self, recipe: Recipe) -> Where:
        """Where the images of this recipe are, and as of when."""
        place = self.seen(recipe.folder) if recipe.folder and recipe.matters("folder") else None
        return recipe.data, recipe.folder, place.stamp if place is not None and place.state == "known" else None

    def look_again(self, paths: Iterable[str]) -> None:
        """See whether another program has changed what is known of these paths; ``changed`` follows where one has."""
        before = dict(self._found)
        for path in paths:
            if path in self._found and path not in self._going:
                self._look(path)
        if self._found != before:
            self.changed.emit()

    def _look(self, path: str) -> None:
        def looking(worker: Worker) -> Iterator[Place]:
            yield look(path)

        worker = self._going[path] = Worker(looking, "look at a place")
        worker.start()
        if worker.join(AT_ONCE):  # nearly always: nothing flickers then
            self._take(path)
        else:
            self._timer.start()

    def _take(self, path: str) -> bool:
        """Take what a look that has ended has found; whether it is something else than before."""
        before = self._found[path]
        self._found[path] = next(iter(self._going.pop(path).drain()), Place())
        return before != self._found[path]

    def _collect(self) -> None:
        ended = [path for path, worker in self._going.items() if not worker.is_alive]
        news = [path for path in ended if self._take(path)]
        if not self._going:
            self._timer.stop()
        if news:
            self.changed.emit()


def is_still(then: Where, now: Where) -> bool:
    """Whether images are where they were and, as far as anybody knows, what they were."""
    return then[:2] == now[:2] and (then[2] is None or now[2] is None or then[2] == now[2])
