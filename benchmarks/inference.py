"""Shapes by formula against torch's meta device over the same 500-node network, in one run.

Promise: inference is at least 100 times faster than the meta device.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable

import torch
from networks import residual_chain

from cnnstudio.compiler.inference import infer, node_facts
from cnnstudio.compiler.source import source
from cnnstudio.training.build import build


def milliseconds(work: Callable[[], object], before: Callable[[], object] = lambda: None, times: int = 15) -> float:
    """The median time of ``work`` in milliseconds; ``before`` is called before each and not counted."""
    taken = []
    for _ in range(times):
        before()
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Print the times and their ratios."""
    torch.set_num_threads(1)
    graph = residual_chain(500)
    with torch.device("meta"):
        module = build(source(graph).text).eval()
        images = torch.empty(1, 3, 32, 32)
    before = infer(graph)
    turn = iter(range(1_000_000))

    def edited(**values: object) -> object:
        """Another convolution half way; the analysis from before the edit is at hand, as it is in the window."""
        block = graph["conv70"].block
        return infer(graph.replace("conv70", dataclasses.replace(block, **values)), before)

    with torch.no_grad():
        meta = milliseconds(lambda: module(images))
    fresh = [dataclasses.replace(graph) for _ in range(15)]
    cold = milliseconds(lambda: infer(fresh.pop()), node_facts.cache_clear)
    small = milliseconds(lambda: edited(bias=next(turn) % 2 == 0))
    large = milliseconds(lambda: edited(stride=2 + next(turn) % 2))
    print(f"{len(graph)} nodes, milliseconds (median of 15)")
    print(f"torch meta device, forward alone   {meta:8.2f}")
    print(f"inference, nothing cached          {cold:8.2f}   {meta / cold:7.1f} times faster")
    print(f"after an edit that keeps the shape {small:8.2f}   {meta / small:7.1f} times faster")
    print(f"after one that breaks what follows {large:8.2f}   {meta / large:7.1f} times faster")


if __name__ == "__main__":
    main()
