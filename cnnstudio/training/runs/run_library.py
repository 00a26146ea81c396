"""Run library: every run that can be found on the disk, what it was and how much room it takes. Knows no torch, no Qt.

What was read of a folder is kept until one of its files has changed, so that to look again is to list folders. Files
are read as hostile: of a folder that cannot be read the others know nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from cnnstudio.disk import DiskError, read
from cnnstudio.folders import runs_folder
from cnnstudio.project import Project, ProjectError
from cnnstudio.project import read as read_project
from cnnstudio.project.file_format import upgraded
from cnnstudio.project.limits import LARGEST
from cnnstudio.training.runs.folder import BEST, EPOCHS, LAST, PROJECT, RunFolder
from cnnstudio.training.runs.metrics_file import METRICS, read_epochs
from cnnstudio.training.runs.record import (
    LABELS,
    RECORD,
    Labels,
    RecordError,
    RunRecord,
    State,
    followed,
    read_labels,
    read_record,
)
from cnnstudio.training.runs.record_writer import stopped_sentence

MOST_RUNS = 10_000
MOST_FILES = 1_000  # of one folder that are counted
DEEPEST = 2  # folders in the folder of a run
MARKS = frozenset({RECORD, PROJECT, BEST, LAST})  # a folder with one of these is that of a run
Keep = Literal["best", "last"]
Stamp = tuple[tuple[str, int, int], ...]


class _RecipeOnly(msgspec.Struct):
    """What of a project file a list of runs asks for; the rest is skipped unread."""

    version: int = 1
    recipe: dict[str, Any] = {}


@dataclass(frozen=True, eq=False)
class ListedRun:
    """A run on the disk: its folder, its record as of now, what the person says of it, and its room in bytes.

    ``trouble`` is a sentence where something is damaged.
    """

    folder: Path
    record: RunRecord
    labels: Labels
    size: int
    files: frozenset[str]
    trouble: str = ""

    @property
    def id(self) -> str:
        """What it is known by: the id in its record, or, of a run without one, the name of its folder."""
        return self.record.id or self.folder.name

    @property
    def title(self) -> str:
        """What was trained, in a word or two, else the name of the folder."""
        return " ".join((self.record.title or self.folder.name).split())

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Those of its recipe, as this version writes them; read when somebody asks, for a long list asks of few."""
        with suppress(DiskError, msgspec.MsgspecError, ProjectError, UnicodeError, RecursionError):
            found = msgspec.json.decode(read(self.folder / PROJECT, LARGEST), type=_RecipeOnly)
            values: Mapping[str, Any] = upgraded(msgspec.structs.asdict(found))["recipe"]
            return values
        return {}

    @cached_property
    def state(self) -> State:
        """The state as it was when the folder was looked at."""
        return self.record.present_state

    @property
    def sentence(self) -> str:
        """How it ended; of one that was torn off as well."""
        if self.state != "interrupted":
            return self.record.sentence
        epoch = self.record.epochs_done + 1 if self.record.steps_done else None
        stopped = stopped_sentence(epoch, self.record.best.epoch if self.record.best else None)
        return f"The program ended while it trained. {stopped}"

    def project(self) -> Project:
        """The project as it was when the run began. Raises ``ProjectError``."""
        return read_project(RunFolder(self.folder).project)

    def spare(self, keep: Keep) -> tuple[Path, ...]:
        """The files that are not needed where only the best or the last weights are kept; none if those are missing.

        What the run was and how it went stays: the record, the numbers, the project. From where it could be gone on
        with does not.
        """
        kept = {"best": BEST, "last": LAST}[keep]
        if kept not in self.files or self.state == "running":
            return ()
        return tuple(self.folder / name for name in sorted(self.files) if _is_weights(name) and name != kept)


def _is_weights(name: str) -> bool:
    return name.endswith(".safetensors") and ("/" not in name or name.startswith(f"{EPOCHS}/"))


