"""Cut: a network that is computed up to one node, and on from there as often as is asked, with other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import Source
from cnnstudio.insight.activations import TraceError
from cnnstudio.training.device import of_any_batch
from cnnstudio.training.node_values import node_values, stepped


@dataclass(frozen=True, eq=False)
class Cut:
    """A network that is cut behind ``node``: the ``value`` there for the images ``x`` (N, C, H, W), and the way on.

    Neither the module nor a value is changed: what comes after the node reads another value in its place.
    """

    module: nn.Module
    source: Source
    node: str
    x: Tensor
    known: Mapping[str, Tensor]  # the value, and what else is read behind the node that does not depend on it

    @property
    def value(self) -> Tensor:
        """What the node gives for the images."""
        return self.known[self.node]

    def onward(self, value: Tensor) -> Tensor:
        """What the network ends in (M, K) where its node gives ``value`` instead, of M images.

        What stands beside it is of the same images, or of the only one, or of all of them in turn where M is a
        multiple of N. Gradients flow from it to ``value`` where they are asked for.
        """
        after, last = _behind(self.source, self.node), self.source.steps[-1].node
        if last == self.node:
            return value.flatten(1)

        def ending(value: Tensor) -> Tensor:
            times = len(value) // len(self.x)
            beside = {name: _times(each, times) for name, each in self.known.items()} | {self.node: value}
            return dict(stepped(self.module, self.source.steps, beside, after))[last]

        return of_any_batch(ending, value).flatten(1)


def cut(module: nn.Module, source: Source, node: str, x: Tensor) -> Cut:
    """Compute the network, which is in ``eval`` mode, up to ``node`` for the images ``x``, without gradients.

    What stands beside the way from the node to the end is computed, too. A bypassed node is the one that it passes on.
    Raises ``TraceError`` where the source has no such node.
    """
    node = source.passed.get(node, node)
    made = {step.node for step in source.steps}
    inputs = {name for step in source.steps for name in step.inputs} - made
    if node not in made | inputs:
        raise TraceError(f"The trained network has no block called {node}.")
    after = _behind(source, node)
    kept = {name for step in source.steps if step.node in after for name in step.inputs} - after | {node}
    before = _leading_to(source, kept)
    known = dict.fromkeys(kept & inputs, x)
    with torch.no_grad():

        def found(x: Tensor) -> dict[str, Tensor]:
            return {name: value for name, value in node_values(module, source, x, before) if name in kept}

        try:
            known |= found(x)
        except ValueError:  # a normalisation that is given one number of each channel refuses a single image
            if len(x) != 1:
                raise
            known |= {name: value[:1] for name, value in found(x.repeat(2, 1, 1, 1)).items()}
    return Cut(module, source, node, x, known)


def scores(module: nn.Module, source: Source, x: Tensor) -> Tensor:
    """What the network, which is in ``eval`` mode, ends in for the images ``x`` (N, C, H, W): (N, K)."""
    last = source.steps[-1].node
    return of_any_batch(lambda x: dict(node_values(module, source, x))[last], x).flatten(1)


def value_at(module: nn.Module, source: Source, node: str, x: Tensor) -> Tensor:
    """What ``node`` gives for the images ``x`` (N, C, H, W), with gradients; the module computes in its own mode.

    A bypassed node is the one that it passes on; the input's value are the images.
    """
    node = source.passed.get(node, node)
    if not any(step.node == node for step in source.steps):
        return x
    needed = _leading_to(source, (node,))
    return of_any_batch(lambda x: dict(node_values(module, source, x, needed))[node], x)


def _times(value: Tensor, times: int) -> Tensor:
    return value if times == 1 else value.repeat(times, *[1] * (value.ndim - 1))


def _leading_to(source: Source, nodes: Iterable[str]) -> set[str]:
    """These nodes and all that they depend on, inputs too."""
    steps = {step.node: step for step in source.steps}
    found, waiting = set[str](), list(nodes)
    while waiting:
        name = waiting.pop()
        if name in steps and name not in found:
            waiting += steps[name].inputs
        found.add(name)
    return found


def _behind(source: Source, node: str) -> set[str]:
    """All nodes that depend on this one, without itself."""
    found = {node}
    for step in source.steps:  # in the order in which they are computed
        if not found.isdisjoint(step.inputs):
            found.add(step.node)
    return found - {node}
