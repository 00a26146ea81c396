"""What is painted piece by piece is what would be painted all at once; kept pictures are like what they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import Edge, Note
from cnnstudio.ui.canvas.scene import node_face, node_item, overview
from cnnstudio.ui.canvas.scene.item_scene import NEAR

SHIFT = Qt.KeyboardModifier.ShiftModifier


def _assert_all_is_painted(hand, what: str) -> None:
    shown = hand.on_screen()
    hand.view.scene().overview.version += 1  # no kept picture
    hand.view.viewport().update()
    wrong = np.abs(shown - hand.on_screen()).max(axis=2) > 40
    assert not wrong.any(), f"{what}: {wrong.sum()} pixels, from {np.argwhere(wrong).min(0)}"


@pytest.fixture
def framed(hand_on, fork):
    return hand_on(fork.frame(("conv1", "conv2"), "Two ways"))


@pytest.mark.parametrize("zoom", [1.0, 0.6, 0.4, 0.3, 0.15])
def test_every_step_of_a_gesture_leaves_nothing_behind(framed, zoom):
    hand = framed
    hand.view.zoom_by(zoom)
    hand.view.fit_selection()
    hand.view.zoom_by(zoom / hand.view.zoom)
    hand.view._smooth_again()
    _assert_all_is_painted(hand, "zoom")
    for name in ("conv1", "add1", "cat1"):
        hand.click(hand.body(name), SHIFT)
        _assert_all_is_painted(hand, f"select {name}")
    hand.click(QPointF(-150.0, 600.0))
    for name in ("add1", "conv2", "input1"):
        start = hand.body(name)
        hand.press(start)
        for step in (20, 55, 90, 40):
            hand.move(start + QPointF(step, -step / 2))
            hand.view._smooth_again()
            _assert_all_is_painted(hand, f"drag {name} by {step}")
        hand.release(start + QPointF(40, -20))
        _assert_all_is_painted(hand, f"let {name} go")
    hand.click(hand.body("conv2"))
    hand.click(hand.body("conv1"), SHIFT)
    _assert_all_is_painted(hand, "a whole frame selected")
    hand.click(QPointF(-150.0, 600.0))
    _assert_all_is_painted(hand, "nothing selected")
    hand.view.scene().heat({Edge("input1", "conv1", 0)})
    _assert_all_is_painted(hand, "a wire under the pointer")
    hand.document.edit_graph("", hand.graph.replace("conv1", Conv2d(16)))
    _assert_all_is_painted(hand, "another shape")
    hand.view.pan_by(31, -17)
    _assert_all_is_painted(hand, "pan")


def test_what_is_written_on_a_wire_goes_where_the_wire_goes(hand_on, chain):
    """It is higher than a level wire, so it lies outside of the item."""
    hand = hand_on(chain)
    for names in (("conv1",), ("conv1", "relu1"), ("input1", "conv1", "relu1")):
        hand.document.select(names)
        start = hand.body(names[0])
        hand.press(start)
        for step in (12, 40, 80):
            hand.move(start + QPointF(step, 0.0))
            _assert_all_is_painted(hand, f"drag {names} by {step}")
        hand.release(start + QPointF(80.0, 0.0))
        _assert_all_is_painted(hand, f"let {names} go")
    for _ in range(3):
        hand.document.undo_stack.undo()
        _assert_all_is_painted(hand, "undo")
    hand.document.edit_graph("", hand.graph.disconnect(Edge("conv1", "relu1", 0)))
    _assert_all_is_painted(hand, "unplug")
    hand.document.undo_stack.undo()
    _assert_all_is_painted(hand, "plug in")


@pytest.mark.parametrize("zoom", [1.0, 0.3])
def test_a_bend_and_a_note_leave_nothing_behind(hand_on, chain, zoom):
    bent = chain.bend(Edge("conv1", "relu1", 0), ((520.0, 200.0),)).add_note(Note("A *note*", (20.0, 420.0)))
    hand = hand_on(bent)
    hand.view.zoom_by(zoom)
    hand.view._smooth_again()
    for start in (QPointF(520.0, 200.0), QPointF(60.0, 440.0)):
        hand.press(start)
        for step in (20, 45, 70):
            hand.move(start + QPointF(step, step / 2))
            _assert_all_is_painted(hand, f"drag what is at {start} by {step}")
        hand.release(start + QPointF(70, 35))
        _assert_all_is_painted(hand, f"let go what was at {start}")
    assert hand.graph.bends(Edge("conv1", "relu1", 0)) != bent.bends(Edge("conv1", "relu1", 0))
    assert hand.graph.notes != bent.notes
    hand.document.select(("conv1",))
    hand.document.edit_graph("", hand.graph.bypass(("conv1",)))
    _assert_all_is_painted(hand, "bypass")


def test_far_away_a_drag_is_painted_over_a_kept_picture(framed):
    hand = framed
    hand.view.zoom_by(0.2)
    assert hand.view.zoom < NEAR
    drawn: list[str] = []
    overview = hand.view.scene().overview
    paint, paint_over = overview.paint, overview.paint_over
    overview.paint = lambda *arguments: (drawn.append("all"), paint(*arguments))
    overview.paint_over = lambda *arguments: (drawn.append("over"), paint_over(*arguments))
    start = hand.body("add1")
    hand.press(start)
    for step in range(20, 400, 20):
        hand.move(start + QPointF(step, step))
        QApplication.processEvents()
    assert drawn.count("all") <= 3
    assert drawn.count("over") >= 19
    hand.release(start)


def test_a_kept_face_is_like_a_painted_one(hand_on, fork, monkeypatch):
    hand = hand_on(fork)
    hand.click(hand.body("conv1"))
    kept = hand.on_screen()
    assert len(hand.view.scene().inks.faces) >= 5
    monkeypatch.setattr(node_face, "SHARPEST", 0.0)
    hand.view.viewport().update()
    assert np.abs(kept - hand.on_screen()).max() <= 3


def test_nodes_that_look_otherwise_share_no_face(hand_on, fork):
    canvas = hand_on(fork).view.scene()
    item, other = canvas.nodes["conv1"], canvas.nodes["conv2"]
    assert item.look == other.look
    item.show_state(selected=True, focused=False)
    assert item.look != other.look
    assert canvas.nodes["add1"].look != canvas.nodes["cat1"].look


def test_wires_are_fine_from_afar_and_never_in_a_picture(hand_on, fork):
    from cnnstudio.ui.pictures.canvas_picture import image

    hand = hand_on(fork)
    near = hand.pixels(image(hand.view.scene()))
    wire = hand.view.scene().wires[Edge("input1", "conv1", 0)]
    assert not wire.pen().isCosmetic()
    hand.view.zoom_by(0.6)
    assert wire.pen().isCosmetic()
    assert (hand.pixels(image(hand.view.scene())) == near).all()
    hand.view.actual_size()
    assert not wire.pen().isCosmetic()


@pytest.mark.parametrize("is_heap", [False, True])
def test_of_what_lies_in_a_heap_not_every_block_is_painted(hand_on, chain, monkeypatch, is_heap):
    hand, painted = hand_on(chain), []
    monkeypatch.setattr(overview, "HEAP", 2 if is_heap else len(chain))
    monkeypatch.setattr(node_item, "draw_face", lambda *given: painted.append(given))
    hand.view.fit()
    hand.view.zoom_by(1.0 / hand.view.zoom)
    hand.view.viewport().update()
    hand.on_screen()
    assert hand.view.zoom >= NEAR and bool(painted) is not is_heap
