"""Batches: the training images of each step, and images as a network reads them."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from cnnstudio.project.augmentations import MIRRORING
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.augmentation.augmenter import Augmenter
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.device import Device, Forward
from cnnstudio.wording import abridged, counted

FEW = 2  # images of a class that teach nothing
BOTH_SIDES = "The validation takes the mean of the scores for each image and for its mirror image."


class Batches:
    """The training images in batches on the device. ``sizes`` says how many images each step of an epoch takes."""

    def __init__(self, data: Data, recipe: Recipe, device: Device) -> None:
        self._device = device
        self._size = recipe.batch_size * recipe.accumulation
        self.augmenter = Augmenter(recipe, len(data.train_labels), len(data.classes))
        self._sides = Sides(data, recipe)
        self._rare = few_images(data)
        self._mean = torch.tensor(data.mean).view(-1, 1, 1).to(device.torch)
        self._std = torch.tensor(data.std).view(-1, 1, 1).to(device.torch)
        self._images, self._labels = device.held(data.train_images, data.train_labels)
        self.sizes = sizes(len(self._labels), self._size)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is done to the images before each step, and what there is to say of them, in sentences."""
        told = [] if self._rare is None else [self._rare]
        told += self.augmenter.notes
        if self._sides.are_averaged:
            told.append(BOTH_SIDES)
        return tuple(told)

    def order(self, random: torch.Generator) -> Tensor:
        """The numbers of all images, shuffled."""
        return torch.randperm(len(self._labels), generator=random)

    def numbers(self, order: Tensor, step: int) -> Tensor:
        """The numbers of the images of a step, from 0, in an epoch of this order."""
        start = step * self._size
        return order[start : start + self.sizes[step]]

    def labels(self, numbers: Tensor) -> Tensor:
        """The labels of these images, on the device."""
        return self._labels[numbers.to(self._labels.device)].to(self._device.torch)

    def batch(self, order: Tensor, step: int, epoch: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """The images (N, C, H, W) of a step, from 0, in an epoch of this order, as the network reads them; and targets.

        Those are labels (N,), or the shares of the classes (N, classes) where images are mixed. ``random`` is drawn
        from where the recipe augments.
        """
        numbers = self.numbers(order, step).to(self._images.device)
        images, labels = (each.index_select(0, numbers).to(self._device.torch) for each in (self._images, self._labels))
        images = self.prepared(self.augmenter.altered(images, numbers, epoch, random))
        images, targets = self.augmenter.mixed(images, labels, random)
        return self._device.laid(images), targets

    def prepared(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) of bytes as the network reads them: on the device, normalised, laid out."""
        return self._device.laid(normalised(images.to(self._device.torch), self._mean, self._std))


class Sides:
    """Whether an image is as good seen in a mirror, where the recipe and the images say so."""

    def __init__(self, data: Data, recipe: Recipe) -> None:
        are_mirrored = any(isinstance(each, MIRRORING) for each in recipe.augmentations)
        self.are_averaged = data.mirror and are_mirrored and recipe.test_time_mirror
        """Whether the validation asks for the mean of the scores for both."""

    def asked(self, scores: Forward) -> Forward:
        """What gives the scores that count when images are told: for both sides, where their mean is to be taken."""
        return partial(_of_both_sides, scores) if self.are_averaged else scores


def _of_both_sides(scores: Forward, images: Tensor) -> Tensor:
    """The mean of the scores (N, classes) for images (N, C, H, W) and for their mirror images."""
    return (scores(images) + scores(images.flip(3))) / 2


def sizes(images: int, batch_size: int) -> list[int]:
    """How many images each batch of so many takes. A last one alone joins the batch before it.

    BatchNorm cannot take a mean over one image of 1 × 1.
    """
    found = [batch_size] * (images // batch_size)
    rest = images % batch_size
    if rest == 1 and found:
        found[-1] += 1
    elif rest:
        found.append(rest)
    return found


def few_images(data: Data) -> str | None:
    """A warning about classes with so few images that nothing can be learned from them; None where there are more."""
    counts = torch.bincount(data.train_labels, minlength=len(data.classes)).tolist()
    rare = [name for name, count in zip(data.classes, counts, strict=True) if count <= FEW]
    if not rare:
        return None
    listed = abridged((name[:40] for name in rare), 3)
    return f"There are at most {counted(FEW, 'image')} to learn from of {listed}: take more pictures."
