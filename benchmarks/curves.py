"""Repainting the curve of a million logged steps, each time with a few new ones, against one of ten thousand.

Promise: a repaint of a million steps takes at most 16.7 ms.
"""

from __future__ import annotations

import os
import statistics
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.plot import Plot

EPOCH = 1_000  # steps
NEW = 30  # steps between two repaints
TURNS = 40


def milliseconds(count: int) -> float:
    """The median time of taking up new steps and painting both axes and curves."""
    random = np.random.default_rng(0)
    steps = np.arange(1.0, count + 1 + TURNS * NEW)
    losses = 2.3 * np.exp(-steps / count * 3) + random.normal(scale=0.1, size=len(steps))
    plot = Plot("Loss", "loss")
    plot.resize(640, 260)
    canvas = QPixmap(plot.size())
    plot.draw_steps(steps[:count], losses[:count], EPOCH)
    plot.set_range(count // EPOCH)
    plot.render(canvas)
    taken = []
    for turn in range(1, TURNS + 1):
        now = count + turn * NEW
        start = time.perf_counter()
        plot.draw_steps(steps[:now], losses[:now], EPOCH)
        plot.set_range(count // EPOCH)
        plot.render(canvas)
        taken.append((time.perf_counter() - start) * 1_000)
        QCoreApplication.processEvents()
    return statistics.median(taken)


def main() -> None:
    """Print the two times and their ratio."""
    application = QApplication([])
    theme.install("light")
    few, many = milliseconds(10_000), milliseconds(1_000_000)
    print(f"a repaint of    10,000 steps: {few:6.2f} ms")
    print(f"a repaint of 1,000,000 steps: {many:6.2f} ms (promised: at most 16.7), ratio {many / few:.2f}")
    application.quit()


if __name__ == "__main__":
    main()
