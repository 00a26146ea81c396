"""Launch: which of how many processes this is, by the environment, and how one starts several; only then with torch.

torchrun sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT
(https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables), srun what begins with SLURM_
(https://slurm.schedmd.com/srun.html#SECTION_OUTPUT-ENVIRONMENT-VARIABLES); where neither did, a process is alone.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from cnnstudio.wording import counted

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from multiprocessing.synchronize import Event

MOST = 100_000  # processes
FIRST_PORT, PORTS = 15_000, 20_000  # where the processes of a SLURM job meet, by its number
LOOK_SECONDS = 0.1
GRACE_SECONDS = 15.0  # in which the others notice by themselves that one has ended
HOSTED = "TORCHELASTIC_USE_AGENT_STORE"  # "True" where whoever started the processes holds their meeting place
T = TypeVar("T")
Work: TypeAlias = Callable[[T, Callable[[], bool]], int]
"""What is done with what is given, with a question whether to stop; an exit code."""


class LaunchError(ValueError):
    """Processes that cannot be started, found or kept; the message is a sentence."""


@dataclass(frozen=True)
class Rank:
    """Which of ``size`` processes this is, from 0, and which of those on its computer; where all of them meet.

    ``is_hosted`` says that whoever started them holds the meeting place, and the first one otherwise.
    """

    number: int = 0
    size: int = 1
    local: int = 0
    host: str = ""
    port: int = 0
    is_hosted: bool = False

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.number == 0

    @property
    def title(self) -> str:
        """What people call it."""
        return f"process {self.number + 1} of {self.size}"

    def share(self, count: int) -> range:
        """Which of ``count`` images are this process's own: every image is one's, and nobody has one alone.

        BatchNorm cannot take a mean over one image of 1 × 1. So some have none where there are fewer than two for each.
        """
        parts = max(1, min(self.size, count // 2))
        if self.number >= parts:
            return range(0)
        least, more = divmod(count, parts)
        start = self.number * least + min(self.number, more)
        return range(start, start + least + (self.number < more))


def launched(environment: Mapping[str, str] | None = None) -> Rank:
    """Which process this is, as the environment says. Raises ``LaunchError`` where it contradicts itself."""
    given = os.environ if environment is None else environment
    if "WORLD_SIZE" in given and "RANK" in given:
        names, host = ("RANK", "WORLD_SIZE", "LOCAL_RANK"), ""
    elif "SLURM_PROCID" in given and not ("SLURM_JOB_ID" in given and "SLURM_STEP_ID" not in given):
        # without a step it is the script of the job itself, of which there is one, whatever the job asked for
        size = "SLURM_STEP_NUM_TASKS" if "SLURM_STEP_NUM_TASKS" in given else "SLURM_NTASKS"
        nodes = given.get("SLURM_STEP_NODELIST") or given.get("SLURM_JOB_NODELIST") or given.get("SLURM_NODELIST", "")
        names, host = ("SLURM_PROCID", size, "SLURM_LOCALID"), first_host(nodes)
    else:
        return Rank()
    number, count = _number(given, names[0]), _number(given, names[1], 1)
    if count <= 1:
        return Rank()
    if number >= count or count > MOST:
        raise LaunchError(f"{names[0]} is {number} and {names[1]} is {count}: it goes from 0 to one less than that.")
    local = _number(given, names[2], number)
    return Rank(number, count, local, *_meeting_place(given, host), given.get(HOSTED) == "True")


def _meeting_place(given: Mapping[str, str], host: str) -> tuple[str, int]:
    host = given.get("MASTER_ADDR", "") or host
    if not host:
        raise LaunchError("MASTER_ADDR is not set: it names the computer at which the processes meet.")
    of_job = FIRST_PORT + _number(given, "SLURM_JOB_ID", 0) % PORTS if "SLURM_PROCID" in given else None
    port = _number(given, "MASTER_PORT", of_job)
    if not 0 < port < 2**16:
        raise LaunchError(f"MASTER_PORT must be from 1 to 65535, not {port}.")
    return host, port


def _number(given: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = given.get(name, "").strip()
    if not text and default is not None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        said = f"not {text[:40]!r}" if text else "and it is not set"
        raise LaunchError(f"{name} must be a whole number, {said}.")
    return int(text)


def first_host(nodes: str) -> str:
    """The first computer of a SLURM list such as ``gpu[003-005,9],login``: gpu003."""
    first = re.match(r"(?:[^,\[]|\[[^\]]*\])*", nodes)
    return re.sub(r"\[(\d+)[^\]]*\]", r"\1", first.group() if first else "").strip()


def start(count: int, work: Work[T], given: T, is_interrupted: Callable[[], bool]) -> int:
    """Let ``count`` processes do ``work(given, is_asked)``, each with its rank in its environment; their exit code.

    ``is_asked`` says in each whether they are to stop, after ``is_interrupted`` did here or when this process is gone.
    When one ends before its time, the others are ended. Raises ``LaunchError`` with a sentence for it.
    """
    from torch.distributed import TCPStore  # type: ignore[attr-defined]
    from torch.multiprocessing import get_context

    # held here, so that no port has to be guessed; libuv is missing in the wheels for Windows
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False, use_libuv=sys.platform != "win32")
    context = get_context("spawn")
    stop: Event = context.Event()
    variables = {"WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": store.port, HOSTED: True}
    if "OMP_NUM_THREADS" not in os.environ:
        variables["OMP_NUM_THREADS"] = max(1, (os.cpu_count() or 1) // count)
    processes: list[SpawnProcess] = []
    try:
        for number in range(count):
            named = {name: str(value) for name, value in {**variables, "RANK": number, "LOCAL_RANK": number}.items()}
            processes.append(context.Process(target=_enter, args=(named, work, given, stop), daemon=True))
            processes[-1].start()
        return _waited(processes, stop, is_interrupted)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()


def _enter(variables: dict[str, str], work: Work[T], given: T, stop: Event) -> None:
    """What each process begins with. What asks to end reaches all at once: whoever started them passes it on."""
    os.environ.update(variables)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # of Ctrl+C, of a service that is stopped, of a terminal that closes
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)
    parent = parent_process()
    code = work(given, lambda: stop.is_set() or not (parent is not None and parent.is_alive()))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # gloo's threads may still wait for a process that is gone, and torch aborts where it finds them so


def _waited(processes: Sequence[SpawnProcess], stop: Event, is_interrupted: Callable[[], bool]) -> int:
    """The exit code that all these processes end with."""
    ended: list[int] = []  # their numbers, in the order of their ends
    failed_at = float("inf")
    while len(ended) < len(processes) and time.monotonic() < failed_at + GRACE_SECONDS:
        going = {process.sentinel: number for number, process in enumerate(processes) if number not in ended}
        for sentinel in connection.wait(list(going), LOOK_SECONDS):
            number = going[sentinel]  # type: ignore[index]
            processes[number].join()
            ended.append(number)
            if processes[number].exitcode and failed_at == float("inf"):
                failed_at = time.monotonic()
        if is_interrupted():
            stop.set()
    codes = [processes[number].exitcode or 0 for number in ended]
    if killed := [number for number, code in zip(ended, codes, strict=True) if code < 0]:
        title, name = Rank(killed[0], len(processes)).title, _signal_name(-(processes[killed[0]].exitcode or 0))
        raise LaunchError(f"{title[0].upper()}{title[1:]} was ended from outside ({name}), and the training with it.")
    if len(ended) < len(processes):
        others = counted(len(processes) - len(ended), "process")
        raise LaunchError(f"A process ended before its time; {others} that waited for it had to be ended as well.")
    return next((code for code in codes if code), 0)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
