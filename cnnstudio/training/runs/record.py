"""Record: what a run was, as a value, and run.json in which its folder keeps it. Knows neither Qt nor torch.

``run.json`` is written where a run begins and where it ends; what happens between stands in metrics.csv. What the
person says of a run stands in labels.json, so that each file has one writer. The recipe and the graph are in
project.cnn. A folder without a record, or with a damaged one, is read by what else is in it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from uuid import uuid4

import msgspec

from cnnstudio import __version__
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.disk import DiskError, read, replacing
from cnnstudio.owner import Owner
from cnnstudio.project import Project, ProjectError
from cnnstudio.project import read as read_project
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.weights_header import epoch_of

RECORD, LABELS = "run.json", "labels.json"
FORMAT = 1
LARGEST = 2**20  # bytes of run.json, and of labels.json
LONGEST_NOTE = 10_000
LONGEST_TAG = 40
MOST_TAGS = 20
MOST_REMARKS = 100

State: TypeAlias = Literal["running", "stopped", "done", "diverged", "failed", "interrupted"]
Line = Annotated[str, msgspec.Meta(max_length=2_000)]
Word = Annotated[str, msgspec.Meta(max_length=200)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
T = TypeVar("T")


class RecordError(DiskError):
    """A record that cannot be read or written; the message is a sentence."""


class Best(msgspec.Struct, frozen=True):
    """The epoch (from 1) with the best weights, and what the validation images said; None where that is not known."""

    epoch: Number
    accuracy: float | None = None
    loss: float | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run: when, by whom, of what, with what and how it went. Times are aware of their zone.

    ``state`` is "running" while the process that trains lives. "interrupted" is never written: it is what a run is
    whose process ended without a word. ``structure`` is the hash of the network's structure. ``parameters`` and
    ``macs`` are those of the network for one image, None where a shape is unknown. ``images`` are those to train and
    to validate with. ``steps_done`` is the last step counted over the whole run, and ``seconds`` how long its epochs
    took. ``title`` is what the project was called.
    """

    format: Number = FORMAT
    id: Word
    began: Moment
    ended: Moment | None = None
    state: State
    sentence: Line = ""
    title: Word = ""
    seed: Number = 0
    versions: dict[Word, Word] = {}
    device: Word = ""
    owner: Owner | None = None
    structure: Word = ""
    parameters: Number | None = None
    macs: Number | None = None
    images: tuple[Number, Number] = (0, 0)
    epochs: Number = 0
    steps_per_epoch: Number = 0
    epochs_done: Number = 0
    steps_done: Number = 0
    seconds: float = 0.0
    best: Best | None = None
    remarks: tuple[Line, ...] = ()

    @property
    def present_state(self) -> State:
        """The state as it is now: a run is not running whose process is gone."""
        if self.state == "running" and (self.owner is None or not self.owner.is_alive):
            return "interrupted"
        return self.state


class Labels(msgspec.Struct, frozen=True):
    """What the person says of a run: tags, a word or two each, and a note."""

    tags: tuple[Annotated[str, msgspec.Meta(max_length=LONGEST_TAG)], ...] = ()
    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""

    @classmethod
    def of(cls, tags: str, note: str) -> Labels:
        """From what was typed, the tags with commas between them; cut to what may stand there."""
        words = (" ".join(tag.split())[:LONGEST_TAG].strip() for tag in tags.split(","))
        kept = tuple(dict.fromkeys(word for word in words if word))[:MOST_TAGS]
        return cls(kept, note.strip()[:LONGEST_NOTE])


def new_record(project: Project, device: str = "", title: str = "") -> RunRecord:
    """The record of a run of this project that begins now, in this process."""
    totals = infer(project.graph).acting.totals
    return RunRecord(
        id=uuid4().hex[:12],
        began=datetime.now(UTC),
        state="running",
        title=title[:200],
        seed=project.recipe.seed,
        versions=versions(),
        device=device[:200],
        owner=Owner.here(),
        structure=structure_hash(project.graph),
        parameters=totals.parameters if totals else None,
        macs=totals.macs if totals else None,
        epochs=project.recipe.epochs or 0,  # else the run says how many when it has seen its images
    )


