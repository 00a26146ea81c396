"""An image folder: one folder a class. Whatever lies in it is hostile or a mistake until it has been decoded."""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnnstudio.disk import is_there
from cnnstudio.graph import Shape
from cnnstudio.headroom import headroom, ran_out
from cnnstudio.training.data.decoded_cache import Decoded, Sheet, decoded_once, has_room
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.file_note import Note
from cnnstudio.training.data.folder_layout import FolderLayout, ImageFile, files_are, said
from cnnstudio.training.data.picture import FORMATS, SCALE, USUAL, Rules, extent, is_deep, picture_bytes
from cnnstudio.training.data.raw import Raw, some
from cnnstudio.training.data.roll import Enrol, ways
from cnnstudio.training.data.room import at_once, check_room, is_modest
from cnnstudio.training.device import cores
from cnnstudio.wording import abridged, counted, memory
from cnnstudio.worker import Report, sparing

MOST_PIXELS = 178_956_970  # of a picture: beyond, Pillow takes it for a bomb (Image.MAX_IMAGE_PIXELS, twice)
_DECODED = 512_000_000  # bytes of pictures that are decoded at once
_PIXEL = 8  # bytes that a pixel takes at most while its picture is decoded and laid on white (Pillow keeps RGB in four)
_TOGETHER = 64  # pictures that are handed to the threads at once

Pixels = NDArray[np.uint8]
_NONE: Pixels = np.zeros((0, 1, 1, 1), np.uint8)  # who asks has them
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


_decoding = Room(_DECODED)  # one large picture or many small ones, on however many threads


@dataclass
class Manner:
    """By which rules pictures are read, which of them were decoded small, and of which there is more than one."""

    rules: Rules
    reduced: set[Path] = field(default_factory=set)
    moving: set[Path] = field(default_factory=set)


def read_folder(  # noqa: PLR0917 - the folder, how its images are to be, and what is said meanwhile
    layout: FolderLayout,
    title: str,
    size: Shape,
    progress: Report,
    enrolled: Enrol,
    most: int | None = None,
    *,
    rules: Rules = USUAL,
) -> Raw:
    """Every readable image of a folder in ``size`` (C, H, W), or ``most`` of them, and notes about the rest.

    ``title`` is what they are called in the notes, and ``enrolled`` says of which class and half each is. Raises
    ``DataError`` for a folder that nothing can be learned from and for more images than there is room for, before they
    are decoded.
    """
    label_of = {name: label for label, name in enumerate(layout.names)}
    given = np.array([label_of[file.name] for file in layout.files], np.int64)
    halves = np.array([file.validation for file in layout.files]) if layout.has_validation else None
    roll = enrolled(tuple(map(said, layout.names)), given, halves, lambda: ways_in(layout))
    numbers, whole = np.flatnonzero(~roll.left_out), None
    if roll.apart[numbers].all():
        raise DataError("All images to train with are left out, as the project says.")
    if most is not None and len(numbers) > most:
        kept = int(roll.apart[numbers].sum())
        whole = len(numbers) - kept, kept
        numbers = numbers[some(roll.labels[numbers], roll.apart[numbers], most)]
    needed = len(numbers) * size.numel
    is_mapped = whole is None and not is_modest(needed) and has_room(needed)
    if is_mapped:  # in the order in which they are learned from: what lies on a disk is not moved about
        numbers = numbers[np.argsort(roll.apart[numbers], kind="stable")]
    else:
        check_room(len(numbers), size)
    files = [layout.files[number] for number in numbers.tolist()]
    decode, told = partial(_decoded, files, size, progress, rules), ""
    if whole is None:
        found, told = decoded_once([file.path for file in files], size, decode, progress, rules, is_mapped=is_mapped)
    else:
        images = np.empty((len(files), *size), np.uint8)
        found = decode(images)
        found = replace(found, images=images[: len(found.kept)])
    if found.broken and not is_there(layout.root):
        raise DataError(f"The folder {said(layout.root.name)} is not there any more: it vanished while it was read.")
    images, notes, numbers = found.images, _notes(files, found), numbers[list(found.kept)]
    files = [files[number] for number in found.kept]
    if not len(numbers) or (halves is not None and roll.apart[numbers].all()):
        raise DataError(f"None of the images could be read. {notes[-1]}")
    labels, apart, names = roll.labels[numbers], roll.apart[numbers], layout.names
    if halves is None:  # of a class that has no image to train with but broken ones
        apart &= np.isin(labels, labels[~apart])
    if whole is None:
        there = np.sort(np.concatenate((numbers, np.flatnonzero(roll.left_out))))
        layout = layout.holding([layout.files[number] for number in there.tolist()])
        chosen = np.flatnonzero(np.isin(labels, [label_of[name] for name in layout.names]))
        for place, number in enumerate(chosen.tolist()):  # in their place: as many again may not fit
            if place != number:
                images[place] = images[number]
        place_of = np.zeros(len(names), np.int64)
        place_of[[label_of[name] for name in layout.names]] = np.arange(len(layout.names))
        labels, apart, images, names = place_of[labels[chosen]], apart[chosen], images[: len(chosen)], layout.names
        files = [files[place] for place in chosen.tolist()]
    notes = [f"{title}: {layout.sentence}", *layout.notes, *roll.notes, *notes, *([told] if told else [])]
    halves_of = tuple(map(said, names)), np.flatnonzero(apart)
    paths = [file.path for file in files]
    return Raw((images,), labels, *halves_of, notes, found.scale, whole, is_settled=True, files=paths)


