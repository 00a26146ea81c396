"""What the pen waits for: from a move of it on the pad of the Try panel until the bars show the new probabilities.

Beside it stands the bare forward pass of the same network for one picture, on as many threads. Promise: at most 30 ms
for LeNet-5 and 150 ms for ResNet-18 at 224 × 224, on two cores, in half of all moves; the slowest twentieth is printed.
"""

from __future__ import annotations

import os
import statistics
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from cnnstudio import zoo
from cnnstudio.graph import Graph
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.device import prepare_thread
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.try_panel import TryPanel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.zoo.networks import NETWORKS

MOVES = 60


def pen_to_bars(panel: TryPanel) -> float:
    """The seconds from one move of the pen until the bars have changed."""
    before = panel.told
    began = time.perf_counter()
    panel.pad.draw_to(QPointF(0.2 + 0.6 * (time.monotonic() % 1), 0.2 + 0.6 * (7 * time.monotonic() % 1)))
    while panel.told is before or panel._is_busy:
        QApplication.processEvents()
    panel.parts.rows.repaint()
    return time.perf_counter() - began


def forward(panel: TryPanel) -> float:
    """The seconds of a bare forward pass of one picture."""
    prepared = panel.run.looked_at
    assert prepared is not None
    module, x = prepared.module.eval(), torch.rand(1, *prepared.data.shape)
    began = time.perf_counter()
    with torch.no_grad():
        module(x)
    return time.perf_counter() - began


def measure(title: str, graph: Graph, recipe: Recipe, promised: float) -> None:
    """Print the time of the pen as a ratio of the forward pass, and whether the promise holds."""
    document = Document(Project(graph, recipe))
    panel = TryPanel(document, Run(document))
    panel.resize(680, 180)
    panel.show()
    panel.pad.put_down(QPointF(0.5, 0.5))
    while panel.told is None or panel._is_busy:
        QApplication.processEvents()
    waits, bare = [], []
    for _ in range(MOVES):
        waits.append(pen_to_bars(panel))
        bare.append(forward(panel))
    half, most = statistics.median(waits), sorted(waits)[round(0.95 * MOVES) - 1]
    of = statistics.median(bare)
    holds = "holds" if half <= promised else "does NOT hold"
    print(
        f"{title:20} p50 {1000 * half:.1f} ms, p95 {1000 * most:.1f} ms; a forward pass {1000 * of:.1f} ms: "
        f"{half / of:.2f} and {most / of:.2f} times as long (promised: {1000 * promised:.0f} ms, which {holds})",
        flush=True,
    )
    panel.close_tasks()
    panel.close()


def main() -> None:
    """Print one line a network."""
    app = QApplication([])
    theme.install("light")
    prepare_thread()
    measure("LeNet-5", zoo.lenet5(), Recipe(data="digits", device="cpu"), 0.030)
    measure(
        "ResNet-18 at 224", NETWORKS["resnet18"].make(10, (3, 224, 224)), Recipe(data="digits", device="cpu"), 0.150
    )
    app.quit()


if __name__ == "__main__":
    main()
