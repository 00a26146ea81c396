"""Adding blocks: by key, by double-click, by drop, into wires, after nodes."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeySequence,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import ReLU
from cnnstudio.graph import BLOCKS, Edge, Graph, Node
from cnnstudio.layout.metrics import HEIGHT, WIDTH
from cnnstudio.project import read
from cnnstudio.resources import resource
from cnnstudio.ui.canvas.scene.geometry import wire_path
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.search import Entry, found


def drop(hand, place: QPointF, payload: str) -> None:
    mime = QMimeData()
    mime.setData("application/x-cnnstudio-block", payload.encode())
    at = hand.view.mapFromScene(place)
    held = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    viewport = hand.view.viewport()
    QApplication.sendEvent(viewport, QDragEnterEvent(at, *held))
    QApplication.sendEvent(viewport, QDragMoveEvent(at, *held))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(at), *held))


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Space])
def test_a_key_asks_for_a_block(hand_on, key):
    hand = hand_on(Graph())
    hand.key(key)
    hand.answer("conv2d")
    assert [type(node.block).__name__ for node in hand.graph] == ["Conv2d"]
    assert hand.document.selection == ("conv1",)


def test_a_double_click_on_empty_canvas_adds_there(hand_on, chain):
    hand = hand_on(chain)
    hand.double_click(QPointF(700, 400))
    hand.answer("relu")
    x, y = hand.graph["relu2"].position
    assert (x + 92, y + 34) == (700, 400)


@pytest.mark.parametrize("share", [0.02, 0.98])
def test_a_block_dropped_at_the_edge_comes_into_view_whole(hand_on, chain, share):
    hand = hand_on(chain)
    seen = hand.view.visible()
    drop(hand, QPointF(seen.left() + share * seen.width(), 430.0), json.dumps({"block": "ReLU", "parameters": {}}))
    assert hand.view.visible().contains(hand.view.scene_item("relu2").body)


def test_a_block_at_the_end_of_a_wire_comes_into_view_whole(hand_on, chain):
    hand = hand_on(chain)
    seen = hand.view.visible()
    hand.drag(hand.output("relu1"), QPointF(seen.right() - 30.0 / hand.view.zoom, 430.0))
    hand.answer("maxpool")
    assert hand.view.visible().contains(hand.view.scene_item("pool1").body)


def test_space_held_pans_and_adds_nothing(hand_on, chain):
    hand = hand_on(chain)
    before = hand.view.visible().center()
    QTest.keyPress(hand.view, Qt.Key.Key_Space)
    hand.drag(QPointF(700, 400), QPointF(760, 440))
    QTest.keyRelease(hand.view, Qt.Key.Key_Space)
    assert not hand.view.popup.isVisible()
    assert hand.view.visible().center() != before
    assert hand.graph == chain


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier])
def test_a_letter_that_is_typed_before_space_is_let_go_is_no_command(hand_on, chain, held):
    hand = hand_on(chain)
    done = []
    for keys in ("M", "Shift+M", "Ctrl+M"):
        action = QAction(keys, hand.view)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _=False, keys=keys: done.append(keys))
        hand.view.addAction(action)
    hand.click(hand.body("conv2"))
    QTest.keyPress(hand.view, Qt.Key.Key_Space)
    QTest.keyPress(hand.view, Qt.Key.Key_M, held)
    QTest.keyRelease(hand.view.focusWidget(), Qt.Key.Key_Space)
    QTest.keyRelease(hand.view.popup.field, Qt.Key.Key_M, held)
    assert not done
    assert hand.view.popup.isVisible() and hand.view.popup.field.text().lower() == "m"
    QTest.keyClicks(hand.view.popup.field, "axpool")
    QTest.keyClick(hand.view.popup.field, Qt.Key.Key_Return)
    assert hand.inputs("pool1") == ("conv2",)
    hand.key(Qt.Key.Key_M, held)
    assert len(done) == 1, "and afterwards it is one again"


def test_a_letter_while_space_pans_does_nothing(hand_on, chain):
    hand = hand_on(chain)
    QTest.keyPress(hand.view, Qt.Key.Key_Space)
    hand.drag(QPointF(700, 400), QPointF(760, 440))
    QTest.keyClick(hand.view, Qt.Key.Key_Period)
    QTest.keyRelease(hand.view, Qt.Key.Key_Space)
    assert not hand.view.popup.isVisible()


def test_the_list_goes_when_the_network_is_another(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv2"))
    hand.key(Qt.Key.Key_Tab)
    hand.document.edit_graph("Delete", hand.graph.remove("conv2"))
    assert not hand.view.popup.isVisible()


def test_after_a_selected_node_the_new_one_is_wired(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("relu1"))
    hand.key(Qt.Key.Key_Tab)
    assert "Linear" not in hand.offered()
    hand.answer("flatten")
    assert hand.inputs("flatten1") == ("relu1",)
    assert hand.graph["flatten1"].position[0] > hand.graph["relu1"].position[0] + 184
    hand.key(Qt.Key.Key_Tab)
    hand.answer("linear")
    assert hand.inputs("fc1") == ("flatten1",), "so a network is typed block after block"


def test_after_a_node_that_one_other_reads_the_new_one_goes_between(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv1"))
    hand.key(Qt.Key.Key_Tab)
    hand.answer("batchnorm")
    assert hand.inputs("bn1") == ("conv1",)
    assert hand.inputs("relu1") == ("bn1",)
    assert hand.graph["relu1"].position[0] > hand.graph["bn1"].position[0] + 184
    assert hand.document.undo_stack.count() == 1


@pytest.mark.parametrize("zoom", [0.17, 1.0])
def test_a_new_block_comes_into_view_at_the_zoom_there_is(hand_on, chain, zoom):
    hand = hand_on(chain.move({"relu1": (2_000.0, 900.0)}))
    hand.view.look_from(zoom, QPointF(2_000.0 - 480.0 / zoom, 900.0))
    hand.document.select(("relu1",))
    hand.key(Qt.Key.Key_Tab)
    hand.answer("flatten")
    assert hand.view.zoom == pytest.approx(zoom)
    assert hand.view.visible().contains(hand.view.scene_item("flatten1").body)


def test_a_selected_wire_takes_the_new_block_in(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.along("conv1", "relu1", 0.5))
    hand.key(Qt.Key.Key_Tab)
    hand.answer("batchnorm2d")
    assert hand.inputs("bn1") == ("conv1",)
    assert hand.inputs("relu1") == ("bn1",)


def test_a_block_dropped_from_the_palette(hand_on, chain):
    hand = hand_on(chain)
    drop(hand, QPointF(700, 400), json.dumps({"block": "Conv2d", "parameters": {"out_channels": 24}}))
    assert hand.graph["conv3"].block.out_channels == 24
    assert hand.graph["conv3"].position == (608.0, 366.0)


def example(name: str) -> Graph:
    return read(resource("examples", f"{name}.cnn")).graph


def moved(hand, before: Graph) -> set[str]:
    return {node.name for node in before if hand.graph[node.name].position != node.position}


@pytest.mark.parametrize("how", ["dropped", "typed", "carried", "put"])
def test_a_block_put_into_a_wire_stands_in_line_and_only_the_rest_of_the_row_moves(hand_on, how):
    before = example("lenet5").add(Node("relu1", ReLU(), (), (1_400.0, 330.0)))
    hand = hand_on(before)
    place, name = hand.along("conv1", "tanh1", 0.5), "relu1"
    if how == "dropped":
        drop(hand, place, json.dumps({"block": "ReLU", "parameters": {}}))
        name = "relu2"
    elif how == "typed":
        hand.click(place)
        hand.key(Qt.Key.Key_Tab)
        hand.answer("relu")
        name = "relu2"
    elif how == "carried":
        hand.drag(hand.body("relu1"), place)
    else:
        hand.document.select(("relu1",))
        hand.view.ask_for_wire()
        hand.answer("conv1 tanh1")
    assert (hand.inputs(name), hand.inputs("tanh1")) == (("conv1",), (name,))
    assert hand.overlapping() == []
    row = ("conv1", name, "tanh1", "pool1")
    assert [hand.graph[each].position for each in row] == [(number * 268.0, 0.0) for number in range(1, 5)]
    assert moved(hand, before) - {name} == {"tanh1", "pool1"}
    assert name in hand.graph.framed["conv1"].members
    assert hand.document.undo_stack.count() == 1
    hand.document.undo_stack.undo()
    assert hand.graph == before


def test_a_block_behind_another_in_a_full_row_makes_room_in_that_row(hand_on):
    before = example("lenet5")
    hand = hand_on(before)
    hand.click(hand.body("fc1"))
    hand.key(Qt.Key.Key_Tab)
    hand.answer("dropout")
    assert hand.overlapping() == []
    assert moved(hand, before) == {"tanh3"}


def test_a_block_dropped_in_a_frame_joins_it_and_the_frame_stands_on_nothing(hand_on):
    before = example("lenet5")
    hand = hand_on(before)
    drop(hand, hand.body("tanh2"), json.dumps({"block": "ReLU", "parameters": {}}))
    frames = hand.view.scene().frames.rects
    assert "relu1" in hand.graph.framed["tanh2"].members
    assert hand.overlapping() == []
    assert not any(frames[a].intersects(frames[b]) for a, b in combinations(frames, 2))


def test_a_block_held_at_the_border_makes_the_view_roll_on(hand_on, chain, qtbot):
    hand = hand_on(chain)
    mime, viewport, before = QMimeData(), hand.view.viewport(), hand.view.visible().center()
    mime.setData("application/x-cnnstudio-block", json.dumps({"block": "ReLU", "parameters": {}}).encode())
    held = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    at = QPoint(998, 300)
    QApplication.sendEvent(viewport, QDragEnterEvent(at, *held))
    for place in (at, at - QPoint(8, 0)):  # on the way in
        QApplication.sendEvent(viewport, QDragMoveEvent(place, *held))
        qtbot.wait(50)
    assert hand.view.visible().center() == before
    for place in (at - QPoint(200, 0), at):
        QApplication.sendEvent(viewport, QDragMoveEvent(place, *held))
    qtbot.waitUntil(lambda: hand.view.visible().center().x() > before.x() + 40)
    place = hand.view.mapToScene(at).x()
    QApplication.sendEvent(viewport, QDropEvent(QPointF(at), *held))
    here = hand.view.visible()
    qtbot.wait(40)
    assert hand.view.visible() == here
    assert hand.graph["relu2"].position[0] + 92 == pytest.approx(place, abs=2)


def hold(hand, *places: QPoint) -> None:
    """Bring a block from the palette there, and let it not go."""
    mime, viewport = QMimeData(), hand.view.viewport()
    mime.setData("application/x-cnnstudio-block", json.dumps({"block": "ReLU", "parameters": {}}).encode())
    held = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(viewport, QDragEnterEvent(places[0], *held))
    for place in places:
        QApplication.sendEvent(viewport, QDragMoveEvent(place, *held))


@pytest.mark.parametrize("zoom", [1.0, 0.6, 0.2])
def test_the_ghost_of_a_block_is_as_large_as_the_node_will_be(hand_on, chain, zoom):
    hand = hand_on(chain)
    hand.view.zoom_by(zoom)
    at = QPoint(700, 560)
    empty = hand.on_screen()
    hold(hand, QPoint(300, 640), at)
    rows, columns = np.nonzero(np.abs(hand.on_screen() - empty).max(axis=2) > 12)
    body = hand.view.mapFromScene(QRectF(*(-WIDTH / 2, -HEIGHT / 2), WIDTH, HEIGHT)).boundingRect()
    body.moveCenter(at)
    assert abs(columns.min() - body.left()) <= 8 and abs(columns.max() - body.right()) <= 8
    assert abs(rows.min() - body.top()) <= 8 and abs(rows.max() - body.bottom()) <= 8
    drop(hand, hand.view.mapToScene(at), json.dumps({"block": "ReLU", "parameters": {}}))
    assert hand.graph["relu2"].position == (
        pytest.approx(hand.view.mapToScene(at).x() - WIDTH / 2, abs=1),
        pytest.approx(hand.view.mapToScene(at).y() - HEIGHT / 2, abs=1),
    )


def accent_at(hand, place: QPointF) -> bool:
    """Whether the wires to come are seen there."""
    at, wanted = hand.view.mapFromScene(place), theme.color("accent")
    near = hand.on_screen()[at.y() - 1 : at.y() + 2, at.x() - 1 : at.x() + 2].reshape(-1, 3)
    return np.abs(near - [wanted.blue(), wanted.green(), wanted.red()]).max(axis=1).min() < 40


@pytest.mark.parametrize("by", ["drag", "palette"])
def test_the_wires_to_come_are_seen_over_a_block_that_is_held_on_a_wire(hand_on, chain, by):
    hand = hand_on(chain.move({"conv1": (480.0, 60.0), "relu1": (760.0, 60.0), "conv2": (200.0, 320.0)}))
    middle = hand.along("input1", "conv1", 0.5) + QPointF(0.0, 22.0)
    body = QRectF(middle.x() - WIDTH / 2, middle.y() - HEIGHT / 2, WIDTH, HEIGHT)
    into, out_of = QPointF(body.left(), middle.y()), QPointF(body.right(), middle.y())
    seen = [
        wire_path(hand.output("input1"), into).pointAtPercent(0.7),
        wire_path(out_of, hand.input("conv1")).pointAtPercent(0.3),
    ]
    assert not any(accent_at(hand, place) for place in seen)
    if by == "drag":
        hand.drag(hand.body("conv2"), middle, Qt.KeyboardModifier.ControlModifier, let_go=False)
    else:
        hold(hand, hand.view.mapFromScene(middle))
    assert all(accent_at(hand, place) for place in seen)
    if by == "drag":
        hand.drag(middle, middle + QPointF(0.0, 200.0), Qt.KeyboardModifier.ControlModifier, let_go=False)
    else:
        QApplication.sendEvent(hand.view.viewport(), QDragLeaveEvent())
    assert not any(accent_at(hand, place) for place in seen) and not hand.view.scene().hot_wires


def test_where_a_block_has_no_room_yet_the_wire_itself_is_seen_over_it(hand_on, chain):
    hand = hand_on(chain)
    middle = hand.along("input1", "conv1", 0.5)
    assert not accent_at(hand, middle)
    hold(hand, hand.view.mapFromScene(middle + QPointF(0.0, 18.0)))
    assert accent_at(hand, middle) and hand.view.scene().hot_wires == {Edge("input1", "conv1")}
    assert not accent_at(hand, middle + QPointF(0.0, 18.0))


@pytest.mark.parametrize(
    "payload",
    ["", "[]", "{}", '{"block": "Nothing"}', '{"block": "Conv2d", "parameters": {"nothing": 1}}', "[" * 50_000,
     '{"block": "Conv2d", "parameters": {"out_channels": -3}}', '{"block": [1]}',
     '{"block": "Conv2d", "parameters": 7}'],
)  # fmt: skip
def test_nonsense_dropped_is_a_sentence(hand_on, chain, payload):
    hand = hand_on(chain)
    drop(hand, QPointF(700, 400), payload)
    assert hand.graph == chain
    assert len(hand.said) == 1


def test_an_input_cannot_stand_in_a_wire(hand_on, chain):
    hand = hand_on(chain)
    drop(hand, hand.along("input1", "conv1", 0.5), json.dumps({"block": "Input", "parameters": {}}))
    assert hand.graph == chain
    assert "reads nothing" in hand.said[-1]


def test_a_new_block_does_not_lie_on_another(hand_on, chain):
    hand = hand_on(chain)
    drop(hand, hand.body("conv2"), json.dumps({"block": "Input", "parameters": {}}))
    assert hand.graph["input2"].position[1] >= hand.graph["conv2"].position[1] + 68


def test_escape_and_a_click_elsewhere_close_the_list(hand_on, chain):
    hand = hand_on(chain)
    hand.view.quick_add(QPoint(300, 300))
    QTest.keyClick(hand.view.popup.field, Qt.Key.Key_Escape)
    assert not hand.view.popup.isVisible()
    hand.view.quick_add(QPoint(300, 300))
    hand.click(QPointF(800, 500))
    assert not hand.view.popup.isVisible()
    assert hand.graph == chain


def test_the_list_offers_what_the_palette_offers_and_no_other_block(hand_on, chain):
    hand = hand_on(chain)
    hand.view.quick_add(QPoint(300, 300))
    everything = hand.offered()
    hand.view.popup.hide()
    hand.document.offered = frozenset({"Conv2d", "ReLU"})
    hand.view.quick_add(QPoint(300, 300))
    assert set(hand.offered()) == {BLOCKS["Conv2d"].title, BLOCKS["ReLU"].title} and len(everything) > 2
    hand.view.popup.hide()
    hand.document.select(("relu1",))
    hand.view.ask_replacement()
    assert set(hand.offered()) <= {BLOCKS["Conv2d"].title, BLOCKS["ReLU"].title}


def test_arrows_choose_in_the_list(hand_on):
    hand = hand_on(Graph())
    hand.view.quick_add(QPoint(300, 300))
    second = hand.offered()[1]
    QTest.keyClick(hand.view.popup.field, Qt.Key.Key_Down)
    QTest.keyClick(hand.view.popup.field, Qt.Key.Key_Return)
    assert [node.block.title for node in hand.graph] == [second]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("conv2d", "Conv2d"),
        ("cnv2", "Conv2d"),
        ("max pool", "MaxPool2d"),
        ("flat", "Flatten"),
        ("fully connected", "Linear"),
    ],
)
def test_the_search_finds_what_is_meant(query, first):
    entries = [
        Entry(block.title, block.family, block.family, block, f"{name} {block.keywords}")
        for name, block in BLOCKS.items()
    ]
    assert found(query, entries)[0].title == first


def test_the_search_finds_nothing_for_nonsense():
    assert found("xqzxq", [Entry("Conv2d", "", "", None)]) == []


def test_the_list_stays_inside_a_small_canvas(hand_on):
    hand = hand_on(Graph())
    hand.view.quick_add(QPoint(990, 690))
    assert hand.view.rect().contains(hand.view.popup.geometry())


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("size", [(1000, 700), (520, 274)])
def test_the_list_is_as_large_as_its_letters_and_the_room(hand_on, size, scale):
    hand = hand_on(Graph())
    theme.set_scale(scale)
    try:
        hand.view.resize(*size)
        QApplication.processEvents()
        hand.view.quick_add(QPoint(300, 260))
        popup, letters = hand.view.popup, QFontMetrics(theme.font())
        QApplication.processEvents()
        assert hand.view.rect().contains(popup.geometry())
        assert popup.rect().contains(popup.list.geometry()) and popup.rect().contains(popup.field.geometry())
        assert not popup.list.geometry().intersects(popup.field.geometry())
        row = popup.list.visualRect(popup.list.model().index(0, 0))
        assert row.height() >= letters.height() + 8
        assert popup.list.height() >= min(3 if scale > 1 else 5, len(popup.entries)) * row.height()
        room = row.width() - 44
        assert all(letters.horizontalAdvance(entry.title) <= room for entry in popup.entries)
        small = QFontMetrics(theme.font("small"))
        for entry in popup.entries if size[0] == 1000 else ():
            assert letters.horizontalAdvance(entry.title) + 10 + small.horizontalAdvance(entry.detail) <= room
    finally:
        theme.set_scale(1.0)


def test_shortcuts_of_the_canvas_are_not_meant_while_one_types(hand_on, chain):
    hand = hand_on(chain)
    done = []
    for keys in ("Return", "Tab", "L", "Space", "Shift+Return", "Ctrl+D", "Ctrl+Shift+D", "Ctrl+G", "Alt+Shift+N"):
        action = QAction(keys, hand.view)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _=False, keys=keys: done.append(keys))
        hand.view.addAction(action)
    hand.key(Qt.Key.Key_L)
    assert done == ["L"], "the shortcuts work at all"
    hand.key(Qt.Key.Key_Tab)
    assert hand.view.popup.isVisible()
    QTest.keyClick(hand.view.popup.field, Qt.Key.Key_Tab)
    QTest.keyClicks(hand.view.popup.field, "l u")
    assert hand.view.popup.field.text() == "l u"
    field, held = hand.view.popup.field, Qt.KeyboardModifier
    for key, modifier in (
        (Qt.Key.Key_D, held.ControlModifier),
        (Qt.Key.Key_D, held.ControlModifier | held.ShiftModifier),
        (Qt.Key.Key_G, held.ControlModifier),
        (Qt.Key.Key_N, held.AltModifier | held.ShiftModifier),
        (Qt.Key.Key_Left, held.AltModifier),  # which would walk to a neighbour
        (Qt.Key.Key_Y, held.MetaModifier),
    ):
        QTest.keyClick(field, key, modifier)
    assert done == ["L"] and hand.document.selection == () and not hand.view.keyboard.held.knife
    QTest.keyClick(field, Qt.Key.Key_A, held.ControlModifier)
    assert field.selectedText() == field.text() != "", "what the field itself makes of a chord is left to it"
    field.clear()
    hand.answer("flatten")
    assert done == ["L"]
    assert "flatten1" in hand.graph
