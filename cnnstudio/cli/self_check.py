"""``cnnstudio self-check``: whether the program has all that it needs here, by using it once."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cnnstudio import __version__, disk, folders
from cnnstudio.cli.command import Commands
from cnnstudio.cli.open_window import has_display, paint_once
from cnnstudio.graph import Graph
from cnnstudio.resources import resource

NAME = "self-check"
LIBRARIES = ("PySide6", "numpy", "PIL", "networkx", "pyqtgraph", "safetensors", "torch")
SECONDS = 120  # until a window that does not answer counts as none


class FaultError(Exception):
    """Something that the program needs and has not; the message says what, and what can be done."""


@dataclass(frozen=True)
class Check:
    """One thing that the program needs. ``find`` says what it found, and raises where that will not do."""

    title: str
    find: Callable[[], str]


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="say whether the program has all that it needs here",
        description="Look at libraries, devices, folders and the window, train one batch, export a network in every "
        "way and load it back, and keep and read a recovery copy. Nothing is sent anywhere, and nothing of it stays.",
    )
    parser.add_argument("--window", action="store_true", help=argparse.SUPPRESS)  # how the command asks itself
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make all checks; 1 where one of them failed."""
    if arguments.window:
        print(paint_once())
        return 0
    failed = [check.title for check in checks() if not _made(check)]
    print(f"Not all is well: {', '.join(failed)}." if failed else "All is well.")
    return 1 if failed else 0


def checks() -> Iterator[Check]:
    """All of them, in the order in which they are made: what the others stand on comes first."""
    yield Check("Program", _program)
    yield Check("Libraries", _libraries)
    yield Check("Devices", _devices)
    yield Check("Folders", _folders)
    yield Check("Window", _window)
    yield Check("Training", _training)
    yield Check("Export", _exports)
    yield Check("Recovery", _recovery)


def _made(check: Check) -> bool:
    """Make a check and say what came out; whether all is well with it."""
    try:
        print(f"{check.title:<10} {check.find()}", flush=True)
    except Exception as error:
        told = str(error) or type(error).__name__
        print(f"{check.title:<10} FAILED. {told}", flush=True)
        if not type(error).__module__.startswith("cnnstudio."):  # nobody has made a sentence of it
            traceback.print_exc(file=sys.stderr)
        return False
    return True


def _program() -> str:
    how = "frozen" if getattr(sys, "frozen", False) else "from its source"
    resource("THIRD_PARTY_NOTICES.txt")
    resource("examples", "lenet5.cnn")
    return f"CNN Studio {__version__}, {how}; Python {platform.python_version()} on {platform.platform()}."


def _libraries() -> str:
    """Their versions, imported in the order in which the window imports them."""
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {importlib.import_module(name).__version__}")
        except ImportError as error:
            raise FaultError(f"{name} cannot be loaded: {error}.{_runtime()}") from error
        except OSError as error:  # a library of the system's that torch needs
            raise FaultError(f"{name} cannot be loaded: {disk.reason(error)}.{_runtime()}") from error
    from cnnstudio.training.torchvision_compat import torchvision

    return f"{', '.join(found)}, torchvision {torchvision().__version__}."


def _runtime() -> str:
    """On Windows, from where the runtime of Visual C++ came, which the one loaded first decides for all."""
    if sys.platform != "win32":
        return ""
    import ctypes  # what follows exists on Windows alone

    told = []
    for name in ("msvcp140.dll", "vcruntime140.dll", "icuuc.dll"):
        kernel = ctypes.windll.kernel32
        kernel.GetModuleHandleW.restype = ctypes.c_void_p
        if handle := kernel.GetModuleHandleW(name):
            path = ctypes.create_unicode_buffer(32_768)
            kernel.GetModuleFileNameW(ctypes.c_void_p(handle), path, len(path))
            told.append(f"{name} is {path.value}")
    if not told:
        return " Install the Microsoft Visual C++ Redistributable, and try again."
    return (
        f" {'; '.join(told)}: where that is a folder of another program, such as conda, take it off PATH, or start "
        "CNN Studio from its own shortcut; else install the newest Microsoft Visual C++ Redistributable."
    )


def _devices() -> str:
    from cnnstudio.training.device import devices_here, made_for

    return f"{', '.join(devices_here())}. PyTorch was built for {made_for()}."


