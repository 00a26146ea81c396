"""Run details: what is read of the runs that are selected, for their curves and for what differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cnnstudio.training.runs.metrics_file import read_metrics
from cnnstudio.training.runs.run_differences import Differences, differences
from cnnstudio.training.runs.run_library import ListedRun
from cnnstudio.ui.training.overlaid_curves import MOST_CURVES, RunCurves


@dataclass(frozen=True, eq=False)
class RunDetails:
    """The curves and the differences of some runs; ``of`` tells which, and how far each had come."""

    of: tuple[object, ...]
    curves: tuple[RunCurves, ...]
    differences: Differences


def told_of(runs: Sequence[ListedRun]) -> tuple[object, ...]:
    """Which runs these are, and how far each has come."""
    return tuple((run.folder, run.record.steps_done) for run in runs)


def read_details(runs: Sequence[ListedRun]) -> RunDetails:
    """Read the first ``MOST_CURVES`` of these runs; a name that several have is told by the moment."""
    drawn = runs[:MOST_CURVES]
    names = [run.title for run in drawn]
    times = [f"{run.record.began.astimezone():%d %b %H:%M}" for run in drawn]
    if len(set(names)) < len(names):  # the moment tells them apart, and the name only where there are several
        names = times if len(set(names)) == 1 else [f"{name}, {time}" for name, time in zip(names, times, strict=True)]
    curves = [
        RunCurves(name, read_metrics(run.folder), run.record.steps_per_epoch)
        for name, run in zip(names, drawn, strict=True)
    ]
    return RunDetails(told_of(runs), tuple(curves), differences(drawn))
