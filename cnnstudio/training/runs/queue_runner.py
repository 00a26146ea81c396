"""Queue runner: works a queue through, a run after another, whatever becomes of each. Knows no Qt, and torch only late.

It is a generator of events, as a run is: to stop is to close it, and what was being trained waits to be gone on with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from cnnstudio.disk import DiskError
from cnnstudio.folders import runs_folder
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.events import Finished
from cnnstudio.training.runs.folder import Destination, RunFolder
from cnnstudio.training.runs.median_stopping import MedianJudge
from cnnstudio.training.runs.on_disk import End
from cnnstudio.training.runs.queue import Entry, EntryState, QueueBusyError, QueueError, QueueFile
from cnnstudio.training.runs.record import Labels, read_labels, read_record, retell, write_labels
from cnnstudio.training.runs.session import Course, Prepared, begin, go_on, images_key
from cnnstudio.worker import Report, sentence_of

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data
    from cnnstudio.training.probe import Probe

LOOK_AGAIN = 0.5  # seconds between two looks whether another program has paused the queue
HERE_ALREADY = "The queue is being worked through in another window at this moment."
_working = threading.Lock()  # held by the one who works a queue through in this program


@dataclass(frozen=True)
class Begun:
    """The run of this entry begins or goes on; what comes until ``Settled`` is of it."""

    entry: Entry


@dataclass(frozen=True)
class Settled:
    """The run of this entry has ended, or waits again; the entry says how."""

    entry: Entry


Judge: TypeAlias = Callable[[Entry, object], str]
"""Asked after each event of an entry's run: a sentence that says why the run shall end here, or nothing."""

Events: TypeAlias = Generator[Any, None, None]


