"""A run goes on from the command line, and no run is lost by a second one into its folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.cli import main
from cnnstudio.graph import Sketch
from cnnstudio.owner import Owner
from cnnstudio.project import Project, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.runs.record import read_record, write_record

Run = Callable[..., tuple[int, str, str]]


def network(channels: int = 4) -> Project:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(channels), Flatten(), Linear(10))
    return Project(draw.graph(), Recipe(epochs=2, batch_size=256, seed=3))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "net.cnn", network())
    return Path("net.cnn")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_run_goes_on_to_more_epochs(run: Run, file: Path) -> None:
    assert run("train", file, "--out", "run")[0] == 0
    assert run("train", file, "--resume", "run") == (
        1,
        "",
        "cnnstudio: The run run has 2 epochs behind it already: give it more to go on with.\n",
    )
    code, out, err = run("train", file, "--resume", "run", "--epochs", 3)
    assert (code, err) == (0, "")
    assert "Going on after step 12, in epoch 3.\n" in out
    assert "The one-cycle schedule was laid out for 2 epochs and is at its end. Laid out for 3, it goes on" in out
    assert "Epoch 3/3 " in out and "Epoch 2/3" not in out
    assert weights.read(Path("run", "last.safetensors"))[1]["epoch"] == "3"


def test_what_was_interrupted_goes_on_bit_for_bit(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import contextlib

    from cnnstudio.cli import train

    run("train", file, "--out", "whole")
    asked = iter([False] * 9 + [True] * 9)
    with monkeypatch.context() as patch:
        patch.setattr(train, "interruptible", lambda: contextlib.nullcontext(lambda: next(asked)))
        code, out, _ = run("train", file, "--out", "cut short")
    assert code == 130
    assert "To go on: cnnstudio train net.cnn --resume 'cut short'\n" in out
    assert run("train", file, "--resume", "cut short")[0] == 0
    one, other = (weights.read(Path(name, "last.safetensors"))[0] for name in ("whole", "cut short"))
    assert {name: tensor.tolist() for name, tensor in one.items()} == {k: v.tolist() for k, v in other.items()}


def test_another_network_or_another_recipe_is_not_the_same_run(run: Run, file: Path) -> None:
    run("train", file, "--out", "run")
    write(file, network(5))
    _, _, err = run("train", file, "--resume", "run")
    assert err == (
        "cnnstudio: net.cnn is another network than the one of this run. To go on with the run's own: "
        "cnnstudio train run/project.cnn --resume run\n"
    )
    assert run("train", "run/project.cnn", "--resume", "run", "--epochs", "3")[0] == 0
    for option in (("--seed", "1"), ("--learning-rate", "1"), ("--out", "elsewhere")):
        _, _, err = run("train", "run/project.cnn", "--resume", "run", *option)
        assert err == f"cnnstudio: A run goes on as it began: --resume takes no {option[0]}, only --epochs beside it.\n"
    assert run("train", file, "--resume", "none")[2] == "cnnstudio: There is no run none: it is no folder.\n"
    Path("empty").mkdir()
    assert "empty holds no run: project.cnn cannot be opened" in run("train", file, "--resume", "empty")[2]


def test_a_second_run_into_a_folder_says_what_would_be_lost(run: Run, file: Path) -> None:
    run("train", file, "--out", "run")
    kept = Path("run", "best.safetensors").read_bytes()
    code, out, err = run("train", file, "--out", "run", "--seed", 1)
    assert (code, out) == (1, "")
    assert err.startswith("cnnstudio: run holds a run already, which would be lost: 2 epochs, the best of ")
    assert err.endswith("go on with that run (--resume run), or lose it (--overwrite).\n")
    failing = ("--out", "run", "--overwrite", "--folder", "none")
    assert run("train", file, *failing)[0] == 1
    assert Path("run", "best.safetensors").read_bytes() == kept
    assert read(Path("run", "project.cnn")) == network()
    assert run("train", file, "--out", "run", "--overwrite", "--seed", 1)[0] == 0
    assert Path("run", "best.safetensors").read_bytes() != kept
    assert read(Path("run", "project.cnn")).recipe == dataclasses.replace(network().recipe, seed=1)
    assert not list(Path("run").glob(".*"))


def test_a_run_that_was_torn_off_says_how_far_it_came_and_one_that_goes_on_is_not_overwritten(
    run: Run, file: Path
) -> None:
    run("train", file, "--out", "run")
    record, _ = read_record(Path("run"))
    begun = msgspec.structs.replace(record, state="running", epochs_done=0, best=None)
    write_record(Path("run"), begun)
    assert "which would be lost: 2 epochs, the best of " in run("train", file, "--out", "run")[2]
    write_record(Path("run"), msgspec.structs.replace(begun, owner=Owner.here()))
    kept = Path("run", "best.safetensors").read_bytes()
    refused = "cnnstudio: The run in run is being trained at this moment. Name another folder.\n"
    assert run("train", file, "--out", "run", "--overwrite", "--seed", 1)[2] == refused
    assert Path("run", "best.safetensors").read_bytes() == kept


def test_a_folder_without_a_run_is_taken_as_it_is(run: Run, file: Path) -> None:
    Path("run").mkdir()
    Path("run", "mine.txt").touch()
    assert run("train", file, "--out", "run")[0] == 0
    Path("damaged").mkdir()
    Path("damaged", "last.safetensors").touch()
    assert "damaged holds " in run("train", file, "--out", "damaged")[2]
