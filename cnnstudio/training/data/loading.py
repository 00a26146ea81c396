"""Data: labelled images in memory, as bytes, in the size of a network's input, in two halves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnstudio.graph import Shape
from cnnstudio.project.corrections import Correction, of_data
from cnnstudio.project.datasets import (
    DATASETS,
    Bundled,
    DrawnShapes,
    FakeImages,
    ImageFile,
    ImageFolder,
    ImageTable,
    Torchvision,
)
from cnnstudio.project.recipe import Recipe
from cnnstudio.resources import resource
from cnnstudio.training.data.drawn_shapes import shapes
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.fake_images import fake_images
from cnnstudio.training.data.fitting import arranged, changes, fitted, moments
from cnnstudio.training.data.folder_layout import FolderLayout, folder_layout
from cnnstudio.training.data.group_split import grouped
from cnnstudio.training.data.image_folder import read_folder
from cnnstudio.training.data.picture import USUAL, Rules
from cnnstudio.training.data.planted import darkened, mislabelled
from cnnstudio.training.data.raw import Numbers, Raw, only, some
from cnnstudio.training.data.readers.arrays import read_arrays
from cnnstudio.training.data.readers.known_formats import read_fetched
from cnnstudio.training.data.readers.table import read_table
from cnnstudio.training.data.roll import Enrol, Flags, Roll, Ways, enrol, flags
from cnnstudio.worker import Report, unheard

SAMPLE = 32_000_000
"""The bytes of images that are enough to show what there is to learn, and to take a few steps."""

_FEWEST = 4  # images that are loaded, however large one is


@dataclass(frozen=True, eq=False)
class Data:
    """Images as uint8 (N, C, H, W) and labels as int64 (N,), for training and for validation.

    ``mean`` and ``std`` are those of the training images for each channel, with pixels from 0 to 1. ``notes`` are
    sentences about what was done to the images. ``mirror`` says whether an image may be mirrored to have one more.
    ``scale`` is what became black and white in images of more than 8 bits, None where there were none. ``whole`` is how
    many images there are to train and to validate with where these are but some of them, None where these are all.
    ``rules`` say how pictures of other proportions were made to fit. ``validation_files`` are the files of the images
    to validate with, nothing where images have no files of their own.
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
    whole: tuple[int, int] | None = None
    rules: Rules = USUAL
    validation_files: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """The shape of one image."""
        return Shape(*self.train_images.shape[1:])

    @property
    def counts(self) -> tuple[int, int]:
        """How many images there are to train and to validate with, whether these are all of them or some."""
        return self.whole or (len(self.train_labels), len(self.validation_labels))

    @property
    def without_images(self) -> Data:
        """What is known of the images, with none of them."""
        images, labels = torch.empty((0, *self.shape), dtype=torch.uint8), torch.empty(0, dtype=torch.int64)
        return replace(
            self,
            train_images=images,
            train_labels=labels,
            validation_images=images,
            validation_labels=labels,
            whole=self.counts,
            validation_files=(),
        )


