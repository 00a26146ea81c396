"""Kept run: a run as its folder keeps it, found again by its project. Knows neither Qt nor torch."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from cnnstudio.compiler.source import Source, source
from cnnstudio.folders import runs_folder
from cnnstudio.project import Project, RunReference, read
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.events import Finished, Started
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.metrics_file import read_metrics
from cnnstudio.training.runs.record import RunRecord
from cnnstudio.training.runs.run_library import present_record
from cnnstudio.training.runs.weights_header import epoch_of, step_of, weights_metadata


@dataclass(frozen=True, eq=False)
class KeptRun:
    """A run that has ended, in one way or another: its folder, its project, the source of its network, its record."""

    folder: RunFolder
    project: Project
    source: Source
    record: RunRecord

    @property
    def epoch(self) -> int:
        """The epoch of its best weights, from 1; 0 where that is not known."""
        if self.folder.weights is not None and (said := epoch_of(self.folder.weights)):
            return said  # the record of a run that was torn off does not know
        return self.record.best.epoch if self.record.best is not None else self.record.epochs_done

    @property
    def sentence(self) -> str:
        """Which weights these are."""
        if self.folder.weights is None:
            return f"Run {self.folder.path.name} ended in its first epoch, without weights. It can be gone on with."
        step = step_of(self.folder.weights)
        place = f", epoch {self.epoch}" if self.epoch else f", step {step:,} of its first epoch" if step else ""
        told = f"Weights of run {self.folder.path.name}{place}."
        if self.folder.weights == self.folder.last and self.folder.best.exists():
            return f"{told} They are the last ones: {self.folder.best.name} is damaged."
        return told

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes that it tells apart, as its weights say, else those of its data set; none where nobody knows."""
        for path in (self.folder.best, self.folder.last):
            with suppress(msgspec.MsgspecError, RecursionError):
                return msgspec.json.decode(weights_metadata(path).get("classes", ""), type=tuple[str, ...])
        return DATASETS[self.project.recipe.data].names or ()

    @property
    def history(self) -> History:
        """What the run has said, as far as it was kept."""
        record, recipe = self.record, self.project.recipe
        history = History(recipe.batch_size)
        steps = max(1, record.steps_per_epoch)
        epochs = record.epochs or recipe.epochs or 0
        history.take(Started(epochs, steps, record.device, record.remarks, record.parameters or 0))
        for event in read_metrics(self.folder.path).events:
            history.take(event)
        if record.state in ("done", "diverged"):
            reason: Literal["done", "diverged"] = "done" if record.state == "done" else "diverged"
            history.take(Finished(reason, record.sentence, self.epoch or None))
        return history


def open_kept(path: Path) -> KeptRun:
    """The run in this folder. Raises ``ProjectError``, ``SourceError`` or ``RecordError`` with a sentence."""
    folder = RunFolder(path, is_new=False)
    project = read(folder.project)
    return KeptRun(folder, project, source(project.graph), present_record(path)[0])


def reference_to(folder: RunFolder, epoch: int) -> RunReference:
    """How a project remembers this run: by its name among the person's own, else by where it is."""
    path = folder.path.absolute()
    return RunReference(path.name if path.parent == runs_folder().absolute() else path.as_posix(), epoch)


def remembering(project: Project, folder: RunFolder, epoch: int) -> Project:
    """The project as one that has its weights from this run, where it has left any."""
    return replace(project, run=reference_to(folder, epoch) if folder.has_learned else None)


def folder_of(reference: RunReference, file: Path | None) -> Path | None:
    """Where the run is that a project in ``file`` remembers: beside the file where both moved; None for nowhere."""
    own = own_folder(reference)
    places = [*([own] if own is not None else []), *other_places(reference, file)]
    return next((place for place in places if RunFolder(place).has_learned), None)


def own_folder(reference: RunReference) -> Path | None:
    """Where the run is if it is among the person's own, which a mere name says; no look at the disk is taken."""
    named = Path(reference.folder)
    is_name = not named.drive and named.name == reference.folder and named.name != ".."
    return runs_folder() / named if is_name else None


def other_places(reference: RunReference, file: Path | None) -> list[Path]:
    """Where else the run may be, of which the file alone says so; no look at the disk is taken."""
    named = Path(reference.folder)
    if named.is_absolute() or own_folder(reference) is not None:
        places = [named] if named.is_absolute() else []
    else:
        places = [runs_folder() / named]
    if file is not None:
        home = file.parent.absolute()
        places += [home / named, home / "runs" / named.name, home / named.name]
    return list(dict.fromkeys(places))
