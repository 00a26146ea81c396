"""Which of how many processes this is: what torchrun, srun and people put into the environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cnnstudio.training.launch import LaunchError, Rank, first_host, launched

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "node1", "MASTER_PORT": "29500"}
SLURM = {
    "SLURM_JOB_ID": "123456",
    "SLURM_STEP_ID": "0",
    "SLURM_PROCID": "5",
    "SLURM_NTASKS": "8",
    "SLURM_LOCALID": "1",
    "SLURM_JOB_NODELIST": "gpu[003-004,9],login",
}


def without(given: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if name not in names}


def test_where_nobody_says_anything_a_process_is_alone() -> None:
    for given in ({}, {"RANK": "3"}, {"WORLD_SIZE": "4"}, {**TORCHRUN, "WORLD_SIZE": "1", "RANK": "0"}):
        assert launched(given) == Rank()


def test_what_torchrun_says() -> None:
    assert launched(TORCHRUN) == Rank(3, 4, 1, "node1", 29500)
    assert launched({**TORCHRUN, "TORCHELASTIC_USE_AGENT_STORE": "True"}).is_hosted
    assert launched(without(TORCHRUN, "LOCAL_RANK")).local == 3


def test_what_srun_says() -> None:
    rank = launched(SLURM)
    assert (rank.number, rank.size, rank.local, rank.host) == (5, 8, 1, "gpu003")
    assert 1024 < rank.port < 65536
    assert launched({**SLURM, "MASTER_PORT": "1234", "MASTER_ADDR": "10.0.0.1"}) == Rank(5, 8, 1, "10.0.0.1", 1234)
    assert launched({**SLURM, "SLURM_STEP_NODELIST": "other1", "SLURM_STEP_NUM_TASKS": "6"}) == Rank(
        5, 6, 1, "other1", rank.port
    )
    assert launched({**SLURM, **TORCHRUN}) == launched(TORCHRUN)


def test_the_script_of_a_job_is_one_whatever_the_job_asked_for() -> None:
    assert launched({**without(SLURM, "SLURM_STEP_ID"), "SLURM_PROCID": "0"}) == Rank()


@pytest.mark.parametrize(
    ("nodes", "host"),
    [
        ("gpu1", "gpu1"),
        ("gpu1,gpu2", "gpu1"),
        ("gpu[003-005,010],login", "gpu003"),
        ("a-b[7]", "a-b7"),
        ("rack[1-2]node[03-04]", "rack1node03"),
        ("", ""),
        ("[", ""),
    ],
)
def test_the_first_computer_of_a_list(nodes: str, host: str) -> None:
    assert first_host(nodes) == host


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({**TORCHRUN, "RANK": "4"}, "RANK is 4 and WORLD_SIZE is 4"),
        ({**TORCHRUN, "RANK": "-1"}, "RANK must be a whole number, not '-1'"),
        ({**TORCHRUN, "WORLD_SIZE": "many"}, "WORLD_SIZE must be a whole number, not 'many'"),
        ({**TORCHRUN, "WORLD_SIZE": "999999999"}, "WORLD_SIZE is 999999999"),
        ({**TORCHRUN, "MASTER_PORT": "99999"}, "MASTER_PORT must be from 1 to 65535"),
        (without(TORCHRUN, "MASTER_PORT"), "MASTER_PORT must be a whole number, and it is not set"),
        (without(TORCHRUN, "MASTER_ADDR"), "MASTER_ADDR is not set"),
        (without(SLURM, "SLURM_JOB_NODELIST"), "MASTER_ADDR is not set"),
    ],
)
def test_an_environment_that_contradicts_itself_is_told_of(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(LaunchError, match=sentence):
        launched(given)


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("count", range(20))
def test_every_image_is_one_processes_own(count: int, size: int) -> None:
    shares = [Rank(number, size).share(count) for number in range(size)]
    assert [image for share in shares for image in share] == list(range(count))
    assert max(map(len, shares)) - min((len(share) for share in shares if share), default=0) <= 1
    if count > 1:
        assert 1 not in map(len, shares)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent to one process")
def test_one_of_several_waits_for_the_word_of_whoever_started_it() -> None:
    """A terminal that closes, and a service that is stopped, ask all of them at once, as Ctrl+C does."""
    code = """
import os, signal
from multiprocessing import Event
from cnnstudio.training.launch import _enter

def work(given, is_asked):
    for number in given:
        os.kill(os.getpid(), number)
    return 3 if not is_asked() else 4  # whoever started it is gone

_enter({}, work, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP), Event())
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 4, signal.Signals(-done.returncode).name if done.returncode < 0 else done.stderr
