"""Networks from elsewhere, through the menu: chosen from a list, run only with consent, opened unsaved."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Opaque
from cnnstudio.blocks.families import FAMILIES
from cnnstudio.exchange.importing.catalogue import MODELS
from cnnstudio.graph import Shape
from cnnstudio.project import Project
from cnnstudio.training import weights
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.ui.files.normalization_form import NormalizationForm
from cnnstudio.ui.main_window import MainWindow

NET = """
import torch
from torch import nn
class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
    def forward(self, x):
        x = self.conv(x)
        return torch.linalg.svdvals(x)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part()
        self.head = nn.Linear(4 * 26, 3)
    def forward(self, x):
        return self.head(self.part(x).flatten(1))
"""


def latest(window: MainWindow) -> str:
    return window.messages.bars[-1].sentence


def wait(qtbot: QtBot, window: MainWindow, begins: str) -> None:
    def is_there() -> bool:
        return any(bar.sentence.startswith(begins) and bar.isVisible() for bar in window.messages.bars)

    qtbot.waitUntil(is_there)


def test_a_model_is_found_by_typing_and_opened_unsaved(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("import-model")
    popup = window.canvas.popup
    assert popup.isVisible() and len(popup.entries) == len(MODELS) == 80
    assert {entry.family for entry in popup.entries} <= FAMILIES.keys()
    qtbot.keyClicks(popup.field, "squeeze 1.1")
    assert [entry.value for entry in popup.entries] == ["squeezenet1_1"]
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert popup.isVisible() and [entry.title for entry in popup.entries] == ["1,000 classes"]
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    wait(qtbot, window, "SqueezeNet 1.1 is here, with 1,235,496 parameters.")
    assert len(window.document.graph) == 19
    assert window.document.path is None and window.document.is_modified
    assert window.document.project.recipe.data == "folder"
    assert not [found for found in window.document.diagnostics if found.severity == "error"]


def test_the_head_follows_the_number_of_classes_that_is_typed(qtbot: QtBot, window: MainWindow) -> None:
    window.imports.ask_classes("squeezenet1_1")
    popup = window.canvas.popup
    qtbot.keyClicks(popup.field, "1000")
    assert [entry.value for entry in popup.entries] == [1000]
    popup.field.clear()
    qtbot.keyClicks(popup.field, "17")
    assert popup.entries[0].value == 17
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    wait(qtbot, window, "SqueezeNet 1.1 is here, with 731,217 parameters.")
    assert window.document.analysis.shape(window.document.graph.outputs[0].name) == Shape(17)


def test_an_import_opens_beside_unsaved_work(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.edit("Draw", tiny)
    window.imports.start_model("alexnet")
    qtbot.waitUntil(lambda: len(window.windows.all) == 2)
    assert window.document.project == tiny
    wait(qtbot, window.windows.all[1], "AlexNet is here")
    assert window.windows.all[1].document.is_modified


def test_weights_are_offered_only_for_what_is_open(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.imports.start_model("alexnet")
    wait(qtbot, window, "AlexNet is here")
    (offer,) = window.messages.bars
    graph = window.document.graph
    window.document.edit_graph("Move", graph.move({"input": (5.0, 5.0)}))
    assert list(offer.buttons) == ["Load its weights…"] and offer in window.messages.bars
    window.document.undo_stack.undo()
    window.document.set_path(None)
    assert offer in window.messages.bars
    window.document.open(tiny, None)
    assert window.messages.bars == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(NET + f"\nNet.run = open({str(tmp_path / 'was_here')!r}, 'a').close()\n")
    return path


def test_a_file_is_run_only_after_consent(qtbot: QtBot, window: MainWindow, file: Path) -> None:
    trace = file.parent / "was_here"
    window.commands.run("import-python")
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(file))
    dialog.close()
    assert latest(window).startswith("Importing runs net.py, with your rights.")
    assert list(window.messages.bars[-1].buttons) == ["Cancel", "Run it and import Net"]
    window.messages.bars[-1].buttons["Cancel"].click()
    assert not trace.exists() and len(window.document.graph) == 0
    window.imports.ask_trust(file)
    window.messages.bars[-1].buttons["Run it and import Net"].click()
    wait(qtbot, window, "Net is here")
    assert trace.exists()
    assert "svdvals" in latest(window) and window.messages.bars[-1].kind == "warning"
    part = window.document.graph["part"].block.values["body"]
    assert any(isinstance(node.block, Opaque) for node in part)
    assert "opaque" in [found.code for found in window.document.diagnostics]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.write_text("x = 1"), "declares no class that is a torch module"),
        (lambda path: path.write_text("class :"), "is no Python that can be read"),
        (lambda path: path.mkdir(), "it is a folder"),
    ],
)
def test_a_file_without_a_network_is_a_sentence(
    window: MainWindow, tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "odd.py"
    make(path)
    window.imports.ask_trust(path)
    assert sentence in latest(window) and window.messages.bars[-1].kind == "error"


def test_a_file_that_fails_is_a_sentence_and_changes_nothing(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("from torch import nn\nclass Net(nn.Module):\n    raise ValueError('no')")
    window.imports.start_file(path, "Net")
    wait(qtbot, window, "bad.py could not be run: ValueError: no")
    assert len(window.document.graph) == 0


def test_a_file_that_never_ends_can_be_stopped(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "slow.py"
    path.write_text("from torch import nn\nclass Net(nn.Module):\n    while True: pass")
    window.imports.start_file(path, "Net")
    assert latest(window) == "Running slow.py and following Net…"
    qtbot.waitUntil(lambda: bool(multiprocessing.active_children()))
    window.messages.bars[-1].buttons["Stop"].click()
    qtbot.waitUntil(lambda: not multiprocessing.active_children())
    assert window.messages.bars == [] and len(window.document.graph) == 0


def test_weights_of_the_original_become_those_that_training_begins_with(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    from cnnstudio.exchange.importing.network import import_torchvision

    torch.save(torchvision().models.squeezenet1_1(num_classes=10).state_dict(), tmp_path / "theirs.pth")
    imported = import_torchvision("squeezenet1_1", 10)
    window.document.open(imported.project(), None)
    window.imports.start_weights(imported, tmp_path / "theirs.pth", tmp_path / "ours.safetensors")
    wait(qtbot, window, "ours.safetensors is written; training begins with it.")
    assert window.document.project.recipe.weights == str(tmp_path / "ours.safetensors")
    assert weights.read(tmp_path / "ours.safetensors")[0]
    assert "not known" not in latest(window), "torchvision says how its images are normalised"
    window.document.undo_stack.undo()
    assert window.document.project.recipe.weights == ""


def test_how_the_images_of_weights_were_normalised_is_asked_where_nobody_knows(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    from torch import nn

    from cnnstudio.exchange.importing.network import import_module

    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    torch.save(module.state_dict(), tmp_path / "theirs.pth")
    imported = import_module(module, Shape(3, 8, 8))
    document = window.document
    document.open(imported.project(), None)
    window.imports.start_weights(imported, tmp_path / "theirs.pth", tmp_path / "ours.safetensors")
    wait(qtbot, window, "ours.safetensors is written")
    assert "How its images were normalised is not known; unless you say it, exports guess" in latest(window)
    window.messages.bars[-1].buttons["Mean and deviation…"].click()
    (form,) = window.findChildren(NormalizationForm)
    qtbot.keyClicks(form.fields["mean"], "0.5, 0.5")
    assert not form.run.isEnabled()
    qtbot.keyClicks(form.fields["std"], "0.25")
    assert not form.run.isEnabled() and form.sentence.text().startswith("The images have 3 channels")
    qtbot.keyClicks(form.fields["mean"], ", 0.75")
    qtbot.keyClick(form.fields["std"], Qt.Key.Key_Return)
    assert document.project.recipe.normalization(3) == ((0.5, 0.5, 0.75), (0.25,) * 3)
    window.exports.start("python", tmp_path / "net.py")
    wait(qtbot, window, "net.py is written")
    assert "guesses" not in latest(window)
    assert "MEAN = (0.5, 0.5, 0.75)" in (tmp_path / "net.py").read_text()
    document.undo_stack.undo()
    assert document.project.recipe.mean is None and document.project.recipe.weights
    window.exports.start("python", tmp_path / "again.py")
    wait(qtbot, window, "again.py is written")
    assert "prepare() guesses" in latest(window)


def test_a_network_of_another_program_comes_with_its_weights(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx = pytest.importorskip("onnx", reason="files of ONNX are made with the onnx package")
    kernel = onnx.numpy_helper.from_array(torch.ones(2, 1, 3, 3).numpy(), "k")
    values = [onnx.helper.make_tensor_value_info(name, 1, sizes) for name, sizes in (("x", (1, 1, 6, 6)), ("y", None))]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "k"], ["y"])], "g", values[:1], values[1:], [kernel]
    )
    (tmp_path / "net.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
    window.commands.run("import-network")
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "net.onnx"))
    dialog.close()
    wait(qtbot, window, "net is here, with 18 parameters. Keep its weights in a file")
    assert list(window.messages.bars[-1].buttons) == ["Keep its weights…"]
    monkeypatch.setattr(window.files, "choose", lambda *told: told[-1](tmp_path / "net.safetensors"))
    window.messages.bars[-1].buttons["Keep its weights…"].click()
    wait(qtbot, window, "net.safetensors is written; training begins with it.")
    assert window.document.project.recipe.weights == str((tmp_path / "net.safetensors").resolve())
    assert weights.read(tmp_path / "net.safetensors")[0]
