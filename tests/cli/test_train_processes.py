"""Several processes that the command line trains with: they do what one does, speak once and end together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cnnstudio.blocks import Conv2d, Flatten, GroupNorm, Input, Linear, ReLU
from cnnstudio.cli import main
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.record import read_record

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds until a process counts as lost; on a busy machine each needs a minute to import torch


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def network() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 3), GroupNorm(2), ReLU(), Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A network that learns the digits in a moment."""
    write(tmp_path / "tiny.cnn", Project(network(), Recipe(epochs=2, device="cpu")))
    return tmp_path / "tiny.cnn"


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A run that nobody waits for."""
    write(tmp_path / "long.cnn", Project(network(), Recipe(epochs=9_000, device="cpu")))
    return tmp_path / "long.cnn"


def started(*arguments: str | Path, new_session: bool = False) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cnnstudio", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        start_new_session=new_session,
    )


def epochs(said: str) -> list[str]:
    """The lines of the epochs without their times."""
    return [re.sub(r"[\d.]+ s(  best so far)?$", "", line) for line in said.splitlines() if line.startswith("Epoch")]


def shared(*arguments: str | Path) -> str:
    """What a training that two processes share says."""
    process = started("train", *arguments, "--processes", "2")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    return out


@pytest.fixture
def alone(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a training of one process says, here in this one, which has torch already."""

    def said(*arguments: str | Path) -> str:
        assert main(["train", *map(str, arguments)]) == 0
        return capsys.readouterr().out

    return said


def test_processes_that_it_starts_train_as_one_and_speak_once(file: Path, alone: Callable[..., str]) -> None:
    both = shared(file, "--out", "both")
    assert epochs(both) == epochs(alone(file, "--out", "alone"))
    assert len(epochs(both)) == 2
    assert "2 processes train together" in both
    assert both.count("best weights: both") == 1
    assert sorted(path.name for path in Path("both").iterdir()) == sorted(p.name for p in Path("alone").iterdir())
    assert sorted(path.name for path in Path.cwd().iterdir() if path.is_dir()) == ["alone", "both"]


def test_those_that_torchrun_starts_go_on_with_a_run_that_one_began(file: Path, alone: Callable[..., str]) -> None:
    whole = alone(file, "--out", "whole", "--epochs", "4", "--schedule", "constant")
    alone(file, "--out", "run", "--schedule", "constant")
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [sys.executable, *torchrun, "-m", "cnnstudio", "train", str(file), "--resume", "run", "--epochs", "4"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert "2 processes train together" in done.stdout and "Going on after step" in done.stdout
    assert epochs(done.stdout) == epochs(whole)[2:] and len(epochs(whole)) == 4
    assert read_record(Path("run"))[0].epochs_done == 4


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to one process")
def test_when_one_of_several_processes_is_killed_all_end_with_a_sentence(long: Path) -> None:
    process = started("train", long, "--processes", "2", "--out", "both")
    assert process.stdout is not None
    while not process.stdout.readline().startswith("Epoch"):
        assert process.poll() is None
    workers = [each for each in psutil.Process(process.pid).children() if "spawn_main" in " ".join(each.cmdline())]
    workers[1].kill()
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Another process of this training has ended or cannot be reached" in err
    assert err.endswith("was ended from outside (SIGKILL), and the training with it.\n")
    assert "Traceback" not in err
    assert (Path("both") / "last.safetensors").exists()
    assert not any(worker.is_running() for worker in workers)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to one process")
def test_ctrl_c_stops_several_processes_together(long: Path) -> None:
    process = started("train", long, "--processes", "2", "--out", "both", new_session=True)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("Epoch"):
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "")
    assert re.search(r"^Stopped in epoch \d+\.$", out, re.MULTILINE)
    assert "last weights: both" in out


def test_a_folder_that_cannot_be_read_is_said_once(file: Path) -> None:
    process = started("train", file, "--processes", "2", "--data", "folder", "--folder", "nowhere")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert err == f"cnnstudio: The folder {Path.cwd() / 'nowhere'} does not exist.\n"


@pytest.mark.parametrize(
    "case",
    [
        ({"RANK": "2", "WORLD_SIZE": "2"}, (), "cnnstudio: RANK is 2 and WORLD_SIZE is 2"),
        ({}, ("--processes", "9999"), "cnnstudio: --processes must be from 1 to"),
        ({}, ("--processes", "0"), "cnnstudio: --processes must be from 1 to"),
        (
            {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"},
            ("--processes", "2"),
            "cnnstudio: This is process 1 of 2 already",
        ),
    ],
)
def test_what_cannot_be_shared_by_processes_is_refused(
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[dict[str, str], tuple[str, ...], str],
) -> None:
    environment, arguments, sentence = case
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["train", str(file), *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith(sentence)
