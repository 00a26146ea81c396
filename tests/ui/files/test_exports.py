from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.exchange.exporting import formats
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme


def latest(window: MainWindow) -> str:
    return window.messages.bars[-1].sentence


def test_an_empty_network_cannot_be_exported_and_says_why(window: MainWindow) -> None:
    window.commands.run("export-python")
    assert "no network yet" in latest(window)
    assert window.findChildren(QFileDialog) == []


def test_a_network_with_an_error_cannot_be_exported_and_says_why(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.document.edit_graph("Cut", tiny.graph.disconnect(tiny.graph["linear1"].edges[0]))
    window.commands.run("export-pt2")
    assert window.messages.bars[-1].kind == "error"
    assert window.findChildren(QFileDialog) == []


def test_there_are_no_weights_before_a_training(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.commands.run("export-weights")
    assert "no trained weights" in latest(window)


@pytest.mark.parametrize("kind", ["python", "torchscript"])
def test_an_export_says_where_it_is_and_whether_it_is_trained(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path, kind: str
) -> None:
    window.document.open(tiny, None)
    window.exports.start(kind, tmp_path / "model.out")
    qtbot.waitUntil(lambda: any(bar.kind == "success" for bar in window.messages.bars))
    assert latest(window).startswith("model.out is written")
    assert ("untrained" in latest(window)) == (kind == "torchscript")
    assert list(window.messages.bars[-1].buttons) == ["Show in folder"]
    assert len(window.messages.bars) == 1


def test_a_place_that_cannot_be_written_is_a_sentence(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    window.document.open(tiny, None)
    window.exports.start("python", tmp_path / "nowhere" / "model.py")
    qtbot.waitUntil(lambda: any(bar.kind == "error" for bar in window.messages.bars))
    assert "nowhere" in latest(window)
    assert len(window.messages.bars) == 1


def test_the_weights_of_a_run_are_exported_only_while_they_fit(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    window.document.open(tiny, None)
    window.run.start(tiny)
    qtbot.waitUntil(lambda: window.run.state == "finished")
    assert window.run.weights is not None and window.exports.weights() is not None
    window.document.edit_graph("Rename", tiny.graph.rename("conv1", "first"))
    window.commands.run("export-weights")
    assert "no trained weights" in latest(window)


def test_training_elsewhere_asks_for_a_folder_and_says_where_it_is(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    window.commands.run("train-elsewhere")
    assert "no network yet" in latest(window)
    window.document.open(tiny, None)
    window.commands.run("train-elsewhere")
    dialog = window.findChildren(QFileDialog)[0]
    assert dialog.windowTitle() == "Train elsewhere: a new folder"
    dialog.close()
    window.exports.start_folder(tmp_path / "tiny training")
    qtbot.waitUntil(lambda: any(bar.kind == "success" for bar in window.messages.bars))
    assert latest(window) == "tiny training is written: its README.md says how to start."
    assert (tmp_path / "tiny training" / "train.py").exists()
    window.exports.start_folder(tmp_path / "tiny training")
    qtbot.waitUntil(lambda: any(bar.kind == "error" for bar in window.messages.bars))
    assert "is there already and not empty" in latest(window)


def test_a_report_tells_what_the_run_learned_as_long_as_it_is_of_this_network(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    window.commands.run("report")
    assert "no network to report on" in latest(window)
    window.document.open(tiny, None)

    def told(name: str) -> str:
        window.exports.start_report(tmp_path / name)
        qtbot.waitUntil(lambda: any(bar.sentence.startswith(f"{name} is written") for bar in window.messages.bars))
        return (tmp_path / name).read_text(encoding="utf-8")

    assert "This network is not trained" in told("new.html")
    window.run.start(window.document.project)
    window.commands.run("report")
    assert "The run goes on" in latest(window)
    qtbot.waitUntil(lambda: window.run.state == "finished")
    page = told("trained.html")
    assert "How good it is" in page and "Weights of epoch" in page and "Training curves" in page
    window.exports.start_report(tmp_path / "trained.pdf")
    qtbot.waitUntil(lambda: any(bar.sentence.startswith("trained.pdf is written") for bar in window.messages.bars))
    assert (tmp_path / "trained.pdf").read_bytes().startswith(b"%PDF")
    window.exports.start_report(tmp_path / "nowhere" / "trained.pdf")
    qtbot.waitUntil(lambda: any(bar.kind == "error" for bar in window.messages.bars))
    window.document.conceal(frozenset({"conv1"}))
    window.commands.run("report")
    assert "A question is open" in latest(window)
    window.document.conceal(frozenset())
    window.document.edit_graph("Fewer", tiny.graph.replace("conv1", Conv2d(3)))
    page = told("changed.html")
    assert "The network has changed since it was trained" in page and "How good it is" not in page


def rows(window: MainWindow) -> dict[str, QTreeWidgetItem]:
    """What the list of formats shows, by the word of each."""
    shown = window.exports.choice.list
    items = [shown.topLevelItem(row) for row in range(shown.topLevelItemCount())]
    return {item.data(0, Qt.ItemDataRole.UserRole): item for item in items if item is not None and item.text(2)}


def test_all_formats_are_listed_and_what_cannot_be_now_is_grey_and_says_why(
    window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "_absent", lambda packages: packages)
    window.document.open(tiny, None)
    window.commands.run("export")
    found = rows(window)
    assert list(found) == list(KINDS)
    assert {key for key, item in found.items() if item.foreground(0).color() == theme.color("muted")} == {
        "weights",
        "state-dict",
        "onnx",
        "onnx-int8",
    }
    assert "which are not installed here: pip install" in found["onnx"].text(1)
    assert "no trained weights" in found["weights"].text(1)
    assert found["pt2"].text(1) == KINDS["pt2"].sentence
    window.commands.run("export-onnx")
    assert "which are not installed here" in latest(window)


def test_a_format_is_chosen_by_typing_and_its_choices_go_with_it(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.document.open(tiny, None)
    window.commands.run("export")
    choice = window.exports.choice
    boxes = {box.text(): box for box in choice.findChildren(QCheckBox)}
    boxes["ONNX: fold what is constant"].setChecked(False)
    boxes["Model card beside it"].setChecked(False)
    qtbot.keyClicks(choice.field, "exported program")
    qtbot.keyClick(choice.field, Qt.Key.Key_Return)
    assert not choice.isVisible()
    dialog = window.findChildren(QFileDialog)[0]
    assert dialog.windowTitle() == "Export: Exported program"
    begun: list[tuple[object, ...]] = []
    monkeypatch.setattr(window.exports, "start", lambda *given: begun.append(given))
    dialog.fileSelected.emit("net.pt2")
    dialog.close()
    assert begun == [("pt2", Path("net.pt2"), frozenset({"optimize", "card"}), frozenset({"measure"}))]


def test_what_was_trained_is_measured_and_gets_its_card(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    window.document.open(tiny, None)
    window.run.start(tiny)
    qtbot.waitUntil(lambda: window.run.state == "finished")
    window.exports.start("pt2", tmp_path / "model.pt2")
    qtbot.waitUntil(lambda: latest(window).startswith("model.pt2 is written"))
    assert "validation pictures are told right" in latest(window) and "at p95" in latest(window)
    assert "Its model card is model card.md." in latest(window)
    assert "## What it must not be used for" in (tmp_path / "model card.md").read_text(encoding="utf-8")
