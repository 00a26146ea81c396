from __future__ import annotations

import dataclasses
import subprocess
import sys

from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.blocks.group import grouped
from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.graph import Graph, Node, Note
from cnnstudio.project import from_template


def named(first: str, second: str, channels: int = 4) -> Graph:
    return Graph.of(
        (
            Node("image", Input((1, 8, 8))),
            Node(first, Conv2d(channels), ("image",)),
            Node(second, ReLU(), (first,)),
        )
    )


def test_names_places_notes_and_frames_have_no_part_in_it() -> None:
    graph = named("conv1", "relu1")
    moved = Graph.of(
        (dataclasses.replace(node, position=(40.0 * n, 7.0)) for n, node in enumerate(graph)), (), (Note("mine"),)
    )
    assert structure_hash(moved) == structure_hash(named("a", "b")) == structure_hash(graph)
    assert len(structure_hash(graph)) == 16


def test_a_parameter_a_block_and_a_wire_have() -> None:
    graph = named("conv1", "relu1")
    without = Graph.of(list(graph)[:2])
    aside = Graph.of((*list(graph)[:2], Node("relu1", ReLU(), ("image",))))
    found = {structure_hash(each) for each in (graph, without, aside, named("conv1", "relu1", 5), Graph())}
    assert len(found) == 5


def test_one_block_that_is_read_twice_is_not_two_blocks_alike() -> None:
    image, add = Node("image", Input((1, 8, 8))), Add()
    one = Graph.of((image, Node("a", Conv2d(4), ("image",)), Node("sum", add, ("a", "a"))))
    two = Graph.of((image, *(Node(n, Conv2d(4), ("image",)) for n in "ab"), Node("sum", add, ("a", "b"))))
    assert structure_hash(one) != structure_hash(two)
    tail = (Node("flat", Flatten(), ("sum",)), Node("head", Linear(3), ("flat",)))
    assert structure_hash(one.add(*tail)) != structure_hash(two.add(*tail))


def test_a_bypassed_block_is_a_wire() -> None:
    graph = named("conv1", "relu1")
    bypassed = Graph.of((*list(graph)[:2], dataclasses.replace(graph["relu1"], bypassed=True)))
    assert structure_hash(bypassed) == structure_hash(Graph.of(list(graph)[:2]))


def test_the_name_of_a_group_has_no_part_in_it_and_its_inside_has() -> None:
    graph = from_template("lenet5").graph
    names = [node.name for node in graph if isinstance(node.block, Conv2d | ReLU)][:1]
    one, name = grouped(graph, names, lambda _: None)
    group = one[name].block
    other = dataclasses.replace(group, label="Mine")
    renamed = Graph.of(dataclasses.replace(node, block=other) if node.name == name else node for node in one)
    assert structure_hash(renamed) == structure_hash(one) != structure_hash(graph)


def test_it_is_the_same_in_every_program() -> None:
    code = (
        "from cnnstudio.compiler.structure_hash import structure_hash as h;"
        "from cnnstudio.project import from_template;"
        "print(h(from_template('lenet5').graph), h(from_template('small-resnet').graph))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = [structure_hash(from_template(key).graph) for key in ("lenet5", "small-resnet")]
    assert done.stdout.split() == here
