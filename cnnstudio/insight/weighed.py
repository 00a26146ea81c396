"""Weighed: the numbers by which a part of a network weighs what it sees. NumPy; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cnnstudio.wording import counted


class Kind(StrEnum):
    """What is weighed."""

    CHANNELS = "Channel weights"
    PLACES = "Weights of places"
    ATTENTION = "Attention"


@dataclass(frozen=True, eq=False)
class Weighed:
    """Of channels ``values`` are (C,), of places maps (1, h, w), of attention a map for each head (heads, h, w).

    They are the mean over so many ``pictures``. Where it ``is_by_class``, channels are one map (1, classes, C), and of
    the others there is one map for each class (classes, h, w), the mean of the heads.
    """

    kind: Kind
    values: NDArray[np.float32]
    what: str
    pictures: int
    is_by_class: bool = False

    @property
    def sentence(self) -> str:
        """What the numbers are, in words."""
        mean = f", the mean of {counted(self.pictures, 'validation picture')}" if self.pictures > 1 else ""
        if self.is_by_class:
            is_row = self.kind is Kind.CHANNELS
            rows = (
                "a row for each class, a column for each channel" if is_row else "a map for each class, in their order"
            )
            return f"{self.what}: {rows}{mean}"
        heads = ": a map for each head" if self.kind is Kind.ATTENTION and len(self.values) > 1 else ""
        return f"{self.what}{heads}{mean}"