class RunLibrary:
    """The runs in some folders of runs, each read once and again when something in it has changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, ListedRun]] = {}
        self.troubles: tuple[str, ...] = ()

    def look(self, places: Iterable[Path]) -> tuple[ListedRun, ...]:
        """The runs in these folders, the latest first; a place may be the folder of a run itself.

        Raises nothing: what cannot be read is told of in ``troubles``.
        """
        found: dict[Path, tuple[Stamp, ListedRun]] = {}
        troubles: list[str] = []
        for folder in _folders(places):
            if len(found) >= MOST_RUNS:
                troubles.append(f"There are more than {MOST_RUNS:,} runs; the others are not listed.")
                break
            stamp = _stamp(folder)
            if not MARKS.intersection(name for name, _, _ in stamp):
                continue
            known = self._known.get(folder)
            if known is not None and known[0] == stamp and known[1].state != "running":
                found[folder] = known
                continue
            try:
                found[folder] = stamp, _kept(folder, stamp)
            except DiskError as error:
                troubles.append(str(error))
        self._known, self.troubles = found, tuple(troubles)
        return tuple(sorted((run for _, run in found.values()), key=lambda run: run.record.began, reverse=True))


def usual_places(beside: Iterable[Path | None] = ()) -> list[Path]:
    """Where runs lie: those of the windows, and those of the command line beside the files that are open or were."""
    folders = [path.absolute().parent / "runs" for path in beside if path is not None]
    return list(dict.fromkeys([runs_folder(), *folders]))


def of_project(runs: Iterable[ListedRun], structure: str, remembered: Collection[str] = ()) -> tuple[ListedRun, ...]:
    """The runs of a network with this hash, and those that a project remembers, by their ids, names or folders."""

    def belongs(run: ListedRun) -> bool:
        is_remembered = not {run.id, run.folder.name, str(run.folder)}.isdisjoint(remembered)
        return is_remembered or bool(structure and run.record.structure == structure)

    return tuple(run for run in runs if belongs(run))


def scores(runs: Iterable[ListedRun], structure: str) -> tuple[ListedRun, ...]:
    """The runs of one structure that have a best accuracy, in the order in which they began."""
    scored = (
        r for r in runs if r.record.structure == structure and r.record.best and r.record.best.accuracy is not None
    )
    return tuple(sorted(scored, key=lambda run: run.record.began))


def _folders(places: Iterable[Path]) -> Iterable[Path]:
    seen: set[Path] = set()
    for place in places:
        with suppress(OSError, ValueError):
            if any((place / mark).exists() for mark in MARKS) and place not in seen:
                seen.add(place)
                yield place
                continue
            with os.scandir(place) as entries:
                inside = sorted((entry.name for entry in entries if entry.is_dir()), reverse=True)
            for name in inside:
                folder = place / name
                if folder not in seen:
                    seen.add(folder)
                    yield folder


def _stamp(folder: Path, outer: str = "", depth: int = 0) -> Stamp:
    """The files of a folder and of those within: name, time of change and size, which together say what was read."""
    found: list[tuple[str, int, int]] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= MOST_FILES:
                break
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    if depth < DEEPEST:
                        found += _stamp(Path(entry.path), f"{outer}{entry.name}/", depth + 1)
                    continue
                about = entry.stat(follow_symlinks=False)
                found.append((outer + entry.name, about.st_mtime_ns, about.st_size))
    return tuple(sorted(found))


def present_record(folder: Path) -> tuple[RunRecord, str]:
    """The record as of now: of a run that goes on, or was torn off, with what its numbers say of it.

    Raises ``RecordError`` where the folder holds no run at all.
    """
    record, trouble = read_record(folder)
    if (folder / METRICS).exists() and (record.state == "running" or not record.id):  # what is settled says so itself
        fresh = msgspec.structs.replace(record, epochs_done=0, steps_done=0, seconds=0.0)
        told = followed(fresh, read_epochs(folder))
        record = told if told.epochs_done >= record.epochs_done else record
    return record, trouble


def _kept(folder: Path, stamp: Stamp) -> ListedRun:
    record, trouble = present_record(folder)
    files = frozenset(name for name, _, _ in stamp)
    size = sum(size for _, _, size in stamp)
    labels = read_labels(folder) if LABELS in files else Labels()
    return ListedRun(folder, record, labels, size, files, trouble)


def opened_run(text: str, places: Iterable[Path]) -> ListedRun:
    """The run that a person names: by its folder, or by the beginning of its id, or by the name of its folder.

    Raises ``RecordError`` with a sentence where there is none, or more than one.
    """
    path = Path(text)
    with suppress(OSError, ValueError):
        if path.is_dir():
            stamp = _stamp(path)
            return _kept(path, stamp)
    runs = RunLibrary().look(places)
    found = [run for run in runs if text in (run.id, run.folder.name)]
    found = found or [run for run in runs if len(text) >= 3 and run.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise RecordError(f"{text} is the name of {len(found):,} runs; give the folder of one of them.")
    raise RecordError(f"There is no run {text}: it is neither a folder nor the id or the name of a run.")