def ways_in(layout: FolderLayout) -> tuple[str, ...]:
    """What each file of a folder is called where a person says something of it: its way from the chosen folder."""
    return ways((file.path for file in layout.files), layout.home or layout.root)


def _decoded(files: Sequence[ImageFile], size: Shape, progress: Report, rules: Rules, images: Sheet) -> Decoded:
    """Put into ``images`` those of the files that can be read, and say which they are.

    For those of more than 8 bits the scale is one for them all.
    """
    how = Manner(rules)
    kept: list[int] = []
    broken: dict[int, str] = {}
    deep: dict[int, Scale] = {}  # place -> the least and the greatest number in it
    for number, found in enumerate(_read_each(files, size, None, progress, how)):
        if isinstance(found, str):
            broken[number] = found
            continue
        if isinstance(found, tuple):
            deep[len(kept)] = found
        else:
            images[len(kept)] = found
        kept.append(number)
    scale = None
    if deep:
        low, high = min(low for low, _ in deep.values()), max(high for _, high in deep.values())
        scale = (low, high) if low < high else (low, low + 1.0)
        again = [files[kept[place]] for place in deep]
        for place, found in zip(deep, _read_each(again, size, scale, progress, how), strict=True):
            if isinstance(found, str | tuple):
                raise DataError("The folder was changed while it was read. Try again.")
            images[place] = found
    reduced, moving = len(how.reduced), len(how.moving)
    return Decoded(_NONE, kept, broken, len(deep), scale, reduced, moving)


def _notes(files: Sequence[ImageFile], found: Decoded) -> list[str]:
    """What there is to say of the files that were read."""
    notes: list[str] = []
    if found.broken:
        named = [f"{said(f'{files[n].name}/{files[n].path.name}')} ({why})" for n, why in found.broken.items()]
        sentence = f"{files_are(len(named))} broken and left out: {abridged(named, 5)}."
        notes.append(Note.of(sentence, tuple(named)))
    if found.scale is not None:
        notes.append(
            f"{counted(found.deep, 'image')} of more than 8 bits: in all alike {found.scale[0]:g} became black and "
            f"{found.scale[1]:g} white. The weights keep these two numbers."
        )
    if found.reduced:
        notes.append(
            f"{counted(found.reduced, 'JPEG picture')} decoded at a half, a quarter or an eighth of the size, still at "
            "least twice what the Input takes."
        )
    if found.moving:
        notes.append(f"{counted(found.moving, 'picture')} moving, or with several pages: of each the first was taken.")
    return notes


def _read_each(
    files: Sequence[ImageFile], size: Shape, scale: Scale | None, progress: Report, how: Manner
) -> Iterator[Pixels | Scale | str]:
    """``_read`` of each file, in their order, on several threads."""
    threads, total = max(2, cores()), len(files)  # Pillow decodes without holding up Python
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
            found = pool.map(_read, part, *map(itertools.repeat, (size, scale, how)))
            for number, each in enumerate(found, start + 1):
                yield each
                go_on(number)


def read_picture(path: Path, size: Shape, scale: Scale | None = None, rules: Rules = USUAL) -> Pixels:
    """One picture as bytes (C, H, W), read, cut and resized as those of a folder are.

    ``scale`` is what becomes black and white where it has more than 8 bits, its own extent where nothing is known.
    Raises ``DataError`` with a sentence where it is no picture, too large, damaged or not to be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        how = Manner(rules)
        found = _read(path, size, scale, how)
        if isinstance(found, tuple):
            low, high = found
            found = _read(path, size, (low, high if low < high else low + 1.0), how)
    if isinstance(found, str | tuple):
        raise DataError(f"{said(path.name)} cannot be taken as a picture ({found}).")
    return found


def _read(path: Path, size: Shape, scale: Scale | None, how: Manner) -> Pixels | Scale | str:
    """One image as (C, H, W), or in a word what is wrong with it.

    Of one that has more than 8 bits, the least and the greatest number in it where no ``scale`` is known yet.
    """
    channels, height, width = size
    try:
        with Image.open(path, formats=FORMATS) as image:
            pixels = image.width * image.height
            if image.format != "MPO" and getattr(image, "is_animated", False):  # a telephone's MPO is one photograph
                how.moving.add(path)
            image.draft("L" if channels == 1 else "RGB", (2 * width, 2 * height))  # as it is going to be decoded
            if image.width * image.height < pixels:
                how.reduced.add(path)
            if (needed := _PIXEL * image.width * image.height) > _DECODED and needed > (free := headroom()):
                return f"{pixels:,} pixels take {memory(needed)} to decode, and {memory(free)} are free"
            with _decoding.taking(needed):
                if scale is None and is_deep(image):
                    return extent(image) or "no number in it"
                rules = how.rules
                made = picture_bytes(
                    str(path), channels, height, width, scale or SCALE, fit=rules.fit, ground=rules.ground
                )
    except MemoryError:  # it says nothing about the picture
        raise
    except Image.DecompressionBombError:
        return f"too many pixels: the limit is {MOST_PIXELS:,}"
    except UnidentifiedImageError:
        return "no image"
    except PermissionError:
        return "may not be read"
    except FileNotFoundError:
        return "not there any more"
    except Exception as error:  # whatever a decoder says about bytes that somebody else wrote
        if ran_out(error):
            raise
        return "damaged"
    return np.ascontiguousarray(np.frombuffer(made, np.uint8).reshape(height, width, channels).transpose(2, 0, 1))
