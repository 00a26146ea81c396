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

from cnnstudio.blocks import Conv2d
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
    edits = iter(range(10, 1_000_000))

    def edited() -> object:
        first = next(node for node in graph if isinstance(node.block, Conv2d))
        other = graph.replace("conv30", dataclasses.replace(first.block, out_channels=32, padding=1 + next(edits) % 2))
        return infer(other)

    with torch.no_grad():
        meta = milliseconds(lambda: module(images))
    fresh = [dataclasses.replace(graph) for _ in range(15)]
    cold = milliseconds(lambda: infer(fresh.pop()), node_facts.cache_clear)
    edit = milliseconds(edited)
    print(f"{len(graph)} nodes, milliseconds (median of 15)")
    print(f"torch meta device, forward alone   {meta:8.2f}")
    print(f"inference, nothing cached          {cold:8.2f}   {meta / cold:7.1f} times faster")
    print(f"inference after one edit           {edit:8.2f}   {meta / edit:7.1f} times faster")


if __name__ == "__main__":
    main()
