"""Computed weights: what weight norm, spectral norm and pruning keep in a file, as the weights that come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor


class _Way(NamedTuple):
    """What the parts of a computed weight are called behind its name, and how it follows from them."""

    parts: tuple[str, ...]
    compute: Callable[..., Tensor]


def computed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``state`` with each computed weight in the place of what it is computed from; what is not whole stays."""
    made = dict(state)
    for name in state:
        for way in _WAYS:
            first = way.parts[0]
            if not name.endswith(first):
                continue
            front = name.removesuffix(first)
            parts = [made.get(f"{front}{part}") for part in way.parts]
            plain = _plain_name(front, first)
            if any(part is None for part in parts) or plain in made:
                continue
            try:
                weight = way.compute(*parts)
            except (RuntimeError, IndexError):  # sizes that do not belong together
                continue
            for part in way.parts:
                del made[f"{front}{part}"]
            made[plain] = weight
            break
    return made


def _plain_name(front: str, part: str) -> str:
    """``conv.weight`` of ``conv.weight_g``, and of ``conv.parametrizations.weight.original0``."""
    if part.startswith("."):
        before, _, name = front.rpartition("parametrizations.")
        return f"{before}{name}"
    return front


def weight_norm(magnitude: Tensor, direction: Tensor) -> Tensor:
    """The weight of ``nn.utils.weight_norm``: ``direction`` with the length ``magnitude`` along all axes of size 1."""
    axes = [axis for axis in range(direction.dim()) if magnitude.dim() == 0 or magnitude.shape[axis] == 1]
    length = torch.linalg.vector_norm(direction, dim=axes, keepdim=True) if axes else direction.abs()
    return direction * (magnitude / length)


def spectral_norm(weight: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """The weight of ``nn.utils.spectral_norm``, whose largest singular value is about 1; for its first axis."""
    return weight / torch.dot(u, weight.flatten(1) @ v)


def _pruned(weight: Tensor, mask: Tensor) -> Tensor:
    return weight * mask


_WAYS = (
    _Way(("_g", "_v"), weight_norm),
    _Way((".original0", ".original1"), weight_norm),
    _Way((".original", ".0._u", ".0._v"), spectral_norm),
    _Way(("_orig", "_u", "_v"), spectral_norm),
    _Way(("_orig", "_mask"), _pruned),
)
