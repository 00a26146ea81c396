"""The first batch of a run lies in its folder as it was fed."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from cnnstudio.project.augmentations import (
    AlternatingFlip,
    Augmentation,
    CutMix,
    GaussianNoise,
    MixUp,
    RandAugment,
    RandomCrop,
    RandomResizedCrop,
    usual,
)
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import first_batch
from cnnstudio.training.augmentation.preview import preview, repeated
from cnnstudio.training.batches import Batches
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Finished
from cnnstudio.training.loop import train

PLAN = Recipe(epochs=2, batch_size=8, learning_rate=0.01, device="cpu", augmentations=usual(True))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_pictures_are_what_the_network_was_given(
    make_data: Callable[..., Data], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    fed: list[tuple[Tensor, Tensor]] = []
    batch = Batches.batch

    def seen(self: Batches, *place: object) -> tuple[Tensor, Tensor]:
        fed.append(batch(self, *place))  # type: ignore[arg-type]
        return fed[-1]

    monkeypatch.setattr(Batches, "batch", seen)
    data = make_data(size=(channels, 8, 8))
    module = nn.Sequential(nn.Flatten(), nn.Linear(64 * channels, 3))
    list(train(module, data, PLAN, tmp_path))
    images, labels = fed[0]
    with (tmp_path / "first_batch" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["picture", "label"] and len(rows) == 9
    for (name, label), image, number in zip(rows[1:], images, labels.tolist(), strict=True):
        assert label == data.classes[number]
        pixels = np.asarray(Image.open(tmp_path / "first_batch" / name)).reshape(8, 8, channels)
        again = (torch.tensor(pixels).permute(2, 0, 1).float() / 255 - 0.4) / 0.3
        assert torch.allclose(again, image, atol=1e-5)
    assert not torch.equal(fed[0][0], fed[5][0]), "it was not written again in the second epoch"
    assert len(list((tmp_path / "first_batch").iterdir())) == 9


def test_mixed_labels_are_told_by_their_shares(make_data: Callable[..., Data], tmp_path: Path) -> None:
    data = make_data()
    labels = torch.tensor([[0.25, 0.0, 0.75], [0.0, 1.0, 0.0]])
    first_batch.write(tmp_path, torch.zeros(2, 1, 8, 8), labels, data)
    text = (tmp_path / "first_batch" / "labels.csv").read_text()
    assert text.splitlines()[1:] == ['001.png,"class 2 75%, class 0 25%"', "002.png,class 1 100%"]


def test_a_folder_that_takes_no_pictures_ends_nothing(make_data: Callable[..., Data], tmp_path: Path) -> None:
    (tmp_path / "first_batch").touch()
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    assert isinstance(list(train(module, make_data(), PLAN, tmp_path))[-1], Finished)


@pytest.mark.parametrize(
    "listed",
    [(), usual(True), (RandAugment(), RandomResizedCrop(), GaussianNoise(), MixUp()), (RandomCrop(3), CutMix())],
)
def test_the_preview_is_the_first_batch_byte_for_byte(
    make_data: Callable[..., Data], tmp_path: Path, listed: tuple[Augmentation, ...]
) -> None:
    data, recipe = make_data(size=(3, 8, 8)), dataclasses.replace(PLAN, augmentations=listed, seed=5)
    list(train(nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), data, recipe, tmp_path))
    shown = preview(recipe, data)
    with (tmp_path / "first_batch" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert tuple(label for _, label in rows) == shown.labels and len(rows) == 8
    for (name, _), image in zip(rows, shown.after, strict=True):
        pixels = np.asarray(Image.open(tmp_path / "first_batch" / name))
        assert np.array_equal(pixels, image.permute(1, 2, 0).numpy())
    assert torch.equal(shown.before, data.train_images[list(shown.numbers)])
    assert torch.equal(shown.before, shown.after) is (listed == ())
    other = preview(recipe, data, 1)
    assert torch.equal(other.before, shown.before) and torch.equal(other.after, shown.after) is (listed == ())


def test_one_picture_is_shown_as_it_comes_in_each_epoch(make_data: Callable[..., Data]) -> None:
    data = make_data(size=(3, 8, 8))
    recipe = dataclasses.replace(PLAN, augmentations=(AlternatingFlip(), MixUp()))
    shown = repeated(recipe, data, 4, 6)
    image = data.train_images[4]
    assert torch.equal(shown[0], shown[2]) and torch.equal(shown[1], shown[0].flip(2))
    assert torch.equal(shown[0], image) or torch.equal(shown[1], image)
    many = repeated(dataclasses.replace(recipe, augmentations=(RandomCrop(3),)), data, 4, 20)
    assert len({bytes(each.numpy()) for each in many}) > 10
