from __future__ import annotations

import dataclasses
import gc
import json
import weakref
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Linear, LPPool2d
from cnnstudio.cli import main
from cnnstudio.compiler.source import Place
from cnnstudio.graph import Shape
from cnnstudio.project import Project, ProjectError, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.rest import Rest
from cnnstudio.training.data.loading import load
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.session import Prepared, begin
from cnnstudio.ui.run import Run

SAME = "best.*", "last.*", "project.cnn", "first_batch/001.png", "first_batch/labels.csv"  # whatever the clock says


def contents(path: Path) -> object:
    """What is in a file; of safetensors the header, whose entries stand in any order, and the bytes of the weights."""
    data = path.read_bytes()
    if path.suffix != ".safetensors":
        return data
    start = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:start]), data[start:]


def longer(project: Project) -> Project:
    return dataclasses.replace(project, recipe=dataclasses.replace(project.recipe, epochs=500, batch_size=64))


def test_a_run_goes_from_idle_to_finished_and_keeps_everything(
    qtbot: QtBot, tiny: Project, isolated_home: Path
) -> None:
    run = Run()
    states: list[str] = []
    said: list[str] = []
    run.state_changed.connect(states.append)
    run.said.connect(said.append)
    run.watch(Place("conv1"), 3)
    run.start(tiny)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert states == ["preparing", "training", "finished"]
    assert run.history.started is not None
    assert len(run.history.epochs) == 2
    assert len(run.history.steps) == 2 * run.history.started.steps_per_epoch
    assert run.history.steps["step"].tolist() == list(range(1, len(run.history.steps) + 1))
    assert run.history.best is not None
    assert run.maps is not None
    assert run.maps.maps.shape == (4, 6, 6)
    assert run.weights is not None
    assert run.weights.name == "best.safetensors"
    assert run.weights.is_relative_to(isolated_home)
    assert read(run.weights.parent / "project.cnn") == tiny
    assert run.fits(tiny.graph)
    assert not run.fits(tiny.graph.replace("linear1", Linear(9)))
    assert said == [run.sentence]
    run.close()


def test_the_window_and_the_command_line_make_the_same_run(
    qtbot: QtBot, tiny: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run()
    run.watch(Place("conv1"), 0)
    run.start(tiny)
    qtbot.waitUntil(lambda: run.state == "finished")
    run.close()
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "tiny.cnn", tiny)
    assert main(["train", "tiny.cnn"]) == 0
    steps, epochs, alone = [], [], None
    for event in begin(tiny, Destination(tmp_path, "alone"), lambda sentence, share: True):
        steps += [event] if isinstance(event, Step) else []
        epochs += [event] if isinstance(event, EpochEnd) else []
        alone = event.folder if isinstance(event, Prepared) else alone
    assert run.history.steps["loss"].tolist() == [step.loss for step in steps]
    assert run.history.epochs["validation_loss"].tolist() == [epoch.validation_loss for epoch in epochs]
    assert run.weights is not None and alone is not None
    window, terminal, headless = (
        {path.name: contents(path) for each in SAME for path in folder.glob(each)}
        for folder in (run.weights.parent, tmp_path / "runs" / "tiny", alone.path)
    )
    assert sorted(window) == ["001.png", "best.safetensors", "labels.csv", "last.safetensors", "project.cnn"]
    assert window == terminal
    assert window == headless


def test_a_run_that_is_refused_leaves_no_folder(qtbot: QtBot, tiny: Project, isolated_home: Path) -> None:
    run = Run()
    run.start(dataclasses.replace(tiny, graph=tiny.graph.replace("linear1", Linear(7))))
    qtbot.waitUntil(lambda: run.state == "failed")
    assert list((isolated_home / "runs").iterdir()) == []
    assert run.weights is None
    run.close()


