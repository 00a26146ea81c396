"""Bends: a wire goes round things, by double-click, drag, key and command."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QApplication

from cnnstudio.graph import Edge
from cnnstudio.graph.node import MOST_BENDS
from cnnstudio.layout.metrics import SNAP
from cnnstudio.ui.canvas.scene.geometry import distance_to
from cnnstudio.ui.canvas.scene.wire_bends import SMALL, bends_of, bent_path, bent_points, leg_near, legs, longest_leg

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
WIRE, NEXT = Edge("input1", "conv1"), Edge("conv1", "relu1")


def bends(hand, edge: Edge = WIRE):
    return hand.graph.bends(edge)


@pytest.fixture
def bent(hand_on, chain):
    """A wire with two bends, above and below it."""
    graph = chain.move({"conv1": (480.0, 60.0), "relu1": (760.0, 60.0)})
    return hand_on(graph.bend(WIRE, ((260.0, 20.0), (380.0, 180.0))))


# how it runs


def test_a_wire_passes_its_bends_and_leaves_and_arrives_level():
    start, end, places = QPointF(0, 0), QPointF(300, 100), ((100.0, -80.0), (200.0, 150.0))
    made = legs(start, places, end)
    assert [leg[0] for leg in made[1:]] == [*places]
    assert made[0][1][1] == 0.0 < made[0][1][0]
    assert made[-1][2][1] == 100.0 and made[-1][2][0] < 300.0
    for (*_, into, place), (_, out, *_) in pairwise(made):  # no corner at a bend
        before, after = np.subtract(place, into), np.subtract(out, place)
        assert before[0] * after[1] == pytest.approx(before[1] * after[0])
        assert before @ after > 0
    points = bent_points(start, places, end)
    assert points[0] == (0.0, 0.0) and points[-1] == (300.0, 100.0)
    assert all(place in points for place in places)
    assert len(points) == len(set(points))


def test_a_wire_swings_nowhere():
    """Between two bends at one height it runs level, and goes no lower than they are."""
    points = bent_points(QPointF(0, 0), ((100.0, 140.0), (400.0, 140.0)), QPointF(500, 0))
    assert {round(y, 6) for x, y in points if 100 <= x <= 400} == {140.0}
    assert max(y for _, y in points) == pytest.approx(140.0)


def test_a_new_bend_comes_where_the_wire_was_clicked():
    start, end = QPointF(0, 0), QPointF(300, 0)
    assert [leg_near(QPointF(x, 5), start, (), end) for x in (-9, 150, 310)] == [0, 0, 0]
    places = ((100.0, 0.0), (200.0, 0.0))
    assert [leg_near(QPointF(x, 5), start, places, end) for x in (-9, 90, 110, 190, 210, 310)] == [0, 0, 1, 1, 2, 2]
    assert longest_leg(QPointF(0, 0), ((50.0, 0.0), (300.0, 0.0)), QPointF(400, 0))[0] == 1


def test_bends_on_one_spot_are_no_harm():
    spot = QPointF(5, 5)
    path = bent_path(spot, ((5.0, 5.0), (5.0, 5.0)), spot, SMALL)
    assert math.isfinite(path.boundingRect().width())
    assert bent_points(spot, ((5.0, 5.0),), spot)


def test_a_wire_is_hit_where_it_is_seen(bent):
    canvas = bent.view.scene()
    wire = canvas.wires[WIRE]
    for share in (0.15, 0.5, 0.85):
        x, y = wire._points()[int(share * (len(wire._points()) - 1))]
        hit = canvas.hit_test.at(QPointF(x, y), 1.0)
        assert hit.edge == WIRE and hit.bend is None
        assert hit.share == pytest.approx(share, abs=0.03)
    assert canvas.hit_test.at(QPointF(266.0, 14.0), 1.0).bend == 0  # near will do
    assert canvas.hit_test.at(QPointF(380.0, 180.0), 1.0).bend == 1
    assert canvas.hit_test.at(QPointF(420.0, 94.0), 1.0).edge is None  # where it would run without them
    assert WIRE in canvas.hit_test.wires_cut(QPointF(320.0, -40.0), QPointF(320.0, 260.0))
    assert WIRE not in canvas.hit_test.wires_cut(QPointF(230.0, 80.0), QPointF(230.0, 110.0))
    where = wire.label[1]
    assert not any(where.contains(QPointF(*place)) for place in wire.bends)
    assert [line.p2() for line in wire.lines()][:-1] == [QPointF(*place) for place in wire.bends]


# by hand


def test_a_double_click_on_a_wire_bends_it_there(hand_on, chain):
    hand = hand_on(chain)
    place = hand.along("input1", "conv1", 0.5)
    hand.double_click(place)
    assert not hand.view.popup.isVisible()
    ((x, y),) = bends(hand)
    assert abs(x - place.x()) <= 2 and abs(y - place.y()) <= 2
    assert hand.document.undo_stack.undoText() == "Bend the wire to conv1"
    assert hand.view.scene().bends.chosen == (WIRE, 0)
    hand.document.undo_stack.undo()
    assert hand.graph == chain
    assert hand.view.scene().bends.chosen is None


@pytest.fixture
def turned(hand_on, chain):
    """A wire to the beginning of the next row."""
    return hand_on(chain.connect("relu1", "conv2", 0))


TURNED = Edge("relu1", "conv2")


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.98])
def test_a_bend_that_is_not_moved_leaves_a_wire_to_the_next_row_where_it_runs(turned, share: float):
    wire, before = turned.view.scene().wires[TURNED], turned.graph
    way, place = QPainterPath(wire.path()), turned.along("relu1", "conv2", share)
    turned.double_click(place)
    edge, index = turned.view.scene().bends.chosen
    assert edge == TURNED and math.dist(bends(turned, TURNED)[index], place.toTuple()) < 2
    line = [way.pointAtPercent(number / 200).toTuple() for number in range(201)]
    assert max(distance_to(QPointF(*point), line)[0] for point in wire._points()) < 2
    turned.document.undo_stack.undo()
    assert turned.graph == before


def test_a_new_bend_in_a_wire_to_the_next_row_follows_the_hand_and_the_corners_stay(turned):
    wire = turned.view.scene().wires[TURNED]
    corners, middle = bends_of(wire.ends, ()), turned.along("relu1", "conv2", 0.5)
    steps = turned.document.undo_stack.count()
    turned.click(middle)
    turned.send(QEvent.Type.MouseButtonDblClick, middle)
    turned.move(middle + QPointF(0, 40))
    turned.release(middle + QPointF(0, 40))
    assert set(bends(turned, TURNED)) > set(corners)
    assert bends(turned, TURNED)[4][1] == pytest.approx(middle.y() + 40, abs=2)
    assert turned.document.undo_stack.count() == steps + 1
    turned.view.scene().select_wires({TURNED})
    turned.view.straighten()
    turned.view.add_bend()
    assert bends(turned, TURNED)[:4] == corners[:4] and len(bends(turned, TURNED)) == 9


def test_a_second_bend_takes_its_place_among_the_others(bent):
    x, y = bent.view.scene().wires[WIRE]._points()[30]  # half way between the two
    bent.double_click(QPointF(x, y))
    assert bends(bent)[0] == (260.0, 20.0) and bends(bent)[2] == (380.0, 180.0)
    assert math.dist(bends(bent)[1], (x, y)) < 2


def test_a_drag_moves_a_bend_in_one_step(bent):
    steps = bent.document.undo_stack.count()
    bent.drag(QPointF(263, 23), QPointF(303, 143))
    assert bends(bent) == ((300.0, 140.0), (380.0, 180.0))
    assert bent.document.undo_stack.count() == steps + 1
    assert bent.document.undo_stack.undoText() == "Move a bend"
    bent.document.undo_stack.undo()
    assert bends(bent)[0] == (260.0, 20.0)
    assert bent.view.scene().wires[WIRE].bends == bends(bent)


def test_a_bend_falls_into_line_with_the_ends_of_its_wire(bent):
    level = bent.view.scene().wires[WIRE].start.y()
    bent.drag(QPointF(260, 20), QPointF(300, level + 4))
    assert bends(bent)[0] == (300.0, level)
    bent.drag(QPointF(300, level), QPointF(376, level + 40))
    assert bends(bent)[0][0] == 380.0  # above the other bend
    bent.view.snaps = True
    bent.drag(QPointF(380, 180), QPointF(391, 203))
    assert all(number % SNAP == 0 for number in bends(bent)[1])


def test_a_drag_that_is_given_up_changes_nothing(bent):
    before = bent.graph
    bent.drag(QPointF(260, 20), QPointF(300, 90), let_go=False)
    assert bent.view.scene().wires[WIRE].bends[0] != (260.0, 20.0)
    bent.key(Qt.Key.Key_Escape)
    assert bent.graph is before
    assert bent.view.scene().wires[WIRE].bends == bends(bent)
    bent.drag(QPointF(260, 20), QPointF(300, 90), let_go=False)
    bent.document.edit_graph("Straighten", bent.graph.bend(WIRE, ()))  # under the hand
    bent.release(QPointF(300, 90))
    assert bent.view.scene().wires[WIRE].bends == ()
    bent.document.undo_stack.undo()
    bent.drag(QPointF(260, 20), QPointF(300, 90), let_go=False)
    bent.document.edit_graph("Delete", bent.graph.remove("conv1"))
    bent.release(QPointF(300, 90))
    assert WIRE not in bent.view.scene().wires


def test_a_double_click_on_a_bend_removes_it(bent):
    bent.double_click(QPointF(380, 180))
    assert bends(bent) == ((260.0, 20.0),)
    assert bent.document.undo_stack.undoText() == "Remove a bend"
    assert bent.view.scene().selected_wires == {WIRE}


def test_delete_removes_the_chosen_bend_and_then_the_wire(bent):
    bent.click(QPointF(260, 20))
    assert bent.view.scene().bends.chosen == (WIRE, 0)
    bent.view.delete()
    assert bends(bent) == ((380.0, 180.0),)
    assert WIRE in bent.graph.edges
    bent.view.delete()  # the wire is still selected, and no bend is
    assert WIRE not in bent.graph.edges
    bent.document.undo_stack.setIndex(0)
    assert len(bends(bent)) == 2


def test_a_click_elsewhere_on_the_wire_lets_go_of_the_bend(bent):
    bent.click(QPointF(260, 20))
    bent.click(QPointF(*bent.view.scene().wires[WIRE]._points()[30]))
    assert bent.view.scene().bends.chosen is None
    assert bent.view.scene().selected_wires == {WIRE}
    bent.click(QPointF(260, 20))
    bent.click(bent.body("relu1"))
    assert bent.view.scene().bends.chosen is None
    assert bent.document.selection == ("relu1",)


def test_the_arrow_keys_move_the_chosen_bend(bent):
    bent.click(QPointF(260, 20))
    steps = bent.document.undo_stack.count()
    bent.key(Qt.Key.Key_Right)
    bent.key(Qt.Key.Key_Right)
    bent.key(Qt.Key.Key_Down)
    (x, y), _ = bends(bent)
    assert x > 270 and y > 20
    assert bent.document.undo_stack.count() == steps + 1
    bent.document.undo_stack.undo()
    assert bends(bent)[0] == (260.0, 20.0)


def test_a_bend_that_is_new_and_still_in_the_hand_is_not_moved_by_keys(hand_on, chain):
    hand = hand_on(chain.move({"conv1": (480.0, 60.0)}))
    middle = hand.along("input1", "conv1", 0.5)
    hand.click(middle)
    hand.send(QEvent.Type.MouseButtonDblClick, middle)
    hand.move(middle + QPointF(0, 80))
    assert hand.view.scene().bends.chosen is not None and not bends(hand)
    hand.key(Qt.Key.Key_Up)
    hand.release(middle + QPointF(0, 80))
    assert len(bends(hand)) == 1


# with its nodes


def test_bends_go_with_their_nodes(bent):
    bent.document.select(("input1", "conv1"))
    bent.drag(bent.body("input1"), bent.body("input1") + QPointF(48, 64), CTRL)
    assert bends(bent) == ((308.0, 84.0), (428.0, 244.0))
    assert bent.view.scene().wires[WIRE].bends == bends(bent)
    bent.drag(bent.body("relu1"), bent.body("relu1") + QPointF(0, 200), CTRL)
    assert bends(bent) == ((308.0, 84.0), (428.0, 244.0))
    bent.document.select(("input1", "conv1"))
    bent.drag(bent.body("input1"), bent.body("input1") + QPointF(48, 64), CTRL, let_go=False)
    bent.key(Qt.Key.Key_Escape)
    assert bent.view.scene().wires[WIRE].bends == bends(bent)


def test_arrange_straightens_what_it_moved(bent):
    bent.document.select(("conv1", "relu1"))
    graph = bent.graph.bend(NEXT, ((700.0, 10.0),)).connect("input1", "conv2", 0)
    bent.document.edit_graph("Draw", graph.bend(Edge("input1", "conv2"), ((200.0, 300.0),)))
    bent.view.arrange()
    assert bends(bent) == bends(bent, NEXT) == ()
    assert bends(bent, Edge("input1", "conv2")) == ((200.0, 300.0),)
    bent.document.select(())
    bent.view.arrange()
    assert bends(bent, Edge("input1", "conv2")) == ()


def test_a_wire_that_is_plugged_elsewhere_runs_straight(bent):
    bent.drag(bent.input("conv1"), bent.input("conv2"))
    assert bent.inputs("conv2") == ("input1",)
    assert bends(bent, Edge("input1", "conv2")) == ()
    assert bent.view.scene().wires[Edge("input1", "conv2")].bends == ()


# by command


def test_the_commands_bend_and_straighten_the_selected_wire(window, qtbot, chain):
    document, view = window.document, window.canvas
    document.edit_graph("Draw", chain)
    bend, straighten = window.commands.bound["bend"], window.commands.bound["straighten"]
    QApplication.processEvents()
    assert not bend.isEnabled()
    view.scene().select_wires({WIRE})
    QApplication.processEvents()
    assert bend.isEnabled() and not straighten.isEnabled()
    bend.trigger()
    bend.trigger()
    assert len(set(document.graph.bends(WIRE))) == 2
    QApplication.processEvents()
    assert straighten.isEnabled()
    straighten.trigger()
    assert document.graph == chain
    assert document.undo_stack.undoText() == "Straighten the wire"


def test_what_cannot_be_bent_is_said(hand_on, chain):
    hand = hand_on(chain)
    hand.view.add_bend()
    assert hand.said == ["Select one wire to bend first."]
    hand.document.edit_graph("Bend", chain.bend(WIRE, ((200.0, 90.0),) * MOST_BENDS))
    hand.view.scene().select_wires({WIRE})
    hand.view.add_bend()
    assert hand.said[1:] == ["A wire has 50 bends at most."]
    assert len(bends(hand)) == MOST_BENDS


# seen


def test_pictures_and_the_map_hold_the_bends(bent):
    from cnnstudio.ui.pictures import canvas_picture

    canvas = bent.view.scene()
    before = canvas_picture.image(canvas)
    bent.document.edit_graph("Bend", bent.graph.bend(WIRE, ((260.0, -2_000.0),)))
    assert canvas.bounds_of().top() < -1_990
    assert canvas.overview.bounds.top() < -1_990
    assert canvas_picture.image(canvas).height() > before.height() + 2_000
    assert canvas.sceneRect().contains(QPointF(260.0, -2_000.0))
    bent.document.undo_stack.undo()
    assert canvas.bounds_of().top() > -200
    assert canvas_picture.image(canvas) == before


def test_the_chosen_bend_is_marked(bent):
    wire = bent.view.scene().wires[WIRE]
    plain = wire.path().elementCount()
    bent.click(QPointF(260, 20))
    assert wire.bend == 0
    assert wire.path().elementCount() > plain
    bent.view.select_none()
    assert wire.bend is None
    assert wire.path().elementCount() == plain
