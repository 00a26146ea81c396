"""``cnnstudio figure``: the drawing, its choices and its refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnnstudio.cli import main
from cnnstudio.project import Project, from_template, write


@pytest.fixture
def lenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LeNet-5 in a file of the folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "lenet.cnn", from_template("lenet5"))
    return tmp_path


def texts(path: Path) -> list[str]:
    return [element.text or "" for element in ElementTree.parse(path).getroot().iter() if element.tag.endswith("}text")]


def test_it_writes_a_drawing_and_says_its_proportions(lenet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figure", "lenet.cnn"]) == 0
    assert capsys.readouterr().out.startswith("lenet.svg is written. Boxes are feature maps")
    assert {"6 × 24 × 24", "Conv 5 × 5", "Stage 1", "Convolution"} <= set(texts(lenet / "lenet.svg"))
    assert "use " not in (lenet / "lenet.svg").read_text(encoding="utf-8"), "no signs without their font"


@pytest.mark.parametrize("choice", [["--down"], ["--scale", "linear"], ["--grey"]])
def test_each_choice_draws_another(lenet: Path, choice: list[str]) -> None:
    assert main(["figure", "lenet.cnn", "-o", "plain.svg"]) == 0
    assert main(["figure", "lenet.cnn", "-o", "other.svg", *choice]) == 0
    assert (lenet / "plain.svg").read_bytes() != (lenet / "other.svg").read_bytes()


def test_all_draws_each_block(lenet: Path) -> None:
    write(lenet / "vgg.cnn", from_template("vgg16"))
    main(["figure", "vgg.cnn", "-o", "once.svg"])
    main(["figure", "vgg.cnn", "-o", "each.svg", "--all"])
    assert texts(lenet / "once.svg").count("Conv 3 × 3") == 5
    assert texts(lenet / "each.svg").count("Conv 3 × 3") == 13


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "lenet.png"], "ends in .svg"),
        (["-o", "no/such/lenet.svg"], "no folder"),
        ([], "is there already"),
    ],
)
def test_what_it_refuses(lenet: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    (lenet / "lenet.svg").write_text("mine")
    assert main(["figure", "lenet.cnn", *arguments]) == 1
    assert words in capsys.readouterr().err
    assert (lenet / "lenet.svg").read_text() == "mine"


def test_an_empty_network_has_none(lenet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(lenet / "empty.cnn", Project())
    assert main(["figure", "empty.cnn"]) == 1
    assert "no network to draw" in capsys.readouterr().err


def test_it_needs_neither_torch_nor_qt(lenet: Path) -> None:
    code = (
        "import sys; from cnnstudio.cli import main; main(['figure', 'lenet.cnn', '-o', 'a.svg'])\n"
        "heavy = {'torch', 'PySide6', 'torchvision'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
