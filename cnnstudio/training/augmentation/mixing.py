"""Mixing: two training images in one, and the shares of their classes in it."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from cnnstudio.project.augmentations import CutMix, MixUp

NOTE = (
    "The training images are mixed, so loss and accuracy in training are those of mixed images: expect better ones in "
    "validation."
)


def mixed(images: Tensor, shares: Tensor, how: MixUp | CutMix, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) each mixed with another of the batch, and the share of each class in them (N, classes).

    ``shares`` are those in the images that are given. MixUp: Zhang et al. 2018, https://arxiv.org/abs/1710.09412;
    CutMix: Yun et al. 2019, https://arxiv.org/abs/1905.04899. ``random`` lives on the CPU, so that the same images come
    out on any device.
    """
    count, _, height, width = images.shape
    others = torch.randperm(count, generator=random).to(images.device)
    draw = np.random.default_rng(int(torch.randint(2**62, (1,), generator=random)))
    share = float(draw.beta(how.alpha, how.alpha))
    if isinstance(how, MixUp):
        images = images * share + images[others] * (1 - share)
    else:
        y, x = int(draw.integers(height)), int(draw.integers(width))
        down, right = (round(side * math.sqrt(1 - share) / 2) for side in (height, width))
        rows, columns = slice(max(0, y - down), y + down), slice(max(0, x - right), x + right)
        whole = images
        images = whole.clone()
        images[:, :, rows, columns] = whole[others][:, :, rows, columns]
        piece = len(range(*rows.indices(height))) * len(range(*columns.indices(width)))
        share = 1 - piece / (height * width)
    return images, shares * share + shares[others] * (1 - share)
