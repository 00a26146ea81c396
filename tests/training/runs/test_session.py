from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project, read
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.device import TrainingError
from cnnstudio.training.events import Finished, Observation, Remark, Started, Step
from cnnstudio.training.probe import View
from cnnstudio.training.runs import session
from cnnstudio.training.runs.folder import Destination, FolderError
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.session import Prepared, Progress, begin
from cnnstudio.worker import unheard


@dataclass(frozen=True)
class Seen(Observation):
    step: int


class Eye:
    """A probe that looks after every step."""

    def is_due(self, step: int) -> bool:
        return True

    def look(self, view: View) -> Iterator[Seen]:
        yield Seen(view.step)


def network(classes: int = 10) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Flatten(), Linear(classes))
    return draw.graph()


@pytest.fixture
def tiny() -> Project:
    return Project(network(), Recipe(data="digits", epochs=2, batch_size=256, learning_rate=0.01))


@pytest.fixture
def destination(tmp_path: Path) -> Destination:
    return Destination(tmp_path / "runs", "tiny")


def left(destination: Destination) -> list[str]:
    return [path.name for path in destination.parent.iterdir()] if destination.parent.exists() else []


def upto(events: Iterator[Any], kind: type) -> Any:
    return next(event for event in events if isinstance(event, kind))


def test_a_run_says_how_far_it_is_and_leaves_its_folder(tiny: Project, destination: Destination) -> None:
    events = list(begin(tiny, destination, unheard))
    assert [type(event) for event in events[:3]] == [Progress, Prepared, Started]
    assert events[0] == Progress("Starting PyTorch…", None)
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"
    prepared = events[1]
    assert isinstance(prepared, Prepared) and prepared.folder is not None
    assert prepared.folder.path == destination.parent / "tiny"
    assert sorted(path.name for path in prepared.folder.path.iterdir()) == [
        "best.safetensors",
        "checkpoint.safetensors",
        "epochs",
        "first_batch",
        "last.safetensors",
        "metrics.csv",
        "project.cnn",
        "run.json",
    ]
    assert read(prepared.folder.project) == tiny
    history = History(tiny.recipe.batch_size)
    for event in events:
        history.take(event)
    assert history.started is not None and history.finished is events[-1]
    assert history.steps["step"].tolist() == list(range(1, 2 * history.started.steps_per_epoch + 1))
    assert len(history.epochs) == 2


def test_two_runs_of_one_project_are_the_same(tiny: Project, destination: Destination) -> None:
    kept = []
    for _ in range(2):
        prepared = upto(events := begin(tiny, destination, unheard), Prepared)
        list(events)
        found, metadata = weights.read(prepared.folder.best)
        kept.append((metadata, {name: tensor.tolist() for name, tensor in found.items()}))
    assert kept[0] == kept[1]
    assert sorted(left(destination)) == ["tiny", "tiny-2"]


def test_images_that_are_known_are_not_read_again(tiny: Project, destination: Destination) -> None:
    known = session.prepare(tiny, unheard).data
    prepared = upto(events := begin(tiny, destination, unheard, known), Prepared)
    assert prepared.data is known
    events.close()


def test_long_work_tells_how_far_it_is_and_ends_where_it_should_not_go_on(
    tiny: Project, destination: Destination
) -> None:
    said: list[tuple[str, float | None]] = []

    def report(sentence: str, share: float | None) -> bool:
        said.append((sentence, share))
        return False

    drawn = dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, data="shapes"))
    with pytest.raises(DataCancelledError):
        list(begin(drawn, destination, report))
    assert said == [("Drawing the shapes", 0.0)]
    assert left(destination) == []


def test_the_caller_s_probes_look_into_the_network(tiny: Project, destination: Destination) -> None:
    given: list[Prepared] = []

    def probes(prepared: Prepared) -> list[Eye]:
        given.append(prepared)
        return [Eye()]

    events = list(begin(tiny, destination, unheard, probes=probes))
    prepared = events[1]
    assert isinstance(prepared, Prepared) and len(prepared.probes) == 1
    assert given[0].module is prepared.module
    seen = [event.step for event in events if isinstance(event, Seen)]
    assert seen == [event.step for event in events if isinstance(event, Step)]


def test_a_run_that_is_refused_leaves_no_folder(tiny: Project, destination: Destination) -> None:
    with pytest.raises(TrainingError, match="7 numbers"):
        list(begin(dataclasses.replace(tiny, graph=network(7)), destination, unheard))
    missing = dataclasses.replace(tiny.recipe, data="folder", folder="nowhere")
    with pytest.raises(DataError, match="nowhere"):
        list(begin(dataclasses.replace(tiny, recipe=missing), destination, unheard))
    assert left(destination) == []


@pytest.mark.parametrize("kind", [Progress, Prepared, Started])
def test_a_run_that_is_closed_before_its_first_step_leaves_no_folder(
    tiny: Project, destination: Destination, kind: type
) -> None:
    events = begin(tiny, destination, unheard)
    upto(events, kind)
    assert (left(destination) == []) == (kind is Progress)
    events.close()
    assert left(destination) == []
    assert not session.turn.locked()


def test_a_place_where_no_folder_can_be_refuses_the_run_or_warns_of_it(tiny: Project, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(FolderError, match="cannot be made"):
        list(begin(tiny, Destination(tmp_path / "runs", "tiny"), unheard))
    events = list(begin(tiny, Destination(tmp_path / "runs", must_keep=False), unheard))
    assert isinstance(events[1], Remark) and "nowhere to keep its weights" in events[1].sentence
    assert isinstance(events[2], Prepared) and events[2].folder is not None
    assert events[2].folder.weights is not None
    assert isinstance(events[-1], Finished)


def test_one_run_waits_for_the_other_and_its_wait_can_be_ended(
    tiny: Project, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TURN_SECONDS", 0.001)
    first, second = (begin(tiny, destination, unheard) for _ in range(2))
    upto(first, Started)
    assert next(second) == Progress("Waiting until another training has ended…", None)
    assert next(second) == next(second)
    second.close()
    assert session.turn.locked(), "the turn is still the first run's"
    third = begin(tiny, destination, unheard)
    assert isinstance(next(third), Progress)
    first.close()
    assert next(third) == Progress("Starting PyTorch…", None)
    third.close()
    assert not session.turn.locked()


def test_what_a_run_is_begun_with_needs_neither_torch_nor_qt() -> None:
    code = (
        "import sys\n"
        "import cnnstudio.training.runs.session, cnnstudio.training.runs.history, cnnstudio.training.runs.folder\n"
        "heavy = {'torch', 'PySide6', 'torchvision'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[3])
