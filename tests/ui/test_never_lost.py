"""What has been trained is never lost: by closing, by a start that fails, by training again, by a slip of the hand."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Linear, ReLU
from cnnstudio.disk import DiskError, replacing
from cnnstudio.folders import runs_folder
from cnnstudio.graph import Graph
from cnnstudio.owner import Owner
from cnnstudio.project import Project, RunReference, read, write
from cnnstudio.training import weights
from cnnstudio.ui.files.exports import BEHIND
from cnnstudio.ui.files.recovery_copy import About, Copy
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.run import IN_MEMORY

LONG = 60_000
Reopened = Callable[[Path], MainWindow]


def sentences(window: MainWindow) -> list[str]:
    return [bar.sentence for bar in window.messages.bars]


def press(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Press the button with this text in a message."""
    buttons = [bar.buttons[text] for bar in window.messages.bars if text in bar.buttons]
    qtbot.mouseClick(buttons[-1], Qt.MouseButton.LeftButton)


def train(qtbot: QtBot, window: MainWindow) -> None:
    window.training.toggle()
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)


def with_recipe(project: Project, **values: object) -> Project:
    return dataclasses.replace(project, recipe=dataclasses.replace(project.recipe, **values))


def longer(project: Project) -> Project:
    return with_recipe(project, epochs=400, batch_size=64)


def curves(window: MainWindow) -> list[np.ndarray]:
    history = window.run.history
    timeless = ("step", "epoch", "loss", "accuracy", "learning_rate")
    steps = [history.steps[name].copy() for name in timeless]
    return steps + [history.epochs[name].copy() for name in ("epoch", "train_loss", "validation_accuracy")]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


@pytest.fixture
def trained(qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path) -> Path:
    """The file of a project that was trained in the window and saved."""
    write(tmp_path / "tiny.cnn", tiny)
    window.files.open(tmp_path / "tiny.cnn")
    window.show_panel("training")
    train(qtbot, window)
    window.files.save()
    return tmp_path / "tiny.cnn"


@pytest.fixture
def reopened(window: MainWindow) -> Iterator[Reopened]:
    """Opens a file in another window, as on another day; that window, and those opened from it, do not stay behind."""
    made = []

    def opened(path: Path) -> MainWindow:
        made.append(MainWindow(window.preferences))
        made[-1].show()
        made[-1].files.open(path)
        return made[-1]

    yield opened
    for each in made:
        for one in {each, *each.windows.all}:
            one.document.mark_saved()
            one.close()
            one.deleteLater()


# one: saved, closed and opened again


def test_a_project_that_is_opened_again_has_its_weights(
    qtbot: QtBot, window: MainWindow, trained: Path, tmp_path: Path, reopened: Reopened
) -> None:
    run, file = window.run, window.run.weights
    assert file is not None and run.history.best is not None
    assert read(trained).run == RunReference(file.parent.name, run.history.best.epoch)
    again = reopened(trained)
    sentence = f"Weights of run {file.parent.name}, epoch {run.history.best.epoch}."
    assert sentences(again)[-1] == sentence == again.run.sentence
    assert again.run.weights == file and again.run.fits(again.document.graph)
    assert not again.document.is_modified
    assert same(curves(again), curves(window))
    again.exports.start("weights", tmp_path / "out.safetensors")
    qtbot.waitUntil((tmp_path / "out.safetensors").exists, timeout=LONG)
    qtbot.waitUntil(lambda: "out.safetensors" in sentences(again)[-1], timeout=LONG)
    kept, out = (weights.read(path)[0] for path in (file, tmp_path / "out.safetensors"))
    assert {name: tensor.tolist() for name, tensor in kept.items()} == {k: v.tolist() for k, v in out.items()}
    assert again.close()


