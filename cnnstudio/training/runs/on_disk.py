"""On disk: what the files of a run hold, read back, beside what the run has reached. Knows neither Qt nor torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cnnstudio.training.events import EpochEnd, Finished, Step
from cnnstudio.training.runs.folder import PROJECT, RunFolder
from cnnstudio.training.runs.metrics_file import METRICS, read_epochs
from cnnstudio.training.runs.record import RECORD, read_record
from cnnstudio.training.runs.weights_header import epoch_of, is_whole, step_of


@dataclass(frozen=True)
class Reached:
    """How far a run has come: its whole epochs, its last step, and the epoch of its best weights.

    ``step`` is 0 where its last weights are those of the last whole epoch: before the first, and where it diverged.
    """

    epochs: int = 0
    step: int = 0
    best: int | None = None

    def after(self, event: object) -> Reached:
        """How far it is after this event."""
        match event:
            case Step():
                return replace(self, step=event.step)
            case EpochEnd():
                return replace(self, epochs=event.epoch, best=event.epoch if event.is_best else self.best)
            case Finished(reason="diverged"):
                return replace(self, step=0)
        return self


@dataclass
class End:
    """What a run leaves when it is over, told to whoever began it: nobody hears events of a run that is closed.

    Its module has the weights of ``epoch``, or of ``step`` in the epoch behind that; ``is_best`` says whether those are
    its best. ``unkept`` is a sentence about what of it is not on the disk, empty where all is; ``again`` writes what is
    in memory of that, where it is not None, and says ``unkept`` anew. While it goes on, ``optimizer`` is what takes its
    steps, with all that it remembers; afterwards it is gone.
    """

    epoch: int = 0
    step: int = 0
    is_best: bool = False
    unkept: str = ""
    again: Callable[[], str] | None = None
    optimizer: Any = None  # a torch.optim.Optimizer, which only training knows

    @property
    def sentence(self) -> str:
        """Which weights the module has, in a few words."""
        return f"weights of epoch {self.epoch:,}" if self.is_best else f"weights after step {self.step:,}"


def unkept(folder: RunFolder, reached: Reached) -> str:
    """What of a run that is over its folder does not hold, as a sentence; empty where it holds all."""
    found = [_lacking(folder.best, reached.best, 0, may_be_later=True)] if reached.best is not None else []
    if reached.epochs or reached.step:
        found += [_lacking(folder.last, reached.epochs, reached.step), *_lacking_beside(folder.path, reached)]
    told = "; ".join(filter(None, found))
    return f"Not everything is on the disk: {told}." if told else ""


def _lacking(path: Path, epoch: int, step: int, *, may_be_later: bool = False) -> str:
    """What is wrong with a file that should hold the weights of this epoch and step; 0 is for any step.

    A run that was killed had perhaps reached a better epoch, the weights of which ``may_be_later`` than those it is at.
    """
    if not path.exists():
        return f"there is no {path.name}"
    if not is_whole(path):
        return f"{path.name} is damaged"
    held, after = epoch_of(path), step_of(path)
    if held is not None and held != epoch and not (may_be_later and held > epoch):
        return f"{path.name} holds the weights of epoch {held:,}, not those of epoch {epoch:,}"
    if step and after is not None and after != step:
        return f"{path.name} holds the weights after step {after:,}, not those after step {step:,}"
    return ""


def _lacking_beside(folder: Path, reached: Reached) -> list[str]:
    """The same of what stands beside the weights."""
    found = []
    if not (folder / PROJECT).exists():
        found.append(f"there is no {PROJECT}")
    rows = max((event.epoch for event in read_epochs(folder) if isinstance(event, EpochEnd)), default=0)
    if rows < reached.epochs:
        found.append(f"{METRICS} ends after epoch {rows:,}" if rows else f"{METRICS} has no epoch")
    if not (folder / RECORD).exists() or read_record(folder)[0].state == "running":
        found.append(f"{RECORD} does not say how it ended")
    return found
