"""The data panel: what is in the data set is shown, counted, filtered, and put right by edits that can be undone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt
from pytestqt.qtbot import QtBot

from cnnstudio.folders import decoded_folder
from cnnstudio.project import Project
from cnnstudio.project.corrections import Correction
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.album import Album
from cnnstudio.training.data.file_note import Note
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.training.data.class_bars import counts
from cnnstudio.ui.training.data.data_panel import DataPanel
from cnnstudio.ui.training.data.picture_model import Filter, Order, Which
from cnnstudio.ui.training.data.picture_shelf import PictureShelf
from cnnstudio.ui.training.data.pictures_page import PicturesPage


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twenty pictures of two classes, one of which is broken, and a file that is none."""
    for number in range(20):
        path = tmp_path / "images" / ("cat" if number < 12 else "dog") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20 + number, 30), (10 * number, 0, 255 - 10 * number)).save(path)
    (tmp_path / "images" / "cat" / "03.png").write_bytes(b"broken")
    (tmp_path / "images" / "cat" / "words.txt").write_text("no image")
    return tmp_path / "images"


def shown(qtbot: QtBot, project: Project) -> DataPanel:
    panel = DataPanel(Document(project), Run())
    qtbot.addWidget(panel, before_close_func=lambda panel: panel.close_tasks())
    panel.document.look_there()
    panel.resize(1_000, 420)
    panel.show()
    qtbot.waitUntil(lambda: panel.roll is not None)
    return panel


@pytest.fixture
def digits(qtbot: QtBot, tiny: Project) -> DataPanel:
    return shown(qtbot, tiny)


@pytest.fixture
def of_folder(qtbot: QtBot, tiny: Project, images: Path) -> DataPanel:
    recipe = Recipe(data="folder", folder=str(images))
    return shown(qtbot, dataclasses.replace(tiny, recipe=recipe))


def test_the_pictures_of_each_class_and_half_are_counted(digits: DataPanel) -> None:
    assert digits.roll is not None
    found = counts(digits.roll)
    assert found.sum() == 1_797 and found[:, 2].sum() == 0 and found[0].sum() == 178
    assert digits.told.text() == "1,438 + 359 images"
    assert digits.told.accessibleName() == "1,438 to train with, 359 to validate"
    assert digits.pictures.model.rowCount() == 1_797
    bars = digits.pictures.bars.classes
    assert bars.rowCount() == 11
    aloud = bars.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert aloud == f"0: {found[0, 0]} to train with, {found[0, 1]} to validate with"


def test_what_is_shown_is_filtered_and_sorted(of_folder: DataPanel) -> None:
    panel = of_folder
    page, roll = panel.pictures, panel.roll
    assert roll is not None and panel.album is not None
    names = panel.album.ways
    assert Filter(label=1).numbers(roll, names).tolist() == list(range(12, 20))
    train = Filter(which=Which.TRAINING).numbers(roll, names)
    kept = Filter(which=Which.VALIDATION).numbers(roll, names)
    assert sorted([*train, *kept]) == list(range(20)) and set(kept) == set(np.flatnonzero(roll.apart))
    assert [names[n] for n in Filter(words="DOG/1").numbers(roll, names)] == [f"dog/{n}.png" for n in range(12, 20)]
    among = np.array([5, 15, 2])
    assert Filter(among=among).numbers(roll, names).tolist() == [5, 15, 2]
    assert Filter(among=among, order=Order.NAME).numbers(roll, names).tolist() == [2, 5, 15]
    page.bars.choose(1)
    assert page.model.order.tolist() == list(range(12, 20)) and page.told.text() == "8 of 20 pictures"
    page.search.setText("13")
    page._typing.timeout.emit()
    assert page.model.order.tolist() == [13]


