"""Zoom, pan, fit, far view, light and dark, and what the items say."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QNativeGestureEvent, QPainter, QPointingDevice
from PySide6.QtWidgets import QApplication, QToolTip

from cnnstudio.blocks import Conv2d, Input, ReLU
from cnnstudio.graph import Edge, Graph, Node, Sketch
from cnnstudio.layout.metrics import GAP, WIDTH
from cnnstudio.ui.canvas.scene.cost_overlay import SharesAs
from cnnstudio.ui.canvas.scene.item_scene import NEAR
from cnnstudio.ui.theme import DARK, LIGHT, theme

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.mark.parametrize("turn", [120, -120, 480, -480])
def test_the_wheel_zooms_to_the_pointer(hand_on, chain, turn):
    hand = hand_on(chain)
    place = hand.view.mapToScene(640, 410)
    hand.wheel(place, turn)
    assert (hand.view.zoom > 1) == (turn > 0)
    moved = hand.view.mapFromScene(place)
    assert abs(moved.x() - 640) <= 1
    assert abs(moved.y() - 410) <= 1


def test_the_keys_zoom_to_the_pointer(hand_on, chain, monkeypatch):
    hand, pointer = hand_on(chain), QPoint(640, 410)
    monkeypatch.setattr(hand.view, "pointer_place", lambda: pointer)
    place = hand.view.mapToScene(pointer)
    for step in (hand.view.zoom_in, hand.view.zoom_in, hand.view.zoom_out):
        step()
        assert (hand.view.mapFromScene(place) - pointer).manhattanLength() <= 2
    assert hand.view.zoom == pytest.approx(1.25)


def test_zoom_has_an_end_on_both_sides(hand_on, chain):
    hand = hand_on(chain)
    for turn in (480, -480):
        for _ in range(40):
            hand.wheel(QPointF(300, 300), turn)
        assert 0.03 < hand.view.zoom < 4.01


def test_two_fingers_pan_and_ctrl_zooms(hand_on, chain):
    hand = hand_on(chain)
    before = hand.view.visible().center()
    hand.wheel(QPointF(300, 300), -60, fingers=True)
    assert hand.view.zoom == 1.0
    assert hand.view.visible().center() == before + QPointF(0, 60)
    hand.wheel(QPointF(300, 300), 60, CTRL, fingers=True)
    assert hand.view.zoom > 1.0


def test_shift_and_the_wheel_go_sideways(hand_on, chain):
    hand = hand_on(chain)
    before = hand.view.visible().center()
    hand.wheel(QPointF(300, 300), -120, Qt.KeyboardModifier.ShiftModifier)
    assert hand.view.zoom == 1.0
    assert hand.view.visible().center() == before + QPointF(60, 0)


def test_a_pinch_zooms_to_the_fingers(hand_on, chain):
    hand = hand_on(chain)
    viewport, place = hand.view.viewport(), QPointF(640, 410)
    under = hand.view.mapToScene(place.toPoint())
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2, place, place,
        QPointF(viewport.mapToGlobal(place.toPoint())), 0.25, QPointF(),
    )  # fmt: skip
    QApplication.sendEvent(viewport, pinch)
    assert hand.view.zoom == pytest.approx(1.25)
    assert (hand.view.mapFromScene(under) - place.toPoint()).manhattanLength() <= 2


def test_the_wheel_can_be_set_to_pan(hand_on, chain):
    hand = hand_on(chain)
    hand.view.wheel = "pan"
    hand.wheel(QPointF(300, 300), -120)
    assert hand.view.zoom == 1.0


@pytest.mark.parametrize(
    ("button", "modifiers"),
    [(Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier), (Qt.MouseButton.LeftButton, ALT)],
)
def test_the_canvas_is_dragged_along(hand_on, chain, button, modifiers):
    hand = hand_on(chain)
    before = hand.view.visible().center()
    hand.press(hand.body("conv1"), modifiers, button)
    at = hand.view.mapFromScene(hand.body("conv1"))
    hand.move(hand.view.mapToScene(at.x() - 50, at.y() - 20), modifiers, button)
    hand.release(hand.view.mapToScene(at.x() - 50, at.y() - 20), modifiers, button)
    assert hand.view.visible().center() == before + QPointF(50, 20)
    assert hand.graph == chain


def test_a_pan_leaves_no_seam(hand_on, fork):
    """After a pan only strips are painted; together with what was scrolled they are what one painting would be."""
    hand = hand_on(fork)
    hand.view.set_minimap(True)
    hand.view.zoom_by(1.3)
    hand.view._still.timeout.emit()
    QApplication.processEvents()
    for step in ((7, 4), (-13, 9), (40, -60), (0, -5)):
        hand.view.pan_by(*step)
        QApplication.processEvents()
    scrolled = on_screen(hand.view)
    hand.view.viewport().update()
    QApplication.processEvents()
    assert np.abs(scrolled - on_screen(hand.view)).max() <= 4


def on_screen(view) -> np.ndarray:
    image = view.screen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(image.constBits(), np.uint8).astype(int)


def test_fit_shows_everything_and_fit_selection_what_is_selected(hand_on, chain):
    hand = hand_on(chain)
    hand.view.centerOn(QPointF(50_000, 50_000))
    hand.view.fit()
    assert hand.view.visible().contains(hand.view.scene().bounds_of())
    hand.document.select(("relu1",))
    hand.view.fit_selection()
    assert (hand.view.visible().center() - hand.body("relu1")).manhattanLength() < 3
    hand.view.actual_size()
    assert hand.view.zoom == pytest.approx(1.0)


@pytest.mark.parametrize("across", range(300, 1001, 50))
def test_wires_that_turn_to_the_next_row_are_in_view_with_their_nodes(hand_on, chain, across):
    rows = {"input1": (0.0, 0.0), "conv1": (float(across - 184), 0.0), "relu1": (0.0, 200.0)}
    hand = hand_on(chain.move(rows).remove("conv2"))
    hand.view.fit()
    left, top, right, bottom = hand.view.scene().wires[Edge("conv1", "relu1", 0)].bounds()
    assert hand.view.visible().contains(QRectF(left, top, right - left, bottom - top))


def test_a_held_drag_at_the_border_rolls_on(hand_on, chain, qtbot):
    hand = hand_on(chain)
    before = hand.view.visible().center()
    hand.drag(hand.body("conv2"), hand.view.mapToScene(998, 300), let_go=False)
    qtbot.waitUntil(lambda: hand.view.visible().center().x() > before.x() + 40)
    hand.key(Qt.Key.Key_Escape)
    assert hand.graph == chain


def test_far_away_everything_is_still_painted(hand_on, chain):
    hand = hand_on(chain)
    for zoom in (0.3, 0.1):
        hand.view.zoom_by(zoom / hand.view.zoom)
        hand.view.look_at(hand.view.scene().bounds_of(), most=zoom)
        assert hand.view.zoom < NEAR
        hand.view._smooth_again()
        picture = hand.view.grab().toImage()
        body = hand.view.scene_item("conv1").body
        clear_of_signs = QPointF(20, 12) if zoom > 0.2 else QPointF(25, 34)
        at = hand.view.mapFromScene(body.bottomRight() - clear_of_signs)
        color, wanted = picture.pixelColor(at), hand.view.scene().inks.family("convolution").body.color()
        assert sum(abs(a - b) for a, b in zip(color.getRgb(), wanted.getRgb(), strict=True)) < 12


@pytest.mark.parametrize("zoom", [0.3, 0.2, 0.12])
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_far_away_a_family_is_told_by_its_glyph_too(hand_on, chain, zoom, palette):
    whole = chain.connect("relu1", "conv2", 0)
    hand = hand_on(whole.move({name: (400.0 * at, 0.0) for at, name in enumerate(whole.order)}))
    theme.use(palette)
    try:
        hand.view.look_at(hand.view.scene().bounds_of(), most=zoom)
        hand.view._smooth_again()
        drawn = {name: _drawn(hand, name) for name in chain.order}
    finally:
        theme.use(LIGHT)
    alike = np.abs(drawn["conv1"] - drawn["conv2"]).mean()
    for name in ("input1", "relu1"):
        assert np.abs(drawn[name] - drawn["conv1"]).mean() > 2 * alike + 10, f"{name} looks as conv1 does, but for hue"


def _drawn(hand, name: str) -> np.ndarray:
    """What is drawn on a node where its glyph is, from 0 to 255, whatever its colour."""
    item, side = hand.view.scene_item(name), round(60.0 * hand.view.zoom)
    at = item.body.topLeft() + QPointF(0.0 if hand.view.zoom >= 0.25 else 62.0, 4.0)
    corner = hand.view.mapFromScene(at)
    ground = hand.view.scene().inks.family(item.node.block.family).body.color()
    pixels = hand.pixels(hand.view.viewport().grab().toImage())
    pixels = pixels[corner.y() : corner.y() + side, corner.x() : corner.x() + side]
    away = np.abs(pixels - np.array([ground.blue(), ground.green(), ground.red()])).max(axis=2)
    return 255.0 * away / max(away.max(), 1)


def test_a_selection_far_away_is_painted_at_once(hand_on, chain):
    hand = hand_on(chain)
    hand.view.look_at(hand.view.scene().bounds_of(), most=0.3)
    before = hand.view.grab().toImage()
    hand.document.select(("conv1",))
    assert hand.view.grab().toImage() != before


def test_edges_are_smooth_when_nothing_moves(hand_on, chain):
    """With DontSavePainterState a hint that is set and not taken back would leak into every item."""
    hand = hand_on(chain)
    hand.view.zoom_by(1.3)
    assert not hand.view.renderHints() & QPainter.RenderHint.Antialiasing
    hand.view._still.timeout.emit()
    assert hand.view.renderHints() & QPainter.RenderHint.Antialiasing
    picture = hand.view.grab().toImage()
    body = hand.view.scene_item("conv1").body
    corner = hand.view.mapFromScene(body.topLeft())
    colors = {picture.pixelColor(corner.x() + x, corner.y() + y).name() for x in range(9) for y in range(9)}
    assert len(colors) > 12, "a rounded corner has many shades"


def test_light_and_dark(hand_on, chain):
    hand = hand_on(chain)
    try:
        seen = []
        for palette in (DARK, LIGHT):
            theme.use(palette)
            seen.append(hand.view.grab().toImage().pixelColor(990, 690).lightness())
        assert seen[0] < 60
        assert seen[1] > 200
    finally:
        theme.use(LIGHT)


def test_an_empty_canvas_says_how_to_begin(hand_on, chain):
    empty = hand_on(Graph())
    middle = empty.view.viewport().rect().center()
    picture = empty.view.grab().toImage()
    shades = {picture.pixelColor(x, middle.y()).name() for x in range(middle.x() - 150, middle.x() + 150)}
    assert len(shades) > 10


# what the items say


def test_an_error_is_marked_and_told(hand_on, chain):
    hand = hand_on(chain.replace("conv1", Conv2d(8, 64)))
    item = hand.view.scene_item("conv1")
    assert item.error
    assert hand.view.scene().wires[Edge("input1", "conv1", 0)].faulty
    assert hand.view.scene_item("relu1").is_waiting
    _ask(hand, hand.body("conv1"))
    assert "64" in QToolTip.text()
    _ask(hand, hand.along("input1", "conv1", 0.5))
    assert "carries 3 × 32 × 32" in QToolTip.text()
    hand.document.edit_graph("Fix", hand.graph.replace("conv1", Conv2d(8)))
    assert not item.error
    assert not hand.view.scene().wires[Edge("input1", "conv1", 0)].faulty
    assert item.shape_out == (8, 30, 30)
    QToolTip.hideText()


def _ask(hand, place: QPointF) -> None:
    at = hand.view.mapFromScene(place)
    viewport = hand.view.viewport()
    QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(at)))


def test_a_wire_says_its_shape_and_widens_with_its_channels(hand_on, chain):
    hand = hand_on(chain)
    wire = hand.view.scene().wires[Edge("conv1", "relu1", 0)]
    assert wire.label is not None
    assert wire.label[0] == "8×32×32"
    narrow = wire.pen().widthF()
    hand.view.scene().set_wide_wires(True)
    assert wire.pen().widthF() > narrow


@pytest.mark.parametrize("size", [(64, 112, 112), (128, 112, 112), (64, 224, 224)])
def test_the_shapes_of_famous_networks_have_room_between_two_nodes(hand_on, size):
    reader = Node("relu1", ReLU(), ("input1",), (WIDTH + GAP[0], 0.0))
    hand = hand_on(Graph.of([Node("input1", Input(size), (), (0.0, 0.0)), reader]))
    label = hand.view.scene().wires[Edge("input1", "relu1", 0)].label
    assert label is not None
    assert label[0] == "×".join(map(str, size))
    assert QRectF(WIDTH, 0.0, GAP[0], 68.0).contains(label[1])


def test_only_what_changed_is_touched(hand_on, chain):
    hand = hand_on(chain)
    items = dict(hand.view.scene().nodes)
    wires = dict(hand.view.scene().wires)
    graph = hand.graph.add(Node("relu2", ReLU(), ("relu1",), (800.0, 60.0)))
    hand.document.edit_graph("Add", graph)
    assert {name: item for name, item in hand.view.scene().nodes.items() if name in items} == items
    assert {edge: item for edge, item in hand.view.scene().wires.items() if edge in wires} == wires
    assert hand.view.scene().items().__len__() == 5 + 3


def test_an_opened_project_is_brought_into_view(hand_on, chain):
    from cnnstudio.project import Project

    hand = hand_on(chain)
    draw = Sketch()
    draw(Input((3, 8, 8)))
    hand.document.open(Project(draw.graph().move({"input1": (50_000.0, -3_000.0)})), None)
    assert hand.view.visible().contains(hand.view.scene().bounds_of())


def test_nodes_at_the_end_of_the_world_can_be_reached(hand_on):
    graph = Graph.of([Node("input1", Input((3, 8, 8)), (), (9_000_000.0, -9_000_000.0))])
    hand = hand_on(graph)
    hand.view.fit()
    assert hand.view.visible().contains(hand.view.scene().bounds_of())


@pytest.mark.parametrize("measure", ["parameters", "macs", "memory"])
def test_where_the_parameters_the_work_and_the_memory_are(hand_on, chain, measure):
    hand = hand_on(chain)
    view = hand.view
    cold = view.grab().toImage()
    view.scene().set_measure(measure)
    found = {name: item.share for name, item in view.scene().nodes.items()}
    assert found["conv2"] is None, "it has no shape yet"
    assert sum(share.of_all for share in found.values() if share) == pytest.approx(1.0)
    assert max(share.of_most for share in found.values() if share) == 1.0
    assert view.grab().toImage() != cold
    if measure == "parameters":
        assert str(found["conv1"]) == "100 % of parameters"
        assert "100 % of parameters" in view.scene_item("conv1").sentence()
        assert (view.scene_item("conv1").heat, view.scene_item("relu1").heat) == (8, 0)
    hand.drag(hand.output("relu1"), hand.input("conv2"))
    assert view.scene_item("conv2").share is not None, "it follows the network"
    view.look_at(view.scene().bounds_of(), most=0.3)
    warm = view.grab().toImage()
    view.scene().set_measure(None)
    assert view.grab().toImage() != warm
    assert all(item.share is None for item in view.scene().nodes.values())


@pytest.mark.parametrize("shares_as", [SharesAs(True, False), SharesAs(False, True), SharesAs(True, True)])
def test_a_share_hides_nothing_of_what_a_node_tells(hand_on, chain, shares_as):
    hand = hand_on(chain)
    item = hand.view.scene_item("conv1")
    plain = [[text.text() for _, text, *_ in item._layout_texts(level)] for level in (2, 1, 0)]
    before = hand.view.grab().toImage()
    hand.view.set_measure("parameters")
    hand.view.set_shares_as(shares_as)
    shown = [[text.text() for _, text, *_ in item._layout_texts(level)] for level in (2, 1, 0)]
    assert shown == [[*plain[0], "100 %"], [*plain[1], "100 %"], plain[2]]
    assert (plain[0][0], plain[0][2]) == ("conv1", "8 × 32 × 32")
    assert "3×3" in plain[0][1]
    assert "100 % of parameters" in item.sentence()
    assert (item.heat is not None) == shares_as.heat
    assert hand.view.grab().toImage() != before


def test_a_bar_is_seen_at_each_zoom_of_the_items_and_heat_from_afar_too(hand_on, chain):
    hand = hand_on(chain)
    item = hand.view.scene_item("conv1")
    for zoom in (1.0, 0.6, 0.4):
        hand.view.zoom_by(zoom / hand.view.zoom)
        hand.view.set_measure("parameters")
        hand.view.set_shares_as(SharesAs(bar=True, heat=False))
        corner = hand.view.mapFromScene(item.body.topLeft() + QPointF(50.0, 56.0))
        end = hand.view.mapFromScene(item.body.bottomLeft() + QPointF(52.0, 0.0))
        image = hand.view.viewport().grab().toImage()
        column = [image.pixelColor(end.x(), y) for y in range(corner.y(), end.y())]
        assert any(color.hslSaturation() > 120 and 10 < color.hslHue() < 40 for color in column), f"no bar at {zoom}"
    hand.view.zoom_by(0.3 / hand.view.zoom)
    told_by_family = hand.view.grab().toImage()
    hand.view.set_shares_as(SharesAs(bar=True, heat=True))
    assert hand.view.grab().toImage() != told_by_family


def test_a_bypass_is_told_in_as_many_words_as_there_is_room_for(hand_on, chain):
    hand = hand_on(chain)
    hand.document.edit_graph("Bypass", hand.graph.bypass(("relu1",)))
    item = hand.view.scene_item("relu1")
    near, far = ([text.text() for _, text, *_ in item._layout_texts(level)] for level in (2, 1))
    assert (near[1], far) == ("Bypassed ReLU", ["relu1", "Bypassed"])
