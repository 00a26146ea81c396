"""Hundreds of random operations undone and redone, and thousands of random events survived."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.graph import BLOCKS, Edge, Graph, Note
from cnnstudio.project import Bookmark, dumps
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.note_item import rect_of
from cnnstudio.ui.canvas.scene.wire_item import WireItem
from cnnstudio.ui.canvas.tools.tool import Tool

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier
NAMES = ["Conv2d", "ReLU", "Add", "MaxPool2d", "Concat", "Flatten", "Linear", "Input", "ConvBNReLU"]


DONE = {
    "Add", "Bypass", "Bend", "Note", "Bookmark", "Move", "Frame", "Paste", "Set", "Rename", "Replace", "Fix:", "Recipe",
}  # fmt: skip


def in_step(hand) -> None:
    """The items are those of the graph, each where the graph has it, and nothing else is in the scene."""
    canvas, graph = hand.view.scene(), hand.document.view_graph
    assert set(canvas.nodes) == set(graph.nodes)
    assert set(canvas.wires) == set(graph.edges)
    ours = {id(item) for item in (*canvas.nodes.values(), *canvas.wires.values())}
    there = [item for item in canvas.items() if isinstance(item, NodeItem | WireItem)]
    assert {id(item) for item in there} == ours, "an item without a node or wire"
    assert len(canvas.items()) == len(ours)
    for name, item in canvas.nodes.items():
        if not hand.document.scope:
            assert (item.x(), item.y()) == pytest.approx(graph[name].position)
        assert item.ports == graph[name].ports
        assert math.isfinite(item.x() + item.y())
    assert list(canvas.frames.rects) == list(graph.frames)
    for frame, rect in canvas.frames.rects.items():
        assert rect == canvas.frames.around(frame.members)
    assert canvas.notes.rects() == [rect_of(note) for note in graph.notes]
    assert canvas.notes.chosen <= set(graph.notes)
    assert canvas.bends.wires == {edge for edge in graph.edges if graph.bends(edge)}
    for edge, wire in canvas.wires.items():
        assert wire.bends == graph.bends(edge)
        assert wire.start == canvas.nodes[edge.source].output_at()
        assert wire.end == canvas.nodes[edge.target].input_at(edge.port)


def operate(hand, random_: random.Random) -> None:
    """One random operation by hand or command, in the network or inside one of its blocks."""
    view, graph = hand.view, hand.document.view_graph
    if hand.document.scope and random_.random() < 0.3:
        view.leave()
        return
    names = list(graph.nodes)
    pick = random_.choice
    some = tuple(random_.sample(names, min(len(names), random_.randint(1, 4)))) if names else ()
    place = QPointF(random_.uniform(0, 880), random_.uniform(0, 580))
    kind = random_.randrange(30) if len(names) > 2 else 0
    if kind <= 2 and len(names) < 60:
        view.add_block(BLOCKS[pick(NAMES)](), place)
    elif kind <= 5:
        readers = [name for name in names if graph[name].ports]
        reader = pick(readers) if readers else None
        end = hand.input(reader, random_.randrange(graph[reader].ports)) if reader else place
        hand.drag(hand.output(pick(names)), end)
        view.popup.close_without_change()
    elif kind == 6:
        hand.drag(hand.body(pick(names)), place, pick([SHIFT, Qt.KeyboardModifier.NoModifier]))
    elif kind == 7:
        hand.drag(place, QPointF(random_.uniform(0, 880), random_.uniform(0, 580)), CTRL)
    elif kind == 8:
        view.document.select(some)
        pick([view.delete, view.delete_and_heal, view.cut])()
    elif kind == 9:
        view.document.select(some)
        view.duplicate(keep_inputs=random_.random() < 0.5) if len(names) < 60 else view.delete()
    elif kind == 10:
        view.document.select(some)
        pick([lambda: view.align("top"), lambda: view.distribute(True), view.arrange, lambda: view.nudge(5, 7)])()
    elif kind == 11:
        view.document.select(some)
        view.copy()
        view.paste() if len(names) < 60 else view.cut()
    elif kind == 12:
        view.document.select(some)
        pick([view.ungroup, view.group])()
    elif kind == 13:
        view.document.select(some)
        pick([view.frame, view.frame, view.unframe, view.recolor_frame])()
    elif kind == 14 and graph.frames:
        frame = pick(graph.frames)
        bar = view.scene().frames.title_rect(frame).center()
        pick([lambda: hand.drag(bar, place), lambda: view.retitle(frame, f"Frame {random_.random():.3f}")])()
    elif kind == 16:
        view.document.select(some)
        view.bypass()
    elif kind == 17:
        bend(hand, random_)
    elif kind == 18:
        annotate(hand, random_)
    elif kind == 19:
        project = hand.document.project
        mark = Bookmark(f"Here {random_.random():.3f}", (), (place.x(), place.y()), random_.uniform(0.1, 4.0))
        kept = project.bookmarks[:8] if random_.random() < 0.7 else project.bookmarks[1:3]
        hand.document.edit("Bookmark", dataclasses.replace(project, bookmarks=(mark, *kept)))
    elif 20 <= kind <= 23:
        alter(hand, random_, pick(names))
    elif 24 <= kind <= 26:
        pick([hand.document.undo_stack.undo, hand.document.undo_stack.undo, hand.document.undo_stack.redo])()
    elif kind == 27:
        view.enter(pick(names))
    elif kind == 28:
        recipe = hand.document.project.recipe
        hand.document.edit_recipe("Recipe", dataclasses.replace(recipe, epochs=random_.randint(1, 99)), merge="epochs")
    else:
        wired = list(graph.edges) or [None]
        edge = pick(wired)
        hand.drag(hand.input(edge.target, edge.port) if edge else place, place)
        view.popup.close_without_change()


def alter(hand, random_: random.Random, name: str) -> None:
    """A parameter, another name, another block or a fix: what panels and lists do to a block."""
    document, graph = hand.document, hand.document.view_graph
    kind, able = random_.randrange(4), [node for node in graph if "out_channels" in node.block.values]
    if kind == 0 and able:
        node = random_.choice(able)
        values = {**node.block.values, "out_channels": random_.choice([4, 8, 16])}
        document.edit_graph("Set out_channels", graph.replace(node.name, type(node.block)(**values)))
    elif kind == 1:
        document.edit_graph("Rename", graph.rename(name, graph.fresh(random_.choice(["stem", "head", "mid"]))))
    elif kind == 2:
        document.select((name,))
        hand.view.ask_replacement()
        if hand.view.popup.isVisible():
            hand.answer("")
    elif fixes := [fix for found in document.diagnostics for fix in found.fixes]:
        fix = random_.choice(fixes)
        document.enter(())
        document.edit_graph(f"Fix: {fix.title}", fix.apply(document.graph))


def bend(hand, random_: random.Random) -> None:
    """A random operation on the bends of a wire, most of them by hand."""
    view, edges = hand.view, list(hand.document.view_graph.edges)
    if not edges:
        return
    edge = random_.choice(edges)
    wire = view.scene().wires[edge]
    on_it = QPointF(*random_.choice(wire._points()))
    view.scene().select_wires({edge})
    bends = [QPointF(*place) for place in wire.bends]
    place = QPointF(random_.uniform(0, 880), random_.uniform(0, 580))
    if bends and random_.random() < 0.6:
        corner = random_.choice(bends)
        random_.choice(
            [
                lambda: hand.drag(corner, place),
                lambda: hand.double_click(corner),
                lambda: (hand.click(corner), view.nudge(8, -8), view.delete()),
                view.straighten,
            ]
        )()
    else:
        random_.choice([lambda: hand.double_click(on_it), view.add_bend, view.add_bend])()
    view.popup.close_without_change()


def annotate(hand, random_: random.Random) -> None:
    """A random operation on the notes."""
    graph = hand.document.view_graph
    notes = graph.notes
    place = (round(random_.uniform(-500, 1_500)), round(random_.uniform(600, 1_500)))
    if not notes or random_.random() < 0.4:
        new = graph.add_note(Note(f"# Note\n\n{random_.random():.3f}", place))
    elif random_.random() < 0.7:
        old = random_.choice(notes)
        new = graph.replace_note(old, dataclasses.replace(old, position=place, text=f"*{random_.random():.3f}*"))
    else:
        new = graph.remove_note(random_.choice(notes))
    hand.document.edit_graph("Note", new)
    if here := hand.document.view_graph.notes:
        handle(hand, random_, random_.choice(here))


def handle(hand, random_: random.Random, note: Note) -> None:
    """A random gesture on a note, or a command while it is selected."""
    view = hand.view
    grip = rect_of(note).center() if random_.random() < 0.6 else rect_of(note).bottomRight() - QPointF(3.0, 3.0)
    hand.drag(grip, grip + QPointF(random_.uniform(-90, 90), random_.uniform(-90, 90)), random_.choice([NONE, SHIFT]))
    notes = hand.document.view_graph.notes
    view.select_notes(random_.sample(notes, random_.randint(1, len(notes))), adds=True)
    few = len(notes) < 12
    random_.choice(
        [
            view.recolor_note,
            lambda: view.nudge(7, -5),
            lambda: view.duplicate() if few else view.delete(),
            lambda: (view.copy(), view.paste() if few else view.cut()),
            lambda: (view.edit_note(view.scene().graph.notes[0]), view.setFocus()),
        ]
    )()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.whole)])
def test_five_hundred_operations_are_undone_and_redone(hand_on, chain, seed):
    hand = hand_on(chain)
    random_ = random.Random(seed)
    first = dumps(hand.document.project)
    for _ in range(500):
        operate(hand, random_)
        in_step(hand)
    stack = hand.document.undo_stack
    while stack.canRedo():
        stack.redo()
    last = dumps(hand.document.project)
    assert stack.count() > 100
    assert {stack.text(step).split()[0] for step in range(stack.count())} >= DONE
    while stack.canUndo():
        stack.undo()
    in_step(hand)
    assert dumps(hand.document.project) == first
    while stack.canRedo():
        stack.redo()
    in_step(hand)
    assert dumps(hand.document.project) == last


KEYS = [
    Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Escape, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up,
    Qt.Key.Key_Down, Qt.Key.Key_C, Qt.Key.Key_Y, Qt.Key.Key_Return, Qt.Key.Key_A, Qt.Key.Key_Backspace,
]  # fmt: skip
HELD = [NONE] * 10 + [SHIFT, CTRL, ALT, SHIFT | ALT, CTRL | SHIFT]
BUTTONS = [Qt.MouseButton.LeftButton] * 10 + [Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton]


def grip(view, random_: random.Random) -> QPointF | None:
    """Something in view that can be pressed, of every kind as often: each begins another gesture."""
    canvas, seen = view.scene(), view.visible()
    nodes, wires, notes = canvas.nodes.values(), canvas.wires.values(), canvas.notes.rects()
    kinds = (
        [item.output_at() for item in nodes] + [item.input_at(port) for item in nodes for port in range(item.ports)],
        [item.body.center() for item in nodes],
        [wire.path().pointAtPercent(share) for wire in wires for share in (0.2, 0.5, 0.8)],
        [QPointF(*place) for wire in wires for place in wire.bends],
        [rect.center() for rect in notes],
        [rect.bottomRight() - QPointF(3.0, 3.0) for rect in notes],
        [canvas.frames.title_rect(frame).center() for frame in canvas.frames.rects],
        [view.mapToScene(view._map.rect.center())] if view.shows_map else [],
    )
    found = [there for kind in kinds if (there := [place for place in kind if seen.contains(place)])]
    return random_.choice(random_.choice(found)) if found else None


def every_tool(tool: type[Tool] = Tool) -> set[type[Tool]]:
    """All kinds of gestures that there are."""
    return {tool, *(each for kind in tool.__subclasses__() for each in every_tool(kind))}


def throw(hand, random_: random.Random) -> None:
    """One random event of the wheel, the keyboard or the mouse; most presses are aimed at something."""
    view = hand.view
    place = view.mapToScene(QPoint(random_.randint(-20, 1020), random_.randint(-20, 720)))
    kind = random_.randrange(20)
    if kind == 0:
        hand.wheel(place, random_.choice([-4_000, -120, 1, 120, 4_000]), random_.choice(HELD), random_.random() < 0.5)
    elif kind == 1:
        target = view.popup.field if view.popup.isVisible() else view
        QTest.keyClick(target, random_.choice(KEYS), random_.choice(HELD[-9:-2]))
    elif kind == 2 and view.popup.isVisible():
        hand.answer(random_.choice(["conv", "relu", "add", "xyz", ""]))
    elif kind == 3:
        stack = hand.document.undo_stack
        random_.choice([stack.undo, stack.undo, stack.redo, view.fit, view.fit, view.actual_size])()
    elif view.tool is None:
        begins = random_.choice([*[QEvent.Type.MouseButtonPress] * 8, QEvent.Type.MouseButtonDblClick])
        aimed = grip(view, random_) if random_.random() < 0.7 else None
        hand.send(begins, place if aimed is None else aimed, random_.choice(BUTTONS), random_.choice(HELD))
    else:
        goes_on = random_.choice([*[QEvent.Type.MouseMove] * 3, QEvent.Type.MouseButtonRelease])
        hand.send(goes_on, place, random_.choice(BUTTONS), random_.choice(HELD))


def test_two_thousand_random_events_leave_everything_in_step(hand_on, fork):
    noted = fork.add_note(Note("[one](https://a.b)", (300.0, 380.0))).add_note(Note("two", (700.0, 100.0)))
    framed = noted.frame(("conv1", "conv2"), "Two ways").bypass(("conv2",))
    bent = framed.bend(Edge("input1", "conv1", 0), ((130.0, 40.0), (200.0, 120.0)))
    bent = bent.bend(Edge("conv2", "add1", 1), ((450.0, 330.0),)).bend(Edge("conv1", "cat1", 0), ((470.0, 90.0),))
    hand = hand_on(start := bent.replace("conv1", BLOCKS["ConvBNReLU"](8)))
    random_, view = random.Random(7), hand.view
    view.set_minimap(True)
    used: set[type] = {Tool}
    for step in range(2_000):
        if step % 200 == 0:  # or in the end there would be nothing left to press
            hand.document.enter(())
            hand.document.edit_graph("Anew", start)
            view.fit()
        throw(hand, random_)
        used |= {type(view.tool)} if view.tool is not None else set()
        assert math.isfinite(view.zoom)
        assert 0.01 < view.zoom < 5
        if step % 4 == 0:  # which paints what is going on
            QApplication.processEvents()
    assert used == every_tool()
    view.cancel()
    view.popup.close_without_change()
    in_step(hand)


def test_a_gesture_ends_when_the_project_changes_under_it(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.body("conv2"), QPointF(400, 400), let_go=False)
    hand.document.edit_graph("Delete", hand.graph.remove("conv2"))
    hand.release(QPointF(400, 400))
    assert hand.view.tool is None
    in_step(hand)
    hand.drag(hand.input("relu1"), QPointF(800, 560), let_go=False)
    hand.document.edit_graph("Delete", hand.graph.remove("relu1"))
    hand.release(QPointF(800, 560))
    in_step(hand)
    note = Note("a note", (400.0, 300.0))
    hand.document.edit_graph("Add", hand.graph.add_note(note))
    hand.drag(QPointF(500, 350), QPointF(600, 360), let_go=False)
    hand.document.edit_graph("Delete", hand.graph.remove_note(note))
    hand.release(QPointF(600, 360))
    assert hand.view.tool is None
    in_step(hand)


def test_the_canvas_leaves_nothing_behind_when_a_project_is_closed(hand_on, chain):
    from cnnstudio.project import Project

    hand = hand_on(chain)
    hand.document.select(("conv1",))
    hand.document.open(Project(Graph()), None)
    assert hand.view.scene().items() == []
    assert hand.document.selection == ()
