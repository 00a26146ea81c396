"""A list of declarations in the recipe of a .cnn file: what goes in comes out, and what is wrong is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from cnnstudio.blocks import Input
from cnnstudio.graph import Declaration, Graph, Node, declaration
from cnnstudio.graph.parameter import Fraction, Length, Range
from cnnstudio.project import Project, ProjectError, dumps, loads, read, reading, write
from cnnstudio.project.recipe import Recipe

GOLDEN = Path(__file__).parent / "golden" / "transforms.cnn"


@declaration
class RandomCrop(Declaration):
    """Cut a piece out."""

    padding: Annotated[int, Range(0, 16)] = 4
    mode: Literal["zeros", "reflect"] = "zeros"


@declaration
class HorizontalFlip(Declaration):
    """Mirror it."""


@declaration
class Choice(Declaration):
    """Do one of several."""

    of: tuple[RandomCrop | HorizontalFlip, ...] = ()
    share: Fraction = 0.5


@declaration
class Augmented(Recipe):
    """A recipe that lists what is done to each image."""

    transforms: Annotated[tuple[RandomCrop | HorizontalFlip | Choice, ...], Length(0, 8)] = ()


@pytest.fixture(autouse=True)
def augmented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file hold such a recipe."""
    monkeypatch.setattr(reading, "Recipe", Augmented)


@pytest.fixture
def project() -> Project:
    transforms = (RandomCrop(2, "reflect"), HorizontalFlip(), Choice((RandomCrop(), HorizontalFlip()), 1))
    return Project(Graph.of([Node("input1", Input((3, 32, 32)))]), Augmented(data="cifar10", transforms=transforms))


def test_golden(project: Project, request: pytest.FixtureRequest) -> None:
    """``make golden`` writes it anew; read what differs: files that people have are written so."""
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.write_text(dumps(project), encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == dumps(project)
    assert read(GOLDEN) == project


def test_a_file_round_trips(project: Project, tmp_path: Path) -> None:
    write(tmp_path / "net.cnn", project)
    assert read(tmp_path / "net.cnn") == project
    assert dumps(loads(dumps(project))) == dumps(project)
    none = replace(project, recipe=Augmented())
    assert '\n    "transforms": []\n' in dumps(none)
    assert loads(dumps(none)) == none != project


def test_a_file_may_leave_out_what_is_at_its_default(project: Project) -> None:
    document = json.loads(dumps(project))
    document["recipe"]["transforms"] = [{"kind": "RandomCrop", "parameters": {"mode": "reflect"}}, {"kind": "Choice"}]
    assert loads(json.dumps(document)).recipe == replace(
        project.recipe, transforms=(RandomCrop(mode="reflect"), Choice())
    )
    del document["recipe"]["transforms"]
    assert loads(json.dumps(document)).recipe == Augmented(data="cifar10")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ((), {}, "In the recipe: transforms must be a list of RandomCrop, HorizontalFlip or Choice, not {}."),
        ((1,), None, "In the recipe: transforms, entry 2: RandomCrop, HorizontalFlip or Choice is needed, not None."),
        ((1, "kind"), "Flip", "In the recipe: transforms, entry 2: there is no kind 'Flip'."),
        ((0, "kind"), "RandomCorp", "entry 1: there is no kind 'RandomCorp' (did you mean RandomCrop?)."),
        ((0, "parameters", "padding"), -1, "transforms, entry 1 (RandomCrop): padding must be from 0 to 16, not -1."),
        ((0, "parameters", "size"), 1, "transforms, entry 1 (RandomCrop): there is no parameter 'size'."),
        (
            (2, "parameters", "of", 1, "kind"),
            "Choice",
            "In the recipe: transforms, entry 3 (Choice): of, entry 2: there is no kind 'Choice'.",
        ),
        ((), [{"kind": "HorizontalFlip"}] * 9, "In the recipe: transforms must have from 0 to 8 entries, not 9."),
    ],
)
def test_every_mistake_is_named_with_its_place(
    project: Project, path: tuple[str | int, ...], value: Any, sentence: str
) -> None:
    document = json.loads(dumps(project))
    place: Any = document["recipe"]
    *way, last = "transforms", *path
    for key in way:
        place = place[key]
    place[last] = value
    with pytest.raises(ProjectError) as caught:
        loads(json.dumps(document))
    assert sentence in str(caught.value)
