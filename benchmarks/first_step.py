"""From the Train button to the first step of LeNet-5 in the real window, each time in a fresh interpreter.

With the folder of another checkout, both are measured in turns. Promise: at most half of what it took on 2026-11-30.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PHASES = ("Prepared", "Started", "Step")


def measured() -> dict[str, list[float]]:
    """Seconds on the wall and of the processor until each phase; the warm-up has ended before."""
    from PySide6.QtCore import QTimer

    from cnnstudio.project import read
    from cnnstudio.resources import resource
    from cnnstudio.training.runs import session
    from cnnstudio.ui import app

    application = app.application()
    window = app.open_window(None)
    window.document.open(read(resource("examples", "lenet5.cnn")), None)
    found: dict[str, list[float]] = {}
    began = [0.0, 0.0]
    begin = session.begin

    def noted(*arguments: object, **named: object) -> object:
        for event in begin(*arguments, **named):  # type: ignore[arg-type]
            name = type(event).__name__
            if name not in found:
                found[name] = [time.perf_counter() - began[0], time.process_time() - began[1]]
            yield event

    import cnnstudio.ui.run as run_module

    run_module.begin = noted  # type: ignore[assignment]

    def start() -> None:
        began[:] = time.perf_counter(), time.process_time()
        window.run.start(window.document.project)

    def look() -> None:
        if "Step" in found:
            application.exit()

    warm_up = app.WarmUp()
    warm_up.finished.connect(lambda: QTimer.singleShot(500, start))
    QTimer.singleShot(200, warm_up.start)
    timer = QTimer(interval=10)
    timer.timeout.connect(look)
    timer.start()
    application.exec()
    window.run.close()
    return found


def of(checkout: Path) -> dict[str, list[float]]:
    """What a fresh interpreter says of a checkout."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, str(Path(__file__).resolve()), "--inside"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment, cwd=checkout)
    found: dict[str, list[float]] = json.loads(said.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print the median times of this checkout, and of another one where its folder is given."""
    checkouts = [HERE, *map(Path, sys.argv[1:])]
    for checkout in checkouts:
        of(checkout)  # warms the disk's cache
    turns = [[of(checkout) for checkout in checkouts] for _ in range(5)]
    for number, checkout in enumerate(checkouts):
        for phase in PHASES:
            wall, processor = (
                statistics.median(turn[number][phase][which] for turn in turns) * 1000 for which in range(2)
            )
            print(f"{checkout.name:10} {phase:8} {wall:7.0f} ms, of the processor {processor:7.0f} ms")


if __name__ == "__main__":
    if sys.argv[1:] == ["--inside"]:
        print(json.dumps(measured()))
    else:
        main()
