"""Recognition: the steps of a traced module as blocks, one by one; what has no block becomes an ``Opaque``.

A value may stand in our graph in another layout than in the original's: ConvNeXt and Swin move the channels to the end
and back, MaxViT cuts the map into windows and joins them again. Layer norms and linear layers in between are
LayerNorm2d and 1×1 convolutions of the map itself, so the moves need no block. A value whose batch is not in front, or
that has more axes than a map, is loose: what works on single numbers takes it as it is, all else is a line of PyTorch.
Every shape is compared with what was seen in tracing; where one differs, the step was not understood and is opaque.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor, fx

from cnnstudio.blocks import Input, Permute
from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.exchange.importing.recording import BRANCHES, rate
from cnnstudio.exchange.importing.shared_tensors import shared_tensors, tensors_of
from cnnstudio.exchange.importing.tracing import Trace
from cnnstudio.graph import Block, ParameterError, Shape, ShapeError

Layout = Literal["first", "last", "windows", "grid", "loose"]
Scope = tuple[str, str]
"""A module that a step stands in: its path, which tells one call from another, and its class."""


@dataclass(frozen=True)
class Weight:
    """A tensor of the ``state_dict``: its name below our node, its name in the original, and how it is to be turned.

    ``turn`` is "deal0" or "deal1" where the channels along that axis come four to a pixel, as Swin merges patches.
    """

    name: str
    original: str
    turn: str = ""


@dataclass(frozen=True)
class Part:
    """A node to be: its block, the parts that it reads, and where it stood in the original (``net.py:12``)."""

    block: Block
    inputs: tuple[int, ...]
    shape: Shape
    scope: tuple[Scope, ...] = ()
    name: str = ""
    weights: tuple[Weight, ...] = ()
    line: str = ""


@dataclass(frozen=True)
class Value:
    """What a step gives: the output of a part, perhaps in another layout; ``side`` is that of a window.

    ``sizes`` are those of a loose value, with the batch where it is.
    """

    part: int
    layout: Layout = "first"
    side: int = 0
    is_dealt: bool = False
    sizes: tuple[int, ...] = ()


class Unknown(Exception):  # noqa: N818 - no error: it says that a step has no block
    """A step that no rule here understands."""


class Steps:
    """The parts of a module as they are found, with what the rules ask of the trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.parts: list[Part] = []
        self.values: dict[fx.Node, Value] = {}
        self.shared = shared_tensors(trace)
        self._modules = dict(trace.module.named_modules())

    # what the original says

    def module(self, node: fx.Node) -> Any:
        """The module that this step calls."""
        return self._modules[str(node.target)]

    def seen(self, node: object) -> Any:
        """What this argument was in tracing: a tensor without numbers, a number, anything."""
        if isinstance(node, fx.Node):
            return self.trace.values[node]
        if isinstance(node, tuple | list):
            return tuple(map(self.seen, node))
        if isinstance(node, slice):
            return slice(self.seen(node.start), self.seen(node.stop), self.seen(node.step))
        return node

    def argument(self, node: fx.Node, index: int, name: str, default: Any = None) -> Any:
        """The argument of a function by its place or its name, as it was seen."""
        return self.seen(node.kwargs.get(name, node.args[index] if index < len(node.args) else default))

    def source(self, node: fx.Node, index: int = 0) -> fx.Node:
        """The step whose result is this argument. Raises ``Unknown`` where it is none, or has no block."""
        found = node.args[index] if index < len(node.args) else node.kwargs.get("input")
        if not isinstance(found, fx.Node) or found not in self.values:
            raise Unknown
        return found

    def weight(self, node: object) -> str:
        """The name of the parameter that this argument is. Raises ``Unknown`` where it is none."""
        if isinstance(node, fx.Node) and str(node.target) in self.shared:
            raise Unknown
        if isinstance(node, fx.Node) and node.op == "get_attr" and isinstance(self.seen(node), torch.nn.Parameter):
            return str(node.target)
        if isinstance(node, fx.Node) and node.op == "get_attr" and str(node.target) in self.parameter_names:
            return str(node.target)
        raise Unknown

    def is_shared(self, node: fx.Node) -> bool:
        """Whether this step calls a module whose tensors have a node of their own, since others use them too."""
        if node.op != "call_module":
            return False
        return any(f"{node.target}.{name}" in self.shared for name in tensors_of(self.module(node)))

    def is_branch(self, node: fx.Node) -> bool:
        """Whether modules of the same class leave this branch out at some rate, as the deeper ones of a network do."""
        owner, _, name = str(node.target).rpartition(".")
        return (type(self._modules[owner]), name) in self._branches

    @cached_property
    def _branches(self) -> set[tuple[type, str]]:
        return {
            (type(holder), name)
            for holder in self._modules.values()
            for name, each in holder.named_children()
            if type(each).__name__ in BRANCHES and rate(each) and not isinstance(holder, torch.nn.Sequential)
        }

    def held(self, node: object) -> str:
        """The name of the tensor that this argument is, learned or not. Raises ``Unknown`` where it is none."""
        if not isinstance(node, fx.Node) or node.op != "get_attr":
            raise Unknown
        return str(node.target)

    @cached_property
    def parameter_names(self) -> set[str]:
        """Every name of the original's parameters."""
        return {name for name, _ in self.trace.module.named_parameters(remove_duplicate=False)}

    @cached_property
    def state_names(self) -> set[str]:
        """Every name of the original's ``state_dict``."""
        return set(self.trace.module.state_dict())

    def tensor(self, target: str) -> Tensor:
        """The tensor of the original that has this name. Raises ``Unknown`` where there is none."""
        found: Any = self.trace.constants.get(target, self.trace.module)
        for word in target.split(".") if found is self.trace.module else ():
            found = getattr(found, word, None)
        if not isinstance(found, Tensor):
            raise Unknown
        return found

    def scope(self, node: fx.Node) -> tuple[Scope, ...]:
        """The modules that this step stands in, outermost first, without the one that it calls.

        One of the pieces that a value was cut into stands where that was cut, wherever it is read.
        """
        if node.target is operator.getitem and isinstance(node.args[0], fx.Node) and isinstance(node.args[1], int):
            node = node.args[0]
        stack = [
            (str(key), str(getattr(kind, "__name__", kind)))
            for key, (_, kind) in node.meta.get("nn_module_stack", {}).items()
        ]
        return tuple(stack[:-1] if node.op == "call_module" else stack)

    # what is made of it

    def map(self, node: fx.Node) -> tuple[Value, Shape]:
        """The value of a step and the shape that it has in our graph."""
        value = self.values[node]
        return value, self.parts[value.part].shape

    def value_of(self, part: int, seen: Tensor) -> Value:
        """The value of a part that gives what was seen, in its own layout or loose."""
        sizes = tuple(seen.shape)
        return Value(part) if _sample(seen) is not None else Value(part, "loose", sizes=sizes)

    def plain(self, node: fx.Node) -> int:
        """The part that gives what this step gave, in its own layout."""
        value = self.values[node]
        if value.layout == "first":
            return value.part
        if value.layout != "last" or value.is_dealt:
            raise Unknown
        return self.add(node, Permute((2, 3, 1)), value.part, name="")

    def add(
        self, node: fx.Node, block: Block, *inputs: int, weights: Iterable[Weight] = (), name: str | None = None
    ) -> int:
        """A new part. Raises ``ShapeError`` where the block does not take these inputs."""
        shape = block.shape(*(self.parts[index].shape for index in inputs))
        called = str(node.target).rpartition(".")[2] if node.op == "call_module" else ""
        called = called if name is None else name
        line = str(node.meta.get("line", ""))
        self.parts.append(Part(block, inputs, shape, self.scope(node), called, tuple(weights), line))
        return len(self.parts) - 1

    def follow(self, node: fx.Node, block: Block, *, weights: Iterable[Weight] = ()) -> Value:
        """The value of ``block`` behind what this step reads, in any layout: for what treats all places alike."""
        value = self.values[self.source(node)]
        return replace(value, part=self.add(node, block, value.part, weights=weights))

    def on_map(self, node: fx.Node, block: Block, *, weights: Iterable[Weight] = ()) -> Value:
        """The value of ``block`` behind what this step reads, which must be in its own layout."""
        return Value(self.add(node, block, self.plain(self.source(node)), weights=weights))


