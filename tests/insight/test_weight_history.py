"""How weights and gradients are spread after each epoch, against NumPy's histograms and a backward pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Sketch
from cnnstudio.insight.subject import Subject
from cnnstudio.insight.weight_history import BINS, DECADES, weight_history
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.training.runs.folder import Destination, RunFolder
from cnnstudio.training.runs.session import Prepared, begin
from cnnstudio.worker import unheard


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Subject, RunFolder]:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), BatchNorm2d(), ReLU(), Flatten(), Linear(10))
    project = Project(draw.graph(), Recipe(data="digits", epochs=3, batch_size=400, learning_rate=0.05, device="cpu"))
    place = tmp_path_factory.mktemp("runs")
    (prepared,) = [e for e in begin(project, Destination(place, "run"), unheard) if isinstance(e, Prepared)]
    return Subject(prepared, "", is_trained=True), RunFolder(place / "run")


def test_each_epoch_is_counted_as_numpy_counts_it(trained: tuple[Subject, RunFolder], tmp_path: Path) -> None:
    subject, folder = trained
    before = {name: tensor.clone() for name, tensor in subject.module.state_dict().items()}
    files = kept_epochs(folder)
    damaged = tmp_path / "4.safetensors"
    damaged.write_bytes(b"nothing")
    found = weight_history(subject, {**files, 4: damaged}, unheard)
    assert found.epochs == (1, 2, 3) and [layer.name for layer in found.layers] == ["conv1.weight", "fc1.weight"]
    assert all(torch.equal(before[name], tensor) for name, tensor in subject.module.state_dict().items())
    for layer in found.layers:
        values = [load_file(file)[layer.name].numpy() for file in files.values()]
        assert layer.low == min(each.min() for each in values) and layer.high == max(each.max() for each in values)
        for row, each in zip(layer.weights, values, strict=True):
            assert row.sum() == each.size
            edges = np.linspace(layer.low, layer.high, BINS + 1)
            assert np.abs(np.cumsum(row) - np.cumsum(np.histogram(each, edges)[0])).max() <= 1, "but for the edges"


def test_gradients_are_those_of_the_loss_by_their_size(trained: tuple[Subject, RunFolder]) -> None:
    subject, folder = trained
    files, data = kept_epochs(folder), subject.data
    found = weight_history(subject, files, unheard)
    module = subject.module
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    weights.load(module, files[2])
    chosen = torch.linspace(0, len(data.validation_labels) - 1, found.images).long()
    x = normalised(data.validation_images[chosen], torch.tensor(data.mean[0]), torch.tensor(data.std[0]))
    module.eval()
    loss = cross_entropy(module(x), data.validation_labels[chosen])
    slopes = torch.autograd.grad(loss, [module.get_parameter(layer.name) for layer in found.layers])
    module.load_state_dict(before)
    for layer, slope in zip(found.layers, slopes, strict=True):
        assert layer.gradients is not None and layer.gradients.shape == (3, BINS)
        sizes = np.log10(np.clip(slope.abs().numpy(), 1e-10, 1e2))
        expected = np.histogram(sizes, BINS, DECADES)[0]
        assert np.abs(np.cumsum(layer.gradients[1]) - np.cumsum(expected)).max() <= 2


def test_it_ends_where_nobody_wants_it(trained: tuple[Subject, RunFolder]) -> None:
    subject, folder = trained
    found = weight_history(subject, kept_epochs(folder), lambda *_: False)
    assert found.epochs == (1,)
    assert weight_history(subject, {}, unheard).layers == ()
