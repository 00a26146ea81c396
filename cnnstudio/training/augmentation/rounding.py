"""Rounding: arithmetic on images of bytes, some at a time in float32, so that little is held beside them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cnnstudio.training.data.room import at_once

_ROOM = 500_000  # bytes of numbers worked on at once: what a core has near it


def computed(act: Callable[..., Tensor], images: Tensor, *numbers: Tensor) -> Tensor:
    """What ``act`` makes of images (N, C, H, W) as float32 from 0 to 255, as bytes again.

    ``numbers`` (N, ...) has something for each image; ``act`` gets those of its part.
    """
    found = torch.empty_like(images)
    step = at_once(images.shape[1:], room=_ROOM if images.device.type == "cpu" else 100 * _ROOM)
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        found[part] = act(images[part].float(), *(each[part] for each in numbers)).round_().clamp_(0, 255)
    return found


def each(numbers: Tensor, images: Tensor) -> Tensor:
    """Numbers (N,) so that each goes with its image (N, C, H, W), on its device in float32."""
    return numbers.to(images.device, torch.float32)[:, None, None, None]
