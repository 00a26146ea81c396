"""``cnnstudio forecast``: what is to be expected of a training, and what stands in its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.cli import main
from cnnstudio.graph import Sketch
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe


def written(folder: Path, classes: int = 10, **recipe: object) -> str:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 3), ReLU(), Flatten(), Linear(classes))
    write(folder / "tiny.cnn", Project(draw.graph(), Recipe(epochs=2, **recipe)))  # type: ignore[arg-type]
    return str(folder / "tiny.cnn")


def test_it_says_what_training_would_take_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["forecast", written(tmp_path), "--find-rate", "--one-batch"]) == 0
    out = capsys.readouterr().out
    for words in (
        "Time: about ", "for 2 epochs.", "Memory: about ", "multiply-accumulates on its way", "Energy: ",
        "as it should be: guessing among 10 classes gives 2.30", "A learning rate of ", "The network learns: after ",
    ):  # fmt: skip
        assert words in out
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.cnn"]


@pytest.mark.parametrize(("classes", "recipe"), [(7, {}), (10, {"data": "folder"})])
def test_what_cannot_be_trained_is_refused_with_the_reason(
    tmp_path: Path, classes: int, recipe: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["forecast", written(tmp_path, classes, **recipe)]) == 1
    said = capsys.readouterr()
    assert ("7 scores" in said.out) or ("Choose the folder" in said.out)
    assert "cannot be trained yet" in said.err
