"""Opaque steps: what no block stands for as one line of PyTorch, with the tensors that it has and what it costs.

A step that computes with learned tensors alone, a weight that is standardized, has no node of its own: it stands in
the line of the step that reads it. So does a piece of a tuple, and a view that nothing else reads. But what multiplies
and is read by several steps, such as positions that a small network gives to all layers, is computed once.
"""

from __future__ import annotations

import operator
import re
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, fx

from cnnstudio.blocks import Opaque
from cnnstudio.exchange.importing.recognition import Steps, Unknown, Value, per_sample
from cnnstudio.exchange.importing.step_costs import cost_of
from cnnstudio.exchange.importing.torch_lines import Line, is_of_tensors, shared_part
from cnnstudio.graph import Shape


def opaque(steps: Steps, node: fx.Node) -> Value | None:
    """The value of this step as an ``Opaque``; None where others are to say it: where it gives no sample of its own."""
    seen = steps.seen(node)
    if node.op == "get_attr":
        return _shared(steps, node)
    if (once := _once(steps, node)) is not None:
        return once
    stacked = _stacked(steps, node)
    seen = seen if stacked is None else stacked
    shape = per_sample(tuple(seen.shape)) if isinstance(seen, Tensor) else None
    if shape is None or not (_sources(steps, node) or _is_shared(node)):
        return None
    line = Line(steps)
    mark = len(steps.parts)
    try:
        expression, operation = line.call(node), named(steps, node)
        expression = expression if stacked is None else f"torch.stack({expression})"
        if line.lacks_images(expression) and (line.inputs or _is_shared(node)):
            line.read_images()
    except (Unknown, TypeError, ValueError, LookupError):
        del steps.parts[mark:]
        line, expression, operation = Line(steps), "", " → ".join(_chain(steps, node))
        line.inputs = dict.fromkeys(_sources(steps, node))
        line.hold([*_unvalued(steps, node), node])
    if not line.inputs:
        return None
    cost = cost_of(steps, node, _unvalued(steps, node))
    block = Opaque(
        operation=" → ".join(dict.fromkeys([*line.merged, operation]))[:400],
        arguments="",
        takes=" | ".join(str(steps.parts[part].shape) for part in line.inputs),
        gives=str(shape),
        expression=line.finished(expression, seen),
        module=line.module,
        tensors=tuple(line.tensors.values()),
        mac_count=cost.macs,
        keeps=cost.keeps,
        keeps_besides=cost.besides,
    )
    name = None if node.op == "call_module" else line.name or re.sub(r"\W", "_", operation.rpartition(".")[2])
    part = steps.add(node, block, *line.inputs, weights=line.weights(), name=name)
    return steps.value_of(part, seen)


def _stacked(steps: Steps, node: fx.Node) -> Tensor | None:
    """Several results as one tensor, where they are alike and computing each of them anew would cost as much."""
    seen = steps.seen(node)
    if not isinstance(seen, tuple) or len({user.args[1] for user in node.users if user.target is operator.getitem}) < 2:
        return None
    if not all(
        isinstance(each, Tensor) and each.shape == seen[0].shape and each.dtype == seen[0].dtype for each in seen
    ):
        return None
    return torch.stack(seen) if cost_of(steps, node).macs else None


def _shared(steps: Steps, node: fx.Node) -> Value | None:
    """The value of a learned tensor that several steps use; None for one that stands where it is used."""
    name = steps.shared.get(str(node.target))
    return Value(shared_part(steps, name), "loose", sizes=tuple(steps.seen(node).shape)) if name else None


def _once(steps: Steps, node: fx.Node) -> Value | None:
    """The value of a step of no image that multiplies learned tensors for several steps; views go with who reads it."""
    seen, last = steps.seen(node), node
    if not isinstance(seen, Tensor) or not seen.dim() or node.target is operator.getitem or _sources(steps, node):
        return None
    while len(last.users) == 1 and cost_of(steps, follower := next(iter(last.users))).keeps == "view":
        last = follower
    macs = cost_of(steps, node, _unvalued(steps, node)).macs
    if len(last.users) < 2 or not macs or _is_view(steps, node):
        return None
    line = Line(steps)
    mark = len(steps.parts)
    try:
        expression = line.call(node)
    except (Unknown, TypeError, ValueError, LookupError):
        del steps.parts[mark:]
        return None
    line.read_images()  # only to have a place
    block = Opaque(
        operation=" → ".join(_chain(steps, node))[:400],
        arguments="",
        takes=" | ".join(str(steps.parts[part].shape) for part in line.inputs),
        gives=str(Shape(*seen.shape)),
        expression=line.finished(expression),
        tensors=tuple(line.tensors.values()),
        mac_count=macs,
        keeps="nothing",
    )
    part = steps.add(node, block, *line.inputs, weights=line.weights(), name=line.name or "once")
    return Value(part, "loose", sizes=tuple(seen.shape))


