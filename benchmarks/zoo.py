"""The famous networks: shapes by formula against torch's meta device, and the opening on the canvas, in one run.

Promises: with nothing cached the shapes, parameters and MACs of every node 50 times faster than the meta device tells
them, after an edit of the head 500, and any of the networks on the canvas in under a second.

A forward pass on the meta device says the shape at the very end and nothing else. To answer what inference answers,
every module has to note the shape that leaves it, ``FlopCounterMode`` has to count and the parameters have to be
summed: that is the run that answers, and with nothing cached a program that asks torch has to make the module before
it. The bare forward pass stands in a column of its own. It says which networks fall short of what. Names on the command
line measure those networks alone.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from inference import milliseconds
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.blocks import Conv2d, Linear, convolution, pooling
from cnnstudio.compiler.inference import infer, node_facts
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, composite
from cnnstudio.training.build import build
from cnnstudio.zoo import NETWORKS

OPENED = ("densenet201", "efficientnet_b7")
TIMES = 9


def fresh(graph: Graph) -> Graph:
    """The same network with nothing cached, neither in it nor beside it."""
    for cache in (node_facts, convolution._window, pooling._pool_window):
        cache.cache_clear()
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
    """Milliseconds: the meta device making the module, its bare run, the run that answers; inference and two edits."""

    made: float
    run: float
    answers: float
    cold: float
    head: float
    half: float

    @property
    def ratios(self) -> dict[str, float]:
        """What is compared -> how many times faster it is."""
        return {
            "cold": (self.made + self.answers) / self.cold,
            "edited": self.answers / self.head,
            "cold, bare": self.run / self.cold,
            "edited, bare": self.run / self.head,
            "half way": self.answers / self.half,
        }


PROMISED = {"cold": 50, "edited": 500}
COMPARED = {"cold, bare": 50, "edited, bare": 500}  # harder than what is promised


def answered(module: nn.Module, images: torch.Tensor) -> tuple[dict[str, torch.Size], int, int]:
    """What the meta device says of a network: the shape that leaves each module, parameters and MACs."""
    shapes: dict[str, torch.Size] = {}

    def noting(name: str) -> Callable[[nn.Module, object, Any], None]:
        # attention gives a pair
        return lambda _, __, out: shapes.update({name: (out[0] if isinstance(out, tuple) else out).shape})

    hooks = [each.register_forward_hook(noting(name)) for name, each in module.named_modules()]
    with FlopCounterMode(display=False) as counter:
        module(images)
    for hook in hooks:
        hook.remove()
    return shapes, sum(each.numel() for each in module.parameters()), counter.get_total_flops() // 2


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
        answers = milliseconds(lambda: answered(module, images), times=TIMES)
    cold = milliseconds(lambda: infer(kept.pop()), lambda: kept.append(fresh(graph)), times=TIMES)
    return Times(made, run, answers, cold, *edited(graph))


def openings() -> Iterator[tuple[str, float, float]]:
    """Key, and seconds until the canvas is painted: the first time, and with everything known."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from cnnstudio.ui.app import application
    from cnnstudio.ui.main_window import MainWindow

    app = application()
    window = MainWindow()
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
    gc.disable()  # as in the program, which collects from a timer (ui/garbage.py); for both
    found: dict[str, Times] = {}
    for key in sys.argv[1:] or NETWORKS:
        gc.collect()
        found[key] = times = measured(key)
        if len(found) == 1:
            print(f"milliseconds, median of {TIMES}; then how many times faster inference is")
            print(f"{'':20}" + "".join(f"{name:>9}" for name in Times._fields) + "   " + "   ".join(times.ratios))
        ratios = "".join(f"{ratio:{len(name) + 3},.0f}" for name, ratio in times.ratios.items())
        print(f"{key:20}" + "".join(f"{each:9.3f}" for each in times) + ratios, flush=True)
    print()
    for what, least in (PROMISED | COMPARED).items():
        short = [f"{key} {times.ratios[what]:.0f}" for key, times in found.items() if times.ratios[what] < least]
        word = "promised" if what in PROMISED else "for comparison"
        kept = f"{len(found) - len(short)} of {len(found)} networks"
        print(f"{what}, {least} times ({word}): {kept}; short: {', '.join(short) or 'none'}")
    for key, first, again in openings():
        print(f"{key} on the canvas: {first * 1000:.0f} ms, again {again * 1000:.0f} ms")


if __name__ == "__main__":
    main()
