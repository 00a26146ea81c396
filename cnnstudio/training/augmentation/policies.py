"""Policies: RandAugment, TrivialAugment and AugMix, which choose for each image what is done to it, and how strongly.

The operations and their strengths are those of torchvision.transforms.v2, whose tables they follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnnstudio.training.augmentation import colouring
from cnnstudio.training.augmentation.rounding import computed
from cnnstudio.training.augmentation.warping import Size, affine_maps, warped

_BINS = 31  # strengths from which RandAugment and TrivialAugment take one
_SEVERITIES = 10  # and AugMix


@dataclass(frozen=True)
class Space:
    """What may be done, by torchvision's names; ``strength`` is the greatest for each that has one.

    A shear is the tangent of its angle, what is moved is in pixels, a rotation in degrees, and of the colours it is
    what is added to or taken from 1. ``bits`` are those that the weakest and the strongest posterizing leave.
    """

    names: tuple[str, ...]
    strength: Callable[[str, Size], float]
    bits: tuple[int, int]
    bins: int

    def strengths(self, name: str, size: Size) -> Tensor:
        """The strengths from which one is taken, from weak to strong (bins,)."""
        places = torch.arange(self.bins, dtype=torch.float64) / (self.bins - 1)
        if name == "Posterize":
            return (self.bits[0] - places * (self.bits[0] - self.bits[1])).round()
        if name == "Solarize":
            return 255 * (1 - places)
        return places * self.strength(name, size)


_SHEARS, _MOVES = ("ShearX", "ShearY"), ("TranslateX", "TranslateY")
_COLOURS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Brightness": colouring.brightened,
    "Color": colouring.saturated,
    "Contrast": colouring.contrasted,
    "Sharpness": colouring.sharpened,
}
_GEOMETRY = (*_SHEARS, *_MOVES, "Rotate")
_SIGNED = frozenset((*_GEOMETRY, *_COLOURS))
_OTHERS = ("Posterize", "Solarize", "AutoContrast", "Equalize")


def _of_rand_augment(name: str, size: Size) -> float:
    if name in _MOVES:
        return 150 / 331 * size[1 - _MOVES.index(name)]
    return 0.3 if name in _SHEARS else 30.0 if name == "Rotate" else 0.9


def _of_trivial_augment(name: str, size: Size) -> float:
    return 32.0 if name in _MOVES else 135.0 if name == "Rotate" else 0.99


def _of_aug_mix(name: str, size: Size) -> float:
    if name in _MOVES:
        return size[1 - _MOVES.index(name)] / 3
    return 0.3 if name in _SHEARS else 30.0 if name == "Rotate" else 0.9


_ALL = ("Identity", *_GEOMETRY, *_COLOURS, *_OTHERS)
RAND_AUGMENT = Space(_ALL, _of_rand_augment, (8, 4), _BINS)
TRIVIAL_AUGMENT = Space(_ALL, _of_trivial_augment, (8, 2), _BINS)
AUG_MIX = Space((*_GEOMETRY, *_OTHERS, *_COLOURS), _of_aug_mix, (4, 0), _SEVERITIES)


def rand_augmented(images: Tensor, num_ops: int, magnitude: int, random: torch.Generator) -> Tensor:
    """So many operations of chance one after the other, all of the strength ``magnitude`` of 30."""
    for _ in range(num_ops):
        places = torch.full((len(images),), magnitude)
        images = _by_chance(images, RAND_AUGMENT, places, random, smooth=False)
    return images


def trivial_augmented(images: Tensor, random: torch.Generator) -> Tensor:
    """One operation of chance, of a strength of chance."""
    places = torch.randint(TRIVIAL_AUGMENT.bins, (len(images),), generator=random)
    return _by_chance(images, TRIVIAL_AUGMENT, places, random, smooth=False)


def aug_mixed(images: Tensor, severity: int, width: int, alpha: float, random: torch.Generator) -> Tensor:
    """The images and ``width`` changed copies of each laid over each other, with shares of chance."""
    count = len(images)
    draw = np.random.default_rng(int(torch.randint(2**62, (1,), generator=random)))
    own = torch.from_numpy(draw.beta(alpha, alpha, count)).float()
    shares = torch.from_numpy(draw.dirichlet([alpha] * width, count)).float() * (1 - own)[:, None]
    mix = images.float() * own.to(images.device)[:, None, None, None]
    for copy in range(width):
        changed = images
        depths = torch.randint(1, 4, (count,), generator=random)
        for depth in range(3):
            places = torch.randint(severity, (count,), generator=random)
            changed = _by_chance(changed, AUG_MIX, places, random, smooth=True, among=depths > depth)
        mix += changed.float() * shares[:, copy].to(images.device)[:, None, None, None]
    return mix.round_().clamp_(0, 255).to(torch.uint8)


def _by_chance(
    images: Tensor,
    space: Space,
    places: Tensor,
    random: torch.Generator,
    *,
    smooth: bool,
    among: Tensor | None = None,
) -> Tensor:
    """Each image, or each that is ``among`` them (N,), after an operation of chance of its strength ``places`` (N,)."""
    chosen = torch.randint(len(space.names), (len(images),), generator=random)
    signs = torch.where(torch.rand(len(images), generator=random) <= 0.5, -1.0, 1.0)
    size: Size = (images.shape[2], images.shape[3])
    found = images.clone()
    for number, name in enumerate(space.names):
        which = chosen == number
        own = (which if among is None else which & among).nonzero()[:, 0]
        if name == "Identity" or not len(own):
            continue
        strengths = space.strengths(name, size)[places[own]]
        if name in _SIGNED:
            strengths = strengths * signs[own]
        at = own.to(images.device)
        found[at] = operated(images[at], name, strengths, smooth=smooth)
    return found


def operated(images: Tensor, name: str, strengths: Tensor, *, smooth: bool) -> Tensor:
    """Bytes (N, C, H, W) after the operation of this name, each of its own strength (N,)."""
    if name in _GEOMETRY:
        return warped(images, _maps(name, (images.shape[2], images.shape[3]), strengths), smooth=smooth)
    if name in _COLOURS:
        return computed(_COLOURS[name], images, (1 + strengths).to(images.device))
    if name == "Posterize":
        return colouring.posterized(images, strengths)
    if name == "Solarize":
        return colouring.solarized(images, strengths)
    if name == "AutoContrast":
        return computed(colouring.autocontrasted, images)
    return colouring.equalized(images) if name == "Equalize" else images


def _maps(name: str, size: Size, strengths: Tensor) -> Tensor:
    none = torch.zeros_like(strengths)
    pairs: Callable[[Sequence[str], Tensor], Tensor] = lambda names, of: torch.stack(  # noqa: E731
        [of if name == each else none for each in names], 1
    )
    if name in _SHEARS:
        return affine_maps(size, none, shears=pairs(_SHEARS, strengths.atan().rad2deg()), about_corner=True)
    if name in _MOVES:
        return affine_maps(size, none, pairs(_MOVES, strengths.trunc()))
    return affine_maps(size, -strengths)  # F.rotate turns against the clock
