"""Batches: the training images of each step, and images as a network reads them."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from cnnstudio.project.recipe import Recipe
from cnnstudio.training import mixing
from cnnstudio.training.data.loading import Data, mirrored, moved, normalised
from cnnstudio.training.device import Device, Forward
from cnnstudio.wording import abridged, counted

FEW = 2  # images of a class that teach nothing
BOTH_SIDES = "The validation takes the mean of the scores for each image and for its mirror image."


class Batches:
    """The training images in batches on the device. ``sizes`` says how many images each step of an epoch takes."""

    def __init__(self, data: Data, recipe: Recipe, device: Device) -> None:
        self._device = device
        self._size = recipe.batch_size * recipe.accumulation
        self._sides = Sides(data, recipe)
        self._recipe, self._classes = recipe, len(data.classes)
        self._rare = few_images(data)
        self._mean = torch.tensor(data.mean).view(-1, 1, 1).to(device.torch)
        self._std = torch.tensor(data.std).view(-1, 1, 1).to(device.torch)
        self._images, self._labels = device.held(data.train_images, data.train_labels)
        self.sizes = sizes(len(self._labels), self._size)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is done to the images before each step, and what there is to say of them, in sentences."""
        told = [] if self._rare is None else [self._rare]
        if self._recipe.augment:
            told.append(f"Augmentation: each image is moved by up to an eighth of its side, and {self._sides.how}.")
        if self._sides.are_averaged:
            told.append(BOTH_SIDES)
        if self._recipe.mixing != "none":
            told.append(mixing.NOTE)
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
        from where the recipe augments or mixes.
        """
        numbers = self.numbers(order, step).to(self._images.device)
        images, labels = self._images[numbers].to(self._device.torch), self._labels[numbers].to(self._device.torch)
        if self._recipe.augment:
            images = moved(images, random)
        if self._sides.are_alike:
            images = mirrored(images, self._sides.turned(numbers, epoch, random))
        images = self.prepared(images)
        if self._recipe.mixing == "none":
            return images, labels
        images, shares = mixing.mixed(images, labels, self._classes, self._recipe, random)
        return self._device.laid(images), shares

    def prepared(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) of bytes as the network reads them: on the device, normalised, laid out."""
        return self._device.laid(normalised(images.to(self._device.torch), self._mean, self._std))


class Sides:
    """Which images are shown mirrored, left to right, where the recipe asks for it and the images allow it."""

    def __init__(self, data: Data, recipe: Recipe) -> None:
        self.are_alike = recipe.augment and recipe.mirror and data.mirror
        """Whether a mirror image is as good as the image."""
        self.are_averaged = self.are_alike and recipe.test_time_mirror
        """Whether the validation asks for the mean of the scores for both."""
        self._first: Tensor | None = None  # (images,), whether each is mirrored in the first epoch
        if self.are_alike and recipe.flip == "alternating":
            # a seed of its own: from the run's, the shuffling draws the same numbers
            random = torch.Generator().manual_seed(recipe.seed + 1)
            self._first = torch.rand(len(data.train_labels), generator=random) < 0.5

    def asked(self, scores: Forward) -> Forward:
        """What gives the scores that count when images are told: for both sides, where their mean is to be taken."""
        return partial(_of_both_sides, scores) if self.are_averaged else scores

    @property
    def how(self) -> str:
        """What is done to them, as the end of a sentence."""
        if not self.are_alike:
            return "none is mirrored"
        alternating = ", and in the next epoch the others" if self._first is not None else ""
        return f"every other one is mirrored, left to right{alternating}"

    def turned(self, numbers: Tensor, epoch: int, random: torch.Generator) -> Tensor:
        """Whether the images of these numbers are mirrored in this epoch, from 1 (N,).

        They alternate as in Jordan 2024, https://arxiv.org/abs/2404.00498, or ``random`` says so of each anew.
        """
        if self._first is None:
            return torch.rand(len(numbers), generator=random) < 0.5
        first = self._first[numbers.to(self._first.device)]
        return first if epoch % 2 else ~first


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
