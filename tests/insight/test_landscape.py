"""The loss round the weights: filters of the right length, losses that are torch's, and a network left as it was."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from cnnstudio.graph import Shape
from cnnstudio.insight.landscape import IMAGES, directions, landscape
from cnnstudio.lessons.small_networks import deep, recipe
from cnnstudio.project import Project
from cnnstudio.training.data.loading import load
from cnnstudio.training.rehearsal import at_first
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import unheard


def prepared() -> Prepared:
    settings = recipe()
    return at_first(Project(deep(4, is_residual=True), settings), load(settings, Shape(1, 8, 8)))


def test_each_filter_of_a_direction_is_as_long_as_the_filter_itself() -> None:
    module = prepared().module
    one, other = directions(module, 0)
    again, _ = directions(module, 0)
    for name, weight in module.named_parameters():
        assert (name in one) == (weight.ndim > 1)
        if name in one:
            assert torch.equal(one[name], again[name]) and not torch.equal(one[name], other[name])
            for number in range(len(weight)):
                assert torch.allclose(one[name][number].norm(), weight[number].norm(), rtol=1e-5), name


def test_a_loss_is_that_of_a_network_with_these_weights() -> None:
    ready = prepared()
    found = list(landscape(ready, unheard, reach=0.5, count=3))
    assert [int(np.isnan(each.losses).sum()) for each in found] == [6, 3, 0]
    land, (one, other) = found[-1], directions(ready.module, 0)
    changed = copy.deepcopy(ready.module).eval()
    data = ready.data
    chosen = torch.linspace(0, len(data.train_labels) - 1, IMAGES).long()
    x = (data.train_images[chosen].double() / 255 - data.mean[0]) / data.std[0]
    for row, up in enumerate((-0.5, 0.0, 0.5)):
        for column, right in enumerate((-0.5, 0.0, 0.5)):
            weights = {name: tensor.clone() for name, tensor in ready.module.state_dict().items()}
            for name in one:
                weights[name] += right * one[name] + up * other[name]
            changed.load_state_dict(weights)
            with torch.no_grad():
                loss = cross_entropy(changed(x.float()), data.train_labels[chosen])
            assert abs(land.losses[row, column] - float(loss)) < 1e-3 * float(loss)
    assert land.at_weights == land.losses[1, 1]
    assert land.share_below(land.losses.max()) == 1.0 and land.share_below(land.losses.min()) == 1 / 9


def test_the_network_is_left_as_it_was() -> None:
    ready = prepared()
    module = ready.module.train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    assert len(list(landscape(ready, lambda *_: False, count=3))) == 1
    assert module.training and all(each.training for each in module.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())
