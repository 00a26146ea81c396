"""The panel of the evaluation: of a run that has ended, of one of an earlier day, untrained, and its views."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.insight.subject import OwnPicture
from cnnstudio.project import Project
from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.training.runs.kept_run import open_kept
from cnnstudio.training.runs.tested import read_tests
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.evaluation.contrast_view import Side
from cnnstudio.ui.insight.evaluation.evaluation_panel import (
    ANYWAY,
    BACK,
    CHANGED,
    GOES_ON,
    NOT_YET,
    TEST,
    EvaluationPanel,
)
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.run import Run


def shown(qtbot: QtBot, document: Document, run: Run) -> EvaluationPanel:
    panel = EvaluationPanel(document, run)
    qtbot.addWidget(panel, before_close_func=lambda closing: closing.close_tasks(20.0))
    panel.resize(700, 240)
    panel.show()
    return panel


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


def test_a_run_is_evaluated_and_the_same_run_on_another_day(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    assert panel.nothing.sentence.text() == NOT_YET
    run.start(document.project)
    assert run.is_active
    panel.update_now()
    assert panel.nothing.sentence.text() == GOES_ON and not panel.nothing.button.isVisible()
    qtbot.waitUntil(lambda: panel.found is not None)
    assert panel.found is not None and run.history.best is not None
    assert len(panel.found) == 359
    best = run.history.best
    assert panel.found.metrics.accuracy == pytest.approx(best.validation_accuracy, abs=1e-6)
    assert panel.found.metrics.loss == pytest.approx(best.validation_loss, abs=1e-4)
    assert run.folder is not None
    _views(qtbot, panel, run)
    _contrast(qtbot, panel, run)
    later = Run(document)
    later.recall(open_kept(run.folder.path))
    document.edit_graph("Fewer", document.graph.replace("conv1", Conv2d(3)))
    again = shown(qtbot, document, later)
    qtbot.waitUntil(lambda: again.found is not None)
    assert again.found is not None and (again.found.answers == panel.found.answers).all()
    assert again.when.text().endswith(CHANGED)


def _views(qtbot: QtBot, panel: EvaluationPanel, run: Run) -> None:
    """Every view shows something, a picture chosen anywhere is looked at everywhere, and all can be taken away."""
    found = panel.found
    assert found is not None
    assert f"Accuracy {found.metrics.accuracy:.1%}" in panel.overview.numbers.text()
    assert panel.overview.tree.topLevelItemCount() == 10
    assert "have not been trained" not in panel.overview.sentence.text()
    # the cells of the matrix open their pictures, by arrows and by the mouse
    panel.show_view(panel.matrix)
    table, label = panel.matrix.table, int(found.labels[found.mistakes[0]])
    answer = int(found.answers[found.mistakes[0]])
    panel.matrix.choose(label, answer)
    pictures = panel.matrix.pictures
    assert [row.number for row in pictures.model.rows] == found.of_cell(label, answer).tolist()
    assert f"taken for {answer}" in pictures.sentence.text()
    qtbot.keyClick(table, Qt.Key.Key_Left if answer else Qt.Key.Key_Right)
    moved = answer - 1 if answer else answer + 1
    assert [row.number for row in pictures.model.rows] == found.of_cell(label, moved).tolist()
    place = table.visualRect(panel.matrix.model.index(3, 3)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(pictures.model.rows) == found.matrix[3, 3]
    aloud = panel.matrix.model.index(3, 3).data(Qt.ItemDataRole.AccessibleTextRole)
    assert aloud.startswith(f"3, told right: {found.matrix[3, 3]} of {found.class_scores[3].images} pictures")
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert run.picture.choice == found.of_cell(3, 3)[0]
    with qtbot.waitSignal(panel.panel_asked) as asked:
        pictures.opened.emit(int(found.of_cell(3, 3)[1]))
    assert asked.args == ["feature-maps"] and run.picture.choice == found.of_cell(3, 3)[1]
    # mistakes: all of them, those of a class, and the least certain
    panel.show_view(panel.mistakes)
    rows = panel.mistakes.pictures.model.rows
    assert [row.number for row in rows] == found.mistakes.tolist()[:300]
    first = found.mistakes[0]
    assert rows[0].words == f"{found.labels[first]}, not {found.answers[first]}"
    assert panel.mistakes.pictures.sentence.text().startswith(found.mistakes_sentence)
    panel.overview.class_asked.emit(label)
    assert {found.labels[row.number] for row in panel.mistakes.pictures.model.rows} == {label}
    panel.mistakes.order.setCurrentIndex(1)
    assert [row.number for row in panel.mistakes.pictures.model.rows] == found.least_certain[:60].tolist()
    panel.show_view(panel.properties)
    qtbot.waitUntil(lambda: len(panel.properties.known) == 3)
    assert "are told right" in panel.properties.sentence.text()
    _map(qtbot, panel, run)
    _taken_away(panel, Path(str(run.folder.path)) if run.folder is not None else Path())


def _map(qtbot: QtBot, panel: EvaluationPanel, run: Run) -> None:
    panel.show_view(panel.map)
    panel.map.method.setCurrentText("PCA")
    panel.map.button.click()
    qtbot.waitUntil(lambda: panel.map.placed is not None)
    points, placed = panel.map.points, panel.map.placed
    assert placed is not None and len(placed.numbers) == 359 and "144 numbers that enter linear1" in placed.sentence
    place = points.position(17).toPoint()
    at = points.at(points.position(17))
    assert at is not None
    qtbot.mouseClick(points, Qt.MouseButton.LeftButton, pos=QPoint(place.x(), place.y()))
    nearest = points.current
    assert nearest is not None and run.picture.choice == placed.numbers[nearest]
    assert panel.map.readout.text().startswith(f"Validation image {placed.numbers[nearest] + 1}")
    x = points.position(nearest).x()
    qtbot.keyClick(points, Qt.Key.Key_Right)
    moved = points.current
    assert moved is not None and (moved == nearest or points.position(moved).x() > x)
    with qtbot.waitSignal(panel.panel_asked):
        qtbot.keyClick(points, Qt.Key.Key_Return)


def _taken_away(panel: EvaluationPanel, folder: Path) -> None:
    for view in panel.views:
        panel.show_view(view)
        table, figure = view.table_of(), view.figure()
        assert (table is None) == (view is panel.contrast)
        if table is not None:
            panel.save_table(folder / "view.csv")
            assert len((folder / "view.csv").read_text().splitlines()) == len(table)
        if figure is not None:
            for name in ("view.png", "view.svg"):
                panel.save_picture(folder / name)
                assert (folder / name).stat().st_size > 1_000
    panel.show_view(panel.matrix)
    panel.copy()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 11


def _contrast(qtbot: QtBot, panel: EvaluationPanel, run: Run) -> None:
    """The same run beside itself differs in nothing; another one is asked the same pictures."""
    assert run.folder is not None and panel.found is not None
    panel.show_view(panel.contrast)
    panel.contrast.compare_with(run.folder.path, "the other")
    qtbot.waitUntil(lambda: panel.contrast.found is not None)
    assert panel.contrast.sentence.text().endswith("Both tell the same pictures right.")
    found = panel.contrast.found
    assert found is not None and len(found.both_wrong) == len(panel.found.mistakes)
    panel.contrast.which.setCurrentIndex(2)
    assert len(panel.contrast.pictures.model.rows) == min(300, len(found.both_wrong))
    _two_others(qtbot, panel, run)
    panel.contrast.compare_with(run.folder.path / "nowhere", "none")
    qtbot.waitUntil(lambda: "Looking" not in panel.contrast.sentence.text())
    assert panel.contrast.found is None and panel.contrast.sentence.text()


def _two_others(qtbot: QtBot, panel: EvaluationPanel, run: Run) -> None:
    """Both sides are chosen: two epochs of a run, of which the best is what the network has."""
    assert run.folder is not None and panel.found is not None
    view = panel.contrast
    for at in (0, 1):
        view.fill_menu(at)
    inner = next(each for each in view.menus[1].actions() if each.menu() is not None).menu()
    epochs = kept_epochs(run.folder)
    assert isinstance(inner, QMenu) and [each.text() for each in inner.actions()] == [
        f"Epoch {each}" for each in epochs
    ]
    assert view.menus[0].actions()[0].text() == "This network" and view.menus[0].actions()[0].isChecked()
    first, last = min(epochs), max(epochs)
    view.choose_side(0, Side(f"epoch {first}", run.folder.path, first))
    view.choose_side(1, Side(f"epoch {last}", run.folder.path, last))
    qtbot.waitUntil(lambda: view.found is not None, timeout=20_000)
    found = view.found
    assert found is not None and (found.one_name, found.other_name) == (f"epoch {first}", f"epoch {last}")
    for side, epoch in ((found.one, first), (found.other, last)):
        accuracy = run.history.epochs["validation_accuracy"][epoch - 1]
        assert side.metrics.accuracy == pytest.approx(accuracy, abs=1e-6)
    assert view.first.text() == f"Epoch {first}" and view.choose.text() == f"Epoch {last}"
    assert view.table_of()[0] == ["class", f"epoch {first}", f"epoch {last}", "difference"]  # type: ignore[index]
    view.choose_side(1, Side(f"epoch {first}", run.folder.path, 99))
    qtbot.waitUntil(lambda: "has no weights of epoch 99 any more" in view.sentence.text(), timeout=20_000)
    view.choose_side(0, Side("twin", run.folder.path))
    view.choose_side(1, Side("twin", run.folder.path, last))
    qtbot.waitUntil(lambda: view.found is not None, timeout=20_000)
    assert view.found is not None and view.found.one_name == run.folder.path.name != "twin"


def test_an_untrained_network_is_evaluated_when_asked_and_said_to_guess(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    assert panel.nothing.button.text() == ANYWAY and panel.found is None
    panel.nothing.button.click()
    qtbot.waitUntil(lambda: panel.found is not None)
    assert panel.found is not None and panel.when.text() == "untrained weights"
    assert panel.found.metrics.accuracy < 0.5
    assert "has not been trained: that is chance" in panel.overview.sentence.text()
    document.edit_graph("Fewer", document.graph.replace("conv1", Conv2d(3)))
    qtbot.waitUntil(lambda: panel.found is None)
    assert panel.nothing.sentence.text() == NOT_YET
    assert all(view.seen is None for view in panel.views), "no images are held"


def test_what_cannot_be_loaded_is_said_with_what_may_be_allowed(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("MNIST", dataclasses.replace(document.project.recipe, data="mnist"))
    panel = shown(qtbot, document, Run(document))
    panel.nothing.button.click()
    assert panel.nothing.button.text() == "Load the images" and not panel.looker.is_looking


def test_mistakes_have_a_command_of_their_own(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.bound["show-mistakes"].trigger()
    panel = window.docks["evaluation"].widget()
    assert isinstance(panel, EvaluationPanel) and panel.view is panel.mistakes and panel.isVisible()
    assert np.unique([view.title for view in panel.views]).size == len(panel.views)


def test_test_pictures_are_shown_in_the_place_of_validation_images(
    qtbot: QtBot, document: Document, tmp_path: Path
) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    run.start(document.project)
    qtbot.waitUntil(lambda: panel.found is not None)
    for name in ("3", "7"):
        (tmp_path / "test" / name).mkdir(parents=True)
        Image.fromarray(np.full((8, 8), 40 * int(name) % 255, np.uint8)).save(tmp_path / "test" / name / "one.png")
    panel.test_with(tmp_path / "test")
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.kind == "test")
    assert panel.found is not None and len(panel.found) == 2 and panel.test.text() == BACK
    assert "of 2 test pictures in test are told right" in panel.when.text() and panel.contrast.seen is None
    panel.views[0].picked.emit(1)
    assert isinstance(run.picture.choice, OwnPicture) and run.picture.choice.name == "Test image 2"
    assert run.folder is not None and len(read_tests(run.folder)) == 1
    panel.update_now()
    assert panel.found.kind == "test", "until the person goes back"
    panel.test.click()
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.kind == "validation")
    assert panel.test.text() == TEST
    panel.test_with(tmp_path)
    qtbot.waitUntil(lambda: "no folder with pictures of a class" in panel.nothing.sentence.text())
    run.close()


def test_accuracy_by_size_and_by_the_columns_of_a_table_and_a_test_folder_is_offered(
    qtbot: QtBot, document: Document, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    rows = ["file,camera,age"]
    for half in ("train", "val", "test"):
        for place, name in enumerate("0123456789"):
            (tmp_path / half / name).mkdir(parents=True)
            for number in range(2):
                side = 8 + 4 * number
                pixels = random.integers(0, 255, (side, side), np.uint8)
                Image.fromarray(pixels).save(tmp_path / half / name / f"{number}.png")
                rows.append(f"{half}/{name}/{number}.png,{'Canon' if number else 'Nikon'},{10 * place + number}")
    table = tmp_path / "more.csv"
    table.write_text("\n".join(rows))
    document.edit_recipe("Folder", dataclasses.replace(document.project.recipe, data="folder", folder=str(tmp_path)))
    run = Run(document)
    panel = shown(qtbot, document, run)
    run.start(document.project)
    qtbot.waitUntil(lambda: panel.found is not None)
    view = panel.properties
    panel.show_view(view)
    qtbot.waitUntil(lambda: len(view.known) == 3)
    view.choice.setCurrentIndex(view.choice.findText("Size in the file"))
    qtbot.waitUntil(lambda: "of the largest 10" in view.sentence.text())
    assert panel.found is not None
    view.add_table(tmp_path / "nowhere.csv")
    qtbot.waitUntil(lambda: "nowhere.csv" in view.about.text())
    view.add_table(table)
    qtbot.waitUntil(lambda: "column camera" in view.known)
    assert view.choice.currentText() == "camera" and "10 pictures with Canon" in view.sentence.text()
    view.choice.setCurrentIndex(view.choice.findText("age"))
    assert "4 pictures with the lowest age" in view.sentence.text() and view.figure() is not None
    written = view.table_of()
    assert written is not None and {row[0] for row in written[1:]} >= {
        "Brightness",
        "Size in the file",
        "camera",
        "age",
    }
    # test pictures that lie beside the others wait to be used once
    assert panel.test.menu() is not None and "test holds pictures to test it with" in panel.when.text()
    panel.test.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.kind == "test")
    assert len(panel.found) == 20 and panel.test.menu() is None and panel.test.text() == BACK
    panel.show_view(view)
    qtbot.waitUntil(lambda: "column camera" in view.known)
    assert "10 pictures with Canon" in (view.choice.setCurrentText("camera") or view.sentence.text())
    run.close()
