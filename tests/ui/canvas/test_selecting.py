"""Selecting by click, band and command; selection is no step of undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt

from cnnstudio.graph import Edge, Note

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def test_clicks_select_add_and_take_away(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv1"))
    assert hand.document.selection == ("conv1",)
    hand.click(hand.body("relu1"), SHIFT)
    assert hand.document.selection == ("conv1", "relu1")
    hand.click(hand.body("conv1"), CTRL)
    assert hand.document.selection == ("relu1",)
    hand.click(QPointF(800, 560))
    assert hand.document.selection == ()
    assert hand.document.undo_stack.count() == 0


def test_a_band_selects_what_it_touches(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(QPointF(250, 20), QPointF(700, 150))
    assert hand.document.selection == ("conv1", "relu1")
    hand.drag(QPointF(250, 300), QPointF(300, 400), SHIFT)
    assert hand.document.selection == ("conv1", "relu1", "conv2")
    hand.drag(QPointF(720, 20), QPointF(600, 150), CTRL | SHIFT)
    assert hand.document.selection == ("conv1", "conv2")


def test_a_band_given_up_restores_the_selection(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv2"))
    hand.drag(QPointF(250, 20), QPointF(700, 150), let_go=False)
    hand.key(Qt.Key.Key_Escape)
    assert hand.document.selection == ("conv2",)
    assert hand.view.tool is None


def test_select_by_command(hand_on, fork):
    hand = hand_on(fork)
    hand.view.select_all()
    assert set(hand.document.selection) == set(fork.nodes)
    hand.document.select(("add1",))
    hand.view.select_upstream()
    assert set(hand.document.selection) == {"add1", "conv1", "conv2", "input1"}
    hand.document.select(("conv1",))
    hand.view.select_downstream()
    assert set(hand.document.selection) == {"conv1", "add1", "cat1"}
    hand.document.select(("conv1",))
    hand.view.select_same_kind()
    assert hand.document.selection == ("conv1", "conv2")


def test_escape_selects_nothing(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.along("conv1", "relu1", 0.5))
    hand.key(Qt.Key.Key_Escape)
    assert not hand.view.scene().selected_wires


def test_wires_are_added_to_the_selection(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.along("conv1", "relu1", 0.5))
    hand.click(hand.along("input1", "conv1", 0.5), SHIFT)
    assert hand.view.scene().selected_wires == {Edge("conv1", "relu1", 0), Edge("input1", "conv1", 0)}
    hand.view.delete()
    assert hand.inputs("conv1") == (None,)
    assert hand.inputs("relu1") == (None,)
    assert hand.document.undo_stack.count() == 1


WIRE = Edge("input1", "conv1", 0)


@pytest.fixture
def with_wire(hand_on, chain):
    """A canvas with a note, on which a wire and the note are selected and nothing else."""
    hand = hand_on(chain.add_note(Note("a note", (-400.0, 200.0))))
    hand.click(hand.along("input1", "conv1", 0.5))
    hand.view.scene().select_notes(hand.graph.notes)
    assert hand.view.scene().selected_wires == {WIRE} and hand.view.scene().notes.chosen
    return hand


def find(hand):
    hand.view.find_node()
    hand.answer("conv2")


@pytest.mark.parametrize(
    "gesture",
    [
        lambda hand: hand.click(hand.body("conv2")),
        lambda hand: hand.drag(QPointF(250, 300), QPointF(300, 400)),
        find,
        lambda hand: hand.document.select(("conv2",)),  # as Problems, Outline and Summary do
        lambda hand: hand.view.go_to("conv2"),
    ],
)
def test_what_replaces_the_selection_replaces_all_of_it(with_wire, gesture):
    gesture(with_wire)
    assert with_wire.document.selection == ("conv2",)
    assert not with_wire.view.scene().selected_wires and not with_wire.view.scene().notes.chosen
    with_wire.view.delete()
    assert with_wire.inputs("conv1") == ("input1",)
    assert with_wire.document.undo_stack.undoText() == "Delete conv2"


def test_to_find_the_node_that_is_selected_lets_go_of_the_wire_beside_it(with_wire):
    with_wire.click(with_wire.body("conv2"), SHIFT)
    find(with_wire)
    assert with_wire.document.selection == ("conv2",)
    assert not with_wire.view.scene().selected_wires and not with_wire.view.scene().notes.chosen


@pytest.mark.parametrize(
    "gesture",
    [
        lambda hand: hand.click(hand.body("conv2"), SHIFT),
        lambda hand: hand.click(hand.body("conv2"), CTRL),
        lambda hand: hand.drag(QPointF(250, 300), QPointF(300, 400), SHIFT),
    ],
)
def test_what_adds_keeps_wires_and_notes_and_the_text_of_deleting_names_all(with_wire, gesture):
    gesture(with_wire)
    assert with_wire.document.selection == ("conv2",)
    with_wire.view.delete()
    assert with_wire.inputs("conv1") == (None,) and "conv2" not in with_wire.graph and not with_wire.graph.notes
    text = with_wire.document.undo_stack.undoText()
    assert text == "Delete conv2, the wire input1 → conv1 and a note"


def test_a_band_that_takes_away_takes_notes_away_too_and_one_given_up_gives_wires_back(with_wire):
    with_wire.drag(QPointF(250, 300), QPointF(300, 400), let_go=False)
    assert not with_wire.view.scene().selected_wires
    with_wire.key(Qt.Key.Key_Escape)
    assert with_wire.view.scene().selected_wires == {WIRE} and len(with_wire.view.scene().notes.chosen) == 1
    with_wire.view.look_at(with_wire.view.scene().bounds_of())
    with_wire.drag(QPointF(-20, 480), QPointF(-420, 190), CTRL | SHIFT)
    assert with_wire.view.scene().selected_wires == {WIRE} and not with_wire.view.scene().notes.chosen


def test_an_edit_leaves_the_wires_selected_that_are_still_there(with_wire):
    with_wire.document.edit_graph("Delete", with_wire.graph.remove("conv2"))
    with_wire.click(with_wire.body("relu1"), SHIFT)
    with_wire.document.edit_graph("Delete", with_wire.graph.remove("relu1"))
    assert with_wire.view.scene().selected_wires == {WIRE}


def test_ctrl_and_arrows_walk_from_node_to_node(hand_on, fork):
    hand = hand_on(fork)
    hand.key(Qt.Key.Key_Right, CTRL)
    assert hand.document.selection == ("input1",)
    hand.key(Qt.Key.Key_Right, CTRL)
    first = hand.document.selection
    assert first in {("conv1",), ("conv2",)}
    hand.key(Qt.Key.Key_Down if first == ("conv1",) else Qt.Key.Key_Up, CTRL)
    assert hand.document.selection != first
    assert hand.view.scene().focused == hand.document.selection[0]
    hand.key(Qt.Key.Key_Left, CTRL)
    assert hand.document.selection == ("input1",)
    assert "input1: Input 3 × 32 × 32. Output 3 × 32 × 32." in hand.view.accessibleDescription()


def test_the_selection_goes_with_the_node_that_is_gone(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv1"))
    hand.view.delete()
    assert hand.document.selection == ()


def test_find_goes_to_a_node(hand_on, chain):
    hand = hand_on(chain)
    hand.view.centerOn(QPointF(9_000, 9_000))
    hand.view.find_node()
    hand.answer("relu1")
    assert hand.document.selection == ("relu1",)
    assert hand.view.visible().contains(hand.view.scene_item("relu1").body)


def test_a_press_with_the_right_button_selects_and_asks_for_a_menu(hand_on, chain):
    from PySide6.QtGui import QContextMenuEvent
    from PySide6.QtWidgets import QApplication

    hand = hand_on(chain)
    asked = []
    hand.view.menu_asked.connect(asked.append)
    place = hand.view.mapFromScene(hand.body("conv1"))
    viewport = hand.view.viewport()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, place, viewport.mapToGlobal(place)))
    assert hand.document.selection == ("conv1",)
    assert len(asked) == 1
