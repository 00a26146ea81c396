"""The memory that images take beside what is kept of them, a data set, an input size and a way a line.

Each case runs in an interpreter of its own, in which PyTorch has been imported; Linux alone tells what a process holds
at most. ``load`` is what a run does; ``panel`` is the training panel, offscreen, in which the data set is chosen, until
it shows an image of each class. Last come AlexNet and the shapes in such a panel until its forecast is there, with the
few steps for it. Promise: ``load`` takes 1.15 times what it keeps, a panel 100 MB; where little is kept, what is worked
on at once counts for more: 512 drawn shapes are one piece of the random numbers they are made of, some 20 MB, and
PyTorch and the decoders keep some 10. ``python benchmarks/data_memory.py [DATA ...]``

Every other checkout can be measured with it: ``PYTHONPATH=../before python benchmarks/data_memory.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

WAYS = ("load", "panel")
SIZES = (28, 64, 224)
DATA = ("digits", "shapes", "folder", "deep")
CLASSES, IMAGES = 4, 3_000  # of the folder that is made


def folder(place: Path, images: int = IMAGES) -> str:
    """A folder of so many JPEGs of 320 × 240 pixels in four classes, some of them broken."""
    random = np.random.default_rng(0)
    for name in "abcd":
        (place / name).mkdir(parents=True)
    for number in range(images):
        path = place / "abcd"[number % CLASSES] / f"{number:05}.jpg"
        if number % 50 == 7:
            path.write_bytes(b"broken")
            continue
        small = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        small.resize((320, 240)).save(path, quality=80)
    return str(place)


def deep(place: Path) -> str:
    """A folder of eight grey pictures of 16 bits and 63 megapixels."""
    random = np.random.default_rng(0)
    for number in range(8):
        path = place / "ab"[number % 2] / f"{number}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        row = random.integers(0, 65_536, (1, 9_000), dtype=np.uint16)
        Image.fromarray(np.repeat(row, 7_000, axis=0)).save(path, compression="packbits")
    return str(place)


def held(name: str) -> int:
    """The bytes that this process holds (VmRSS), or has held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def one(way: str, data: str, where: str, side: int) -> str:
    """The line of a case."""
    import torch  # noqa: F401

    from cnnstudio.graph import Shape
    from cnnstudio.project.recipe import Recipe
    from cnnstudio.training.data.loading import load

    name = "folder" if where else "shapes" if data == "alexnet" else data
    recipe, size = Recipe(data=name, folder=where), Shape(3, side, side)
    for first in ("digits", "shapes"):  # what is made ready at the first time is no image
        load(Recipe(data=first), Shape(3, 12, 12))
    if way == "load":
        before = begin()
        kept = load(recipe, size)
        peak = held("VmHWM") - before
        stays = kept.train_images.numel() + kept.validation_images.numel()
        return line(way, data, side, peak, stays)
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    panel, run, document = shown(size, data == "alexnet")
    if data == "alexnet":
        told: list[bool] = []
        panel.before.measured.connect(lambda: told.append(True))
        before = begin()
        document.edit_recipe("Choose", recipe)
        turn(app, lambda: told)
        return line("panel", "AlexNet, shapes", side, held("VmHWM") - before, 0)
    panel.before._settle.timeout.disconnect()  # no steps are taken
    turn(app, panel.images.samples.isVisible)
    before = begin()
    document.edit_recipe("Choose", recipe)
    turn(app, lambda: panel.images._shown is not None and run.loaded.some_of(document.project) is not None)
    peak = held("VmHWM") - before
    known = run.loaded.some_of(document.project)
    return line(way, data, side, peak, known.train_images.numel() + known.validation_images.numel())


def shown(size: object, alexnet: bool):  # type: ignore[no-untyped-def]
    """A training panel of a small network or of AlexNet, its run and its document, with the digits chosen."""
    from cnnstudio import zoo
    from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, Flatten, Input, Linear
    from cnnstudio.graph import Sketch
    from cnnstudio.project import Project
    from cnnstudio.ui.document import Document
    from cnnstudio.ui.run import Run
    from cnnstudio.ui.training.training import TrainingPanel

    draw = Sketch()
    draw.chain(draw(Input(tuple(size))), Conv2d(4, 3), AdaptiveAvgPool2d(1), Flatten(), Linear(10))  # type: ignore[call-overload]
    graph = zoo.NETWORKS["alexnet"].make(10, tuple(size)) if alexnet else draw.graph()  # type: ignore[call-overload]
    document = Document(Project(graph))
    run = Run()
    panel = TrainingPanel(document, run)
    panel.resize(340, 600)
    panel.show()
    return panel, run, document


def turn(app: object, until: object, seconds: float = 300.0) -> None:
    """Let the window work until something holds."""
    end = time.monotonic() + seconds
    while not until():  # type: ignore[operator]
        app.processEvents()  # type: ignore[attr-defined]
        time.sleep(0.01)
        if time.monotonic() > end:
            print("it took too long; until then:", end=" ")
            return


def begin() -> int:
    """What the process holds now; its peak begins anew (proc(5))."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return held("VmRSS")


def line(way: str, data: str, side: int, peak: int, kept: int) -> str:
    """The case in words."""
    ratio = f", ratio {peak / kept:.2f}" if way == "load" else ""
    return f"{way:6} {data:7} {side:4}: peak {peak / 1e6:7.1f} MB, kept {kept / 1e6:6.1f} MB{ratio}"


def main(*names: str) -> None:
    """Print a line a case."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ
    with tempfile.TemporaryDirectory() as place:
        for name in [name for name in names or DATA if name in DATA]:
            made = {"folder": folder, "deep": deep}.get(name)
            where = made(Path(place, name)) if made is not None else ""
            for side in SIZES:
                for way in WAYS:
                    command = [sys.executable, str(Path(__file__)), "--one", way, name, where, str(side)]
                    subprocess.run(command, check=False, env=environment)
        command = [sys.executable, str(Path(__file__)), "--one", "panel", "alexnet", "", "224"]
        if not names or "alexnet" in names:
            subprocess.run(command, check=False, env=environment)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        way, data, where, side = sys.argv[2:]
        print(one(way, data, where, int(side)), flush=True)
    else:
        main(*sys.argv[1:])
