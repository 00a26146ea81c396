"""The value of any node of a network, those without a module too: the source's steps, taken one by one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.source import Source


class TraceError(ValueError):
    """There is no such value in this network; the message is a sentence."""


def values(module: nn.Module, source: Source, nodes: frozenset[str], x: Tensor) -> Mapping[str, Tensor]:
    """What comes out of ``nodes`` for the images ``x`` (N, C, H, W); only what they depend on is computed.

    ``module`` is the built ``source``; it is evaluated, not trained: dropout is off, running means stay what they
    are, no random number is drawn, and the module is left as it was. A node that no step computes is the input; a
    bypassed one has the value that it passes on.
    """
    asked = {name: source.passed.get(name, name) for name in nodes}
    nodes = frozenset(asked.values())
    steps = {step.node: step for step in source.steps}
    inputs = {name for step in source.steps for name in step.inputs} - set(steps)
    if strange := nodes - set(steps) - inputs:
        raise TraceError(f"The trained network has no block called {min(strange)}.")
    needed, waiting = set[str](), list(nodes)
    while waiting:
        name = waiting.pop()
        if name in steps and name not in needed:
            waiting += steps[name].inputs
        needed.add(name)
    found = dict.fromkeys(inputs, x)
    names = {"self": module, "torch": torch, "nn": nn, "F": torch.nn.functional}
    with evaluated(module), torch.no_grad():
        for step in source.steps:
            if step.node in needed:
                # the expression was written by compiler.source from checked names and coerced values
                found[step.node] = eval(step.expression, names | {name: found[name] for name in step.inputs})
    return {name: found[home] for name, home in asked.items()}


def shown(value: Tensor) -> NDArray[np.float32]:
    """One image's value of a node as an array of its own: (C, H, W) or (F,), and tokens (N, D) as one map."""
    # a copy: the input is its own value, and a view of it would change under the one who looks
    array: NDArray[np.float32] = value.detach().float().cpu().contiguous().numpy().copy()
    return array[None] if array.ndim == 2 else array


@contextlib.contextmanager
def evaluated(module: nn.Module) -> Iterator[None]:
    """Put the module in ``eval`` mode for a while; each part of it gets back its own mode."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
