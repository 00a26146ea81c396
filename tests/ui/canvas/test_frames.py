"""Frames on the canvas: drawn round their nodes, moved, named, coloured, joined and left, a step of undo each."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Group, ReLU, Residual
from cnnstudio.graph import Edge, Frame, Graph, Node
from cnnstudio.graph.annotations import HUES
from cnnstudio.layout.layout import arranged
from cnnstudio.layout.metrics import FRAME_BAR, FRAME_PAD, node_size
from cnnstudio.ui.canvas.commands import clipboard
from cnnstudio.ui.canvas.inline_edit import TitleField
from cnnstudio.ui.canvas.scene.frame_item import ABOVE
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.pictures.canvas_picture import SCALE, image
from cnnstudio.ui.theme import DARK, LIGHT, theme

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
PAIR = ("conv1", "relu1")


@pytest.fixture
def framed(chain: Graph) -> Graph:
    """The chain with a frame round conv1 and relu1."""
    return chain.frame(PAIR, "Body", 30)


def members(graph: Graph) -> dict[str, list[str]]:
    return {frame.title: sorted(frame.members) for frame in graph.frames}


def box(hand, title: str) -> QRectF:
    return next(rect for frame, rect in hand.view.scene().frames.rects.items() if frame.title == title)


def bar(hand, title: str) -> QPointF:
    """A place on the title bar, away from its ends."""
    rect = box(hand, title)
    return QPointF(rect.center().x(), rect.top() + FRAME_BAR / 2)


def field(hand) -> TitleField:
    (found,) = (each for each in hand.view.viewport().findChildren(TitleField) if each.isVisible())
    return found


def pixel(hand, place: QPointF) -> str:
    QApplication.processEvents()
    at = hand.view.mapFromScene(place)
    return hand.view.viewport().grab().toImage().pixelColor(at).name()


# commands


def test_a_frame_is_put_round_the_selection_and_taken_away(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(PAIR)
    hand.view.frame()
    assert members(hand.graph) == {"Frame": ["conv1", "relu1"]}
    hand.document.select(("input1",))
    hand.view.frame()
    assert members(hand.graph) == {"Frame": ["conv1", "relu1"], "Frame 2": ["input1"]}
    assert len({frame.hue for frame in hand.graph.frames}) == 2
    hand.document.select(("relu1",))
    hand.view.unframe()
    assert members(hand.graph) == {"Frame": ["conv1"], "Frame 2": ["input1"]}
    hand.document.select(("conv1", "input1"))
    hand.view.unframe()
    assert hand.graph == chain
    assert hand.document.undo_stack.count() == 4
    while hand.document.undo_stack.canUndo():
        hand.document.undo_stack.undo()
    assert hand.graph == chain


def test_what_cannot_be_framed_is_said(hand_on, framed):
    hand = hand_on(framed)
    hand.view.frame()
    hand.view.unframe()
    hand.document.select(PAIR)
    hand.view.frame()
    assert hand.said == [
        "Select the blocks to put a frame round first.",
        "There is no frame round what is selected.",
        "There is a frame round them already: Body.",
    ]
    assert hand.graph == framed


def test_the_colours_go_round(hand_on, framed):
    hand = hand_on(framed)
    hand.document.select(("conv1",))
    for hue in (*HUES, HUES[0]):
        hand.view.recolor_frame()
        assert hand.graph.frames[0].hue == hue
    hand.document.undo_stack.undo()
    assert hand.graph.frames[0].hue == HUES[-1]


# where it lies


def test_the_box_is_round_its_nodes(hand_on, framed):
    hand = hand_on(framed)
    around = hand.view.scene().bounds_of(PAIR)
    assert box(hand, "Body") == around.adjusted(-FRAME_PAD, -FRAME_PAD - FRAME_BAR, FRAME_PAD, FRAME_PAD)
    hand.document.edit_graph("Move", hand.graph.move({"relu1": (700.0, 300.0)}))
    assert box(hand, "Body").right() == hand.view.scene_item("relu1").body.right() + FRAME_PAD
    assert hand.view.scene().bounds_of().contains(box(hand, "Body"))
    hand.document.edit_graph("Delete", hand.graph.remove("relu1"))
    assert box(hand, "Body").right() == hand.view.scene_item("conv1").body.right() + FRAME_PAD
    hand.document.undo_stack.undo()
    hand.document.undo_stack.undo()
    assert box(hand, "Body").contains(around)


def test_the_box_follows_a_drag_of_one_node(hand_on, framed):
    hand = hand_on(framed)
    start = hand.body("relu1")
    hand.drag(start, start + QPointF(0.0, 200.0), CTRL, let_go=False)
    assert box(hand, "Body").bottom() == hand.view.scene_item("relu1").body.bottom() + FRAME_PAD
    hand.key(Qt.Key.Key_Escape)
    assert box(hand, "Body").bottom() == hand.view.scene().bounds_of(PAIR).bottom() + FRAME_PAD


# the title bar


def test_a_click_on_the_title_selects_what_is_in_the_frame(hand_on, framed):
    hand = hand_on(framed)
    hand.click(bar(hand, "Body"))
    assert hand.document.selection == PAIR
    assert hand.view.accessibleDescription() == "2 blocks selected of 4. With all of Body."
    hand.document.select(("conv2",))
    hand.click(bar(hand, "Body"), SHIFT)
    assert set(hand.document.selection) == {*PAIR, "conv2"}
    assert hand.document.undo_stack.count() == 0


def test_dragging_the_title_carries_all_blocks_as_one_step(hand_on, framed):
    hand = hand_on(framed)
    before = {name: framed[name].position for name in PAIR}
    start = bar(hand, "Body")
    hand.drag(start, start + QPointF(30.0, 200.0), CTRL)
    moved = {name: (x + 30.0, y + 200.0) for name, (x, y) in before.items()}
    assert {name: hand.graph[name].position for name in PAIR} == moved
    assert hand.graph["input1"] == framed["input1"]
    assert members(hand.graph) == {"Body": sorted(PAIR)}
    assert hand.document.undo_stack.undoText() == "Move Body"
    hand.document.undo_stack.undo()
    assert hand.graph == framed
    assert hand.document.undo_stack.index() == 0


def test_the_title_is_edited_in_its_place(hand_on, framed):
    hand = hand_on(framed)
    hand.double_click(bar(hand, "Body"))
    QTest.keyClicks(field(hand), "  Stage 1 ")
    QTest.keyClick(field(hand), Qt.Key.Key_Return)
    assert members(hand.graph) == {"Stage 1": sorted(PAIR)}
    assert hand.document.undo_stack.count() == 1
    assert hand.view.hasFocus()
    hand.double_click(bar(hand, "Stage 1"))
    QTest.keyClicks(field(hand), "Other")
    QTest.keyClick(field(hand), Qt.Key.Key_Escape)
    assert members(hand.graph) == {"Stage 1": sorted(PAIR)}
    hand.double_click(bar(hand, "Stage 1"))
    QTest.keyClick(field(hand), Qt.Key.Key_Return)
    assert hand.document.undo_stack.count() == 1
    assert not hand.view.popup.isVisible()


def test_a_title_without_letters_is_refused_in_words(hand_on, framed):
    hand = hand_on(framed)
    hand.document.select(("conv1",))
    hand.view.edit_title()
    field(hand).clear()
    QTest.keyClick(field(hand), Qt.Key.Key_Return)
    assert hand.said == ["A frame needs a title."]
    assert hand.graph == framed


def test_looking_elsewhere_keeps_what_was_typed(hand_on, framed):
    hand = hand_on(framed)
    hand.double_click(bar(hand, "Body"))
    QTest.keyClicks(field(hand), "Kept")
    hand.view.pan_by(20, 0)
    assert members(hand.graph) == {"Kept": sorted(PAIR)}


def test_the_field_goes_when_the_project_changes_under_it(hand_on, framed):
    hand = hand_on(framed)
    hand.double_click(bar(hand, "Body"))
    open_field = field(hand)
    QTest.keyClicks(open_field, "Late")
    hand.document.edit_graph("Delete", hand.graph.remove(*PAIR))
    assert not open_field.isVisible()
    assert hand.graph.frames == ()


# joining and leaving


def test_a_block_dropped_in_a_frame_joins_it(hand_on, framed):
    hand = hand_on(framed)
    hand.drag(hand.body("conv2"), box(hand, "Body").bottomRight() - QPointF(60.0, 12.0), CTRL)
    assert members(hand.graph) == {"Body": ["conv1", "conv2", "relu1"]}
    hand.document.undo_stack.undo()
    assert hand.graph == framed


def test_a_command_takes_blocks_into_the_frame_of_another(hand_on, framed):
    hand = hand_on(framed)
    frame = framed.frames[0]
    inside, outside = min(frame.members), next(name for name in framed.nodes if name not in framed.framed)
    hand.document.select((outside,))
    hand.view.join_frame()
    assert "one that is in the frame" in hand.said[-1]
    hand.document.select((inside, outside))
    hand.view.join_frame()
    assert hand.graph.framed[outside].members == frame.members | {outside}
    assert hand.graph.framed[outside].title == frame.title


def test_shift_takes_a_block_out_of_its_frame(hand_on, framed):
    hand = hand_on(framed)
    hand.drag(hand.body("relu1"), QPointF(640.0, 450.0), SHIFT)
    assert members(hand.graph) == {"Body": ["conv1"]}
    assert hand.document.undo_stack.count() == 1


def test_a_block_dropped_on_a_wire_in_a_frame_joins_it(hand_on, framed):
    hand = hand_on(framed.add(Node("relu9", ReLU(), (), (280.0, 440.0))))
    hand.drag(hand.body("relu9"), hand.along("conv1", "relu1", 0.5), CTRL)
    assert hand.graph["relu1"].inputs == ("relu9",)
    assert members(hand.graph) == {"Body": ["conv1", "relu1", "relu9"]}


def test_a_block_added_on_a_wire_or_a_place_in_a_frame_joins_it(hand_on, framed):
    hand = hand_on(framed)
    hand.view.add_block(ReLU(), QPointF(500.0, 90.0), edge=Edge("conv1", "relu1"))
    assert members(hand.graph) == {"Body": ["conv1", "relu1", "relu2"]}
    hand.view.add_block(ReLU(), box(hand, "Body").topLeft() + QPointF(30.0, 40.0))
    assert members(hand.graph) == {"Body": ["conv1", "relu1", "relu2", "relu3"]}
    hand.view.add_block(ReLU(), QPointF(100.0, 500.0))
    assert "relu4" not in hand.graph.framed


def test_copies_and_cuts_carry_their_frame(hand_on, framed):
    hand = hand_on(framed)
    hand.document.select(PAIR)
    hand.view.duplicate()
    assert members(hand.graph) == {"Body": ["conv3", "relu2"]}  # the second of that title
    assert [sorted(frame.members) for frame in hand.graph.frames] == [["conv1", "relu1"], ["conv3", "relu2"]]
    hand.document.select(PAIR)
    hand.view.cut()
    assert [sorted(frame.members) for frame in hand.graph.frames] == [["conv3", "relu2"]]
    assert members(clipboard.pasted()) == {"Body": sorted(PAIR)}
    hand.view.paste()
    assert len(hand.graph.frames) == 2


def test_frames_stay_with_what_is_folded_and_taken_apart(hand_on, framed):
    hand = hand_on(framed.frame(("conv2",), "Other", 5))
    hand.document.select(PAIR)
    hand.view.group()
    (name,) = hand.document.selection
    block = hand.graph[name].block
    assert isinstance(block, Group)
    assert (members(hand.graph), members(block.body)) == ({"Other": ["conv2"]}, {"Body": sorted(PAIR)})
    hand.view.enter(name)
    assert box(hand, "Body").isValid()
    hand.document.select(("conv1",))
    hand.view.recolor_frame()
    hand.view.leave()
    hand.view.ungroup()
    assert members(hand.graph) == {"Other": ["conv2"], "Body": sorted(PAIR)}


def test_the_inside_of_a_block_cannot_be_framed(hand_on, framed):
    hand = hand_on(framed.replace("conv1", Residual(8)))
    before = hand.graph
    hand.view.enter("conv1")
    hand.view.select_all()
    hand.view.frame()
    hand.view.edit_title()
    assert hand.said == ["This is the inside of conv1. Ungroup conv1 to change its parts."] * 2
    assert hand.graph == before


# layout


def test_automatic_layout_keeps_frames_apart(hand_on, framed):
    hand = hand_on(framed.frame(("input1",), "Input", 3))
    hand.view.arrange()
    one, other = box(hand, "Body"), box(hand, "Input")
    assert not one.intersects(other)
    assert not one.intersects(hand.view.scene_item("conv2").body)
    assert hand.document.undo_stack.count() == 1


def test_a_frame_that_a_wire_leaves_and_comes_back_into_does_not_stop_layout(framed):
    made = arranged(framed.frame(("input1", "relu1"), "Around", 3))
    assert made.nodes.keys() == framed.nodes.keys()
    rects = [QRectF(*node.position, *node_size(node)) for node in made]
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])


# what is seen


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_frame_is_painted_behind_its_nodes(hand_on, framed, palette):
    before = theme.palette
    theme.use(palette)
    try:
        hand = hand_on(framed)
        inside, outside = box(hand, "Body").bottomLeft() + QPointF(9.0, -9.0), QPointF(100.0, 400.0)
        tinted = pixel(hand, inside)
        assert tinted != pixel(hand, outside)
        assert pixel(hand, hand.view.scene_item("relu1").body.bottomRight() - QPointF(20.0, 5.0)) == palette.node
        hand.view.unframe()
        hand.document.select(PAIR)
        hand.view.unframe()
        assert pixel(hand, inside) == pixel(hand, outside)
    finally:
        theme.use(before)


@pytest.mark.parametrize("zoom", [1.0, 0.3, 0.12])
def test_the_title_can_be_read_from_afar(hand_on, framed, zoom):
    """Letters of the title's own colour stand where the title is, as high as letters are on the screen."""
    hand = hand_on(framed)
    hand.view.zoom_by(zoom / hand.view.zoom)
    hand.view.centerOn(box(hand, "Body").center())
    QApplication.processEvents()
    seen = hand.view.viewport().grab().toImage()
    wanted = hand.view.scene().inks.frame(30).text
    rows = [
        y for y in range(seen.height()) for x in range(seen.width())
        if abs(seen.pixelColor(x, y).red() - wanted.red()) + abs(seen.pixelColor(x, y).blue() - wanted.blue()) < 24
    ]  # fmt: skip
    assert max(rows) - min(rows) >= 7
    top = hand.view.mapFromScene(box(hand, "Body").topLeft()).y()
    assert top - 20 <= min(rows) <= max(rows) <= top + (FRAME_BAR + FRAME_PAD) * zoom


