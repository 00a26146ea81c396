"""What a screen reader finds on the canvas, through Qt's own interface, and that it costs nothing and never dangles."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QApplication, QMainWindow
from shiboken6 import isValid

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import Edge, Graph, Node, Note
from cnnstudio.project import Project
from cnnstudio.ui.canvas.accessibility import canvas
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.document import Document

Event, Role, Text = QAccessible.Event, QAccessible.Role, QAccessible.Text


@pytest.fixture
def active() -> Iterator[None]:
    """As if a screen reader were there."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, active: None) -> list[tuple[Event, str]]:
    """What is told to the screen reader: the event and the name of what it is about."""
    events: list[tuple[Event, str]] = []
    send = canvas._send

    def sent(event: QAccessibleEvent) -> None:
        events.append((event.type(), event.accessibleInterface().text(Text.Name)))
        send(event)

    monkeypatch.setattr(canvas, "_send", sent)
    return events


def found(view: CanvasView) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(view)


def items(view: CanvasView) -> list[str]:
    pane = found(view)
    children = [pane.child(index) for index in range(pane.childCount())]
    return [child.text(Text.Name) for child in children if child.role() == Role.ListItem]


def test_the_canvas_is_a_list_of_its_nodes(hand_on, chain):
    view = hand_on(chain).view
    pane = found(view)
    assert (pane.role(), pane.text(Text.Name)) == (Role.List, "Network canvas")
    assert items(view) == [
        "input1, Input 3 × 32 × 32, gives 3 × 32 × 32.",
        "conv1, Conv2d 8 · 3×3 · p 1, gives 8 × 32 × 32, reads input1.",
        "relu1, ReLU, gives 8 × 32 × 32, reads conv1.",
        "conv2, Conv2d 8 · 3×3, has no shape yet, reads nothing.",
    ]
    for place in range(4):
        child = pane.child(place)
        assert child.parent() is pane
        assert pane.indexOfChild(child) == place
        assert child.rect().isValid()
        middle = child.rect().center()
        assert pane.childAt(middle.x(), middle.y()) is child


def test_each_node_has_its_wires(hand_on, fork):
    pane = found(hand_on(fork).view)
    node = pane.child(fork.order.index("cat1"))
    wires = [node.child(index) for index in range(node.childCount())]
    assert [wire.text(Text.Name) for wire in wires] == [
        "cat1 reads conv1 at input 1: 8 × 30 × 30.",
        "Nothing enters input 2 of cat1.",
        "Input 3 of cat1 is to spare.",
        "Nothing reads cat1: has no shape yet.",
    ]
    assert all(wire.parent() is node and node.indexOfChild(wire) == place for place, wire in enumerate(wires))
    assert all(node.rect().adjusted(-20, -20, 20, 20).contains(wire.rect()) for wire in wires)


def test_every_port_has_a_child_with_role_and_state(hand_on, chain):
    hand = hand_on(chain)
    pane = found(hand.view)
    for name in chain.order:
        node, item = pane.child(chain.order.index(name)), hand.view.scene_item(name)
        children = [node.child(index) for index in range(node.childCount())]
        places = [hand.view.viewport().mapFromGlobal(child.rect().center()) for child in children]
        for port in [*map(item.input_at, range(item.ports)), item.output_at()]:
            assert any((hand.view.mapFromScene(port) - at).manhattanLength() <= 2 for at in places), f"{name}: {port}"
        assert all(child.text(Text.Name) and not child.state().offscreen for child in children)
    last = pane.child(chain.order.index("relu1"))
    port = last.child(last.childCount() - 1)
    assert (port.text(Text.Name), port.role()) == ("Nothing reads relu1: gives 8 × 32 × 32.", Role.Button)
    assert not port.state().disabled
    hand.view.edit("Wire", hand.graph.connect("relu1", "conv2", 0))
    assert (port.text(Text.Name), port.role()) == ("conv2 reads relu1: 8 × 32 × 32.", Role.StaticText)


def test_a_port_that_is_pressed_asks_for_its_wire(hand_on, chain):
    hand = hand_on(chain)
    pane = found(hand.view)
    for name, index, hint in (("relu1", 1, "conv2"), ("conv2", 0, "relu1")):
        port = pane.child(chain.order.index(name)).child(index)
        actions = port.actionInterface()
        assert actions.actionNames() == [actions.pressAction()]
        actions.doAction(actions.pressAction())
        assert hand.view.current == name
        assert hint in hand.offered()
        hand.view.popup.close_without_change()


