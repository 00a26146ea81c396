"""Pruning: channels of a node are taken out one after the other, and how much the network still tells right.

A channel that is taken out gives zeros, which is what the network is without its filter and without all weights that
read it: behind a ReLU or a pool, zero stays zero. The order follows from what the loss of training pictures is without
a channel, asked anew after each (Molchanov et al. 2017, arXiv:1611.06440, call such a ranking the oracle), or from the
sum of the absolute weights of its filter (Li et al. 2017, arXiv:1608.08710). Nothing is trained again in between.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.cut import Cut, cut
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.device import evaluated
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import Report

IMAGES = 200  # training pictures at most, by which it is asked what a channel is worth
JUDGED = 500  # validation pictures at most


def by_worth(prepared: Prepared, node: str, report: Report) -> tuple[int, ...]:
    """The channels of a node in the order in which they go at the least cost, asked of ``IMAGES`` training pictures.

    Each time, the one goes without which the loss of these pictures is the least, all that have gone left out. Where
    ``report`` says to end, those that have gone by then.
    """
    module, data = prepared.module, prepared.data
    chosen = torch.linspace(0, len(data.train_labels) - 1, min(IMAGES, len(data.train_labels))).long()
    labels = data.train_labels[chosen]
    gone: list[int] = []
    with evaluated(module), torch.no_grad():
        at = _cut(prepared, node, data.train_images[chosen])
        left = list(range(at.value.shape[1]))
        every = len(left)
        while left:
            losses = {
                channel: float(cross_entropy(at.onward(_without(at.value, [*gone, channel])).float(), labels))
                for channel in left
            }
            gone.append(min(left, key=lambda channel: losses[channel]))
            left.remove(gone[-1])
            if not report("Taking out what is worth least", len(gone) / every):
                break
    return tuple(gone)


def by_weights(prepared: Prepared, node: str) -> tuple[int, ...]:
    """The channels of a convolution in the order of the sums of the absolute weights of their filters, least first.

    Raises ``TraceError`` for a node that is no convolution.
    """
    layer = getattr(prepared.module, node, None)
    if not isinstance(layer, nn.Conv2d):
        raise TraceError(f"{node} has no filters that could be taken out.")
    sums = layer.weight.detach().abs().flatten(1).sum(1)
    return tuple(sums.argsort(stable=True).tolist())


def accuracies(prepared: Prepared, node: str, order: Sequence[int], report: Report) -> NDArray[np.float64]:
    """The shares (C + 1,) of validation pictures that are told right with 0, 1, 2 … channels of ``order`` gone.

    They are of the first ``JUDGED``. Where ``report`` says to end, the rest is NaN.
    """
    module, data = prepared.module, prepared.data
    labels = data.validation_labels[:JUDGED]
    found = np.full(len(order) + 1, np.nan)
    with evaluated(module), torch.no_grad():
        at = _cut(prepared, node, data.validation_images[:JUDGED])
        for count in range(len(order) + 1):
            given = at.onward(_without(at.value, order[:count]))
            found[count] = float((given.argmax(1) == labels).double().mean())
            if not report("Asking what is left", (count + 1) / (len(order) + 1)):
                break
    return found


def _cut(prepared: Prepared, node: str, images: Tensor) -> Cut:
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (prepared.data.mean, prepared.data.std))
    return cut(prepared.module, prepared.source, node, normalised(images, mean, std))


def _without(value: Tensor, channels: Sequence[int]) -> Tensor:
    found = value.clone()
    found[:, list(channels)] = 0.0
    return found
