"""Copying, cutting, pasting, duplicating; and what strangers leave on the clipboard."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from cnnstudio.graph import Graph, Note
from cnnstudio.layout.spacing import units
from cnnstudio.project import loads, read
from cnnstudio.resources import resource


def put(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def test_copied_text_is_a_project(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1", "relu1"))
    hand.view.copy()
    graph = loads(QGuiApplication.clipboard().text()).graph
    assert list(graph.nodes) == ["conv1", "relu1"]
    assert graph["relu1"].inputs == ("conv1",)
    assert graph["conv1"].inputs == (None,)


def test_paste_adds_a_copy_under_free_names(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1", "relu1"))
    hand.view.copy()
    hand.view.paste()
    assert hand.document.selection == ("conv3", "relu2")
    assert hand.inputs("relu2") == ("conv3",)
    assert hand.inputs("conv3") == (None,)
    assert hand.document.undo_stack.count() == 1
    hand.view.paste()
    places = [node.position for node in hand.graph]
    assert len(set(places)) == len(places), "no copy lies exactly on another"


def test_paste_can_keep_the_inputs(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1",))
    hand.view.copy()
    hand.view.paste(keep_inputs=True)
    assert hand.inputs("conv3") == ("input1",)


def test_the_text_is_pasted_into_another_canvas(hand_on, chain):
    hand = hand_on(chain)
    hand.view.select_all()
    hand.view.copy()
    put(QGuiApplication.clipboard().text())
    other = hand_on(Graph())
    other.view.paste()
    assert [node.block for node in other.graph] == [node.block for node in chain]
    assert other.graph.edges == chain.edges


def test_cut_removes_what_it_copies(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv2",))
    hand.view.cut()
    assert "conv2" not in hand.graph
    hand.view.paste()
    assert hand.graph["conv2"].block == chain["conv2"].block


def test_duplicate(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1", "relu1"))
    hand.view.duplicate()
    assert hand.document.selection == ("conv3", "relu2")
    assert hand.graph["conv3"].position[1] > chain["conv1"].position[1] + 68
    hand.document.select(("relu1",))
    hand.view.duplicate(keep_inputs=True)
    assert hand.inputs("relu3") == ("conv1",)


def hidden(hand) -> list[tuple[object, object]]:
    """What of the network stands on something else: nodes alone, frames and notes."""
    boxes = units(hand.graph)
    return [(a, b) for a, b in combinations(boxes, 2) if boxes[a].touches(boxes[b])]


@pytest.mark.parametrize("keep_inputs", [False, True])
def test_copies_hide_nothing_however_many(hand_on, keep_inputs):
    before = read(resource("examples", "lenet5.cnn")).graph.add_note(Note("Here", (0.0, 620.0)))
    hand = hand_on(before)
    hand.document.select(("conv2", "tanh2"))
    for number in range(4):
        hand.view.duplicate(keep_inputs)
        assert hand.document.undo_stack.count() == number + 1
        first, second = (hand.graph[name].position for name in hand.document.selection)
        assert (second[0] - first[0], second[1] - first[1]) == (268.0, 0.0), "the copies move as one"
        assert all(hand.view.visible().contains(hand.view.scene_item(name).body) for name in hand.document.selection)
    assert hidden(hand) == []
    assert all(hand.graph[node.name].position == node.position for node in before)


def test_a_frame_is_copied_beside_the_others(hand_on):
    hand = hand_on(read(resource("examples", "lenet5.cnn")).graph)
    hand.document.select(("conv2", "tanh2", "pool2"))
    hand.view.duplicate()
    assert len(hand.graph.frames) == 4
    assert hidden(hand) == []


def test_what_is_pasted_at_the_pointer_goes_there_or_to_the_nearest_free_place(hand_on, monkeypatch):
    hand = hand_on(read(resource("examples", "lenet5.cnn")).graph)
    monkeypatch.setattr(type(hand.view), "underMouse", lambda _: True)
    hand.document.select(("conv2", "tanh2"))
    hand.view.copy()
    for place in (hand.body("pool2"), QPointF(300.0, 632.0)):
        at = hand.view.viewport().mapToGlobal(hand.view.mapFromScene(place))
        monkeypatch.setattr("cnnstudio.ui.canvas.commands.editor.QCursor.pos", lambda at=at: at)
        hand.view.paste()
        assert hidden(hand) == []
    assert hand.graph[hand.document.selection[0]].position == (300.0, 632.0), "free, so there and nowhere else"


@pytest.mark.parametrize(
    "text",
    ["", "   ", "hello", "{", "{}", '{"format": "cnnstudio"}', '{"nodes": 3}', "{" * 100_000, '{"a":' * 20_000,
     "{" + "x" * 9_000_000, '{"format": "cnnstudio", "version": 1, "nodes": [], "recipe": {}}',
     '{"format": "cnnstudio", "version": 1, "nodes": [{"name": "def", "block": "ReLU"}]}',
     '{"format": "cnnstudio", "version": 99, "nodes": []}'],
)  # fmt: skip
def test_a_hostile_clipboard_is_a_sentence(hand_on, chain, text):
    hand = hand_on(chain)
    put(text)
    hand.view.paste()
    assert hand.graph == chain
    assert len(hand.said) == 1
    assert hand.said[0].endswith(".")
    assert len(hand.said[0]) < 600
