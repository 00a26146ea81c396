"""Preview: the first batch of a run before there is a run, and one picture as it will be shown again and again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnstudio.project.recipe import Recipe
from cnnstudio.training import first_batch
from cnnstudio.training.batches import Batches
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import Device
from cnnstudio.training.random_streams import RandomStreams

_APART = 7_919  # between the seeds of two draws


@dataclass(frozen=True, eq=False)
class Preview:
    """Images of bytes ``before`` (N, C, H, W) and ``after`` augmentation, and what each is labelled with after it.

    ``numbers`` (N,) are those of the training images.
    """

    before: Tensor
    after: Tensor
    labels: tuple[str, ...]
    numbers: tuple[int, ...]


def preview(recipe: Recipe, data: Data, draw: int = 0) -> Preview:
    """The images of the first step of a run of this recipe, byte for byte; with another ``draw`` drawn otherwise.

    A run on another device than the CPU may round a byte otherwise.
    """
    batches, random = _batches(recipe, data), _stream(recipe, 0)
    order = batches.order(random)
    images, targets = batches.batch(order, 0, 1, _stream(recipe, draw) if draw else random)
    numbers = batches.numbers(order, 0)
    labels = tuple(first_batch.named(each, data.classes) for each in targets.tolist())
    return Preview(data.train_images[numbers], first_batch.pictures(images, data), labels, tuple(numbers.tolist()))


def repeated(recipe: Recipe, data: Data, number: int, count: int, draw: int = 0) -> Tensor:
    """One training image (count, C, H, W) as it may look in so many epochs; it is mixed with none."""
    made, random = _batches(recipe, data).augmenter, _stream(recipe, draw + 1)
    image, numbers = data.train_images[number : number + 1], torch.tensor([number])
    return torch.cat([made.altered(image, numbers, epoch, random) for epoch in range(1, count + 1)])


def _stream(recipe: Recipe, draw: int) -> torch.Generator:
    """What the images of a run are drawn from at its beginning, or another draw of it."""
    return RandomStreams((recipe.seed + _APART * draw) % 2**63, torch.device("cpu")).images


def _batches(recipe: Recipe, data: Data) -> Batches:
    return Batches(data, recipe, Device(torch.device("cpu"), "CPU", bfloat16=False, channels_last=False, notes=()))
