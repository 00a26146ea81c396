"""Buttons: which one ends a gesture, what a double click opens, and what the map and a menu have to do with it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import ConvBNReLU
from cnnstudio.graph import Edge, Graph

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
WIRE = Edge("input1", "conv1")


def ask_menu(hand, place: QPointF) -> None:
    """What Qt sends after a press of the right button."""
    at, viewport = hand.view.mapFromScene(place), hand.view.viewport()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at))
    QApplication.sendEvent(viewport, event)


@pytest.fixture
def asked(hand_on, chain):
    """A canvas, and the places at which it has asked for a menu."""
    hand, places = hand_on(chain), list[QPoint]()
    hand.view.menu_asked.connect(places.append)
    return hand, places


# the button that began it


def test_the_right_button_gives_up_a_gesture_and_asks_for_no_menu(asked):
    hand, places = asked
    hand.drag(hand.output("conv2"), hand.input("relu1"), let_go=False)
    hand.press(hand.input("relu1"), button=RIGHT)
    assert hand.view.tool is None
    ask_menu(hand, hand.body("relu1"))
    hand.release(hand.input("relu1"), button=RIGHT)
    hand.release(hand.input("relu1"))
    assert not places and hand.graph == hand.document.graph and hand.document.undo_stack.count() == 0
    assert hand.document.selection == ()
    hand.press(hand.body("relu1"), button=RIGHT)
    ask_menu(hand, hand.body("relu1"))
    assert len(places) == 1, "the next one does"


def test_a_menu_is_not_asked_for_while_something_is_dragged(asked):
    hand, places = asked
    hand.drag(hand.body("conv2"), hand.body("conv2") + QPointF(60, 60), let_go=False)
    ask_menu(hand, hand.body("relu1"))
    assert not places and hand.document.selection == ("conv2",)


def test_another_button_does_not_end_a_drag(hand_on, chain):
    hand = hand_on(chain)
    start = hand.body("conv2")
    hand.drag(start, start + QPointF(120, 60), CTRL, let_go=False)
    for button in (MIDDLE, Qt.MouseButton.BackButton):
        hand.press(start + QPointF(120, 60), CTRL, button)
        hand.release(start + QPointF(120, 60), CTRL, button)
    assert hand.view.tool is not None and hand.document.undo_stack.count() == 0
    hand.move(start + QPointF(240, 60), CTRL)
    hand.release(start + QPointF(240, 60), CTRL)
    assert hand.graph["conv2"].position == (520.0, 380.0)
    before = hand.view.middle
    hand.press(QPointF(700, 400), button=MIDDLE)
    hand.press(QPointF(700, 400))
    hand.release(QPointF(700, 400))
    at = hand.view.mapFromScene(QPointF(700, 400)) + QPoint(50, 0)
    hand.move(hand.view.mapToScene(at), button=MIDDLE)
    assert hand.view.middle.x() == pytest.approx(before.x() - 50, abs=1)


# the second press of a double click


def press_again(hand, place: QPointF, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, button=LEFT) -> None:
    """A click, and what Qt sends for a press that follows it at once."""
    hand.press(place, held, button)
    hand.release(place, held, button)
    hand.send(QEvent.Type.MouseButtonDblClick, place, button, held)


def test_a_click_and_at_once_a_drag_moves_a_node(hand_on):
    graph = Graph()
    hand = hand_on(graph)
    hand.view.add_block(ConvBNReLU(8), QPointF(300, 300))
    (name,) = hand.graph.nodes
    place, activated = hand.body(name), list[str]()
    hand.view.activated.connect(activated.append)
    press_again(hand, place)
    for step in (20, 60, 120):
        hand.move(place + QPointF(step, 0), CTRL)
    hand.release(place + QPointF(120, 0), CTRL)
    assert hand.graph[name].position[0] == 208 + 120
    assert hand.document.scope == () and not activated


def test_a_double_click_opens_when_it_is_let_go(hand_on, chain):
    hand, activated = hand_on(chain), list[str]()
    hand.view.activated.connect(activated.append)
    press_again(hand, hand.body("conv2"))
    assert not activated
    hand.release(hand.body("conv2"))
    assert activated == ["conv2"]


def test_two_quick_clicks_with_ctrl_are_two_clicks(hand_on, chain):
    hand, activated = hand_on(chain), list[str]()
    hand.view.activated.connect(activated.append)
    press_again(hand, hand.body("conv2"), CTRL)
    assert hand.document.selection == ("conv2",)
    hand.release(hand.body("conv2"), CTRL)
    assert hand.document.selection == () and not activated


def test_a_second_press_at_once_pans_as_the_first(hand_on, chain):
    hand = hand_on(chain)
    before, place = hand.view.middle, hand.view.mapFromScene(QPointF(700, 400))
    press_again(hand, QPointF(700, 400), button=MIDDLE)
    hand.move(hand.view.mapToScene(place + QPoint(80, 0)), button=MIDDLE)
    hand.release(hand.view.mapToScene(place + QPoint(80, 0)), button=MIDDLE)
    assert hand.view.middle.x() == pytest.approx(before.x() - 80, abs=1)


def test_a_double_click_and_drag_on_empty_canvas_draws_a_band(hand_on, chain):
    hand = hand_on(chain)
    press_again(hand, QPointF(250, 300))
    for place in (QPointF(260, 320), QPointF(300, 400)):
        hand.move(place)
    hand.release(QPointF(300, 400))
    assert hand.document.selection == ("conv2",) and not hand.view.popup.isVisible()


@pytest.mark.parametrize("share", [0.5, 0.85])
def test_a_new_bend_follows_the_pointer(hand_on, chain, share):
    hand = hand_on(chain)
    place = hand.along("input1", "conv1", share)
    press_again(hand, place)
    for step in (20, 60, 100):
        hand.move(place + QPointF(0, step), CTRL)
    wire = hand.view.scene().wires[WIRE]
    assert len(wire.bends) == 1 and wire.bends[0][1] == pytest.approx(place.y() + 100, abs=1)
    hand.release(place + QPointF(0, 100), CTRL)
    ((x, y),) = hand.graph.bends(WIRE)
    assert (x, y) == (pytest.approx(place.x(), abs=1), pytest.approx(place.y() + 100, abs=1))
    assert hand.document.undo_stack.count() == 1
    assert hand.document.undo_stack.undoText() == "Bend the wire to conv1"
    assert hand.view.scene().bends.chosen == (WIRE, 0)


def test_a_new_bend_that_is_given_up_was_never_there(hand_on, chain):
    hand = hand_on(chain.bend(WIRE, ((220.0, 20.0),)))
    place = hand.along("input1", "conv1", 0.8)
    press_again(hand, place)
    hand.move(place + QPointF(0, 60))
    assert len(hand.view.scene().wires[WIRE].bends) == 2
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.scene().wires[WIRE].bends == ((220.0, 20.0),)
    assert hand.view.scene().bends.chosen is None and hand.view.scene().selected_wires == {WIRE}
    assert hand.document.undo_stack.count() == 0


# the map


@pytest.fixture
def on_map(asked):
    """A canvas whose map lies over a node, and a place on both."""
    hand, places = asked
    hand.view.set_minimap(True)
    hand.document.edit_graph("Move", hand.graph.move({"conv2": (-2_000.0, -900.0)}))
    assert hand.view.shows_map
    corner = hand.view.mapToScene(QPoint(900, 630))
    hand.document.edit_graph("Move", hand.graph.move({"relu1": (corner.x() - 90.0, corner.y() - 30.0)}))
    assert hand.view.scene().hit_test.at(corner, 1.0).node == "relu1" and hand.view.shows_map
    return hand, corner, places


def test_what_lies_under_the_map_cannot_be_reached_through_it(on_map):
    hand, place, places = on_map
    activated = list[str]()
    hand.view.activated.connect(activated.append)
    at = hand.view.mapFromScene(place)
    here = lambda: hand.view.mapToScene(at)  # noqa: E731 - the map moves the view
    hand.press(place, button=RIGHT)
    ask_menu(hand, place)
    hand.release(place, button=RIGHT)
    assert not places and hand.document.selection == ()
    hand.click(here())
    hand.send(QEvent.Type.MouseButtonDblClick, here())
    hand.release(here())
    assert not activated and not hand.view.popup.isVisible() and hand.document.selection == ()
    hand.move(here(), button=Qt.MouseButton.NoButton)
    assert not hand.view.scene().hot_wires