def test_pause_stops_the_steps_and_resume_goes_on(qtbot: QtBot, tiny: Project) -> None:
    run = Run()
    run.start(longer(tiny))
    qtbot.waitUntil(lambda: len(run.history.steps) > 3)
    run.pause()
    assert run.state == "paused"
    answers: list[None] = []
    run.ask(lambda: None, answers.append)  # after the step that it was at, however long that takes
    qtbot.waitUntil(lambda: bool(answers))
    steps = len(run.history.steps)
    qtbot.wait(150)
    assert len(run.history.steps) == steps
    run.resume()
    qtbot.waitUntil(lambda: len(run.history.steps) > steps)
    run.stop()
    qtbot.waitUntil(lambda: run.state == "finished")
    assert run.sentence.startswith("Stopped in epoch ")
    run.close()


def test_a_stopped_run_can_be_followed_by_another(qtbot: QtBot, tiny: Project) -> None:
    run = Run()
    run.start(longer(tiny))
    qtbot.waitUntil(lambda: len(run.history.steps) > 0)
    run.start(tiny)
    assert run.project is not None
    assert run.project.recipe.epochs == 500
    run.stop()
    qtbot.waitUntil(lambda: run.state == "finished")
    run.start(tiny)
    assert len(run.history.steps) > 0, "until it takes a step, the run before is what there is"
    qtbot.waitUntil(lambda: run.state == "finished")
    assert len(run.history.epochs) == 2
    run.close()


def test_data_that_cannot_be_had_is_a_sentence(qtbot: QtBot, tiny: Project, tmp_path: Path) -> None:
    run = Run()
    missing = tmp_path / "nowhere"
    run.start(dataclasses.replace(tiny, recipe=Recipe(data="folder", folder=str(missing))))
    qtbot.waitUntil(lambda: run.state == "failed")
    assert "nowhere" in run.sentence
    assert "Traceback" not in run.sentence
    run.close()


def test_a_network_that_does_not_end_in_the_classes_is_a_sentence(qtbot: QtBot, tiny: Project) -> None:
    run = Run()
    run.start(dataclasses.replace(tiny, graph=tiny.graph.replace("linear1", Linear(7))))
    qtbot.waitUntil(lambda: run.state == "failed")
    assert "7" in run.sentence
    assert "10" in run.sentence
    run.close()


def test_a_loss_that_becomes_no_number_fails_with_the_reason(qtbot: QtBot, tiny: Project) -> None:
    run = Run()
    recipe = dataclasses.replace(tiny.recipe, optimizer="SGD", learning_rate=100.0, epochs=20)
    run.start(dataclasses.replace(tiny, recipe=recipe))
    qtbot.waitUntil(lambda: run.state in ("failed", "finished"))
    assert run.state == "failed"
    assert "learning rate" in run.sentence
    run.close()


def test_a_run_begins_with_the_weights_of_another(qtbot: QtBot, tiny: Project) -> None:
    run = Run()
    run.start(tiny)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert run.weights is not None and run.history.best is not None
    before, data = run.history.best.validation_loss, run.loaded.all_of(tiny)
    recipe = dataclasses.replace(tiny.recipe, weights=str(run.weights), learning_rate=1e-8)
    again = dataclasses.replace(tiny, recipe=recipe)
    run.start(again)
    qtbot.waitUntil(lambda: run.state in ("finished", "failed"))
    assert "It begins with the weights of best.safetensors." in run.history.notes
    assert run.history.best.validation_loss == pytest.approx(before, rel=1e-3)
    known = run.loaded.all_of(again)
    assert data is not None and known is not None and known.mean == data.mean
    assert run.loaded.all_of(tiny) is None  # which are normalised in another way
    run.close()


def test_weights_that_cannot_be_had_are_a_sentence(qtbot: QtBot, tiny: Project, tmp_path: Path) -> None:
    run = Run()
    recipe = dataclasses.replace(tiny.recipe, weights=str(tmp_path / "none.pth"))
    run.start(dataclasses.replace(tiny, recipe=recipe))
    qtbot.waitUntil(lambda: run.state == "failed")
    assert run.sentence.startswith("The run cannot begin with these weights: none.pth cannot be opened")
    run.close()


