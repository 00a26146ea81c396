"""Transform lines: the augmentations of a recipe as lines of a training script. Knows no torch.

What moves and mirrors is written as whole batches are computed here, so that the script shows the very images of the
program; all else as a transform of torchvision, which draws numbers of its own.
"""

from __future__ import annotations

from itertools import groupby
from textwrap import indent

from cnnstudio.graph import Shape
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
)
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe

_INDENT = "    "


def words(recipe: Recipe) -> set[str]:
    """What of the template such a recipe needs."""
    listed = recipe.augmentations
    changes = [each for each in listed if not isinstance(each, MIXING)]
    asked = {
        "augment": bool(changes),
        "plain_augment": bool(changes) and not any(isinstance(each, AlternatingFlip) for each in changes),
        "crop": any(_is_moved(each) for each in changes),
        "random_flip": any(isinstance(each, RandomHorizontalFlip) and each.probability < 1 for each in changes),
        "alternating": any(isinstance(each, AlternatingFlip) for each in changes),
        "transforms": takes_torchvision(recipe),
        "both_sides": looks_at_both_sides(recipe),
        "mixing": len(changes) < len(listed),
        "mixup": any(isinstance(each, MixUp) for each in listed),
        "cutmix": any(isinstance(each, CutMix) for each in listed),
    }
    return {word for word, is_so in asked.items() if is_so}


def takes_torchvision(recipe: Recipe) -> bool:
    """Whether a transform of torchvision is among the lines."""
    return any(not isinstance(each, MIXING) and not _is_own(each) for each in recipe.augmentations)


def looks_at_both_sides(recipe: Recipe) -> bool:
    """Whether the network answers with the mean of its scores for an image and for its mirror image."""
    are_mirrored = any(isinstance(each, MIRRORING) for each in recipe.augmentations)
    return are_mirrored and recipe.test_time_mirror and DATASETS[recipe.data].mirror


def change_lines(recipe: Recipe, size: Shape) -> str:
    """The body of the function that alters images of a size (C, H, W), in the order of the list."""
    lines: list[str] = []
    changes = [each for each in recipe.augmentations if not isinstance(each, MIXING)]
    for is_own, run in groupby(changes, _is_own):
        if is_own:
            lines += [_own(each, size) for each in run]
        else:
            inside = _bracketed([written for each in run for written in _transforms(each, size)])
            lines += f"changes = {_call('v2.Compose', inside, is_long=True)}".splitlines()
            lines.append("images = each(changes, images, random)")
    lines[-1:] = [line.replace("images = ", "return ", 1) for line in lines[-1:]]
    return "\n".join(_INDENT + line for line in lines)


def mix_lines(recipe: Recipe) -> str:
    """The lines of a step that mix its images."""
    lines: list[str] = []
    for each in recipe.augmentations:
        if not isinstance(each, MIXING):
            continue
        line = f"images, targets = {type(each).__name__.lower()}(images, targets, {each.alpha!r}, self.random)"
        if each.probability < 1:
            lines += [f"if float(torch.rand(1, generator=self.random)) < {each.probability!r}:", _INDENT + line]
        else:
            lines.append(line)
    return "\n".join(2 * _INDENT + line for line in lines)


def _is_moved(each: Augmentation) -> bool:
    return isinstance(each, RandomCrop) and each.probability >= 1


def _is_own(each: Augmentation) -> bool:
    """Whether the script computes it as the program does."""
    return _is_moved(each) or isinstance(each, MIRRORING)


def _own(each: Augmentation, size: Shape) -> str:
    if isinstance(each, AlternatingFlip):
        return "images = torch.where(turned[:, None, None, None], images.flip(3), images)"
    if isinstance(each, RandomHorizontalFlip):
        if each.probability >= 1:
            return "images = images.flip(3)"
        return f"images = flipped(images, {each.probability!r}, random)"
    assert isinstance(each, RandomCrop)
    down, right = _padding(each, size)
    return f"images = cropped(images, {down}, {right}, random)"


