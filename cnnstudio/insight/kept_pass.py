"""Kept pass: what a network made of the last picture, so that to look at another of its nodes costs no new pass."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from cnnstudio.compiler.source import Source, Way

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST_BYTES = 64 * 2**20  # of values that are kept: the last ones, which take longest to be computed anew


@dataclass(frozen=True, eq=False)
class _Kept:
    """The values of the nodes of a network for a picture ``x``, with how often each had been written over."""

    source: Source
    weights: Hashable
    x: Tensor
    values: dict[str, tuple[Tensor, int]]

    @property
    def is_intact(self) -> bool:
        """Whether no step has written over a value of another one, as a line of PyTorch may."""
        return all(value._version == version for value, version in self.values.values())


class KeptPass:
    """Looks into a network, and keeps what its nodes gave for the last picture; a thread may look at any time.

    It is kept while picture and weights are the same, and until ``forget``. What is inside a composite is computed
    from what enters the composite.
    """

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def forget(self) -> None:
        """Give back what is kept."""
        self._kept = None

    def activations(
        self, module: nn.Module, source: Source, nodes: Iterable[str | Way], x: Tensor
    ) -> dict[str | Way, Tensor]:
        """What ``insight.activations.activations`` gives, of which only what is not known is computed."""
        from cnnstudio.insight.activations import activations

        nodes, kept, weights = tuple(nodes), self._kept, _state(module)
        is_known = kept is not None and kept.source is source and kept.weights == weights and x.equal(kept.x)
        known = {name: value for name, (value, _) in kept.values.items()} if kept is not None and is_known else {}
        found = activations(module, source, nodes, x, known)
        if known and kept is not None and is_known and not kept.is_intact:
            known = {}
            found = activations(module, source, nodes, x, known)
        self._kept = _Kept(source, weights, x, _fitting(known))
        return found


def _fitting(values: dict[str, Tensor]) -> dict[str, tuple[Tensor, int]]:
    """The last of these values that there is room for."""
    left = MOST_BYTES
    found: dict[str, tuple[Tensor, int]] = {}
    for name, value in reversed(values.items()):
        left -= value.numel() * value.element_size()
        if left < 0:
            break
        found[name] = value, value._version
    return dict(reversed(found.items()))


def _state(module: nn.Module) -> Hashable:
    """What tells weights and statistics from those after a step: which tensors they are, and how often written to."""
    tensors = chain(module.parameters(), module.buffers())
    return id(module), tuple((id(each), each.data_ptr(), each._version) for each in tensors)
