"""The program killed with kill -9 at any moment: while it saves, and while somebody draws."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from attacks.outcome import Outcome
from cnnstudio.blocks import Conv2d, Input
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, ProjectError, read, write

SIZES = (3, 40, 400)  # blocks of the projects that are saved in turn
LONGEST = 0.4  # seconds that a program lives after it has begun


def chain(length: int) -> Graph:
    """A row of convolutions."""
    names = ["input1", *(f"conv{number}" for number in range(1, length))]
    first = Node("input1", Input((4, 8, 8)))
    return Graph.of([first, *(Node(b, Conv2d(4, padding=1), (a,)) for a, b in itertools.pairwise(names))])


def saving(folder: Path, ready: Any) -> None:
    """Save one project after the other into one file, for ever."""
    projects = [Project(chain(size)) for size in SIZES]
    write(folder / "net.cnn", projects[0])
    ready.set()
    while True:
        for project in projects:
            write(folder / "net.cnn", project)


def drawing(folder: Path, ready: Any) -> None:
    """Change a network in a window, for ever; each change is told to the file ``told`` once a copy of it was made."""
    os.environ |= {"QT_QPA_PLATFORM": "offscreen", "CNNSTUDIO_HOME": str(folder)}
    from attacks.window import opened, settle
    from cnnstudio.ui.files import recovery

    recovery.RECOVERY_MILLISECONDS = 20
    with opened() as (window, _):
        made, number = chain(1), 0
        while True:
            number += 1
            made = chain(number % 30 + 1)
            window.document.edit_graph("Draw", made)
            settle()
            time.sleep(0.01)
            if number == 10:
                ready.set()


def killed(target: Callable[[Path, Any], None], folder: Path, chance: random.Random) -> None:
    """Start it in a process of its own and kill that at some moment after it is ready."""
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    context.set_forkserver_preload(["cnnstudio.project", "cnnstudio.ui.main_window"])
    ready = context.Event()
    process = context.Process(target=target, args=(folder, ready))
    process.start()
    while not ready.wait(0.2):
        if not process.is_alive():
            raise RuntimeError(f"{target.__name__} ended with {process.exitcode} before it began")
    time.sleep(chance.uniform(0, LONGEST))
    process.kill()
    process.join()


def attack_saving(count: int, chance: random.Random) -> Outcome:
    """Kill it so often while it saves: the file is one of those that were saved, whole."""
    outcome, whole = Outcome(), [Project(chain(size)) for size in SIZES]
    for number in range(count):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            killed(saving, folder, chance)
            try:
                found = read(folder / "net.cnn")
            except ProjectError as error:
                outcome.fault(f"kill {number}: {error}")
                continue
            alike = [len(each.graph) for each in whole if replace(each, recipe=found.recipe) == found]
            if not alike:
                outcome.fault(f"kill {number}: the file holds what was never saved")
            else:
                outcome.answer(f"{alike[0]} blocks")
    return outcome


def attack_drawing(count: int, chance: random.Random) -> Outcome:
    """Kill it so often while somebody draws: the next start finds a copy of what was drawn, and reads it."""
    from cnnstudio.ui.files.recovery_copy import left_behind

    outcome, before = Outcome(), os.environ.get("CNNSTUDIO_HOME")
    for number in range(count):
        with tempfile.TemporaryDirectory() as name:
            killed(drawing, Path(name), chance)
            os.environ["CNNSTUDIO_HOME"] = name
            try:
                found = left_behind()
            except OSError as error:
                outcome.fault(f"kill {number}: {error}")
                continue
            finally:
                os.environ.pop("CNNSTUDIO_HOME")
                os.environ |= {"CNNSTUDIO_HOME": before} if before is not None else {}
            graphs = [each.project.graph for each in found if each.project is not None]
            if not graphs:
                outcome.fault(f"kill {number}: there is no copy. {' '.join(each.trouble for each in found)}")
            elif not any(graph.nodes == chain(len(graph)).nodes for graph in graphs):
                outcome.fault(f"kill {number}: the copy holds what was never drawn")
            else:
                outcome.answer("found")
    return outcome