def test_feature_maps_are_those_of_the_weights_that_the_project_has(
    qtbot: QtBot, window: MainWindow, trained: Path, reopened: Reopened
) -> None:
    again = reopened(trained)
    panel = again.docks["feature-maps"].widget()
    again.show_panel("feature-maps")
    again.document.select(("linear1",))
    qtbot.waitUntil(lambda: panel._shown is not None, timeout=LONG)
    assert "weights of run" in panel.view.caption.text()
    shown = panel._shown.maps
    from cnnstudio.insight.activations import maps
    from cnnstudio.training.runs.session import prepare
    from cnnstudio.worker import unheard

    ready = prepare(again.document.project, unheard, None, again.run.weights)
    wanted = maps(
        ready.module,
        ready.source,
        "linear1",
        ready.data.validation_images[again.run.picture.number].numpy(),
        ready.data,
    )
    assert np.array_equal(shown, wanted)
    fresh = prepare(again.document.project, unheard)
    other = maps(fresh.module, fresh.source, "linear1", fresh.data.validation_images[0].numpy(), fresh.data)
    assert not np.array_equal(shown, other)
    assert again.close()


def test_a_run_that_is_gone_is_a_sentence(qtbot: QtBot, window: MainWindow, trained: Path, reopened: Reopened) -> None:
    folder = window.run.folder
    assert folder is not None
    folder.path.rename(folder.path.with_name("elsewhere"))
    again = reopened(trained)
    assert sentences(again)[-1].startswith(f"The run {folder.path.name} that this project has its weights from is not")
    assert again.run.state == "idle" and again.run.weights is None
    assert again.close()


def test_a_network_that_was_changed_since_says_so_and_offers_that_of_the_run(
    qtbot: QtBot, window: MainWindow, trained: Path, tiny_graph: Graph, reopened: Reopened
) -> None:
    window.document.edit_graph("Widen", tiny_graph.replace("linear1", Linear(10, bias=False)))
    window.files.save()
    again = reopened(trained)
    assert sentences(again)[-1].endswith("The network has changed since then.")
    again.show_panel("training")
    qtbot.waitUntil(again.training.standing.own.isVisible)
    assert "The network has changed since then" in again.training.sentence.text()
    qtbot.mouseClick(again.training.standing.own, Qt.MouseButton.LeftButton)
    beside = again.windows.all[-1]
    assert beside is not again and beside.document.graph == tiny_graph
    assert beside.run.weights == again.run.weights and beside.run.fits(beside.document.graph)
    beside.document.mark_saved()
    assert beside.close() and again.close()


def test_the_network_of_a_run_comes_with_the_weights_of_that_run(
    qtbot: QtBot, window: MainWindow, trained: Path, tiny_graph: Graph
) -> None:
    first = window.run.weights
    window.training.start_anew()
    qtbot.waitUntil(lambda: window.run.state == "finished" and window.run.weights != first, timeout=LONG)
    window.document.edit_graph("Widen", tiny_graph.replace("linear1", Linear(10, bias=False)))
    qtbot.waitUntil(window.training.standing.own.isVisible)
    qtbot.mouseClick(window.training.standing.own, Qt.MouseButton.LeftButton)
    beside = window.windows.all[-1]
    assert beside is not window and beside.run.weights == window.run.weights
    assert beside.run.fits(tiny_graph)


def test_no_undo_takes_the_weights_away(qtbot: QtBot, window: MainWindow, trained: Path, tiny_graph: Graph) -> None:
    run = window.document.project.run
    window.document.edit_graph("Insert", tiny_graph.replace("linear1", Linear(10, bias=False)))
    window.document.undo_stack.undo()
    assert window.document.project.run == run is not None and not window.document.is_modified
    assert window.run.fits(window.document.graph)