def _is_view(steps: Steps, node: fx.Node) -> bool:
    return cost_of(steps, node).keeps == "view"


def _is_shared(node: fx.Node) -> bool:
    """Whether this is of no image, and yet a module reads it or several steps: learned tokens, once for each sample."""
    return len(node.users) > 1 or any(user.op == "call_module" for user in node.users)


def _sources(steps: Steps, node: fx.Node) -> list[int]:
    """The parts that this step reads, directly or through steps that have no value."""
    found: dict[int, None] = {}
    waiting, known = list(node.all_input_nodes), set()
    while waiting:
        each = waiting.pop(0)
        if each in known:
            continue
        known.add(each)
        if each in steps.values:
            found[steps.values[each].part] = None
        elif is_of_tensors(steps.seen(each)):
            waiting += each.all_input_nodes
    return list(found)


def _unvalued(steps: Steps, node: fx.Node) -> list[fx.Node]:
    """The steps before this one that have no value and stand in its line, the first ones first."""
    found: dict[fx.Node, None] = {}

    def walk(each: fx.Node) -> None:
        for source in each.all_input_nodes:
            is_step = source.op != "get_attr" and is_of_tensors(steps.seen(source))
            if source not in steps.values and source not in found and is_step:
                walk(source)
                found[source] = None

    walk(node)
    return list(found)


def _chain(steps: Steps, node: fx.Node) -> list[str]:
    """What this step and those before it that have no value are called."""
    words = [named(steps, each) for each in (*_unvalued(steps, node), node) if each.target is not operator.getitem]
    return list(dict.fromkeys(words)) or [named(steps, node)]


def named(steps: Steps, node: fx.Node) -> str:
    """What a step does, as torch calls it: ``torch.einsum``, ``nn.Bilinear``."""
    if node.op == "call_module":
        kind = type(steps.module(node))
        return f"nn.{kind.__name__}" if kind.__module__.startswith("torch.nn") else kind.__name__
    if node.op == "call_method":
        name = str(node.target)
        plain = name.rstrip("_")  # in place it is the same sum: what reads it reads the result
        return f"torch.{plain}" if callable(getattr(torch, plain, None)) else f"torch.Tensor.{name}"
    if node.target is operator.getitem:
        return _piece(steps, node)
    if node.target is operator.setitem:
        return "torch.slice_scatter"
    name = str(getattr(node.target, "__name__", node.target))
    if getattr(operator, name, None) is node.target:
        name = _OPERATORS.get(name, name)
    if getattr(F, name, None) is node.target:
        return f"F.{name}"
    return f"torch.{name}" if hasattr(torch, name) else name


def _piece(steps: Steps, node: fx.Node) -> str:
    """What a piece is called: ``torch.sort (values)`` of several results, a slice or a choice of one tensor."""
    source, index = node.args
    whole = steps.seen(source)
    if isinstance(whole, tuple) and isinstance(index, int) and isinstance(source, fx.Node):
        fields = getattr(type(whole), "__match_args__", ()) or getattr(whole, "_fields", ())
        called: Any = type(steps.module(source)) if source.op == "call_module" else source.target
        fields = fields or _FIELDS.get(getattr(called, "__name__", called), ())
        piece = f" ({fields[index]})" if index < len(fields) else ""  # pieces of a whole are no more than that
        return f"{named(steps, source)}{piece}"
    entries = index if isinstance(index, tuple) else (index,)
    is_cut = all(each is None or each is ... or isinstance(each, slice | int) for each in entries)
    return "slice of a tensor" if is_cut else "choice by an index"


_FIELDS: dict[str, tuple[str, ...]] = {
    "MultiheadAttention": ("output", "weights"), "MaxPool2d": ("values", "indices"), "GRU": ("output", "state"),
    "LSTM": ("output", "state"), "RNN": ("output", "state"), "max_pool2d_with_indices": ("values", "indices"),
    "std_mean": ("std", "mean"), "var_mean": ("var", "mean"),
}  # fmt: skip
_OPERATORS = {
    "truediv": "div", "itruediv": "div", "isub": "sub", "ipow": "pow", "mod": "remainder", "imod": "remainder",
    "iadd": "add", "imul": "mul", "floordiv": "floor_divide",
}  # fmt: skip
