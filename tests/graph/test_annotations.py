"""Frames: what each edit of a graph makes of them, and that none loses one."""

from __future__ import annotations

import random

import pytest

from cnnstudio.blocks import BatchNorm2d, Conv2d, Group, Identity, Input, ReLU, Residual
from cnnstudio.blocks.group import grouped, unrolled, with_body
from cnnstudio.editing.assembly import expanded, merged
from cnnstudio.graph import Edge, Frame, Graph, GraphError, Node, Shape
from cnnstudio.graph.annotations import HUES, LONGEST_TITLE, next_hue
from cnnstudio.graph.diff import diff


@pytest.fixture
def framed() -> Graph:
    """image → conv1 → relu1 → conv2 → relu2 → flat, with a frame round the first pair and one round the second."""
    names = ["image", "conv1", "relu1", "conv2", "relu2", "flat"]
    blocks = [Input((3, 8, 8)), Conv2d(8), ReLU(), Conv2d(8), ReLU(), Identity()]
    graph = Graph.of(
        Node(name, block, (names[i - 1],) if i else (), (200.0 * i, 0.0))
        for i, (name, block) in enumerate(zip(names, blocks, strict=True))
    )
    return graph.frame(("conv1", "relu1"), "First", 30).frame(("conv2", "relu2"), "Second", 210)


def members(graph: Graph) -> dict[str, list[str]]:
    return {frame.title: sorted(frame.members) for frame in graph.frames}


BOTH = {"First": ["conv1", "relu1"], "Second": ["conv2", "relu2"]}


def test_frames_are_part_of_the_value(framed: Graph) -> None:
    bare = framed.unframe(framed.nodes)
    assert bare.frames == ()
    assert bare != framed
    assert hash(bare) != hash(framed)
    again = Graph.of(reversed(list(framed)), framed.frames)
    assert again == framed
    assert hash(again) == hash(framed)
    assert framed.framed["relu2"] == Frame("Second", 210, frozenset({"conv2", "relu2"}))
    assert "flat" not in framed.framed


@pytest.mark.parametrize(
    ("title", "hue", "sentence"),
    [
        (" ", 0, "A frame needs a title."),
        ("a" * (LONGEST_TITLE + 1), 0, "60 letters at most, not 61."),
        ("two\nlines", 0, "one line of letters"),
        ("Stem", 360, "from 0 to 359 degrees, not 360."),
        ("Stem", -1, "from 0 to 359 degrees, not -1."),
    ],
)
def test_what_is_no_frame_is_refused_in_words(title: str, hue: int, sentence: str) -> None:
    with pytest.raises(GraphError, match=sentence):
        Frame(title, hue, frozenset({"a"}))
    assert Frame(" Stem ", 0, frozenset({"a"})).title == "Stem"


def test_a_frame_holds_nodes_that_are_there_and_in_no_other(framed: Graph) -> None:
    nodes = list(framed)
    for frames, sentence in (
        ([Frame("A", 0, frozenset())], "The frame A holds no block."),
        ([Frame("A", 0, frozenset({"ghost"}))], "The frame A holds ghost, which does not exist."),
        (
            [Frame("A", 0, frozenset({"conv1"})), Frame("B", 0, frozenset({"conv1"}))],
            "conv1 is in two frames, A and B.",
        ),
    ):
        with pytest.raises(GraphError, match=sentence):
            Graph.of(nodes, frames)
    with pytest.raises(GraphError, match="holds ghost"):
        framed.frame(("ghost",))
    with pytest.raises(GraphError, match="holds no block"):
        framed.frame(())


# frames themselves


def test_a_new_frame_takes_nodes_from_others(framed: Graph) -> None:
    assert members(framed.frame(("relu1", "conv2"), "Third", 5)) == {
        "First": ["conv1"], "Second": ["relu2"], "Third": ["conv2", "relu1"],
    }  # fmt: skip
    assert members(framed.frame(("conv1", "relu1", "flat"), "All", 5)) == {
        "All": ["conv1", "flat", "relu1"], "Second": ["conv2", "relu2"],
    }  # fmt: skip


def test_nodes_are_taken_out(framed: Graph) -> None:
    assert members(framed.unframe(("relu1", "flat"))) == {"First": ["conv1"], "Second": BOTH["Second"]}
    assert members(framed.unframe(("relu1", "conv1"))) == {"Second": BOTH["Second"]}
    assert framed.unframe(("flat",)) is framed


def test_a_frame_becomes_another(framed: Graph) -> None:
    first = framed.frames[0]
    named = framed.reframe(first, Frame("Stem", 99, first.members))
    assert members(named) == {"Stem": BOTH["First"], "Second": BOTH["Second"]}
    assert named.frames[0].hue == 99
    wider = framed.reframe(first, Frame("First", 30, first.members | {"conv2", "flat"}))
    assert members(wider) == {"First": ["conv1", "conv2", "flat", "relu1"], "Second": ["relu2"]}


def test_the_next_hue_is_one_that_is_not_there_yet(framed: Graph) -> None:
    frames: list[Frame] = []
    for number in range(len(HUES)):
        frames.append(Frame(f"Stage {number}", next_hue(frames), frozenset({f"n{number}"})))
    assert [frame.hue for frame in frames] == list(HUES)
    assert next_hue(frames) == HUES[0]


# edits


def test_edits_that_name_no_other_nodes_leave_frames_alone(framed: Graph) -> None:
    edge = Edge("conv1", "relu1")
    for edited in (
        framed.add(Node("bn1", BatchNorm2d())),
        framed.replace("conv1", Conv2d(99)),
        framed.connect("image", "relu2"),
        framed.disconnect(edge),
        framed.move({"conv1": (7.0, 7.0)}),
        framed.remove("flat"),
        framed.remove("image", heal=True),
        framed.rename("flat", "end"),
        framed.insert(Edge("relu1", "conv2"), Node("bn1", BatchNorm2d())),
    ):
        assert members(edited) == BOTH


