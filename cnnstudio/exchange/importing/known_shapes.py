"""Shortcuts: shapes that are known at once, where torch would work them out in Python, at a hundred times the cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

_SAME = frozenset(
    {
        nn.Dropout, nn.ELU, nn.GELU, nn.Hardsigmoid, nn.Hardswish, nn.LeakyReLU, nn.Mish, nn.ReLU, nn.ReLU6, nn.SELU,
        nn.SiLU, nn.Sigmoid, nn.Softplus, nn.Tanh,
    }
)  # fmt: skip
_NORMS: dict[type[nn.Module], tuple[int, ...]] = {nn.BatchNorm1d: (2, 3), nn.BatchNorm2d: (4,), nn.BatchNorm3d: (5,)}
_SUMS = frozenset("add sub mul div".split())


def shortened(module: nn.Module) -> Callable[..., Any]:
    """The forward of a module that is run without numbers; one that gives what it takes in shape does not compute.

    Whatever is not as usual is left to the module itself, with what it raises.
    """
    forward: Callable[..., Any] = module.forward
    kind = type(module)
    if isinstance(module, nn.RNNBase):
        return _recurrent(module)
    is_norm = isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) and kind in _NORMS
    if (kind not in _SAME and not is_norm) or module.training:
        return forward

    def same(*args: Any, **kwargs: Any) -> Any:
        if len(args) != 1 or kwargs or not isinstance(args[0], Tensor) or not args[0].is_floating_point():
            return forward(*args, **kwargs)
        fits = args[0].dim() in _NORMS[kind] and args[0].shape[1] == module.num_features if is_norm else True
        if not fits or not args[0].is_meta:
            return forward(*args, **kwargs)
        return args[0] if getattr(module, "inplace", False) else torch.empty_like(args[0])

    return same


def _recurrent(module: nn.RNNBase) -> Callable[..., Any]:
    """The forward of a recurrent layer, which torch would go through place by place."""
    forward: Callable[..., Any] = module.forward
    directions, size = 2 if module.bidirectional else 1, module.proj_size or module.hidden_size

    def run(x: Any, state: Any = None) -> Any:
        if not isinstance(x, Tensor) or not x.is_meta or x.dim() != 3 or x.shape[-1] != module.input_size:
            return forward(x, state)
        if state is not None:
            module.check_forward_args(x, state, None)
        samples = x.shape[0] if module.batch_first else x.shape[1]
        output = x.new_empty((*x.shape[:2], directions * size))
        hidden = x.new_empty((module.num_layers * directions, samples, size))
        if not isinstance(module, nn.LSTM):
            return output, hidden
        return output, (hidden, x.new_empty((module.num_layers * directions, samples, module.hidden_size)))

    return run


def shortcut(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Tensor | None:
    """What a sum or product of two tensors of one shape gives, without numbers; None for all else."""
    if len(args) != 2 or kwargs or name.removesuffix("_") not in _SUMS:
        return None
    first, second = args
    if not isinstance(first, Tensor) or not first.is_meta or not first.is_floating_point():
        return None
    is_alike = isinstance(second, Tensor) and second.shape == first.shape and second.dtype == first.dtype
    if not is_alike and type(second) not in (int, float):
        return None
    return first if name.endswith("_") else torch.empty_like(first)