def written(hand, title: str, monkeypatch) -> QRectF:
    """Where the canvas writes this title, in the viewport; a null one where it does not."""
    found, ink = [QRectF()], hand.view.scene().inks
    write = ink.write

    def note(painter, place, text):
        if text.text() == title:
            found.append(QRectF(place, text.size()))
        write(painter, place, text)

    with monkeypatch.context() as patch:
        patch.setattr(ink, "write", note)
        hand.view.scene().overview.version += 1
        hand.view.viewport().grab()
    return found[-1]


@pytest.mark.parametrize("zoom", [0.34, 0.25, 0.18, 0.12, 0.08])
@pytest.mark.parametrize("gap", [10.0, 80.0, 400.0])
def test_a_title_is_never_over_a_block(hand_on, chain, monkeypatch, zoom, gap):
    """Whatever stands above the frame."""
    top = FRAME_BAR + FRAME_PAD
    below = {name: (280.0 * at, 68.0 + gap + top) for at, name in enumerate(("conv1", "relu1", "conv2"))}
    hand = hand_on(chain.move({"input1": (0.0, 0.0), **below}).frame(tuple(below), "Body"))
    hand.view.zoom_by(zoom)
    hand.view.centerOn(box(hand, "Body").center())
    place = written(hand, "Body", monkeypatch)
    for item in hand.view.scene().nodes.values():
        assert not place.adjusted(0.0, 1.0, 0.0, -1.0).intersects(hand.view.viewportTransform().mapRect(item.body))
    if zoom > 0.3 or (gap > 100.0 and zoom > 0.1):
        assert not place.isNull(), "it has room"
    hand.view.zoom_by(1.0 / hand.view.zoom)
    assert not written(hand, "Body", monkeypatch).isNull()


