"""``cnnstudio report``: the page that it writes, whose run it takes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnstudio.cli import main
from cnnstudio.project import from_template, write


@pytest.fixture
def lenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LeNet-5 in a file of the folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "lenet.cnn", from_template("lenet5"))
    return tmp_path


def test_without_a_run_it_tells_of_an_untrained_network(lenet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "lenet.cnn"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("lenet report.html is written") and "--run names a run" in out
    assert "44,426 parameters" in (lenet / "lenet report.html").read_text(encoding="utf-8")
    assert main(["report", "lenet.cnn"]) == 1
    assert "is there already" in capsys.readouterr().err


def test_with_a_run_it_tells_what_it_learned(lenet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "lenet.cnn", "--out", "run", "--epochs", "1", "--batch-size", "512"]) == 0
    capsys.readouterr()
    assert main(["report", "lenet.cnn", "--run", "run", "-o", "page.html"]) == 0
    assert capsys.readouterr().out == "page.html is written: one file that needs no other.\n"
    text = (lenet / "page.html").read_text(encoding="utf-8")
    assert "Weights of run run, epoch 1." in text and "359 validation images" in text
    write(lenet / "other.cnn", from_template("small-resnet"))
    assert main(["report", "other.cnn", "--run", "run", "-o", "other.html"]) == 1
    assert "of another network" in capsys.readouterr().err
    assert not (lenet / "other.html").exists()


@pytest.mark.parametrize(
    ("more", "said"), [(["-o", "page.txt"], "ends in .html"), (["--run", "nowhere"], "There is no run nowhere")]
)
def test_what_cannot_be_is_refused_in_words(
    lenet: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert main(["report", "lenet.cnn", *more]) == 1
    assert said in capsys.readouterr().err
