"""Collecting: pictures put into a collection on a thread, lot after lot, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QDate, QObject, Qt, Signal

from cnnstudio.training.data.collection import Brought, Lot, TakenBack, add, begun, put_back, take_back, unfit
from cnnstudio.ui.task import Task, put_away
from cnnstudio.wording import counted
from cnnstudio.worker import Report

T = TypeVar("T")
STEPS = 50  # that can be taken back
ANOTHER = "Name another class: a network tells at least two apart."


class Collecting(QObject):
    """Fills the folder ``home``, a new one where there is none yet; ``counts`` are the pictures of each class in it.

    ``changed`` says that other pictures are there now. What was put there last can be taken back, and put there again.
    """

    changed = Signal(object)  # the folder
    stepped = Signal()  # something else can be done now
    told = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.home: Path | None = None
        self.counts: dict[str, int] = {}
        self._task: Task[Any] | None = None
        self._stops = [False]
        self._waiting: list[tuple[str, list[Brought]]] = []
        self._done: list[Lot] = []
        self._undone: list[TakenBack] = []

    def show_home(self, home: Path | None, counts: Mapping[str, int]) -> None:
        """Go on with this folder, which has so many pictures of each class, or with a new one."""
        if home is None or home != self.home:
            put_away(self._task)
            self._task, self._waiting, self._done, self._undone = None, [], [], []
            self.home, self.counts = home, {}
        if not self.is_busy:
            self.counts = {name: 0 for name, count in self.counts.items() if not count} | dict(counts)
        self.stepped.emit()

    @property
    def is_busy(self) -> bool:
        """Whether pictures are being written."""
        return self._task is not None

    @property
    def can_take_back(self) -> bool:
        """Whether there is a lot to take back."""
        return bool(self._done) and not self.is_busy

    @property
    def can_put_back(self) -> bool:
        """Whether there is a lot to add again."""
        return bool(self._undone) and not self.is_busy

    def begin_class(self, name: str) -> str:
        """Have a class of this name; how it is called, or nothing where it cannot be called so."""
        known = {each.casefold(): each for each in self.counts}
        if name.casefold() not in known:
            if why := unfit(name):
                self.told.emit(why)
                return ""
            self.counts[name] = 0
            self.stepped.emit()
        return known.get(name.casefold(), name)

    def bring(self, label: str, brought: Sequence[Brought]) -> None:
        """Put pictures into the class ``label``, once those before them are there."""
        if brought:
            self._waiting.append((label, list(brought)))
            self._go_on()

    def _go_on(self) -> None:
        if self.is_busy or not self._waiting:
            return
        label, brought = self._waiting.pop(0)
        home = self.home = self.home or begun(QDate.currentDate().toString(Qt.DateFormat.ISODate))
        self._run(lambda report: add(home, label, brought, report), self._take)

    def _run(self, work: Callable[[Report], T], done: Callable[[T], None]) -> None:
        stops = self._stops = [False]

        def heard(report: Report) -> T:
            return work(lambda sentence, share: report(sentence, share) and not stops[0])

        task = self._task = Task(heard, "collect", self)
        task.progressed.connect(lambda sentence, _: self.told.emit(sentence))
        task.finished.connect(lambda found: self._end(done, found))
        task.failed.connect(lambda sentence: self._end(self.told.emit, sentence))
        self.stepped.emit()

    def _end(self, done: Callable[[Any], object], found: object) -> None:
        task, self._task = self._task, None
        put_away(task)
        done(found)
        self._go_on()
        self.stepped.emit()

    def stop(self) -> None:
        """Add no more; what is there stays."""
        self._stops[0] = True
        self._waiting = []

    def _take(self, lot: Lot) -> None:
        if lot.paths:
            self._undone = []
        self._took(lot)

    def _took(self, lot: Lot) -> None:
        count = len(lot.paths)
        self.counts[lot.label] = self.counts.get(lot.label, 0) + count
        if count:
            self._done = [*self._done, lot][-STEPS:]
        added = f"{counted(count, 'picture')} of {lot.label} added." if count else ""
        missing = ANOTHER if len(self.counts) < 2 else ""
        self._tell(" ".join(filter(None, (added, *lot.notes, missing))))

    def take_back(self) -> None:
        """Take away what was added last."""
        if self.can_take_back:
            lot = self._done.pop()
            self._run(lambda _: take_back(lot), self._took_back)

    def _took_back(self, taken: TakenBack) -> None:
        count = len(taken.contents)
        self._undone.append(taken)
        self.counts[taken.label] = max(0, self.counts.get(taken.label, 0) - count)
        self._tell(f"{counted(count, 'picture')} of {taken.label} taken back.")

    def put_back(self) -> None:
        """Add again what was taken back last."""
        if self.can_put_back:
            taken = self._undone.pop()
            self._run(lambda _: put_back(taken), self._took)

    def _tell(self, sentence: str) -> None:
        self.told.emit(sentence)
        if self.home is not None:
            self.changed.emit(self.home)

    def close(self, seconds: float) -> bool:
        """End what is written, after the picture at hand, and wait so long; whether it has ended."""
        self._waiting = []
        task, self._task = self._task, None
        return put_away(task, seconds)
