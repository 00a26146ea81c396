"""Limits: what is written can be read, what cannot be read says its limit, and a copy of our own holds everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Add, Group, Input, Opaque, ReLU
from cnnstudio.graph import BLOCKS, Frame, Graph, Node, Note, ParameterError, parameters
from cnnstudio.project import Project, ProjectError, dumps, limits, loads, read, write
from cnnstudio.project.limits import LARGEST, MOST, QUICK, is_near, parts
from cnnstudio.project.recipe import Recipe
from cnnstudio.project.writing import room


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Limits that a small network can pass."""
    most = {"nodes": 10, "wires": 12, "bends": 6, "frames": 2, "notes": 2}
    monkeypatch.setattr(limits, "MOST", most)
    return most


def chain(count: int, **more: Any) -> Graph:
    first = Node("n0", Input((1, 8, 8)))
    return Graph.of((first, *(Node(f"n{n}", ReLU(), (f"n{n - 1}",), **more) for n in range(1, count))))


def of(noun: str, count: int) -> Graph:
    """A network with so many of something, and few of all else."""
    match noun:
        case "nodes":
            return Graph.of(Node(f"n{n}", Input((1, 8, 8))) for n in range(count))
        case "wires":
            return Graph.of((Node("n", Input((1, 8, 8))), Node("a", Add(), ("n",) * count)))
        case "bends":
            return chain(2).replace("n1", ReLU()).bend(chain(2).edges[0], tuple((n, n) for n in range(count)))
        case "frames":
            names = [Node(f"n{n}", Input((1, 8, 8))) for n in range(count)]
            return Graph.of(names, [Frame("Frame", 0, frozenset([node.name])) for node in names])
    return Graph.of(chain(2), notes=[Note(f"Note {n}") for n in range(count)])


@pytest.mark.parametrize("noun", MOST)
@pytest.mark.parametrize("inside", [False, True])
def test_what_is_at_a_limit_is_written_and_what_is_beyond_it_is_refused(
    noun: str, inside: bool, low: dict[str, int], tmp_path: Path
) -> None:
    def project(count: int) -> Project:
        if not inside:
            return Project(of(noun, count))
        inner = of(noun, count - 1 if noun == "nodes" else count)
        return Project(Graph.of([Node("group1", Group("Group", inner))]))

    most = low[noun]
    assert is_near(project(most).graph) and room(project(most)) == ("", f"{most} of {most} {noun}")
    write(tmp_path / "net.cnn", project(most))
    assert read(tmp_path / "net.cnn") == project(most)
    sentence = f"It has {most + 1} {noun}; {most} are allowed."
    with pytest.raises(ProjectError) as caught:
        loads(dumps(project(most + 1)))
    assert str(caught.value) == sentence == room(project(most + 1)).refusal
    with pytest.raises(ProjectError) as caught:
        write(tmp_path / "net.cnn", project(most + 1))
    assert str(caught.value) == f"net.cnn was not written: {sentence}"
    assert read(tmp_path / "net.cnn") == project(most)


def test_a_file_that_would_be_too_large_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(Graph.of(chain(3), notes=[Note("x" * 3_000)] * 3))
    size = len(dumps(project).encode())
    monkeypatch.setattr(limits, "LARGEST", size - 1)
    with pytest.raises(ProjectError, match=r"^net\.cnn was not written: It takes 0\.0 MB; 0 MB are allowed\.$"):
        write(tmp_path / "net.cnn", project)
    assert is_near(project.graph)
    write(tmp_path / "copy.cnn", project, is_bounded=False)
    with pytest.raises(ProjectError, match="larger than"):
        read(tmp_path / "copy.cnn")
    assert read(tmp_path / "copy.cnn", is_bounded=False) == project


def test_a_copy_of_our_own_holds_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = chain(3)
    for _ in range(25):
        deep = Graph.of([Node("input1", Input((1, 8, 8))), Node("group1", Group("Group", deep), ("input1",))])
    assert "groups may stand in groups 20 deep" in room(Project(deep)).refusal
    low = {"nodes": 10, "wires": 12, "bends": 6, "frames": 2, "notes": 2}
    monkeypatch.setattr(limits, "MOST", low)
    for project in (Project(deep), *(Project(of(noun, 4 * most)) for noun, most in low.items())):
        assert is_near(project.graph)
        write(tmp_path / "copy.cnn", project, is_bounded=False)
        assert read(tmp_path / "copy.cnn", is_bounded=False) == project


def test_what_is_far_from_every_limit_is_not_measured() -> None:
    assert not is_near(chain(500)) and room(Project(chain(5))) == ("", "")


def test_every_text_has_a_limit_that_is_stated() -> None:
    for kind in (*BLOCKS.values(), Recipe):
        for parameter in parameters(kind):
            if str not in parameter.options:
                continue
            assert len(parameter.coerce("x" * parameter.letters)) == parameter.letters <= 400_000
            with pytest.raises(ParameterError, match=f"{parameter.name} has .* letters; {parameter.letters:,} are"):
                parameter.coerce("x" * (parameter.letters + 1))
    assert len(Group(exposed=("a.b",)).exposed) == 1
    with pytest.raises(ParameterError, match="exposed has 1,001 letters; 1,000 are allowed"):
        Group(exposed=("x" * 1_001,))


def test_a_step_of_too_many_inputs_is_refused() -> None:
    assert Opaque(takes="|" * 999).arity.most == 1_000
    with pytest.raises(ParameterError, match="takes tells of 1,001 inputs; 1,000 are allowed"):
        Opaque(takes="|" * 1_000)


def test_what_is_counted_is_all_there_is_whatever_else_is_wrong() -> None:
    odd = {"nodes": [1, {"inputs": 3, "bends": [4], "parameters": [{}]}, {"parameters": {"a": {"nodes": "x"}}}]}
    with pytest.raises(ProjectError, match="At node 1: a group in braces is needed"):
        loads(json.dumps({"format": "cnnstudio", "version": 1, **odd}))
    assert LARGEST == 8 * 2**20


def test_a_line_of_pytorch_takes_as_long_to_look_at_as_it_is_long() -> None:
    def long(letters: int) -> Graph:
        return Graph.of([Node("step", Opaque(operation="torch.abs", expression="{0}" + "+0" * (letters // 2)))])

    assert parts(long(100)) < 10 < QUICK < 22 * parts(long(99_000))


def test_bends_are_looked_at_as_nodes_are() -> None:
    bent = (((0.0, 0.0),) * 50,)
    assert parts(chain(3)) == 5 and parts(Graph.of((*chain(2), Node("n2", ReLU(), ("n1",), bends=bent)))) == 55


def test_a_file_of_lists_without_end_is_refused_before_it_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_LISTS", 40)
    note = Note('{"[' * 100, (0.0, 0.0))
    kept = Project(Graph.of([Node("input1", Input((3, 8, 8)))], notes=(note,)))
    assert loads(dumps(kept)) == kept, "what stands between quotes is no list"
    with pytest.raises(ProjectError, match="41 lists and groups of values; 40 are allowed"):
        loads('{"nodes": [' + ", ".join(["{}"] * 39) + "]}")
