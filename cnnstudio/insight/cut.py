"""Cut: a network that is computed up to one place, and on from there as often as is asked, with other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import Inside, Place, Source, Statement, Way, way_to
from cnnstudio.insight.activations import TraceError, along, network
from cnnstudio.insight.subject import Subject
from cnnstudio.training.device import of_any_batch
from cnnstudio.training.node_values import node_values, stepped


@dataclass(frozen=True, eq=False)
class _Rest:
    """What a composite, or the network, computes behind one of its nodes: ``known`` is what it reads beside it.

    That is of so many ``images``.
    """

    module: nn.Module
    steps: tuple[Statement, ...]
    node: str
    end: str
    known: Mapping[str, Tensor]
    images: int

    def of(self, value: Tensor) -> Tensor:
        """What it ends in where the node gives ``value``."""
        if self.end == self.node:
            return value
        beside = {name: _times(each, len(value) // self.images) for name, each in self.known.items()}
        return dict(stepped(self.module, self.steps, beside | {self.node: value}))[self.end]


@dataclass(frozen=True, eq=False)
class Cut:
    """A network that is cut behind a node, also one inside composites: the ``value`` there for some images, and on.

    Neither the module nor a value is changed: what comes after the node reads another value in its place.
    """

    value: Tensor
    rests: tuple[_Rest, ...]  # of the innermost composite first, of the network last

    def onward(self, value: Tensor) -> Tensor:
        """What the network ends in (M, K) where its node gives ``value`` instead, of M images.

        What stands beside it is of the same images, or of the only one, or of all of them in turn where M is a
        multiple of N. Gradients flow from it to ``value`` where they are asked for.
        """

        def ending(value: Tensor) -> Tensor:
            for rest in self.rests:
                value = rest.of(value)
            return value

        return of_any_batch(ending, value).flatten(1)


def cut(module: nn.Module, source: Source, node: str | Way, x: Tensor) -> Cut:
    """Compute the network, which is in ``eval`` mode, up to ``node`` for images ``x`` (N, C, H, W), without gradients.

    What stands beside the way from the node to the end is computed, too. A bypassed node is the one that it passes on;
    a ``Way`` leads to one inside a composite. Raises ``TraceError`` where the source has no such node.
    """
    way = way_of(source, node)
    with torch.no_grad():
        try:
            return _cut(module, source, way, x)
        except ValueError as error:  # a normalisation that is given one number of each channel refuses a single image
            if len(x) != 1 or isinstance(error, TraceError):
                raise
            twice = _cut(module, source, way, x.repeat(2, 1, 1, 1))
    rests = tuple(
        replace(rest, known={name: value[:1] for name, value in rest.known.items()}, images=1) for rest in twice.rests
    )
    return Cut(twice.value[:1], rests)


def way_of(source: Source, node: str | Way) -> Way:
    """The way to a node that is named; a bypassed one is the one that it passes on."""
    return node if isinstance(node, Way) else Way(source.passed.get(node, node))


def found_way(subject: Subject, node: str | Place) -> Way:
    """The way to a node of the network, or to a place inside a composite. Raises ``WayError`` for one that is gone."""
    if isinstance(node, str):
        return way_of(subject.source, node)
    return way_to(subject.project.graph, subject.source, node)


def scores(module: nn.Module, source: Source, x: Tensor) -> Tensor:
    """What the network, which is in ``eval`` mode, ends in for the images ``x`` (N, C, H, W): (N, K)."""
    last = source.steps[-1].node
    return of_any_batch(lambda x: dict(node_values(module, source, x))[last], x).flatten(1)


def value_at(module: nn.Module, source: Source, node: str | Way, x: Tensor) -> Tensor:
    """What ``node`` gives for the images ``x`` (N, C, H, W), with gradients; the module computes in its own mode.

    A bypassed node is the one that it passes on; the input's value are the images.
    """
    way = way_of(source, node)
    return of_any_batch(lambda x: along(module, source, (way,), x)[way], x)


def _cut(module: nn.Module, source: Source, way: Way, x: Tensor) -> Cut:
    """The cut, from the whole network inwards."""
    level, part = network(source), module
    entering, rests = [x] * len(level.inputs), list[_Rest]()
    for inner in way.insides:
        rest, read = _computed(part, level, inner.around, inner.reads, entering)
        rests.insert(0, rest)
        level, part, entering = inner, module.get_submodule(inner.path), read
    rest, (value,) = _computed(part, level, way.node, (way.node,), entering)
    return Cut(value, (rest, *rests))


def _computed(
    part: nn.Module, level: Inside, node: str, reads: tuple[str, ...], entering: list[Tensor]
) -> tuple[_Rest, list[Tensor]]:
    """What is left of a level behind a node, and the values of ``reads``; ``part`` is the module of the level."""
    made = {step.node for step in level.steps}
    if node not in made | set(level.inputs):
        raise TraceError(f"The trained network has no block called {node}.")
    after = _behind(level.steps, node)
    beside = {name for step in level.steps if step.node in after for name in step.inputs} - after - {node}
    found = dict(zip(level.inputs, entering, strict=True))
    wanted = beside | set(reads)
    values = {name: value for name, value in found.items() if name in wanted}
    needed = _leading_to(level.steps, wanted)
    values |= {name: value for name, value in stepped(part, level.steps, found, needed) if name in wanted}
    steps = tuple(step for step in level.steps if step.node in after)
    rest = _Rest(part, steps, node, level.end, {name: values[name] for name in beside}, len(entering[0]))
    return rest, [values[name] for name in reads]


def _times(value: Tensor, times: int) -> Tensor:
    return value if times == 1 else value.repeat(times, *[1] * (value.ndim - 1))


def _leading_to(steps: Iterable[Statement], nodes: Iterable[str]) -> set[str]:
    """These nodes and all that they depend on, inputs too."""
    by_name = {step.node: step for step in steps}
    found, waiting = set[str](), list(nodes)
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in found:
            waiting += by_name[name].inputs
        found.add(name)
    return found


def _behind(steps: Iterable[Statement], node: str) -> set[str]:
    """All nodes that depend on this one, without itself."""
    found = {node}
    for step in steps:  # in the order in which they are computed
        if not found.isdisjoint(step.inputs):
            found.add(step.node)
    return found - {node}