Rule = Callable[[Steps, fx.Node], Value]


def recognized(
    trace: Trace,
    rules: Callable[[Steps, fx.Node], Rule | None],
    opaque: Callable[[Steps, fx.Node], Value | None],
) -> tuple[list[Part], int]:
    """The parts of a traced module, the Input first, and which of them is the result.

    ``rules`` gives the rule for a step, ``opaque`` what a step is that has none.

    Raises ``Unknown`` where the module does not end in one tensor that a part gives.
    """
    steps = Steps(trace)
    result: Value | None = None
    for node in trace.graph.nodes:
        value = trace.values.get(node)
        if node.op == "placeholder" and isinstance(value, Tensor):
            steps.parts.append(Part(Input(tuple(value.shape[1:])), (), Shape(*value.shape[1:])))
            steps.values[node] = Value(0)
        elif node.op == "output":
            (returned,) = node.args
            if not isinstance(returned, fx.Node) or returned not in steps.values:
                raise Unknown
            result = Value(steps.plain(returned))
        else:
            rule = rules(steps, node) if node.op != "get_attr" and not steps.is_shared(node) else None
            found = _understood(steps, node, rule) or opaque(steps, node)
            if found is not None:
                _overwrite(steps, node, found)
                steps.values[node] = found
    if result is None:
        raise Unknown
    return steps.parts, result.part


