"""An image folder: one folder a class. Whatever lies in it is hostile or a mistake until it has been decoded."""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnnstudio.graph import Shape
from cnnstudio.headroom import ran_out
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.folder_layout import FolderLayout, ImageFile, files_are, said
from cnnstudio.training.data.picture import FORMATS, SCALE, extent, is_deep, picture_bytes
from cnnstudio.training.data.raw import Raw, some
from cnnstudio.training.data.room import at_once, check_room
from cnnstudio.training.device import cores
from cnnstudio.wording import abridged, counted
from cnnstudio.worker import Report, sparing

MOST_PIXELS = 64_000_000  # of a picture: beyond it a file is taken for a bomb
_PIXEL = 8  # bytes that a pixel takes at most while its picture is decoded and laid on white (Pillow keeps RGB in four)
_TOGETHER = 64  # pictures that are handed to the threads at once

Pixels = NDArray[np.uint8]
Scale = tuple[float, float]


class Room:
    """So many bytes, of which each of several threads takes what it is going to use, or waits until it is free."""

    def __init__(self, size: int) -> None:
        self.size = self.free = size
        self._changed = threading.Condition()

    @contextmanager
    def taking(self, count: int) -> Iterator[None]:
        """Have so many of them for a while; whoever wants more than there are has all."""
        count = min(count, self.size)
        with self._changed:
            self._changed.wait_for(lambda: self.free >= count)
            self.free -= count
        try:
            yield
        finally:
            with self._changed:
                self.free += count
                self._changed.notify_all()


_decoding = Room(MOST_PIXELS * _PIXEL)  # one of the largest pictures or many small ones, on however many threads


def read_folder(layout: FolderLayout, title: str, size: Shape, progress: Report, most: int | None = None) -> Raw:
    """Every readable image of a folder in ``size`` (C, H, W), or ``most`` of them, and notes about the rest.

    ``title`` is what they are called in the notes. Raises ``DataError`` for a folder that nothing can be learned from
    and for more images than there is room for, before they are decoded.
    """
    files, whole = _chosen(layout, most)
    check_room(len(files), size)
    notes: list[str] = []
    kept, images, scale = _decoded(files, size, notes, progress)
    if not any(not file.validation for file in kept):
        raise DataError(f"None of the images could be read. {notes[-1]}")
    names = layout.names
    if whole is None:
        layout = layout.holding(kept)
        names = layout.names
        chosen = [number for number, file in enumerate(kept) if file.name in names]
        for place, number in enumerate(chosen):  # in their place: as many again may not fit
            if place != number:
                images[place] = images[number]
        kept, images = list(layout.files), images[: len(chosen)]
    label_of = {name: label for label, name in enumerate(names)}
    labels = np.array([label_of[file.name] for file in kept], np.int64)
    apart = np.flatnonzero([file.validation for file in kept]) if layout.has_validation else None
    notes = [f"{title}: {layout.sentence}", *layout.notes, *notes]
    return Raw((images,), labels, tuple(map(said, names)), apart, notes, scale, whole)


def _chosen(layout: FolderLayout, most: int | None) -> tuple[Sequence[ImageFile], tuple[int, int] | None]:
    """The files of which the images are read, and of how many in either half these are some, or None."""
    names, files = layout.names, layout.files
    if most is None or len(files) <= most:
        return files, None
    label_of = {name: label for label, name in enumerate(names)}
    labels = np.array([label_of[file.name] for file in files], np.int64)
    apart = np.array([file.validation for file in files])
    kept = int(apart.sum())
    return [files[number] for number in some(labels, apart, most).tolist()], (len(files) - kept, kept)


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
    threads, total = cores(), len(files)
    step = max(threads, at_once(size, _TOGETHER))
    tell = sparing(progress, step)

    def go_on(number: int) -> None:
        if not tell(f"Reading the images: {number:,} of {total:,}", number / total):
            raise DataCancelledError("Reading the images was cancelled.")

    with warnings.catch_warnings(), ThreadPoolExecutor(threads, "decode") as pool:
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        for start in range(0, total, step):
            if not progress(f"Reading the images: {start:,} of {total:,}", start / total):
                raise DataCancelledError("Reading the images was cancelled.")
            part = [file.path for file in files[start : start + step]]
            found = pool.map(_read, part, itertools.repeat(size), itertools.repeat(scale))
            for number, each in enumerate(found, start + 1):
                yield each
                go_on(number)


def read_picture(path: Path, size: Shape, scale: Scale | None = None) -> Pixels:
    """One picture as bytes (C, H, W), read, cut and resized as those of a folder are.

    ``scale`` is what becomes black and white where it has more than 8 bits, its own extent where nothing is known.
    Raises ``DataError`` with a sentence where it is no picture, too large, damaged or not to be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        found = _read(path, size, scale)
        if isinstance(found, tuple):
            low, high = found
            found = _read(path, size, (low, high if low < high else low + 1.0))
    if isinstance(found, str | tuple):
        raise DataError(f"{said(path.name)} cannot be taken as a picture ({found}).")
    return found


def _read(path: Path, size: Shape, scale: Scale | None) -> Pixels | Scale | str:
    """One image as (C, H, W), or in a word what is wrong with it.

    Of one that has more than 8 bits, the least and the greatest number in it where no ``scale`` is known yet.
    """
    channels, height, width = size
    try:
        with Image.open(path, formats=FORMATS) as image:
            pixels = image.width * image.height
            if pixels > MOST_PIXELS:
                return f"{image.width:,} × {image.height:,} pixels are too many: the limit is {MOST_PIXELS:,}"
            image.draft("L" if channels == 1 else "RGB", (2 * width, 2 * height))  # as it is going to be decoded
            with _decoding.taking(_PIXEL * image.width * image.height):
                if scale is None and is_deep(image):
                    return extent(image) or "no number in it"
                made = picture_bytes(str(path), channels, height, width, scale or SCALE)
    except MemoryError:  # it says nothing about the picture
        raise
    except Image.DecompressionBombError:
        return f"too many pixels: the limit is {MOST_PIXELS:,}"
    except UnidentifiedImageError:
        return "no image"
    except PermissionError:
        return "may not be read"
    except Exception as error:  # whatever a decoder says about bytes that somebody else wrote
        if ran_out(error):
            raise
        return "damaged"
    return np.ascontiguousarray(np.frombuffer(made, np.uint8).reshape(height, width, channels).transpose(2, 0, 1))
