"""A person's own blocks on the canvas: folded, repeated, taken apart again, and dropped from the library."""

import dataclasses
import json

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Group, Input, Linear, ReLU
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Sketch
from cnnstudio.layout.metrics import GAP, WIDTH, node_height
from cnnstudio.project.library import as_text


@pytest.fixture
def net():
    """Six nodes in a row, drawn by a person: no two are equally far apart."""
    draw = Sketch()
    draw.chain(draw(Input((3, 16, 16))), Conv2d(8, 3, padding=1), BatchNorm2d(), ReLU(), Flatten(), Linear(3))
    graph = draw.graph()
    return graph.move({name: (place * 300.0 + place**2, 40.0 * (place % 2)) for place, name in enumerate(graph.order)})


def folded(hand, *names):
    hand.document.select(names)
    hand.view.group()
    return hand.document.selection[0]


def set_group(hand, name, **values):
    block = dataclasses.replace(hand.graph[name].block, **values)
    hand.document.edit_graph("Set", hand.graph.replace(name, block))


def overlaps(graph):
    nodes = list(graph)
    return [
        (a.name, b.name)
        for place, a in enumerate(nodes)
        for b in nodes[place + 1 :]
        if abs(a.position[0] - b.position[0]) < WIDTH
        and a.position[1] < b.position[1] + node_height(b.ports)
        and b.position[1] < a.position[1] + node_height(a.ports)
    ]


def test_taking_a_group_apart_restores_names_and_places(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "conv1", "bn1", "relu1")
    hand.view.ungroup()
    assert hand.graph == net and name not in hand.graph
    assert set(hand.document.selection) == {"conv1", "bn1", "relu1"}
    hand.document.undo_stack.undo()
    hand.document.undo_stack.undo()
    assert hand.graph == net


def test_a_group_that_was_moved_is_restored_where_it_stands_now(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "conv1", "bn1", "relu1")
    at = hand.graph[name].position
    hand.document.edit_graph("Move", hand.graph.move({name: (at[0], at[1] + 500.0)}))
    hand.view.ungroup()
    assert {part: hand.graph[part].position for part in ("conv1", "bn1")} == {
        part: (net[part].position[0], net[part].position[1] + 500.0) for part in ("conv1", "bn1")
    }


def test_what_follows_makes_room_only_where_it_is_in_the_way(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "conv1", "bn1", "relu1")
    near = hand.graph[name].position[0] + 300.0
    hand.document.edit_graph("Move", hand.graph.move({"flatten1": (near, 0.0), "fc1": (near + 300.0, 0.0)}))
    hand.document.select((name,))
    hand.view.ungroup()
    assert overlaps(hand.graph) == []
    assert hand.graph["fc1"].position[0] - hand.graph["flatten1"].position[0] == WIDTH + GAP[0]


def test_a_name_that_was_given_away_is_not_taken_back(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "bn1", "relu1")
    hand.document.edit_graph("Rename", hand.graph.rename("conv1", "bn1"))
    hand.document.select((name,))
    hand.view.ungroup()
    assert infer(hand.graph).totals == infer(net).totals and len(hand.graph) == len(net)


def test_a_repeated_group_becomes_its_copies_and_those_their_parts(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "conv1", "bn1", "relu1")
    set_group(hand, name, repeat=3)
    before = hand.document.analysis.totals
    hand.document.select((name,))
    hand.view.ungroup()
    assert set(hand.graph.nodes) == {"input1", "group1_1", "group1_2", "group1_3", "flatten1", "fc1"}
    assert hand.document.analysis.totals.parameters == before.parameters and overlaps(hand.graph) == []
    hand.view.ungroup()
    assert len(hand.graph) == 3 + 9 and hand.document.analysis.totals.parameters == before.parameters
    assert overlaps(hand.graph) == []


def test_inside_a_repeated_group_one_copy_is_edited_for_all(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "conv1", "bn1", "relu1")
    set_group(hand, name, repeat=2)
    hand.double_click(hand.body(name))
    assert set(hand.document.view_graph.nodes) == {"input1", "conv1", "bn1", "relu1"}
    hand.document.select(("bn1",))
    hand.view.delete_and_heal()
    assert "bn1" not in hand.graph[name].block.body
    assert hand.document.analysis.facts[name].parameters == (27 * 8 + 8) + (72 * 8 + 8)


def test_a_group_that_was_emptied_keeps_its_wires_and_says_what_is_wrong(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "bn1", "relu1")
    hand.double_click(hand.body(name))
    hand.view.select_all()
    hand.view.delete()
    assert len(hand.graph[name].block.body) == 0
    hand.view.leave()
    assert hand.inputs(name) == ("conv1",) and hand.inputs("flatten1") == (name,)
    assert "no Input inside" in hand.view.scene_item(name).error
    hand.document.select((name,))
    hand.view.ungroup()
    assert name in hand.graph and "must end in one block" in hand.said[-1]


def test_a_block_of_ones_own_is_dropped_into_a_wire(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "bn1", "relu1")
    own = hand.graph[name].block
    mime = QMimeData()
    mime.setData("application/x-cnnstudio-block", json.dumps({"file": as_text(own)}).encode())
    at = hand.view.mapFromScene(hand.along("input1", "conv1", 0.5))
    held = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    for event in (QDragEnterEvent(at, *held), QDragMoveEvent(at, *held), QDropEvent(QPointF(at), *held)):
        QApplication.sendEvent(hand.view.viewport(), event)
    (new,) = hand.document.selection
    assert isinstance(hand.graph[new].block, Group) and hand.graph[new].block == own
    assert hand.inputs(new) == ("input1",) and hand.inputs("conv1") == (new,)


def test_a_block_of_ones_own_is_found_by_typing(hand_on, net):
    hand = hand_on(net)
    name = folded(hand, "bn1", "relu1")
    set_group(hand, name, label="Sharp bend")
    own = hand.graph[name].block
    hand.document.library.keep(own)
    hand.document.select(("conv1",))
    hand.key(Qt.Key.Key_Tab)
    hand.answer("sharp")
    (new,) = hand.document.selection
    assert new != name and hand.graph[new].block == own and hand.inputs(new) == ("conv1",)
