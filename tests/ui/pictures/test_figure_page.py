"""The page of the paper figure: it follows the network, its choices redraw it, and it leaves as file or clipboard."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from cnnstudio.graph import Edge
from cnnstudio.project import Project, from_template
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.pictures import figure_files
from cnnstudio.ui.pictures.canvas_picture import PictureError
from cnnstudio.ui.pictures.figure_page import FigurePage


@pytest.fixture
def page(window: MainWindow, tiny: Project) -> FigurePage:
    """The page, open over the canvas of the tiny network."""
    window.document.open(tiny, None)
    window.commands.refresh()
    window.commands.run("figure")
    assert window.figure.isVisible()
    return window.figure


def latest(window: MainWindow) -> str:
    return window.messages.bars[-1].sentence


def words(page: FigurePage) -> str:
    return "" if page.preview.figure is None else figure_files.drawing(page.preview.figure).decode()


def test_it_covers_the_canvas_and_goes_with_escape(qtbot: QtBot, window: MainWindow, page: FigurePage) -> None:
    assert page.size() == window.canvas.size()
    assert page.mapTo(window, QPoint(0, 0)) == window.canvas.mapTo(window, QPoint(0, 0))
    window.resize(1500, 900)
    QApplication.processEvents()
    assert page.size() == window.canvas.size()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_nothing_below_it_is_worked_with_unseen(qtbot: QtBot, window: MainWindow, page: FigurePage) -> None:
    window.activateWindow()
    window.document.select(("conv1",))
    window.canvas.setFocus()
    qtbot.waitUntil(page.hasFocus)
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Delete)
    assert "conv1" in window.document.graph
    window.commands.run("find")
    qtbot.waitUntil(lambda: not page.isVisible())
    assert window.canvas.popup.isVisible()


def test_it_follows_the_network(qtbot: QtBot, window: MainWindow, page: FigurePage, tiny: Project) -> None:
    assert ">4 × 6 × 6<" in words(page)
    changed = tiny.graph.replace("conv1", type(tiny.graph["conv1"].block)(7))
    window.document.edit_graph("Widen", changed)
    qtbot.waitUntil(lambda: ">7 × 6 × 6<" in words(page))
    window.document.edit_graph("Cut", changed.disconnect(Edge("flatten1", "linear1")))
    qtbot.waitUntil(lambda: page.preview.figure is None)
    assert "linear1 has no shape yet" in page.preview.sentence
    assert not page.save_button.isEnabled()
    window.document.undo_stack.undo()
    qtbot.waitUntil(lambda: ">7 × 6 × 6<" in words(page))
    assert page.save_button.isEnabled()


def test_it_shows_the_block_that_is_open(qtbot: QtBot, window: MainWindow) -> None:
    window.document.open(from_template("resnet18"), None)
    window.document.enter(("stage2_1",))
    window.figure.open()
    assert ">128 × 28 × 28<" in words(window.figure)
    assert ">3 × 224 × 224<" not in words(window.figure)


def test_it_hides_what_a_question_asks(qtbot: QtBot, window: MainWindow, page: FigurePage) -> None:
    window.document.conceal(frozenset({"conv1"}))
    qtbot.waitUntil(lambda: page.preview.figure is None)
    assert "question" in page.preview.sentence


def test_every_choice_draws_another_figure(page: FigurePage) -> None:
    for name, switch in page.switches.items():
        before = page.preview.figure
        switch.click()
        assert getattr(page.options, name) is switch.isChecked()
        if name != "fold":  # there is nothing to fold here
            assert page.preview.figure != before
    for box in (page.direction, page.law):
        before = page.preview.figure
        box.setCurrentIndex(1 if box.currentIndex() != 1 else 0)
        assert page.preview.figure != before
    assert page.options.direction == "down"


def test_the_wheel_comes_nearer_to_the_pointer_and_a_double_click_fits(qtbot: QtBot, page: FigurePage) -> None:
    preview = page.preview
    fits, at = preview.scale, QPointF(preview.width() * 0.3, preview.height() * 0.6)
    before = (at - preview._corner()) / preview.scale
    none = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, 480), Qt.MouseButton.NoButton, *none, False)
    QApplication.sendEvent(preview, event)
    assert preview.scale > 1.5 * fits
    assert ((at - preview._corner()) / preview.scale - before).manhattanLength() < 0.01
    qtbot.mouseDClick(preview, Qt.MouseButton.LeftButton)
    assert preview.scale == fits


@pytest.mark.parametrize("kind", ["PNG", "SVG", "PDF"])
def test_it_is_saved_as_what_it_shows(
    qtbot: QtBot, window: MainWindow, page: FigurePage, tmp_path: Path, kind: str
) -> None:
    suffix = f".{kind.lower()}"
    page.save_button.click()
    dialog = next(each for each in window.findChildren(QFileDialog) if each.isVisible())
    chosen = next(each for each in dialog.nameFilters() if each.startswith(kind))
    dialog.selectNameFilter(chosen)
    dialog.filterSelected.emit(chosen)
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(str(tmp_path / "lenet"))
    dialog.accept()
    qtbot.waitUntil(lambda: any(bar.kind == "success" for bar in window.messages.bars))
    data, shown = (tmp_path / f"lenet{suffix}").read_bytes(), page.preview.figure
    assert shown is not None
    if suffix == ".png":
        assert QImage.fromData(data).width() == pytest.approx(2 * shown.width, abs=1)
    elif suffix == ".svg":
        texts = [e.text for e in ElementTree.fromstring(data).iter() if e.tag.endswith("}text")]
        assert "4 × 6 × 6" in texts
        assert data.count(b"<use ") > 3, "the signs of the families are drawn"
        assert data.count(b'<path id="sign-') == 3, "each once"
    else:
        box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
        assert re.search(rb"/Count 1\b", data)
        assert box
        assert float(box[1]) == pytest.approx(shown.width * 0.75, abs=1)
        assert float(box[2]) == pytest.approx(shown.height * 0.75, abs=1)


def test_it_is_copied_as_a_picture_and_as_a_drawing(window: MainWindow, page: FigurePage) -> None:
    page.copy_button.click()
    data = QGuiApplication.clipboard().mimeData()
    assert data.imageData().width() > 500
    assert data.data("image/svg+xml").data().startswith(b"<?xml")
    assert latest(window) == "The figure is on the clipboard."


def test_a_group_has_a_sign_as_well(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.document.select(("flatten1", "linear1"))
    window.canvas.group()
    window.figure.open()
    assert 'id="sign-group"' in words(window.figure)
    window.figure.close_page()


def test_another_ending_is_refused(page: FigurePage, tmp_path: Path) -> None:
    assert page.preview.figure is not None
    with pytest.raises(PictureError, match=r"not in \.gif"):
        figure_files.made(page.preview.figure, tmp_path / "a.gif")


def test_a_picture_is_painted_in_colour_with_letters(page: FigurePage) -> None:
    assert page.preview.figure is not None
    image = figure_files.image(page.preview.figure)
    colors = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colors) > 40


def test_keys_come_nearer_and_move_and_show_all(qtbot: QtBot, window: MainWindow, page: FigurePage) -> None:
    preview = page.preview
    preview.setFocus()
    before, corner = preview.scale, preview._corner()
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Minus):
        qtbot.keyClick(preview, key)
    assert preview.scale == pytest.approx(1.25 * before)
    nearer = preview._corner()
    qtbot.keyClick(preview, Qt.Key.Key_Left)
    assert preview._corner() == nearer + QPointF(40, 0)
    qtbot.keyClick(preview, Qt.Key.Key_0)
    assert (preview.scale, preview._corner()) == (before, corner)
    qtbot.keyClick(preview, Qt.Key.Key_Escape)
    assert not page.isVisible()
