"""Tracing: what a module computes, step by step, by torch.fx; and what flows between the steps."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from cnnstudio.exchange.importing.misfit import misfit
from cnnstudio.graph import Shape

BATCH = 13  # hardly ever the size of anything else, so that the batch is known again in a reshape

# modules of torchvision that are recognised as a whole: inside, they leave the batch or write constants
LEAVES = frozenset(
    {
        "ShiftedWindowAttention",
        "ShiftedWindowAttentionV2",
        "RelativePositionalMultiHeadAttention",
        "WindowPartition",
        "WindowDepartition",
        "SwapAxes",
    }
)


class TracingError(ValueError):
    """A module whose steps cannot be followed; the message is a sentence."""


@dataclass(frozen=True)
class Trace:
    """The steps of a module in ``eval`` mode; ``values`` tells what each gives: tensors without their numbers."""

    module: nn.Module
    graph: fx.Graph
    values: Mapping[fx.Node, Any]


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        if type(m).__module__.startswith("torchvision."):
            return type(m).__name__ in LEAVES
        return super().is_leaf_module(m, module_qualified_name)


class _Watching(fx.Interpreter):
    """Runs the steps and keeps what each gives."""

    def __init__(self, module: nn.Module, graph: fx.Graph) -> None:
        super().__init__(module, graph=graph)  # no GraphModule, whose code an attribute called "class" would break
        self.seen: dict[fx.Node, Any] = {}
        self.step: fx.Node | None = None  # the one that runs

    def fetch_attr(self, target: str) -> Any:
        return _without_numbers(super().fetch_attr(target))  # a tensor that is no buffer is still where it was

    def run_node(self, n: fx.Node) -> Any:
        self.step = n
        result = super().run_node(n)
        self.seen[n] = _without_numbers(result)
        return result


def trace(module: nn.Module, size: Shape) -> Trace:
    """The steps of ``module`` for images of ``size``. Raises ``TracingError``."""
    module = module.eval()
    try:
        graph = _Tracer().trace(module)
    except Exception as error:  # whatever the forward of a stranger raises
        raise TracingError(
            "Its steps cannot be followed: forward decides by the values that flow through it, or calls what PyTorch "
            f"cannot trace ({_short(error)})."
        ) from error
    wanted = [node for node in graph.nodes if node.op == "placeholder" and not node.args]  # those without a default
    if len(wanted) != 1:
        raise TracingError(f"Its forward takes {len(wanted)} inputs; a network here is given one image.")
    watching = _Watching(_blanked(module), graph)
    try:
        with torch.no_grad():
            watching.run(torch.empty(BATCH, *size, device="meta"))
    except Exception as error:
        why = misfit(error, watching.step, module, watching.seen, BATCH)
        raise TracingError(f"It does not take images of {size}: {why}.") from error
    return Trace(module, watching.graph, watching.seen)


def _blanked(module: nn.Module) -> nn.Module:
    """A copy whose weights have no numbers and take no memory."""
    tensors = {id(p): nn.Parameter(torch.empty_like(p, device="meta"), False) for p in module.parameters()}
    buffers = {id(b): torch.empty_like(b, device="meta") for b in module.buffers()}
    return copy.deepcopy(module, {**tensors, **buffers})


def _without_numbers(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.empty_like(value, device="meta")
    if isinstance(value, tuple | list):
        return tuple(map(_without_numbers, value))
    return value


def _short(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:160].rstrip(".")
