"""Album: every picture of a data set by its number, with its class and half, to be looked at one by one.

Nothing of a folder is opened for it but what is asked for; what has no files is held as small pictures.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.corrections import Correction, of_data, way_of
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.album_cache import Listing, keep, kept
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.fitting import fitted
from cnnstudio.training.data.folder_layout import FolderLayout, said
from cnnstudio.training.data.image_folder import read_picture
from cnnstudio.training.data.loading import divided, layout_of, unfitted
from cnnstudio.training.data.picture import FORMATS
from cnnstudio.training.data.roll import Flags, Numbers, Roll, enrol, flags
from cnnstudio.wording import memory
from cnnstudio.worker import Report

Pixels = NDArray[np.uint8]
LARGEST = 64  # pixels of a side of what is held of pictures that have no files
_ORIENTATION = 0x0112  # the tag of EXIF by which a camera says how it was held
_TURNED = (5, 6, 7, 8)  # its values where height and width change places


@dataclass(frozen=True)
class Facts:
    """What is known of one picture: its name, its height and width in pixels, and how its pixels are kept."""

    name: str
    height: int
    width: int
    mode: str
    size: int = 0  # bytes of its file

    @property
    def sentence(self) -> str:
        """All but the name, in short."""
        bytes_ = f", {memory(self.size)}" if self.size else ""
        return f"{self.width:,} × {self.height:,} pixels, {self.mode}{bytes_}"


@dataclass(frozen=True, eq=False)
class Album:
    """N pictures of the data set ``data``: the class that each was found in, ``given`` (N,), and its half, ``apart``.

    They are files below ``home``, by their ways in ``places``, or ``pixels`` (N, C, H, W). ``notes`` are sentences of
    who found them.
    """

    data: str
    title: str
    classes: tuple[str, ...]
    given: Numbers
    apart: Flags
    notes: tuple[str, ...] = ()
    home: Path | None = None
    places: tuple[str, ...] = ()
    pixels: Pixels = field(default_factory=lambda: np.zeros((0, 1, 1, 1), np.uint8))

    def __len__(self) -> int:
        return len(self.given)

    @property
    def has_files(self) -> bool:
        """Whether every picture has a file."""
        return self.home is not None

    @cached_property
    def ways(self) -> tuple[str, ...]:
        """What each picture is called where a person says something of it."""
        if self.home is None:
            return tuple(map(str, range(len(self))))
        return tuple(way_of(place if os.sep == "/" else place.replace(os.sep, "/")) for place in self.places)

    def roll(self, corrections: Iterable[Correction]) -> Roll:
        """The pictures with what the project says of some."""
        ways = (lambda: self.ways) if self.home is not None else None
        return enrol(self.classes, self.given, self.apart, of_data(corrections, self.data), ways)

    def path(self, number: int) -> Path | None:
        """The file of a picture, where it has one."""
        return None if self.home is None else self.home / self.places[number]

    def image(self, number: int, side: int) -> Pixels:
        """A picture (C, H, W), made no larger, and small enough for a square of ``side`` pixels where it is a file.

        Raises ``DataError`` with a sentence for a file that cannot be read.
        """
        path = self.path(number)
        return self.pixels[number] if path is None else small(path, side)

    def facts(self, number: int) -> Facts:
        """What is known of a picture. Raises ``DataError`` for a file that cannot be opened."""
        path = self.path(number)
        if path is None:
            channels, height, width = self.pixels.shape[1:]
            return Facts(f"{self.title}, number {number:,}", height, width, "grey" if channels == 1 else "colour")
        height, width, mode = _opened(path)
        return Facts(self.places[number], height, width, mode, path.stat().st_size)


def album(recipe: Recipe, report: Report) -> Album:
    """Every picture that ``recipe`` has to learn from and to validate with, as it was found.

    Raises ``DataError`` with a sentence, ``DataCancelledError`` where ``report`` said to stop.
    """
    dataset = DATASETS[recipe.data]
    if dataset.is_folder and recipe.folder:
        return _of_folder(recipe, report)
    if (layout := layout_of(recipe, report)) is not None:
        return _album(recipe, layout.home or layout.root, _listing(layout, recipe))
    raw = unfitted(recipe, report, dataset.shape or Shape(3, LARGEST, LARGEST))
    parts, first = _begun(raw.parts)
    channels, height, width = first
    scale = min(1.0, LARGEST / max(height, width))
    size = Shape(channels, max(1, round(scale * height)), max(1, round(scale * width)))
    images, _ = fitted(parts, len(raw.labels), size, f"Reading {dataset.title}", report)
    apart = divided(raw.labels, recipe) if raw.validation is None else flags(raw.validation, len(raw.labels))
    return Album(recipe.data, dataset.title, raw.names, raw.labels, apart, tuple(raw.notes), pixels=images.numpy())


def _begun(parts: Iterable[Pixels]) -> tuple[Iterable[Pixels], tuple[int, ...]]:
    """The parts, and the size of an image, which the first of them tells."""
    rest = iter(parts)
    first = next(rest)

    def again() -> Iterable[Pixels]:
        yield first
        yield from rest

    return again(), first.shape[1:]


def _of_folder(recipe: Recipe, report: Report) -> Album:
    """The files of an image folder, as they were found before where nothing in it has changed."""
    key = recipe.validation_share, recipe.seed, recipe.group, recipe.group_end
    home = Path(recipe.folder).expanduser()
    if (listing := kept(home, key)) is None:
        if (layout := layout_of(recipe, report)) is None:  # of a folder there always is one
            raise DataError(f"{said(recipe.folder)} is no folder.")
        listing = _listing(layout, recipe)
        keep(home, key, listing)
    return _album(recipe, home, listing)


def _listing(layout: FolderLayout, recipe: Recipe) -> Listing:
    """What is to be known of the files of a layout."""
    label_of = {name: label for label, name in enumerate(layout.names)}
    given = np.array([label_of[file.name] for file in layout.files], np.int64)
    apart = np.array([file.validation for file in layout.files]) if layout.has_validation else divided(given, recipe)
    start = len(str(layout.home or layout.root).rstrip(os.sep)) + 1
    return Listing(
        tuple(map(said, layout.names)),
        given,
        apart,
        tuple(str(file.path)[start:] for file in layout.files),
        (f"{DATASETS[recipe.data].title}: {layout.sentence}", *layout.notes),
    )


def _album(recipe: Recipe, home: Path, found: Listing) -> Album:
    title = DATASETS[recipe.data].title
    return Album(recipe.data, title, found.classes, found.given, found.apart, found.notes, home, found.places)


def seen(album: Album, number: int) -> tuple[Pixels, int, int]:
    """A small picture (C, H, W), and how high and wide it is by itself. Raises ``DataError``."""
    path = album.path(number)
    if path is None:
        image: Pixels = album.pixels[number]
        return image, image.shape[1], image.shape[2]
    height, width, _ = _opened(path)
    return small(path, LARGEST), height, width


def small(path: Path, side: int) -> Pixels:
    """The picture in a file in colour (3, H, W), whole and the right way up, in a square of ``side`` pixels at most.

    It is made no larger than it is. Raises ``DataError`` with a sentence where it cannot be read.
    """
    height, width, _ = _opened(path)
    scale = min(1.0, side / max(height, width))
    return read_picture(path, Shape(3, max(1, round(scale * height)), max(1, round(scale * width))))


def _opened(path: Path) -> tuple[int, int, str]:
    """Height, width and kind of the picture in a file, the right way up, without decoding it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
            with Image.open(path, formats=FORMATS) as picture:
                is_turned = picture.getexif().get(_ORIENTATION) in _TURNED
                width, height = reversed(picture.size) if is_turned else picture.size
                return height, width, f"{picture.format} {picture.mode}"
    except MemoryError:
        raise
    except PermissionError as error:
        raise DataError(f"{said(path.name)} may not be read.") from error
    except Exception as error:  # whatever a decoder says about bytes that somebody else wrote
        raise DataError(f"{said(path.name)} cannot be taken as a picture.") from error
