"""Trying a picture: by pen, finger and keys, by file, drop and paste, with any weights, and what follows it."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QObject, QPointF, Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Input
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight.subject import OwnPicture
from cnnstudio.project import Project
from cnnstudio.rest import Rest
from cnnstudio.training.runs.kept_run import open_kept
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.picture_taker import SETTLED
from cnnstudio.ui.insight.try_panel import GOES_ON, HINT, TryPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets import webcam

LEFT, NONE, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SEVEN = ((0.3, 0.2), (0.7, 0.2), (0.4, 0.8))


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


def shown(qtbot: QtBot, document: Document, run: Run | None = None) -> TryPanel:
    panel = TryPanel(document, run or Run(document))
    qtbot.addWidget(panel, before_close_func=_close)
    panel.resize(680, 180)
    panel.show()
    return panel


def _close(panel: TryPanel) -> None:
    panel.close_tasks(20.0)
    panel.run.close()


def draw(panel: TryPanel, points: tuple[tuple[float, float], ...] = SEVEN) -> None:
    """A stroke with the mouse, through points in shares of the pad."""
    pad = panel.pad
    places = [QPointF(x * pad.width(), y * pad.height()).toPoint() for x, y in points]
    QTest.mousePress(pad, LEFT, NONE, places[0])
    for place in places[1:]:
        QTest.mouseMove(pad, place)
        pad.draw_to(QPointF(place.x() / pad.width(), place.y() / pad.height()))  # offscreen no button is held
    QTest.mouseRelease(pad, LEFT, NONE, places[-1])


def settled(qtbot: QtBot, panel: TryPanel) -> None:
    qtbot.waitUntil(
        lambda: panel.told is not None and not panel._is_busy and not panel._settle.isActive(),
    )


def pictures(panel: TryPanel) -> tuple[bytes, bytes]:
    """What the network saw, and what the other panels look at."""
    choice = panel.run.picture.choice
    assert panel.told is not None and isinstance(choice, OwnPicture)
    return panel.told.seen.tobytes(), choice.image.tobytes()


def test_a_drawing_is_told_while_it_is_drawn_and_other_panels_look_at_it(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    qtbot.waitUntil(lambda: not panel._settle.isActive())
    assert panel.parts.nothing.sentence.text() == HINT
    draw(panel)
    settled(qtbot, panel)
    told = panel.told
    assert told is not None and told.chances.sum() == pytest.approx(1)
    assert panel.parts.rows.names == tuple("0123456789")
    assert panel.parts.when.text() == "untrained weights: it guesses"
    assert panel.parts.verdict.text().startswith(f"{told.classes[told.best]}: ")
    seen, looked = pictures(panel)
    assert seen == looked and told.is_arranged
    assert told.seen[0].any(1).all(), "a digit of this data set is as high as its picture"
    qtbot.mouseClick(panel.parts.prepare, LEFT)
    qtbot.waitUntil(lambda: panel.told is not None and not panel.told.is_arranged)
    assert pictures(panel)[0] != seen


def test_only_the_newest_is_looked_at(qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = shown(qtbot, document)
    draw(panel)
    settled(qtbot, panel)
    looks = []
    look = panel.looker.look
    monkeypatch.setattr(panel.looker, "look", lambda work, done: (looks.append(1), look(work, done))[1])
    panel.pad.put_down(QPointF(0.1, 0.1))
    for step in range(40):  # no event of Qt is handled meanwhile: the first look goes on
        panel.pad.draw_to(QPointF(0.1 + step / 50, 0.9))
    assert len(looks) == 1 and panel._is_behind
    settled(qtbot, panel)
    qtbot.waitUntil(lambda: not panel._is_behind and not panel._is_busy)
    assert len(looks) == 2
    from cnnstudio.insight.trying import Trial

    assert panel.run.looked_at is not None
    whole = Trial().told(_subject(panel), panel._sheet())
    assert pictures(panel)[0] == whole.seen.tobytes(), "and that is all of the stroke"


def _subject(panel: TryPanel):  # type: ignore[no-untyped-def]
    from cnnstudio.insight.subject import Subject

    assert panel.run.looked_at is not None
    return Subject(panel.run.looked_at, "")


def test_steps_on_the_pad_are_undone_by_keys(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    pad = panel.pad
    draw(panel)
    draw(panel, ((0.1, 0.5), (0.9, 0.5)))
    assert len(pad.drawing.strokes) == 2
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert not pad.drawing.strokes and pad.ink is None
    QTest.keyClick(pad, Qt.Key.Key_Z, CONTROL)
    QTest.keyClick(pad, Qt.Key.Key_Z, CONTROL)
    assert len(pad.drawing.strokes) == 1
    QTest.keyClick(pad, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert len(pad.drawing.strokes) == 2
    assert document.undo_stack.count() == 0
    assert panel.parts.tools["arrow-counter-clockwise"].isEnabled()


def test_one_draws_and_erases_with_the_keyboard(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    pad = panel.pad
    pad.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Space):
        QTest.keyClick(pad, key)
    assert [len(stroke.points) for stroke in pad.drawing.strokes] == [3]
    ink = pad.ink
    assert ink is not None and ink[140, 140] == 1
    for key in (Qt.Key.Key_E, Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Space):
        QTest.keyClick(pad, key)
    rubbed = pad.ink
    assert rubbed is not None and rubbed.max() < 0.6 and panel.parts.tools["eraser"].isChecked()


def test_a_finger_draws(qtbot: QtBot, document: Document) -> None:
    from PySide6.QtGui import QInputDevice

    panel = shown(qtbot, document)
    finger = QTest.createTouchDevice(QInputDevice.DeviceType.TouchScreen)
    qtbot.waitUntil(lambda: not panel._settle.isActive())
    pad, middle = panel.pad, panel.pad.rect().center()
    for gesture, place in (("press", middle), ("move", middle / 2), ("release", middle / 2)):
        touch = QTest.touchEvent(pad, finger, False)
        getattr(touch, gesture)(0, place, pad)
        touch.commit()
        QGuiApplication.processEvents()
    assert [len(stroke.points) for stroke in pad.drawing.strokes] == [2]
    settled(qtbot, panel)


def test_pictures_come_by_file_drop_and_paste(qtbot: QtBot, document: Document, tmp_path: Path) -> None:
    panel = shown(qtbot, document)
    path = tmp_path / "seven.png"
    Image.fromarray(np.pad(np.full((20, 6), 40, np.uint8), ((4, 4), (11, 11)), constant_values=240)).save(path)
    panel.bring(path, path.name)
    settled(qtbot, panel)
    by_file = pictures(panel)
    assert by_file[0] == by_file[1] and isinstance(panel.run.picture.choice, OwnPicture)
    assert panel.run.picture.choice.name == "seven.png"
    panel.pad.clear()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert panel.pad.bring(data, "Dropped picture")
    settled(qtbot, panel)
    assert pictures(panel) == by_file
    panel.pad.clear()
    QGuiApplication.clipboard().setImage(QImage(str(path)))
    QTest.keyClick(panel.pad, Qt.Key.Key_V, CONTROL)
    qtbot.waitUntil(lambda: panel.told is not None and panel.told.picture.name == "Pasted picture")
    assert pictures(panel) == by_file


def test_what_is_no_picture_is_said_in_place(qtbot: QtBot, document: Document, tmp_path: Path) -> None:
    panel = shown(qtbot, document)
    path = tmp_path / "letter.png"
    path.write_text("Dear all")
    panel.bring(path, path.name)
    says = panel.parts.nothing.sentence
    qtbot.waitUntil(lambda: says.text() == "letter.png cannot be taken as a picture (no image).")
    draw(panel)
    panel.pad.clear()
    draw(panel)
    settled(qtbot, panel)  # and one draws on
    panel.pad.bring(QMimeData(), "")
    assert says.isVisible() and says.text() == "There is no picture in what was pasted or dropped."


def test_a_validation_image_is_told_with_its_class_and_chosen_for_all(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    panel.show_image(1)
    settled(qtbot, panel)
    assert panel.run.picture.choice == 1
    assert panel.told is not None and panel.told.picture.label is not None
    assert panel.parts.others.text().endswith(f"It is {panel.told.picture.label}.")
    panel.run.picture.choose(5)  # by another panel
    assert panel.pad.drawing.under == 5
    settled(qtbot, panel)
    assert panel.told.picture.name == "Validation image 6"
    panel.parts.sliders["shift"].setValue(90)
    qtbot.waitUntil(lambda: isinstance(panel.run.picture.choice, OwnPicture))
    assert pictures(panel)[0] == pictures(panel)[1] and panel.told.picture.name == "Validation image 6, disturbed"
    panel.parts.sliders["shift"].reset()
    qtbot.waitUntil(lambda: panel.run.picture.choice == 5)


def test_curves_and_near_pictures_come_once_the_pen_rests(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    panel.show_image(3)
    qtbot.waitUntil(lambda: bool(panel.parts.nearest.samples))
    told, parts = panel.told, panel.parts
    assert told is not None
    for slider in parts.sliders.values():
        curve = slider._curve
        assert curve is not None
        at_rest = np.interp(slider.value() / 100, np.linspace(0, 1, len(curve)), curve)
        assert at_rest == pytest.approx(told.chances[told.best], abs=1e-5), slider.accessibleName()
    assert parts.told_deeper.text().endswith("nearest among 1,438")
    kept = panel._kept
    panel.show_image(1)
    qtbot.waitUntil(lambda: panel.told is not told and not panel._rest.isActive() and not panel.deeper.is_looking)
    assert panel._kept is not None and kept is not None and panel._kept[1] is kept[1], "the pictures are seen once"
    panel.hide()
    assert panel._kept is None and panel._trial is None, "nobody looks any more"


def test_it_works_while_training_when_trained_and_with_a_run_of_an_earlier_day(
    qtbot: QtBot, document: Document
) -> None:
    document.edit_recipe("Long", dataclasses.replace(document.project.recipe, epochs=500))
    run = Run(document)
    panel = shown(qtbot, document, run)
    draw(panel)
    settled(qtbot, panel)
    untrained = panel.told
    run.start(document.project)
    qtbot.waitUntil(lambda: panel.told is not untrained and "step" in panel.parts.when.text())
    first = panel.told
    panel._apart = Rest(0.0)
    qtbot.waitUntil(lambda: panel.told is not first and panel.told is not None)  # with other weights
    assert first is not None and panel.told is not None and not np.array_equal(first.chances, panel.told.chances)
    qtbot.waitUntil(lambda: panel.parts.told_deeper.text() == GOES_ON)
    run.stop()
    qtbot.waitUntil(lambda: run.state == "finished")
    qtbot.waitUntil(lambda: panel.parts.when.text().startswith("weights of") or "best" in panel.parts.when.text())
    settled(qtbot, panel)
    chances = panel.told.chances
    assert run.folder is not None
    later = Run(document)
    later.recall(open_kept(run.folder.path))
    again = shown(qtbot, document, later)
    draw(again)
    settled(qtbot, again)
    qtbot.waitUntil(lambda: not again._is_busy and not again._is_behind)
    assert "guesses" not in again.parts.when.text()
    assert again.told is not None and np.allclose(again.told.chances, chances, atol=1e-5)


def test_a_network_that_tells_no_classes_says_so(qtbot: QtBot, document: Document, tiny_graph: Graph) -> None:
    unfinished = Sketch()
    unfinished.chain(unfinished(Input((1, 8, 8))), Conv2d(4))
    document.edit_graph("Unfinished", unfinished.graph())
    panel = shown(qtbot, document)
    draw(panel)
    says = panel.parts.nothing.sentence
    qtbot.waitUntil(lambda: "in a number for each of the 10 classes" in says.text())
    document.edit_graph("Whole", tiny_graph)
    settled(qtbot, panel)


def test_everything_has_its_place(qtbot: QtBot, document: Document) -> None:
    """Docked below, low and wide: nothing has to be scrolled; narrow and tall: nothing is beside its edge."""
    panel = shown(qtbot, document)
    draw(panel)
    settled(qtbot, panel)
    qtbot.waitUntil(lambda: bool(panel.parts.nearest.samples))
    for width, height in ((676, 176), (280, 620), (1100, 640)):
        panel.resize(width, height)
        qtbot.wait(20)
        assert panel.parts.inside.width() <= panel.parts.viewport().width(), (width, height)
        if width > 300:
            assert panel.parts.verticalScrollBar().maximum() == 0, (width, height)
        for child in panel.parts.inside.findChildren(QWidget):
            if child.isVisible():
                left = child.mapTo(panel.parts.inside, child.rect().topLeft()).x()
                assert left >= 0 and left + child.width() <= panel.parts.inside.width(), child


def test_from_the_first_start_to_a_drawing_that_is_judged_in_six_actions(qtbot: QtBot, window: MainWindow) -> None:
    """A click for each, and nothing typed: a template, the tab of the training, Train, Try it, a stroke."""
    actions = 0
    card = next(card for card in window.start_page.cards if "LeNet" in card.accessibleName())
    card.click()
    actions += 1
    assert window.document.project.recipe.data == "digits"
    recipe = window.document.project.recipe
    window.document.edit_recipe("Fewer", dataclasses.replace(recipe, epochs=1))  # only so that it takes a moment
    window.commands.bound["train"].trigger()
    actions += 1
    qtbot.waitUntil(lambda: window.run.state == "finished")
    window.commands.run("show-training")
    actions += 1
    window.training.update_now()
    window.training.after.buttons["show-try"].click()
    actions += 1
    panel = window.docks["try"].widget()
    assert isinstance(panel, TryPanel) and panel.isVisible()
    draw(panel)
    actions += 1
    settled(qtbot, panel)
    assert panel.parts.when.text().startswith("weights of") and actions <= 6


class FakeCamera(QObject):
    """Stands for a camera, its session and its sink."""

    errorOccurred, videoFrameChanged = Signal(object), Signal(object)  # noqa: N815 - Qt's names

    def __init__(self, *_: object) -> None:
        super().__init__()
        self.is_on = False

    def start(self) -> None:
        self.is_on = True

    def stop(self) -> None:
        self.is_on = False

    def setCamera(self, camera: FakeCamera) -> None:
        self.camera = camera

    def setVideoSink(self, sink: FakeCamera) -> None:
        self.sink = sink


def test_the_camera_gives_one_picture_once_it_sees_well(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, made = [object()], list[FakeCamera]()

    def part(*given: object) -> FakeCamera:
        made.append(FakeCamera(*given))
        return made[-1]

    devices = SimpleNamespace(videoInputs=lambda: there)
    fake = SimpleNamespace(QMediaDevices=devices, QCamera=part, QMediaCaptureSession=part, QVideoSink=part)
    monkeypatch.setattr(webcam, "find_spec", lambda name: fake)
    monkeypatch.setattr(webcam, "import_module", lambda name: fake)
    panel = shown(qtbot, document)
    image = QImage(12, 12, QImage.Format.Format_RGB32)
    image.fill(0xFF204060)
    panel.parts.tools["camera"].click()
    camera, session, sink = made
    for _ in range(SETTLED):
        assert camera.is_on and session.sink is sink
        sink.videoFrameChanged.emit(SimpleNamespace(toImage=lambda: image))
    settled(qtbot, panel)
    assert not camera.is_on
    assert panel.told is not None and panel.told.picture.name == "Camera picture"
    panel.parts.tools["camera"].click()
    camera = made[-3]
    camera.errorOccurred.emit(1)
    assert not camera.is_on and panel.parts.nothing.sentence.text() == webcam.SILENT
    panel.parts.tools["camera"].click()
    camera = made[-3]
    panel.hide()
    assert not camera.is_on, "nobody is filmed behind a closed panel"
    panel.show()
    there.clear()
    panel.parts.tools["camera"].click()
    assert panel.parts.nothing.sentence.text() == webcam.NO_CAMERA


def test_where_qt_has_no_multimedia_there_is_no_button(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webcam, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, webcam.MODULE, None)
    panel = shown(qtbot, document)
    assert "camera" not in panel.parts.tools
    panel.taker.take()
    assert panel.parts.nothing.sentence.text() == webcam.NO_MODULE
