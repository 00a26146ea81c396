"""Data: labelled images in memory, as bytes, in the size of a network's input, in two halves."""

from __future__ import annotations

from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate, pad

from cnnstudio.graph import Shape
from cnnstudio.project.datasets import DATASETS, Bundled, Dataset, DrawnShapes, ImageFolder, Torchvision
from cnnstudio.project.recipe import Recipe
from cnnstudio.resources import resource
from cnnstudio.training.data.downloads import read_download
from cnnstudio.training.data.drawn_shapes import shapes
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.image_folder import read_folder
from cnnstudio.training.data.raw import Raw
from cnnstudio.worker import Report, unheard

_LUMA = (0.299, 0.587, 0.114)  # ITU-R 601, as Pillow makes grey of colour
_CHUNK = 2_048


@dataclass(frozen=True, eq=False)
class Data:
    """Images as uint8 (N, C, H, W) and labels as int64 (N,), for training and for validation.

    ``mean`` and ``std`` are those of the training images for each channel, with pixels from 0 to 1. ``notes`` are
    sentences about what was done to the images. ``mirror`` says whether an image may be mirrored to have one more.
    ``scale`` is what became black and white in images of more than 8 bits, None where there were none.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    validation_images: Tensor
    validation_labels: Tensor
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...] = ()
    mirror: bool = False
    scale: tuple[float, float] | None = None

    @property
    def shape(self) -> Shape:
        """The shape of one image."""
        return Shape(*self.train_images.shape[1:])


def load(recipe: Recipe, size: Shape, progress: Report = unheard) -> Data:
    """The images that ``recipe`` asks for, in ``size`` (C, H, W).

    Raises ``DataError`` with a sentence, ``DataCancelledError`` where ``progress`` said to stop.
    """
    if len(size) != 3 or size.channels not in (1, 3):
        raise DataError(
            f"The network's input is {size}; images need channels × height × width with 1 channel (grey) or 3 (colour)."
        )
    dataset = DATASETS[recipe.data]
    raw = _read(dataset, recipe, size, progress)
    images, notes = _adapted(raw.images, size, dataset.title, progress)
    validation = raw.validation
    if validation is None:
        validation = split(raw.labels, recipe.validation_share, recipe.seed)
    apart = np.zeros(len(raw.labels), bool)
    apart[validation] = True
    if apart.all() or not apart.any():
        raise DataError("There are too few images to keep some apart for validation; add more of each class.")
    mask, labels = torch.from_numpy(apart), torch.from_numpy(raw.labels)
    train = images[~mask]
    agreed = dataset.mean_std if size == dataset.shape else None
    mean, std = agreed or _moments(train)
    halves = train, labels[~mask], images[mask], labels[mask]
    return Data(dataset.title, *halves, raw.names, mean, std, (*raw.notes, *notes), dataset.mirror, raw.scale)


def _read(dataset: Dataset, recipe: Recipe, size: Shape, progress: Report) -> Raw:
    """The images of ``dataset`` from wherever they come; those of a folder are in ``size`` already."""
    names = dataset.names or ()
    match dataset.origin:
        case Bundled() as archive:
            return Raw(*_unpacked(archive, dataset.title), names)
        case DrawnShapes(count):
            if not progress("Drawing the shapes", None):
                raise DataCancelledError("Drawing the shapes was cancelled.")
            return Raw(*shapes(count), names)
        case Torchvision(name):
            return read_download(dataset, name, progress)
        case ImageFolder():
            raw = read_folder(recipe.folder, dataset.title, size, lambda count: _check_room(count, size), progress)
            height, width = size.spatial
            raw.notes.append(
                f"{dataset.title}: the images are cut to the Input's proportions and resized to {height} × {width}."
            )
            return raw


def _unpacked(archive: Bundled, title: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    try:
        with resource(*archive.path).open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            images, labels = arrays["images"], arrays["labels"]
    except (OSError, EOFError, ValueError, LookupError, BadZipFile) as error:
        raise DataError(
            f"The {title.lower()} that come with the program cannot be read; install the program again."
        ) from error
    spread = np.minimum(images.astype(np.uint16) * archive.scale, 255).astype(np.uint8)
    return spread[:, None], labels.astype(np.int64)


def _check_room(count: int, size: Shape) -> None:
    """Raise ``DataError`` where so many images would not leave the computer room to work."""
    needed, free = count * size.numel, int(psutil.virtual_memory().available)  # type: ignore[no-untyped-call]
    if needed > free // 2:
        raise DataError(
            f"{count:,} images of {size} take {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free. "
            "Use fewer images or a smaller Input."
        )


def _adapted(images: NDArray[np.uint8], size: Shape, title: str, progress: Report) -> tuple[Tensor, list[str]]:
    """The images in ``size``, and a sentence for what was done to them."""
    found = Shape(*images.shape[1:])
    pixels = torch.from_numpy(images)
    if found == size:
        return pixels, []
    _check_room(len(images), size)
    made = torch.empty((len(images), *size), dtype=torch.uint8)
    for start in range(0, len(images), _CHUNK):
        if not progress("Resizing the images", start / len(images)):
            raise DataCancelledError("Resizing the images was cancelled.")
        part = pixels[start : start + _CHUNK].float()
        if found.channels == 3 and size.channels == 1:
            part = (part * part.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
        if found.spatial != size.spatial:
            part = interpolate(part, size.spatial, mode="bilinear", antialias=True, align_corners=False)
        made[start : start + _CHUNK] = part.round().clamp(0, 255).to(torch.uint8)  # grey becomes three equal channels
    changes = []
    if found.spatial != size.spatial:
        (height, width), (new_height, new_width) = found.spatial, size.spatial
        changes.append(f"resized from {height} × {width} to {new_height} × {new_width}")
    if found.channels != size.channels:
        changes.append("turned to grey" if size.channels == 1 else "given three equal channels")
    return made, [f"{title}: the images are {' and '.join(changes)}, as the Input asks."]


def split(labels: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Numbers of the images to keep for validation: ``share`` of each class, but never the only one of it."""
    random = np.random.default_rng(seed)
    kept = []
    for label in np.unique(labels):
        of_class = random.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(share * len(of_class))), len(of_class) - 1)
        kept.append(of_class[:count])
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, np.int64)


