"""An image folder: one folder a class. Whatever lies in it is hostile or a mistake until it has been decoded."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnstudio.graph import Shape
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.raw import Raw
from cnnstudio.training.device import default_threads
from cnnstudio.wording import abridged
from cnnstudio.worker import Report

_SUFFIXES = frozenset((".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"))
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # no format whose reader starts other programs
_MOST_PIXELS = 64_000_000  # a photo of 64 megapixels is 192 MB when decoded; beyond it a file is taken for a bomb
_VALIDATION_NAMES = ("val", "valid", "validation", "test")


@dataclass(frozen=True)
class _File:
    path: Path
    name: str
    validation: bool


def read_folder(folder: str, size: Shape, room: Callable[[int], None], progress: Report) -> Raw:
    """Every readable image below ``folder`` in ``size`` (C, H, W), and notes about the rest.

    ``room`` is asked with the number of images before they are decoded and raises ``DataError`` if they are too many.
    Raises ``DataError`` for a folder that nothing can be learned from.
    """
    root = _root(folder)
    notes: list[str] = []
    train, validation = _halves(root)
    files = list(_files(train, False, notes, progress))
    if validation is not None:
        files += _files(validation, True, notes, progress)
    if not files:
        raise DataError(f"There are no images in {_said(root.name or str(root))}. {_LAYOUT}")
    room(len(files))
    kept, images = _decoded(files, root, size, notes, progress)
    names = _classes(kept, notes, validation is not None)
    label_of = {name: label for label, name in enumerate(names)}
    if empty := [path.name for path in _folders(train) if path.name not in label_of]:
        notes.append(f"Folders without an image are no class: {_listed(empty)}.")
    chosen = [number for number, file in enumerate(kept) if file.name in label_of]
    labels = np.array([label_of[kept[number].name] for number in chosen], np.int64)
    apart = np.flatnonzero([kept[number].validation for number in chosen]) if validation is not None else None
    if apart is not None and len(apart) == 0:
        notes.append("The folder for validation holds no image of these classes; part of the others is kept apart.")
        apart = None
    images = images[chosen] if len(chosen) < len(kept) else images
    return Raw(images, labels, tuple(_said(name) for name in names), apart, notes)


_LAYOUT = "Choose a folder that holds one folder of images for each class."


def _root(folder: str) -> Path:
    if not folder.strip():
        raise DataError(f"No folder of images is chosen yet. {_LAYOUT}")
    try:
        root = Path(folder).expanduser()
        kind = root.stat().st_mode
    except FileNotFoundError as error:
        raise DataError(f"The folder {_said(folder)} does not exist.") from error
    except PermissionError as error:
        raise DataError(f"The folder {_said(folder)} may not be read.") from error
    except (OSError, RuntimeError, ValueError) as error:  # a name that no system takes; a home that is not there
        raise DataError(f"{_said(folder)} is not the name of a folder.") from error
    if not stat.S_ISDIR(kind):
        raise DataError(f"{_said(folder)} is a file. {_LAYOUT}")
    return root


def _halves(root: Path) -> tuple[Path, Path | None]:
    """The folder to train on and the one to validate on, where the two are told apart by their names."""
    inside = {path.name.lower(): path for path in _folders(root)}
    train = inside.get("train")
    if train is not None and _folders(train):
        for name in _VALIDATION_NAMES:
            if name in inside and _folders(inside[name]):
                return train, inside[name]
        if len(inside) == 1:
            return train, None
    return root, None


def _folders(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith((".", "__")) and path.is_dir()]
    except OSError as error:
        raise DataError(f"The folder {_said(folder.name)} may not be read.") from error
    return sorted(found, key=lambda path: path.name)


def _files(root: Path, validation: bool, notes: list[str], progress: Report) -> Iterator[_File]:
    """The files that call themselves images, class by class, in the order of their names."""
    found = others = phone = 0
    for folder in _folders(root):
        for path in _below(folder):
            found += 1
            if found % 1_000 == 0 and not progress(f"Looking through the folder: {found:,} files", None):
                raise DataCancelledError("Reading the folder was cancelled.")
            if path.suffix.lower() in _SUFFIXES:
                yield _File(path, folder.name, validation)
            elif path.suffix.lower() in (".heic", ".heif"):
                phone += 1
            else:
                others += 1
    if phone:
        notes.append(f"{_files_are(phone)} in a phone's format (HEIC) and left out; save them as JPEG to use them.")
    if others:
        notes.append(f"{_files_are(others)} no image and left out.")


def _below(folder: Path) -> Iterator[Path]:
    """The ordinary files of a folder and of those in it. A link that leads back into it is not followed twice."""
    seen: set[tuple[int, int]] = set()
    for place, inner, files in os.walk(folder, followlinks=True):
        try:
            known = Path(place).stat()
        except OSError:
            continue
        if (known.st_dev, known.st_ino) in seen:
            inner.clear()
            continue
        seen.add((known.st_dev, known.st_ino))
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            with contextlib.suppress(OSError):  # a link to nothing is no file; a pipe would never end
                if not name.startswith(".") and stat.S_ISREG(path.stat().st_mode):
                    yield path


def _decoded(
    files: Sequence[_File], root: Path, size: Shape, notes: list[str], progress: Report
) -> tuple[list[_File], NDArray[np.uint8]]:
    images = np.empty((len(files), *size), np.uint8)
    kept: list[_File] = []
    broken: list[str] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(default_threads(), "decode") as pool:
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        for start in range(0, len(files), 64):
            part = files[start : start + 64]
            if not progress(f"Reading the images: {start:,} of {len(files):,}", start / len(files)):
                raise DataCancelledError("Reading the images was cancelled.")
            for file, found in zip(
                part, pool.map(_read, (file.path for file in part), itertools.repeat(size)), strict=True
            ):
                if isinstance(found, str):
                    broken.append(f"{_said(str(file.path.relative_to(root)))} ({found})")
                else:
                    images[len(kept)] = found
                    kept.append(file)
    if broken:
        notes.append(f"{_files_are(len(broken))} broken and left out: {abridged(broken, 5)}.")
    return kept, images[: len(kept)]


def _read(path: Path, size: Shape) -> NDArray[np.uint8] | str:
    """One image as (C, H, W), or in a word what is wrong with it."""
    channels, height, width = size
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                return f"{image.width:,} × {image.height:,} pixels are too many"
            image.draft("RGB" if channels == 3 else "L", (2 * width, 2 * height))  # JPEG decodes small at once
            image.load()  # verify() lets truncated JPEGs pass
            with contextlib.suppress(Exception):  # a camera's broken notes do not spoil its picture
                ImageOps.exif_transpose(image, in_place=True)
            flat = _flat(image, "RGB" if channels == 3 else "L")
            fitted = ImageOps.fit(flat, (width, height), Image.Resampling.BILINEAR)
    except Image.DecompressionBombError:
        return "too many pixels"
    except UnidentifiedImageError:
        return "no image"
    except PermissionError:
        return "may not be read"
    except Exception:  # whatever a decoder says about bytes that somebody else wrote
        return "damaged"
    array = np.asarray(fitted, np.uint8)  # (H, W) or (H, W, 3)
    return np.ascontiguousarray(array[None] if array.ndim == 2 else array.transpose(2, 0, 1))


def _flat(image: Image.Image, mode: str) -> Image.Image:
    """Grey or colour of 8 bits: transparency on white, 16 bits and floats spread over what is there."""
    if image.mode.startswith(("I", "F")):
        deep = np.asarray(image, np.float64)
        low, high = (0.0, 65_535.0) if image.mode.startswith("I;16") else (float(deep.min()), float(deep.max()))
        scaled = (deep - low) * (255 / max(high - low, 1e-9))
        return Image.fromarray(np.nan_to_num(scaled).clip(0, 255).astype(np.uint8)).convert(mode)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert(mode)
    return image.convert(mode)


def _classes(files: Sequence[_File], notes: list[str], halved: bool) -> tuple[str, ...]:
    names = tuple(sorted({file.name for file in files if not file.validation}))
    if not names:
        raise DataError("None of the images could be read." + (f" {notes[-1]}" if notes else ""))
    if len(names) == 1:
        raise DataError(f"All images are in one class, {_said(names[0])}; there must be two or more. {_LAYOUT}")
    if halved:
        other = {file.name for file in files if file.validation}
        if strange := sorted(other - set(names)):
            notes.append(f"For validation alone, and left out: {_listed(strange)}.")
        if absent := sorted(set(names) - other) if other else []:
            notes.append(f"Without an image for validation: {_listed(absent)}.")
    return names


def _listed(names: Sequence[str]) -> str:
    return abridged(map(_said, names), 5)


def _files_are(count: int) -> str:
    return "1 file is" if count == 1 else f"{count:,} files are"


def _said(name: str) -> str:
    """A name from outside in a sentence: in one line and not too long."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in name)
    return clean if len(clean) <= 80 else f"{clean[:38]} … {clean[-38:]}"