def test_a_tick_leaves_a_picture_out_and_undo_takes_it_back(of_folder: DataPanel) -> None:
    panel, model = of_folder, of_folder.pictures.model
    index = model.index(14)
    model.setData(index, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert panel.document.project.corrections == (Correction("folder", "dog/14.png", left_out=True),)
    assert panel.document.undo_stack.undoText() == "Leave out 1 picture"
    panel.update_now()
    assert panel.roll is not None and panel.roll.left_out[14] and "1 left out" in panel.told.text()
    assert Filter(which=Which.LEFT_OUT).numbers(panel.roll, model.album.ways).tolist() == [14]  # type: ignore[union-attr]
    assert "1 image is left out, as the project says." in panel.notes.notes
    panel.document.undo_stack.undo()
    panel.update_now()
    assert panel.document.project.corrections == () and not panel.roll.left_out.any()


def test_delete_leaves_out_all_that_is_selected_and_uses_them_again(digits: DataPanel, qtbot: QtBot) -> None:
    grid = digits.pictures.grid
    for row in (3, 5):
        grid.selectionModel().select(grid.model().index(row, 0), grid.selectionModel().SelectionFlag.Select)
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    digits.update_now()
    assert [each.picture for each in digits.document.project.corrections] == ["3", "5"]
    assert digits.pictures.out.text() == "Use again"
    digits.pictures.out.click()
    assert digits.document.project.corrections == ()


def test_pictures_that_are_dropped_on_a_class_are_of_it(digits: DataPanel) -> None:
    model, bars = digits.pictures.model, digits.pictures.bars.classes
    carried: QMimeData = model.mimeData([model.index(10), model.index(2)])
    assert bars.dropMimeData(carried, Qt.DropAction.MoveAction, -1, -1, bars.index(8))
    said = digits.document.project.corrections
    assert [(each.picture, each.label) for each in said] == [("10", "7"), ("2", "7")]
    digits.update_now()
    assert digits.roll is not None and digits.roll.labels[[2, 10]].tolist() == [7, 7]
    own = int(digits.roll.given[2])
    digits.label((2,), own)
    assert [each.picture for each in digits.document.project.corrections] == ["10"], "it is where it was found again"
    digits.keep((2,))
    digits.update_now()
    assert digits.roll.confirmed[2] and digits.roll.labels[2] == own
    assert not bars.dropMimeData(carried, Qt.DropAction.MoveAction, -1, -1, bars.index(0)), "all is no class"


def test_the_current_picture_is_enlarged_with_what_is_known_of_it(of_folder: DataPanel, qtbot: QtBot) -> None:
    page = of_folder.pictures
    page.grid.choose(15)
    detail = page.detail
    assert detail.name.text() == "dog/15.png" and detail.label.currentText() == "dog"
    qtbot.waitUntil(lambda: "35 × 30 pixels, PNG RGB" in detail.facts.text())
    detail.label.setCurrentIndex(0)
    detail.label.activated.emit(0)
    of_folder.update_now()
    assert of_folder.document.project.corrections == (Correction("folder", "dog/15.png", label="cat"),)
    assert detail.found.text().startswith("Found in dog")
    detail.out.click()
    of_folder.update_now()
    assert of_folder.document.project.corrections == (Correction("folder", "dog/15.png", "cat", left_out=True),)
    page.grid.choose(3)
    qtbot.waitUntil(lambda: "03.png" in detail.facts.text())
    page.grid.activated.emit(page.model.index(15))
    assert page.detail.isVisible() and not page.grid.isVisible()
    qtbot.keyClick(page.detail, Qt.Key.Key_Escape)
    assert page.grid.isVisible()


def test_thumbnails_are_read_once_they_are_seen_and_kept_within_a_limit(
    of_folder: DataPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    thumbnails = of_folder.pictures.thumbnails
    qtbot.waitUntil(lambda: thumbnails.of(2) is not None and 3 in thumbnails.broken)
    assert thumbnails.of(3) is None and "03.png" in thumbnails.broken[3]
    monkeypatch.setattr("cnnstudio.ui.training.data.picture_shelf.LIMIT", 3 * 64 * 64 * 4)
    few = PictureShelf(64, of_folder)
    few.show(of_folder.album)
    for number in (0, 1, 2, 4, 5):
        qtbot.waitUntil(lambda number=number: few.of(number) is not None)  # type: ignore[misc]
    assert 0 < few.size <= 3 * 64 * 64 * 4
    few.stop(10.0)


def test_every_note_stands_there_with_its_files(of_folder: DataPanel) -> None:
    others = next(note for note in of_folder.notes.notes if "no image" in note)
    assert isinstance(others, Note) and others.files == ("cat/words.txt",)
    of_folder.tabs.setCurrentIndex([*of_folder.pages].index("Notes"))
    assert of_folder.notes.isVisible()


def test_nothing_is_looked_at_before_a_folder_is_chosen(qtbot: QtBot, tiny: Project, images: Path) -> None:
    panel = DataPanel(Document(dataclasses.replace(tiny, recipe=Recipe(data="folder"))), Run())
    qtbot.addWidget(panel, before_close_func=lambda panel: panel.close_tasks())
    panel.show()
    assert "Choose a folder" in panel.nothing.sentence.text()
    with qtbot.waitSignal(panel.panel_asked) as asked:
        panel.nothing.buttons[0].click()
    assert asked.args == ["training"]
    stranger = Document(dataclasses.replace(tiny, recipe=Recipe(data="folder", folder=str(images))))
    other = DataPanel(stranger, Run())
    qtbot.addWidget(other, before_close_func=lambda panel: panel.close_tasks())
    other.show()
    assert other.nothing.buttons[0].text() == "Look there"
    other.nothing.buttons[0].click()
    qtbot.waitUntil(lambda: other.roll is not None)


def test_a_download_is_asked_for(qtbot: QtBot, tiny: Project) -> None:
    panel = DataPanel(Document(dataclasses.replace(tiny, recipe=Recipe(data="mnist"))), Run())
    qtbot.addWidget(panel, before_close_func=lambda panel: panel.close_tasks())
    panel.show()
    assert panel.nothing.buttons[0].text() == "Load the images" and panel._task is None


def test_another_project_has_other_pictures(digits: DataPanel, qtbot: QtBot, tiny: Project) -> None:
    digits.document.open(dataclasses.replace(tiny, recipe=Recipe(data="shapes")), None)
    assert digits.roll is None and digits.pictures.model.rowCount() == 0
    qtbot.waitUntil(lambda: digits.roll is not None and len(digits.roll.given) == 5_000)


def test_of_a_hundred_thousand_pictures_only_those_that_are_seen_are_drawn(qtbot: QtBot) -> None:
    count = 100_000
    album = Album(
        "digits", "Digits", ("a", "b"), np.arange(count) % 2, np.arange(count) % 5 == 0,
        pixels=np.zeros((count, 1, 8, 8), np.uint8),
    )  # fmt: skip
    page = PicturesPage()
    qtbot.addWidget(page)
    page.resize(900, 400)
    page.show()
    page.show_pictures(album, album.roll(()))
    bar = page.grid.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 100_000)
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: count - 1 in page.thumbnails._kept)
    assert page.model.rowCount() == count and len(page.thumbnails._kept) < 300
    page.close_tasks(1.0)


def test_what_decoded_pictures_take_is_said_and_cleared(of_folder: DataPanel, isolated_home: Path) -> None:
    panel, advice = of_folder, of_folder.notes.kept
    notes = [*panel.pages].index("Notes")
    panel.tabs.setCurrentIndex(notes)
    assert advice.isHidden()
    folder = decoded_folder()
    folder.mkdir(parents=True)
    (folder / "12-3x8x8-ab.npy").write_bytes(bytes(2_000_000))
    (folder / "12-3x8x8-ab.json").write_bytes(b"{}")
    panel.tabs.setCurrentIndex(0)
    panel.tabs.setCurrentIndex(notes)
    assert advice.isVisible() and "take 1.91 MiB of 10.0 GiB at most" in advice.sentence.text()
    heard: list[str] = []
    panel.document.said.connect(heard.append)
    advice.buttons[0].click()
    assert not list(folder.iterdir()) and advice.isHidden() and heard[0].startswith("1.91 MiB were cleared")
