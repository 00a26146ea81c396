"""Record writer: keeps run.json and metrics.csv of a run along its events, for window and command line alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from cnnstudio.disk import DiskError, reason
from cnnstudio.owner import Owner
from cnnstudio.project import Project, ProjectError, write
from cnnstudio.training.events import EpochEnd, Finished, Remark, Started, Step
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.metrics_file import MetricsWriter, Row, read_metrics
from cnnstudio.training.runs.record import (
    MOST_REMARKS,
    RunRecord,
    State,
    followed,
    new_record,
    read_record,
    versions,
    write_record,
)
from cnnstudio.worker import sentence_of


class RecordWriter:
    """The record of one run while it goes on, fed with its events in their order.

    The files come with ``Started`` and are settled at the end of the ``with``: a run that is closed is "stopped", one
    that raises has "failed". ``images`` are how many there are to train and to validate with. ``resumed_at`` is the
    last step and the number of whole epochs of the position that an earlier run in this folder is gone on with from:
    its record goes on, and what it wrote after that is dropped. A disk that is full never ends a run, nor does somebody
    who moves or deletes its folder, which is then made anew: ``trouble`` is what is to be said of it, else empty.
    """

    def __init__(
        self,
        folder: Path,
        project: Project,
        images: tuple[int, int] = (0, 0),
        title: str = "",
        resumed_at: tuple[int, int] | None = None,
    ) -> None:
        self._folder, self._project, self._images, self._title = folder, project, images, title
        self._resumed_at = resumed_at
        self._record: RunRecord | None = None
        self._metrics: MetricsWriter | None = None
        self._last: Step | None = None
        self._finished: Finished | None = None
        self._trouble = ""
        self._has_project = False  # as of the beginning

    @property
    def record(self) -> RunRecord | None:
        """The record so far, but for the steps since the last epoch; None before ``Started``."""
        return self._record

    @property
    def trouble(self) -> str:
        """What could not be written, and that the run goes on; empty where all could."""
        return self._trouble or (self._metrics.trouble if self._metrics is not None else "")

    def take(self, event: object) -> None:
        """Keep what this event says."""
        if isinstance(event, Started):
            self._begin(event)
        if self._record is None:
            return
        if self._metrics is not None:
            if self._metrics.is_due:
                self._stand()
            self._metrics.take(event)
        match event:
            case Step():
                self._last = event
            case EpochEnd():
                self._record = followed(self._record, [event])
            case Remark() if len(self._record.remarks) < MOST_REMARKS:
                remarks = (*self._record.remarks, event.sentence[:2_000])
                self._record = msgspec.structs.replace(self._record, remarks=remarks)
            case Finished():
                self._finished = event

    def flush(self) -> None:
        """Write every number there is, as before a checkpoint: a run is gone on with from no step that is not here."""
        self._stand()
        if self._metrics is not None:
            self._metrics.flush()

    def write_again(self) -> None:
        """Write what the disk has not taken, and how the run has ended."""
        self.flush()
        if self._record is not None:
            self._put(self._record)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._record is None:
            return
        self.flush()
        record = followed(self._record, [self._last])
        state: State = "stopped"
        sentence = stopped_sentence(
            self._last.epoch if self._last else None, record.best.epoch if record.best else None
        )
        if self._finished is not None:
            state, sentence = self._finished.reason, self._finished.sentence
        elif isinstance(error, Exception):
            state, sentence = "failed", sentence_of(error)
        ended = datetime.now(UTC)
        self._put(msgspec.structs.replace(record, state=state, sentence=sentence[:2_000], ended=ended, owner=None))

    def _begin(self, event: Started) -> None:
        self._has_project = RunFolder(self._folder).project.exists()
        fresh = new_record(self._project, event.device, self._title)
        kept: tuple[Row, ...] = ()
        record = fresh
        if self._resumed_at is not None:
            record, kept = self._earlier(fresh, *self._resumed_at)
        record = msgspec.structs.replace(
            record,
            images=self._images,
            epochs=event.epochs,
            steps_per_epoch=event.steps_per_epoch,
            remarks=tuple(note[:2_000] for note in event.notes)[:MOST_REMARKS],
        )
        try:
            self._metrics = MetricsWriter(self._folder, event.epochs * event.steps_per_epoch, kept)
        except DiskError as error:
            self._trouble = f"{error} Training goes on without it."
        self._put(record)

    def _earlier(self, fresh: RunRecord, step: int, epochs: int) -> tuple[RunRecord, tuple[Row, ...]]:
        """The record of the run that is gone on with, as it was at this position, and the rows until there."""
        kept = read_metrics(self._folder, (step, epochs))
        try:
            earlier, _ = read_record(self._folder)
        except DiskError:
            earlier = fresh
        began = msgspec.structs.replace(
            fresh,
            id=earlier.id or fresh.id,
            began=earlier.began,
            title=earlier.title or fresh.title,
            versions=versions(),
            owner=Owner.here(),
            seconds=0.0,
        )
        return followed(began, kept.events), kept.rows

    def _stand(self) -> None:
        """Make the folder anew where it is gone: weights without their network could not be opened again."""
        project = RunFolder(self._folder).project
        if self._record is None or not self._has_project or project.exists():
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write(project, replace(self._project, run=None))
        except (OSError, ProjectError) as error:
            said = reason(error) if isinstance(error, OSError) else str(error).rstrip(".")
            self._trouble = f"The folder of this run is gone and cannot be made anew: {said}. Training goes on."
            return
        self._trouble = "The folder of this run was moved or deleted. It was made anew, and its curves begin here."
        self._put(self._record)

    def _put(self, record: RunRecord) -> None:
        self._record = record
        try:
            write_record(self._folder, record)
        except DiskError as error:
            self._trouble = f"{error} Training goes on without it."


def stopped_sentence(epoch: int | None, best: int | None) -> str:
    """How a run has ended that was stopped in this epoch, with the best weights of that one; None for not yet."""
    if epoch is None:
        return "Stopped before the first step."
    return f"Stopped in epoch {epoch}." + (f" The best weights are those of epoch {best}." if best is not None else "")
