"""Every operation against torchvision's function of version 2, image by image with the same numbers."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from cnnstudio.project.augmentations import GaussianBlur
from cnnstudio.training.augmentation import colouring, cropping, warping
from cnnstudio.training.augmentation.policies import operated
from cnnstudio.training.augmentation.rounding import computed
from cnnstudio.training.torchvision_compat import make_ready

make_ready()
v2: Any = importlib.import_module("torchvision.transforms.v2")
F, COUNT = v2.functional, 12
SMOOTH, NEAREST = v2.InterpolationMode.BILINEAR, v2.InterpolationMode.NEAREST


def pictures(channels: int = 3, height: int = 20, width: int = 26) -> Tensor:
    """Smooth pictures with some noise, the first one of a single colour."""
    random = torch.Generator().manual_seed(7)
    coarse = torch.rand(COUNT, channels, 5, 6, generator=random)
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)
    noise = 0.1 * torch.rand(COUNT, channels, height, width, generator=random)
    found = (255 * (0.9 * smooth + noise)).round().to(torch.uint8)
    found[0] = 77
    return found


def drawn(low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(COUNT, generator=torch.Generator().manual_seed(3))


def assert_alike(found: Tensor, wanted: Tensor, most: int = 1, share: float = 1.0) -> None:
    """No byte further away than ``most``, in so large a share of them."""
    assert found.dtype == torch.uint8 and found.shape == wanted.shape
    apart = (found.int() - wanted.int()).abs()
    assert (apart <= most).float().mean() >= share, (int(apart.max()), float((apart > most).float().mean()))


COLOURS: list[tuple[Callable[..., Tensor], str, tuple[float, float], int]] = [
    (colouring.brightened, "adjust_brightness", (0.2, 1.8), 1),
    (colouring.contrasted, "adjust_contrast", (0.2, 1.8), 2),
    (colouring.saturated, "adjust_saturation", (0.2, 1.8), 2),
    (colouring.hued, "adjust_hue", (-0.5, 0.5), 2),
    (colouring.sharpened, "adjust_sharpness", (0.0, 2.0), 1),
]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("ours", "theirs", "ends", "most"), COLOURS)
def test_colours(ours: Callable[..., Tensor], theirs: str, ends: tuple[float, float], most: int, channels: int) -> None:
    images, numbers = pictures(channels), drawn(*ends)
    wanted = torch.stack([getattr(F, theirs)(image, float(n)) for image, n in zip(images, numbers, strict=True)])
    assert_alike(computed(ours, images, numbers), wanted, most)
    assert not torch.equal(wanted, images) or channels == 1


@pytest.mark.parametrize("channels", [1, 3])
def test_grey(channels: int) -> None:
    images = pictures(channels)
    assert_alike(computed(colouring.greyscale, images), F.rgb_to_grayscale(images, channels))


@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.0])
def test_blur(sigma: float) -> None:
    images, sigmas, reach = pictures(), drawn(0.1, sigma), GaussianBlur(sigma).reach(20)
    found = computed(lambda part, own: colouring.blurred(part, own, reach), images, sigmas)
    wanted = [
        F.gaussian_blur(image, [2 * reach + 1] * 2, [float(s)] * 2) for image, s in zip(images, sigmas, strict=True)
    ]
    assert_alike(found, torch.stack(wanted))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("name", "theirs", "low", "high"),
    [
        ("Posterize", lambda image, n: F.posterize(image, int(n)), 0, 8.99),
        ("Solarize", F.solarize, 0, 255),
        ("AutoContrast", lambda image, n: F.autocontrast(image), 0, 0),
        ("Equalize", lambda image, n: F.equalize(image), 0, 0),
    ],
)
def test_tables_of_bytes(
    name: str, theirs: Callable[[Tensor, float], Tensor], low: float, high: float, channels: int
) -> None:
    images, numbers = pictures(channels), drawn(low, high)
    numbers = numbers.floor() if name == "Posterize" else numbers
    wanted = torch.stack([theirs(image, float(n)) for image, n in zip(images, numbers, strict=True)])
    assert_alike(operated(images, name, numbers, smooth=False), wanted, int(name == "AutoContrast"))


def test_affine_maps() -> None:
    images, size = pictures(), (20, 26)
    angles, scales, tilts = drawn(-180, 180), drawn(0.5, 1.5), torch.stack((drawn(-30, 30), -drawn(-20, 20)), 1)
    moves = torch.stack((drawn(-5, 5), drawn(4, -4)), 1).round()
    found = warping.warped(images, warping.affine_maps(size, angles, moves, scales, tilts))
    wanted = [
        F.affine(image, float(angle), move.tolist(), float(scale), tilt.tolist(), SMOOTH)
        for image, angle, move, scale, tilt in zip(images, angles, moves, scales, tilts, strict=True)
    ]
    assert_alike(found, torch.stack(wanted))


def test_rotation_goes_against_the_clock_as_torchvisions() -> None:
    images, angles = pictures(), drawn(-180, 180)
    found = warping.warped(images, warping.affine_maps((20, 26), -angles))
    wanted = [F.rotate(image, float(angle), SMOOTH) for image, angle in zip(images, angles, strict=True)]
    assert_alike(found, torch.stack(wanted))


def test_perspective() -> None:
    images = pictures()
    starts, ends = warping.corners_to_take(COUNT, (20, 26), 0.6, torch.Generator().manual_seed(1))
    found = warping.warped(images, warping.perspective_maps(starts, ends))
    wanted = [
        F.perspective(image, start.tolist(), end.tolist(), SMOOTH)
        for image, start, end in zip(images, starts, ends, strict=True)
    ]
    assert_alike(found, torch.stack(wanted))


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("name", ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"])
def test_operations_of_the_policies(name: str, smooth: bool) -> None:
    transform = v2.TrivialAugmentWide()
    images, numbers = pictures(), drawn(-0.5, 0.5) * (40 if name == "Rotate" else 20 if "T" in name else 1)
    mode = SMOOTH if smooth else NEAREST
    wanted = [
        transform._apply_image_or_video_transform(image, name, float(n), mode, {Tensor: None})
        for image, n in zip(images, numbers, strict=True)
    ]
    # where a pixel lies in the very middle between two, the last bit of a sum says which is the nearest
    assert_alike(operated(images, name, numbers, smooth=smooth), torch.stack(wanted), 1, 1.0 if smooth else 0.995)


def test_pieces() -> None:
    images = pictures()
    boxes = cropping.pieces_to_cut(COUNT, (20, 26), 0.1, 4 / 3, torch.Generator().manual_seed(1))
    found = cropping.enlarged(images, boxes)
    wanted = [
        F.resized_crop(image, *box, [20, 26], SMOOTH)
        for image, *box in zip(images, *(b.tolist() for b in boxes), strict=True)
    ]
    assert torch.equal(found, torch.stack(wanted))


def test_rectangles() -> None:
    images = pictures()
    boxes = cropping.rectangles_to_wipe(COUNT, (20, 26), 0.5, 3.0, torch.Generator().manual_seed(1))
    wanted = [
        F.erase(image, *box, torch.zeros(1, dtype=torch.uint8))
        for image, *box in zip(images, *(b.tolist() for b in boxes), strict=True)
    ]
    assert torch.equal(cropping.wiped(images, boxes), torch.stack(wanted))
    assert not torch.equal(torch.stack(wanted), images)


def test_images_of_any_number_come_in_the_same_way() -> None:
    """What is worked on some at a time is as if each were alone."""
    images, numbers = pictures(), drawn(-0.5, 0.5)
    many = images.repeat(50, 1, 1, 1), numbers.repeat(50)
    assert torch.equal(computed(colouring.hued, *many)[-COUNT:], computed(colouring.hued, images, numbers))