@pytest.mark.parametrize("is_recalled", [False, True])
def test_a_run_that_is_deleted_meanwhile_is_neither_believed_nor_begun_anew(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path, is_recalled: bool
) -> None:
    window.document.open(longer(tiny), None)
    window.show_panel("training")
    window.training.toggle()
    qtbot.waitUntil(lambda: window.run.weights is not None, timeout=LONG)
    window.run.stop()
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    if is_recalled:
        window.document.open(window.document.project, None)
    panel, folder = window.training, window.run.folder
    panel.update_now()
    assert folder is not None and panel.train.text() == "Go on"
    folder.path.rename(tmp_path / "bin")
    panel.toggle()
    assert not window.run.is_active and panel.train.text() == "Train"
    assert sentences(window)[-1] == panel.sentence.text() and "were moved or deleted" in panel.sentence.text()
    if not is_recalled:  # they are in memory
        assert window.exports.weights() is not None and window.run.is_passing
        learned = window.run.trained
        panel.toggle()
        assert not window.run.is_active and panel.question.isVisible()
        assert "Another run takes its place" in panel.question.sentence.text()
        panel.question.no.click()
        assert window.run.trained is learned and not panel.question.isVisible()
        panel.toggle()
        panel.question.yes.click()
        qtbot.waitUntil(lambda: window.run.trained is not learned, timeout=LONG)
        window.run.stop()
        qtbot.waitUntil(lambda: not window.run.is_active, timeout=LONG)
        return
    window.exports.ask("weights")
    assert "What this network has learned is not there any more" in sentences(window)[-1]
    (tmp_path / "bin").rename(folder.path)
    window.run.kept.look(None)
    qtbot.waitUntil(lambda: panel.train.text() == "Go on")


# two: a start that fails


