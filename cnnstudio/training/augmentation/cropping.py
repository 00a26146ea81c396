"""Cropping: windows, pieces and mirror images, and rectangles that are wiped out."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

_TRIES = 10  # to draw a piece that fits, as torchvision does
Boxes = tuple[Tensor, Tensor, Tensor, Tensor]
"""Tops, lefts, heights and widths (N,), whole numbers of pixels."""


def moved(images: Tensor, random: torch.Generator, padding: int | None = None) -> Tensor:
    """Each image moved by up to ``padding`` pixels, an eighth of its side where that is None; what comes in is black.

    With 32 pixels that is the crop with padding 4 that CIFAR-10 is trained with.
    """
    count, channels, height, width = images.shape
    down, right = (side // 8 if padding is None else padding for side in (height, width))
    tops = torch.randint(2 * down + 1, (count,), generator=random)
    lefts = torch.randint(2 * right + 1, (count,), generator=random)
    # whole rows are copied at a time, those of images that move alike to the side together: four times as fast as to
    # pick the windows one by one
    order = lefts.argsort(stable=True)
    framed = pad(images, (right, right, down, down))
    maps = order[:, None] * channels + torch.arange(channels)
    rows = (maps * framed.shape[2] + tops[order, None])[..., None] + torch.arange(height)  # (N, C, H)
    picked = (
        framed.flatten(0, 2)
        .index_select(0, rows.flatten().to(images.device))
        .view(count, channels, height, width + 2 * right)
    )
    found, start = torch.empty_like(images), 0
    for left, many in enumerate(torch.bincount(lefts, minlength=2 * right + 1).tolist()):
        part = slice(start, start + many)
        found[part] = picked[part, :, :, left : left + width]
        start += many
    return found.index_select(0, order.argsort().to(images.device))


def mirrored(images: Tensor, which: Tensor) -> Tensor:
    """The images (N, C, H, W), those mirrored left to right of which ``which`` (N,) is true."""
    own = which.nonzero()[:, 0].to(images.device)
    return images.index_copy(0, own, images.index_select(0, own).flip(3)) if len(own) else images


def pieces_to_cut(count: int, size: tuple[int, int], scale: float, ratio: float, random: torch.Generator) -> Boxes:
    """Pieces of images of a size (H, W): of an area from ``scale`` to all of it, of a ratio to ``ratio`` either way.

    They are drawn as by torchvision's RandomResizedCrop: the area evenly, the ratio evenly in its logarithm, and in the
    middle what is left of the image where ten draws do not fit.
    """
    height, width = size
    heights, widths, fits = _rectangles(count, height * width, (scale, 1.0), ratio, random)
    fits &= (heights >= 1) & (widths >= 1) & (heights <= height) & (widths <= width)
    whole = height, width  # in the middle, within the ratio
    if width > ratio * height:
        whole = height, round(height * ratio)
    elif height > ratio * width:
        whole = round(width * ratio), width
    found = [_first(each, fits, other) for each, other in zip((heights, widths), whole, strict=True)]
    has_found = fits.any(1)
    corners = []
    for side, length in zip(size, found, strict=True):
        drawn = (torch.rand(count, generator=random) * (side - length + 1)).long().clamp(max=side)
        corners.append(torch.where(has_found, torch.minimum(drawn, side - length), (side - length) // 2))
    return corners[0], corners[1], found[0], found[1]


def enlarged(images: Tensor, boxes: Boxes) -> Tensor:
    """Of each image its box, in the size of the image: bilinear, as torchvision's ``resized_crop``."""
    size = images.shape[2:]
    is_byte = images.device.type == "cpu"  # there torch has a fast way for bytes
    source = images if is_byte else images.float()
    found = torch.empty_like(source)
    for place, (top, left, height, width) in enumerate(zip(*(each.tolist() for each in boxes), strict=True)):
        piece = source[place : place + 1, :, top : top + height, left : left + width]
        found[place] = interpolate(piece, size, mode="bilinear", antialias=True, align_corners=False)[0]
    return found if is_byte else found.round_().clamp_(0, 255).to(torch.uint8)


def rectangles_to_wipe(count: int, size: tuple[int, int], scale: float, ratio: float, random: torch.Generator) -> Boxes:
    """Rectangles of an area from a fiftieth to ``scale`` of it, as by torchvision's RandomErasing.

    One of no height is none: ten draws did not fit.
    """
    height, width = size
    heights, widths, fits = _rectangles(count, height * width, (min(0.02, scale), scale), ratio, random)
    fits &= (heights < height) & (widths < width)
    found = [_first(each, fits, 0) for each in (heights, widths)]
    corners = [
        (torch.rand(count, generator=random) * (side - length + 1)).long().clamp(max=side)
        for side, length in zip(size, found, strict=True)
    ]
    return corners[0], corners[1], found[0], found[1]


def wiped(images: Tensor, boxes: Boxes) -> Tensor:
    """The images with their boxes black."""
    top, left, height, width = (each.to(images.device)[:, None] for each in boxes)
    rows, columns = (torch.arange(side, device=images.device)[None] for side in images.shape[2:])
    inside = ((rows >= top) & (rows < top + height))[:, :, None] & ((columns >= left) & (columns < left + width))[
        :, None
    ]
    return images.masked_fill(inside[:, None], 0)


def _rectangles(
    count: int, area: int, scale: tuple[float, float], ratio: float, random: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Heights and widths (N, tries), in whole pixels, and a place for whether each fits (N, tries)."""
    areas = area * _between(*scale, (count, _TRIES), random)
    ratios = _between(-math.log(ratio), math.log(ratio), (count, _TRIES), random).exp()
    heights, widths = (areas / ratios).sqrt().round().long(), (areas * ratios).sqrt().round().long()
    return heights, widths, torch.ones(count, _TRIES, dtype=torch.bool)


def _first(values: Tensor, fits: Tensor, other: int) -> Tensor:
    """Of each row (N, tries) the first value that fits, or the other."""
    chosen = values.gather(1, fits.int().argmax(1, keepdim=True))[:, 0]
    return torch.where(fits.any(1), chosen, other)


def _between(low: float, high: float, size: tuple[int, ...], random: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(size, generator=random, dtype=torch.float64)
