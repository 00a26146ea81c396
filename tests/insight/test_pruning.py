"""Channels that are taken out: the network is then what it is without their filters, and the order what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from cnnstudio.graph import Shape
from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.pruning import IMAGES, accuracies, by_weights, by_worth
from cnnstudio.lessons.small_networks import DIGITS, recipe, usual
from cnnstudio.project import Project
from cnnstudio.training.data.loading import load
from cnnstudio.training.rehearsal import at_first
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import unheard

CHANNELS = 6


@pytest.fixture(scope="module")
def ready() -> Prepared:
    settings = recipe()
    return at_first(Project(usual(DIGITS, 4, second=CHANNELS), settings), load(settings, Shape(*DIGITS)))


def smaller(ready: Prepared, kept: list[int]) -> torch.nn.Module:
    """The network with these channels of its second convolution alone, and the weights that belong to them."""
    made = at_first(Project(usual(DIGITS, 4, second=len(kept)), recipe()), ready.data).module
    weights = dict(ready.module.state_dict())
    for name in ("conv2.weight", "conv2.bias"):
        weights[name] = weights[name][kept]
    last = list(weights)[-2]  # the weight of the fully connected layer
    weights[last] = weights[last].view(10, CHANNELS, -1)[:, kept].flatten(1)
    made.load_state_dict(weights)
    return made.eval()


def images(ready: Prepared, which: str) -> torch.Tensor:
    pixels: torch.Tensor = getattr(ready.data, f"{which}_images").float() / 255
    return (pixels - ready.data.mean[0]) / ready.data.std[0]


def test_what_is_left_is_the_network_without_these_filters(ready: Prepared) -> None:
    order = (3, 0, 5, 1)
    found = accuracies(ready, "conv2", order, unheard)
    x, labels = images(ready, "validation"), ready.data.validation_labels
    for count, share in enumerate(found):
        kept = [channel for channel in range(CHANNELS) if channel not in order[:count]]
        with torch.no_grad():
            right = (smaller(ready, kept)(x).argmax(1) == labels).double().mean()
        assert share == pytest.approx(float(right), abs=1.5 / len(labels)), count


def test_each_time_the_channel_goes_that_the_loss_misses_least(ready: Prepared) -> None:
    order = by_worth(ready, "conv2", unheard)
    assert sorted(order) == list(range(CHANNELS))
    chosen = torch.linspace(0, len(ready.data.train_labels) - 1, IMAGES).long()
    x, labels = images(ready, "train")[chosen], ready.data.train_labels[chosen]
    left = list(range(CHANNELS))
    for gone in order[:-1]:
        losses = {}
        for channel in left:
            with torch.no_grad():
                kept = [each for each in left if each != channel]
                losses[channel] = float(cross_entropy(smaller(ready, kept)(x), labels))
        assert losses[gone] <= min(losses.values()) + 1e-5
        left.remove(gone)


def test_small_filters_go_first_by_their_weights(ready: Prepared) -> None:
    order = by_weights(ready, "conv2")
    sums = [float(ready.module.conv2.weight[channel].detach().abs().sum()) for channel in order]
    assert sums == sorted(sums) and sorted(order) == list(range(CHANNELS))
    with pytest.raises(TraceError, match="no filters"):
        by_weights(ready, "relu1")


def test_it_ends_where_it_is_told_to_and_leaves_the_network_as_it_was(ready: Prepared) -> None:
    before = {name: tensor.clone() for name, tensor in ready.module.state_dict().items()}
    ready.module.train()
    assert len(by_worth(ready, "conv2", lambda *_: False)) == 1
    assert int(np.isnan(accuracies(ready, "conv2", (0, 1, 2), lambda *_: False)).sum()) == 3
    assert ready.module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in ready.module.state_dict().items())