@pytest.mark.parametrize("values", [{"data": "folder", "folder": "nowhere"}, {"data": "cifar10"}])
def test_a_start_that_fails_leaves_the_last_good_run(
    qtbot: QtBot, window: MainWindow, trained: Path, values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnnstudio.training.data.errors import DataError

    def no_network(*_: object, **__: object) -> None:
        raise DataError("There is no network.")

    monkeypatch.setattr("cnnstudio.training.data.loading.load", no_network)
    before, kept, runs = curves(window), window.run.weights, window.run.folder
    window.run.start(with_recipe(window.document.project, **values))
    assert same(curves(window), before), "while it is prepared"
    qtbot.waitUntil(lambda: window.run.state == "failed", timeout=LONG)
    assert window.run.sentence == "There is no network."
    assert same(curves(window), before)
    assert window.run.weights == kept and window.run.fits(window.document.graph)
    assert window.run.weights == kept and window.exports.weights() is not None and window.run.can_go_on
    assert runs is not None and [path.name for path in runs.path.parent.iterdir()] == [runs.path.name]


# three: training after Stop


def test_training_after_stop_goes_on_and_keeps_the_curves(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(longer(tiny), None)
    window.show_panel("training")
    window.training.toggle()
    qtbot.waitUntil(lambda: len(window.run.history.epochs) > 1, timeout=LONG)
    window.run.stop()
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    panel, folder, before = window.training, window.run.folder, curves(window)
    panel.update_now()
    assert (panel.train.text(), panel.other.text()) == ("Go on", "Start anew")
    assert panel.other.isVisible() and not panel.stop.isVisible()
    assert panel.other.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.waitUntil(lambda: window.commands.bound["train"].text() == "Go on")
    steps = len(before[0])
    panel.toggle()
    assert same(curves(window), before), "while it is prepared"
    qtbot.waitUntil(lambda: len(window.run.history.steps) > steps + 5, timeout=LONG)
    window.run.stop()
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    after = curves(window)
    assert same([column[:steps] for column in after[:5]], before[:5])
    assert after[0].tolist() == list(range(1, len(after[0]) + 1))
    assert window.run.folder is not None and folder is not None and window.run.folder.path == folder.path


def test_starting_anew_keeps_the_run_before_in_its_own_folder(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(longer(tiny), None)
    window.training.toggle()
    qtbot.waitUntil(lambda: len(window.run.history.epochs) > 1, timeout=LONG)
    window.run.stop()
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    folder = window.run.folder
    assert folder is not None
    before = {path.name: path.read_bytes() for path in folder.path.iterdir() if path.is_file()}
    window.training.update_now()
    window.training.start_anew()
    qtbot.waitUntil(lambda: window.run.state == "training" and len(window.run.history.steps) > 0, timeout=LONG)
    window.run.stop()
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    assert window.run.folder is not None and window.run.folder.path != folder.path
    assert {path.name: path.read_bytes() for path in folder.path.iterdir() if path.is_file()} == before


def test_a_run_at_its_end_is_given_more_epochs(
    qtbot: QtBot, window: MainWindow, trained: Path, reopened: Reopened
) -> None:
    panel = window.training
    panel.update_now()
    assert (panel.train.text(), panel.other.text()) == ("Train", "10 more")
    again = reopened(trained)
    again.show_panel("training")
    again.training.update_now()
    assert again.training.other.text() == "10 more"
    qtbot.mouseClick(again.training.other, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: again.run.is_at_end and len(again.run.history.epochs) == 12, timeout=LONG)
    assert "schedule was laid out for 2 epochs and is at its end" in " ".join(again.run.history.notes)
    assert same([column[:2] for column in curves(again)[5:]], curves(window)[5:])
    qtbot.waitUntil(lambda: not again.run.is_active)
    assert again.document.is_modified
    again.document.mark_saved()
    assert again.close()


def test_a_run_that_nobody_keeps_is_not_replaced_unasked(
    qtbot: QtBot, window: MainWindow, tiny: Project, isolated_home: Path
) -> None:
    runs_folder().write_text("a file where the folder should be")
    window.document.open(tiny, None)
    window.show_panel("training")
    train(qtbot, window)
    panel, learned = window.training, window.run.trained
    assert learned is not None and learned.folder is not None and not learned.folder.is_kept
    panel.toggle()
    assert not window.run.is_active and panel.question.isVisible()
    assert panel.question.sentence.text().startswith("What was trained is in no folder that stays. Another run takes")
    panel.question.no.click()
    assert window.run.trained is learned
    panel.toggle()
    panel.question.yes.click()
    qtbot.waitUntil(lambda: window.run.state == "finished" and window.run.trained is not learned, timeout=LONG)


def test_a_network_that_was_changed_is_trained_anew(
    qtbot: QtBot, window: MainWindow, trained: Path, tiny_graph: Graph
) -> None:
    panel = window.training
    window.document.edit_graph("Change", tiny_graph.replace("linear1", Linear(10, bias=False)))
    qtbot.waitUntil(lambda: panel.train.text() == "Train" and not panel.other.isVisible())
    assert panel.stop.isVisible()
    window.document.undo_stack.undo()
    qtbot.waitUntil(panel.other.isVisible)


def test_the_file_of_a_run_opens_as_a_project_of_its_own_with_its_weights(
    qtbot: QtBot, window: MainWindow, trained: Path, tmp_path: Path, reopened: Reopened
) -> None:
    folder = window.run.folder
    assert folder is not None
    before = folder.project.read_bytes()
    shutil.copytree(folder.path, tmp_path / "brought back")
    for path in (folder.project, tmp_path / "brought back" / "project.cnn"):
        again = reopened(path)
        assert again.document.path is None and again.document.is_modified
        assert any("The run keeps its file as it is." in each for each in sentences(again))
        qtbot.waitUntil(partial(again.run.fits, window.document.graph))
        assert again.run.weights == path.with_name("best.safetensors")
        reference = again.document.project.run
        assert reference is not None and reference.epoch == window.run.epoch
    assert folder.project.read_bytes() == before


def test_a_window_follows_a_run_that_another_window_has_gone_on_with(
    qtbot: QtBot, window: MainWindow, trained: Path, tiny_graph: Graph
) -> None:
    beside, own = window.windows.new(window), window.run.own_project
    assert own is not None
    beside.document.open(own, None)
    beside.run.go_on(4)
    qtbot.waitUntil(lambda: beside.run.is_at_end and len(beside.run.history.epochs) == 4, timeout=LONG)
    window.training.go_on()
    assert not window.run.is_active and len(window.run.history.epochs) == 4
    assert sentences(window)[-1] == "This run has come further than was shown here: it has 4 epochs behind it by now."
    assert window.run.epoch == beside.run.epoch and window.run.fits(tiny_graph)
    window.training.go_on()
    qtbot.waitUntil(lambda: window.run.is_at_end and len(window.run.history.epochs) == 14, timeout=LONG)
    beside.document.mark_saved()
    beside.close()


# four: closing


def test_closing_a_window_that_was_trained_asks(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", tiny)
    window.files.open(tmp_path / "tiny.cnn")
    train(qtbot, window)
    assert window.document.is_modified and not window.document.is_edited
    assert not window.close() and window.isVisible()
    assert sentences(window)[-1] == ("tiny was trained and not saved since: its file would not know its weights.")
    press(qtbot, window, "Save")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert read(tmp_path / "tiny.cnn").run is not None


def test_closing_a_window_that_trains_asks_and_stops(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", longer(tiny))
    window.files.open(tmp_path / "tiny.cnn")
    window.training.toggle()
    qtbot.waitUntil(lambda: window.run.weights is not None and len(window.run.history.steps) > 0, timeout=LONG)
    assert not window.close() and window.isVisible() and window.run.is_active
    assert sentences(window)[-1] == "tiny is being trained."
    press(qtbot, window, "Cancel")
    assert window.run.is_active and window.isVisible()
    window.close()
    press(qtbot, window, "Stop and close")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    kept = read(tmp_path / "tiny.cnn").run
    assert kept is not None and window.run.folder is not None and window.run.folder.checkpoint.exists()


def test_a_question_about_a_training_goes_with_it(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.training.toggle()
    assert not window.close() and sentences(window)[-1] == "Untitled is being trained."
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    qtbot.waitUntil(lambda: "Untitled is being trained." not in sentences(window))
    assert window.isVisible()


def test_a_run_torn_off_in_its_first_epoch_is_gone_on_with(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(longer(tiny), None)
    window.training.toggle()
    qtbot.waitUntil(lambda: window.run.weights is not None, timeout=LONG)
    window.run.stop()
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    folder = window.run.folder
    assert folder is not None
    for path in (folder.best, folder.last):  # as if the first epoch had not ended yet
        path.unlink()
    window.document.take_run(None)
    window.run.advanced.emit()
    assert window.document.project.run == RunReference(folder.path.name, window.run.epoch)
    window.document.open(window.document.project, None)
    window.show_panel("training")
    window.training.update_now()
    assert window.training.train.text() == "Go on" and "first epoch" in window.run.sentence
    assert window.exports.weights() is None


@pytest.fixture
def full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of the runs takes no weights; there is room elsewhere."""

    def full(path: Path) -> AbstractContextManager[Path]:
        if runs_folder() in path.parents:
            raise DiskError(f"{path.name} was not written: the disk is full.")
        return replacing(path)

    monkeypatch.setattr("cnnstudio.training.weights.replacing", full)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))


@pytest.mark.usefixtures("full_disk")
def test_what_the_disk_did_not_take_can_be_exported_and_is_not_closed_away(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", tiny)
    window.files.open(tmp_path / "tiny.cnn")
    train(qtbot, window)
    qtbot.waitUntil(lambda: sentences(window)[-1].startswith("Not everything is on the disk: there is no best"))
    told = window.run.unkept
    assert sentences(window)[-1] == f"{told} {IN_MEMORY}" and window.run.sentence.endswith(told)
    (rescued,) = (tmp_path / "elsewhere").glob("*/best.safetensors")
    assert str(rescued.parent) in told
    window.document.said.emit("Something else.")
    window.run.said.emit("The run says something more.")
    assert f"{told} {IN_MEMORY}" in sentences(window), "nothing takes its place"
    window.exports.start("weights", tmp_path / "out.safetensors")
    qtbot.waitUntil((tmp_path / "out.safetensors").exists, timeout=LONG)
    found, metadata = weights.read(tmp_path / "out.safetensors")
    assert window.run.trained is not None and metadata["epoch"] == "2"
    wanted = window.run.trained.module.state_dict()
    assert {name: tensor.tolist() for name, tensor in found.items()} == {k: v.tolist() for k, v in wanted.items()}
    qtbot.waitUntil(lambda: "with the weights of epoch 2; loaded back" in sentences(window)[-1])
    assert not window.close() and sentences(window)[-1] == f"{told} What was not exported is gone with this window."
    press(qtbot, window, "Cancel")
    assert window.isVisible() and not window.close()
    window.document.mark_saved()
    press(qtbot, window, "Lose it")
    qtbot.waitUntil(lambda: not window.isVisible())


@pytest.mark.usefixtures("full_disk")
def test_once_there_is_room_the_weights_are_written_again(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.document.open(with_recipe(tiny, epochs=1), None)
    train(qtbot, window)
    qtbot.waitUntil(lambda: window.run.unkept != "" and window.run.unkept in sentences(window)[-1])
    press(qtbot, window, "Write it again")  # there is no room yet
    qtbot.waitUntil(lambda: sentences(window)[-1].endswith(IN_MEMORY) and "were put" not in sentences(window)[-1])
    assert window.run.is_passing
    monkeypatch.setattr("cnnstudio.training.weights.replacing", replacing)
    press(qtbot, window, "Write it again")
    qtbot.waitUntil(lambda: sentences(window)[-1] == "What the run has learned is on the disk now.")
    trained = window.run.trained
    assert trained is not None and trained.folder is not None and window.run.unkept == ""
    kept, _ = weights.read(trained.folder.best)
    wanted = trained.module.state_dict()
    assert {name: tensor.tolist() for name, tensor in kept.items()} == {k: v.tolist() for k, v in wanted.items()}
    assert not any("Not everything" in sentence for sentence in (window.run.sentence, *sentences(window)))


def test_no_older_weights_are_exported_while_a_run_goes_on(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.document.open(longer(tiny), None)
    window.training.toggle()
    qtbot.waitUntil(lambda: window.run.weights is not None and window.run.history.best is not None, timeout=LONG)
    assert window.exports._refusal("weights") is None
    monkeypatch.setattr("cnnstudio.ui.files.exports.epoch_of", lambda path: 0)
    assert window.exports._refusal("weights") == window.exports._refusal("pt2") == BEHIND
    assert window.exports._refusal("python") is None
    window.run.stop()
    qtbot.waitUntil(lambda: not window.run.is_active, timeout=LONG)
    assert window.exports._refusal("weights") is None


@pytest.mark.usefixtures("full_disk")
def test_stop_and_close_on_a_full_disk_asks_what_becomes_of_the_weights(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", longer(tiny))
    window.files.open(tmp_path / "tiny.cnn")
    window.training.toggle()
    qtbot.waitUntil(lambda: len(window.run.history.epochs) > 0, timeout=LONG)
    assert not window.close()
    press(qtbot, window, "Stop and close")
    qtbot.waitUntil(lambda: sentences(window)[-1].endswith("What was not exported is gone with this window."))
    assert window.isVisible() and not window.run.is_active and window.exports.weights() is not None
    window.document.mark_saved()
    press(qtbot, window, "Lose it")
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_window_that_trains_is_closed_when_it_is_done(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", with_recipe(tiny, epochs=40))
    window.files.open(tmp_path / "tiny.cnn")
    window.training.toggle()
    qtbot.waitUntil(lambda: len(window.run.history.steps) > 0, timeout=LONG)
    window.close()
    press(qtbot, window, "Close when it is done")
    assert window.run.is_active
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert window.run.is_at_end and read(tmp_path / "tiny.cnn").run is not None


def test_what_was_edited_while_it_was_trained_is_asked_about(
    qtbot: QtBot, window: MainWindow, tiny: Project, tiny_graph: Graph
) -> None:
    window.document.open(longer(tiny), None)
    window.training.toggle()
    qtbot.waitUntil(lambda: len(window.run.history.steps) > 0, timeout=LONG)
    window.document.edit_graph("Change", tiny_graph.replace("conv1", ReLU()))
    window.close()
    press(qtbot, window, "Stop and close")
    qtbot.waitUntil(lambda: any("not saved" in each for each in sentences(window)), timeout=LONG)
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.run.is_active, timeout=LONG)


# five: what comes from the disk while something is here that no folder holds


@pytest.fixture
def passing(qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path) -> Path:
    """The file of a project that was trained where nobody keeps the run."""
    write(tmp_path / "tiny.cnn", tiny)
    runs_folder().write_text("a file where the folder should be")
    window.files.open(tmp_path / "tiny.cnn")
    train(qtbot, window)
    assert window.run.is_passing and not window.document.is_modified
    return tmp_path / "tiny.cnn"


def test_a_copy_that_is_recovered_takes_no_window_with_a_run_that_nobody_keeps(
    qtbot: QtBot, window: MainWindow, passing: Path, tiny: Project
) -> None:
    learned, copy = window.run.trained, Copy.new()
    copy.save(longer(tiny), passing)
    about = About(Owner(Owner.here().host, 2**22 + 1, 1.0), str(passing))  # of a program that is gone
    (copy.folder / "copy.json").write_bytes(msgspec.json.encode(about))
    window.files.offer_recovery()
    qtbot.waitUntil(lambda: any("A copy was kept" in each for each in sentences(window)))
    press(qtbot, window, "Open the copy")
    assert window.run.trained is learned and window.document.project == tiny
    assert window.windows.all[-1].document.project == longer(tiny)


def test_a_file_that_is_read_again_takes_no_run_away(
    qtbot: QtBot, window: MainWindow, passing: Path, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = window.run.trained
    for name in ("LOOK_MILLISECONDS", "SETTLE_MILLISECONDS"):
        monkeypatch.setattr(f"cnnstudio.ui.files.file_watch.{name}", 10)
    window.document.set_path(passing)  # which looks soon from now on
    write(passing, dataclasses.replace(tiny, run=RunReference("another", 1)))
    qtbot.waitUntil(lambda: any("Reload" in bar.buttons for bar in window.messages.bars))
    press(qtbot, window, "Reload")
    assert window.run.trained is learned and window.run.is_passing and window.exports.weights() is not None
    assert sentences(window)[-1].startswith("The file names the run another now. What this window trains, or has")


# six: what the queue has trained


def test_what_the_queue_trains_comes_into_the_window_that_has_no_weights(
    qtbot: QtBot, window: MainWindow, tiny: Project, tiny_graph: Graph
) -> None:
    window.document.open(tiny, None)
    other = window.windows.new(window)
    other.document.open(tiny.with_graph(tiny_graph.replace("linear1", Linear(10, bias=False))), None)
    queue, found = window.windows.queue, list[Path]()
    for number in (1, 2):
        assert queue.add(tiny, f"run {number}")
        queue.start()
        qtbot.waitUntil(lambda: not queue.is_working, timeout=LONG)
        assert window.run.weights is not None and window.run.fits(window.document.graph)
        found.append(window.run.weights)
    assert found[0] == found[1] and window.document.project.run == RunReference(found[0].parent.name, window.run.epoch)
    assert window.document.is_modified and not window.document.is_edited, "it is to be saved"
    assert other.run.weights is None and other.document.project.run is None, "it is another network"
    assert any(each.startswith("The queue has trained this network as well: ") for each in sentences(window))
    press(qtbot, window, "Use its weights")
    assert window.run.weights is not None and window.run.weights != found[0]
    assert sentences(window)[-1].endswith("The queue has trained this network.")
    other.document.mark_saved()
    other.close()
