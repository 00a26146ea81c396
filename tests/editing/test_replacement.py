from __future__ import annotations

from itertools import permutations

import pytest

from cnnstudio.blocks import Add, Conv2d, DepthwiseConv2d, Group, Input, Linear, ReLU, Tanh
from cnnstudio.editing.replacement import alternatives, replaced, title_of
from cnnstudio.graph import Graph, Node

OWN = Group("Stem", Graph.of((Node("input1", Input()), Node("conv1", Conv2d(8), ("input1",)))))
PAIR = Group("Pair", Graph.of((Node("a", Input()), Node("b", Input()), Node("add1", Add(), ("a", "b")))))


@pytest.mark.parametrize("blocks", [*permutations((Conv2d(8), Conv2d(8, 1), Tanh()))])
def test_what_is_offered_does_not_depend_on_the_order(blocks: tuple[Conv2d | Tanh, ...]) -> None:
    others = alternatives(blocks, (OWN, PAIR))
    assert {Conv2d, Tanh, ReLU, OWN} <= {*others}
    assert not {Add, Input, PAIR} & {*others}


def test_what_all_are_already_is_not_offered() -> None:
    assert Conv2d not in alternatives((Conv2d(8), Conv2d(9)))
    assert OWN not in alternatives((OWN,), (OWN,))
    assert OWN in alternatives((OWN, Tanh()), (OWN,))
    assert alternatives(()) == []
    assert alternatives((Conv2d(8), Add())) == [], "they take different numbers of inputs"


def test_a_name_that_nobody_gave_follows_the_block() -> None:
    graph = Graph.of(
        (
            Node("input1", Input()),
            Node("tanh1", Tanh(), ("input1",)),
            Node("tanh2", Tanh(), ("tanh1",)),
            Node("tanh_out", Tanh(), ("tanh2",)),
            Node("mine3", Tanh(), ("tanh_out",)),
            Node("relu1", ReLU(), ("mine3",)),
        )
    )
    text, made = replaced(graph, ("mine3", "tanh2", "tanh_out", "tanh1", "relu1"), ReLU)
    assert tuple(made.nodes) == ("input1", "relu2", "relu3", "tanh_out", "mine3", "relu1")
    assert made["relu3"].inputs == ("relu2",)
    assert text == "Replace 5 blocks by ReLU"
    one, made = replaced(graph, ("tanh1",), OWN)
    assert made["group1"].block == OWN
    assert one == "Replace tanh1 by Stem" and title_of(OWN) == "Stem"


def test_blocks_of_one_stem_keep_their_names() -> None:
    graph = Graph.of((Node("input1", Input()), Node("fc7", Linear(3), ("input1",))))
    assert "fc7" in replaced(graph, ("fc7",), Linear)[1]


def test_a_frame_keeps_what_was_replaced_in_it() -> None:
    graph = Graph.of((Node("input1", Input()), Node("tanh1", Tanh(), ("input1",)))).frame(("tanh1",), "F")
    _, made = replaced(graph, ("tanh1",), DepthwiseConv2d)
    name = DepthwiseConv2d.stem + "1"
    assert made.frames[0].members == {name}
