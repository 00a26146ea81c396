"""Node values: what comes out of one node after the other, by the expressions of the source of a module."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from types import CodeType

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import Source, Statement


def node_values(
    module: nn.Module, source: Source, x: Tensor, needed: Container[str] | None = None
) -> Iterator[tuple[str, Tensor]]:
    """Each node but the inputs with its value for the prepared images ``x`` (N, C, H, W), in the order of ``forward``.

    ``module`` is the built ``source``, and computes in the mode that it is in. With ``needed`` only these nodes are
    computed, which must be all that they depend on.
    """
    made = {step.node for step in source.steps}
    entering = {name: x for step in source.steps for name in step.inputs if name not in made}
    yield from stepped(module, source.steps, entering, needed)


def stepped(
    module: nn.Module, steps: Iterable[Statement], entering: Mapping[str, Tensor], needed: Container[str] | None = None
) -> Iterator[tuple[str, Tensor]]:
    """Each of these steps with its value, in their order, given what enters; ``module`` is the one they speak of."""
    found = dict(entering)
    names = {"self": module, "torch": torch, "nn": nn, "F": nn.functional}
    steps = [step for step in steps if needed is None or step.node in needed]
    for step in steps:
        # the expression was written by compiler.source from checked names and coerced values
        found[step.node] = eval(_code(step.expression), names | {name: found[name] for name in step.inputs})
        yield step.node, found[step.node]


@lru_cache(maxsize=8_192)
def _code(expression: str) -> CodeType:
    """An expression as Python runs it; to make it takes as long as a small layer."""
    return compile(expression, "<node>", "eval")


def first_not_finite(module: nn.Module, source: Source, x: Tensor) -> tuple[str, str] | None:
    """The first node whose value for ``x`` is not all numbers, as sentences name it, and what is wrong in words.

    None where every value is all numbers. ``x`` must be; the module computes in the mode that it is in.
    """
    entering, reaching = _range(x), dict[str, str]()
    inputs = {step.node: step.inputs for step in source.steps}
    with torch.no_grad():
        for node, value in node_values(module, source, x):
            if bool(torch.isfinite(value).all()):
                reaching[node] = _range(value)
                continue
            part: nn.Module | None = None
            with suppress(AttributeError, KeyError):
                part = module.get_submodule(source.paths[node])
            called = f"{node} ({type(part).__name__})" if part is not None else node
            if part is not None and not all(bool(torch.isfinite(each).all()) for each in part.parameters()):
                return called, "Its weights are no numbers: choose other weights to begin with."
            coming = [reaching.get(name, entering) for name in inputs[node]]
            return called, f"What goes into it is all numbers, {' and '.join(dict.fromkeys(coming))}."
    return None


def why_not_finite(module: nn.Module, source: Source | None, x: Tensor) -> str:
    """Why the loss of the prepared images ``x`` is no number, in a sentence or two; without a source only a guess."""
    found = first_not_finite(module, source, x) if source is not None else None
    if found is None:
        return "The scores in which the network ends are too far apart for it: look for what makes them so large."
    return f"The first block whose output is no number is {found[0]}. {found[1]}"


def _range(value: Tensor) -> str:
    low, high = value.detach().aminmax() if value.numel() else (0.0, 0.0)
    return f"from {float(low):.3g} to {float(high):.3g}".replace("-", "−")