def test_states_say_what_is_selected_focused_and_out_of_view(hand_on, chain):
    hand = hand_on(chain.move({"conv2": (90_000.0, 0.0)}))
    pane = found(hand.view)
    hand.view.go_to("conv1")
    states = {name: pane.child(place).state() for place, name in enumerate(chain.order)}
    assert [name for name, state in states.items() if state.selected] == ["conv1"]
    assert [name for name, state in states.items() if state.focused] == ["conv1"]
    assert [name for name, state in states.items() if state.offscreen] == ["conv2"]
    assert all(state.focusable and state.selectable for state in states.values())
    assert pane.focusChild() is pane.child(chain.order.index("conv1"))
    assert pane.state().multiSelectable


def test_a_screen_reader_can_press_select_and_ask_for_the_menu(hand_on, chain):
    hand = hand_on(chain)
    pane, places = found(hand.view), []
    hand.view.menu_asked.connect(places.append)
    conv1, relu1 = (pane.child(chain.order.index(name)) for name in ("conv1", "relu1"))
    actions = conv1.actionInterface()
    assert len(actions.actionNames()) == 3
    actions.doAction(actions.pressAction())
    assert (hand.document.selection, hand.view.current) == (("conv1",), "conv1")
    selection = pane.selectionInterface()
    assert selection.select(relu1)
    assert hand.document.selection == ("conv1", "relu1")
    assert [item is other for item, other in zip(selection.selectedItems(), (conv1, relu1), strict=True)] == [True] * 2
    assert selection.unselect(conv1)
    assert not selection.isSelected(conv1)
    relu1.actionInterface().doAction(actions.showMenuAction())
    assert len(places) == 1
    assert selection.selectAll()
    assert selection.selectedItemCount() == 4
    assert selection.clear()
    assert hand.document.selection == ()
    assert conv1.textInterface() is None
    assert pane.textInterface() is None


def test_what_lies_over_the_canvas_is_found_as_well(hand_on, chain):
    hand = hand_on(chain)
    hand.view.quick_add()
    pane = found(hand.view)
    over = [pane.child(place) for place in range(len(chain), pane.childCount())]
    assert [each.object() for each in over] == [hand.view.popup]
    assert over[0].parent() is pane
    assert pane.indexOfChild(over[0]) == len(chain)
    hand.view.popup.close_without_change()
    assert pane.childCount() == len(chain)


NOTES = (Note("# Why\n\nSee [the paper](https://example.org/a).", (0.0, 250.0)), Note("Two", (300.0, 420.0)))


def test_notes_come_after_the_nodes_with_all_that_stands_in_them(hand_on, chain):
    hand = hand_on(chain.add_note(NOTES[0]).add_note(NOTES[1]))
    pane = found(hand.view)
    first, second = (pane.child(len(chain) + place) for place in (0, 1))
    assert (first.role(), first.text(Text.Name), first.parent()) == (Role.Note, "Note: Why", pane)
    assert first.text(Text.Description) == "Why\nSee the paper."
    assert [pane.indexOfChild(note) for note in (first, second)] == [len(chain), len(chain) + 1]
    middle = second.rect().center()
    assert pane.childAt(middle.x(), middle.y()) is second
    hand.view.step_note()
    assert first.state().selected and first.state().focused and not second.state().selected
    assert pane.focusChild() is first
    assert pane.childCount() == len(chain) + 2


def test_a_screen_reader_can_write_in_a_note_and_follow_its_link(hand_on, chain):
    hand, asked = hand_on(chain.add_note(NOTES[0])), []
    hand.view.link_clicked.connect(asked.append)
    note = found(hand.view).child(len(chain))
    assert note.childCount() == 1
    link = note.child(0)
    assert (link.role(), link.text(Text.Name), link.parent()) == (Role.Link, "the paper", note)
    assert link.text(Text.Description) == "Leads to https://example.org/a"
    assert note.rect().contains(link.rect())
    actions = link.actionInterface()
    actions.doAction(actions.pressAction())
    assert asked == ["https://example.org/a"]
    actions = note.actionInterface()
    actions.doAction(actions.setFocusAction())
    assert hand.view.chosen_note == NOTES[0]
    actions.doAction(actions.pressAction())
    assert hand.view.scene().notes.edited == NOTES[0]


