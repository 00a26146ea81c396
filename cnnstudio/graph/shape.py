"""Shape: the size of what flows along a wire, without the batch."""

from __future__ import annotations

from math import prod
from typing import Any

BYTES_PER_NUMBER = 4  # float32
BYTES_PER_INDEX = 8  # int64

_new = tuple.__new__  # networks make thousands of shapes, and super() costs as much again


class Shape(tuple[int, ...]):
    """``Shape(C, H, W)`` for feature maps, ``Shape(F)`` for a vector, ``Shape(N, D)`` for tokens; no batch.

    A tuple in every respect; it only writes itself as people do: ``3 × 32 × 32``.
    """

    __slots__ = ()

    def __new__(cls, *sizes: int) -> Shape:
        return _new(cls, sizes)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __str__(self) -> str:
        return " × ".join(map(str, self))

    def __repr__(self) -> str:
        return f"Shape({', '.join(map(str, self))})"

    @property
    def channels(self) -> int:
        """C of (C, H, W)."""
        return self[0]

    @property
    def spatial(self) -> tuple[int, int]:
        """(H, W) of (C, H, W)."""
        return self[1], self[2]

    @property
    def numel(self) -> int:
        """How many numbers one sample of this shape holds."""
        return prod(self)

    @property
    def bytes(self) -> int:
        """Bytes of one sample of this shape in float32."""
        return self.numel * BYTES_PER_NUMBER

    @property
    def is_map(self) -> bool:
        """Whether this is a stack of feature maps (C, H, W)."""
        return len(self) == 3
