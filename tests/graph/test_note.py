"""Notes: checked texts on the canvas."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from cnnstudio.blocks import Input
from cnnstudio.editing.assembly import expanded, merged
from cnnstudio.graph import Graph, GraphError, Node, Note
from cnnstudio.graph.annotations import LONGEST_NOTE
from cnnstudio.graph.diff import diff
from cnnstudio.graph.node import OUT_OF_BOUNDS

NOTE = Note("# Stem\n\n\tWhy 7 × 7? 图 👩‍🔬", (10, 20), (200, 90), 30)
OTHER = Note("Head")


def test_notes_are_added_replaced_and_removed(chain: Graph) -> None:
    graph = chain.add_note(NOTE).add_note(OTHER)
    assert graph.notes == (NOTE, OTHER)
    assert graph != chain
    assert hash(graph) != hash(chain)
    new = dataclasses.replace(NOTE, text="Other")
    assert graph.replace_note(NOTE, new).notes == (new, OTHER)
    assert graph.replace_note(new, NOTE) is graph
    assert graph.remove_note(NOTE).notes == (OTHER,)
    assert graph.remove_note(new) == graph
    twice = graph.add_note(NOTE)
    assert twice.remove_note(NOTE).notes == (OTHER, NOTE)


def test_every_edit_keeps_the_notes(chain: Graph) -> None:
    graph = chain.add_note(NOTE)
    inner = Graph.of([Node("entry", Input()), Node("a", chain["relu1"].block, ("entry",))], notes=[OTHER])
    for edited in (
        graph.add(Node("more", Input())),
        graph.remove("relu1", heal=True),
        graph.rename("relu1", "other"),
        graph.move({"relu1": (5, 5)}),
        graph.bypass(["relu1"]),
        graph.frame(["relu1"]),
        graph.disconnect(graph.edges[0]),
        graph.straighten(graph.nodes),
        graph.replace("relu1", chain["flatten1"].block),
        graph.acting,
    ):
        assert edited.notes == (NOTE,)
    moved = dataclasses.replace(OTHER, position=(1.0, 2.0))
    assert merged(graph, Graph(notes=(OTHER,)), offset=(1, 2))[0].notes == (NOTE, moved)
    assert [note.text for note in expanded(graph, "relu1", inner).notes] == [NOTE.text, OTHER.text]


def test_notes_come_along_where_they_are_asked_for(chain: Graph) -> None:
    graph = chain.add_note(NOTE).add_note(OTHER)
    assert graph.subgraph(["relu1"]).notes == ()
    assert graph.subgraph(["relu1"], [OTHER]).notes == (OTHER,)


def test_a_difference_says_that_there_are_other_notes(chain: Graph) -> None:
    between = diff(chain, chain.add_note(NOTE))
    assert between.noted
    assert between
    assert not between.changed
    assert not diff(chain, chain.move({"relu1": (9, 9)})).noted


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": " \n "}, "A note needs a text."),
        ({"text": "x" * (LONGEST_NOTE + 1)}, "A note has 4,000 letters at most, not 4,001."),
        ({"text": "a\0b"}, "The text of a note is made of letters that can be read."),
        ({"text": "a\x1b[31m"}, "The text of a note is made of letters that can be read."),
        ({"text": "\udc80"}, "The text of a note is made of letters that can be read."),
        ({"position": (float("nan"), 0)}, f"The note lies nowhere: {OUT_OF_BOUNDS}."),
        ({"position": (0, 1e8)}, f"The note lies nowhere: {OUT_OF_BOUNDS}."),
        ({"size": (79, 90)}, "The size of a note must be from 80 × 40 to 4000 × 4000."),
        ({"size": (float("inf"), 90)}, "The size of a note must be from 80 × 40 to 4000 × 4000."),
        ({"hue": 360}, "The hue of a note must be from 0 to 359 degrees, not 360."),
    ],
)
def test_what_is_no_note_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(GraphError) as caught:
        dataclasses.replace(NOTE, **wrong)
    assert str(caught.value) == sentence
