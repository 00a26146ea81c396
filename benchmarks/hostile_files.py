"""What the program does with the worst files there can be: how long, how much memory, and what it says.

Promise: every file opens within a second and 200 MB beside what the window takes, or shows how far it is and can be
stopped meanwhile, or is refused in a sentence that states the limit. ``python benchmarks/hostile_files.py`` prints the
table; words behind it choose cases that have them in their names.

Each case is opened in a process of its own. "waits" is the longest time in which the window answered nothing, "paint"
how long it takes to paint it whole, "stops" how long after a press of Stop nothing is done for the file any more, of
those that take longer, "memory" the peak beside that of the empty window. Seconds are those of a core,
which do not hang on what else the computer does.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hostile

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from cnnstudio.ui.main_window import MainWindow

LONGEST, MOST = 1.0, 200.0  # seconds and megabytes
GIVEN_UP = 120.0  # seconds


def peak() -> float:
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ready_window() -> tuple[QApplication, MainWindow]:
    """A window that has had a network, so that what any network takes is there."""
    from PySide6.QtWidgets import QApplication

    from cnnstudio.ui.main_window import MainWindow
    from cnnstudio.ui.theme import theme

    app = QApplication([])
    theme.install("light")
    window = MainWindow()
    window.resize(1280, 720)
    window.show()
    app.processEvents()
    window.grab()
    window.files.new("lenet5")
    while not len(window.document.graph):
        app.processEvents()
    for _ in range(200):
        app.processEvents()
        time.sleep(0.01)
    window.grab()
    window.document.undo_stack.setClean()
    return app, window


def opened(path: Path) -> dict[str, Any]:
    """Open a project in a window."""
    app, window = ready_window()
    before, start, spent, waits = peak(), time.perf_counter(), time.process_time(), 0.0
    began = time.thread_time()
    window.files.open(path)
    said, was_shown, took = "", False, 0.0
    settled = 0
    while settled < 30 and time.perf_counter() - start < GIVEN_UP:
        app.processEvents()
        now = time.thread_time()
        waits, began = max(waits, now - began), now
        bars = [bar.sentence for bar in window.messages.bars]
        was_shown |= any(sentence.startswith("Opening") for sentence in bars)
        going = any(task.is_running for task in window.files._jobs._tasks)
        settled = 0 if going else settled + 1
        said = " ".join(bars) if bars and not going else said
        if not took and (said or window.document.path is not None):
            took = time.process_time() - spent
        time.sleep(0.01)
    begun = time.thread_time()
    window.grab()
    paint = time.thread_time() - begun
    is_open = window.document.path is not None
    return {
        "seconds": took,
        "waits": waits,
        "paint": paint,
        "memory": peak() - before,
        "shown": was_shown,
        "said": said or ("opened" if is_open else "nothing"),
    }


def stopped(path: Path) -> float:
    """Seconds from a press of Stop, a second after it could be pressed, until nothing is done for the file any more."""
    app, window = ready_window()
    window.files.open(path)
    tasks, bars = window.files._jobs._tasks, list[Any]()

    def has_ended() -> bool:
        return window.document.path is not None or all(task.has_ended for task in tasks)

    while not bars:
        app.processEvents()
        if has_ended():
            return 0.0  # before there was anything to press
        bars = [bar for bar in window.messages.bars if bar.sentence.startswith("Opening")]
    for _ in range(100):
        app.processEvents()
        if has_ended():
            return 0.0
        time.sleep(0.01)
    bars[0].buttons["Stop"].click()
    pressed = time.perf_counter()
    while not has_ended():
        app.processEvents()
        time.sleep(0.01)
    return time.perf_counter() - pressed


def read(work: Callable[[], object]) -> dict[str, Any]:
    """Read something without a window."""
    before, start, said = peak(), time.process_time(), ""
    try:
        found = work()
        said = str(getattr(found, "trouble", "")) or "read"
    except Exception as error:
        said = str(error)
    seconds = time.process_time() - start
    return {"seconds": seconds, "waits": 0.0, "paint": 0.0, "memory": peak() - before, "shown": False, "said": said}


def weights(path: Path) -> dict[str, Any]:
    """Read a file of weights as every door does."""
    from cnnstudio.training.pretrained import state_dict_file

    return read(lambda: state_dict_file.read(path).fitting({"w": 3, "weight": 3}))


def run(path: Path) -> dict[str, Any]:
    """Read the folder of a run as the list of runs does, and as curves do."""
    from cnnstudio.training.runs.metrics_file import read_epochs, read_metrics
    from cnnstudio.training.runs.run_library import RunLibrary

    def work() -> object:
        library = RunLibrary()
        library.look([path.parent.parent])
        read_epochs(path.parent)
        return read_metrics(path.parent)

    return read(work)


CASES: dict[str, tuple[str, Callable[[Path], object], Callable[[Path], dict[str, Any]]]] = {
    **{
        name: ("net.cnn", lambda path, text=text: path.write_text(text(), encoding="utf-8"), opened)
        for name, text in hostile.PROJECTS.items()
    },
    **{f"weights: {name}": (f"w{suffix}", make, weights) for name, (suffix, make) in hostile.WEIGHTS.items()},
    **{f"run: {name}": (file, make, run) for name, (file, make) in hostile.RUNS.items()},
}


def one(name: str) -> None:
    """Make a file, open it, and print what was measured."""
    file, _, does = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "runs", "one", file)
        path.parent.mkdir(parents=True)
        subprocess.run([sys.executable, __file__, "--make", name, str(path)], check=True)
        found = does(path) | {"size": path.stat().st_size, "stops": None}
        if found["shown"] and not is_quick(found):
            done = subprocess.run(
                [sys.executable, __file__, "--stop", str(path)], check=True, capture_output=True, text=True
            )
            found["stops"] = float(done.stdout.splitlines()[-1])
        print(json.dumps(found), flush=True)


def is_quick(found: dict[str, Any]) -> bool:
    """Whether it was read or refused at once and with little memory."""
    return found["memory"] <= MOST and found["seconds"] <= LONGEST


def line(name: str, found: dict[str, Any]) -> str:
    """What was measured, as a line of the table."""
    is_kept = is_quick(found) or (found["stops"] is not None and found["stops"] <= LONGEST)
    is_kept = is_kept and found["waits"] <= LONGEST
    stops = "" if found["stops"] is None else f"{found['stops']:.2f} s"
    return (
        f"{name[:34]:34} {found['size'] / 2**20:6.1f} MB  {found['seconds']:6.2f} s  {found['waits']:6.2f} s"
        f"  {found['paint']:6.2f} s  {stops:>6}  {found['memory']:7.0f} MB  "
        f"{'' if is_kept else '! '}{found['said'][:110]}"
    )


def main(words: list[str]) -> None:
    """Print the table."""
    print(f"{'file':34} {'size':>9}  {'opened':>8}  {'waits':>8}  {'paint':>8}  {'stops':>6}  {'memory':>10}  it said")
    for name in CASES:
        if words and not any(word in name for word in words):
            continue
        done = subprocess.run(
            [sys.executable, __file__, "--one", name], capture_output=True, text=True, timeout=600, check=False
        )
        lines = done.stdout.splitlines()
        print(line(name, json.loads(lines[-1])) if lines else f"{name}: {done.stderr.strip()[-300:]}", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--make", name, path]:
            CASES[name][1](Path(path))
        case ["--one", name]:
            one(name)
        case ["--stop", path]:
            print(stopped(Path(path)), flush=True)
            os._exit(0)  # a window that nobody closed
        case words:
            main(words)
