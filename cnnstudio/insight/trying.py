"""Trying: what a network says of a picture that somebody brings, of the same one disturbed, and what it is like."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.ending import Making
from cnnstudio.compiler.inference import infer
from cnnstudio.disk import marked
from cnnstudio.graph import Shape
from cnnstudio.headroom import headroom
from cnnstudio.insight.disturbances import MEASURES, Disturbances, disturbed
from cnnstudio.insight.drawings import (
    PAPER,
    Ink,
    Manner,
    arranged,
    ink_of,
    manner,
    painted,
    painted_over,
    reduced,
    sheet_size,
)
from cnnstudio.insight.subject import LookedAt, OwnPicture, Subject
from cnnstudio.training.batches import Sides
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.data.image_folder import read_picture
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.picture import USUAL, Rules
from cnnstudio.training.data.room import at_once
from cnnstudio.training.device import evaluated, of_any_batch
from cnnstudio.training.drawing import drawing
from cnnstudio.training.needs import needs
from cnnstudio.worker import Report, unheard

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

Pixels = NDArray[np.uint8]
POINTS = 11  # of a curve
BUDGET = 64_000_000
"""The bytes of features that are kept of training pictures, to find those that are near."""
MOST = 4_000  # training pictures that are looked at
_TOGETHER = 64  # pictures that go through the network at once: a few where they are large, since the pen waits for them
_SHARE = 4  # of the free memory, one part in so many may be taken


_one_at_a_time = threading.RLock()
"""Held while a network computes: what hooks hear, and the mode of its parts, is of one thread alone."""


class TryError(ValueError):
    """What cannot be tried; the message is a sentence."""


@dataclass(frozen=True, eq=False)
class Brought:
    """A picture that a person brought: its file or the bytes of one, and what it is called.

    It is read anew in each size that is asked for.
    """

    file: Path | bytes
    name: str

    def pixels(self, size: Shape, scale: tuple[float, float] | None, rules: Rules = USUAL) -> Pixels:
        """It in this size (C, H, W), by the ``rules`` of the images; raises ``DataError`` where it cannot be read."""
        if isinstance(self.file, Path):
            return read_picture(self.file, size, scale, rules)
        with TemporaryDirectory(prefix=marked("picture-")) as folder:
            path = Path(folder) / f"{self.name}.png"
            path.write_bytes(self.file)
            return read_picture(path, size, scale, rules)


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is put before the network: a picture or none, and what is drawn over it.

    ``under`` is the number of a validation image, a file, or a picture in the network's size already; ``ink`` is the
    whole sheet (H, W), from 0 to 1, or None where nothing is drawn. ``is_prepared`` says whether a drawing is made such
    as the images that the network learned from.
    """

    under: int | Brought | OwnPicture | None = None
    ink: Ink | None = None
    is_prepared: bool = True


@dataclass(frozen=True, eq=False)
class Told:
    """What the network says of a picture: ``chances`` (K,) of the ``classes``, by its own ending.

    ``seen`` is the very tensor that went in, drawn back (C, H, W); ``under`` the picture below the drawing as the sheet
    shows it, where there is one. ``manner`` is what a drawing is made like, None where the images have none, and
    ``is_arranged`` whether this one was.
    """

    picture: LookedAt
    seen: Pixels
    classes: tuple[str, ...]
    chances: NDArray[np.float64]
    making: Making
    under: Pixels | None
    manner: Manner | None
    is_arranged: bool

    @property
    def best(self) -> int:
        """The class that is held most likely."""
        return int(self.chances.argmax())


