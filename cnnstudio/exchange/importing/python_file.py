"""Python file: a module from somebody's Python file. The file is run in a process of its own, which sends back data.

To import such a file is to run it: whoever calls ``import_file`` has asked the person first. The process has a time
limit; what it sends is JSON, and is checked like any file that a stranger sends.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from cnnstudio.exchange.importing.declarations import ImportRefused, call, networks_in
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.recognition import Weight
from cnnstudio.exchange.importing.subprocess_import import run
from cnnstudio.graph import Shape
from cnnstudio.project import ProjectError, loads

SECONDS = 120.0  # PyTorch alone takes several to start
LEAVING = 2.0  # seconds
LARGEST_ANSWER = 64 * 2**20  # bytes


def import_file(
    path: Path,
    name: str = "",
    size: Shape | None = None,
    seconds: float = SECONDS,
    goes_on: Callable[[], bool] = lambda: True,
) -> Imported:
    """The network ``name`` of a Python file, for images of ``size``: a class or a function that makes one, or a module.

    What it is made with may follow in brackets: ``ConvBlock(3, 64)``, see ``declarations.call``.

    This RUNS the file, in a process of its own, which is ended when ``goes_on`` says no. Without ``size`` usual sizes
    are tried. Raises ``ImportRefused``.
    """
    name = name or _only(path)
    call(name)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(theirs, str(path.resolve()), name, size), daemon=True)
    process.start()
    theirs.close()
    answer = None
    try:
        end = time.monotonic() + seconds
        while not ours.poll(0.1):
            if not goes_on():
                raise ImportRefused(f"{path.name} was stopped, so nothing was imported.")
            if time.monotonic() > end:
                raise ImportRefused(f"{path.name} was stopped: it had not made {name} after {seconds:g} seconds.")
        answer = json.loads(ours.recv_bytes(LARGEST_ANSWER))
    except (EOFError, OSError, ValueError, RecursionError) as error:
        raise ImportRefused(f"{path.name} ended the process that ran it, so nothing was imported.") from error
    finally:
        _end(process, answer is not None)
        ours.close()
    return _checked(answer, path)


def _end(process: BaseProcess, has_said_all: bool) -> None:
    """End the process and what it has started, where it has got so far as to be in charge of it.

    One that has said all is given a moment to leave by itself, so that it can take its semaphores away.
    """
    process.join(LEAVING if has_said_all else 0)
    with contextlib.suppress(AttributeError, OSError):  # not on Windows
        if process.pid and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _only(path: Path) -> str:
    """What the file makes, where there is no doubt which."""
    found = networks_in(path)
    if not found:
        raise ImportRefused(f"{path.name} declares no class that is a torch module.")
    ready = [each for each in found if not each.needed]
    if not ready and len(found) == 1:
        needed = ", ".join(f"{name}=…" for name in found[0].needed)
        raise ImportRefused(f"Say what {found[0].name} is made with: {path.name}:{found[0].name}({needed}).")
    if len(ready) == 1:
        return ready[0].name
    names = [each.name for each in ready or found]
    raise ImportRefused(f"{path.name} declares {', '.join(names[:8])}; say which: {path.name}:{names[0]}.")


def _checked(answer: Any, path: Path) -> Imported:
    """What the process sent, as what it says it is. Raises ``ImportRefused``."""
    damaged = ImportRefused(f"{path.name} sent back something that is no network.")
    if isinstance(answer, dict) and isinstance(answer.get("refused"), str):
        raise ImportRefused(answer["refused"][:600])
    try:
        if not isinstance(answer["graph"], str):
            raise damaged
        graph = loads(answer["graph"]).graph
        weights = {
            tuple(map(str, place)): tuple(Weight(*map(str, each)) for each in entries)
            for place, entries in answer["weights"]
        }
        title, notes, opaque = str(answer["title"])[:60], answer["notes"][:100], answer["opaque"][:10_000]
    except (ProjectError, KeyError, TypeError, ValueError) as error:
        raise damaged from error
    if any(not place or place[0] not in graph for place in weights):
        raise damaged
    return Imported(title, graph, weights, tuple(str(n)[:400] for n in notes), tuple(str(o)[:80] for o in opaque))
