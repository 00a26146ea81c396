"""Queue: the runs that are to come, one after another, as a value and as the file that keeps it. No Qt, no torch.

The file is replaced whole under a lock that the system takes back from a process that dies, so that programs may change
it at the same time and one that is killed at any moment leaves it whole. What is in it holds the project as it was when
it was queued: later changes of a file or a window do not reach it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from uuid import uuid4

import msgspec

from cnnstudio.disk import DiskError, read, reason, replacing
from cnnstudio.folders import queue_file
from cnnstudio.owner import Owner
from cnnstudio.project import Project, ProjectError, dumps, loads
from cnnstudio.training.runs.record import Line, Moment, Number, Word

FORMAT = 1
LARGEST = 64 * 2**20  # bytes of the file
MOST_ENTRIES = 1_000
PARTICULAR = ": "  # stands in the title of a run of a sweep between its project and what is particular about it
PATIENCE = 3.0  # seconds that another program may keep the file

EntryState: TypeAlias = Literal["waiting", "running", "done", "failed", "stopped"]
Text = Annotated[str, msgspec.Meta(max_length=8 * 2**20)]
Place = Annotated[str, msgspec.Meta(max_length=4_096)]


class QueueError(DiskError):
    """The queue cannot be read or changed so; the message is a sentence."""


class QueueBusyError(QueueError):
    """Another program works the queue through at this moment; the message is a sentence."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One run that is to come, goes on or was.

    ``project`` is the text of its .cnn file as it was when it was queued. The folder of its run is made as
    ``place / name``: an empty place is the person's own folder of runs, an empty name the moment of its beginning.
    ``folder`` is where the run is, once it has begun. ``state`` is "running" while ``owner`` lives; "failed" and
    "stopped" say why in ``sentence``. ``sweep`` names the search that it belongs to, empty for none; where it
    ``is_judged``, its run ends early when it falls behind the others of it.
    """

    id: Word
    title: Word
    project: Text
    added: Moment
    place: Place = ""
    name: Word = ""
    folder: Place = ""
    state: EntryState = "waiting"
    sentence: Line = ""
    sweep: Word = ""
    is_judged: bool = False
    owner: Owner | None = None

    @property
    def present_state(self) -> EntryState:
        """The state as it is now: what ran in a program that is gone waits to be gone on with."""
        if self.state == "running" and (self.owner is None or not self.owner.is_alive):
            return "waiting"
        return self.state

    @property
    def is_over(self) -> bool:
        """Whether nothing is to come of it any more, unless somebody queues it again."""
        return self.state not in ("waiting", "running")

    @property
    def told(self) -> tuple[str, str]:
        """What the project is called, and what is particular about this run of a sweep."""
        name, _, particular = self.title.partition(PARTICULAR) if self.sweep else (self.title, "", "")
        return name, particular

    def opened(self) -> Project:
        """The project as it was queued. Raises ``ProjectError``."""
        return loads(self.project)


def new_entry(
    project: Project, title: str, place: Path | None = None, name: str = "", sweep: str = "", *, is_judged: bool = False
) -> Entry:
    """An entry for a run of this project from fresh weights; ``place`` and what follows as ``Entry`` has them.

    Raises ``QueueError`` for a project that no file could hold.
    """
    project = replace(project, run=None)
    try:
        text = dumps(project)
        if loads(text.encode()) != project:
            raise ProjectError("it would not be the same when read back.")
    except (ProjectError, RecursionError, UnicodeEncodeError) as error:
        raise QueueError(f"{title or 'The project'} was not queued: {error}") from error
    return Entry(
        id=uuid4().hex[:12],
        title=title[:200],
        project=text,
        added=datetime.now(UTC),
        place=str(place.absolute()) if place is not None else "",
        name=name[:200],
        sweep=sweep[:200],
        is_judged=is_judged,
    )


class Queue(msgspec.Struct, frozen=True):
    """The runs that are to come, in their order, and what became of those that were; a value that never changes.

    While it ``is_paused`` no run of it begins.
    """

    format: Number = FORMAT
    is_paused: bool = False
    entries: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=MOST_ENTRIES)] = ()

    def __getitem__(self, id_: str) -> Entry:
        """The entry of this id. Raises ``QueueError`` where it is gone."""
        for entry in self.entries:
            if entry.id == id_:
                return entry
        raise QueueError("This run is not in the queue any more.")

    def __contains__(self, id_: str) -> bool:
        return any(entry.id == id_ for entry in self.entries)

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """Those that are to come, one that a program left half done among them."""
        return tuple(entry for entry in self.entries if entry.present_state == "waiting")

    @property
    def running(self) -> Entry | None:
        """The one that is trained at this moment, in this program or another."""
        return next((entry for entry in self.entries if entry.present_state == "running"), None)

    def added(self, *entries: Entry) -> Queue:
        """With these behind the others. Raises ``QueueError`` where there is no room."""
        if len(self.entries) + len(entries) > MOST_ENTRIES:
            raise QueueError(
                f"The queue has room for {MOST_ENTRIES:,} runs: clear those that are over, or remove some."
            )
        return msgspec.structs.replace(self, entries=(*self.entries, *entries))

    def changed(self, entry: Entry) -> Queue:
        """With this entry in the place of the one with its id; the same queue where that is gone."""
        entries = tuple(entry if each.id == entry.id else each for each in self.entries)
        return msgspec.structs.replace(self, entries=entries)

    def without(self, *ids: str) -> Queue:
        """Without these. Raises ``QueueError`` for one that is trained at this moment."""
        for entry in self.entries:
            if entry.id in ids and entry.present_state == "running":
                raise QueueError(f"{entry.title or 'This run'} is being trained: stop it first, then remove it.")
        return msgspec.structs.replace(self, entries=tuple(each for each in self.entries if each.id not in ids))

    def cleared(self) -> Queue:
        """Without those that are over; their runs stay where they are."""
        return self.without(*(entry.id for entry in self.entries if entry.is_over))

    def moved(self, id_: str, place: int) -> Queue:
        """With this entry at another place, 0 the first; beyond either end is that end. Raises ``QueueError``."""
        others = [each for each in self.entries if each.id != id_]
        others.insert(min(max(place, 0), len(others)), self[id_])
        return msgspec.structs.replace(self, entries=tuple(others))

    def shifted(self, id_: str, by: int) -> Queue:
        """With this entry so many places later, or earlier where negative. Raises ``QueueError``."""
        return self.moved(id_, self.entries.index(self[id_]) + by)

    def again(self, *ids: str) -> Queue:
        """With these waiting once more where they failed or were stopped: gone on with where that can be, else anew.

        Whoever asks for a run again wants its end: nobody judges it any more.
        """
        entries = (
            msgspec.structs.replace(each, state="waiting", sentence="", is_judged=False)
            if each.id in ids and each.state in ("failed", "stopped")
            else each
            for each in self.entries
        )
        return msgspec.structs.replace(self, entries=tuple(entries))

    def paused(self, is_paused: bool = True) -> Queue:
        """Paused, or going on."""
        return msgspec.structs.replace(self, is_paused=is_paused)


class QueueFile:
    """The file that keeps a queue; every method may be called by several programs and threads at the same time.

    A file that cannot be read is kept beside under another name, and the queue begins anew: ``trouble`` says so.
    All methods raise ``QueueError``.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or queue_file()
        self.trouble = ""

    @property
    def stamp(self) -> tuple[int, int]:
        """What changes when the file does."""
        with suppress(OSError):
            about = self.path.stat()
            return about.st_mtime_ns, about.st_size
        return 0, 0

    def read(self) -> Queue:
        """The queue as it is now."""
        if not self.path.exists():
            return Queue()
        with self._locked():
            return self._read()

    def change(self, how: Callable[[Queue], Queue]) -> Queue:
        """Let ``how`` make another queue of the present one, and keep that; what it raises leaves it as it was."""
        with self._locked():
            before = self._read()
            after = how(before)
            if after is not before:
                self._write(after)
            return after

    def claim(self) -> Entry | None:
        """Make the next entry that waits this process's own and say which; None where none waits or it is paused.

        What this process has claimed before and not settled waits as well, as does what a dead one has left.
        Raises ``QueueBusyError`` while another process has one.
        """
        here = Owner.here()
        claimed: list[Entry] = []

        def take(queue: Queue) -> Queue:
            if (running := queue.running) is not None and running.owner != here:
                raise QueueBusyError(_busy(running.owner, here))
            due = [each for each in queue.entries if each.state == "running" or each.present_state == "waiting"]
            if queue.is_paused or not due:
                return queue
            claimed.append(msgspec.structs.replace(due[0], state="running", sentence="", owner=here))
            return queue.changed(claimed[0])

        self.change(take)
        return claimed[0] if claimed else None

    def settle(self, id_: str, state: EntryState, sentence: str = "", folder: str | None = None) -> None:
        """Say how this process's entry stands; ``folder`` is where its run is, None where that is as before."""

        def put(queue: Queue) -> Queue:
            if id_ not in queue:  # which its own program removed
                return queue
            entry = queue[id_]
            owner = entry.owner if state == "running" else None
            where = entry.folder if folder is None else folder
            return queue.changed(
                msgspec.structs.replace(entry, state=state, sentence=sentence[:2_000], owner=owner, folder=where)
            )

        self.change(put)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout  # which who has no queue never needs

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_suffix(".lock"), timeout=PATIENCE):
                yield
        except Timeout as error:
            raise QueueError("The queue is in use by another program. Try again in a moment.") from error
        except OSError as error:
            raise QueueError(f"The queue cannot be used: {reason(error)}.") from error
        except NotImplementedError as error:  # of a disk in a network
            raise QueueError("The queue cannot be used: its disk lets no program keep a file for itself.") from error

    def _read(self) -> Queue:
        if not self.path.exists():
            return Queue()
        try:
            if self.stamp[1] > LARGEST:
                raise ValueError(f"larger than {LARGEST // 2**20} MB")
            found = msgspec.json.decode(read(self.path, LARGEST))
            number = found.get("format", FORMAT) if isinstance(found, dict) else 0
            if isinstance(number, int) and number > FORMAT:
                raise QueueError("The queue comes from a newer CNN Studio. Update CNN Studio to use it.")
            queue = msgspec.convert(found, Queue)
            if len({entry.id for entry in queue.entries}) < len(queue.entries):
                raise ValueError("two entries of one id")
        except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError):
            self.trouble = (
                f"The file of the queue is damaged. It is kept as {self._put_aside()}; the queue begins anew."
            )
            return Queue()
        except QueueError:
            raise
        except DiskError as error:
            raise QueueError(str(error)) from error
        return queue

    def _put_aside(self) -> Path:
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}-unread-{number}{self.path.suffix}")).exists():
            number += 1
        os.replace(self.path, aside)  # noqa: PTH105 - Path.replace is the same call
        return aside

    def _write(self, queue: Queue) -> None:
        data = msgspec.json.format(msgspec.json.encode(queue), indent=2) + b"\n"
        if len(data) > LARGEST:
            raise QueueError("The queue has no room for so much: clear the runs that are over, or remove some.")
        try:
            with replacing(self.path) as temporary:
                temporary.write_bytes(data)
        except DiskError as error:
            raise QueueError(str(error)) from error


def _busy(owner: Owner | None, here: Owner) -> str:
    if owner is not None and owner.host != here.host:
        return f"The queue is being worked through on another computer, {owner.host}."
    return "The queue is being worked through in another program at this moment."
