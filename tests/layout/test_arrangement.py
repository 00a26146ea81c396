"""A whole canvas in order, and a part of it in its place: frames are kept, nothing is covered."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cnnstudio.blocks import (
    Add,
    Bottleneck,
    Conv2d,
    ConvNeXtBlock,
    Fire,
    Identity,
    Input,
    Residual,
    SqueezeExcite,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.editing.insertion import ungrouped
from cnnstudio.graph import Composite, Edge, Graph, Node, Note, Shape
from cnnstudio.layout.layout import arranged
from cnnstudio.layout.spacing import hull, node_box, units
from cnnstudio.project import from_template


def screen(graph: Graph) -> float:
    """How high a screen of 16 : 10 has to be to show all of it, in scene pixels."""
    around = hull(units(graph).values())
    return max((around.right - around.left) / 1.6, around.bottom - around.top)


@pytest.mark.parametrize("key", ["lenet5", "small-resnet", "vgg-small", "googlenet", "densenet121", "inception_v3"])
def test_networks_are_shown_as_large_as_they_are_shipped(key: str, touching) -> None:
    shipped = from_template(key).graph
    made = arranged(shipped)
    assert screen(made) <= 1.06 * screen(shipped)
    assert touching(made) == []
    assert made == arranged(made), "once in order, it stays so"


def test_what_is_scattered_comes_in_order_again(example) -> None:
    graph = example("lenet5")
    scattered = graph.move(dict.fromkeys(graph.nodes, (0.0, 0.0))).bend(Edge("conv1", "tanh1"), ((5.0, 5.0),))
    assert arranged(scattered) == arranged(graph)


def test_a_note_is_not_covered(example, touching) -> None:
    graph = example("lenet5").add_note(Note("Here", (300.0, 100.0)))
    assert touching(arranged(graph)) == []
    far = Note("There", (0.0, 5_000.0))
    assert arranged(example("lenet5").add_note(far)).notes == (far,)


def test_a_part_in_a_frame_gets_room_there(example, touching) -> None:
    graph, made = ungrouped(infer(example("small_resnet")), "stage1_1")
    after = arranged(graph, frozenset(made))
    assert touching(after) == []
    before, now = (hull(node_box(each[name]) for name in made) for each in (graph, after))
    assert (now.left, now.top) == (before.left, before.top)
    for frame in graph.frames:
        rest = frame.members - set(made)
        steps = {
            (after[name].position[0] - graph[name].position[0], after[name].position[1] - graph[name].position[1])
            for name in rest
        }
        assert len(steps) == 1 and {x for x, _ in steps} == {0.0}, "others move as one, and only down"


def test_a_part_in_no_frame_goes_where_it_covers_nothing_and_the_rest_stays(example, touching) -> None:
    row = [Node("a", Conv2d(8), (), (0.0, 700.0)), Node("b", Identity(), ("a",), (30.0, 640.0))]
    graph = example("lenet5").add(*row, Node("wall", Identity(), (), (280.0, 690.0)))
    after = arranged(graph, frozenset({"a", "b"}))
    assert touching(after) == []
    assert {node.name for node in graph if after[node.name] != node} <= {"a", "b"}
    assert after["a"].position[1] == after["b"].position[1]


def test_a_frame_is_a_part_like_others(example, touching) -> None:
    graph = example("lenet5")
    assert graph.frames[1].members == {"conv2", "tanh2", "pool2"}
    scattered = graph.move({"tanh2": (60.0, 600.0), "pool2": (300.0, 700.0)})
    after = arranged(scattered, graph.frames[1].members)
    assert touching(after) == [] and after.frames == graph.frames


def runs_through(graph: Graph) -> list[tuple[Edge, str]]:
    """The nodes that a straight line from bend to bend of a wire runs through."""
    found = []
    for edge in graph.edges:
        start, end = node_box(graph[edge.source]), node_box(graph[edge.target])
        places = [
            (start.right, (start.top + start.bottom) / 2), *graph.bends(edge), (end.left, (end.top + end.bottom) / 2)
        ]  # fmt: skip
        steps = [number / 50 for number in range(51)]
        line = [(x + (to_x - x) * s, y + (to_y - y) * s) for (x, y), (to_x, to_y) in pairwise(places) for s in steps]
        for node in graph:
            box = node_box(node)
            if node.name not in (edge.source, edge.target) and any(
                box.left < x < box.right and box.top < y < box.bottom for x, y in line
            ):
                found.append((edge, node.name))
    return found


@pytest.mark.parametrize(
    "block", [Residual(8), Residual(16, stride=2), Bottleneck(8), SqueezeExcite(), ConvNeXtBlock(), Fire()]
)
def test_a_branch_that_is_too_long_goes_on_beside_its_skip(block: Composite, touching) -> None:
    made = arranged(block.parts(Shape(8, 8, 8)).graph)
    assert touching(made) == [] and runs_through(made) == []
    around = hull(units(made).values())
    assert around.right - around.left <= 5 * 268, "so that a window of 1280 pixels shows the shapes"
    assert len({node.position[1] for node in made}) > 2


def test_the_wires_of_a_torn_branch_do_not_cross() -> None:
    made = arranged(Residual(8).parts(Shape(8, 8, 8)).graph)
    main, skip = (made.bends(Edge(*ends)) for ends in (("relu1", "conv2", 0), ("input1", "add", 1)))
    assert main and skip
    (right, down, left), (skip_right, skip_down, skip_left) = (
        (max(x for x, _ in bends), sorted(y for _, y in bends)[len(bends) // 2], min(x for x, _ in bends))
        for bends in (main, skip)
    )
    assert skip_right < right and skip_down < down and skip_left < left, "inside on one side, outside on the other"


def test_what_is_short_or_in_a_frame_keeps_straight_wires() -> None:
    short = Graph.of([Node("a", Input((8, 8, 8))), Node("b", Identity(), ("a",)), Node("c", Add(), ("a", "b"))])
    parts = Residual(8).parts(Shape(8, 8, 8)).graph
    for graph in (short, parts.frame(parts.nodes)):
        assert not any(node.bends for node in arranged(graph))
