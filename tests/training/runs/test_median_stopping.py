"""Median stopping: Golovin et al. 2017, on curves and on the folders of runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from cnnstudio.blocks import Flatten, Input, Linear
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.median_stopping import completed_curves, curve_of, early_stop
from cnnstudio.training.runs.metrics_file import MetricsWriter
from cnnstudio.training.runs.queue import Entry, QueueFile, new_entry
from cnnstudio.training.runs.queue_runner import QueueRunner
from cnnstudio.training.runs.record import Labels, new_record, read_labels, read_record, write_labels, write_record
from cnnstudio.training.runs.session import go_on
from cnnstudio.worker import unheard

GOOD, FAIR, SLOW = (0.2, 0.6, 0.8, 0.9, 0.9), (0.2, 0.5, 0.6, 0.7, 0.7), (0.1, 0.1, 0.3, 0.3, 0.4)
ALL = [GOOD, FAIR, SLOW]
PROJECT = Project(
    Graph.of((Node("image", Input((1, 8, 8))), Node("flat", Flatten(), ("image",)), Node("fc", Linear(10), ("flat",)))),
    Recipe(epochs=5, batch_size=512, learning_rate=1e-8),
)


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


def kept(folder: Path, state: str, *curve: float) -> Path:
    """The folder of a run that has ended so, with these accuracies."""
    folder.mkdir(parents=True)
    write_record(folder, msgspec.structs.replace(new_record(PROJECT), state=state, owner=None))
    writer = MetricsWriter(folder, 4)
    for number, accuracy in enumerate(curve, 1):
        writer.take(EpochEnd(number, 1.0, 0.1, 1.0, accuracy, 1.0, True, average_loss=0.5, average_accuracy=0.25))
    writer.flush()
    return folder


def test_curves_are_read_of_runs_that_came_to_their_end(tmp_path: Path) -> None:
    for name, state in (("a", "done"), ("b", "stopped"), ("c", "diverged"), ("d", "done")):
        kept(tmp_path / name, state, 0.2, 0.3)
    assert curve_of(tmp_path / "a") == (0.25, 0.3), "of the better of the last and the averaged weights"
    assert completed_curves([*sorted(tmp_path.iterdir()), tmp_path / "gone"]) == [(0.25, 0.3)] * 2
    assert curve_of(tmp_path / "gone") == ()


def queued(tmp_path: Path, **values: object) -> tuple[QueueFile, Entry]:
    """A queue with three runs of "sweep 1" that were right about everything, and one to come."""
    done = [
        msgspec.structs.replace(
            new_entry(PROJECT, name, sweep="sweep 1"),
            state="done",
            folder=str(kept(tmp_path / name, "done", *[1.0] * 9)),
        )
        for name in "abc"
    ]
    file, entry = QueueFile(), new_entry(PROJECT, "late", tmp_path, "late", **values)
    file.change(lambda queue: queue.added(*done, entry))
    return file, entry


def epochs_of(events: Iterable[object]) -> list[int]:
    return [event.epoch for event in events if isinstance(event, EpochEnd)]


def test_a_run_of_a_sweep_that_falls_behind_ends_and_says_why_and_goes_on_by_hand(tmp_path: Path) -> None:
    file, entry = queued(tmp_path, sweep="sweep 1", is_judged=True)
    assert epochs_of(QueueRunner(file).events(unheard)) == [1, 2, 3, 4]
    settled, folder = file.read()[entry.id], RunFolder(tmp_path / "late", is_new=False)
    assert settled.state == "stopped" and settled.sentence.startswith("Stopped early: after 4 epochs its best ")
    record, _ = read_record(folder.path)
    assert (record.state, record.sentence) == ("stopped", settled.sentence), "the list of runs says it as well"
    assert read_labels(folder.path).tags == ("sweep 1",), "by which it is found"
    assert epochs_of(go_on(folder, unheard)) == [5]
    assert read_record(folder.path)[0].state == "done"


def test_what_a_person_queues_again_is_judged_no_more(tmp_path: Path) -> None:
    file, entry = queued(tmp_path, sweep="sweep 1", is_judged=True)
    assert epochs_of(QueueRunner(file).events(unheard)) == [1, 2, 3, 4]
    write_labels(tmp_path / "late", Labels(("mine",)))
    file.change(lambda queue: queue.again(entry.id))
    assert epochs_of(QueueRunner(file).events(unheard)) == [5]
    assert file.read()[entry.id].state == "done"
    assert read_labels(tmp_path / "late").tags == ("mine",), "what the person says of it stays"


@pytest.mark.parametrize("values", [{"sweep": "sweep 1"}, {"sweep": "another", "is_judged": True}])
def test_nobody_else_is_judged(tmp_path: Path, values: dict[str, object]) -> None:
    file, entry = queued(tmp_path, **values)
    assert epochs_of(QueueRunner(file).events(unheard)) == [1, 2, 3, 4, 5]
    assert file.read()[entry.id].state == "done"
