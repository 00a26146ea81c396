"""The images of each step: bytes until they are shown, and altered as the recipe lists it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from cnnstudio.project.augmentations import (
    AlternatingFlip,
    Augmentation,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    usual,
)
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.batches import BOTH_SIDES, Batches, Sides
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.device import Device

CPU = Device(torch.device("cpu"), "CPU", False, False, ())


def left(mirror: bool = True) -> Data:
    """Forty images whose left side is bright; less than 8 pixels have no room to move."""
    images = torch.zeros(40, 1, 4, 4, dtype=torch.uint8)
    images[..., 0] = 255
    labels = torch.zeros(40, dtype=torch.int64)
    return Data("Left", images, labels, images, labels, ("a", "b"), (0.0,), (1.0,), mirror=mirror)


def turned(batches: Batches, epoch: int = 1, seed: int = 0) -> Tensor:
    """Which of the images are mirrored in this epoch (40,)."""
    images, _ = batches.batch(torch.arange(40), 0, epoch, torch.Generator().manual_seed(seed))
    return images[:, 0, 0, -1] == 1


def batches(data: Data, *augmentations: Augmentation, **recipe: Any) -> Batches:
    return Batches(data, Recipe(augmentations=augmentations, batch_size=40, **recipe), CPU)


@pytest.mark.parametrize("flip", [RandomHorizontalFlip(), AlternatingFlip()])
@pytest.mark.parametrize("data_may", [True, False])
def test_images_are_mirrored_where_the_recipe_says_so(data_may: bool, flip: Augmentation) -> None:
    """It is answered from both sides only where the images allow it."""
    made = batches(left(data_may), flip, test_time_mirror=True)
    assert 10 < int(turned(made).sum()) < 30
    assert any(type(flip).__name__ in note for note in made.notes)
    assert (BOTH_SIDES in made.notes) is data_may
    assert int(turned(batches(left(data_may), RandomCrop())).sum()) == 0


def test_alternating_shows_each_image_mirrored_in_every_other_epoch() -> None:
    """Jordan 2024: whatever two epochs that follow each other show is each image from both sides."""
    made = batches(left(), AlternatingFlip(), seed=3)
    first = turned(made)
    assert 10 < int(first.sum()) < 30
    for epoch in range(1, 6):  # whatever is drawn anew in the epoch
        assert torch.equal(turned(made, epoch, seed=epoch), first if epoch % 2 else ~first)
    assert torch.equal(turned(batches(left(), AlternatingFlip(), seed=3)), first), "nothing is to be remembered"
    assert not torch.equal(turned(batches(left(), AlternatingFlip(), seed=4)), first)
    random = batches(left(), RandomHorizontalFlip())
    assert not torch.equal(turned(random, 1, seed=1), ~turned(random, 2, seed=2))


def test_the_first_sides_are_not_drawn_as_the_order_is() -> None:
    made = batches(left(), AlternatingFlip())
    order = made.order(torch.Generator().manual_seed(0))
    same = torch.rand(40, generator=torch.Generator().manual_seed(0)) < 0.5
    assert not torch.equal(turned(made), same) and len(order) == 40


def test_sides_mean_something_only_where_images_are_mirrored() -> None:
    for flip in (RandomHorizontalFlip(), AlternatingFlip()):
        assert Recipe(augmentations=(RandomCrop(), flip)).matters("test_time_mirror")
    for other in ((), (RandomCrop(), RandomVerticalFlip())):
        assert not Recipe(augmentations=other).matters("test_time_mirror")
    assert not Sides(left(), Recipe(augmentations=usual(True))).are_averaged
    assert not Sides(left(), Recipe(test_time_mirror=True)).are_averaged


def test_images_stay_bytes_in_memory_until_their_step() -> None:
    """Four times less than as the numbers that a network reads, whatever they come from."""
    for key in ("digits", "shapes"):
        data = load(Recipe(data=key), DATASETS[key].shape)  # type: ignore[arg-type] # they have one
        assert data.train_images.dtype == data.validation_images.dtype == torch.uint8
        images, labels = CPU.held(data.train_images, data.train_labels)
        assert images.data_ptr() == data.train_images.data_ptr() and labels.data_ptr() == data.train_labels.data_ptr()
        made = batches(data, *usual(True))
        shown, _ = made.batch(torch.arange(len(data.train_labels)), 0, 1, torch.Generator().manual_seed(0))
        assert shown.dtype == torch.float32 and shown.shape == (40, *data.shape)
        kept = [each for each in vars(made).values() if isinstance(each, Tensor) and each.dim() == 4]
        assert [each.dtype for each in kept] == [torch.uint8]
