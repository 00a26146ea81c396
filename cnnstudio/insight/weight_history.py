"""Weight history: how the weights and the gradients of every layer were spread after each epoch that is kept."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnstudio.insight.attribution.explaining import looking, prepared_pictures, room
from cnnstudio.insight.filters import layers
from cnnstudio.insight.subject import Subject
from cnnstudio.training import weights
from cnnstudio.worker import Report

BINS = 48
DECADES = (-10.0, 2.0)  # powers of ten between which gradients are counted; smaller ones count as the smallest
IMAGES = 64  # validation images that gradients are of


@dataclass(frozen=True, eq=False)
class LayerHistory:
    """Of one layer, how many ``weights`` (epochs, bins) lie where between ``low`` and ``high``, the least and greatest.

    ``gradients`` (epochs, bins) count the sizes of the gradients by the power of ten, between ``DECADES``; None where
    the layer has none.
    """

    name: str
    low: float
    high: float
    weights: NDArray[np.int64]
    gradients: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class WeightHistory:
    """Of every layer, in the order of the network; the gradients are of the loss of so many validation ``images``."""

    epochs: tuple[int, ...]
    layers: tuple[LayerHistory, ...]
    images: int


def weight_history(subject: Subject, files: Mapping[int, Path], report: Report) -> WeightHistory:
    """Read the weights of each epoch from these ``files`` into a copy of the network, and count.

    What is damaged or of another network is left out. Where ``report`` says to end, it is of the epochs until then.
    """
    module, data = copy.deepcopy(subject.module), subject.data
    names = [layer.name for layer in layers(module)]
    count = len(data.validation_labels)
    chosen = torch.linspace(0, count - 1, min(count, room(subject, IMAGES))).long()
    x, labels = prepared_pictures(subject, data.validation_images[chosen]), data.validation_labels[chosen]
    found: dict[int, dict[str, Tensor]] = {}
    slopes: dict[int, dict[str, Tensor]] = {}
    for number, (epoch, file) in enumerate(sorted(files.items())):
        with suppress(weights.WeightsError):
            weights.load(module, file)
            slopes[epoch] = _slopes(module, names, x, labels.to(x.device), len(data.classes))
            found[epoch] = _ends(module, names)
        if not report("Reading the weights of each epoch", (number + 1) / (2 * len(files))):
            break
    low = {name: min(float(found[epoch][name][0]) for epoch in found) for name in names} if found else {}
    high = {name: max(float(found[epoch][name][1]) for epoch in found) for name in names} if found else {}
    counts: dict[str, list[NDArray[np.int64]]] = {name: [] for name in names}
    for number, epoch in enumerate(found):
        weights.load(module, files[epoch])
        for name in names:
            counts[name].append(_counted(module.get_parameter(name).detach(), low[name], high[name]))
        report("Counting the weights of each epoch", (len(files) + number + 1) / (2 * len(files)))
    made = [
        LayerHistory(
            name,
            low[name],
            high[name],
            np.stack(counts[name]),
            np.stack([slopes[epoch][name].numpy() for epoch in found]) if name in slopes[min(found)] else None,
        )
        for name in (names if found else ())
    ]
    return WeightHistory(tuple(found), tuple(made), len(x))


def _ends(module: nn.Module, names: list[str]) -> dict[str, Tensor]:
    return {name: torch.stack(module.get_parameter(name).detach().float().aminmax()).cpu() for name in names}


def _counted(values: Tensor, low: float, high: float) -> NDArray[np.int64]:
    """How many of these numbers lie in each of the bins between both ends."""
    if low == high:
        low, high = low - max(abs(low), 1e-8), high + max(abs(high), 1e-8)
    found: NDArray[np.int64] = torch.histc(values.float().cpu().flatten(), BINS, low, high).numpy().astype(np.int64)
    return found


def _slopes(module: nn.Module, names: list[str], x: Tensor, labels: Tensor, classes: int) -> dict[str, Tensor]:
    """For each layer that has a gradient of the loss, how many of its numbers are of which size."""
    parameters = {name: each for name in names if (each := module.get_parameter(name)).requires_grad}
    if not parameters:
        return {}
    with looking(module), torch.enable_grad():
        scores = module(x)
        if tuple(scores.shape) != (len(x), classes):
            return {}
        found = torch.autograd.grad(cross_entropy(scores, labels), [*parameters.values()], allow_unused=True)
    low, high = DECADES
    sizes = {name: each.abs().float().cpu() for name, each in zip(parameters, found, strict=True) if each is not None}
    return {
        name: torch.histc(each.clamp(min=10.0**low, max=10.0**high).log10().clamp(low, high), BINS, low, high).long()
        for name, each in sizes.items()
    }
