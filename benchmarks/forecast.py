"""The forecast of a run against the run itself: its time and its memory, each as a ratio.

Each side runs in an interpreter of its own, one after the other. Promise: both within 25 % of the real one.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CASES = {"LeNet-5": ("lenet5", "digits", 64, 10), "SmallResNet": ("small_resnet", "shapes", 64, 1)}
IMAGES = 960  # of SmallResNet, to train with: a minute


def project(case: str) -> Any:
    """The network with its recipe."""
    from cnnstudio import zoo
    from cnnstudio.project import Project
    from cnnstudio.project.recipe import Recipe

    name, data, batch, epochs = CASES[case]
    return Project(getattr(zoo, name)(), Recipe(data=data, batch_size=batch, epochs=epochs, device="cpu"))


def images(made: Any) -> Any:
    """The images of both sides."""
    from cnnstudio.training.data.loading import load
    from cnnstudio.training.rehearsal import shortened
    from cnnstudio.training.runs.session import image_size

    size = image_size(made.graph)
    if size is None:
        raise SystemExit("the network takes no images")
    whole = load(made.recipe, size)
    return whole if len(whole.train_labels) <= 2 * IMAGES else shortened(whole, IMAGES, IMAGES // 4)


def foretold(case: str) -> dict[str, float]:
    """What the forecast and the formula say, and how long that took."""
    from cnnstudio.compiler.inference import infer
    from cnnstudio.training.costs import costs
    from cnnstudio.training.forecast import forecast
    from cnnstudio.worker import unheard

    made = project(case)
    data = images(made)
    began = time.perf_counter()
    found = costs(infer(made.graph), made.recipe)
    formula = time.perf_counter() - began
    if found is None:
        raise SystemExit("the network has no costs")
    held = (len(data.train_labels) + len(data.validation_labels)) * data.shape.numel
    memory = dataclasses.replace(found, data=held).memory(made.recipe.batch_size)
    began = time.perf_counter()
    told = forecast(made, data, unheard)
    taken = time.perf_counter() - began
    return {"seconds": told.seconds, "bytes": memory, "formula": formula, "taken": taken}


def real(case: str) -> dict[str, float]:
    """How long the run takes and how much more memory the process holds at most. Linux alone tells that.

    PyTorch is warm before, as in the window, where it has been since soon after the start.
    """
    from cnnstudio.training.events import Finished, Started
    from cnnstudio.training.loop import train
    from cnnstudio.training.runs.session import prepare
    from cnnstudio.training.warming import warm_up
    from cnnstudio.worker import unheard

    warm_up()
    made, before = project(case), _status("VmRSS")
    data = images(made)
    prepared = prepare(made, unheard, data)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): the peak begins anew
    began = time.perf_counter()
    for event in train(prepared.module, data, made.recipe, source=prepared.source):
        if isinstance(event, Started):
            began = time.perf_counter()
        elif isinstance(event, Finished):
            break
    return {"seconds": time.perf_counter() - began, "bytes": _status("VmHWM") - before}


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def measured(side: str, case: str) -> dict[str, float]:
    """What a fresh interpreter says of one side."""
    command = [sys.executable, str(Path(__file__)), side, case]
    found: dict[str, float] = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1]
    )
    return found


def main() -> None:
    """Print a line a network."""
    for case in CASES:
        told, came = measured("foretold", case), measured("real", case)
        print(
            f"{case:12} time {told['seconds']:6.1f} s foretold, {came['seconds']:6.1f} s real, ratio "
            f"{told['seconds'] / came['seconds']:.2f}   memory {told['bytes'] / 1e6:5.0f} MB foretold, "
            f"{came['bytes'] / 1e6:5.0f} MB real, ratio {told['bytes'] / came['bytes']:.2f}   "
            f"(formula {told['formula'] * 1000:.0f} ms, steps {told['taken']:.1f} s)"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"foretold": foretold, "real": real}[sys.argv[1]](sys.argv[2])))
    else:
        main()
