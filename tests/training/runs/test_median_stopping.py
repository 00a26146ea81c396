"""Median stopping: Golovin et al. 2017, on curves and on the folders of runs."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from cnnstudio.project import Project
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.runs.median_stopping import completed_curves, curve_of, early_stop
from cnnstudio.training.runs.metrics_file import MetricsWriter
from cnnstudio.training.runs.record import new_record, write_record

GOOD, FAIR, SLOW = (0.2, 0.6, 0.8, 0.9, 0.9), (0.2, 0.5, 0.6, 0.7, 0.7), (0.1, 0.1, 0.3, 0.3, 0.4)
ALL = [GOOD, FAIR, SLOW]


def test_a_run_ends_whose_best_is_below_the_median_of_the_others_means() -> None:
    # after four epochs the means are 0.625, 0.5 and 0.2, of which 0.5 is the median
    assert early_stop((0.1, 0.2, 0.3, 0.49), ALL) == (
        "Stopped early: after 4 epochs its best accuracy was 49.0%, below the 50.0% that is the median of 3 completed "
        "runs of the sweep until then."
    )
    assert not early_stop((0.1, 0.2, 0.3, 0.5), ALL), "the median itself goes on"
    assert not early_stop((0.51, 0.2, 0.1, 0.1), ALL), "its best counts, whenever that was"


def test_the_means_are_those_until_the_same_epoch() -> None:
    assert early_stop((0.1, 0.1, 0.4, 0.52), [GOOD, FAIR, (0.0, 0.0, 0.1, 1.0, 1.0)]) == ""
    assert "54.0%" in early_stop((0.1, 0.1, 0.4, 0.52, 0.52), [GOOD, FAIR, (0.0, 0.0, 0.1, 1.0, 1.0)])


def test_nobody_is_judged_in_the_first_epochs_nor_by_too_few() -> None:
    assert not early_stop((0.0, 0.0, 0.0), ALL)
    assert early_stop((0.0, 0.0, 0.0), ALL, grace=2)
    assert not early_stop((0.0,) * 4, ALL[:2])
    assert early_stop((0.0,) * 4, ALL[:2], fewest=2)
    assert not early_stop((0.0,) * 5, [GOOD, FAIR, SLOW[:4]]), "one that ended before this epoch judges nobody in it"
    assert not early_stop((), [], grace=-1, fewest=0)


def test_what_is_no_number_is_worse_than_any_and_judges_nobody() -> None:
    assert "its best accuracy was no number" in early_stop((math.nan,) * 4, ALL)
    assert not early_stop((0.0,) * 4, [GOOD, FAIR, (math.nan, 0.1, 0.3, 0.3)])


def test_curves_are_read_of_runs_that_came_to_their_end(tmp_path: Path, tiny_project: Project) -> None:
    for name, state in (("a", "done"), ("b", "stopped"), ("c", "diverged"), ("d", "done")):
        folder = tmp_path / name
        folder.mkdir()
        write_record(folder, msgspec.structs.replace(new_record(tiny_project), state=state, owner=None))
        writer = MetricsWriter(folder, 4)
        for number, accuracy in enumerate((0.2, 0.3), 1):
            writer.take(EpochEnd(number, 1.0, 0.1, 1.0, accuracy, 1.0, True, average_loss=0.5, average_accuracy=0.25))
        writer.flush()
    assert curve_of(tmp_path / "a") == (0.25, 0.3), "of the better of the last and the averaged weights"
    assert completed_curves([*sorted(tmp_path.iterdir()), tmp_path / "gone"]) == [(0.25, 0.3)] * 2
    assert curve_of(tmp_path / "gone") == ()


@pytest.fixture
def tiny_project() -> Project:
    return Project()
