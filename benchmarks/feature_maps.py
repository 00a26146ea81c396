"""The feature maps of ResNet-18 at 224 × 224, any layer: from the click to the picture, beside the bare forward pass.

Promises, once the network is built: the maps of any layer of another picture stand within 100 ms of the click where
the forward pass alone takes less than half of that, and those of any other layer of the same picture within 100 ms
whatever the pass takes, as it is not made again; 50 epochs go by at 30 frames a second; when the panel is closed its
memory comes back. A click and a bare pass are measured in turns, so that what else the computer does meets both;
``--busy`` computes on one thread and takes the processor's time in place of the clock's.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch
from PySide6.QtCore import QEventLoop
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.compiler.source import Place
from cnnstudio.insight.activations import entering
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.runs.session import Prepared
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.feature_maps import SETTLE_MILLISECONDS, FeatureMapsPanel
from cnnstudio.ui.run import Run
from cnnstudio.zoo.resnet import resnet

EPOCHS = 50


def resident() -> float:
    """Megabytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def until(is_true: Callable[[], bool]) -> None:
    """Let the window go on until something is so; it sleeps while nothing comes."""
    while not is_true():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def click(panel: FeatureMapsPanel, node: str, clock: Callable[[], float]) -> float:
    """Milliseconds from the selection of a node, after a rest, until its maps are painted."""
    QTest.qWait(SETTLE_MILLISECONDS + 20)
    began = clock()
    panel.document.select((node,))
    until(lambda: panel._shown is not None and panel._shown.place == Place(node))
    panel.repaint()
    return 1000 * (clock() - began)


def measure_clicks(panel: FeatureMapsPanel, prepared: Prepared, clock: Callable[[], float]) -> None:
    """Print what a click on each layer takes, with another picture and with the same, beside the bare pass."""
    module, data = prepared.module.eval(), prepared.data
    x = entering(module, data.validation_images[0].numpy(), data)
    bare: list[float] = []
    new: dict[str, float] = {}
    known: dict[str, float] = {}

    def once() -> None:
        began = clock()
        with torch.no_grad():
            module(x)
        bare.append(1000 * (clock() - began))

    once()
    bare.clear()
    for node in reversed([*prepared.project.graph]):
        once()
        panel._kept.forget()  # as it is after another picture was chosen
        new[node.name] = click(panel, node.name, clock)
    for node in reversed([*prepared.project.graph]):
        once()
        known[node.name] = click(panel, node.name, clock)
    passed = statistics.median(bare)
    print(f"ResNet-18 at 224: the bare forward pass takes {passed:.1f} ms")
    for words, taken in (("another picture", new), ("another layer of the same picture", known)):
        slowest, middle = max(taken, key=lambda name: taken[name]), statistics.median(taken.values())
        print(
            f"  from the click to the maps of {words}: {middle:.1f} ms in the middle of {len(taken)} layers, "
            f"{middle / passed:.2f} bare passes; {taken[slowest]:.1f} ms at most, of {slowest} (promised: 100)"
        )


def measure_epochs(panel: FeatureMapsPanel, prepared: Prepared, place: Place) -> float:
    """Print how fast the epochs go by; megabytes in memory with all of them."""
    with TemporaryDirectory() as folder:
        files = {}
        weights.save(Path(folder) / "1.safetensors", prepared.module, {"epoch": "1"})
        for epoch in range(1, EPOCHS + 1):
            files[epoch] = Path(folder) / "1.safetensors"  # the numbers are the same, the work is
        panel.epochs.offer(files, prepared, place, 0, EPOCHS)
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
    return during


def main() -> None:
    """Print the layers' times, the frames a second, and the memory before, during and after."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--busy", action="store_true")
    is_busy = parser.parse_args().busy
    clock = time.process_time if is_busy else time.perf_counter
    if is_busy:
        torch.set_num_threads(1)
    app = QApplication.instance() or QApplication([])
    project = Project(resnet(18, 10, (3, 224, 224)), Recipe(data="shapes"))
    document = Document(project)
    run = Run(document)
    panel = FeatureMapsPanel(document, run)
    panel.resize(1100, 640)
    panel.show()
    first = next(node.name for node in project.graph if not node.is_input)
    click(panel, first, clock)  # loads the images and builds the network
    assert run.looked_at is not None
    measure_clicks(panel, run.looked_at, clock)
    before = resident()
    during = measure_epochs(panel, run.looked_at, Place(first))
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