def _padding(crop: RandomCrop, size: Shape) -> tuple[int, int]:
    height, width = size.spatial
    return (height // 8, width // 8) if crop.padding is None else (crop.padding, crop.padding)


def _transforms(each: Augmentation, size: Shape) -> list[str]:
    """The transforms of torchvision that do the same, in a list."""
    written = _transform(each, size)
    probability = float(getattr(each, "probability", 1.0))
    if probability >= 1 or f"p={probability!r}" in written[-1]:
        return written
    together = f"[{written[0]}]" if len(written) == 1 and "\n" not in written[0] else _bracketed(written)
    return [_call("v2.RandomApply", together, f"p={probability!r}", is_long="\n" in together)]


def _call(name: str, *arguments: str, is_long: bool = False) -> str:
    """A call as ruff and black leave it: in one line, or with one for each argument."""
    if not is_long:
        return f"{name}({', '.join(arguments)})"
    inside = "".join(f"{indent(each, _INDENT)},\n" for each in arguments)
    return f"{name}(\n{inside})"


def _bracketed(entries: list[str]) -> str:
    """A list with a line for each entry."""
    inside = "".join(f"{indent(each, _INDENT)},\n" for each in entries)
    return f"[\n{inside}]"


_SMOOTH = "interpolation=v2.InterpolationMode.BILINEAR"


def _transform(each: Augmentation, size: Shape) -> list[str]:  # noqa: PLR0912 - one case each
    height, width = size.spatial
    match each:
        case RandomCrop():
            down, right = _padding(each, size)
            return [f"v2.RandomCrop({(height, width)}, padding=({right}, {down}))"]
        case RandomResizedCrop(scale, ratio):
            piece = f"scale=({scale!r}, 1.0), ratio=({1 / ratio!r}, {ratio!r})"
            return [f"v2.RandomResizedCrop({(height, width)}, {piece})"]
        case RandomVerticalFlip(probability):
            return [f"v2.RandomVerticalFlip(p={probability!r})"]
        case RandomRotation(degrees):
            return [f"v2.RandomRotation({degrees!r}, {_SMOOTH})"]
        case RandomAffine(degrees, translate, scale, shear):
            written = [
                f"{degrees!r}",
                f"translate=({translate!r}, {translate!r})",
                f"scale=({1 - scale!r}, {1 + scale!r})",
                f"shear=({-shear!r}, {shear!r}, {-shear!r}, {shear!r})",
                _SMOOTH,
            ]
            return [_call("v2.RandomAffine", *written, is_long=True)]
        case RandomPerspective(distortion, probability):
            return [f"v2.RandomPerspective({distortion!r}, p={probability!r})"]
        case ColorJitter():
            names = ("brightness", "contrast", "saturation", "hue")
            return [f"v2.ColorJitter({', '.join(f'{name}={getattr(each, name)!r}' for name in names)})"]
        case RandomGrayscale(probability):
            return [f"v2.RandomGrayscale(p={probability!r})"]
        case GaussianBlur(sigma):
            return [f"v2.GaussianBlur({2 * each.reach(min(height, width)) + 1}, sigma=(0.1, {sigma!r}))"]
        case GaussianNoise(sigma):
            to = "v2.ToDtype(torch.{}, scale=True)"
            return [to.format("float32"), f"v2.GaussianNoise(sigma={sigma!r})", to.format("uint8")]
        case RandomErasing(scale, ratio, probability):
            return [
                f"v2.RandomErasing(p={probability!r}, scale=({min(0.02, scale)!r}, {scale!r}), "
                f"ratio=({1 / ratio!r}, {ratio!r}))"
            ]
        case RandAugment(num_ops, magnitude):
            return [f"v2.RandAugment(num_ops={num_ops}, magnitude={magnitude})"]
        case TrivialAugmentWide():
            return ["v2.TrivialAugmentWide()"]
        case AugMix(severity, mixture_width, alpha):
            return [f"v2.AugMix(severity={severity}, mixture_width={mixture_width}, alpha={alpha!r})"]
    raise AssertionError(f"{type(each).__name__} is no transform of torchvision.")
