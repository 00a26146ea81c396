"""Colouring: brightness, contrast and colours, blur and noise of whole batches, each image by a number of its own.

Each is the function of torchvision.transforms.v2.functional, up to rounding: here it is to the nearest byte, once.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from cnnstudio.training.augmentation.rounding import each

_LUMA = (0.2989, 0.587, 0.114)  # as torchvision makes grey of colour


def grey(images: Tensor) -> Tensor:
    """How bright each pixel is (N, 1, H, W)."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images[:, :1], images[:, 1:2], images[:, 2:]
    return (red * _LUMA[0]).add_(green, alpha=_LUMA[1]).add_(blue, alpha=_LUMA[2])


def greyscale(images: Tensor) -> Tensor:
    """The images without colours."""
    return grey(images).expand_as(images).clone()


# each takes images (N, C, H, W) in float32 from 0 to 255 and numbers (N,), and may write over the images


def brightened(images: Tensor, factors: Tensor) -> Tensor:
    """0 is black, 1 leaves them, 2 makes them twice as bright."""
    return images.mul_(each(factors, images)).clamp_(0, 255)


def contrasted(images: Tensor, factors: Tensor) -> Tensor:
    """0 is the mean grey of the image, 1 leaves them."""
    mean = grey(images).mean((1, 2, 3), keepdim=True)
    return _blended(images, mean, factors)


def saturated(images: Tensor, factors: Tensor) -> Tensor:
    """0 is grey, 1 leaves them; grey images stay."""
    return images if images.shape[1] == 1 else _blended(images, grey(images), factors)


def hued(images: Tensor, shifts: Tensor) -> Tensor:
    """Go round the circle of colours by a share of it, from -1/2 to 1/2; grey images stay.

    With the hue in sixths of the circle, red is min + chroma * clamp(|hue - 3| - 1, 0, 1), green and blue are min +
    chroma * clamp(2 - |hue - 2|, 0, 1) and with 4: https://en.wikipedia.org/wiki/HSL_and_HSV.
    """
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    most = torch.maximum(torch.maximum(red, green), blue)
    least = torch.minimum(torch.minimum(red, green), blue)
    chroma = most - least
    # which channel is the greatest, as 1 and 0: a choice by torch.where takes thirty times as long as a sum
    is_red, is_green = ((channel - most).mul_(1e6).add_(1).clamp_(min=0) for channel in (red, green))
    hue = (red - green).add_(chroma, alpha=4)
    hue.lerp_((blue - red).add_(chroma, alpha=2), is_green).lerp_(green - blue, is_red)
    hue.div_(chroma.clamp(min=1e-6)).add_(6 * each(shifts, images)[:, 0])
    hue.sub_((hue * (1 / 6)).floor_(), alpha=6)
    torch.addcmul(least, chroma, (hue - 3).abs_().sub_(1).clamp_(0, 1), out=red)
    for channel, middle in ((green, 2), (blue, 4)):
        torch.addcmul(least, chroma, (hue - middle).abs_().neg_().add_(2).clamp_(0, 1), out=channel)
    return images


def sharpened(images: Tensor, factors: Tensor) -> Tensor:
    """0 is a little blurred, 1 leaves them, 2 is sharp; the border stays, and so do images of less than 3 pixels."""
    if min(images.shape[2:]) < 3:
        return images
    height, width = images.shape[2:]
    inner = images[:, :, 1:-1, 1:-1]
    around = sum(images[:, :, y : y + height - 2, x : x + width - 2] for y in range(3) for x in range(3))
    smooth = ((around + 4 * inner) / 13).round_()
    images[:, :, 1:-1, 1:-1] = smooth + (inner - smooth) * each(factors, images)
    return images


def blurred(images: Tensor, sigmas: Tensor, reach: int) -> Tensor:
    """Blurred by bell curves of these standard deviations, cut off ``reach`` pixels away.

    The image is continued by its mirror image.
    """
    if reach == 0:
        return images
    places = torch.arange(-reach, reach + 1, device=images.device, dtype=torch.float32)
    weights = (-0.5 * (places / sigmas.to(images.device, torch.float32)[:, None]) ** 2).exp()
    weights = (weights / weights.sum(1, keepdim=True))[:, :, None, None, None]  # (N, window, 1, 1, 1)
    height, width = images.shape[2:]
    framed = pad(images, (reach,) * 4, mode="reflect")
    rows = weights[:, 0] * framed[:, :, :height]
    for place in range(1, 2 * reach + 1):
        rows.addcmul_(weights[:, place], framed[:, :, place : place + height])
    found = weights[:, 0] * rows[:, :, :, :width]
    for place in range(1, 2 * reach + 1):
        found.addcmul_(weights[:, place], rows[:, :, :, place : place + width])
    return found


def noised(images: Tensor, noise: Tensor) -> Tensor:
    """With noise (N, C, H, W) added, both from 0 to 255."""
    return images.add_(noise.to(images.device))


def _blended(images: Tensor, other: Tensor, factors: Tensor) -> Tensor:
    share = each(factors, images)
    return torch.lerp(other, images, share).clamp_(0, 255)


# of bytes


def posterized(images: Tensor, bits: Tensor) -> Tensor:
    """With so many bits (N,) left of each byte."""
    masks = (256 - 2 ** (8 - bits.long())).to(torch.uint8)
    return images & masks.to(images.device)[:, None, None, None]


def solarized(images: Tensor, thresholds: Tensor) -> Tensor:
    """The negative of what is at least as bright as a threshold (N,) from 0 to 255."""
    return torch.where(images >= each(thresholds, images), 255 - images, images)


def autocontrasted(images: Tensor) -> Tensor:
    """Each channel spread from black to white; one of a single number stays. Float32, and may be written over."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    is_flat = low == high
    factor = torch.where(is_flat, 1.0, 255 / (high - low).clamp(min=1))
    return images.sub_(torch.where(is_flat, 0.0, low)).mul_(factor)


def equalized(images: Tensor) -> Tensor:
    """Each channel with all bytes about equally often, by Pillow's table (``ImageOps.equalize``)."""
    flat = images.flatten(2).long()  # (N, C, pixels)
    counts = torch.zeros(*flat.shape[:2], 256, dtype=torch.long, device=images.device)
    counts.scatter_add_(2, flat, torch.ones_like(flat))
    sums = counts.cumsum(2)
    last = counts.gather(2, flat.amax(2, keepdim=True))  # how often the brightest byte comes
    step = (flat.shape[2] - last) // 255
    table = ((sums - counts + step // 2) // step.clamp(min=1)).clamp(0, 255)
    found = table.gather(2, flat).to(torch.uint8).view_as(images)
    return torch.where((step > 0)[..., None], found, images)
