"""A run that was stopped, or has ended, goes on as if nothing had come between, and says so."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import BatchNorm2d, Conv2d, Dropout, Flatten, Input, Linear
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project, read, write
from cnnstudio.project.augmentations import usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.device import TrainingError
from cnnstudio.training.events import EpochEnd, Finished, Remark, Started, Step
from cnnstudio.training.resume import CheckpointError
from cnnstudio.training.runs.folder import Destination, FolderInUseError, RunFolder
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.metrics_file import read_metrics
from cnnstudio.training.runs.record import read_record
from cnnstudio.training.runs.session import Past, Prepared, begin, go_on
from cnnstudio.training.runs.weights_header import epoch_of, step_of
from cnnstudio.training.turn import turn
from cnnstudio.worker import unheard


def network(channels: int = 4) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(channels), BatchNorm2d(), Dropout(0.2), Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture
def project() -> Project:
    return Project(
        network(), Recipe(data="digits", epochs=3, batch_size=256, learning_rate=0.01, augmentations=usual(True))
    )


def trained(project: Project, folder: Path, steps: int | None = None) -> RunFolder:
    """The folder of a run that was stopped after so many steps."""
    events = begin(project, Destination(folder.parent, folder.name), unheard)
    for event in events:
        if isinstance(event, Step) and event.step == steps:
            break
    events.close()
    return RunFolder(folder, is_new=False)


def kept(folder: RunFolder) -> dict[str, Any]:
    """What is left of a run, but for how long it took."""
    files = {}
    for path in filter(Path.exists, (folder.best, folder.last, folder.checkpoint)):
        tensors, _ = weights.read(path)
        files |= {f"{path.name} {name}": tensor.tolist() for name, tensor in tensors.items()}
    timeless = {"images_per_second": 0.0, "seconds": 0.0}
    for event in read_metrics(folder.path).events:
        known = {name: value for name, value in timeless.items() if hasattr(event, name)}
        files[f"{type(event).__name__} {vars(event).get('step', event.epoch)}"] = dataclasses.replace(event, **known)
    return files


@pytest.mark.parametrize("steps", [1, 4, 5, 6, 10, 12])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(project: Project, tmp_path: Path, steps: int) -> None:
    whole, folder = trained(project, tmp_path / "whole"), trained(project, tmp_path / "stopped", steps)
    assert read_record(folder.path)[0].state == "stopped"
    events = list(go_on(folder, unheard))
    past = next(event for event in events if isinstance(event, Past))
    assert past.step == steps and [e.step for e in past.events if isinstance(e, Step)] == list(range(1, steps + 1))
    assert kept(folder) == kept(whole)
    one, other = (read_record(each.path)[0] for each in (folder, whole))
    assert (one.state, one.epochs_done, one.steps_done, one.best) == ("done", 3, other.steps_done, other.best)
    history = History()
    for event in events:
        history.take(event)
    assert history.steps["step"].tolist() == list(range(1, other.steps_done + 1))
    assert history.epochs["epoch"].tolist() == [1, 2, 3]
    assert history.best is not None and other.best is not None and history.best.epoch == other.best.epoch


def test_a_run_at_its_end_goes_on_to_more_epochs_and_says_what_the_rate_does(project: Project, tmp_path: Path) -> None:
    folder = trained(project, tmp_path / "run")
    with pytest.raises(CheckpointError, match="has 3 epochs behind it already: give it more"):
        list(go_on(folder, unheard))
    said = list(go_on(folder, unheard, epochs=5))
    assert [event.epoch for event in said if isinstance(event, EpochEnd)] == [4, 5]
    rate = next(event.sentence for event in said if isinstance(event, Remark))
    assert rate.startswith("The one-cycle schedule was laid out for 3 epochs and is at its end. Laid out for 5,")
    assert read(folder.project).recipe.epochs == 5, "so that it can be gone on with once more"
    assert len(read_metrics(folder.path).events) == 5 * 6 + 5
    assert (read_record(folder.path)[0].epochs, read_record(folder.path)[0].epochs_done) == (5, 5)


def test_what_is_written_behind_the_checkpoint_is_dropped(project: Project, tmp_path: Path) -> None:
    """As after kill -9: the numbers go on for longer than the last checkpoint."""
    whole, folder = trained(project, tmp_path / "whole"), trained(project, tmp_path / "killed", 8)
    early = trained(project, tmp_path / "early", 4)
    folder.checkpoint.write_bytes(early.checkpoint.read_bytes())
    assert next(event for event in go_on(folder, unheard) if isinstance(event, Past)).step == 4
    list(go_on(folder, unheard))
    assert kept(folder) == kept(whole)


def test_a_run_that_was_killed_before_its_last_word_says_it(project: Project, tmp_path: Path) -> None:
    folder = trained(project, tmp_path / "run")
    before, record = kept(folder), tmp_path / "run" / "run.json"
    record.write_text(record.read_text().replace('"done"', '"running"'))
    assert [type(event) for event in go_on(folder, unheard)][-3:] == [Started, Past, Finished]
    assert read_record(folder.path)[0].state == "done" and kept(folder) == before


def test_going_on_needs_no_first_weights(project: Project, tmp_path: Path) -> None:
    trained(project, tmp_path / "before", 2).last.rename(tmp_path / "first.safetensors")
    recipe = dataclasses.replace(project.recipe, weights=str(tmp_path / "first.safetensors"))
    folder = trained(dataclasses.replace(project, recipe=recipe), tmp_path / "run", 3)
    (tmp_path / "first.safetensors").unlink()
    assert isinstance(list(go_on(folder, unheard))[-1], Finished)


def test_a_run_that_does_not_go_on_stays_as_it_was(project: Project, tmp_path: Path) -> None:
    folder = trained(project, tmp_path / "run", 3)
    before = kept(folder), read_record(folder.path), read(folder.project)
    for kind in (Prepared, Started, Past):
        events = go_on(folder, unheard)
        next(event for event in events if isinstance(event, kind))
        events.close()
        assert kept(folder) == before[0] and read(folder.project) == before[2]
    write(folder.project, dataclasses.replace(project, graph=network(5)))
    with pytest.raises(CheckpointError, match="of another network"):
        list(go_on(folder, unheard))
    folder.checkpoint.write_bytes(b"nothing")
    write(folder.project, project)
    with pytest.raises(CheckpointError, match=r"checkpoint\.safetensors holds no weights"):
        list(go_on(folder, unheard))
    folder.checkpoint.unlink()
    with pytest.raises(CheckpointError, match="keeps nothing from where it could go on"):
        list(go_on(folder, unheard))
    assert not turn.locked()


def test_a_run_that_is_being_trained_elsewhere_is_refused(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained(project, tmp_path / "run", 3)
    record = (tmp_path / "run" / "run.json").read_text()
    events = go_on(folder, unheard)
    next(event for event in events if isinstance(event, Step))
    mine = (tmp_path / "run" / "run.json").read_text()
    assert '"running"' in mine and '"running"' not in record
    events.close()
    (tmp_path / "run" / "run.json").write_text(mine.replace(f'"pid": {__import__("os").getpid()}', '"pid": 1'))
    monkeypatch.setattr("cnnstudio.owner.Owner.is_alive", True)
    with pytest.raises(FolderInUseError, match="is being trained at this moment"):
        list(go_on(folder, unheard))
    monkeypatch.setattr("cnnstudio.owner.Owner.is_alive", False)
    assert isinstance(list(go_on(folder, unheard))[-1], Finished)


def test_other_images_are_not_gone_on_with(project: Project, tmp_path: Path) -> None:
    folder = trained(project, tmp_path / "run", 3)
    fewer = dataclasses.replace(project, recipe=dataclasses.replace(project.recipe, validation_share=0.5))
    write(folder.project, fewer)
    with pytest.raises((CheckpointError, TrainingError), match="not those that this run has learned from"):
        list(go_on(folder, unheard))


def test_of_two_programs_that_go_on_at_once_one_does(project: Project, tmp_path: Path) -> None:
    """The record says who trains, but only once somebody has begun to."""
    folder = trained(project, tmp_path / "run", 2)
    before = kept(folder)
    release = folder.hold()
    with pytest.raises(FolderInUseError, match="is being trained"):
        list(go_on(folder, unheard))
    release()
    assert kept(folder) == before and not list(folder.path.glob(".*")) and not turn.locked()
    assert isinstance(list(go_on(folder, unheard))[-1], Finished)
    assert not list(folder.path.glob(".*"))


@pytest.mark.parametrize("steps", [0, 1])
def test_a_run_that_was_killed_and_is_stopped_again_loses_nothing_and_says_nothing_false(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """It goes on from its last checkpoint, and the disk has better weights of later epochs than that."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    early, folder = trained(project, tmp_path / "early", 8), trained(project, tmp_path / "killed", 17)
    folder.checkpoint.write_bytes(early.checkpoint.read_bytes())
    assert (epoch_of(early.best), epoch_of(folder.best), step_of(folder.last)) == (1, 2, 17)
    best, last = folder.best.read_bytes(), folder.last.read_bytes()
    prepared, taken = None, 0
    with closing(go_on(folder, unheard)) as events:
        for event in events:
            prepared, taken = event if isinstance(event, Prepared) else prepared, taken + isinstance(event, Step)
            if isinstance(event, Past | Step) and taken == steps:
                break
    assert prepared is not None and prepared.end.unkept == "" and list((tmp_path / "elsewhere").iterdir()) == []
    assert (prepared.end.is_best, prepared.end.epoch) == (True, 2), "the best that it has ever had"
    assert folder.best.read_bytes() == best
    assert step_of(folder.last) == 8 + steps if steps else folder.last.read_bytes() == last
    list(go_on(folder, unheard))
    assert kept(folder) == kept(trained(project, tmp_path / "whole"))
