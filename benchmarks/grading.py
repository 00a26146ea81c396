"""How fast works that were handed in are marked, without and with evaluation, and whether the memory stays flat.

    python benchmarks/grading.py [WORKS]

Promised on two cores: 20 works a second without evaluation, 5 with LeNet-5 evaluated on 400 pictures.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from cnnstudio.blocks import Conv2d
from cnnstudio.compiler.source import source
from cnnstudio.lessons.file_names import TEXT
from cnnstudio.lessons.grading import graded
from cnnstudio.lessons.handed_in import HandedIn, dumped
from cnnstudio.lessons.header import joined
from cnnstudio.lessons.lesson_file import LessonFile, made
from cnnstudio.lessons.work import Answer
from cnnstudio.project import dumps, from_template
from cnnstudio.training import weights
from cnnstudio.training.build import build

PICTURES = 400
TASKS = [
    {"kind": "number", "name": "size", "answer": 24},
    {"kind": "choice", "name": "why", "options": ["a", "b"], "answer": 1},
    {"kind": "predict", "name": "guess", "node": "conv1", "what": "shape"},
    {"kind": "sentence", "name": "tell"},
    {"kind": "shape", "name": "ten", "shape": [10]},
    {"kind": "parameters", "name": "small", "most": 60_000},
    {"kind": "macs", "name": "cheap", "most": 10**6},
    {"kind": "receptive-field", "name": "sees", "node": "pool2", "least": 10},
]


def pictures() -> dict[str, bytes]:
    """Grey noise of 28 × 28 as PNG, a folder a class."""
    import io

    random, found = np.random.default_rng(0), {}
    for number in range(PICTURES):
        into = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (28, 28), np.uint8)).save(into, "PNG")
        found[f"kept/{number % 10}/{number}.png"] = into.getvalue()
    return found


def lesson(is_evaluated: bool) -> LessonFile:
    """A lesson about LeNet-5; where it is evaluated, its accuracy counts."""
    tasks = [*TASKS, *([{"kind": "accuracy", "name": "good", "least": 0.0}] if is_evaluated else [])]
    header = {"title": "Grading", "id": "grading", "start": "start.cnn", "held_out": "kept", "task": tasks}
    files = {TEXT: joined(header, "").encode(), "start.cnn": dumps(from_template("lenet5")).encode()}
    return made(files | pictures())


def hand_in(folder: Path, works: int, of: LessonFile) -> None:
    """Works of LeNet-5 with other channels and weights each."""
    plain = from_template("lenet5")
    path = folder / "weights.safetensors"
    for number in range(works):
        project = plain.with_graph(plain.graph.replace("conv1", Conv2d(4 + number % 5, 5, padding=2)))
        weights.save(path, build(source(project.graph).text, seed=number))
        answers = {"size": Answer("24"), "why": Answer(choice=1 + number % 2), "guess": Answer("6 × 28 × 28")}
        work = HandedIn(of.head.id, f"s{number}", project, answers, weights=path.read_bytes())
        place = folder / "works" / f"Student {number}_{number}_assignsubmission_file"
        place.mkdir(parents=True)
        (place / "work.handin").write_bytes(dumped(work))
    path.unlink()


def timed(do: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def main() -> None:
    """Mark, and print."""
    works = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{works:,} works are made in {timed(lambda: hand_in(folder, works, lesson(False))):.0f} s.")
        for is_evaluated, promised in ((False, 20), (True, 5)):
            of, held = lesson(is_evaluated), []

            def report(_: str, share: float | None, held: list[int] = held) -> bool:
                held.append(process.memory_info().rss)
                return True

            seconds = timed(lambda of=of, report=report: graded(folder / "works", of, report))
            early, late = held[len(held) // 4], held[-1]
            what = f"with {PICTURES} pictures evaluated" if is_evaluated else "without evaluation"
            print(
                f"{what}: {works / seconds:.1f} a second ({promised} promised); memory {early / 2**20:.0f} MB after a "
                f"quarter, {late / 2**20:.0f} MB at the end."
            )


if __name__ == "__main__":
    main()