class Trial:
    """Tries pictures on a network: keeps what it has read of the images and of files, until others take their place."""

    def __init__(self) -> None:
        self._manner: tuple[tuple[str, Shape, tuple[float, ...]], Manner | None] | None = None
        self._read: dict[tuple[Brought, Shape], Pixels] = {}

    def told(self, subject: Subject, sheet: Sheet, how: Disturbances = Disturbances()) -> Told:  # noqa: B008 - frozen
        """What the network says of what lies on the sheet, disturbed so.

        Raises ``TryError`` where it does not end in a number for each class, ``DataError`` for a file that cannot be
        read, both with a sentence.
        """
        making = _making(subject)
        looked, under, is_arranged = self.picture(subject, sheet)
        image = disturbed(looked.image, how)
        if image is not looked.image:
            looked = LookedAt(image, looked.label, f"{looked.name}, disturbed")
        x = given(subject, image[None])
        chances = probabilities(scores(subject, x), making)[0].numpy()
        data = subject.data
        return Told(
            looked, drawn_back(x[0], data), data.classes, chances, making, under, self.manner(data), is_arranged
        )

    def picture(self, subject: Subject, sheet: Sheet) -> tuple[LookedAt, Pixels | None, bool]:
        """What lies on the sheet in the network's size, what lies below it as it is shown, and whether it is arranged.

        Raises ``DataError`` for a file that cannot be read.
        """
        shape, own = subject.data.shape, self.manner(subject.data)
        under, ink = sheet.under, sheet.ink
        is_made = own is not None and sheet.is_prepared
        if under is None:
            ink = ink if ink is not None else np.zeros(sheet_size(*shape.spatial), np.float32)
            how = own or PAPER
            small = arranged(ink, how, shape.spatial) if is_made else reduced(ink, shape.spatial)
            return LookedAt(painted(small, how, shape.channels), None, "Drawing"), None, is_made
        if isinstance(under, Brought):
            large = self._pixels(under, Shape(shape.channels, *sheet_size(*shape.spatial)), subject.data)
            if own is not None and is_made:
                both = ink_of(large) if ink is None else np.maximum(ink_of(large), ink)
                made = painted(arranged(both, own, shape.spatial), own, shape.channels)
                return LookedAt(made, None, under.name), large, True
            looked = LookedAt(self._pixels(under, shape, subject.data), None, under.name)
        else:
            looked = subject.picture(under)
            large = looked.image
        if ink is not None:
            over = painted_over(looked.image, reduced(ink, shape.spatial), own or PAPER)
            looked = LookedAt(over, looked.label, f"{looked.name}, drawn on")
        return looked, large, False

    def manner(self, data: Data) -> Manner | None:
        """How the training images hold what they show."""
        key = (data.name, data.shape, data.mean)
        if self._manner is None or self._manner[0] != key:
            self._manner = key, manner(data.train_images.numpy())
        return self._manner[1]

    def _pixels(self, brought: Brought, size: Shape, data: Data) -> Pixels:
        key = brought, size
        if key not in self._read:
            self._read = {each: pixels for each, pixels in self._read.items() if each[0] is brought}
            self._read[key] = brought.pixels(size, data.scale, data.rules)
        return self._read[key]


def given(subject: Subject, images: Pixels) -> Tensor:
    """Pictures (N, C, H, W) of bytes as the network is given them, where it computes."""
    place = next(subject.module.parameters(), torch.empty(0)).device
    mean, std = (torch.tensor(each, device=place).view(-1, 1, 1) for each in (subject.data.mean, subject.data.std))
    return normalised(torch.tensor(images, device=place), mean, std)


def drawn_back(x: Tensor, data: Data) -> Pixels:
    """One picture (C, H, W) as the network is given it, as the bytes that it was made of."""
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (data.mean, data.std))
    made: Pixels = (255 * (x.cpu() * std + mean)).round().clamp(0, 255).to(torch.uint8).numpy()
    return made


def scores(subject: Subject, x: Tensor) -> Tensor:
    """What the network gives for pictures (N, C, H, W) that are prepared: (N, K) on the CPU, in float32.

    Where its recipe averages over mirror images, so does this. It is evaluated and left as it was, random numbers too.
    Raises ``TryError`` where these are not a number for each class.
    """
    found = _run(subject, x, Sides(subject.data, subject.project.recipe).asked(subject.module))
    classes = len(subject.data.classes)
    if found.shape[1:].numel() != classes or found.ndim < 2:
        raise TryError(f"The network does not end in a number for each of the {classes} classes, so it tells none.")
    return found.flatten(1).float().cpu()


def _run(subject: Subject, x: Tensor, network: Callable[[Tensor], Tensor]) -> Tensor:
    require_room_to_run(subject.source, tuple(x.shape[1:]))
    with _one_at_a_time, evaluated(subject.module), drawing(0), torch.no_grad():
        return of_any_batch(network, x)


