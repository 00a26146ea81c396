"""Bypassed nodes, bends, notes and bookmarks in the .cnn file: only where there are any, and never nonsense."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Concat, Group, Input, ReLU
from cnnstudio.graph import Edge, Graph, Node, Note
from cnnstudio.project import Bookmark, Project, ProjectError, dumps, loads, read, write

NOTE = Note('Why "7 × 7"?\n\n- 图 {braces}', (10.5, -20.0), (200.0, 90.0), 30)


def plain() -> Graph:
    return Graph.of(
        [Node("a", Input((3, 8, 8))), Node("b", ReLU(), ("a",), (200.0, 0.0)), Node("c", Concat(), ("a", "b"))]
    )


@pytest.fixture
def rich() -> Project:
    body = Graph.of([Node("input1", Input()), Node("relu1", ReLU(), ("input1",))])
    body = body.bypass(["relu1"]).bend(Edge("input1", "relu1"), ((1.0, 2.0),)).add_note(Note("Inside"))
    graph = plain().bypass(["b"]).bend(Edge("b", "c", 1), ((50.0, -0.5), (60.0, 7.0)))
    graph = graph.add(Node("g", Group("Fold", body), ("c",))).add_note(NOTE).add_note(Note("Second", hue=0))
    marks = (Bookmark("Stem", (), (1.5, -2.0), 0.5), Bookmark("Inside 图", ("g",), (0.0, 0.0), 1.25))
    return Project(graph, bookmarks=marks)


EXPECTED = (
    '    {"name": "b", "block": "ReLU", "inputs": ["a"], "position": [200, 0], "bypassed": true},\n',
    '"inputs": ["a", "b"], "position": [0, 0], "bends": [[], [[50, -0.5], [60, 7]]]},\n',
    '      {"name": "relu1", "block": "ReLU", "inputs": ["input1"], "position": [0, 0], "bypassed": true, '
    '"bends": [[[1, 2]]]}\n    ], "notes": [\n      {"text": "Inside", "position": [0, 0], "size": [240, 120], '
    '"hue": 32}\n    ]}}',
    '  "notes": [\n    {"text": "Why \\"7 × 7\\"?\\n\\n- 图 {braces}", "position": [10.5, -20], "size": [200, 90], '
    '"hue": 30},\n    {"text": "Second", "position": [0, 0], "size": [240, 120], "hue": 0}\n  ],\n',
    '  "bookmarks": [\n    {"name": "Stem", "center": [1.5, -2], "zoom": 0.5},\n'
    '    {"name": "Inside 图", "scope": ["g"], "center": [0, 0], "zoom": 1.25}\n  ],\n  "recipe": {\n',
)


def test_everything_comes_back(rich: Project, tmp_path: Path) -> None:
    text = dumps(rich)
    for part in EXPECTED:
        assert part in text
    assert loads(text) == rich
    assert dumps(loads(text)) == text
    write(tmp_path / "net.cnn", rich)
    assert read(tmp_path / "net.cnn") == rich


def test_a_file_without_them_says_nothing_of_them(rich: Project) -> None:
    graph = rich.graph.bypass(rich.graph.nodes, on=False).straighten(rich.graph.nodes).remove("g")
    text = dumps(Project(graph.remove_note(NOTE).remove_note(rich.graph.notes[1])))
    assert not [word for word in ("bypassed", "bends", "notes", "bookmarks", "scope") if word in text]
    assert text == dumps(Project(plain()))


def changed(project: Project, *path: str | int, to: Any) -> str:
    document = json.loads(dumps(project))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(document)


BOUNDS = "both numbers must be from -10,000,000 to 10,000,000."
REFUSED: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("nodes", 1, "bypassed"), "yes", "At node 2 (b), bypassed: true or false is needed, not text."),
    (
        ("nodes", 0, "bypassed"),
        True,
        "At node 1 (a): a (Input) reads nothing that it could pass on: no bypass for it.",
    ),
    (("nodes", 2, "bends"), 7, "At node 3 (c), bends: a list is needed, not a whole number."),
    (("nodes", 2, "bends"), [[[1]]], "At node 3 (c), bends: 2 entries are needed, not 1."),
    (("nodes", 2, "bends"), [[[1, "a"]]], "At node 3 (c), bends: a number is needed, not text."),
    (("nodes", 2, "bends"), [[[1, 1e9]]], f"At node 3 (c): A bend in input 1 lies nowhere: {BOUNDS}"),
    (
        ("nodes", 2, "bends"),
        [[[1, 1]] * 51],
        "At node 3 (c): A wire has 50 bends at most; 51 are in input 1.",
    ),
    (("nodes", 2, "bends"), [[[1, 1]] * 10**6], "It has 1,000,001 bends; 20,000 are allowed."),
    (
        ("nodes", 2, "inputs"),
        ["a"] * 1_001,
        "At node 3 (c): it has 1,001 inputs; 1,000 are allowed.",
    ),
    (("nodes", 2, "bends"), [[]] * 10**6, ""),  # nothing is said, and nothing of it is kept
    (
        ("nodes", 2, "bends"),
        [[], [], [[1, 1]]],
        "At node 3 (c), bends: nothing enters input 3, so nothing bends there.",
    ),
    (("notes",), {}, "In the file, notes: a list is needed, not a group in braces."),
    (("notes", 0), {"text": "a"}, "At note 1: position is missing."),
    (("notes", 1, "text"), 5, "At note 2, text: text is needed, not a whole number."),
    (("notes", 1, "text"), "", "At note 2: A note needs a text."),
    (("notes", 1, "text"), "a" * 10**6, "At note 2: A note has 4,000 letters at most, not 1,000,000."),
    (("notes", 1, "text"), "\0", "At note 2: The text of a note is made of letters that can be read."),
    (("notes", 1, "position"), [1e300, 0], f"At note 2: The note lies nowhere: {BOUNDS}"),
    (("notes", 1, "size"), [0, -1], "At note 2: The size of a note must be from 80 × 40 to 4000 × 4000."),
    (("notes", 1, "hue"), -1, "At note 2: The hue of a note must be from 0 to 359 degrees, not -1."),
    (("notes", 1, "colour"), 3, "At note 2: 'colour' is nothing that belongs there."),
    (
        ("notes",),
        [{"text": "a", "position": [0, 0], "size": [99, 99], "hue": 0}] * 1_001,
        "It has 1,002 notes; 1,000 are allowed.",
    ),
    (
        ("nodes", 3, "parameters", "body", "notes", 0, "text"),
        "",
        "At node 4 (g), note 1: A note needs a text.",
    ),
    (("bookmarks", 1, "zoom"), 1e9, "At bookmark 2: The zoom of the bookmark Inside 图 must be from 0.01 to 10."),
    (("bookmarks", 1, "zoom"), "big", "At bookmark 2, zoom: a number is needed, not text."),
    (("bookmarks", 1, "center"), [0, -1e8], f"At bookmark 2: The bookmark Inside 图 is nowhere: {BOUNDS}"),
    (("bookmarks", 1, "scope"), ["a"] * 21, "At bookmark 2: Groups may stand in groups 20 deep."),
    (
        ("bookmarks", 1, "name"),
        "two\nlines",
        "At bookmark 2: The name of a bookmark is one line of up to 60 letters that can be read.",
    ),
    (
        ("bookmarks",),
        [{"name": "a", "center": [0, 0], "zoom": 1}] * 10,
        "It has 10 bookmarks; 9 are allowed.",
    ),
]


@pytest.mark.parametrize(("path", "value", "sentence"), REFUSED, ids=lambda value: str(value)[:40])
def test_nonsense_is_refused_in_a_sentence_that_names_the_place(
    rich: Project, path: tuple[str | int, ...], value: Any, sentence: str
) -> None:
    text = changed(rich, *path, to=value)
    if not sentence:
        assert len(dumps(loads(text))) < 5_000
        return
    with pytest.raises(ProjectError) as caught:
        loads(text)
    assert str(caught.value) == sentence


def test_a_project_has_nine_bookmarks_at_most(rich: Project) -> None:
    nine = (rich.bookmarks * 5)[:9]
    assert loads(dumps(replace(rich, bookmarks=nine))).bookmarks == nine
    with pytest.raises(ProjectError, match="There are 9 bookmarks at most, not 10"):
        replace(rich, bookmarks=rich.bookmarks * 5)
    for wrong in (float("nan"), 0.0, float("inf")):
        with pytest.raises(ProjectError, match=r"must be from 0\.01 to 10"):
            Bookmark("a", zoom=wrong)
    with pytest.raises(ProjectError, match="is nowhere"):
        Bookmark("a", center=(float("nan"), 0.0))
