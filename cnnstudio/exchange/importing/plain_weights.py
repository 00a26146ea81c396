"""Plain weights: layers whose weights are computed before each step become layers that have them, and that is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import nn
from torch.nn.utils import parametrize, prune, remove_spectral_norm, remove_weight_norm
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from cnnstudio.wording import abridged


def with_plain_weights(module: nn.Module) -> list[str]:
    """Put what weight norm, spectral norm, pruning and other parametrizations compute in their place, in ``module``.

    Gives sentences about it. Other hooks are steps like any others.
    """
    found: dict[str, list[str]] = {}
    for path, part in module.named_modules():
        for way, remove in list(_computed(part)):
            remove()
            found.setdefault(way, []).append(path or type(part).__name__)
    return [
        f"{abridged(paths, 3)}: the original computes these weights by {way} at each step; here they are plain "
        "weights, as they came out of it."
        for way, paths in found.items()
    ]


def _computed(part: nn.Module) -> Iterator[tuple[str, Callable[[], object]]]:
    """How weights of this module are computed, and what puts them in their place."""
    if parametrize.is_parametrized(part):
        for name, ways in dict(part.parametrizations.items()).items():  # type: ignore[union-attr, operator]
            kind = type(ways[0]).__name__.strip("_")
            yield kind, lambda name=name: parametrize.remove_parametrizations(part, name, leave_parametrized=True)  # type: ignore[misc]
    for hook in list(part._forward_pre_hooks.values()):
        match hook:
            case WeightNorm():
                yield "WeightNorm", lambda name=hook.name: remove_weight_norm(part, name)  # type: ignore[misc]
            case SpectralNorm():
                yield "SpectralNorm", lambda name=hook.name: remove_spectral_norm(part, name)  # type: ignore[misc]
            case prune.BasePruningMethod():
                yield "pruning", lambda name=hook._tensor_name: prune.remove(part, name)  # type: ignore[misc, no-untyped-call]
