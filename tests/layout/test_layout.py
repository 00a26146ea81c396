"""Layout: nothing overlaps, chains run straight, wires do not run through nodes."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from cnnstudio.blocks import Add, Conv2d, Identity, Input, ReLU, Residual
from cnnstudio.editing.assembly import merged
from cnnstudio.graph import Graph, Node, Position, Shape, Sketch
from cnnstudio.layout.layout import layout

SIZE, GAP = (184.0, 68.0), (84.0, 36.0)


def overlaps(corners: dict[str, Position], size: tuple[float, float] = SIZE) -> list[tuple[str, str]]:
    boxes = sorted(corners.items(), key=lambda entry: entry[1][0])
    found = []
    for index, (name, (x, y)) in enumerate(boxes):
        for other, (other_x, other_y) in boxes[index + 1 :]:
            if other_x >= x + size[0]:
                break
            if abs(other_y - y) < size[1]:
                found.append((name, other))
    return found


def passed_through(graph: Graph, corners: dict[str, Position]) -> list[tuple[str, str, str]]:
    """The nodes that the straight line of a wire runs through."""
    found = []
    for edge in graph.edges:
        (start_x, start_y), (end_x, end_y) = corners[edge.source], corners[edge.target]
        start_x += SIZE[0]
        for name, (x, y) in corners.items():
            if name in (edge.source, edge.target) or x + SIZE[0] <= start_x or x >= end_x:
                continue
            share = (x + SIZE[0] / 2 - start_x) / (end_x - start_x)
            if y < start_y + share * (end_y - start_y) + SIZE[1] / 2 < y + SIZE[1]:
                found.append((edge.source, edge.target, name))
    return found


def random_graph(seed: int, size: int) -> Graph:
    luck = random.Random(seed)
    draw = Sketch()
    names = [draw(Input())]
    for _ in range(size):
        if luck.random() < 0.3:
            names.append(draw(Add(), luck.choice(names[-12:]), luck.choice(names[-12:])))
        else:
            names.append(draw(Conv2d(), luck.choice(names[-4:])))
    return draw.graph()


def test_an_empty_graph_has_no_places() -> None:
    assert layout(Graph()) == {}


def test_a_chain_runs_straight(chain: Graph) -> None:
    across = layout(chain)
    assert [across[name] for name in chain.order] == [(number * 268.0, 0.0) for number in range(5)]
    down = layout(chain, "down")
    assert {x for x, _ in down.values()} == {0.0}
    assert all(b[1] - a[1] == SIZE[1] + GAP[0] for a, b in pairwise(down[name] for name in chain.order))


def test_branches_lie_side_by_side(diamond: Graph) -> None:
    places = layout(diamond)
    assert places["left"][0] == places["right"][0] and places["left"][1] < places["right"][1]
    assert places["image"][1] == places["sum"][1] == (places["left"][1] + places["right"][1]) / 2
    turned = layout(diamond, "down")
    assert turned["left"][1] == turned["right"][1] and turned["left"][0] < turned["right"][0]


@pytest.mark.parametrize("stride", [1, 2])
def test_a_skip_runs_straight_and_what_it_passes_gives_way(stride: int) -> None:
    graph = Residual(8, stride).parts(Shape(8, 8, 8)).graph
    places = layout(graph)
    skip = graph["add"].inputs[1]
    assert places[str(skip)][1] == places["add"][1] == places["relu2"][1] == places["input1"][1]
    assert len({places[name][1] for name in ("conv1", "bn1", "relu1", "conv2", "bn2")}) == 1
    assert passed_through(graph, places) == []


def test_the_long_skips_of_a_u_net_draw_a_u() -> None:
    draw = Sketch()
    levels = [draw(Input())]
    for depth in range(3):
        levels.append(draw(Conv2d(), levels[-1], name=f"down{depth}"))
    x = levels.pop()
    while levels:
        x = draw(ReLU(), x)
        x = draw(Add(), x, levels.pop())
    graph = draw.graph()
    places = layout(graph, wrap=False)
    assert passed_through(graph, places) == []
    skips = [(node.inputs[1], node.name) for node in graph if node.block == Add()]
    assert len(skips) == 3
    assert all(places[str(source)][1] == places[target][1] for source, target in skips)
    assert [places[name][1] for name in ("down2", "down1", "down0", "input1")] == [0.0, 70.0, 140.0, 210.0]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("direction", ["right", "down"])
def test_nothing_overlaps_and_wires_run_forward(seed: int, direction: str) -> None:
    graph = random_graph(seed, 60)
    places = layout(graph, direction, wrap=False)  # type: ignore[arg-type]
    assert set(places) == set(graph.nodes)
    assert overlaps(places) == []
    axis = 0 if direction == "right" else 1
    assert all(places[edge.source][axis] + SIZE[axis] < places[edge.target][axis] for edge in graph.edges)
    assert layout(graph, direction, wrap=False) == places  # type: ignore[arg-type]


def test_parts_that_nothing_joins_lie_below_one_another(chain: Graph) -> None:
    graph, copies = merged(chain, chain)
    graph = graph.add(*(Node(f"loose{number}", Identity()) for number in range(7)))
    places = layout(graph)
    assert overlaps(places) == []
    assert max(places[name][1] for name in chain.nodes) < min(places[name][1] for name in copies)
    assert len({places[f"loose{number}"][1] for number in range(7)}) > 1


def test_a_second_input_stands_beside_its_reader(chain: Graph) -> None:
    graph = chain.add(Node("late", Input()), Node("sum", Add(), ("relu1", "late")))
    places = layout(graph)
    assert places["late"][0] == places["relu1"][0]


def test_nodes_may_have_sizes_of_their_own(diamond: Graph) -> None:
    def size(node: Node) -> tuple[float, float]:
        return (184.0, 300.0) if node.name == "left" else SIZE

    places = layout(diamond, size=size)
    assert places["right"][1] - places["left"][1] >= 300.0 + GAP[1]


def test_a_long_chain_goes_on_in_the_next_row_as_text_does() -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 28, 28))), *[Identity() for _ in range(12)])
    places = layout(draw.graph())
    rows = sorted({y for _, y in places.values()})
    order = list(places)
    assert len(rows) == 4
    assert order == sorted(order, key=lambda name: (places[name][1], places[name][0]))
    assert len({y for _, y in layout(draw.graph(), wrap=False).values()}) == 1


def test_a_row_ends_only_behind_a_node_that_stands_alone() -> None:
    draw = Sketch()
    x = draw(Input((4, 8, 8)), name="start")
    for _ in range(6):
        x = draw(Add(), draw.chain(x, Identity(), Identity(), Identity()), x)
    graph = draw.graph()
    places = layout(graph)
    backwards = [edge for edge in graph.edges if places[edge.target][0] <= places[edge.source][0]]
    assert overlaps(places) == []
    # the next row begins at an Add, which is where both branches have ended
    assert backwards and all(graph[edge.source].block == Add() for edge in backwards)


def test_few_layers_share_a_row_and_no_node_has_one_for_itself() -> None:
    for count in range(1, 12):
        draw = Sketch()
        draw.chain(draw(Input()), *[Identity() for _ in range(count)])
        tops = Counter(y for _, y in layout(draw.graph()).values())
        assert len(tops) == 1 if count < 5 else len(tops) > 1 and min(tops.values()) > 1


@pytest.mark.parametrize("count", [12, 40, 150])
def test_a_long_network_has_the_proportions_of_a_screen(count: int) -> None:
    draw = Sketch()
    x = draw(Input((4, 8, 8)))
    for _ in range(count):
        x = draw(ReLU(), draw(Add(), draw.chain(x, Identity(), Identity()), x))
    places = layout(draw.graph()).values()
    width, height = max(x for x, _ in places) + SIZE[0], max(y for _, y in places) + SIZE[1]
    assert 1.2 < width / height < 2.1


def test_a_row_does_not_end_where_branches_begin() -> None:
    draw = Sketch()
    x = draw.chain(draw(Input((4, 8, 8))), Identity(), Identity())
    draw(Add(), *(draw.chain(x, Identity(), Identity()) for _ in range(2)))
    graph = draw.graph()
    places = layout(graph)
    forked = next(name for name in graph.nodes if len(graph.consumers[name]) == 2)
    assert len({y for _, y in places.values()}) > 3
    assert all(places[edge.target][0] > places[forked][0] for edge in graph.consumers[forked])
