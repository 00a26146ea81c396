"""Pictures of several classes collected by hand become the image folder that the network learns from."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QObject, QPointF, Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.training.data import collecting
from cnnstudio.ui.training.data.collect_page import FIRST, CollectPage
from cnnstudio.ui.training.data.collecting import ANOTHER
from cnnstudio.ui.training.data.data_panel import DataPanel
from cnnstudio.ui.widgets import webcam


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project, isolated_home: Path) -> DataPanel:
    made = DataPanel(Document(tiny), Run())
    qtbot.addWidget(made, before_close_func=lambda panel: panel.close_tasks())
    made.resize(1_000, 260)
    made.show()
    made.tabs.setCurrentIndex(4)
    return made


def named(page: CollectPage, name: str) -> None:
    page.name.setText(name)
    page.name.returnPressed.emit()


def settled(qtbot: QtBot, page: CollectPage) -> None:
    qtbot.waitUntil(lambda: not page.work.is_busy)


def drawn(page: CollectPage, at: float) -> None:
    page.pad.put_down(QPointF(at, 0.2))
    page.pad.draw_to(QPointF(at, 0.8))
    page.pad.lift()


def image(color: int) -> QImage:
    made = QImage(1_280, 720, QImage.Format.Format_RGB32)
    made.fill(color)
    return made


def test_drawings_of_two_classes_are_what_the_network_learns_from(qtbot: QtBot, panel: DataPanel) -> None:
    page, document = panel.collect, panel.document
    assert page.told.text() == FIRST and not page.take.isEnabled()
    named(page, "bar")
    for at in (0.2, 0.4):
        drawn(page, at)
        page.take.click()
        settled(qtbot, page)
    assert ANOTHER in page.told.text() and document.project.recipe.data == "digits"
    named(page, "dot")
    assert page.label == "dot"
    drawn(page, 0.6)
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settled(qtbot, page)
    recipe, home = document.project.recipe, page.work.home
    assert home is not None and (recipe.data, recipe.folder) == ("folder", str(home))
    with Image.open(home / "bar" / "0000.png") as picture:
        assert picture.mode == "L" and picture.getextrema() == (0, 255)
    qtbot.waitUntil(lambda: panel.roll is not None and panel.roll.classes == ("bar", "dot"))
    assert panel.tabs.currentIndex() == 4 and page.work.counts == {"bar": 2, "dot": 1}
    document.undo_stack.undo()
    assert document.project.recipe.data == "digits" and (home / "bar" / "0001.png").exists()


def test_more_pictures_are_seen_at_once_and_taken_back(qtbot: QtBot, panel: DataPanel, tmp_path: Path) -> None:
    for number in range(4):
        path = tmp_path / "images" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9), (50 * number, 0, 0)).save(path)
    recipe = Recipe(data="folder", folder=str(tmp_path / "images"))
    panel.document.edit("Choose", dataclasses.replace(panel.document.project, recipe=recipe))
    page = panel.collect
    qtbot.waitUntil(lambda: page.work.counts == {"a": 2, "b": 2})
    page.list.choose("b")
    Image.new("RGB", (9, 9), "blue").save(tmp_path / "new.png")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "new.png"))])
    page.bring_data(data)
    qtbot.waitUntil(lambda: panel.roll is not None and len(panel.roll.labels) == 5)
    assert page.work.counts == {"a": 2, "b": 3}
    page.back.click()
    settled(qtbot, page)
    qtbot.waitUntil(lambda: panel.roll is not None and len(panel.roll.labels) == 4)
    page.again.click()
    settled(qtbot, page)
    qtbot.waitUntil(lambda: panel.roll is not None and len(panel.roll.labels) == 5)
    assert page.back.isEnabled() and not page.again.isEnabled()
    page.new.click()
    assert page.work.home is None and not page.work.counts and len(list((tmp_path / "images" / "b").iterdir())) == 3


def test_a_pasted_picture_is_of_the_chosen_class(qtbot: QtBot, panel: DataPanel) -> None:
    page = panel.collect
    page.paste.setEnabled(True)
    QGuiApplication.clipboard().setImage(image(0xFF112233))
    page.paste_picture()
    assert page.told.text() == "Name the class first that these pictures are of."
    named(page, "train")
    assert "to train with" in page.told.text() and not page.work.counts
    named(page, "sea")
    page.paste_picture()
    settled(qtbot, page)
    assert page.work.counts == {"sea": 1}
    QGuiApplication.clipboard().setText("words")
    page.paste_picture()
    assert page.told.text() == "There is no picture in what was pasted or dropped."


class FakeCamera(QObject):
    videoFrameChanged = Signal(object)  # noqa: N815 - Qt's name
    errorOccurred = Signal(int)  # noqa: N815 - Qt's name

    def __init__(self, device: object = None) -> None:
        super().__init__()
        self.device, self.is_on = device, False

    def start(self) -> None:
        self.is_on = True

    def stop(self) -> None:
        self.is_on = False

    def setCamera(self, camera: object) -> None:
        self.camera = camera

    def setVideoSink(self, sink: object) -> None:
        self.sink = sink


def test_the_camera_takes_pictures_as_long_as_the_button_is_held(
    qtbot: QtBot, panel: DataPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [SimpleNamespace(description=lambda name=name: name) for name in ("Front", "Back")]
    fake = SimpleNamespace(
        QMediaDevices=SimpleNamespace(videoInputs=lambda: there),
        QCamera=FakeCamera,
        QMediaCaptureSession=FakeCamera,
        QVideoSink=FakeCamera,
    )
    monkeypatch.setattr(webcam, "import_module", lambda name: fake)
    page, view = panel.collect, panel.collect.view
    named(page, "face")
    page.sources["Camera"].click()
    assert [page.picker.itemText(n) for n in range(page.picker.count())] == ["Front", "Back"]
    assert not page.hold.isEnabled(), "there is no picture yet"
    page.picker.setCurrentIndex(1)
    page.picker.activated.emit(1)
    device, _, sink = view.camera._parts
    assert device.device is there[1] and device.is_on
    sink.videoFrameChanged.emit(SimpleNamespace(toImage=lambda: image(0xFF204060)))
    assert page.hold.isEnabled()
    page.most.setValue(3)
    page.hold.pressed.emit()
    for color in (0xFF305060, 0xFF406060, 0xFF507060):
        sink.videoFrameChanged.emit(SimpleNamespace(toImage=lambda color=color: image(color)))
        view._timer.timeout.emit()
    page.hold.released.emit()
    settled(qtbot, page)
    assert page.work.counts == {"face": 3} and page.work.home is not None
    with Image.open(page.work.home / "face" / "0000.jpg") as picture:
        assert picture.size == (640, 360)
    device.errorOccurred.emit(1)
    assert not device.is_on and view.sentence == webcam.SILENT and not page.hold.isEnabled()
    view.turn_on()
    device = view.camera._parts[0]
    panel.tabs.setCurrentIndex(0)
    assert not device.is_on, "nobody is filmed behind another page"


def test_without_a_camera_it_is_said(qtbot: QtBot, panel: DataPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = SimpleNamespace(QMediaDevices=SimpleNamespace(videoInputs=lambda: []))
    monkeypatch.setattr(webcam, "import_module", lambda name: nothing)
    panel.collect.sources["Camera"].click()
    assert panel.collect.view.sentence == webcam.NO_CAMERA and panel.collect.picker.isHidden()
    assert panel.collect.sources["Camera"].isVisible() == webcam.is_possible()
    panel.resize(300, 300)
    told = panel.collect.told
    qtbot.waitUntil(lambda: told.isVisible() and told.width() > 150)  # below, where it has no room beside


@pytest.mark.parametrize(("name", "data"), [("a.csv", "table"), ("a.npz", "file"), ("pictures", "folder")])
def test_what_is_dropped_is_learned_from(panel: DataPanel, tmp_path: Path, name: str, data: str) -> None:
    if data == "folder":
        (tmp_path / name).mkdir()
    panel.take_dropped([tmp_path / name])
    recipe = panel.document.project.recipe
    assert (recipe.data, recipe.folder) == (data, str(tmp_path / name))
    panel.document.undo_stack.undo()
    assert panel.document.project.recipe.data == "digits"


def test_another_project_has_nothing_of_what_was_being_collected(
    qtbot: QtBot, panel: DataPanel, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, begun, goes_on = panel.collect, threading.Event(), threading.Event()
    named(page, "bar")
    drawn(page, 0.2)
    page.take.click()
    settled(qtbot, page)
    add = collecting.add

    def slow(*asked: Any) -> Any:
        begun.set()
        goes_on.wait(10)
        return add(*asked)

    monkeypatch.setattr(collecting, "add", slow)
    named(page, "dot")
    drawn(page, 0.7)
    page.take.click()
    assert begun.wait(10)
    panel.document.open(tiny, None)
    goes_on.set()
    assert page.work.home is None and not page.work.counts and not page.work.is_busy
    qtbot.wait(100)
    assert panel.document.project == tiny and not panel.document.is_modified