def test_remove_takes_the_node_out_and_an_empty_frame_away(framed: Graph) -> None:
    assert members(framed.remove("conv1")) == {"First": ["relu1"], "Second": BOTH["Second"]}
    assert members(framed.remove("conv1", "relu1", heal=True)) == {"Second": BOTH["Second"]}


def test_rename_renames_the_member(framed: Graph) -> None:
    assert members(framed.rename("conv1", "first")) == {"First": ["first", "relu1"], "Second": BOTH["Second"]}


def test_a_node_spliced_into_a_wire_inside_a_frame_joins_it(framed: Graph) -> None:
    edited = framed.insert(Edge("conv1", "relu1"), Node("bn1", BatchNorm2d()))
    assert members(edited) == {"First": ["bn1", "conv1", "relu1"], "Second": BOTH["Second"]}
    assert members(framed.insert(Edge("image", "conv1"), Node("bn1", BatchNorm2d()))) == BOTH


def test_subgraph_keeps_the_frames_of_which_it_has_all(framed: Graph) -> None:
    assert members(framed.subgraph(("conv1", "relu1", "conv2"))) == {"First": BOTH["First"]}


def test_merge_brings_the_frames_along(framed: Graph) -> None:
    graph, made = merged(framed, framed.subgraph(("conv1", "relu1", "conv2")))
    assert made == ["conv3", "relu3", "conv4"]
    assert [(frame.title, sorted(frame.members)) for frame in graph.frames] == [
        ("First", ["conv1", "relu1"]), ("Second", ["conv2", "relu2"]), ("First", ["conv3", "relu3"]),
    ]  # fmt: skip


def test_parts_take_the_place_of_what_they_were_in(framed: Graph) -> None:
    inner = Residual(8).graph(Shape(8, 6, 6))
    parts = sorted(f"relu1_{node.name}" for node in inner if not node.is_input)
    assert len(parts) > 1
    inside = inner.frame((inner.outputs[0].name,), "Inside", 7)
    assert members(expanded(framed, "relu1", inside)) == {"First": sorted(["conv1", *parts]), "Second": BOTH["Second"]}
    end = f"flat_{inner.outputs[0].name}"
    assert members(expanded(framed, "flat", inside)) == {**BOTH, "Inside": [end]}


# groups


def shape(_: str) -> Shape:
    return Shape(8, 8, 8)


def test_a_frame_inside_a_fold_comes_inside(framed: Graph) -> None:
    folded, name = grouped(framed, ("relu1", "conv2", "relu2"), shape)
    block = folded[name].block
    assert isinstance(block, Group)
    assert members(folded) == {"First": ["conv1"]}
    assert members(block.body) == {"Second": BOTH["Second"]}
    assert members(expanded(folded, name, block.body, prefix=False)) == {"First": ["conv1"], "Second": BOTH["Second"]}


def test_a_fold_of_part_of_a_frame_stays_in_it(framed: Graph) -> None:
    folded, name = grouped(framed, ("relu1",), shape)
    assert members(folded) == {"First": ["conv1", name], "Second": BOTH["Second"]}


def test_a_group_keeps_its_frames_when_its_body_changes(framed: Graph) -> None:
    folded, name = grouped(framed, ("conv2", "relu2"), shape)
    block = folded[name].block
    assert isinstance(block, Group)
    body = block.body.frame(("conv2",), "Within", 3)
    edited = with_body(folded, (name,), body)
    assert members(edited) == {"First": BOTH["First"]}
    assert edited[name].block.body.frames == body.frames  # type: ignore[attr-defined]
    assert edited != with_body(folded, (name,), body.unframe(body.nodes))


def test_the_copies_of_a_repeated_group_are_in_its_frame() -> None:
    body = Graph.of((Node("input1", Input()), Node("relu1", ReLU(), ("input1",))))
    graph = Graph.of((Node("image", Input()), Node("fold", Group("Fold", body, repeat=3), ("image",))))
    assert members(unrolled(graph.frame(("fold",), "Stage", 0))) == {"Stage": ["fold_1", "fold_2", "fold_3"]}


def test_a_diff_says_whether_there_are_other_frames(framed: Graph) -> None:
    assert diff(framed, framed.unframe(("conv1",))).reframed
    assert diff(framed, framed.unframe(("conv1",)))
    assert not diff(framed, framed.move({"conv1": (1.0, 1.0)})).reframed


def edited(graph: Graph, rng: random.Random, turn: int) -> Graph:
    names, wires = list(graph.nodes), list(graph.edges)
    some = rng.sample(names, rng.randint(1, min(4, len(names))))
    kind = rng.randrange(6)
    if kind == 0:
        return graph.frame(some, f"Frame {turn}", rng.choice(HUES))
    if kind == 1:
        return graph.unframe(some)
    if kind == 2:
        return graph.rename(some[0], f"node{turn}")
    if kind == 3 and wires:
        return graph.insert(rng.choice(wires), Node(graph.fresh("bn"), BatchNorm2d()))
    if kind == 4:
        return graph.remove(*some, heal=True) if len(names) > 12 else merged(graph, graph.subgraph(some))[0]
    return graph.move(dict.fromkeys(some, (float(turn), 0.0)))


def test_random_edits_leave_sound_frames(framed: Graph) -> None:
    """After every edit each member exists and is in one frame, and no frame is empty."""
    rng, graph = random.Random(3), framed
    seen = 0
    for turn in range(400):
        graph = edited(graph, rng, turn)
        assert Graph.of(graph, graph.frames) == graph
        seen += len(graph.frames)
    assert seen > 400
