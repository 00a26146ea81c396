"""What is made, sought or carried lies under nothing: the map steps aside, and the view moves on from messages."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QCursor, QDragMoveEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import Node, Note
from cnnstudio.ui.canvas.scene.note_item import rect_of
from cnnstudio.ui.main_window import MainWindow

CORNER = QPoint(900, 620)  # in the viewport, where the map lies at first


@pytest.fixture
def mapped(hand_on, chain):
    """A canvas with its map, since a far block is out of view."""
    hand = hand_on(chain.add(Node("far1", Conv2d(4), (), (9_000.0, 0.0))))
    hand.view.set_minimap(True)
    assert hand.view.shows_map
    assert hand.view._map.rect.contains(CORNER)
    return hand


def covered(view, rect) -> bool:
    """Whether the map lies over this part of the scene."""
    assert view.shows_map
    return view._map.rect.intersects(view.mapFromScene(rect).boundingRect())


def test_a_block_added_under_the_map_is_seen(mapped):
    mapped.view.quick_add(CORNER)
    mapped.answer("dropout")
    body = mapped.view.scene_item("dropout1").body
    assert mapped.view.visible().contains(body)
    assert not covered(mapped.view, body)


def test_a_block_that_makes_the_map_appear_is_seen(hand_on, chain):
    hand = hand_on(chain)
    hand.view.set_minimap(True)
    assert not hand.view.shows_map
    far = hand.view.mapToScene(CORNER)
    hand.document.edit_graph("", hand.graph.add(Node("far1", Conv2d(4), (), (9_000.0, 0.0))))
    hand.view.centerOn(QPointF(440.0, 290.0))
    hand.view.edit("Add", hand.graph.add(Node("conv3", Conv2d(4), (), (far.x() - 90.0, far.y() - 30.0))))
    hand.view._map.refresh()
    assert not covered(hand.view, hand.view.scene_item("conv3").body)


def test_what_is_pasted_under_the_map_is_seen(mapped, monkeypatch):
    mapped.document.select(("conv1",))
    mapped.view.copy()
    monkeypatch.setattr(mapped.view, "underMouse", lambda: True)
    QCursor.setPos(mapped.view.viewport().mapToGlobal(CORNER))
    mapped.view.paste()
    (name,) = mapped.view.chosen
    body = mapped.view.mapFromScene(mapped.view.scene_item(name).body).boundingRect()
    assert body.contains(CORNER), "where the map was"
    assert not covered(mapped.view, mapped.view.scene_item(name).body)
    QGuiApplication.clipboard().clear()


def test_a_note_written_under_the_map_is_seen(mapped):
    at = mapped.view.mapToScene(CORNER)
    note = Note("Look here", (at.x() - 60.0, at.y() - 30.0))
    mapped.view.edit("Add", mapped.graph.add_note(note))
    mapped.view.reveal_note(mapped.graph.notes[0])
    assert not covered(mapped.view, rect_of(mapped.graph.notes[0]))


def test_what_is_sought_under_the_map_is_seen_and_the_view_stays(mapped):
    at = mapped.view.mapToScene(CORNER)
    mapped.document.edit_graph("", mapped.graph.move({"relu1": (at.x() - 90.0, at.y() - 30.0)}))
    looking = mapped.view.visible()
    mapped.view.reveal("relu1")
    assert mapped.view.visible() == looking
    assert not covered(mapped.view, mapped.view.scene_item("relu1").body)
    left = mapped.view.mapToScene(100, 620)
    mapped.document.edit_graph("", mapped.graph.move({"conv1": (left.x() - 60.0, left.y() - 30.0)}))
    mapped.view.reveal("conv1")
    assert not covered(mapped.view, mapped.view.scene_item("conv1").body), "it goes back"


def test_the_map_makes_way_for_what_is_carried(mapped):
    start = mapped.body("conv2")
    mapped.press(start)
    mapped.move(start + QPointF(30.0, 0.0))
    assert mapped.view._map.rect.contains(CORNER)
    mapped.move(mapped.view.mapToScene(CORNER))
    assert not mapped.view._map.rect.contains(CORNER)
    mapped.release(mapped.view.mapToScene(CORNER))
    assert not covered(mapped.view, mapped.view.scene_item("conv2").body)


def test_the_map_makes_way_for_a_block_from_the_palette(mapped):
    view, mime = mapped.view, QMimeData()
    mime.setData("application/x-cnnstudio-block", b'{"type": "Dropout"}')
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDragMoveEvent(CORNER, action, mime, button, Qt.KeyboardModifier.NoModifier)
    view.dragEnterEvent(event)
    view.dragMoveEvent(event)
    assert not view._map.rect.contains(CORNER)
    view.dragLeaveEvent(event)


def test_the_map_is_pressed_and_stays_where_it_is(mapped):
    before = mapped.view.visible().center()
    there = mapped.view.mapToScene(CORNER)
    mapped.press(there)
    mapped.move(there + QPointF(5.0, 5.0))
    mapped.release(there)
    assert mapped.view.visible().center() != before
    assert mapped.view._map.rect.contains(CORNER)


def test_what_is_under_both_corners_leaves_the_map_where_it_is(mapped):
    mapped.view.bring_in(mapped.view.visible().adjusted(40.0, 40.0, -40.0, -40.0))
    assert mapped.view._map.rect.contains(CORNER)


def test_what_is_sought_under_a_message_comes_out_of_it(window: MainWindow, chain) -> None:
    window.document.edit_graph("", chain)
    canvas = window.canvas
    canvas.actual_size()
    window.messages.say("Something to read.", "error")
    bar = QRect(window.messages.pos(), window.messages.size())
    assert canvas.free().bottom() <= bar.top()
    for bring in (lambda: canvas.reveal("conv1"), lambda: canvas.bring_in(canvas.scene_item("conv1").body), canvas.fit):
        body = canvas.scene_item("conv1").body
        away = canvas.mapFromScene(body.center()) - bar.center()
        canvas.pan_by(-away.x(), -away.y())
        assert bar.intersects(canvas.mapFromScene(body).boundingRect())
        bring()
        assert not bar.intersects(canvas.mapFromScene(body).boundingRect())


def test_a_message_makes_way_for_the_map_that_steps_aside(window: MainWindow, chain, qtbot) -> None:
    window.document.edit_graph("", chain.add(Node("far1", Conv2d(4), (), (9_000.0, 0.0))))
    window.resize(1300, 1000)
    canvas = window.canvas
    QApplication.processEvents()
    canvas.actual_size()
    canvas.set_minimap(True)
    canvas.centerOn(canvas.scene_item("conv1").body.center())
    window.messages.say("Something long to read. " * 9, "error")
    qtbot.waitUntil(lambda: canvas.shows_map)

    def is_clear() -> bool:
        return not QRect(window.messages.pos(), window.messages.size()).intersects(canvas.map_rect)

    qtbot.waitUntil(lambda: not canvas._map_timer.isActive())
    qtbot.waitUntil(is_clear)
    canvas._map.make_room(canvas.map_rect)
    assert not is_clear()
    qtbot.waitUntil(is_clear)