def followed(record: RunRecord, events: Iterable[object]) -> RunRecord:
    """The record after these events: how many steps and epochs are done, in how long, and which epoch was the best."""
    epochs, steps, seconds, best = record.epochs_done, record.steps_done, record.seconds, record.best
    for event in events:
        if isinstance(event, Step):
            steps = max(steps, event.step)
        elif isinstance(event, EpochEnd):
            epochs, seconds = max(epochs, event.epoch), seconds + event.seconds
            if event.is_best:
                accuracy, negative_loss = event.score
                best = Best(event.epoch, accuracy, -negative_loss)
    return msgspec.structs.replace(record, epochs_done=epochs, steps_done=steps, seconds=seconds, best=best)


def write_record(folder: Path, record: RunRecord) -> None:
    """Put the record in the folder, whole or not at all. Raises ``DiskError``."""
    _write(folder / RECORD, record)


def retell(folder: Path, sentence: str) -> None:
    """Let the record of a run that has ended say why; one that cannot be read or written stays as it is."""
    with suppress(DiskError):
        record, _ = read_record(folder)
        if record.id:
            write_record(folder, msgspec.structs.replace(record, sentence=sentence[:2_000]))


def read_record(folder: Path) -> tuple[RunRecord, str]:
    """The record of the run in this folder, and a sentence where it is damaged or from a newer program.

    Without a record that can be read it is what the rest of the folder says. Raises ``RecordError`` where the folder
    holds no run at all.
    """
    try:
        return _read(folder / RECORD, RunRecord), ""
    except RecordError as error:
        trouble = str(error) if (folder / RECORD).exists() else ""
    return _derived(RunFolder(folder), trouble), trouble


def read_labels(folder: Path) -> Labels:
    """What the person says of the run; nothing where there is nothing, or nothing that can be read."""
    with suppress(RecordError):
        if (folder / LABELS).exists():
            return _read(folder / LABELS, Labels)
    return Labels()


def change_labels(folder: Path, tags: str | None = None, note: str | None = None) -> None:
    """Put other tags, or another note, in the folder of a run, and leave the rest as it stands there now.

    Raises ``DiskError`` where it cannot be written, or what stands there cannot be read and would be lost.
    """
    known = _read(folder / LABELS, Labels) if (folder / LABELS).exists() else Labels()
    said = ", ".join(known.tags) if tags is None else tags
    write_labels(folder, Labels.of(said, known.note if note is None else note))


def write_labels(folder: Path, labels: Labels) -> None:
    """Put what the person says of the run in its folder. Raises ``DiskError``."""
    _write(folder / LABELS, labels)


@cache
def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def versions() -> dict[str, str]:
    """What computes here, by name: this program, Python and what of PyTorch is installed."""
    found = {"cnnstudio": __version__, "python": platform.python_version()}
    return found | {name: number for name in ("torch", "torchvision") if (number := _installed(name))}


def _read(path: Path, kind: type[T]) -> T:
    try:
        found = msgspec.json.decode(read(path, LARGEST))
        number = found.get("format", FORMAT) if isinstance(found, dict) else 0
        if isinstance(number, int) and number > FORMAT:
            raise RecordError(f"{path.name} comes from a newer CNN Studio. Update CNN Studio to read all of it.")
        return msgspec.convert(found, kind)
    except DiskError as error:
        raise RecordError(str(error)) from error
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as error:
        raise RecordError(f"{path.name} is damaged; the rest of the run can still be used.") from error


def _write(path: Path, value: Any) -> None:
    data = msgspec.json.format(msgspec.json.encode(value), indent=2)
    with replacing(path) as temporary:
        temporary.write_bytes(data + b"\n")


def _derived(folder: RunFolder, trouble: str) -> RunRecord:
    """What the other files say of a run: the program wrote no record once, and one may be lost."""
    try:
        project = read_project(folder.project)
    except ProjectError as error:
        if folder.weights is None and not trouble:
            raise RecordError(f"{folder.path.name or folder.path} holds no run: {error}") from error
        project = None
    last, best = epoch_of(folder.last), epoch_of(folder.best)
    files = [path for path in (folder.project, folder.best, folder.last) if path.exists()]
    times = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files] or [datetime.fromtimestamp(0, UTC)]
    asked = (project.recipe.epochs or 0) if project is not None else 0
    record = RunRecord(
        id="",
        began=times[0],
        ended=max(times),
        state="done" if last and last >= asked > 0 else "stopped",
        epochs=asked,
        epochs_done=last or 0,
        best=Best(best) if best else None,
    )
    if project is None:
        return record
    totals = infer(project.graph).acting.totals
    return msgspec.structs.replace(
        record,
        seed=project.recipe.seed,
        structure=structure_hash(project.graph),
        parameters=totals.parameters if totals else None,
        macs=totals.macs if totals else None,
    )
