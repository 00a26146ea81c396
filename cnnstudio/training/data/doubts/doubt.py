"""Doubt: one thing that may be wrong with the images, the pictures that it is about, and what can be done. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]


class Kind(Enum):
    """What is doubted, by the title under which it is told."""

    BROKEN = "Broken files"
    CLASSES = "Classes with few pictures"
    IMBALANCE = "Imbalance"
    FEW = "Few pictures for the network"
    SAME = "The same picture in both halves"
    LABELS = "Likely wrong labels"
    HINT = "A hint that is not meant"


def none() -> Numbers:
    """No pictures."""
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Doubt:
    """What may be wrong, in a ``sentence``, and what to try, in ``advice``.

    ``numbers`` are the pictures that it is about, the gravest first; ``pairs`` (P, 2) of them those that are one, to
    validate with and to train with; ``labels`` the class that each looks like, where
    that is doubted; ``out`` those that one may leave out all at once to be rid of it. ``weighs`` says that class
    weights answer it.
    """

    kind: Kind
    sentence: str
    advice: str = ""
    numbers: Numbers = field(default_factory=none)
    pairs: Numbers | None = None
    labels: Numbers | None = None
    out: Numbers = field(default_factory=none)
    weighs: bool = False


@dataclass(frozen=True, eq=False)
class Doubts:
    """All that was found, and in ``looked`` a sentence about what was looked at; ``broken`` says why of what number."""

    found: tuple[Doubt, ...]
    looked: tuple[str, ...] = ()
    broken: dict[int, str] = field(default_factory=dict)