def test_a_screen_reader_selects_nodes_and_notes_alike(hand_on, chain):
    hand = hand_on(chain.add_note(NOTES[0]).add_note(NOTES[1]))
    pane = found(hand.view)
    selection, node, note = pane.selectionInterface(), pane.child(0), pane.child(len(chain) + 1)
    assert selection.select(node) and selection.select(note)
    assert hand.document.selection == ("input1",) and hand.view.scene().notes.chosen == {NOTES[1]}
    assert [item is other for item, other in zip(selection.selectedItems(), (node, note), strict=True)] == [True] * 2
    assert selection.unselect(note)
    assert selection.selectedItemCount() == 1
    assert not selection.select(node.child(0)), "a wire is none of the list's items"


def test_a_wire_has_its_bends(hand_on, chain):
    wire = Edge("conv1", "relu1")
    hand = hand_on(chain.bend(wire, ((500.0, 20.0), (520.0, 180.0))))
    pane = found(hand.view)
    into = pane.child(chain.order.index("relu1")).child(0)
    assert [into.child(place).text(Text.Name) for place in range(into.childCount())] == [
        "Bend 1 of 2 of the wire from conv1 to relu1, at 500, 20.",
        "Bend 2 of 2 of the wire from conv1 to relu1, at 520, 180.",
    ]
    place = hand.view.viewport().mapToGlobal(hand.view.mapFromScene(QPointF(520.0, 180.0)))
    assert into.child(1).rect().contains(place)
    actions = into.child(1).actionInterface()
    actions.doAction(actions.pressAction())
    assert hand.view.scene().bends.chosen == (wire, 1)
    assert into.child(1).state().focused and not into.state().focused
    hand.view.delete()
    assert into.childCount() == 1


# telling


def test_notes_and_bends_that_are_walked_to_are_told(hand_on, chain, told):
    hand = hand_on(chain.add_note(NOTES[0]).bend(Edge("conv1", "relu1"), ((500.0, 20.0),)))
    found(hand.view)
    told.clear()
    hand.view.step_note()
    assert [entry for entry in told if entry[0] != Event.DescriptionChanged] == [
        (Event.StateChanged, "Note: Why"), (Event.SelectionAdd, "Note: Why"), (Event.Focus, "Note: Why"),
    ]  # fmt: skip
    hand.view.go_to("relu1")
    assert (Event.SelectionRemove, "Note: Why") in told
    hand.view.step_wire(1)
    hand.view.step_bend()
    assert told[-1] == (Event.Focus, "Bend 1 of 1 of the wire from conv1 to relu1, at 500, 20.")


def test_notes_that_change_and_go_are_told(hand_on, chain, told):
    hand = hand_on(chain.add_note(NOTES[0]).add_note(NOTES[1]))
    gone = [found(hand.view).child(len(chain) + place) for place in (0, 1)][1]
    hand.document.edit_graph("Write", hand.graph.replace_note(NOTES[1], Note("Three", (300.0, 420.0))))
    told.clear()
    hand.document.edit_graph("Write", hand.graph.replace_note(hand.graph.notes[1], Note("Four", (300.0, 420.0))))
    assert (Event.NameChanged, "Note: Four") in told
    hand.document.edit_graph("Delete", hand.graph.remove_note(NOTES[0]))
    assert (Event.NameChanged, "Note: Four") in told[1:], "the one that is left stands in the other's place"
    assert not isValid(gone)


def test_nothing_is_told_where_nobody_listens(hand_on, chain, monkeypatch):
    monkeypatch.setattr(canvas, "_send", lambda event: pytest.fail("nobody listens"))
    hand = hand_on(chain)
    found(hand.view).child(0)
    hand.view.step(1)
    hand.document.edit_graph("Delete", hand.graph.remove("conv2"))


def test_selection_and_focus_are_told(hand_on, chain, told):
    hand = hand_on(chain)
    assert found(hand.view) is hand.view.accessible
    told.clear()
    hand.view.go_to("conv1")
    name = "conv1, Conv2d 8 · 3×3 · p 1, gives 8 × 32 × 32, reads input1."
    assert [(event, who) for event, who in told if event != Event.DescriptionChanged] == [
        (Event.StateChanged, name), (Event.SelectionAdd, name), (Event.Focus, name),
    ]  # fmt: skip
    told.clear()
    hand.document.select(())
    assert (Event.SelectionRemove, name) in told


