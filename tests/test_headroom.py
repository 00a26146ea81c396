"""How much memory may still be taken, and that whatever says that none is left is known as such."""

from __future__ import annotations

import ctypes
import errno
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cnnstudio.headroom import NoRoomError, give_back, headroom, lack, not_enough, ran_out, within_memory
from cnnstudio.worker import sentence_of

GIB = 2**30


def put(root: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{content}\n", encoding="ascii")
    return root


def test_a_control_group_of_version_2_limits_and_so_does_the_one_around_it(tmp_path: Path) -> None:
    root = put(
        tmp_path,
        {
            "proc/self/cgroup": "0::/slice/job",
            "sys/fs/cgroup/slice/job/memory.max": "max",
            "sys/fs/cgroup/slice/memory.max": 3_000_000,
            "sys/fs/cgroup/slice/memory.current": 2_000_000,
            "sys/fs/cgroup/slice/memory.stat": "anon 1\ninactive_file 300000\nactive_file 200000\nfile 1900000",
        },
    )
    assert headroom(root) == 1_500_000, "what was read of files is given up where it is needed"


def test_a_control_group_of_version_1_limits_too_and_within_a_container_its_top(tmp_path: Path) -> None:
    root = put(
        tmp_path,
        {
            "proc/self/cgroup": "4:cpu,cpuacct:/\n3:memory:/docker/abc",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": 5_000_000,
            "sys/fs/cgroup/memory/memory.usage_in_bytes": 4_900_000,
            "sys/fs/cgroup/memory/memory.stat": "inactive_file 7\ntotal_inactive_file 100000",
        },
    )
    assert headroom(root) == 200_000


def test_a_group_that_is_over_its_limit_has_nothing_left(tmp_path: Path) -> None:
    files = {"memory.max": 10, "memory.current": 99}
    root = put(tmp_path, {"proc/self/cgroup": "0::/", **{f"sys/fs/cgroup/{n}": v for n, v in files.items()}})
    assert headroom(root) == 0


def test_without_limits_it_is_what_the_computer_has_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", type("Memory", (), {"available": 12_345}))
    assert headroom(tmp_path) == 12_345
    assert headroom(put(tmp_path, {"proc/self/cgroup": "nonsense\n0::/x"})) == 12_345


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing keeps to this limit")
def test_the_address_space_is_a_limit_and_running_out_of_it_is_known() -> None:
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "from cnnstudio.headroom import headroom, ran_out\n"
        "assert 0 < headroom() < 2**30, headroom()\n"
        "try: bytearray(2**30)\n"
        "except Exception as error: assert ran_out(error)\n"
        "else: raise SystemExit('there was room')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


ERRORS = [
    MemoryError(),
    NoRoomError("Not that much."),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 17179869184 bytes. Error code 12 (Cannot allocate memory)"
    ),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:121] data. DefaultCPUAllocator: not enough memory: you tried to allocate 4"
    ),
    RuntimeError("std::bad_alloc"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("Storage size calculation overflowed with sizes=[4294967296, 4294967296]"),
    type("OutOfMemoryError", (RuntimeError,), {})("CUDA. Tried to allocate 20.00 MiB"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:40] or type(error).__name__)
def test_whatever_says_that_no_memory_is_left_is_known_and_told_with_a_way_out(error: Exception) -> None:
    assert ran_out(error)
    outer = ValueError("it could not be written")
    outer.__cause__ = error
    assert ran_out(outer), "another error arose from it"
    told = sentence_of(error)
    if type(error) is NoRoomError:
        assert told == "Not that much."
        return
    assert told == sentence_of(outer) == not_enough()
    assert "smaller batch" in told and "went wrong" not in told
    with pytest.raises(NoRoomError, match="to draw: use less"), within_memory("to draw", "use less"):
        raise error


@pytest.mark.parametrize(
    "error", [ValueError("no"), OSError(errno.ENOSPC, "full"), RuntimeError("shape '[2]' is invalid")]
)
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert not ran_out(error)
    with pytest.raises(type(error)) as caught, within_memory("to draw"):
        raise error
    assert caught.value is error


def test_what_does_not_fit_is_told_with_both_numbers() -> None:
    assert lack("Building it", 2 * GIB, 3 * GIB) == ""
    assert lack("Building it", 4 * GIB, 3 * GIB, "use less") == (
        "Building it takes about 4.00 GiB of memory, and 3.00 GiB are free: use less."
    )


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim") if sys.platform == "linux" else True, reason="glibc")
def test_free_memory_is_given_back() -> None:
    """Of blocks that are freed between others the pages are the system's again."""

    def resident() -> float:
        return psutil.Process().memory_info().rss / 2**20

    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    blocks = [libc.malloc(100_000) for _ in range(1_000)]
    for block in blocks:
        ctypes.memset(block, 1, 100_000)
    last = libc.malloc(100_000)  # or the end of the heap would be given back without being asked
    for block in blocks:
        libc.free(block)
    before = resident()
    assert give_back()
    assert resident() < before - 50
    libc.free(last)