def load(
    recipe: Recipe,
    size: Shape,
    progress: Report = unheard,
    most: int | None = None,
    *,
    layout: FolderLayout | None = None,
    corrections: Iterable[Correction] = (),
) -> Data:
    """The images that ``recipe`` asks for, in ``size`` (C, H, W), with the ``corrections`` of the project.

    ``layout`` is that of its folder, where it is known.

    Where they take more than ``most`` bytes, as many of each class as fit, and of those to validate with the first.
    Beside what is kept a few megabytes are taken while they are read (``benchmarks/data_memory.py``).
    Raises ``DataError`` with a sentence, ``DataCancelledError`` where ``progress`` said to stop.
    """
    if len(size) != 3 or size.channels not in (1, 3):
        raise DataError(
            f"The network's input is {size}; images need channels × height × width with 1 channel (grey) or 3 (colour)."
        )
    dataset = DATASETS[recipe.data]
    said = of_data(corrections, recipe.data)

    def enrolled(classes: tuple[str, ...], given: Numbers, halves: Flags | None, ways: Ways | None = None) -> Roll:
        return enrol(classes, given, divided(given, recipe) if halves is None else halves, said, ways)

    count = None if most is None else max(_FEWEST, most // size.numel)
    raw = _read(recipe, progress, layout, size, enrolled, count)
    if raw.is_settled:
        said = {}
    known = None if raw.validation is None else flags(raw.validation, len(raw.labels))
    roll = enrolled(raw.names, raw.labels, known)
    numbers, whole = np.flatnonzero(~roll.left_out), raw.whole
    if len(set(roll.apart[numbers].tolist())) < 2:
        raise DataError("There are too few images to keep some apart for validation; add more of each class.")
    if count is not None and count < len(numbers):
        kept = int(roll.apart[numbers].sum())
        whole = len(numbers) - kept, kept
        numbers = numbers[some(roll.labels[numbers], roll.apart[numbers], count)]
    if len(numbers) < len(raw.labels):
        raw = replace(raw, parts=only(raw.parts, numbers))
    labels, apart = roll.labels[numbers], roll.apart[numbers]
    sentence = "Resizing the images" if size != dataset.shape else f"Reading {dataset.title}"
    if isinstance(dataset.origin, DrawnShapes):
        sentence = "Drawing the shapes"
    images, found = fitted(raw.parts, len(labels), size, sentence, progress)
    order = np.concatenate((np.flatnonzero(~apart), np.flatnonzero(apart)))
    arranged(images, order)
    ordered, end = torch.from_numpy(labels[order]), int((~apart).sum())
    train = images[:end]
    agreed = dataset.mean_std if size == dataset.shape else None
    mean, std = agreed or moments(train)
    halves = train, ordered[:end], images[end:], ordered[end:]
    notes = (*raw.notes, *roll.notes, *changes(found, size, dataset.title))
    files = tuple(str(raw.files[number]) for number in numbers[order[end:]].tolist()) if raw.files else ()
    data = Data(dataset.title, *halves, raw.names, mean, std, notes, dataset.mirror, raw.scale, whole, rules_of(recipe))
    return replace(data, validation_files=files)


def layout_of(recipe: Recipe, progress: Report = unheard) -> FolderLayout | None:
    """Which files are which images, where the images that ``recipe`` asks for are picture files; else None.

    Raises ``DataError`` with a sentence where nothing can be learned from them.
    """
    dataset = DATASETS[recipe.data]
    match dataset.origin:
        case ImageFolder():
            return grouped(folder_layout(recipe.folder, progress), recipe)
        case ImageTable():
            return grouped(read_table(recipe.folder, progress), recipe)
        case Torchvision() as origin if dataset.is_pictures:
            found = read_fetched(dataset, origin, progress)
            return found if isinstance(found, FolderLayout) else None
    return None


def rules_of(recipe: Recipe) -> Rules:
    """How pictures come into the proportions of the network: as the recipe says, where it says anything of use."""
    return Rules(recipe.fit, recipe.ground) if DATASETS[recipe.data].is_pictures else USUAL


def _read(  # noqa: PLR0917 - what is asked for, and how it is to be
    recipe: Recipe, progress: Report, layout: FolderLayout | None, size: Shape, enrolled: Enrol, most: int | None
) -> Raw:
    """The images of a recipe from wherever they come; of picture files at most so many, in ``size`` already."""
    dataset = DATASETS[recipe.data]
    if (layout := layout or layout_of(recipe, progress)) is not None:
        rules = rules_of(recipe)
        raw = read_folder(layout, dataset.title, size, progress, enrolled, most, rules=rules)
        raw.notes.append(f"{dataset.title}: the images are {rules.sentence(*size.spatial)}.")
        return raw
    return unfitted(recipe, progress, size)


def unfitted(recipe: Recipe, progress: Report, size: Shape) -> Raw:
    """The images of a data set without a folder, as they come; those that are made or decoded here come in ``size``."""
    dataset = DATASETS[recipe.data]
    names = dataset.names or ()
    match dataset.origin:
        case Bundled() as archive:
            images, labels = _unpacked(archive, dataset.title)
            if archive.fault == "labels":
                labels, _ = mislabelled(labels, len(names))
            elif archive.fault == "light":
                images = darkened(images, labels)
            return Raw((images,), labels, names)
        case DrawnShapes(count):
            return Raw(*shapes(count), names)
        case FakeImages(count):
            return fake_images(count, size, names)
        case ImageFile():
            return read_arrays(recipe.folder, dataset.title, size, progress)
        case Torchvision() as origin:
            found = read_fetched(dataset, origin, progress)
            if isinstance(found, Raw):
                return found
    raise DataError(f"{dataset.title} has no reader.")


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


def divided(given: Numbers, recipe: Recipe) -> Flags:
    """Which images are kept to validate with where the data has no halves of its own, by the classes that it gives."""
    return flags(split(given, recipe.validation_share, recipe.seed), len(given))


def split(labels: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Numbers of the images to keep for validation: ``share`` of each class, but never the only one of it."""
    random = np.random.default_rng(seed)
    kept = []
    for label in np.unique(labels):
        of_class = random.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(share * len(of_class))), len(of_class) - 1)
        kept.append(of_class[:count])
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, np.int64)


def normalised(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Bytes (N, C, H, W) as the numbers that a network reads: from 0 to 1, then less the mean, by the deviation.

    ``mean`` and ``std`` are (C, 1, 1) tensors where the images are.
    """
    return images.float().sub_(255 * mean).div_(255 * std)
