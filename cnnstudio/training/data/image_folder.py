"""An image folder: one folder a class. Whatever lies in it is hostile or a mistake until it has been decoded."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnnstudio.graph import Shape
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.folder_layout import ImageFile, files_are, folder_layout, said
from cnnstudio.training.data.picture import FORMATS, SCALE, extent, is_deep, picture_bytes
from cnnstudio.training.data.raw import Raw
from cnnstudio.training.device import cores
from cnnstudio.wording import abridged, counted
from cnnstudio.worker import Report

_MOST_PIXELS = 64_000_000  # a photo of 64 megapixels is 192 MB when decoded; beyond it a file is taken for a bomb

Pixels = NDArray[np.uint8]
Scale = tuple[float, float]


def read_folder(folder: str, title: str, size: Shape, room: Callable[[int], None], progress: Report) -> Raw:
    """Every readable image below ``folder`` in ``size`` (C, H, W), and notes about the rest.

    ``title`` is what they are called in the notes. ``room`` is asked with the number of images before they are decoded
    and raises ``DataError`` if they are too many.
    Raises ``DataError`` for a folder that nothing can be learned from.
    """
    layout = folder_layout(folder, progress)
    room(len(layout.files))
    notes: list[str] = []
    kept, images, scale = _decoded(layout.files, size, notes, progress)
    if not any(not file.validation for file in kept):
        raise DataError(f"None of the images could be read. {notes[-1]}")
    layout = layout.holding(kept)
    chosen = [number for number, file in enumerate(kept) if file.name in layout.names]
    label_of = {name: label for label, name in enumerate(layout.names)}
    labels = np.array([label_of[file.name] for file in layout.files], np.int64)
    apart = np.flatnonzero([file.validation for file in layout.files]) if layout.has_validation else None
    images = images[chosen] if len(chosen) < len(kept) else images
    notes = [f"{title}: {layout.sentence}", *layout.notes, *notes]
    return Raw(images, labels, tuple(map(said, layout.names)), apart, notes, scale)


def _decoded(
    files: Sequence[ImageFile], size: Shape, notes: list[str], progress: Report
) -> tuple[list[ImageFile], Pixels, Scale | None]:
    """The files that can be read and their images; for those of more than 8 bits the scale, one for them all."""
    images = np.empty((len(files), *size), np.uint8)
    kept: list[ImageFile] = []
    broken: list[str] = []
    deep: dict[int, Scale] = {}  # place -> the least and the greatest number in it
    for file, found in zip(files, _read_each(files, size, None, progress), strict=True):
        if isinstance(found, str):
            broken.append(f"{said(f'{file.name}/{file.path.name}')} ({found})")
            continue
        if isinstance(found, tuple):
            deep[len(kept)] = found
        else:
            images[len(kept)] = found
        kept.append(file)
    if broken:
        notes.append(f"{files_are(len(broken))} broken and left out: {abridged(broken, 5)}.")
    scale = None
    if deep:
        low, high = min(low for low, _ in deep.values()), max(high for _, high in deep.values())
        scale = (low, high) if low < high else (low, low + 1.0)
        again = [kept[number] for number in deep]
        for number, found in zip(deep, _read_each(again, size, scale, progress), strict=True):
            if isinstance(found, str | tuple):
                raise DataError("The folder was changed while it was read. Try again.")
            images[number] = found
        notes.append(
            f"{counted(len(deep), 'image')} of more than 8 bits: in all alike {scale[0]:g} became black and "
            f"{scale[1]:g} white. The weights keep these two numbers."
        )
    return kept, images[: len(kept)], scale


def _read_each(
    files: Sequence[ImageFile], size: Shape, scale: Scale | None, progress: Report
) -> Iterator[Pixels | Scale | str]:
    """``_read`` of each file, in their order, on several threads."""
    with warnings.catch_warnings(), ThreadPoolExecutor(cores(), "decode") as pool:
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        for start in range(0, len(files), 64):
            part = [file.path for file in files[start : start + 64]]
            if not progress(f"Reading the images: {start:,} of {len(files):,}", start / len(files)):
                raise DataCancelledError("Reading the images was cancelled.")
            yield from pool.map(_read, part, itertools.repeat(size), itertools.repeat(scale))


def _read(path: Path, size: Shape, scale: Scale | None) -> Pixels | Scale | str:
    """One image as (C, H, W), or in a word what is wrong with it.

    Of one that has more than 8 bits, the least and the greatest number in it where no ``scale`` is known yet.
    """
    channels, height, width = size
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                return f"{image.width:,} × {image.height:,} pixels are too many"
            if scale is None and is_deep(image):
                return extent(image) or "no number in it"
        pixels = picture_bytes(str(path), channels, height, width, scale or SCALE)
    except Image.DecompressionBombError:
        return "too many pixels"
    except UnidentifiedImageError:
        return "no image"
    except PermissionError:
        return "may not be read"
    except Exception:  # whatever a decoder says about bytes that somebody else wrote
        return "damaged"
    return np.ascontiguousarray(np.frombuffer(pixels, np.uint8).reshape(height, width, channels).transpose(2, 0, 1))