def test_who_has_nowhere_to_write_trains_all_the_same_and_is_told(
    qtbot: QtBot, tiny: Project, isolated_home: Path
) -> None:
    (isolated_home / "runs").write_text("a file where the folder should be")
    run, said = Run(), []
    run.said.connect(said.append)
    run.start(tiny)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert said[0].startswith("The run has nowhere to keep its weights")
    assert "export what you want to keep" in said[0]
    assert run.weights is not None and run.weights.exists(), "until the program ends they can be exported"
    assert isolated_home not in run.weights.parents
    run.close()


def test_a_run_on_a_full_disk_is_trained_all_the_same(
    qtbot: QtBot, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, project: Project) -> None:
        raise ProjectError(f"{path.name} was not written: the disk is full.")

    def no_room(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cnnstudio.training.runs.folder.write", full)
    monkeypatch.setattr("cnnstudio.training.runs.folder.tempfile.mkdtemp", no_room)
    run, said = Run(), []
    run.said.connect(said.append)
    run.start(tiny)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert said[0] == "project.cnn was not written: the disk is full. Nothing of this run will be kept."
    assert run.weights is None and len(run.history.epochs) == 2
    run.close()


def test_the_images_of_another_project_are_let_go(qtbot: QtBot, tiny: Project) -> None:
    run = Run()
    size = Shape(1, 8, 8)
    run.loaded.keep(tiny, load(tiny.recipe, size))
    watched = weakref.ref(run.loaded.all_of(tiny))
    run.loaded.let_go(tiny)
    assert watched() is not None
    other = dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, data="shapes"))
    run.loaded.let_go(other)
    assert watched() is None
    run.loaded.keep(tiny, load(tiny.recipe, size))
    run.forget()  # another file is open
    assert run.loaded.some_of(tiny) is None


def test_some_of_the_images_are_no_training_set(qtbot: QtBot, tiny: Project) -> None:
    run, size = Run(), Shape(1, 8, 8)
    some, whole = load(tiny.recipe, size, most=64 * 50), load(tiny.recipe, size)
    run.loaded.keep(tiny, some)
    assert run.loaded.some_of(tiny) is some and run.loaded.all_of(tiny) is None
    run.loaded.keep(tiny, whole)
    run.loaded.keep(tiny, some)
    assert run.loaded.all_of(tiny) is whole
    run.loaded.keep(dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, seed=7)), some)
    run.start(tiny)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert run.trained is not None and len(run.trained.data.train_labels) == len(whole.train_labels)
    watched = weakref.ref(run.trained.data)
    assert run.loaded.all_of(tiny) is watched()
    assert run.close()
    gc.collect()
    assert watched() is None


def test_a_first_loss_that_is_no_number_fails_and_leaves_the_last_good_run(qtbot: QtBot, tiny: Project) -> None:
    run, said = Run(), list[str]()
    run.said.connect(said.append)
    spoiled = tiny.with_graph(tiny.graph.replace("conv1", LPPool2d(3.0)))  # a root of what may be below zero
    for before in (0, 2):
        run.start(spoiled)
        qtbot.waitUntil(lambda: not run.is_active)
        assert run.state == "failed" and said[-1] == run.sentence, "as any run that has diverged"
        assert "before any weight has moved" in run.sentence and "conv1 (LPPool2d)" in run.sentence
        assert len(run.history.epochs) == before and not run.fits(spoiled.graph)
        if not before:
            run.start(tiny)
            qtbot.waitUntil(lambda: run.state == "finished")
    assert run.fits(tiny.graph) and run.can_go_on
    run.close()


def test_steps_are_told_as_often_as_the_cores_can_spare_and_the_last_ones_at_once(qtbot: QtBot, tiny: Project) -> None:
    run = Run()
    run.start(longer(tiny))
    qtbot.waitUntil(lambda: len(run.history.steps) > 0)
    told: list[int] = []
    run.advanced.connect(lambda: told.append(len(run.history.steps)))
    run._rest = Rest(1_000.0)
    run._rest.begin()
    seen = len(run.history.steps)
    qtbot.waitUntil(lambda: len(run.history.steps) > seen + 2)
    assert not told, "nobody is told yet, though the steps are taken down"
    run.stop()
    told.clear()  # that it was stopped
    qtbot.waitUntil(lambda: not run.is_active)
    assert told == [len(run.history.steps)]
