"""Misfit: why a step of a network does not take what reaches it, without the batch that it was tried with.

Torch tells two matrices, one of them as tall as the batch, or sizes with the batch in front; the person knows neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor, fx, nn

from cnnstudio.graph import Shape
from cnnstudio.wording import counted, listed

_VIEW = re.compile(r"shape '\[(.*?)\]' is invalid for input of size (\d+)")
_WANTED = {
    "in_features": ("number", -1),
    "in_channels": ("channel", 1),
    "num_features": ("channel", 1),
    "num_channels": ("channel", 1),
}  # attribute of a module -> what it counts, along which axis


def misfit(error: Exception, step: fx.Node | None, module: nn.Module, seen: Mapping[fx.Node, Any], batch: int) -> str:
    """What a step wants and what reaches it, without a full stop; ``seen`` flowed so far, ``batch`` images at once."""
    words = (str(error).strip().partition("\n")[0] or type(error).__name__)[:160].rstrip(".")
    if step is None:
        return words
    tensors = [each for node in step.all_input_nodes if isinstance(each := seen.get(node), Tensor) and each.dim()]
    part = module.get_submodule(str(step.target)) if step.op == "call_module" else None
    name = _named(step, part)
    for attribute, (noun, axis) in _WANTED.items():
        wanted = getattr(part, attribute, None)
        if isinstance(wanted, int) and tensors and tensors[0].dim() > 1 and tensors[0].shape[axis] != wanted:
            return f"{name} takes {counted(wanted, noun)}, and {counted(tensors[0].shape[axis], noun)} reach it"
    if found := _VIEW.search(words):
        count = int(found[2])
        share = count // batch if count % batch == 0 else count
        return f"{name} to ({found[1]}) does not fit the {counted(share, 'number')} of one image"
    if re.search(rf"\b{batch}\b", words):  # the batch is in it somewhere
        shapes = [str(Shape(*(each.shape[1:] if each.shape[0] == batch else each.shape))) for each in tensors]
        return f"{name} does not take {listed(shapes) or 'what reaches it'}"
    return f"at {name}: {words}"


def _named(step: fx.Node, part: nn.Module | None) -> str:
    """``classifier.1 (Linear)`` of a module, ``view`` of a function."""
    if part is not None:
        return f"{step.target} ({type(part).__name__})"
    return step.target if isinstance(step.target, str) else getattr(step.target, "__name__", str(step.target))
