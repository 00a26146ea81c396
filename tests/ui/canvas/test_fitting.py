"""What can stand before a port, and behind one."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Add, BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU, Residual
from cnnstudio.compiler.inference import infer
from cnnstudio.editing.wires import gives, reads, taken
from cnnstudio.graph import BLOCKS, Block, Graph, Node, Shape


@pytest.mark.parametrize(
    ("block", "ranks"),
    [(Conv2d(8), {3}), (Residual(8), {3}), (Linear(3), {1, 2}), (ReLU(), {1, 2, 3}), (Add(), {1, 2, 3})],
)
def test_an_input_takes_what_its_rule_allows(block: Block, ranks: set[int]) -> None:
    analysis = infer(Graph.of([Node("node", block)]))
    assert taken(analysis, "node", 0) == ranks


def test_what_is_read_already_narrows_it() -> None:
    graph = Graph.of([Node("image", Input((5, 9, 9))), Node("sum", Add(), ("image",))])
    assert taken(infer(graph), "sum", 1) == {3}
    vector = graph.replace("image", Input((12,)))
    assert taken(infer(vector), "sum", 1) == {1}


def test_a_bypassed_node_takes_anything() -> None:
    graph = Graph.of([Node("image", Input((3, 8, 8))), Node("conv1", Conv2d(8), ("image",))]).bypass(["conv1"])
    assert taken(infer(graph), "conv1", 0) == {1, 2, 3}


def test_blocks_give_what_they_are_made_for() -> None:
    maps, vectors = frozenset({3}), frozenset({1})
    assert all(gives(block, maps) for block in (Conv2d, BatchNorm2d, Input, Add))
    assert all(gives(block, vectors) for block in (Linear, Flatten, ReLU, Add))
    assert not any(gives(block, vectors) for block in (Conv2d, Residual, Input))
    assert not any(gives(block, maps) for block in (Linear, Flatten))


def test_every_block_gives_something() -> None:
    assert all(gives(block, frozenset({1, 2, 3})) for block in BLOCKS.values() if block.is_offered)


def test_behind_a_wire_stands_what_reads_it() -> None:
    assert reads(Conv2d, Shape(3, 8, 8)) and not reads(Linear, Shape(3, 8, 8)) and not reads(Input, None)
    assert reads(Linear, None), "nobody knows yet"
