"""Room: a ripple along the row, rows that move down as they are, and places that are free."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Identity
from cnnstudio.graph import Graph, Node, Note, Position
from cnnstudio.layout.metrics import GAP, HEIGHT, WIDTH
from cnnstudio.layout.spacing import MARGIN, Box, free_offset, node_box, units, with_room

NEXT = WIDTH + GAP[0]


def grid(columns: int, rows: int, step: float = 160.0) -> Graph:
    """Rows of nodes that nothing joins: r0c0, r0c1, ..."""
    return Graph.of(
        Node(f"r{row}c{column}", Identity(), (), (column * NEXT, row * step))
        for row in range(rows)
        for column in range(columns)
    )


def steps(old: Graph, new: Graph) -> dict[str, Position]:
    return {
        node.name: (new[node.name].position[0] - node.position[0], new[node.name].position[1] - node.position[1])
        for node in old
        if new[node.name].position != node.position
    }


def grown(graph: Graph, *places: Position) -> tuple[Graph, tuple[str, ...], Box]:
    """With r1c0 replaced by nodes in these places, and the place it had."""
    was = node_box(graph["r1c0"])
    made = [Node(f"part{number}", Identity(), (), place) for number, place in enumerate(places)]
    return graph.remove("r1c0").add(*made), tuple(node.name for node in made), was


def test_what_shares_the_row_moves_to_the_right_until_there_is_space() -> None:
    graph, made, was = grown(grid(3, 3).move({"r1c2": (3 * NEXT, 160.0)}), (0.0, 160.0), (NEXT, 160.0))
    assert steps(graph, with_room(graph, made, was)) == {"r1c1": (NEXT, 0.0)}


def test_rows_below_move_down_as_they_are_and_no_farther_than_needed() -> None:
    graph, made, was = grown(grid(3, 4), (0.0, 160.0), (0.0, 264.0))
    depth = 264.0 + HEIGHT + GAP[1] - 320.0
    found = steps(graph, with_room(graph, made, was))
    assert found == {f"r2c{column}": (0.0, depth) for column in range(3)}, "below the next row there is space enough"


def test_what_grows_upwards_takes_its_row_down_with_it() -> None:
    graph, made, was = grown(grid(2, 3), (0.0, 100.0), (0.0, 220.0))
    found = steps(graph, after := with_room(graph, made, was))
    assert found["part0"] == found["part1"] == found["r1c1"] == (0.0, HEIGHT + GAP[1] - 100.0)
    assert "r0c0" not in found and "r0c1" not in found
    assert after["r2c0"].position[1] == after["part1"].position[1] + HEIGHT + GAP[1]


def test_a_frame_grows_and_pushes_others_as_a_whole() -> None:
    graph = grid(4, 2, 300.0).frame(("r0c0", "r0c1"), "One").frame(("r0c2", "r0c3"), "Two")
    was = node_box(graph["r0c1"])
    graph = graph.add(Node("more", Identity(), (), (2 * NEXT, 0.0)))
    graph = graph.reframe(graph.framed["r0c0"], graph.frame(("r0c0", "r0c1", "more"), "One").framed["more"])
    made = with_room(graph, ("r0c1", "more"), was)
    assert steps(graph, made) == {"r0c2": (NEXT, 0.0), "r0c3": (NEXT, 0.0)}


def test_a_note_goes_with_what_it_lies_on_and_gives_way_where_it_lies_alone() -> None:
    graph, made, was = grown(grid(2, 2), (0.0, 160.0), (NEXT, 160.0))
    graph = graph.add_note(Note("on r1c1", (NEXT + 150.0, 200.0), (80.0, 40.0)))
    graph = graph.add_note(Note("free", (2.5 * NEXT, 160.0), (100.0, 50.0)))
    after = with_room(graph, made, was)
    assert [note.position for note in after.notes] == [(2 * NEXT + 150.0, 200.0), (3 * NEXT, 160.0)]


def test_what_stood_on_it_before_is_left_alone() -> None:
    graph = grid(1, 2).add(Node("over", Identity(), (), (30.0, 170.0)))
    graph, made, was = grown(graph, (0.0, 160.0), (NEXT, 160.0))
    assert steps(graph, with_room(graph, made, was)) == {}


def test_a_free_place_is_the_wish_or_the_nearest() -> None:
    graph = grid(2, 2)
    body = Box(0.0, 0.0, WIDTH, HEIGHT)
    assert free_offset(body.moved(0.0, 1_000.0), units(graph).values()) == (0.0, 0.0)
    assert free_offset(body.moved(NEXT, 160.0), units(graph).values()) == (0.0, HEIGHT + MARGIN)
    assert free_offset(body, ()) == (0.0, 0.0)


@pytest.mark.parametrize("at", [(0.0, 0.0), (130.0, 80.0), (500.0, 200.0), (900.0, 460.0), (-90.0, 300.0)])
def test_a_free_place_hides_nothing(at: Position) -> None:
    graph = grid(4, 4, 130.0).frame(("r1c1", "r1c2"), "Frame").add_note(Note("note", (300.0, 400.0)))
    box = Box(at[0], at[1], at[0] + NEXT + WIDTH, at[1] + HEIGHT)
    taken = units(graph).values()
    assert not any(box.moved(*free_offset(box, taken)).touches(other) for other in taken)
