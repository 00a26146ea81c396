"""Augmenter: the list of a recipe, done to the images of each step in its order."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from cnnstudio.project.augmentations import (
    MIRRORING,
    MIXING,
    AlternatingFlip,
    Augmentation,
    AugMix,
    ColorJitter,
    CutMix,
    GaussianBlur,
    GaussianNoise,
    MixUp,
    RandAugment,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomPerspective,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    TrivialAugmentWide,
    told,
)
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.augmentation import colouring, cropping, warping
from cnnstudio.training.augmentation.mixing import NOTE, mixed
from cnnstudio.training.augmentation.policies import aug_mixed, rand_augmented, trivial_augmented
from cnnstudio.training.augmentation.rounding import computed
from cnnstudio.wording import listed


class Augmenter:
    """What a recipe asks to be done to training images, of which there are ``count``, of so many ``classes``.

    What is drawn comes from the generator that each call is given, on the CPU. A list that is empty draws nothing.
    """

    def __init__(self, recipe: Recipe, count: int, classes: int) -> None:
        self._changes = [each for each in recipe.augmentations if not isinstance(each, MIXING)]
        self._mixes = [each for each in recipe.augmentations if isinstance(each, MIXING)]
        self._classes = classes
        self._first = torch.empty(0, dtype=torch.bool)  # (count,), whether each is mirrored in the first epoch
        if any(isinstance(each, AlternatingFlip) for each in self._changes):
            # a seed of its own: from the run's, the shuffling draws the same numbers
            random = torch.Generator().manual_seed(recipe.seed + 1)
            self._first = torch.rand(count, generator=random) < 0.5

    @property
    def notes(self) -> tuple[str, ...]:
        """What is done, in sentences."""
        said = [*self._changes, *self._mixes]
        if not said:
            return ()
        notes = [f"Augmentation: each training image goes through {listed(list(map(told, said)))}."]
        if any(isinstance(each, MIRRORING) for each in self._changes):
            notes.append("Images are mirrored, so that the network cannot tell left from right.")
        return tuple(notes + ([NOTE] if self._mixes else []))

    def altered(self, images: Tensor, numbers: Tensor, epoch: int, random: torch.Generator) -> Tensor:
        """Bytes (N, C, H, W), each altered by itself; ``numbers`` (N,) are those of the images, ``epoch`` is from 1."""
        for change in self._changes:
            if isinstance(change, AlternatingFlip):
                images = cropping.mirrored(images, self._turned(numbers, epoch))
                continue
            if change.probability >= 1:
                images = _changed(change, images, random)
                continue
            which = torch.rand(len(images), generator=random) < change.probability
            if isinstance(change, RandomHorizontalFlip):
                images = cropping.mirrored(images, which)
                continue
            own = which.nonzero()[:, 0].to(images.device)
            if len(own):
                images = images.index_copy(0, own, _changed(change, images[own], random))
        return images

    def mixed(self, images: Tensor, labels: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) as the network reads them and their labels (N,), mixed where that is asked for.

        Then the share of each class in each image (N, classes) takes the place of the labels.
        """
        if not self._mixes:
            return images, labels
        shares = one_hot(labels, self._classes).float()
        for how in self._mixes:
            if how.probability >= 1 or float(torch.rand(1, generator=random)) < how.probability:
                images, shares = mixed(images, shares, how, random)
        return images, shares

    def _turned(self, numbers: Tensor, epoch: int) -> Tensor:
        """Whether the images of these numbers are mirrored in this epoch, from 1 (N,).

        They alternate as in Jordan 2024, https://arxiv.org/abs/2404.00498.
        """
        first = self._first[numbers.to(self._first.device)]
        return first if epoch % 2 else ~first


def _changed(change: Augmentation, images: Tensor, random: torch.Generator) -> Tensor:  # noqa: PLR0912 - one case each
    """Bytes (N, C, H, W), all of them changed."""
    count, _, height, width = images.shape
    size = height, width
    match change:
        case RandomCrop(padding):
            return cropping.moved(images, random, padding)
        case RandomResizedCrop(scale, ratio):
            return cropping.enlarged(images, cropping.pieces_to_cut(count, size, scale, ratio, random))
        case RandomHorizontalFlip():
            return images.flip(3)
        case RandomVerticalFlip():
            return images.flip(2)
        case RandomRotation(degrees):
            return warping.warped(images, warping.affine_maps(size, -within(degrees, count, random)))
        case RandomAffine(degrees, translate, scale, shear):
            far = torch.tensor([translate * width, translate * height])
            return warping.warped(
                images,
                warping.affine_maps(
                    size,
                    within(degrees, count, random),
                    (within(1.0, (count, 2), random) * far).round(),
                    1 + within(scale, count, random),
                    within(shear, (count, 2), random),
                ),
            )
        case RandomPerspective(distortion):
            return warping.warped(
                images, warping.perspective_maps(*warping.corners_to_take(count, size, distortion, random))
            )
        case ColorJitter():
            return _jittered(change, images, random)
        case RandomGrayscale():
            return computed(colouring.greyscale, images)
        case GaussianBlur(sigma):
            blur = partial(colouring.blurred, reach=change.reach(min(size)))
            return computed(blur, images, 0.1 + (sigma - 0.1) * torch.rand(count, generator=random))
        case GaussianNoise(sigma):
            noise = 255 * sigma * torch.randn(images.shape, generator=random)
            return computed(colouring.noised, images, noise)
        case RandomErasing(scale, ratio):
            return cropping.wiped(images, cropping.rectangles_to_wipe(count, size, scale, ratio, random))
        case RandAugment(num_ops, magnitude):
            return rand_augmented(images, num_ops, magnitude, random)
        case TrivialAugmentWide():
            return trivial_augmented(images, random)
        case AugMix(severity, mixture_width, alpha):
            return aug_mixed(images, severity, mixture_width, alpha, random)
        case AlternatingFlip() | MixUp() | CutMix():
            raise AssertionError("It is no change of an image by itself.")


def within(most: float, size: int | tuple[int, ...], random: torch.Generator) -> Tensor:
    """Numbers drawn evenly from -most to most."""
    return most * (2 * torch.rand(size, generator=random) - 1)


_JITTERS = {
    "brightness": colouring.brightened,
    "contrast": colouring.contrasted,
    "saturation": colouring.saturated,
    "hue": colouring.hued,
}


def _jittered(how: ColorJitter, images: Tensor, random: torch.Generator) -> Tensor:
    """Brightness, contrast, saturation and hue, in an order by chance that is one for all of these images."""
    count, order = len(images), torch.randperm(len(_JITTERS), generator=random).tolist()
    steps = []
    for name in (list(_JITTERS)[place] for place in order):
        most = getattr(how, name)
        drawn = within(most, count, random)
        if most:
            steps.append((_JITTERS[name], drawn if name == "hue" else 1 + drawn))
    acts, numbers = [act for act, _ in steps], [drawn for _, drawn in steps]

    def jitter(part: Tensor, *drawn: Tensor) -> Tensor:
        for act, own in zip(acts, drawn, strict=True):
            part = act(part, own)
        return part

    return computed(jitter, images, *numbers) if steps else images