def test_the_wire_that_is_walked_to_is_told(hand_on, chain, told):
    hand = hand_on(chain)
    hand.view.go_to("relu1")
    told.clear()
    hand.view.step_wire(1)
    assert told[-1] == (Event.Focus, "relu1 reads conv1: 8 × 32 × 32.")
    assert found(hand.view).focusChild().text(Text.Name) == "relu1 reads conv1: 8 × 32 × 32."
    assert found(hand.view).focusChild().state().focused


def test_other_names_and_nodes_that_go_are_told(hand_on, chain, told):
    hand = hand_on(chain)
    assert len(items(hand.view)) == 4
    hand.document.edit_graph("Widen", hand.graph.replace("conv1", Conv2d(16, padding=1)))
    told.clear()
    hand.document.edit_graph("Widen", hand.graph.replace("conv1", Conv2d(12, padding=1)))
    assert (Event.NameChanged, "relu1, ReLU, gives 12 × 32 × 32, reads conv1.") in told
    assert "input1" not in [name[:6] for event, name in told if event == Event.NameChanged]
    gone = found(hand.view).child(chain.order.index("conv2"))
    hand.document.edit_graph("Delete", hand.graph.remove("conv2"))
    assert (Event.ObjectDestroyed, "conv2") in told
    assert not isValid(gone)
    assert len(items(hand.view)) == 3


def test_a_large_selection_is_told_at_once(hand_on, told):
    nodes = [Node(f"conv{n}", Conv2d(4), (), (0.0, 100.0 * n)) for n in range(200)]
    hand = hand_on(Graph.of(nodes))
    found(hand.view)
    told.clear()
    hand.view.select_all()
    assert [event for event, _ in told].count(Event.SelectionWithin) == 1
    assert len(told) < 5


# living and dying


def walked(interface: QAccessibleInterface, depth: int = 3) -> int:
    """Read everything of an interface and of what is in it, as screen readers do; how many there are."""
    assert interface.isValid()
    interface.rect(), interface.role(), interface.state(), interface.text(Text.Name), interface.text(Text.Description)
    assert QAccessible.accessibleInterface(QAccessible.uniqueId(interface)) is interface
    if interface.actionInterface() is not None:
        interface.actionInterface().actionNames()
    count = 1
    for place in range(interface.childCount() if depth else 0):
        child = interface.child(place)
        if child is not None:
            count += walked(child, depth - 1)
    return count


def test_hundreds_of_canvases_come_and_go(qtbot, chain, active):
    """Interfaces belong to Qt's cache once it knows them: none may outlive its canvas or be deleted twice."""
    document = Document(Project(chain))
    kept: list[QAccessibleInterface] = []
    for number in range(300):
        window = QMainWindow()
        view = CanvasView(document, window)
        window.setCentralWidget(view)
        pane = found(view)
        assert pane.child(1).parent() is pane
        if number % 20 == 0:
            kept.append(pane.child(2))
            assert walked(pane) >= 1 + len(chain) + 2 * len(chain.edges)
            document.edit_graph("Delete", chain.remove("relu1"))
            document.undo_stack.undo()
        window.deleteLater()
        del pane, view, window
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if number % 60 == 0:
            gc.collect()
    QApplication.processEvents()
    assert not any(isValid(interface) for interface in kept)


def test_edits_and_a_walk_of_everything_take_turns(hand_on, fork, active):
    import random

    wire = Edge("input1", "conv1")
    hand, random_ = hand_on(fork.bend(wire, ((150.0, 20.0),))), random.Random(5)
    for _ in range(300):
        names = list(hand.graph.nodes)
        kind = random_.randrange(6)
        if kind == 0 or len(names) < 3:
            hand.document.edit_graph("Add", hand.graph.add(Node(hand.graph.fresh("conv"), Conv2d(4))))
        elif kind == 1:
            hand.document.edit_graph("Delete", hand.graph.remove(random_.choice(names)))
        elif kind == 2:
            hand.document.undo_stack.undo()
        elif kind == 3:
            hand.document.edit_graph("Note", hand.graph.add_note(NOTES[random_.randrange(2)]))
        elif kind == 4 and hand.graph.notes:
            hand.document.edit_graph("Delete", hand.graph.remove_note(random_.choice(hand.graph.notes)))
        else:
            hand.view.step(random_.choice([1, -1]))
        pane = found(hand.view)
        assert [pane.child(place).name for place in range(len(hand.graph))] == list(hand.graph.order)
        if random_.random() < 0.3:
            walked(pane)
