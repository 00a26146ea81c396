"""FeatureMaps: what a node makes of an image, as an event of a run. NumPy arrays; knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnstudio.compiler.source import Place
from cnnstudio.training.events import Observation

Pixels: TypeAlias = NDArray[np.uint8]
Maps: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FeatureMaps(Observation):
    """What the node at ``place`` sees of an image: ``maps`` is (C, H, W) or (F,), ``image`` is (C, H, W).

    ``label`` is the image's class, None where nobody knows; ``guess`` the class that the network holds most likely at
    ``step``, None where it does not end in a score for each class.
    """

    place: Place
    maps: Maps
    image: Pixels
    label: str | None
    guess: str | None
    step: int

    @property
    def node(self) -> str:
        """The name of the node among those beside it."""
        return self.place.node

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, FeatureMaps) and (
            (self.place, self.label, self.guess, self.step) == (other.place, other.label, other.guess, other.step)
            and np.array_equal(self.maps, other.maps)
            and np.array_equal(self.image, other.image)
        )

    __hash__ = None  # type: ignore[assignment]


def guess(scores: Maps, classes: Sequence[str]) -> str | None:
    """The class with the highest score; None where the scores are not one number for each class."""
    is_vector = scores.shape == (len(classes),) and bool(np.isfinite(scores).all())
    return classes[int(scores.argmax())] if is_vector else None
