"""The window's event loop while SmallResNet trains on the CPU, and what the window costs the training.

Both sides run in fresh interpreters, in turns: the training loop alone, and the same loop in the real window with
its curves and feature maps shown. Promise: with the window at least 0.95 of the images a second; the gaps between
two turns of the event loop are reported (milliseconds: p50, p99, longest).
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

STEPS = 24
WARM = 6  # torch's first steps, its import and the first repaint, reported apart


def project() -> Any:
    """SmallResNet on the shapes, so many epochs that the run does not end by itself."""
    from cnnstudio.project import read
    from cnnstudio.resources import resource

    made = read(resource("examples", "small_resnet.cnn"))
    recipe = dataclasses.replace(made.recipe, epochs=100, batch_size=32, augment=False, device="cpu")
    return dataclasses.replace(made, recipe=recipe)


def alone() -> dict[str, Any]:
    """Images a second of the loop with no window."""
    from cnnstudio.folders import runs_folder
    from cnnstudio.training.events import Step
    from cnnstudio.training.runs.folder import Destination
    from cnnstudio.training.runs.session import begin
    from cnnstudio.worker import unheard

    times = []
    events = begin(project(), Destination(runs_folder()), unheard)
    for event in events:
        if isinstance(event, Step):
            times.append(time.perf_counter())
            if len(times) == STEPS:
                break
    events.close()
    return {"speed": 32 * (STEPS - WARM) / (times[-1] - times[WARM - 1])}


def window() -> dict[str, Any]:
    """Images a second in the window, and the gaps of its event loop."""
    from PySide6.QtCore import QTimer

    from cnnstudio.ui import app

    application = app.application()
    shown = app.open_window(None)
    shown.document.open(project(), None)
    gaps: list[float] = []
    steps: list[float] = []
    state = {"last": time.perf_counter()}

    def tick() -> None:
        now = time.perf_counter()
        if len(steps) >= WARM:
            gaps.append((now - state["last"]) * 1000)
        state["last"] = now

    def advanced() -> None:
        while len(steps) < len(shown.run.history.steps):
            steps.append(time.perf_counter())
        if len(steps) >= STEPS:
            application.quit()

    timer = QTimer(interval=4)
    timer.timeout.connect(tick)
    shown.run.advanced.connect(advanced)
    shown.document.select(("stem",))
    QTimer.singleShot(0, lambda: shown.run.start(shown.document.project))
    timer.start()
    application.exec()
    speed = 32 * (len(steps) - WARM) / (steps[-1] - steps[WARM - 1])
    shown.run.close()
    return {"speed": speed, "gaps": gaps}


def measured(side: str) -> dict[str, Any]:
    """What a fresh interpreter says of one side."""
    command = [sys.executable, str(Path(__file__)), side]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1]
    )
    return found


def main() -> None:
    """Print the gaps and the ratio of the speeds."""
    pairs = [(measured("alone"), measured("window")) for _ in range(3)]
    ratios = [shown["speed"] / bare["speed"] for bare, shown in pairs]
    gaps = sorted(gap for _, shown in pairs for gap in shown["gaps"])
    print("images a second, alone:    ", *(round(bare["speed"], 1) for bare, _ in pairs))
    print("images a second, in window:", *(round(shown["speed"], 1) for _, shown in pairs))
    print(f"ratio, median of {len(ratios)}: {statistics.median(ratios):.3f} (promised: at least 0.95)")
    quantile = lambda share: gaps[min(len(gaps) - 1, int(share * len(gaps)))]  # noqa: E731
    print(f"gaps of the event loop, ms: p50 {quantile(0.5):.1f}, p99 {quantile(0.99):.1f}, longest {gaps[-1]:.1f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"alone": alone, "window": window}[sys.argv[1]]()))
    else:
        main()
