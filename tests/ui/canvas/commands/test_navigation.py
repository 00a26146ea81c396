"""Without a mouse: going from node to node, along wires, bends and links, and making and changing what is there."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import ConvTranspose2d
from cnnstudio.graph import Edge, Graph, Note
from cnnstudio.graph.annotations import SMALLEST
from cnnstudio.layout.metrics import GRID, SNAP
from cnnstudio.project import Project
from cnnstudio.ui.canvas.scene.note_item import laid_out, links_of, rect_of
from cnnstudio.zoo import small_resnet

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)

# going from node to node


def test_next_and_previous_follow_the_data_from_end_to_end(hand_on, fork):
    hand = hand_on(fork)
    seen = []
    for _ in range(len(fork) + 1):
        hand.view.step(1)
        seen.append(hand.document.selection)
    assert seen == [(name,) for name in (*fork.order, fork.order[0])]
    hand.view.step(-1)
    assert hand.view.current == fork.order[-1]
    assert hand.document.undo_stack.count() == 0


def test_the_node_walked_to_has_the_ring_and_comes_into_view(hand_on, fork):
    last, before = fork.order[-1], fork.order[-2]
    hand = hand_on(fork.move({last: (5_000.0, 5_000.0)}))
    hand.document.select((before,))
    hand.view.step(1)
    assert hand.view.scene_item(last).focused
    assert hand.view.visible().contains(hand.view.scene_item(last).body)
    hand.view.step(-1)
    assert not hand.view.scene_item(last).focused
    assert hand.view.visible().contains(hand.view.scene_item(before).body)


@pytest.mark.parametrize("held", [CTRL, ALT])
def test_ctrl_or_alt_and_an_arrow_go_to_the_neighbour_and_shift_keeps_the_others(hand_on, fork, held):
    hand = hand_on(fork)
    hand.document.select(("input1",))
    hand.key(Qt.Key.Key_Right, held)
    assert hand.document.selection in (("conv1",), ("conv2",))
    first = hand.document.selection
    hand.key(Qt.Key.Key_Right, held | SHIFT)
    assert len(hand.document.selection) == 2
    assert hand.document.selection[0] == first[0]


def test_nodes_are_gathered_one_after_the_other(hand_on, fork):
    hand = hand_on(fork)
    hand.view.step(1)
    hand.view.step(1, adds=True)
    hand.view.step(1, adds=True)
    assert hand.document.selection == fork.order[:3]
    hand.view.step(-1, adds=True)
    assert set(hand.document.selection) == set(fork.order[:3])


def test_walking_in_an_empty_network_goes_nowhere(hand_on):
    hand = hand_on(Graph())
    hand.view.step(1)
    hand.view.walk("left")
    hand.view.step_wire(1)
    hand.view.ask_menu()
    assert hand.document.selection == ()
    assert "Select a block" in hand.said[-1]


def test_the_keyboard_that_comes_to_the_canvas_is_seen_on_the_selected_node(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1",))
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.BacktabFocusReason))
    assert hand.view.scene_item("conv1").focused
    hand.view.select_none()
    hand.view.scene().focus_node(None)
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.ShortcutFocusReason))
    assert hand.view.scene_item("input1").focused, "or on the first in view"
    assert hand.document.selection == ()
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason))
    hand.view.scene().focus_node(None)
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason))
    assert hand.view.current is None


def test_all_of_a_frame_is_reached_from_one_of_its_nodes(hand_on, chain):
    hand = hand_on(chain.frame(("conv1", "relu1"), "Stem"))
    hand.document.select(("relu1",))
    hand.view.select_framed()
    assert set(hand.document.selection) == {"conv1", "relu1"}
    hand.key(Qt.Key.Key_Down)
    assert hand.graph["conv1"].position != chain["conv1"].position
    hand.document.select(("input1",))
    hand.view.select_framed()
    assert "no frame" in hand.said[-1]


# going along the wires


def test_the_wires_of_a_node_are_gone_through_and_cut(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("add1",))
    seen = []
    for _ in range(3):
        hand.view.step_wire(1)
        seen.append(hand.view.chosen_wire)
    assert seen == [Edge("conv1", "add1", 0), Edge("conv2", "add1", 1), Edge("conv1", "add1", 0)]
    assert hand.document.selection == (), "what is done next is done to the wire"
    hand.view.delete()
    assert hand.inputs("add1") == (None, "conv2")
    hand.view.step_wire(-1)
    assert hand.view.chosen_wire == Edge("conv2", "add1", 1), "the keyboard is still on the node"


def test_a_wire_out_of_view_comes_into_view(hand_on, fork):
    hand = hand_on(fork.move({"add1": (9_000.0, 0.0)}))
    hand.document.select(("conv2",))
    hand.view.step_wire(-1)
    assert hand.view.chosen_wire == Edge("conv2", "add1", 1)
    assert hand.view.visible().contains(hand.view.scene_item("add1").body)


def test_a_block_goes_into_the_wire_that_was_walked_to(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("relu1",))
    hand.view.step_wire(1)
    hand.key(Qt.Key.Key_Tab)
    hand.answer("batch")
    added = next(name for name in hand.graph.nodes if name not in chain)
    assert hand.inputs("relu1") == (added,)
    assert hand.inputs(added) == ("conv1",)


# making wires


def test_a_wire_is_led_from_the_node_to_one_that_can_take_it(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("conv1",))
    hand.view.ask_for_target()
    assert "input1" not in hand.offered()
    assert "fc1" not in hand.offered(), "a map does not fit a Linear"
    hand.answer("flatten")
    assert hand.inputs("flatten1") == ("conv1",)
    assert hand.view.current == "conv1"


def test_a_node_is_led_to_what_it_shall_read(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("flatten1",))
    hand.view.ask_for_source()
    assert set(hand.offered()) == {*fork.nodes, "A new block…"} - {"flatten1"}
    hand.answer("add1")
    assert hand.inputs("flatten1") == ("add1",)


def test_a_node_can_read_a_block_that_is_new(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("flatten1",))
    hand.view.ask_for_source()
    hand.answer("new block")
    hand.answer("relu")
    assert hand.inputs("flatten1") == ("relu1",)


@pytest.mark.parametrize("end", ["target", "source"])
def test_the_end_of_a_wire_is_plugged_in_elsewhere(hand_on, fork, end):
    hand = hand_on(fork)
    hand.document.select(("cat1",))
    hand.view.step_wire(1)
    if end == "target":
        hand.view.ask_for_target()
        hand.answer("flatten1")
        assert (hand.inputs("flatten1"), hand.inputs("cat1")) == (("conv1",), (None, None))
        assert hand.view.chosen_wire == Edge("conv1", "flatten1", 0)
    else:
        hand.view.ask_for_source()
        assert "A new block…" not in hand.offered()
        hand.answer("conv2")
        assert hand.inputs("cat1") == ("conv2", None)
    assert hand.document.undo_stack.count() == 1


def test_nothing_selected_and_no_inputs_are_sentences(hand_on, chain):
    hand = hand_on(chain)
    for ask in (hand.view.ask_for_target, hand.view.ask_for_source, hand.view.ask_for_wire):
        hand.said.clear()
        ask()
        assert hand.said
    hand.document.select(("input1",))
    hand.said.clear()
    hand.view.ask_for_source()
    hand.view.ask_for_wire()
    assert len(hand.said) == 2
    assert not hand.view.popup.isVisible()


def test_nodes_are_taken_off_their_wires_and_put_on_others(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("relu1",))
    hand.view.lift()
    assert hand.inputs("relu1") == (None,)
    hand.view.ask_for_wire()
    assert hand.offered() == ["input1 → conv1"]
    hand.answer("input1")
    assert (hand.inputs("relu1"), hand.inputs("conv1")) == (("input1",), ("relu1",))
    hand.document.select(("relu1",))
    hand.view.ask_for_wire()
    assert hand.offered() == [], "its own wires are none to go on"
    hand.view.popup.close_without_change()


# the menu


def test_the_menu_opens_beside_what_the_keyboard_is_on(hand_on, chain):
    hand = hand_on(chain)
    places = []
    hand.view.menu_asked.connect(places.append)
    hand.document.select(("conv1",))
    far = hand.view.viewport().rect().bottomRight()
    ask = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, far, hand.view.viewport().mapToGlobal(far))
    QApplication.sendEvent(hand.view.viewport(), ask)
    corner = hand.view.mapFromScene(hand.view.scene_item("conv1").body.bottomLeft())
    assert places == [hand.view.viewport().mapToGlobal(corner)]
    assert hand.document.selection == ("conv1",), "what lies under the pointer is not meant"
    hand.view.step_wire(1)
    hand.view.ask_menu()
    middle = hand.view.mapFromScene(hand.view.scene().wires[Edge("input1", "conv1", 0)].middle)
    assert places[-1] == hand.view.viewport().mapToGlobal(middle)


def test_every_gesture_has_a_command(hand_on, chain):
    """What a mouse does on the canvas, and the command or key that does it without one."""
    from cnnstudio.ui.canvas.keyboard import ARROWS, OWN
    from cnnstudio.ui.canvas.tools import tool
    from cnnstudio.ui.window_actions import ACTIONS

    arrow = Qt.Key(next(iter(ARROWS)))
    for module in Path(str(tool.__file__)).parent.glob("*tool.py"):
        import_module(f"cnnstudio.ui.canvas.tools.{module.stem}")
    without = {
        "PanTool": arrow, "MapTool": "find", "PressTool": "next", "RubberBandTool": "next-too",
        "KnifeTool": "next-wire", "ConnectTool": "wire-to", "MoveTool": arrow, "BendTool": "bend-next",
        "NoteMoveTool": arrow, "NoteSizeTool": "note-wider", "Ctrl takes out of the selection": "select-turn",
        "a link of a note is clicked": "note-link",
        "Shift lifts a node": "lift", "a node is dropped on a wire": "put-on-wire",
        "a node is dropped in a frame": "join-frame", "the title of a frame is dragged": "select-framed",
        "a wire is dragged from an input": "wire-from", "double-click on a node": "enter",
        "double-click on a title": "frame-title", "double-click on a note": "note-edit",
        "double-click on a wire": "bend", "double-click on nothing": Qt.Key.Key_Tab,
    }  # fmt: skip
    gestures = {kind.__name__ for kind in tool.Tool.__subclasses__()}
    assert gestures <= without.keys()
    ids = {action.id for action in ACTIONS}
    assert {way for way in without.values() if way not in ids and way not in OWN} == set()


def test_a_pointer_takes_the_ring_away(hand_on, chain):
    hand = hand_on(chain)
    hand.view.step(1)
    hand.click(hand.body("relu1"))
    assert not any(item.focused for item in hand.view.scene().nodes.values())
    assert hand.view.current == "relu1"
    QTest.keyClick(hand.view, Qt.Key.Key_Escape)
    assert hand.view.current is None
    hand.click(QPointF(900, 900))


# bends and notes, in the window with its shortcuts


@pytest.fixture
def keys(qtbot, window):
    """Type on the canvas of a window, as a person without a mouse does."""

    def type_keys(*strokes: tuple[Qt.Key, Qt.KeyboardModifier] | Qt.Key) -> None:
        for stroke in strokes:
            key, held = stroke if isinstance(stroke, tuple) else (stroke, Qt.KeyboardModifier.NoModifier)
            qtbot.waitUntil(lambda: not window._refresh.isActive())  # what can be done now is known
            QTest.keyClick(window.canvas, key, held)
        qtbot.waitUntil(lambda: not window._refresh.isActive())

    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(window.canvas.hasFocus)
    return type_keys


def test_bends_are_made_gone_along_moved_and_removed_by_keys_alone(window, keys, chain):
    document, wire = window.document, Edge("conv1", "relu1")
    document.edit_graph("Draw", chain.move({"relu1": (760.0, 60.0)}))
    document.select(("relu1",))
    keys(Qt.Key.Key_W, Qt.Key.Key_B, Qt.Key.Key_B)
    first, second = document.graph.bends(wire)
    assert first[0] < second[0]
    keys((Qt.Key.Key_B, SHIFT))
    here = window.canvas.scene().bends.chosen
    keys((Qt.Key.Key_B, SHIFT))
    there = window.canvas.scene().bends.chosen
    assert {here, there} == {(wire, 0), (wire, 1)}
    keys(Qt.Key.Key_Down, Qt.Key.Key_Down)
    moved = document.graph.bends(wire)[there[1]]
    assert moved[1] > (first, second)[there[1]][1]
    assert document.graph.bends(wire)[here[1]] == (first, second)[here[1]]
    keys(Qt.Key.Key_Delete)
    assert document.graph.bends(wire) == ((first, second)[here[1]],)
    assert wire in document.graph.edges


def test_a_bend_out_of_view_comes_into_view(hand_on, chain):
    wire = Edge("conv1", "relu1")
    hand = hand_on(chain.bend(wire, ((500.0, 9_000.0), (500.0, 90.0))))
    hand.document.select(("relu1",))
    hand.view.step_wire(1)
    for index in (0, 1):
        hand.view.step_bend()
        assert hand.view.scene().bends.chosen == (wire, index)
        assert hand.view.visible().contains(QPointF(*hand.graph.bends(wire)[index]))
    assert hand.document.undo_stack.count() == 0


def test_a_wire_without_bends_and_no_wire_are_sentences(hand_on, chain):
    hand = hand_on(chain)
    hand.view.step_bend()
    hand.document.select(("relu1",))
    hand.view.step_wire(1)
    hand.view.step_bend()
    assert hand.said == ["Select one wire to go along its bends first.", "The wire has no bends."]


LINKS = "See [the *paper*](https://example.org/a), [a talk](https://example.org/b) and `code`."


def test_notes_are_written_sized_moved_coloured_and_deleted_by_keys_alone(window, keys, chain):
    document = window.document
    document.edit_graph("Draw", chain)
    keys(Qt.Key.Key_N)
    QTest.keyClicks(QApplication.focusWidget(), "A note")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, CTRL)
    (made,) = document.graph.notes
    keys(Qt.Key.Key_Escape, (Qt.Key.Key_N, SHIFT), Qt.Key.Key_Return)
    QTest.keyClicks(QApplication.focusWidget(), " of mine")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, CTRL)
    count = document.undo_stack.count()
    held = ALT | SHIFT
    keys((Qt.Key.Key_Right, held), (Qt.Key.Key_Right, held), (Qt.Key.Key_Down, held), (Qt.Key.Key_Left, held))
    (sized,) = document.graph.notes
    assert sized.text == "A note of mine"
    assert sized.size == (made.size[0] + GRID, made.size[1] + GRID)
    assert document.undo_stack.count() == count + 1, "one step"
    keys(Qt.Key.Key_Right)
    (moved,) = document.graph.notes
    assert moved.position == (sized.position[0] + SNAP, sized.position[1])
    window.commands.run("note-color")
    assert document.graph.notes[0].hue != moved.hue
    keys(Qt.Key.Key_Delete)
    assert document.graph.notes == ()


def test_a_note_is_never_sized_beyond_what_it_may_be(hand_on, chain):
    hand = hand_on(chain.add_note(Note("small", (0.0, 200.0), SMALLEST)))
    hand.view.size_notes(-GRID, -GRID)
    assert "first" in hand.said[-1], "none is selected"
    hand.view.step_note()
    hand.view.size_notes(-GRID, -GRID)
    assert hand.graph.notes[0].size == SMALLEST
    assert hand.document.undo_stack.count() == 0


def test_alt_shift_and_an_arrow_still_gather_nodes_where_no_note_is_selected(window, keys, chain):
    window.document.edit_graph("Draw", chain.add_note(Note("a", (0.0, 400.0))))
    window.document.select(("input1",))
    keys((Qt.Key.Key_Right, ALT | SHIFT))
    assert window.document.selection == ("input1", "conv1")


def test_the_links_of_a_note_are_followed_one_by_one(window, keys, chain):
    window.document.edit_graph("Draw", chain.add_note(Note(LINKS, (0.0, 300.0))))
    keys((Qt.Key.Key_N, SHIFT), (Qt.Key.Key_Return, CTRL))
    popup = window.canvas.popup
    assert [entry.title for entry in popup.entries] == ["the paper", "a talk"]
    QTest.keyClick(popup.field, Qt.Key.Key_Down)
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    (bar,) = window.messages.bars
    assert "https://example.org/b" in bar.sentence, "it is asked about first, as after a click"
    assert "Open in the browser" in bar.buttons


def test_the_only_link_needs_no_list_and_none_is_said(hand_on, chain):
    one = Note("[page](https://example.org/a)", (0.0, 200.0))
    hand, asked = hand_on(chain.add_note(one).add_note(Note("none", (0.0, 400.0)))), []
    hand.view.link_clicked.connect(asked.append)
    hand.view.ask_link()
    hand.view.step_note()
    hand.view.ask_link()
    assert asked == ["https://example.org/a"]
    hand.view.step_note()
    hand.view.ask_link()
    assert hand.said == ["Select one note with a link first.", "There is no link in this note."]
    assert not hand.view.popup.isVisible()


def test_each_link_lies_where_a_pointer_finds_it():
    words = (
        f"# [top](http://a.b)\n\n{LINKS} [one](http://c.d)[two](http://e.f)\n\n- <https://example.org/{'long-' * 20}>"
    )
    text = laid_out(f"{words}\n\n|a|\n|-|\n|[cell](http://g.h)|\n", 220.0)
    links = links_of(text)
    assert [link.words for link in links][:5] == ["top", "the paper", "a talk", "one", "two"]
    assert links[-1].words == "cell"
    for link in links:
        near = [link.rect.topLeft() + QPointF(x, 8.0) for x in (2.0, link.rect.width() / 2)]
        assert link.address in {text.documentLayout().anchorAt(place) for place in near}


def test_the_menu_of_a_note_opens_beside_it(hand_on, chain):
    hand, places = hand_on(chain.add_note(Note("a", (100.0, 300.0)))), []
    hand.view.menu_asked.connect(places.append)
    hand.view.step_note()
    hand.view.ask_menu()
    corner = hand.view.mapFromScene(rect_of(hand.graph.notes[0]).bottomLeft())
    assert places == [hand.view.viewport().mapToGlobal(corner)]


def test_nodes_and_notes_are_gathered_and_let_go_by_keys_alone(window, keys, chain):
    document, notes = window.document, (Note("one", (0.0, 400.0)), Note("two", (300.0, 420.0)))
    document.edit_graph("Draw", chain.add_note(notes[0]).add_note(notes[1]))
    document.select(("input1",))
    keys((Qt.Key.Key_Period, SHIFT), (Qt.Key.Key_Period, SHIFT))
    assert document.selection == ("input1", "conv1", "relu1")
    keys(Qt.Key.Key_S)
    assert document.selection == ("input1", "conv1") and window.canvas.current == "relu1"
    keys(Qt.Key.Key_S)
    assert document.selection == ("input1", "conv1", "relu1")
    held = ALT | SHIFT
    keys((Qt.Key.Key_N, held), (Qt.Key.Key_N, held), (Qt.Key.Key_N, held))
    assert window.canvas.scene().notes.chosen == {*notes}
    assert document.selection == ("input1", "conv1", "relu1")
    keys(Qt.Key.Key_Down)
    assert [note.position[1] for note in document.graph.notes] == [400.0 + SNAP, 420.0 + SNAP]
    assert document.graph["relu1"].position[1] == chain["relu1"].position[1] + SNAP


def test_a_copy_keeps_what_its_original_reads(window, keys, chain):
    window.document.edit_graph("Draw", chain)
    window.document.select(("relu1",))
    keys((Qt.Key.Key_D, CTRL | SHIFT))
    (copy,) = window.document.selection
    assert copy != "relu1" and window.document.graph[copy].inputs == ("conv1",)
    keys((Qt.Key.Key_Z, CTRL))
    window.document.select(("relu1",))
    keys((Qt.Key.Key_D, CTRL))
    (copy,) = window.document.selection
    assert window.document.graph[copy].inputs == (None,)


def test_a_block_is_replaced_with_its_wires_and_what_both_have(window, keys, chain):
    document = window.document
    document.edit_graph("Draw", chain.connect("conv1", "conv2", 0))
    document.select(("conv1", "conv2"))
    keys(Qt.Key.Key_R)
    popup = window.canvas.popup
    assert "Add" not in [entry.title for entry in popup.entries], "it has another number of inputs"
    QTest.keyClicks(popup.field, "transpose")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    graph = document.graph
    first, second = "convtranspose1", "convtranspose2"
    assert document.selection == (first, second)
    assert [type(graph[name].block) for name in (first, second)] == [ConvTranspose2d] * 2
    assert graph[first].block.out_channels == 8 and graph[first].block.padding == 1
    assert graph[first].inputs == ("input1",) and graph["relu1"].inputs == (first,)
    assert document.undo_stack.undoText() == "Replace 2 blocks by ConvTranspose2d"
    keys((Qt.Key.Key_Z, CTRL))
    assert document.graph == chain.connect("conv1", "conv2", 0)
    document.select(("input1", "conv1"))
    keys(Qt.Key.Key_R)
    assert not popup.isVisible() and "as many inputs" in window.messages.bars[-1].sentence


def test_a_group_is_kept_in_the_library_by_its_command(window, keys, chain):
    window.document.edit_graph("Draw", chain)
    window.document.select(("conv1",))
    window.commands.refresh()
    assert not window.commands.bound["keep"].isEnabled()
    window.document.select(("conv1", "relu1"))
    keys((Qt.Key.Key_G, CTRL))
    window.commands.run("keep")
    assert len(window.document.library.groups) == 1
    assert "library" in window.messages.bars[-1].sentence


def test_what_blender_has_taught_people_works_here_too(window, keys, chain):
    window.document.edit_graph("Draw", chain)
    window.document.select(("relu1",))
    keys((Qt.Key.Key_D, SHIFT))
    assert len(window.document.graph) == len(chain) + 1
    keys(Qt.Key.Key_Escape, (Qt.Key.Key_A, SHIFT))
    assert window.canvas.popup.isVisible()


def test_enter_leaves_the_keyboard_on_the_canvas_where_nothing_can_be_set(window, keys):
    window.document.open(Project(small_resnet()), None)
    window.canvas.go_to("stage2_1")
    keys(Qt.Key.Key_Return)
    assert window.document.scope == ("stage2_1",)
    keys(Qt.Key.Key_Period, (Qt.Key.Key_Period, SHIFT))
    assert len(window.document.selection) == 2
    keys(Qt.Key.Key_Return)
    assert window.focusWidget() is window.canvas
    keys(Qt.Key.Key_Period)
    assert len(window.document.selection) == 1
    keys(Qt.Key.Key_Return)
    assert window.focusWidget() is not window.canvas, "one block has values to be read"
