"""Warping: images turned, moved, sheared and seen from elsewhere; each by numbers of its own.

A map is eight numbers: the pixel (x, y) of the new image, whose middle is (x + 1/2, y + 1/2), is taken from
((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1)) of the old one, as torchvision counts.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from cnnstudio.training.augmentation.rounding import computed

Size = tuple[int, int]
"""Height and width."""


def warped(images: Tensor, maps: Tensor, *, smooth: bool = True) -> Tensor:
    """The images (N, C, H, W), each taken by its map (N, 8); bilinear, or with the nearest pixel; black outside."""
    return computed(_sampled if smooth else _nearest, images, maps.to(images.device, torch.float32))


def _sampled(images: Tensor, maps: Tensor, mode: str = "bilinear") -> Tensor:
    height, width = images.shape[2:]
    x = torch.arange(width, device=images.device, dtype=torch.float32) + 0.5
    y = (torch.arange(height, device=images.device, dtype=torch.float32) + 0.5)[:, None]
    a, b, c, d, e, f, g, h = (each[:, None, None] for each in maps.unbind(1))
    across, down = a * x + b * y + c, d * x + e * y + f  # (N, H, W)
    if maps[:, 6:].any():
        depth = g * x + h * y + 1
        across, down = across / depth, down / depth
    grid = torch.stack((across * (2 / width) - 1, down * (2 / height) - 1), 3)
    return grid_sample(images, grid, mode=mode, padding_mode="zeros", align_corners=False)


def _nearest(images: Tensor, maps: Tensor) -> Tensor:
    return _sampled(images, maps, "nearest")


def affine_maps(
    size: Size,
    angles: Tensor,
    translations: Tensor | None = None,
    scales: Tensor | None = None,
    shears: Tensor | None = None,
    *,
    about_corner: bool = False,
) -> Tensor:
    """The maps (N, 8) of ``torchvision.transforms.v2.functional.affine``, about the centre or the first corner.

    ``angles`` (N,) in degrees go with the clock, ``translations`` (N, 2) are pixels to the right and down, ``scales``
    (N,) factors, ``shears`` (N, 2) degrees.
    """
    count = len(angles)
    rot = angles.double().deg2rad()
    moves = torch.zeros(count, 2) if translations is None else translations
    factor = torch.ones(count) if scales is None else scales.double()
    tilts = torch.zeros(count, 2) if shears is None else shears
    sx, sy = tilts.double().deg2rad().unbind(1)
    tx, ty = moves.double().unbind(1)
    a, c = (rot - sy).cos() / sy.cos(), (rot - sy).sin() / sy.cos()
    b, d = -(a * sx.tan() + rot.sin()), rot.cos() - c * sx.tan()
    # the inverse: of the new pixel, where it was; the determinant without the scale is 1
    ax, bx, ay, by = d / factor, -b / factor, -c / factor, a / factor
    cx, cy = (0.0, 0.0) if about_corner else (size[1] / 2, size[0] / 2)
    zero = torch.zeros_like(ax)
    return torch.stack(
        (
            ax, bx, cx - ax * (cx + tx) - bx * (cy + ty),
            ay, by, cy - ay * (cx + tx) - by * (cy + ty),
            zero, zero,
        ),
        1,
    )  # fmt: skip


def perspective_maps(starts: Tensor, ends: Tensor) -> Tensor:
    """The maps (N, 8) that take the corners ``starts`` (N, 4, 2), as x and y, to ``ends``, as torchvision's."""
    x, y = ends.double().unbind(2)
    one, none = torch.ones_like(x), torch.zeros_like(x)
    rows = []
    for place, (first, second) in enumerate((((x, y, one), (none,) * 3), ((none,) * 3, (x, y, one)))):
        target = starts.double()[:, :, place]
        rows.append(torch.stack((*first, *second, -target * x, -target * y), 2))
    system, wanted = torch.cat(rows, 1), torch.cat(starts.double().unbind(2), 1)
    # the corners of very small images may meet, and then no one map is the right one
    found: Tensor = torch.linalg.lstsq(system, wanted[:, :, None], driver="gelsd").solution[:, :, 0]
    return found


def corners_to_take(count: int, size: Size, distortion: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """The corners of images of a size and where they go, both (N, 4, 2), drawn as by RandomPerspective."""
    height, width = size
    down, right = (int(distortion * (side // 2)) + 1 for side in size)
    inwards = [torch.randint(most, (count, 4), generator=random) for most in (right, down)]
    starts = torch.tensor([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
    signs = torch.tensor([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    return starts.expand(count, 4, 2), starts + signs * torch.stack(inwards, 2)
