"""How many threads compute, and how their memory is had, is set in one place."""

from __future__ import annotations

import platform
import subprocess
import sys

import psutil
import pytest
import torch

from cnnstudio.training import device
from cnnstudio.training.device import cores, prepare_thread


def test_all_cores_compute_unless_the_window_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 8)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(6)), raising=False)
    assert cores() == 6
    monkeypatch.setattr(device, "needs_room", lambda: True)
    assert cores() == 5
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 1)
    assert cores() == 1


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_the_environment_may_ask_for_more(monkeypatch: pytest.MonkeyPatch, asked: str, threads: int | None) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    usual = cores()
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert cores() == (threads or usual)


def test_preparing_a_thread_sets_torchs_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    prepare_thread()
    prepare_thread()
    assert torch.get_num_threads() == 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such switch")
def test_freed_memory_is_kept() -> None:
    """The same blocks freed and asked for again cost far fewer page faults than without."""
    program = """
import resource, sys
import torch
from cnnstudio.training import device
if sys.argv[1] == "kept":
    assert device._keep_freed_memory()
for _ in range(50):
    torch.ones(1 << 20) + torch.ones(1 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""

    def faults(how: str) -> int:
        command = [sys.executable, "-c", program, how]
        return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)

    assert faults("kept") < faults("plain")