def test_from_afar_a_title_is_whole_or_not_there(hand_on, framed, monkeypatch):
    hand = hand_on(framed)
    hand.view.retitle(hand.graph.frames[0], "All that comes between the image and the head")
    hand.view.zoom_by(0.3)
    hand.view.centerOn(box(hand, hand.graph.frames[0].title).center())
    drawn: list[str] = []
    ink = hand.view.scene().inks
    write = ink.write
    monkeypatch.setattr(
        ink, "write", lambda painter, place, text: (drawn.append(text.text()), write(painter, place, text))
    )
    hand.view.viewport().grab()
    assert not drawn, "names from afar are not written so"
    hand.view.zoom_by(0.5 / 0.3)
    hand.view.viewport().grab()
    assert any(words.startswith("All ") and words.endswith("…") for words in drawn)


def test_a_picture_shows_the_frames(hand_on, framed):
    hand = hand_on(framed)
    bare = hand_on(framed.unframe(PAIR))
    with_frame, without = image(hand.view.scene()), image(bare.view.scene())
    assert with_frame.height() > without.height()
    corner = box(hand, "Body").bottomRight() - QPointF(9.0, 9.0)
    frame = hand.view.scene().bounds_of().adjusted(-48.0, -48.0, 48.0, 48.0)
    tinted = with_frame.pixelColor(((corner - frame.topLeft()) * SCALE).toPoint()).name()
    assert tinted != hand.view.scene().inks.canvas.color().name()


