"""The command line on a disk that is full and in a memory that is small, at every level from nothing to enough."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import random
import resource
import tempfile
import traceback
from pathlib import Path
from typing import Any

from attacks.outcome import Outcome
from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Sketch
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe

PRELOADED = ["cnnstudio.cli", "cnnstudio.training.runs.session", "cnnstudio.exchange.exporting.export"]
UNSAID = ("Traceback", "should not", "RuntimeError", "MemoryError", "std::bad_alloc", "enforce fail", "Errno")
PATIENCE = 300.0  # seconds


def project() -> Project:
    """A network of 50,000 weights, trained in a moment."""
    draw = Sketch()
    layers = (Conv2d(16, padding=1), BatchNorm2d(), ReLU(), Flatten(), Linear(48), ReLU(), Linear(10))
    draw.chain(draw(Input((1, 8, 8))), *layers)
    recipe = Recipe(data="digits", epochs=3, batch_size=256, learning_rate=0.01, device="cpu", threads=1)
    return Project(draw.graph(), recipe)


def command(arguments: list[str], limits: dict[str, int], answer: Any) -> None:
    """Run ``cnnstudio`` under limits, in bytes: "file" is how large one can be, "memory" how much more can be had."""
    os.environ["OMP_NUM_THREADS"] = "1"
    from cnnstudio.cli import main

    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        if "file" in limits:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file"], resource.RLIM_INFINITY))
        if "memory" in limits:
            now = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (now + limits["memory"], resource.RLIM_INFINITY))
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:  # which a person would see as it is
            code = 1
            told.write(traceback.format_exc())
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    answer.send((code, told.getvalue()))


def answered(arguments: list[str], limits: dict[str, int]) -> tuple[int | None, str]:
    """The exit code of a command and what it said; None where it ended by a signal or did not end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    ours, theirs = context.Pipe()
    process = context.Process(target=command, args=(arguments, limits, theirs))
    process.start()
    theirs.close()
    try:
        found: tuple[int | None, str] = ours.recv() if ours.poll(PATIENCE) else (None, "it did not end")
    except EOFError:
        process.join()
        found = None, f"it ended with {process.exitcode}"
    process.kill()
    process.join()
    return found


def wrong(code: int | None, told: str) -> str:
    """What is wrong with an answer by itself; empty where nothing is."""
    if code is None:
        return told
    if bad := next((word for word in UNSAID if word in told), ""):
        return f"{bad} is no sentence: {told.strip()[-300:]}"
    if code and not told.strip():
        return f"exit code {code} without a word"
    return ""


def attack_disk(count: int, chance: random.Random) -> Outcome:
    """Train with room for files of so many sizes: either the run is whole, or the exit code is 1 and it is said."""
    del chance  # the levels are all tried, in order
    from cnnstudio.training import weights
    from cnnstudio.training.runs.record import read_record

    outcome = Outcome()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ["CNNSTUDIO_HOME"] = name
        write(home / "net.cnn", project())
        code, told = answered(["train", str(home / "net.cnn"), "--out", str(home / "enough")], {})
        if code != 0:
            outcome.fault(f"with enough room: {told[-300:]}")
            return outcome
        largest = max(file.stat().st_size for file in (home / "enough").iterdir())
        for number in range(count):
            room = round(largest * 1.05 * number / max(1, count - 1))
            out = home / f"level-{number}"
            code, told = answered(["train", str(home / "net.cnn"), "--out", str(out)], {"file": room})
            if fault := wrong(code, told):
                outcome.fault(f"{room:,} bytes: {fault}")
                continue
            if code != 0:
                outcome.answer(f"exit code {code}")
                continue
            try:
                state = read_record(out)[0].state
                epochs = {kind: _epoch(weights.read(out / f"{kind}.safetensors")[1]) for kind in ("best", "last")}
            except Exception as error:  # whatever it is, the run is not whole
                outcome.fault(f"{room:,} bytes: exit code 0, and {error}")
                continue
            if state != "done" or epochs["last"] != 3:
                outcome.fault(
                    f"{room:,} bytes: exit code 0, and the run is {state}, its last weights of {epochs['last']}"
                )
            else:
                outcome.answer("whole")
    return outcome


def _epoch(metadata: dict[str, str]) -> int:
    found = metadata.get("epoch") or json.loads(metadata.get("cnnstudio", "{}")).get("epoch", 0)
    return int(found)


def attack_memory(count: int, chance: random.Random) -> Outcome:
    """Train, export and look with so much memory more than the program has: it is done, or it is said why not."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ["CNNSTUDIO_HOME"] = name
        write(home / "net.cnn", project())
        for number in range(count):
            level = round(2 ** chance.uniform(20, 30))
            arguments = (
                ["train", str(home / "net.cnn"), "--out", str(home / f"run-{number}")],
                ["export", str(home / "net.cnn"), "--untrained", "--out", str(home / f"net-{number}.pt")],
                ["summary", str(home / "net.cnn")],
            )[number % 3]
            code, told = answered(arguments, {"memory": level})
            if fault := wrong(code, told):
                outcome.fault(f"{arguments[0]} with {level >> 20} MiB: {fault}")
            else:
                outcome.answer(f"{arguments[0]} {'done' if code == 0 else 'refused'}")
    return outcome
