"""The famous networks: shapes by formula against torch's meta device, and the opening on the canvas, in one run.

Promises: with nothing cached shapes and costs 50 times faster than the meta device, after an edit of the head 500,
and any of the networks on the canvas in under a second. The meta device is timed at its best, the forward pass of a
module that stands already, and in a column of its own what it takes to make that module: with nothing cached a program
that asks torch has to do both. It says which networks fall short: those of few operations do, where all of it is far
below what a person notices. Names on the command line measure those networks alone.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import torch
from inference import milliseconds

from cnnstudio.blocks import Conv2d, Linear
from cnnstudio.compiler.inference import infer, node_facts
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, composite
from cnnstudio.training.build import build
from cnnstudio.zoo import NETWORKS

OPENED = ("densenet201", "efficientnet_b7")
TIMES = 9


def fresh(graph: Graph) -> Graph:
    """The same network with nothing cached, neither in it nor beside it."""
    node_facts.cache_clear()
    composite.clear()
    return Graph.of(dataclasses.replace(node, block=dataclasses.replace(node.block)) for node in graph)


def edited(graph: Graph) -> tuple[float, float]:
    """Milliseconds of inference after an edit: of the head's classes, and of the width of the block half way.

    The numbers were never seen before. What is timed is inference alone, as of the meta device its run alone.
    """
    before, turn = infer(graph), iter(range(1, 1_000_000))
    head = [node.name for node in graph if isinstance(node.block, Linear | Conv2d)][-1]
    half = graph.order[len(graph) // 2]
    half = next(name for name in graph.order[graph.order.index(half) :] if _number(graph[name].block))

    def after(name: str) -> float:
        block, kept = graph[name].block, list[Graph]()
        key = _number(block)

        def edit() -> None:
            kept.append(graph.replace(name, dataclasses.replace(block, **{key: next(turn)})))

        return milliseconds(lambda: infer(kept.pop(), before), edit, times=TIMES)

    return after(head), after(half)


def _number(block: Block) -> str:
    """The name of the block's first parameter, where that counts channels."""
    key = next(iter(block.values), "")
    return key if key in ("out_channels", "out_features", "growth", "squeeze_channels") else ""


class Times(NamedTuple):
    """Milliseconds: the meta device making the module and running it; inference cold, and after two edits."""

    made: float
    run: float
    cold: float
    head: float
    half: float

    @property
    def shortfalls(self) -> tuple[bool, bool, bool]:
        """Whether it is short of 50 cold against the run alone, against making and running, and of 500 at an edit."""
        return self.run < 50 * self.cold, self.made + self.run < 50 * self.cold, self.run < 500 * self.head


def measured(key: str) -> Times:
    """The times of one network."""
    template = NETWORKS[key]
    graph = template.make(1000, template.size)
    with torch.device("meta"):
        module = build(source(graph).text).eval()
        images = torch.empty(1, *template.size)
        made = milliseconds(type(module), times=TIMES)
    kept: list[Graph] = []
    with torch.no_grad():
        run = milliseconds(lambda: module(images), times=TIMES)
    cold = milliseconds(lambda: infer(kept.pop()), lambda: kept.append(fresh(graph)), times=TIMES)
    return Times(made, run, cold, *edited(graph))


def openings() -> Iterator[tuple[str, float, float]]:
    """Key, and seconds until the canvas is painted: the first time, and with everything known."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from cnnstudio.ui.app import application
    from cnnstudio.ui.window import Window

    app = application()
    window = Window()
    window.show()
    app.processEvents()
    for key in OPENED:
        node_facts.cache_clear()
        composite.clear()
        taken = []
        for _ in range(2):
            window.document.undo_stack.setClean()
            start = time.perf_counter()
            window.files.new(key)
            app.processEvents()
            window.canvas.viewport().grab()
            taken.append(time.perf_counter() - start)
        yield key, taken[0], taken[1]
    window.document.undo_stack.setClean()
    window.close()


def main() -> None:
    """Print the times, their ratios and which networks do not keep the promises."""
    torch.set_num_threads(1)
    gc.freeze()  # so that no time goes into looking through torch's own objects for garbage
    print(f"milliseconds, median of {TIMES}; in brackets how many times faster than running on torch's meta device")
    print(f"{'':22}{'made':>9}{'run':>9}{'cold':>9}{'':9}{'head edited':>12}{'':10}{'middle edited':>13}")
    found: dict[str, Times] = {}
    for key in sys.argv[1:] or NETWORKS:
        found[key] = times = measured(key)
        ratios = "".join(f"{each:12.3f} {f'({times.run / each:,.0f})':8}" for each in times[2:])
        print(f"{key:22}{times.made:9.1f}{times.run:9.1f}{ratios}", flush=True)
    promises = ("50 cold against the run", "50 cold against making and running", "500 after an edit of the head")
    for number, promise in enumerate(promises):
        short = [key for key, times in found.items() if times.shortfalls[number]]
        print(f"short of {promise}: {len(short)} of {len(found)}: {', '.join(short) or 'none'}")
    for key, first, again in openings():
        print(f"{key} on the canvas: {first * 1000:.0f} ms, again {again * 1000:.0f} ms")


if __name__ == "__main__":
    main()
