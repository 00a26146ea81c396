"""Two processes that train one network: they see what one sees, and when one goes the other does not wait."""

from __future__ import annotations

import json
import os
import runpy
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch

from cnnstudio.training.device import TrainingError
from cnnstudio.training.distributed import joined
from cnnstudio.training.launch import Rank
from cnnstudio.training.random_streams import RandomStreams

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("several_processes.py")
ALONE = runpy.run_path(str(SCRIPT))
seen = ALONE["seen"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(rank: int, port: int, size: int = 2) -> dict[str, str]:
    named = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return {**os.environ, "PYTHONPATH": str(ROOT), **{name: str(value) for name, value in named.items()}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two processes saw of every case."""
    folder, port = tmp_path_factory.mktemp("shared"), free_port()
    command = [sys.executable, "-W", "error", str(SCRIPT), str(folder)]
    processes = [
        subprocess.Popen(command, env=environment(rank, port), stderr=subprocess.PIPE, text=True) for rank in (0, 1)
    ]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert said == ["", ""]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def greatest_difference(one: list[float], other: list[float]) -> float:
    assert len(one) == len(other)
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def test_all_processes_say_and_hold_the_same(shared: list[dict[str, Any]]) -> None:
    assert shared[0] == shared[1]


@pytest.mark.parametrize(
    "case", ["group", "momentum", "uneven", "none left", "accumulated", "mixed", "averaged", "unused", "unfreezing"]
)
def test_two_processes_give_the_losses_of_one(shared: list[dict[str, Any]], case: str) -> None:
    alone = seen(case)
    found = shared[0][case]
    assert greatest_difference(found["steps"], alone["steps"]) < 1e-6
    for name, weights in alone["weights"].items():
        assert greatest_difference(found["weights"][name], weights) < 1e-4
    for one, both in zip(alone["epochs"], found["epochs"], strict=True):
        assert both == pytest.approx(one, abs=2e-5)
        assert (both["train_accuracy"], both["validation_accuracy"]) == pytest.approx(
            (one["train_accuracy"], one["validation_accuracy"]), abs=1e-9
        )
    assert not any("BatchNorm" in note for note in found["notes"])


def test_a_group_norm_network_is_followed_over_twenty_steps(shared: list[dict[str, Any]]) -> None:
    assert len(shared[0]["group"]["steps"]) == 20


def test_no_validation_image_is_looked_at_twice(shared: list[dict[str, Any]]) -> None:
    assert shared[0]["uneven"]["validated"] == [35] * 4
    assert seen("uneven")["validated"] == [32, 35] * 4


def test_what_batch_norm_changes_is_said(shared: list[dict[str, Any]]) -> None:
    found = shared[0]["batch"]
    difference = greatest_difference(found["steps"], seen("batch")["steps"])
    assert 1e-6 < difference < 0.5
    assert any("not quite those of one process" in note for note in found["notes"])
    assert not any("BatchNorm" in note for note in seen("batch")["notes"])


def test_dropout_draws_for_each_process_and_not_for_the_images() -> None:
    first, second = (RandomStreams(3, torch.device("cpu"), rank) for rank in (0, 1))
    assert torch.equal(first.images.get_state(), second.images.get_state())
    drawn = []
    for streams in (first, second):
        with torch.random.fork_rng([]), streams.layers():
            drawn.append(torch.rand(8))
    assert not torch.equal(*drawn)


def test_going_on_gives_each_process_draws_of_its_own() -> None:
    states = RandomStreams(3, torch.device("cpu")).states
    drawn = []
    for rank in (0, 1, 2):
        streams = RandomStreams(5, torch.device("cpu"), rank)
        streams.restore(states)
        assert torch.equal(streams.images.get_state(), states["images"])
        with torch.random.fork_rng([]), streams.layers():
            drawn.append(tuple(torch.rand(4).tolist()))
    assert len(set(drawn)) == 3


def test_processes_that_never_come_are_not_waited_for_for_ever() -> None:
    with (
        pytest.raises(TrainingError, match="The 2 processes of this run did not all come together at"),
        joined(Rank(0, 2, 0, "127.0.0.1", free_port()), lambda: False, timedelta(seconds=1)),
    ):
        pass
