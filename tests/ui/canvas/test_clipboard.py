"""Copying, cutting, pasting, duplicating; and what strangers leave on the clipboard."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication

from cnnstudio.graph import Graph
from cnnstudio.project import loads


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
