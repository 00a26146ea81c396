"""What moves under a gesture is painted over pictures of the rest, which may be neither wrong nor out of date."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import Edge, Note
from cnnstudio.ui.canvas.compositing import Compositor
from cnnstudio.ui.pictures.canvas_picture import image
from cnnstudio.ui.theme import theme

ALT_SHIFT = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def _assert_nothing_is_stale(hand, what: str) -> None:
    shown = hand.on_screen()
    hand.view._apart.forget()
    hand.view.viewport().update()
    wrong = np.abs(shown - hand.on_screen()).max(axis=2) > 3
    assert not wrong.any(), f"{what}: {wrong.sum()} pixels, from {np.argwhere(wrong).min(0)}"


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    theme.install(request.param)
    yield request.param
    theme.install("light")


@pytest.mark.parametrize("zoom", [1.0, 0.8, 0.6, 0.4])
def test_a_drag_looks_as_if_qt_painted_it(hand_on, fork, scheme, zoom, monkeypatch):
    hand = hand_on(fork)
    hand.view.zoom_by(zoom)
    hand.view._smooth_again()
    start = hand.body("conv1")
    hand.press(start)
    for step in (20, 55, 90):
        hand.move(start + QPointF(step, -step / 2), Qt.KeyboardModifier.ControlModifier)
        shown = hand.on_screen()
        with monkeypatch.context() as patch:
            patch.setattr(type(hand.view), "leaves_still", False)
            carried = hand.view.scene().carried
            for node in carried.nodes:
                node.show()
            for wire in carried.wires:
                wire.set_apart(False)
            hand.view.viewport().update()
            plain = hand.on_screen()
            for node in carried.nodes:
                node.hide()
            for wire in carried.wires:
                wire.set_apart(True)
        # of two wires that cross, the one that is carried is on top now
        wrong = np.abs(shown - plain).max(axis=2) > 40
        assert wrong.sum() <= 12, f"{step}: {wrong.sum()} pixels, from {np.argwhere(wrong).min(0)}"
    assert np.abs(shown - shown[0, 0]).max() > 100, "there is something to see"
    hand.release(hand.body("conv1"))


def test_the_pictures_are_made_once_a_drag(hand_on, fork, monkeypatch):
    hand = hand_on(fork)
    drawn: list[QRect] = []
    behind = Compositor._paint_behind
    monkeypatch.setattr(Compositor, "_paint_behind", lambda self, *args: (drawn.append(args[1]), behind(self, *args)))
    start = hand.body("conv1")
    hand.press(start)
    for step in range(12, 200, 9):
        hand.move(start + QPointF(step, step))
        QApplication.processEvents()
    assert len(drawn) == 2, "once as far as it was asked for, and once as a whole"
    assert hand.view._apart._behind._picture is not None
    hand.release(start + QPointF(200, 200))
    QApplication.processEvents()
    assert hand.view._apart._behind._picture is None, "the memory is given back"


CHANGES = {
    "theme": lambda hand: theme.install("dark"),
    "zoom": lambda hand: hand.view.zoom_by(1.2),
    "far and near again": lambda hand: (hand.view.zoom_by(0.2), QApplication.processEvents(), hand.view.zoom_by(5.0)),
    "pan": lambda hand: hand.view.pan_by(40, -25),
    "resize": lambda hand: hand.view.resize(900, 640),
    "a wire under the pointer": lambda hand: hand.view.scene().heat({Edge("input1", "conv2", 0)}),
    "selected": lambda hand: hand.document.select(("conv2", "add1")),
    "wire selected": lambda hand: hand.view.scene().select_wires({Edge("conv2", "add1", 1)}),
    "keyboard": lambda hand: hand.view.scene().focus_node("cat1"),
    "note selected": lambda hand: hand.view.select_notes(hand.graph.notes),
    "heat": lambda hand: hand.view.set_measure("macs"),
    "wide wires": lambda hand: hand.view.set_wide_wires(True),
    "undone": lambda hand: hand.document.undo_stack.undo(),
    "another shape": lambda hand: hand.document.edit_graph("", hand.graph.replace("conv2", Conv2d(16))),
    "removed": lambda hand: hand.document.edit_graph("", hand.graph.remove("conv1")),
    "learned": lambda hand: hand.document.learned.emit(),
    "sharp again": lambda hand: (hand.view.hurry(), QApplication.processEvents(), hand.view._smooth_again()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_under_a_drag_is_seen(hand_on, fork, change):
    hand = hand_on(fork.add_note(Note("A *note*", (20.0, 420.0))))
    hand.document.edit_graph("Move", hand.graph.move({"fc1": (540.0, 440.0)}))
    start = hand.body("conv1")
    hand.press(start)
    try:
        for step in (12, 20, 30):
            hand.move(start + QPointF(step, step))
            QApplication.processEvents()
        before = hand.on_screen()
        CHANGES[change](hand)
        hand.view._still.stop()  # or edges would be smoothed between two looks
        _assert_nothing_is_stale(hand, change)
        if change not in ("learned", "sharp again", "far and near again"):
            after = hand.on_screen()
            assert after.shape != before.shape or (after != before).any(), "it can be seen"
        hand.move(start + QPointF(44, 40))
        _assert_nothing_is_stale(hand, f"a step after {change}")
    finally:
        theme.install("light")
    assert all(item.isVisible() for item in hand.view.scene().nodes.values()) or hand.view.tool is not None
    hand.release(start + QPointF(44, 40))
    assert all(item.isVisible() for item in (*hand.view.scene().nodes.values(), *hand.view.scene().wires.values()))
    _assert_nothing_is_stale(hand, f"let go after {change}")


def test_a_wire_that_is_about_to_take_the_node_is_seen(hand_on, chain):
    hand = hand_on(chain)
    start = hand.body("conv2")
    hand.press(start)
    way = hand.along("conv1", "relu1", 0.5) - start
    for share in (0.1, 0.5, 0.9, 1.0, 0.5, 1.0):
        hand.move(start + way * share)
        _assert_nothing_is_stale(hand, f"at {share} of the way")
    assert hand.view.scene().hot_wires == {Edge("conv1", "relu1", 0)}
    hand.release(start + way)


def test_a_frame_follows_what_is_dragged_out_of_it(hand_on, fork):
    hand = hand_on(fork.frame(("conv1", "conv2"), "Two ways"))
    start = hand.body("conv1")
    hand.press(start)
    for step in (12, 40, 80, 60):
        hand.move(start + QPointF(step, -step))
        _assert_nothing_is_stale(hand, f"by {step}")
    hand.release(start + QPointF(60, -60))


@pytest.mark.parametrize("zoom", [1.0, 0.6, 0.3])
def test_a_knife_leaves_nothing_behind(hand_on, fork, zoom):
    hand = hand_on(fork)
    hand.view.zoom_by(zoom)
    hand.view._smooth_again()
    hand.press(QPointF(220.0, -40.0), ALT_SHIFT)
    for place in ((225, 60), (222, 120), (230, 260), (480, 250), (490, 100), (200, 200), (202, 201)):
        hand.move(QPointF(*place), ALT_SHIFT)
        shown = hand.on_screen()
        hand.view._apart.forget()
        hand.view.viewport().update()
        # the dashes of a leg are painted from where the exposed part of it begins
        wrong = np.abs(shown - hand.on_screen()).max(axis=2) > 60
        assert wrong.sum() <= 8, f"{place}: {wrong.sum()} pixels, from {np.argwhere(wrong).min(0)}"
    assert len(hand.view.scene().hot_wires) >= 3
    hand.release(QPointF(202.0, 201.0), ALT_SHIFT)
    assert len(hand.graph.edges) <= len(fork.edges) - 3


def test_a_picture_taken_during_a_drag_has_everything_in_it(hand_on, fork):
    hand = hand_on(fork)
    before = hand.pixels(image(hand.view.scene()))
    hand.drag(hand.body("conv1"), hand.body("conv1") + QPointF(30, 30), let_go=False)
    assert not hand.view.scene_item("conv1").isVisible()
    during = hand.pixels(image(hand.view.scene()))
    background = before[0, 0]
    inked = [(np.abs(each - background).max(axis=2) > 20).mean() for each in (before, during)]
    assert inked[1] == pytest.approx(inked[0], rel=0.03)
    hand.move(hand.body("conv1") + QPointF(5, 5))
    _assert_nothing_is_stale(hand, "a step after the picture")
    hand.release(hand.body("conv1"))


def test_many_nodes_are_left_to_qt(hand_on, fork):
    hand = hand_on(fork.subgraph(fork.nodes))
    for _ in range(2):
        hand.document.select(tuple(hand.graph.nodes))
        hand.view.duplicate()
    hand.document.select(tuple(hand.graph.nodes))
    start = hand.body("conv1")
    hand.press(start)
    hand.move(start + QPointF(30, 30))
    assert len(hand.view.scene().carried.names) > 12
    assert not hand.view.leaves_still
    assert all(item.isVisible() for item in hand.view.scene().nodes.values())
    hand.release(start)