def _moments(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, with pixels from 0 to 1; exact, in whole numbers."""
    channels = images.shape[1]
    count = images.numel() // channels
    sums, squares = torch.zeros(channels, dtype=torch.int64), torch.zeros(channels, dtype=torch.int64)
    for start in range(0, len(images), _CHUNK):
        whole = images[start : start + _CHUNK].to(torch.int32)
        sums += whole.sum((0, 2, 3))
        squares += (whole * whole).sum((0, 2, 3))
    mean = sums.double() / count
    spread = (squares.double() / count - mean * mean).clamp(min=0).sqrt()
    spread[spread < 1] = 255.0  # images of one colour: nothing to spread
    return tuple((mean / 255).tolist()), tuple((spread / 255).tolist())


def normalised(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Bytes (N, C, H, W) as the numbers that a network reads: from 0 to 1, then less the mean, by the deviation.

    ``mean`` and ``std`` are (C, 1, 1) tensors where the images are.
    """
    return images.float().sub_(255 * mean).div_(255 * std)


def moved(images: Tensor, random: torch.Generator) -> Tensor:
    """Each image moved by up to an eighth of its side, what comes in being black.

    With 32 pixels that is the crop with padding 4 that CIFAR-10 is trained with. ``random`` lives on the CPU, so that
    the same images come out on any device.
    """
    count, _, height, width = images.shape
    down, right = height // 8, width // 8
    # every window of the padded images as a view (N, C, 2 down + 1, 2 right + 1, H, W): only the chosen are copied
    windows = pad(images, (right, right, down, down)).unfold(2, height, 1).unfold(3, width, 1)
    tops = torch.randint(2 * down + 1, (count,), generator=random).to(images.device)
    lefts = torch.randint(2 * right + 1, (count,), generator=random).to(images.device)
    return windows[torch.arange(count, device=images.device), :, tops, lefts]


def mirrored(images: Tensor, which: Tensor) -> Tensor:
    """The images (N, C, H, W), those mirrored left to right of which ``which`` (N,) is true."""
    return torch.where(which.to(images.device)[:, None, None, None], images.flip(3), images)
