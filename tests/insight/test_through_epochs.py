"""What a node made of a picture after each epoch, against the weights of that epoch run by torch itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, Residual
from cnnstudio.compiler.source import Place
from cnnstudio.graph import Sketch
from cnnstudio.insight import through_epochs as module_of_it
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.insight.through_epochs import through_epochs
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.training.runs.folder import Destination, RunFolder
from cnnstudio.training.runs.session import Prepared, begin
from cnnstudio.worker import unheard


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, RunFolder]:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Residual(4), Flatten(), Linear(10))
    project = Project(draw.graph(), Recipe(data="digits", epochs=3, batch_size=400, learning_rate=0.05, device="cpu"))
    place = tmp_path_factory.mktemp("runs")
    (prepared,) = [e for e in begin(project, Destination(place, "run"), unheard) if isinstance(e, Prepared)]
    return prepared, RunFolder(place / "run")


def test_the_maps_of_each_epoch_are_those_of_its_weights(trained: tuple[Prepared, RunFolder]) -> None:
    prepared, folder = trained
    before = {name: tensor.clone() for name, tensor in prepared.module.state_dict().items()}
    found: dict[int, FeatureMaps] = {}
    heard: list[float | None] = []

    def report(_: str, share: float | None = None) -> bool:
        heard.append(share)
        return True

    place, files = Place("conv1", ("block1",)), kept_epochs(folder)
    assert through_epochs(prepared, place, 3, files, report, first=2, found=found) is None
    assert list(found) == [2, 1, 3] and heard[-1] == 1.0
    assert all(torch.equal(before[name], tensor) for name, tensor in prepared.module.state_dict().items())
    assert not np.array_equal(found[1].maps, found[2].maps)
    data = prepared.data
    x = normalised(data.validation_images[3:4], torch.tensor(data.mean[0]), torch.tensor(data.std[0]))
    for epoch, file in files.items():
        weights.load(prepared.module, file)
        told: list[torch.Tensor] = []
        handle = prepared.module.block1.conv1.register_forward_hook(lambda *found, told=told: told.append(found[2]))
        with torch.no_grad():
            scores = prepared.module.eval()(x)
        handle.remove()
        assert np.array_equal(found[epoch].maps, told[0][0].numpy())
        assert found[epoch].guess == data.classes[int(scores.argmax())]
    prepared.module.load_state_dict(before)


def test_maps_that_take_too_much_room_are_cut_and_it_is_said(
    trained: tuple[Prepared, RunFolder], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepared, folder = trained
    monkeypatch.setattr(module_of_it, "MOST_BYTES", 3 * 2 * 6 * 6 * 4)
    files = dict(kept_epochs(folder))
    files[2] = tmp_path / "gone.safetensors"
    found: dict[int, FeatureMaps] = {}
    assert through_epochs(prepared, Place("conv1"), 0, files, unheard, first=1, found=found) == 2
    assert {epoch: each.maps.shape for epoch, each in found.items()} == {1: (2, 6, 6), 3: (2, 6, 6)}
    found.clear()
    through_epochs(prepared, Place("conv1"), 0, files, lambda *_: False, first=3, found=found)
    assert list(found) == [3]  # it was told to end
