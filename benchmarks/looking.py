"""What each panel that looks into the network costs a training: images a second with it open and without, in turns.

Promise: with any one of them at least 0.98 of the images a second. It is one run of LeNet-5 whose panel is opened and
closed again and again; the ratio is the middle one of those of all turns. ``nothing`` is opened and closed alike, and
says how far chance alone goes. A second is one of the processor's in the thread that trains, which also does what it
is asked between two steps: a busy computer does not change it. Have torch compute on that thread alone, by
``OMP_NUM_THREADS=1``. What the window itself does meanwhile is not in it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from torch import Tensor, nn

from cnnstudio import zoo
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.ablation import AblationPanel
from cnnstudio.ui.insight.arithmetic import ArithmeticPanel
from cnnstudio.ui.insight.feature_maps import FeatureMapsPanel
from cnnstudio.ui.insight.thumbnails import NodeThumbnails
from cnnstudio.ui.insight.try_panel import TryPanel
from cnnstudio.ui.insight.weights_panel import WeightsPanel
from cnnstudio.ui.insight.why import WhyPanel
from cnnstudio.ui.run import Run

BATCH = 64
LEAD = 300  # milliseconds after it was opened or closed that are not counted: to build a panel is no training
PANELS: dict[str, Callable[[Document, Run], QWidget]] = {
    "nothing": lambda document, run: QWidget(),
    "Feature maps": FeatureMapsPanel,
    "Try": TryPanel,
    "Why": WhyPanel,
    "Switch off": AblationPanel,
    "Arithmetic": ArithmeticPanel,
    "Weights": WeightsPanel,
}


class Steps:
    """Counts the images that a network is trained with; those that it is shown to be looked into do not count."""

    def __init__(self, module: nn.Module) -> None:
        self.images, self.seconds = 0, 0.0  # until the last step, of the thread that trains
        module.register_forward_hook(self._count)

    def _count(self, module: nn.Module, given: tuple[Tensor, ...], _: object) -> None:
        if module.training:
            self.images, self.seconds = self.images + len(given[0]), time.thread_time()

    def speed(self, count: int) -> float:
        """Images a second, for so many steps."""
        QTest.qWait(LEAD)
        first, began = self.images, self.seconds
        while self.images < first + count * BATCH:
            QTest.qWait(20)
        return (self.images - first) / (self.seconds - began)


def main() -> None:
    """Print one line a panel."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    project = Project(zoo.lenet5(), Recipe(data="digits", batch_size=BATCH, epochs=10_000, device="cpu"))
    document = Document(project)
    run = Run(document)
    run.start(project)
    while run.history.last is None:
        QTest.qWait(20)
    document.select(("conv1",))
    assert run.trained is not None
    steps = Steps(run.trained.module)
    thumbnails = NodeThumbnails(document, run, document)
    for name in (*PANELS, "Maps on the blocks"):
        panel = PANELS[name](document, run) if name in PANELS else None
        if panel is not None:
            panel.resize(900, 240)

        def turn(is_open: bool, panel: QWidget | None = panel) -> float:
            if panel is None:
                thumbnails.want(is_open)
            else:
                panel.setVisible(is_open)
            return steps.speed(given.steps)

        turn(True)
        ratios = []
        for number in range(given.turns):
            order = (True, False) if number % 2 else (False, True)
            found = {is_open: turn(is_open) for is_open in order}
            ratios.append(found[True] / found[False])
        middle = statistics.median(ratios)
        print(
            f"{name:20} {middle:.3f} of the images a second, from {min(ratios):.3f} to {max(ratios):.3f} "
            f"in {given.turns} turns (promised: 0.98)",
            flush=True,
        )
        turn(False)
        if (close := getattr(panel, "close_tasks", None)) is not None:
            close()
    thumbnails.close()
    run.close()
    app.quit()


if __name__ == "__main__":
    main()
