from __future__ import annotations

from itertools import combinations

import pytest

from cnnstudio.blocks import Add, Conv2d, Flatten, Group, Input, Linear, ReLU, Residual
from cnnstudio.compiler.inference import infer
from cnnstudio.editing.insertion import inserted, ungrouped
from cnnstudio.graph import Edge, Graph, GraphError, Node, Sketch
from cnnstudio.layout.layout import layout
from cnnstudio.layout.metrics import GAP, HEIGHT, WIDTH, node_size
from cnnstudio.layout.spacing import units
from cnnstudio.project import read
from cnnstudio.resources import resource


def laid(draw: Sketch) -> Graph:
    graph = draw.graph()
    return graph.move(layout(graph, size=node_size, gap=GAP))


def overlaps(graph: Graph) -> list[tuple[str, str]]:
    nodes = list(graph)
    return [
        (a.name, b.name)
        for i, a in enumerate(nodes)
        for b in nodes[i + 1 :]
        if abs(a.position[0] - b.position[0]) < WIDTH and abs(a.position[1] - b.position[1]) < HEIGHT
    ]


def forked() -> Graph:
    draw = Sketch()
    x = draw(Input((8, 8, 8)))
    both = draw(Add(), draw(Conv2d(8, 1), x), draw(Conv2d(8, 1), x))
    draw.chain(both, ReLU())
    return laid(draw)


def test_the_first_block_stands_at_the_origin_and_the_next_behind_it() -> None:
    graph, first = inserted(Graph(), Input())
    graph, second = inserted(graph, Conv2d())
    assert graph[first].position == (0, 0) and graph[second].inputs == (first,)
    assert graph[second].position == (WIDTH + GAP[0], 0)


def test_with_several_open_ends_and_none_named_nothing_is_wired() -> None:
    draw = Sketch()
    x = draw(Input((8, 8, 8)))
    draw(ReLU(), x)
    draw(ReLU(), x)
    graph, name = inserted(laid(draw), Conv2d())
    assert graph[name].inputs == (None,) and overlaps(graph) == []


def test_in_between_everything_behind_moves_over() -> None:
    graph, name = inserted(forked(), ReLU(), ("add1",))
    assert set(graph[name].edges) == {Edge("add1", name)} and graph["relu1"].inputs == (name,)
    assert overlaps(graph) == []


def test_behind_a_node_that_two_read_it_begins_a_branch() -> None:
    before = forked()
    graph, name = inserted(before, ReLU(), ("input1",))
    assert graph[name].inputs == ("input1",) and graph.consumers[name] == ()
    assert overlaps(graph) == []
    assert all(graph[node.name] == node for node in before)


def test_a_block_with_two_inputs_reads_both_named() -> None:
    graph, name = inserted(forked(), Add(), ("conv1", "conv2"))
    assert graph[name].inputs == ("conv1", "conv2") and overlaps(graph) == []


def test_names_that_are_gone_do_not_count() -> None:
    graph, name = inserted(forked(), ReLU(), ("nobody",))
    assert graph[name].inputs == ("relu1",)


def test_ungrouping_keeps_the_meaning_and_overlaps_nothing() -> None:
    draw = Sketch()
    draw.chain(draw(Input((8, 8, 8))), Residual(16, stride=2), ReLU(), Flatten(), Linear(3))
    before = infer(laid(draw))
    graph, names = ungrouped(before, "block1")
    after = infer(graph)
    assert after.totals is not None and before.totals is not None
    assert after.totals.parameters == before.totals.parameters and after.totals.macs == before.totals.macs
    assert after.shape("fc1") == before.shape("fc1")
    assert names and all(name.startswith("block1_") for name in names) and overlaps(graph) == []


@pytest.mark.parametrize("name", ["conv1", "block1"])
def test_what_cannot_be_taken_apart_says_so(name: str) -> None:
    draw = Sketch()
    draw(Conv2d(8), draw(Input((8, 8, 8))))
    draw(Residual(8))
    with pytest.raises(GraphError, match=r"not made of other blocks|has no shape yet"):
        ungrouped(infer(draw.graph()), name)


def test_the_parts_of_a_bypassed_block_are_bypassed() -> None:
    draw = Sketch()
    draw.chain(draw(Input((8, 8, 8))), Residual(8), Flatten(), Linear(10))
    graph = laid(draw).bypass(["block1"])
    opened, names = ungrouped(infer(graph), "block1")
    assert all(opened[name].bypassed for name in names)
    assert opened.acting == graph.acting.move({node.name: node.position for node in opened.acting})
    flat = infer(graph.replace("input1", Input((8,))))
    assert flat.shape("block1") is not None
    with pytest.raises(GraphError, match=r"^block1 cannot be taken apart: "):
        ungrouped(flat, "block1")


def test_a_bypassed_group_of_several_inputs_is_not_taken_apart() -> None:
    body = Graph.of((Node("one", Input((8, 8, 8))), Node("two", Input((8, 8, 8))), Node("add1", Add(), ("two", "one"))))
    graph = Graph.of(
        (Node("a", Input((8, 8, 8))), Node("b", Input((8, 8, 8))), Node("g", Group("Both", body), ("a", "b")))
    )
    assert ungrouped(infer(graph), "g")[1]
    with pytest.raises(GraphError, match=r"^g is bypassed: end the bypass before you take it apart\.$"):
        ungrouped(infer(graph.bypass(["g"])), "g")


@pytest.mark.parametrize("name", ["stage1_1", "stage2_2", "stage3_1"])
def test_ungrouping_in_a_stage_leaves_the_other_stages_as_they_are(name: str) -> None:
    before = read(resource("examples", "small_resnet.cnn")).graph
    graph, made = ungrouped(infer(before), name)
    boxes = units(graph)
    assert not [(a, b) for a, b in combinations(boxes, 2) if boxes[a].touches(boxes[b])] and overlaps(graph) == []
    assert set(made) < graph.framed[made[0]].members
    steps: dict[str, set[tuple[float, float]]] = {}
    for frame in before.frames:
        for each in frame.members if name not in frame.members else ():
            (x, y), (to_x, to_y) = before[each].position, graph[each].position
            steps.setdefault(frame.title, set()).add((to_x - x, to_y - y))
    assert all(len(each) == 1 for each in steps.values()), "each stage moves as a whole, if at all"
    assert all(x == 0.0 for each in steps.values() for x, _ in each), "and only down"