def test_the_pointer_says_that_a_title_can_be_dragged(hand_on, framed):
    hand = hand_on(framed)
    hand.send(QEvent.Type.MouseMove, bar(hand, "Body"), Qt.MouseButton.NoButton)
    assert hand.view.viewport().cursor().shape() == Qt.CursorShape.SizeAllCursor
    hand.send(QEvent.Type.MouseMove, QPointF(100.0, 450.0), Qt.MouseButton.NoButton)
    assert hand.view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


def on_screen(view: CanvasView) -> np.ndarray:
    QApplication.processEvents()
    shot = view.screen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(shot.constBits(), np.uint8).astype(int)


@pytest.mark.parametrize("zoom", [1.3, 0.45])
def test_what_is_painted_in_parts_is_what_is_painted_at_once(hand_on, framed, zoom):
    """After pans, drags, another title, another colour and a selection there is nothing stale on the screen."""
    hand = hand_on(framed)
    hand.view.zoom_by(zoom)
    hand.view._still.stop()
    hand.view._still.timeout.emit()
    QApplication.processEvents()
    changes = [
        lambda: [hand.view.pan_by(*step) or QApplication.processEvents() for step in ((7, 4), (-13, 9), (40, -60))],
        lambda: hand.drag(hand.body("relu1"), hand.body("relu1") + QPointF(-40.0, 60.0), CTRL),
        lambda: hand.drag(bar(hand, "Body"), bar(hand, "Body") + QPointF(20.0, 90.0), CTRL),
        lambda: hand.click(bar(hand, "Body")),
        hand.view.recolor_frame,
        lambda: hand.view.retitle(hand.graph.frames[0], "A title that is longer"),
        hand.view.select_none,
        lambda: hand.document.edit_graph("Unframe", hand.graph.unframe(PAIR)),
        hand.document.undo_stack.undo,
    ]
    for number, change in enumerate(changes):
        change()
        seen = on_screen(hand.view)
        hand.view.viewport().update()
        assert np.abs(seen - on_screen(hand.view)).max() <= 4, number