def probabilities(scores: Tensor, making: Making) -> Tensor:
    """What an ending makes of numbers (N, K): probabilities in float64."""
    match making:
        case Making.SOFTMAX:
            return scores.double().softmax(1)
        case Making.SIGMOID:
            return scores.double().sigmoid()
        case Making.EXP:
            return scores.double().exp()
        case Making.NOTHING:
            return scores.double()


def _making(subject: Subject) -> Making:
    making = subject.prepared.probabilities
    if making is None:
        raise TryError("The network ends in one number that may be any, so there is no probability to show.")
    return making


def swept(
    subject: Subject, image: Pixels, how: Disturbances, name: str, report: Report = unheard
) -> NDArray[np.float64] | None:
    """The probabilities (POINTS, K) of a picture over the whole range of one disturbance, the others as they are.

    None where ``report`` says that nobody waits any more.
    """
    measure = MEASURES[name]
    values = np.linspace(measure.low, measure.high, POINTS)
    images = np.stack([disturbed(image, how.but(name, float(value))) for value in values])
    found = []
    for start in range(0, POINTS, step := together(subject)):
        if not report("", None):
            return None
        found.append(probabilities(scores(subject, given(subject, images[start : start + step])), _making(subject)))
    return torch.cat(found).numpy()


def together(subject: Subject) -> int:
    """How many pictures go through the network at once."""
    maps = max(1, needs(infer(subject.project.graph)).maps)
    return min(at_once(subject.data.shape, _TOGETHER), max(1, headroom() // (_SHARE * maps)))


# what a picture is like


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The features (M, F) of training pictures and their ``numbers`` (M,) among ``whole`` of them."""

    features: NDArray[np.float32]
    numbers: NDArray[np.int64]
    whole: int

    def nearest(self, features: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """The numbers of the training pictures whose features have the least distance to these (F,), nearest first."""
        apart = np.square(self.features - features).sum(1)
        return self.numbers[np.argsort(apart, kind="stable")[:count]]

    @property
    def sentence(self) -> str:
        """Among how many they were looked for."""
        count = len(self.numbers)
        return f"among {count:,}" if count == self.whole else f"among {count:,} of {self.whole:,}"


def neighbours(subject: Subject, report: Report = unheard) -> Neighbours | None:
    """What the network makes of its training pictures before its last layer, of as many as the budget holds.

    They are taken evenly from all that are loaded. None where ``report`` says to end.
    """
    data = subject.data
    count = len(data.train_images)
    length = len(features(subject, data.train_images[:1].numpy())[0])
    most = max(1, min(MOST, BUDGET // (4 * length), count))
    numbers = np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))
    kept = np.empty((len(numbers), length), np.float32)
    for start in range(0, len(numbers), step := together(subject)):
        if not report("Looking at the training pictures", start / len(numbers)):
            return None
        part = numbers[start : start + step]
        kept[start : start + step] = features(subject, data.train_images[part].numpy())
    return Neighbours(kept, numbers, data.counts[0])


def features(subject: Subject, images: Pixels) -> NDArray[np.float32]:
    """What goes into the last layer with weights (N, F), of a map the mean of each channel; without one, the scores."""
    heard: list[Tensor] = []
    with _one_at_a_time, _last_entered(subject.module, heard):
        found = _run(subject, given(subject, images), subject.module)
    value = (heard[0] if heard else found)[: len(images)]  # a single one may have been shown twice
    value = value.mean(tuple(range(2, value.ndim))) if value.ndim == 4 else value
    value = value.mean(1) if value.ndim == 3 else value
    made: NDArray[np.float32] = value.float().flatten(1).cpu().numpy()
    return made


@contextmanager
def _last_entered(module: nn.Module, heard: list[Tensor]) -> Iterator[None]:
    """Inside, ``heard`` holds the one tensor that went last into a part whose weight is a matrix or a kernel."""

    def hear(_: nn.Module, inputs: tuple[object, ...]) -> None:
        if inputs and isinstance(inputs[0], Tensor):
            heard[:] = [inputs[0].detach()]

    weighted = [
        part
        for part in module.modules()
        if not isinstance(part, nn.Embedding) and getattr(getattr(part, "weight", None), "ndim", 0) >= 2
    ]
    hooks = [part.register_forward_pre_hook(hear) for part in weighted]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
