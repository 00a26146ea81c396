"""What may be wrong, and what the network sees, in the data panel."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.doubts.doubt import Doubt, Doubts, Kind
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.training.data import doubter
from cnnstudio.ui.training.data.data_panel import DataPanel


def panel_of(qtbot: QtBot, project: Project, run: Run | None = None) -> DataPanel:
    panel = DataPanel(Document(project), run or Run())
    qtbot.addWidget(panel, before_close_func=lambda panel: panel.close_tasks())
    panel.document.look_there()
    panel.resize(900, 300)
    panel.show()
    qtbot.waitUntil(lambda: panel.roll is not None)
    return panel


@pytest.fixture
def uneven(qtbot: QtBot, tiny: Project, tmp_path: Path) -> DataPanel:
    """A folder of forty small pictures of one class and six of another; two are in both halves, one is broken."""
    random = np.random.default_rng(0)
    for half, name, count in (("train", "a", 40), ("train", "b", 6), ("val", "a", 4), ("val", "b", 2)):
        for number in range(count):
            path = tmp_path / "images" / half / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=np.uint8)).resize((40, 40)).save(path)
    for twin in ("a/0.png", "b/1.png"):
        Image.open(tmp_path / "images" / "train" / twin).resize((60, 60)).save(tmp_path / "images" / "val" / twin)
    (tmp_path / "images" / "train" / "a" / "7.png").write_bytes(b"broken")
    recipe = Recipe(data="folder", folder=str(tmp_path / "images"))
    return panel_of(qtbot, dataclasses.replace(tiny, recipe=recipe))


def test_what_is_wrong_is_found_in_the_background_and_put_right_by_its_buttons(uneven: DataPanel, qtbot: QtBot) -> None:
    panel = uneven
    qtbot.waitUntil(lambda: panel.doubts is not None)
    assert panel.doubts is not None and panel.album is not None
    kinds = [doubt.kind for doubt in panel.doubts.found]
    assert kinds[:2] == [Kind.BROKEN, Kind.SAME] and Kind.IMBALANCE in kinds and Kind.CLASSES in kinds
    assert panel.tabs.tabText(1) == f"What is wrong ({len(kinds)})"
    assert any("1 file cannot be read: train/a/7.png" in note for note in panel.notes.notes)
    same = panel.doubts.found[1]
    panel.doubts_page.found.rows[1].buttons[0].click()
    names = [panel.pictures.model.name(number) for number in panel.pictures.model.order.tolist()]
    assert sorted(names) == ["train/a/0.png", "train/b/1.png", "val/a/0.png", "val/b/1.png"]
    assert panel.tabs.currentIndex() == 0 and panel.pictures.doubt.isVisible()
    panel.pictures.doubt.click()
    assert panel.pictures.model.rowCount() == len(panel.album)
    panel.doubts_page.found.rows[1].buttons[1].click()
    panel.update_now()
    assert {each.picture for each in panel.document.project.corrections} == {"train/a/0.png", "train/b/1.png"}
    assert same.sentence not in [row.sentence.text() for row in panel.doubts_page.found.rows if row.isVisibleTo(panel)]
    row = next(row for row in panel.doubts_page.found.rows if any("Balance" in b.text() for b in row.buttons))
    next(button for button in row.buttons if "Balance" in button.text()).click()
    panel.update_now()
    assert panel.document.project.recipe.class_weights == "balanced"
    assert not any("Balance" in b.text() for row in panel.doubts_page.found.rows for b in row.buttons)
    panel.document.undo_stack.undo()
    panel.document.undo_stack.undo()
    panel.update_now()
    assert panel.document.project.corrections == ()
    assert panel.doubts_page.found.rows[1].sentence.text() == same.sentence


@pytest.fixture
def doubted(qtbot: QtBot, tiny: Project, monkeypatch: pytest.MonkeyPatch) -> DataPanel:
    """The digits, of which three are said to look like others."""
    found = Doubts((Doubt(Kind.LABELS, "Three.", "", np.array([9, 4, 6]), labels=np.array([1, 2, 3])),))
    monkeypatch.setattr("cnnstudio.training.data.doubts.survey.search", lambda *_: found)
    panel = panel_of(qtbot, tiny)
    qtbot.waitUntil(lambda: panel.doubts is not None)
    panel.doubts_page.found.rows[0].buttons[0].click()
    return panel


def test_a_doubted_label_is_kept_taken_or_left_out(doubted: DataPanel) -> None:
    panel, page = doubted, doubted.pictures
    assert page.model.order.tolist() == [9, 4, 6] and page.keep.isVisible() and page.take.isVisible()
    assert panel.roll is not None
    assert page.model.caption(4) == f"{panel.roll.classes[panel.roll.given[4]]} → 2?"
    page.grid.choose(9)
    page.keep.click()
    page.grid.choose(4)
    page.take.click()
    page.grid.choose(6)
    page.out.click()
    panel.update_now()
    said = {each.picture: each for each in panel.document.project.corrections}
    assert said["9"].label == panel.roll.classes[panel.roll.given[9]] and said["4"].label == "2" and said["6"].left_out
    assert panel.tabs.tabText(1) == "What is wrong"
    assert page.model.caption(4) == "2", "it is doubted no more"
    page.leave_doubt()
    assert not page.keep.isVisible() and page.model.rowCount() == 1_797


def test_many_pictures_are_looked_at_when_somebody_asks(
    qtbot: QtBot, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubter, "MANY", 100)
    monkeypatch.setattr("cnnstudio.training.data.doubts.survey.search", lambda *_: Doubts(()))
    panel = panel_of(qtbot, tiny)
    assert "all 1,797 pictures are read once" in panel.doubts_page.state.sentence.text() and panel.doubts is None
    panel.doubts_page.state.buttons[0].click()
    qtbot.waitUntil(lambda: panel.doubts is not None)
    assert "Nothing was found" in panel.doubts_page.state.sentence.text()


def test_nothing_is_looked_for_while_a_run_computes(
    qtbot: QtBot, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.training.data.doubts.survey.search", lambda *_: Doubts(()))
    run = Run()
    run.state = "training"
    panel = panel_of(qtbot, tiny, run)
    assert "busy with a run" in panel.doubts_page.state.sentence.text()
    run.state = "idle"
    run.state_changed.emit("idle")
    qtbot.waitUntil(lambda: panel.doubts is not None)


def test_what_the_network_sees_is_shown_once_somebody_looks_there(qtbot: QtBot, tiny: Project) -> None:
    panel = panel_of(qtbot, tiny)
    assert panel.run.loaded.some_of(tiny) is None
    panel.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: "256 images of 1 × 8 × 8" in panel.batch_page.told.text())
    assert panel.run.loaded.all_of(tiny) is not None
    panel.document.edit_recipe("Other", dataclasses.replace(tiny.recipe, batch_size=32))
    qtbot.waitUntil(lambda: "32 images of 1 × 8 × 8" in panel.batch_page.told.text())
