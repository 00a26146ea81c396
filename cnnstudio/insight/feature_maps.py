"""FeatureMaps: what a node makes of an image, as an event of a run. NumPy arrays; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnstudio.training.events import Observation

Pixels: TypeAlias = NDArray[np.uint8]
Maps: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FeatureMaps(Observation):
    """What the watched node sees of the watched image: ``maps`` is (C, H, W) or (F,), ``image`` is (C, H, W).

    ``label`` is the image's class, None where nobody knows; ``guess`` the class that the network holds most likely at
    ``step``, None where it does not end in a score for each class.
    """

    node: str
    maps: Maps
    image: Pixels
    label: str | None
    guess: str | None
    step: int

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, FeatureMaps) and (
            (self.node, self.label, self.guess, self.step) == (other.node, other.label, other.guess, other.step)
            and np.array_equal(self.maps, other.maps)
            and np.array_equal(self.image, other.image)
        )

    __hash__ = None  # type: ignore[assignment]