def _overwrite(steps: Steps, node: fx.Node, value: Value) -> None:
    """Where a step works in place, all that was the tensor it reads is from now on what it gives."""
    source = node.args[0] if node.args else node.kwargs.get("input")
    if isinstance(source, fx.Node) and (old := steps.values.get(source)) is not None and _is_in_place(steps, node):
        steps.values |= {each: value for each, known in steps.values.items() if known == old}


def _is_in_place(steps: Steps, node: fx.Node) -> bool:
    if node.op == "call_module":
        return bool(getattr(steps.module(node), "inplace", False))
    name = str(node.target if node.op == "call_method" else getattr(node.target, "__name__", ""))
    if node.op == "call_function" and getattr(operator, name, None) is node.target:
        return name in _IN_PLACE
    return (name.endswith("_") and not name.endswith("__")) or bool(node.kwargs.get("inplace", False))


_IN_PLACE = {"iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"}


def _understood(steps: Steps, node: fx.Node, rule: Rule | None) -> Value | None:
    mark = len(steps.parts)
    if rule is not None:
        try:
            value = rule(steps, node)
            seen = steps.seen(node)
            if value.layout == "loose":
                fits = isinstance(seen, Tensor) and tuple(seen.shape) == value.sizes
            else:
                fits = _original_shape(steps, value) == _sample(seen)
            if fits:
                return value
        except (Unknown, ParameterError, ShapeError, LookupError, TypeError, ValueError, AttributeError):
            pass
    del steps.parts[mark:]
    return None


def _original_shape(steps: Steps, value: Value) -> tuple[int, ...]:
    """The shape of a value in the layout of the original, without the batch."""
    shape = steps.parts[value.part].shape
    if value.layout == "first":
        return tuple(shape)
    channels, height, width = shape
    if value.layout == "last":
        return height, width, channels
    windows, pixels = (height // value.side) * (width // value.side), value.side**2
    return (windows, pixels, channels) if value.layout == "windows" else (pixels, windows, channels)


def _sample(value: Any) -> tuple[int, ...] | None:
    """The shape of one sample of what was seen; None where it is no tensor with the batch in front."""
    if not isinstance(value, Tensor) or not 1 <= value.dim() <= 4 or value.shape[0] != BATCH:
        return None
    return tuple(value.shape[1:]) or (1,)  # one number a sample


def per_sample(sizes: tuple[int, ...]) -> Shape | None:
    """The sizes of what belongs to one sample, wherever the batch is; None where it is not to be found."""
    places = [place for place, size in enumerate(sizes) if size and size % BATCH == 0]
    if len(places) != 1 or 0 in sizes:
        return None
    (place,) = places
    factor = sizes[place] // BATCH
    return Shape(*(*sizes[:place], *((factor,) if factor > 1 else ()), *sizes[place + 1 :])) or Shape(1)