def test_where_a_title_may_rise_to_is_found_among_any_number_of_frames(hand_on, monkeypatch) -> None:
    random = np.random.default_rng(5)
    places = [(float(x), float(y)) for x, y in random.integers(0, 900, (120, 2))] + [(0.0, 0.0)] * 80
    nodes = [Node(f"n{number}", ReLU(), (), place) for number, place in enumerate(places)]
    frames = [Frame(f"Frame {number}", 0, frozenset([f"n{number}"])) for number in range(0, 200, 2)]
    scene = hand_on(Graph.of(nodes, frames)).view.scene()
    rects = scene.frames.rects

    def room(frame: Frame) -> float:  # by looking at everything for each
        top, ends = rects[frame].top(), []
        for other in (*(item.body for item in scene.nodes.values()), *rects.values()):
            end = other.top() + FRAME_BAR + FRAME_PAD if other in rects.values() else other.bottom()
            beside = other.left() < rects[frame].right() and rects[frame].left() < other.right()
            if beside and other.top() < top and top - ABOVE < end <= top + FRAME_BAR + FRAME_PAD:
                ends.append(end)
        return top - max(ends, default=top - ABOVE)

    looks: list[QRectF] = []
    with monkeypatch.context() as patched:  # Qt would paint by it, too
        patched.setattr(scene, "items", looks.append)
        found = {frame: scene.frames._room_above(frame) for frame in rects}
    assert found == {frame: room(frame) for frame in rects}
    assert looks == []  # of which each would go through all that lies at one place
