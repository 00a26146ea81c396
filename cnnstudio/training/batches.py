"""Batches: the training images of each step, and images as a network reads them."""

from __future__ import annotations

import torch
from torch import Tensor

from cnnstudio.project.recipe import Recipe
from cnnstudio.training import mixing
from cnnstudio.training.data.loading import Data, augmented, normalised
from cnnstudio.training.device import Device
from cnnstudio.wording import abridged, counted

FEW = 2  # images of a class that teach nothing


class Batches:
    """The training images in batches on the device. ``sizes`` says how many images each step of an epoch takes."""

    def __init__(self, data: Data, recipe: Recipe, device: Device) -> None:
        self._device = device
        self._size = recipe.batch_size * recipe.accumulation
        self._augment, self._mirror = recipe.augment, data.mirror and recipe.mirror
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
        if self._augment:
            how = "every other one is mirrored, left to right" if self._mirror else "none is mirrored"
            told.append(f"Augmentation: each image is moved by up to an eighth of its side, and {how}.")
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

    def batch(self, order: Tensor, step: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """The images (N, C, H, W) of a step, from 0, in an epoch of this order, as the network reads them; and targets.

        Those are labels (N,), or the shares of the classes (N, classes) where images are mixed. ``random`` is drawn
        from where the recipe augments or mixes.
        """
        numbers = self.numbers(order, step).to(self._images.device)
        images, labels = self._images[numbers].to(self._device.torch), self._labels[numbers].to(self._device.torch)
        if self._augment:
            images = augmented(images, self._mirror, random)
        images = self.prepared(images)
        if self._recipe.mixing == "none":
            return images, labels
        images, shares = mixing.mixed(images, labels, self._classes, self._recipe, random)
        return self._device.laid(images), shares

    def prepared(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) of bytes as the network reads them: on the device, normalised, laid out."""
        return self._device.laid(normalised(images.to(self._device.torch), self._mean, self._std))


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
