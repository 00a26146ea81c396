"""What looking at the layers costs a training: the same run with the probe and without it, step by step in turns.

Promise: with the probe at least 0.98 of the steps a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from cnnstudio import zoo
from cnnstudio.graph import Graph
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.events import Step
from cnnstudio.training.layer_probe import LayerProbe
from cnnstudio.training.layer_statistics import LayerStatistics
from cnnstudio.training.loop import train
from cnnstudio.training.runs.session import prepare
from cnnstudio.worker import unheard


def steps(graph: Graph, data: str, batch_size: int, looks: list[LayerStatistics] | None) -> Iterator[float]:
    """The seconds of one step after the other, looks after it included; ``looks`` collects what was seen."""
    recipe = Recipe(data=data, batch_size=batch_size, epochs=1_000, device="cpu")
    prepared = prepare(Project(graph, recipe), unheard)
    probes = [] if looks is None else [LayerProbe()]
    began = time.perf_counter()
    for event in train(prepared.module, prepared.data, recipe, probes=probes, source=prepared.source):
        if isinstance(event, LayerStatistics) and looks is not None:
            looks.append(event)
        if isinstance(event, Step):
            yield time.perf_counter() - began
            began = time.perf_counter()


def compare(title: str, graph: Graph, data: str, batch_size: int, seconds: float) -> None:
    """Print the two sums and their ratio."""
    looks: list[LayerStatistics] = []
    sides = steps(graph, data, batch_size, looks), steps(graph, data, batch_size, None)
    for side in sides * 5:
        next(side)
    taken, end = [0.0, 0.0], time.perf_counter() + seconds
    count = 0
    while time.perf_counter() < end:
        for which in (count % 2, 1 - count % 2):
            began = time.perf_counter()
            next(sides[which])
            taken[which] += time.perf_counter() - began
        count += 1
    print(
        f"{title:12} {count:,} steps, {len(looks)} looks: {taken[0] / count * 1000:.2f} ms a step with the probe, "
        f"{taken[1] / count * 1000:.2f} without, ratio of the speeds {taken[1] / taken[0]:.3f} (promised: 0.98)"
    )


def main() -> None:
    """Print one line a network."""
    compare("LeNet-5", zoo.lenet5(), "digits", 64, 40)
    compare("SmallResNet", zoo.small_resnet(), "shapes", 16, 60)


if __name__ == "__main__":
    main()
