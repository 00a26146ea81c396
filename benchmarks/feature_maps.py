"""The feature maps of ResNet-18 at 224 × 224, any layer: from the click to the picture, beside the bare forward pass.

Promise: once the network is built, the first picture stands within 100 ms of the click, where the forward pass alone
takes less than half of that; 50 epochs go by at 30 frames a second; when the panel is closed its memory comes back.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.compiler.source import Place
from cnnstudio.insight.activations import entering
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.feature_maps import FeatureMapsPanel
from cnnstudio.ui.run import Run
from cnnstudio.zoo.resnet import resnet

EPOCHS = 50


def resident() -> float:
    """Megabytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def until(is_true: Callable[[], bool]) -> None:
    """Let the window go on until something is so."""
    while not is_true():
        QTest.qWait(1)


def click(panel: FeatureMapsPanel, node: str) -> float:
    """Milliseconds from the selection of a node until its maps are painted."""
    panel._settle.setInterval(0)  # what a person waits for is from here on
    began = time.perf_counter()
    panel.document.select((node,))
    until(lambda: panel._shown is not None and panel._shown.place == Place(node))
    panel.repaint()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    """Print the layers' times, the frames a second, and the memory before, during and after."""
    app = QApplication.instance() or QApplication([])
    project = Project(resnet(18, 10, (3, 224, 224)), Recipe(data="shapes"))
    document = Document(project)
    run = Run(document)
    panel = FeatureMapsPanel(document, run)
    panel.resize(1100, 640)
    panel.show()
    first = next(node.name for node in project.graph if not node.is_input)
    click(panel, first)  # loads the images and builds the network
    assert run.looked_at is not None
    module, data = run.looked_at.module.eval(), run.looked_at.data
    x = entering(module, data.validation_images[0].numpy(), data)
    bare: list[float] = []
    with torch.no_grad():
        for _ in range(7):
            began = time.perf_counter()
            module(x)
            bare.append(1000 * (time.perf_counter() - began))
    taken = {node.name: click(panel, node.name) for node in reversed([*project.graph])}
    slowest = max(taken, key=lambda name: taken[name])
    print(f"ResNet-18 at 224: the bare forward pass takes {statistics.median(bare):.1f} ms")
    print(
        f"  from the click to the maps: {statistics.median(taken.values()):.1f} ms in the middle of {len(taken)} "
        f"layers, {taken[slowest]:.1f} ms at most, of {slowest} (promised: 100)"
    )
    before = resident()
    with TemporaryDirectory() as folder:
        files = {}
        weights.save(Path(folder) / "1.safetensors", module, {"epoch": "1"})
        for epoch in range(1, EPOCHS + 1):
            files[epoch] = Path(folder) / "1.safetensors"  # the numbers are the same, the work is
        panel.epochs.offer(files, run.looked_at, Place(first), 0, EPOCHS)
        began = time.perf_counter()
        panel.epochs.slider.setValue(0)
        until(lambda: len(panel.epochs._found) == EPOCHS)
        computed = time.perf_counter() - began
        during = resident()
        shown: list[FeatureMaps] = []
        panel.epochs.asked.connect(lambda found, _: shown.append(found))
        began = time.perf_counter()
        for epoch in range(EPOCHS):
            panel.epochs.slider.setValue(epoch)
            panel.repaint()
        frames = EPOCHS / (time.perf_counter() - began)
    print(f"  {EPOCHS} epochs: computed in {computed:.1f} s in the background, then {frames:.0f} frames a second")
    print("  (promised: 30)")
    shown.clear()
    panel.hide()
    panel.close_tasks()
    QTest.qWait(50)
    gc.collect()
    after = resident()
    print(f"  memory: {before:.0f} MB before, {during:.0f} MB with all epochs, {after:.0f} MB when the panel is hidden")
    run.close()
    app.quit()


if __name__ == "__main__":
    main()
