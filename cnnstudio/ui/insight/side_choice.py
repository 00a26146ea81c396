"""Side choice: which weights are looked at beside those of this network: an epoch of its run, or another run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path

from PySide6.QtWidgets import QMenu

from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.foreign_text import unmarked

MOST_RUNS = 15
MOST_EPOCHS = 20


@dataclass(frozen=True)
class Side:
    """What is compared: the best weights of the run in ``folder``, or its ``epoch``'s; without one, this network."""

    name: str
    folder: Path | None = None
    epoch: int | None = None


HERE = Side("this network")


def offer_sides(menu: QMenu, run: Run, chosen: Side | None, take: Callable[[Side], object], has_here: bool) -> None:
    """List what can be looked at: this network where ``has_here``, epochs of its run, other runs with weights."""
    menu.clear()

    def offer(inner: QMenu, side: Side, words: str) -> None:
        action = inner.addAction(unmarked(words))
        action.setCheckable(True)
        action.setChecked(side == chosen)
        action.triggered.connect(partial(_take, take, side))

    here = run.folder
    if has_here:
        offer(menu, HERE, "This network")
    epochs = list(kept_epochs(here)) if here is not None else []
    if here is not None and epochs:
        inner = menu.addMenu("An epoch of this run")
        apart = ceil(len(epochs) / MOST_EPOCHS)
        for epoch in reversed(epochs[::-apart]):
            offer(inner, Side(f"epoch {epoch}", here.path, epoch), f"Epoch {epoch}")
    menu.addSeparator()
    kept = [each for each in run.kept.runs if here is None or each.folder != here.path]
    kept = [each for each in kept if any(name.endswith(".safetensors") for name in each.files)][:MOST_RUNS]
    for each in kept:
        accuracy = each.record.best.accuracy if each.record.best is not None else None
        best = f" · {accuracy:.1%}" if accuracy is not None else ""
        offer(menu, Side(each.title, each.folder), f"{each.title} · {each.folder.name}{best}")
    if not kept:
        menu.addAction("There are no other runs with weights").setEnabled(False)


def _take(take: Callable[[Side], object], side: Side, *_: object) -> None:
    take(side)
