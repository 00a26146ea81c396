"""Augmentations: what may be done to each training image before a step, a declaration each. Knows no torch.

They are called as torchvision's transforms of version 2 are, and mean the same:
https://docs.pytorch.org/vision/stable/transforms.html. Where torchvision takes two ends of a range, one number says how
far it goes to both sides. What fits no image is never asked for: every declaration can be, whatever the images are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, TypeAlias

from cnnstudio.graph.notation import written
from cnnstudio.graph.parameter import Declaration, Fraction, Range, declaration
from cnnstudio.project.datasets import Dataset

MOST = 20  # in a list
Degrees = Annotated[float, Range(0.0, 180.0)]
Strength = Annotated[float, Range(0.01, 100.0)]


@declaration
class RandomCrop(Declaration):
    """Move the image: frame it with black and cut a window of its own size out.

    padding: pixels of the frame on each side; automatic is an eighth of the side, which is 4 of 32
    probability: share of the images that are moved
    """

    padding: Annotated[int | None, Range(0, 64)] = None
    probability: Fraction = 1.0


@declaration
class RandomResizedCrop(Declaration):
    """Cut a piece of any place, size and proportion out and enlarge it to the whole image.

    scale: the smallest piece, as a share of the area; the largest is all of it
    ratio: how many times as wide as high a piece may be, or as high as wide
    probability: share of the images that are cut
    """

    scale: Annotated[float, Range(0.01, 1.0)] = 0.08
    ratio: Annotated[float, Range(1.0, 4.0)] = 4 / 3
    probability: Fraction = 1.0


@declaration
class RandomHorizontalFlip(Declaration):
    """Mirror the image, left to right.

    probability: share of the images that are mirrored
    """

    probability: Fraction = 0.5


@declaration
class RandomVerticalFlip(Declaration):
    """Turn the image upside down, as a mirror below it does.

    probability: share of the images that are turned
    """

    probability: Fraction = 0.5


@declaration
class AlternatingFlip(Declaration):
    """Mirror half of the images, left to right, and in the next epoch the others.

    K. Jordan 2024, https://arxiv.org/abs/2404.00498: two epochs show each image from both sides.
    """


@declaration
class RandomRotation(Declaration):
    """Turn the image about its centre; what comes in is black.

    degrees: how far at most, to either side
    probability: share of the images that are turned
    """

    degrees: Degrees = 15.0
    probability: Fraction = 1.0


@declaration
class RandomAffine(Declaration):
    """Turn, move, scale and shear the image; what comes in is black.

    degrees: how far it is turned at most, to either side
    translate: how far it is moved at most, as a share of its side
    scale: by which share it grows or shrinks at most
    shear: by how many degrees each axis is tilted at most
    probability: share of the images that are changed
    """

    degrees: Degrees = 10.0
    translate: Annotated[float, Range(0.0, 0.9)] = 0.1
    scale: Annotated[float, Range(0.0, 0.9)] = 0.1
    shear: Annotated[float, Range(0.0, 60.0)] = 5.0
    probability: Fraction = 1.0


@declaration
class RandomPerspective(Declaration):
    """See the image from another place: each corner is moved inwards by chance; what comes in is black.

    distortion_scale: how far a corner moves at most, as a share of half the side
    probability: share of the images that are changed
    """

    distortion_scale: Fraction = 0.5
    probability: Fraction = 0.5


@declaration
class ColorJitter(Declaration):
    """Change brightness, contrast, saturation and hue, in an order by chance that is one for all images of a step.

    brightness: by which share at most
    contrast: by which share at most
    saturation: by which share at most; grey images have none
    hue: by which share of the colour circle at most; grey images have none
    probability: share of the images that are changed
    """

    brightness: Fraction = 0.2
    contrast: Fraction = 0.2
    saturation: Fraction = 0.2
    hue: Annotated[float, Range(0.0, 0.5)] = 0.05
    probability: Fraction = 1.0


@declaration
class RandomGrayscale(Declaration):
    """Take the colours away.

    probability: share of the images that become grey
    """

    probability: Fraction = 0.1


@declaration
class GaussianBlur(Declaration):
    """Blur the image with a bell curve, by a width of chance from 0.1 pixels on.

    sigma: the greatest width, in pixels
    probability: share of the images that are blurred
    """

    sigma: Annotated[float, Range(0.1, 10.0)] = 1.0
    probability: Fraction = 0.5

    def reach(self, side: int) -> int:
        """How many pixels to either side it looks, in images of this side: three times its width."""
        return min(math.ceil(3 * self.sigma), side - 1)


@declaration
class GaussianNoise(Declaration):
    """Add noise to each number of the image.

    sigma: the standard deviation of the noise, with pixels from 0 to 1
    probability: share of the images that get noise
    """

    sigma: Fraction = 0.1
    probability: Fraction = 0.5


@declaration
class RandomErasing(Declaration):
    """Make a rectangle black.

    Zhong et al. 2020, https://arxiv.org/abs/1708.04896.

    scale: the largest rectangle, as a share of the area; the smallest is a fiftieth
    ratio: how many times as wide as high it may be, or as high as wide
    probability: share of the images that lose one
    """

    scale: Annotated[float, Range(0.02, 1.0)] = 0.33
    ratio: Annotated[float, Range(1.0, 10.0)] = 3.3
    probability: Fraction = 0.5


@declaration
class RandAugment(Declaration):
    """Change the image by a few operations of chance, all of one strength.

    Cubuk et al. 2020, https://arxiv.org/abs/1909.13719.

    num_ops: how many operations, one after the other
    magnitude: how strong each is, up to 30
    probability: share of the images that are changed
    """

    num_ops: Annotated[int, Range(1, 8)] = 2
    magnitude: Annotated[int, Range(0, 30)] = 9
    probability: Fraction = 1.0


@declaration
class TrivialAugmentWide(Declaration):
    """Change the image by one operation of chance, of a strength of chance.

    Müller and Hutter 2021, https://arxiv.org/abs/2103.10158. There is nothing to choose.

    probability: share of the images that are changed
    """

    probability: Fraction = 1.0


@declaration
class AugMix(Declaration):
    """Lay several changed copies of the image over it, with shares of chance.

    Hendrycks et al. 2020, https://arxiv.org/abs/1912.02781. Each copy goes through one to three operations.

    severity: how strong the operations are at most
    mixture_width: how many copies
    alpha: how evenly they are mixed; 1 takes all shares alike often
    probability: share of the images that are changed
    """

    severity: Annotated[int, Range(1, 10)] = 3
    mixture_width: Annotated[int, Range(1, 8)] = 3
    alpha: Strength = 1.0
    probability: Fraction = 1.0


@declaration
class MixUp(Declaration):
    """Lay another image of the step over each; the label has the same shares. It comes after all that is no mixing.

    Zhang et al. 2018, https://arxiv.org/abs/1710.09412.

    alpha: how evenly the two are mixed; 1 mixes all shares alike often, less leaves most images nearly whole
    probability: share of the steps in which images are mixed
    """

    alpha: Strength = 1.0
    probability: Fraction = 1.0


@declaration
class CutMix(Declaration):
    """Set a piece of another image of the step into each; the label has the same shares. It comes after all other.

    Yun et al. 2019, https://arxiv.org/abs/1905.04899.

    alpha: how evenly the two are mixed; 1 mixes all shares alike often, less leaves most images nearly whole
    probability: share of the steps in which images are mixed
    """

    alpha: Strength = 1.0
    probability: Fraction = 1.0


Augmentation: TypeAlias = (
    RandomCrop
    | RandomResizedCrop
    | RandomHorizontalFlip
    | RandomVerticalFlip
    | AlternatingFlip
    | RandomRotation
    | RandomAffine
    | RandomPerspective
    | ColorJitter
    | RandomGrayscale
    | GaussianBlur
    | GaussianNoise
    | RandomErasing
    | RandAugment
    | TrivialAugmentWide
    | AugMix
    | MixUp
    | CutMix
)
MIRRORING = RandomHorizontalFlip, AlternatingFlip
MIXING = MixUp, CutMix


def usual(mirror: bool) -> tuple[Augmentation, ...]:
    """What helps with nearly all images: to move them and, where a mirror image is as good, to mirror every other."""
    return (RandomCrop(), RandomHorizontalFlip()) if mirror else (RandomCrop(),)


def fitting(listed: Iterable[Augmentation], dataset: Dataset) -> tuple[Augmentation, ...]:
    """Those of a list that may be done to the images of a data set: where left is not right, none that mirrors."""
    return tuple(each for each in listed if dataset.mirror or not isinstance(each, MIRRORING))


def doubts(listed: Iterable[Augmentation], dataset: Dataset) -> Iterator[tuple[int, str]]:
    """Place in the list, and the sentence that says why what stands there may make an image one of another class."""
    for place, each in enumerate(listed):
        sentence = _doubt(each, dataset)
        if sentence:
            yield place, sentence


def _doubt(each: Augmentation, dataset: Dataset) -> str:
    name = type(each).__name__
    if getattr(each, "probability", 1.0) == 0:
        return ""
    match each:
        case RandomHorizontalFlip() | AlternatingFlip() if not dataset.mirror:
            return f"{name}: in a mirror the images of {dataset.title} are of no class, or of another one."
        case RandomVerticalFlip() if not dataset.mirror:
            return f"{name}: upside down the images of {dataset.title} are of no class, or of another one."
        case RandomVerticalFlip():
            return f"{name}: it helps only where up is not down, as in pictures from above or through a microscope."
        case RandomRotation(degrees=degrees) | RandomAffine(degrees=degrees) if degrees > 45 and not dataset.mirror:
            return f"{name}: turned by {degrees:g} degrees an image of {dataset.title} may look like another class."
        case TrivialAugmentWide() if not dataset.mirror:
            return f"{name}: it turns by up to 135 degrees, and {dataset.title} may look like another class then."
    return ""


def told(each: Augmentation) -> str:
    """One of them shortly: its name, and of its values those that are not the usual ones."""
    said = ", ".join(f"{name.replace('_', ' ')} {written(value)}" for name, value in each.changed_values.items())
    return f"{type(each).__name__} ({said})" if said else type(each).__name__