class QueueRunner:
    """Works the queue in ``file`` through; of one program one at a time.

    ``judge`` may end a run early; unless another is given, it is the median of the runs of its sweep. A run that
    fails, is stopped by ``stop_run`` or by the judge is settled with its sentence and the next one begins; a queue
    that is paused, here or by another program, ends after the step in progress, and what was being trained waits.
    """

    def __init__(self, file: QueueFile, judge: Judge | None = None) -> None:
        self.file = file
        self._judge = judge or MedianJudge(file)
        self._stopped = ""  # the id of the entry whose run shall end
        self._images: tuple[tuple[object, ...], Data] | None = None
        self._looked: tuple[float, tuple[int, int]] = (0.0, (0, 0))

    def stop_run(self, id_: str) -> None:
        """End the run of this entry after the step in progress and go on with the next; from any thread."""
        self._stopped = id_

    def events(self, report: Report) -> Events:
        """``Begun``, what the run says as ``session.begin`` has it, ``Settled``, and so on until none waits.

        Raises ``QueueBusyError`` where somebody works it through already, and ``QueueError`` where its file cannot be
        read or written.
        """
        if not _working.acquire(blocking=False):
            raise QueueBusyError(HERE_ALREADY)
        try:
            while (entry := self.file.claim()) is not None:
                yield from self._entry(entry, report)
        finally:
            self._images = None
            _working.release()

    def _entry(self, entry: Entry, report: Report) -> Events:
        """One run, and what became of it."""
        state: EntryState = "waiting"
        sentence = ""
        is_asked = False

        def heard(said: str, share: float | None) -> bool:
            nonlocal is_asked
            is_asked = is_asked or not report(said, share) or self._is_over(entry) is not None
            return not is_asked

        try:
            yield Begun(entry)
            if (known := _already_over(entry)) is not None:
                state, sentence = known
            else:
                state, sentence = yield from self._course(entry, heard)
        except Exception as error:
            # what is cut short while it prepares raises what it likes
            state, sentence = (self._is_over(entry) or ("waiting", "")) if is_asked else ("failed", sentence_of(error))
        except BaseException:  # closed, or Ctrl+C
            with suppress(QueueError):  # what is not settled waits as well, once this program has ended
                self.file.settle(entry.id, "waiting")
            raise
        if self._stopped == entry.id:
            self._stopped = ""  # it may be queued again
        self.file.settle(entry.id, state, sentence)
        yield Settled(msgspec.structs.replace(entry, state=state, sentence=sentence, owner=None))

    def _course(self, entry: Entry, report: Report) -> Generator[Any, None, tuple[EntryState, str]]:
        """Train, and say how it ended."""
        project = entry.opened()
        finished: Finished | None = None
        said, folder, end = "", None, End()
        with closing(self._begun(entry, project, report)) as events:
            for event in events:
                match event:
                    case Prepared():
                        self._images = images_key(event.project), event.data
                        folder, end = event.folder, event.end
                        if folder is not None:
                            self.file.settle(entry.id, "running", folder=str(folder.path.absolute()))
                            _tag(entry, folder.path)
                    case Finished():
                        finished = event
                yield event
                if finished is None and (said := self._judge(entry, event)):
                    break
                if finished is None and (over := self._is_over(entry)) is not None:
                    return over
        if end.unkept:
            return "failed", " ".join(filter(None, (said or (finished.sentence if finished else ""), end.unkept)))
        if said:
            if folder is not None:
                retell(folder.path, said)
            return "stopped", said
        if finished is None:
            return "stopped", "It ended before its first step."
        return "done" if finished.reason == "done" else "failed", finished.sentence

    def _begun(self, entry: Entry, project: Project, report: Report) -> Course:
        """The run as it goes on where it can, else begins: in the folder that it has, where nothing is lost by that."""
        known = None
        if self._images is not None and self._images[0] == images_key(project):
            # what is a person's own is read again: somebody may have put images into it
            known = self._images[1] if not DATASETS[project.recipe.data].is_own else None
        folder = RunFolder(Path(entry.folder), is_new=False) if entry.folder else None
        if folder is not None and folder.checkpoint.exists():
            return go_on(folder, report, known=known, probes=_probes)
        place, name = Path(entry.place) if entry.place else runs_folder(), entry.name or None
        destination = Destination(place, name, title=entry.title)
        if folder is not None and folder.path.is_dir() and folder.weights is None:
            destination = Destination(
                folder.path.parent, folder.path.name, may_exist=True, overwrites=True, title=entry.title
            )
        return begin(project, destination, report, known, _probes)

    def _is_over(self, entry: Entry) -> tuple[EntryState, str] | None:
        """How the run of this entry stands where it shall end now; None where it goes on."""
        if self._stopped == entry.id:
            return "stopped", "It was stopped."
        now = time.monotonic()
        if now - self._looked[0] < LOOK_AGAIN:
            return None
        before, self._looked = self._looked[1], (now, self.file.stamp)
        with suppress(QueueError):  # a disk that cannot be read for a moment ends no run
            if before != self._looked[1] and self.file.read().is_paused:
                self._looked = 0.0, (0, 0)  # whoever asks next hears the same
                return "waiting", ""
        return None


def _probes(_: Prepared) -> tuple[Probe, ...]:
    """What looks into the layers, so that it can be said how each of them learns, as of any other run."""
    from cnnstudio.training.layer_probe import LayerProbe

    return (LayerProbe(),)


def _tag(entry: Entry, folder: Path) -> None:
    """Let the run be found by the name of its sweep; what the person says of it stays."""
    if entry.sweep and not (known := read_labels(folder)).tags:
        with suppress(DiskError):
            write_labels(folder, Labels.of(entry.sweep, known.note))


def _already_over(entry: Entry) -> tuple[EntryState, str] | None:
    """How an entry's run has ended whose program was gone before it could say so; None where there is more to come."""
    if not entry.folder:
        return None
    with suppress(DiskError):
        record, _ = read_record(Path(entry.folder))
        if record.state == "done":
            return "done", record.sentence
        if record.state == "diverged":
            return "failed", record.sentence
    return None