def _folders() -> str:
    """Whether the person's folders can be written, where they are or may be made."""
    for folder in dict.fromkeys((folders.home(), folders.cache(), Path(tempfile.gettempdir()))):
        place = next(each for each in (folder, *folder.parents) if each.is_dir())
        try:
            with tempfile.TemporaryFile(dir=place) as file:
                file.write(b"CNN Studio")
        except OSError as error:
            raise FaultError(f"{folder} cannot be written: {disk.reason(error)}.") from error
    return f"{folders.home()} and {folders.cache()} can be written."


def _window() -> str:
    """Paint a window in another process: a Qt that finds no way to the screen ends its process."""
    frozen = getattr(sys, "frozen", False)
    command = [sys.executable, *(() if frozen else ("-m", "cnnstudio")), NAME, "--window"]
    unseen = {} if has_display() else {"QT_QPA_PLATFORM": "offscreen"}
    with _elsewhere() as home:
        environment = os.environ | unseen | {"CNNSTUDIO_HOME": str(home)}
        try:
            ran = subprocess.run(
                command, check=False, env=environment, capture_output=True, text=True, errors="replace", timeout=SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise FaultError(f"The window did not answer for {SECONDS} seconds.") from error
    if ran.returncode:
        last = next((line for line in reversed(ran.stderr.splitlines()) if line.strip()), "it gave no reason")
        raise FaultError(f"No window can be painted: {last.strip()}")
    told = ran.stdout.strip()
    return f"{told} There is no display: nobody would see it." if unseen else told


@contextmanager
def _elsewhere() -> Iterator[Path]:
    """A folder that goes again, in the place of the person's own."""
    with tempfile.TemporaryDirectory(prefix="cnnstudio-self-check-", ignore_cleanup_errors=True) as name:
        before = os.environ.get("CNNSTUDIO_HOME")
        os.environ["CNNSTUDIO_HOME"] = name
        try:
            yield Path(name)
        finally:
            os.environ.pop("CNNSTUDIO_HOME")
            if before is not None:
                os.environ["CNNSTUDIO_HOME"] = before


def _network() -> Graph:
    """A small network with what most have, for the digits that come with the program."""
    from cnnstudio.zoo import lenet5

    return lenet5(10, (1, 28, 28))


def _training() -> str:
    """Train one batch of digits, as a window or the command line does."""
    from contextlib import closing

    from cnnstudio.project import Project
    from cnnstudio.project.recipe import Recipe
    from cnnstudio.training.events import Started, Step
    from cnnstudio.training.runs.folder import Destination
    from cnnstudio.training.runs.session import begin
    from cnnstudio.worker import unheard

    project = Project(_network(), Recipe(data="digits", epochs=1, batch_size=64, threads=1))
    device = ""
    with _elsewhere() as home, closing(begin(project, Destination(home / "runs", must_keep=False), unheard)) as events:
        for event in events:
            if isinstance(event, Started):
                device = event.device
            if isinstance(event, Step):
                return f"A batch of digits was trained on {device}: loss {event.loss:.3f}."
    raise FaultError("A training of one epoch took no step.")


def _exports() -> str:
    """Export a network in every way; each is loaded back and compared by the export itself."""
    from cnnstudio.compiler.source import source
    from cnnstudio.exchange.exporting.delivery import Wanted, deliver
    from cnnstudio.exchange.exporting.formats import KINDS, lacking
    from cnnstudio.project import Project
    from cnnstudio.project.recipe import Recipe
    from cnnstudio.training.build import build
    from cnnstudio.training.weights import Held

    project = Project(_network(), Recipe(data="digits"))
    held = Held(build(source(project.graph).text).state_dict(), {})
    absent = dict.fromkeys(reason for key in KINDS if (reason := lacking(key)))
    there = {key: kind for key, kind in KINDS.items() if not lacking(key)}
    with _elsewhere() as home:
        for key, kind in there.items():
            deliver(project, key, home / f"{key}{kind.suffix}", held, Wanted(is_measured=False, has_card=False))
    titles = ", ".join(kind.title for kind in there.values())
    told = f"{titles}: each written, and those with a network loaded back and the same."
    return " ".join((told, *absent))


def _recovery() -> str:
    """Keep a recovery copy and read it again."""
    from cnnstudio.project import Project, read
    from cnnstudio.project.recipe import Recipe
    from cnnstudio.ui.files.recovery_copy import PROJECT, Copy

    project = Project(_network(), Recipe())
    with _elsewhere():
        copy = Copy.new()
        copy.save(project, None)
        if read(copy.folder / PROJECT).graph != project.graph:
            raise FaultError("A recovery copy reads otherwise than it was written.")
    return "A copy was kept and read back."
