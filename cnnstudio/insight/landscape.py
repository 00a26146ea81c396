"""Landscape: the loss of a network round the weights that it has, along two directions drawn by chance.

Li et al. 2018, arXiv:1712.09913: each direction is normal noise in which every filter is made as long as the filter of
the network itself ("filter normalisation"), so that networks with larger weights do not look flatter. Biases and the
parameters of BatchNorm stay as they are, as in the paper's own pictures. BatchNorm uses its running statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from cnnstudio.training.data.loading import normalised
from cnnstudio.training.device import evaluated
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import Report

Direction = dict[str, Tensor]
IMAGES = 100


@dataclass(frozen=True, eq=False)
class Landscape:
    """The mean cross-entropy (G, G) in nats: the rows are steps along the second direction, the first row on top.

    ``steps`` (G,) are the shares of the filters' lengths that are added; the weights themselves lie in the middle. What
    is not computed yet is NaN.
    """

    steps: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def at_weights(self) -> float:
        """The loss with the weights as they are."""
        middle = len(self.steps) // 2
        return float(self.losses[middle, middle])

    def share_below(self, loss: float) -> float:
        """The share of the places whose loss is at most this one."""
        return float((self.losses <= loss).mean())


def directions(module: nn.Module, seed: int) -> tuple[Direction, Direction]:
    """Two directions for the weights with more than one axis, filter-normalised; the same again from the same seed."""
    random = torch.Generator().manual_seed(seed)
    return _direction(module, random), _direction(module, random)


def _direction(module: nn.Module, random: torch.Generator) -> Direction:
    found = {}
    for name, weight in module.named_parameters():
        if weight.ndim < 2:
            continue
        noise = torch.randn(weight.shape, generator=random)
        own, drawn = (each.detach().cpu().flatten(1).norm(dim=1) for each in (weight, noise))
        scale = own / drawn.clamp(min=1e-12)
        found[name] = (noise * scale.view(-1, *[1] * (weight.ndim - 1))).to(weight)
    return found


def landscape(
    prepared: Prepared, report: Report, reach: float = 1.0, count: int = 13, seed: int = 0
) -> Iterator[Landscape]:
    """The landscape on ``count`` × ``count`` places (an odd number) up to ``reach`` to each side, row by row.

    It is of ``IMAGES`` of the training images, evenly taken. Where ``report`` says to end, no more rows come. The
    network keeps its weights, its gradients, its statistics and its mode bit for bit.
    """
    module, data = prepared.module, prepared.data
    chosen = torch.linspace(0, len(data.train_labels) - 1, min(IMAGES, len(data.train_labels))).long()
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (data.mean, data.std))
    x, labels = normalised(data.train_images[chosen], mean, std), data.train_labels[chosen]
    steps = np.linspace(-reach, reach, count)
    losses = np.full((count, count), np.nan)
    one, other = directions(module, seed)
    weights = {name: weight.detach() for name, weight in module.named_parameters()}
    for row in range(count):
        with evaluated(module), torch.no_grad():
            base = {name: weights[name] + float(steps[row]) * step for name, step in other.items()}
            for column in range(count):
                there = {name: weight + float(steps[column]) * one[name] for name, weight in base.items()}
                found = cross_entropy(functional_call(module, there, (x,)).float(), labels)
                losses[row, column] = float(found)
        yield Landscape(steps, losses.copy())
        if not report("Walking round the weights", (row + 1) / count):
            return
