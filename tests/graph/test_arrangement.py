"""A whole canvas in order, and a part of it in its place: frames are kept, nothing is covered."""

from __future__ import annotations

from itertools import combinations

import pytest

from cnnstudio.blocks import Conv2d, Identity
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Edge, Graph, Node, Note
from cnnstudio.graph.arrangement import arranged
from cnnstudio.graph.room import hull, node_box, units
from cnnstudio.project import from_template, read
from cnnstudio.resources import resource
from cnnstudio.ui.insertion import ungrouped


def example(name: str) -> Graph:
    return read(resource("examples", f"{name}.cnn")).graph


def touching(graph: Graph) -> list[tuple[object, object]]:
    found = units(graph)
    bodies = {node.name: node_box(node) for node in graph}
    return [
        pair for boxes in (found, bodies) for pair in combinations(boxes, 2) if boxes[pair[0]].touches(boxes[pair[1]])
    ]


def screen(graph: Graph) -> float:
    """How high a screen of 16 : 10 has to be to show all of it, in scene pixels."""
    around = hull(units(graph).values())
    return max((around.right - around.left) / 1.6, around.bottom - around.top)


@pytest.mark.parametrize("key", ["lenet5", "small-resnet", "vgg-small", "googlenet", "densenet121", "inception_v3"])
def test_networks_are_shown_as_large_as_they_are_shipped(key: str) -> None:
    shipped = from_template(key).graph
    made = arranged(shipped)
    assert screen(made) <= 1.06 * screen(shipped)
    assert touching(made) == []
    assert made == arranged(made), "once in order, it stays so"


def test_what_is_scattered_comes_in_order_again() -> None:
    graph = example("lenet5")
    scattered = graph.move(dict.fromkeys(graph.nodes, (0.0, 0.0))).bend(Edge("conv1", "tanh1"), ((5.0, 5.0),))
    assert arranged(scattered) == arranged(graph)


def test_a_note_is_not_covered() -> None:
    graph = example("lenet5").add_note(Note("Here", (300.0, 100.0)))
    assert touching(arranged(graph)) == []
    far = Note("There", (0.0, 5_000.0))
    assert arranged(example("lenet5").add_note(far)).notes == (far,)


def test_a_part_in_a_frame_gets_room_there() -> None:
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


def test_a_part_in_no_frame_goes_where_it_covers_nothing_and_the_rest_stays() -> None:
    row = [Node("a", Conv2d(8), (), (0.0, 700.0)), Node("b", Identity(), ("a",), (30.0, 640.0))]
    graph = example("lenet5").add(*row, Node("wall", Identity(), (), (280.0, 690.0)))
    after = arranged(graph, frozenset({"a", "b"}))
    assert touching(after) == []
    assert {node.name for node in graph if after[node.name] != node} <= {"a", "b"}
    assert after["a"].position[1] == after["b"].position[1]


def test_a_frame_is_a_part_like_others() -> None:
    graph = example("lenet5")
    assert graph.frames[1].members == {"conv2", "tanh2", "pool2"}
    scattered = graph.move({"tanh2": (60.0, 600.0), "pool2": (300.0, 700.0)})
    after = arranged(scattered, graph.frames[1].members)
    assert touching(after) == [] and after.frames == graph.frames
