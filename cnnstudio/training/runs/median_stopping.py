"""Median stopping: whether a run of a sweep is worth going on with, from what the others came to. Knows no torch.

D. Golovin, B. Solnik, S. Moitra, G. Kochanski, J. Karro, D. Sculley: Google Vizier: A Service for Black-Box
Optimization (KDD 2017, https://research.google/pubs/pub46180/), section 3.2.2: a trial is stopped at a step if its
best value so far is worse than the median of the running averages of the completed trials up to the same step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import fmean, median

from cnnstudio.disk import DiskError
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.runs.metrics_file import read_epochs
from cnnstudio.training.runs.queue import Entry, QueueError, QueueFile
from cnnstudio.training.runs.record import read_record
from cnnstudio.training.runs.session import Past, Prepared
from cnnstudio.wording import counted

GRACE = 3  # epochs in which no run is judged
FEWEST = 3  # completed runs that a run is judged by

Curve = Sequence[float]
"""The accuracy on the validation images after each epoch, from the first on."""


def early_stop(own: Curve, completed: Iterable[Curve], grace: int = GRACE, fewest: int = FEWEST) -> str:
    """Why a run with this curve is not worth going on with, in a sentence; empty where it is.

    ``completed`` are the curves of runs that came to their own end. It is judged by those that have been as far, of
    which there must be ``fewest``, once it has more than ``grace`` epochs. A run that equals the median goes on.
    """
    epochs = len(own)
    others = [curve[:epochs] for curve in completed if len(curve) >= epochs]
    means = [fmean(curve) for curve in others if all(map(math.isfinite, curve))]
    if epochs <= grace or len(means) < max(1, fewest):
        return ""
    best, middle = max(filter(math.isfinite, own), default=-math.inf), median(means)
    if best >= middle:
        return ""
    said = "no number" if math.isinf(best) else f"{best:.1%}"
    return (
        f"Stopped early: after {counted(epochs, 'epoch')} its best accuracy was {said}, below the {middle:.1%} that "
        f"is the median of {counted(len(means), 'completed run')} of the sweep until then."
    )


def curve_of(folder: Path) -> Curve:
    """The curve of the run in this folder, as far as it has come; empty where there is none to be read."""
    ends = sorted((each for each in read_epochs(folder) if isinstance(each, EpochEnd)), key=lambda each: each.epoch)
    return tuple(end.score[0] for end in ends)


class MedianJudge:
    """Judges the runs of a queue that are to be: after each epoch, by those of the same sweep that are done.

    It is called with an entry and each event of its run, and answers with the sentence of ``early_stop``.
    """

    def __init__(self, file: QueueFile) -> None:
        self._file = file
        self._own: list[float] = []
        self._others: list[Curve] = []

    def __call__(self, entry: Entry, event: object) -> str:
        if not (entry.sweep and entry.is_judged):
            return ""
        match event:
            case Prepared():
                self._own, self._others = [], completed_curves(self._done(entry))
            case Past():
                self._own = [each.score[0] for each in event.events if isinstance(each, EpochEnd)]
            case EpochEnd():
                self._own.append(event.score[0])
                return early_stop(self._own, self._others)
        return ""

    def _done(self, entry: Entry) -> Iterator[Path]:
        with suppress(QueueError):  # it is as if there were none
            for each in self._file.read().entries:
                if each.sweep == entry.sweep and each.state == "done" and each.folder:
                    yield Path(each.folder)


def completed_curves(folders: Iterable[Path]) -> list[Curve]:
    """The curves of those runs that came to their own end; what cannot be read is passed over."""
    found = []
    for folder in folders:
        try:
            record, _ = read_record(folder)
        except DiskError:
            continue
        if record.present_state == "done":
            found.append(curve_of(folder))
    return found
