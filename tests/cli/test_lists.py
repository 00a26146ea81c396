"""``cnnstudio train`` with a recipe that has a list of declarations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.cli import main, train
from cnnstudio.graph import Declaration, Sketch, declaration
from cnnstudio.graph.parameter import Range
from cnnstudio.project import Project, read, reading, write
from cnnstudio.project.recipe import Recipe, Section


@declaration
class Crop(Declaration):
    """Cut a piece out."""

    padding: Annotated[int, Range(0, 16)] = 4


@declaration
class Flip(Declaration):
    """Mirror it."""


@declaration
class Choice(Declaration):
    """Do one of several."""

    of: tuple[Crop | Flip | Choice, ...] = ()


@declaration
class Augmented(Recipe):
    """A recipe.

    transforms: what is done to each image
    """

    transforms: Annotated[tuple[Crop | Flip | Choice, ...], Section.AUGMENTATION] = ()


@pytest.fixture(autouse=True)
def augmented(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A network that learns the digits in a moment, with such a recipe."""
    monkeypatch.setattr(reading, "Recipe", Augmented)
    monkeypatch.setattr(train, "Recipe", Augmented)
    monkeypatch.chdir(tmp_path)
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 3), Flatten(), Linear(10))
    write(tmp_path / "tiny.cnn", Project(draw.graph(), Augmented(epochs=1, transforms=(Crop(),))))


def test_the_list_of_the_file_holds_where_no_other_is_given(tmp_path: Path) -> None:
    assert main(["train", "tiny.cnn", "--out", "run"]) == 0
    assert read(tmp_path / "run" / "project.cnn").recipe == Augmented(epochs=1, transforms=(Crop(),))


def test_a_list_is_given_as_the_file_has_it(tmp_path: Path) -> None:
    text = '[{"kind": "Flip"}, {"kind": "Crop", "parameters": {"padding": 2}}]'
    assert main(["train", "tiny.cnn", "--out", "run", "--transforms", text]) == 0
    assert read(tmp_path / "run" / "project.cnn").recipe == Augmented(epochs=1, transforms=(Flip(), Crop(2)))
    assert main(["train", "tiny.cnn", "--out", "other", "--transforms", "Flip, Crop"]) == 0
    assert read(tmp_path / "other" / "project.cnn").recipe == Augmented(epochs=1, transforms=(Flip(), Crop()))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Flap", "transforms must be a list of Crop, Flip or Choice, not 'Flap'."),
        ("[{", "transforms must be a list of Crop, Flip or Choice, not '[{'."),
        ('{"kind": "Flip"}', "transforms must be a list of Crop, Flip or Choice, not {'kind': 'Flip'}."),
        ('[{"kind": "Flap"}]', "transforms, entry 1: there is no kind 'Flap' (did you mean Flip?)."),
        ('[{"kind": "Crop", "parameters": {"padding": 17}}]', "entry 1 (Crop): padding must be from 0 to 16, not 17."),
        ("[" * 100_000, "transforms is nested too deeply."),
        ('[{"kind": "Choice", "parameters": {"of": ' * 300 + "[]" + "}}]" * 300, "transforms is nested too deeply."),
    ],
)
def test_what_is_no_such_list_is_2(text: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tiny.cnn", "--transforms", text]) == 2
    assert sentence in capsys.readouterr().err


def test_the_help_says_how_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert (
        "--transforms NAMES what is done to each image; names with commas between them, or JSON as the file has it"
        in words
    )
