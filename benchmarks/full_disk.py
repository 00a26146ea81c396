"""Fill the disk at each of so many moments of a run, on the command line and in a window, and read the files back.

Promise: whatever the files hold at the end, it is what was said, and the best weights are to be had. A line a face:
levels, runs of which the disk took all, runs of which it did not, false sentences, weights lost.
``python benchmarks/full_disk.py 64``; the window is never on a screen.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from cnnstudio import disk
from cnnstudio.blocks import Conv2d, Dropout, Flatten, Input, Linear
from cnnstudio.graph import Sketch
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import resume, weights
from cnnstudio.training.runs import metrics_file
from cnnstudio.training.runs.weights_header import epoch_of

Told = tuple[str, Path]  # what was said last, and the folder of the run


class Filling:
    """A disk that takes so many writes below "runs" and no more."""

    def __init__(self) -> None:
        self.room = 10**9
        self._append = metrics_file._append
        disk._sync = self.take
        disk._sync_folder = lambda _: None
        metrics_file._append = self._rows

    def take(self, path: Path) -> None:
        """Take a write, or be full."""
        if "runs" in path.parts:
            self.room -= 1
            if self.room < 0:
                raise OSError(errno.ENOSPC, "No space left on device")

    def _rows(self, path: Path, rows: str) -> None:
        self.take(path)
        self._append(path, rows)


def project() -> Project:
    """A network that is trained in a moment, and a checkpoint a step."""
    resume.SECONDS_APART = resume.TIMES_APART = 0.0
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Dropout(0.1), Flatten(), Linear(10))
    return Project(
        draw.graph(), Recipe(data="digits", epochs=5, batch_size=512, learning_rate=0.02, device="cpu", threads=1)
    )


def command_line(folder: Path) -> Callable[[int], Told]:
    """What the command says at its end."""
    from cnnstudio.cli import main

    write(folder / "net.cnn", project())

    def trained(level: int) -> Told:
        out, said = folder / "runs" / f"net-{level}", io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            code = main(["train", str(folder / "net.cnn"), "--out", str(out)])
        told = said.getvalue().strip()
        if bool(code) != bool(told):
            told = f"exit code {code} and {told!r}"
        return told, out

    return trained


def window(folder: Path) -> Callable[[int], Told]:
    """What the messages of a window say at the end of its run."""
    os.environ["CNNSTUDIO_HOME"] = str(folder)
    from PySide6.QtWidgets import QApplication

    from cnnstudio.ui.main_window import MainWindow
    from cnnstudio.ui.theme import theme

    application = QApplication.instance() or QApplication([])
    theme.install("light")
    made = MainWindow()
    made.show()

    def trained(level: int) -> Told:
        made.messages.clear()
        made.run.start(project(), f"net-{level}")
        until = time.monotonic() + 60
        while made.run.is_active and time.monotonic() < until:
            application.processEvents()
            time.sleep(0.002)
        where = made.run.folder.path if made.run.folder is not None else folder
        graves = [
            bar.sentence for bar in made.messages.bars if bar.kind == "error" and "Not everything" in bar.sentence
        ]
        return (graves[-1] if graves else made.run.sentence if made.run.is_passing else ""), where

    return trained


def lost(told: str, out: Path, best: dict[str, list[float]], epoch: int | None) -> tuple[bool, bool]:
    """Whether what was said is false, and whether the best weights are nowhere."""

    def held(path: Path) -> bool:
        if not path.exists() or epoch_of(path) != epoch:
            return False
        return {name: tensor.tolist() for name, tensor in weights.read(path)[0].items()} == best

    is_there = held(out / "best.safetensors")
    elsewhere = told.partition(" were put into ")[2].partition(" instead.")[0]
    is_elsewhere = bool(elsewhere) and held(Path(elsewhere) / "best.safetensors")
    never_began = not (out / "run.json").exists() and "was not written" in told
    is_false = not told and not is_there
    for name in ("best.safetensors", "last.safetensors"):
        path = out / name
        if path.exists() and f"{name} holds the weights of epoch" in told:
            is_false = is_false or f"{name} holds the weights of epoch {epoch_of(path)}, not" not in told
        is_false = is_false or (f"there is no {name}" in told and path.exists())
    return is_false, not (is_there or is_elsewhere or never_began)


def main(levels: int = 64) -> int:
    """Print a line for each face; 1 where anything was false or lost."""
    filling, wrong = Filling(), 0
    print(f"{'':14} {'levels':>7} {'all kept':>9} {'not all':>8} {'false':>6} {'lost':>5}")
    for name, face in (("command line", command_line), ("window", window)):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            (folder / "elsewhere").mkdir()
            tempfile.tempdir = str(folder / "elsewhere")
            (folder / "runs").mkdir()
            trained = face(folder)
            told, whole = trained(10**6)
            if told:
                raise RuntimeError(told)
            best = {key: tensor.tolist() for key, tensor in weights.read(whole / "best.safetensors")[0].items()}
            epoch, counts = epoch_of(whole / "best.safetensors"), [0, 0, 0, 0]
            for level in range(levels):
                filling.room = level
                told, out = trained(level)
                filling.room = 10**9
                is_false, is_lost = lost(told, out, best, epoch)
                for place_, is_so in enumerate((not told, bool(told), is_false, is_lost)):
                    counts[place_] += is_so
                if is_false or is_lost:
                    print(f"  level {level}: {told or 'nothing was said'}")
            tempfile.tempdir = None
        print(f"{name:14} {levels:7} {counts[0]:9} {counts[1]:8} {counts[2]:6} {counts[3]:5}", flush=True)
        wrong += counts[2] + counts[3]
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
