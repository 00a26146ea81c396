"""Layer statistics: how each layer of a network learns at a step, as an event of a run. Numbers; knows no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnnstudio.training.events import Observation


@dataclass(frozen=True)
class Layer:
    """One layer with weights, by its path in the ``state_dict``.

    ``gradient`` and ``weight`` are Euclidean norms, ``update`` is the norm of what the step changed by that of the
    weights: about 0.001 where a network learns well.
    """

    name: str
    gradient: float
    weight: float
    update: float


@dataclass(frozen=True)
class LayerStatistics(Observation):
    """What ``step`` did to the layers, in the order of the network, and what the network makes of some images.

    ``silent`` tells for each ReLU the share of its channels, 0 to 1, that are zero everywhere in all the images.
    ``guesses`` counts how many of the images are taken for each class, ``labels`` how many are of it.
    """

    step: int
    layers: tuple[Layer, ...]
    silent: Mapping[str, float]
    guesses: tuple[int, ...]
    labels: tuple[int, ...]
