"""Photographs: data sets whose images are picture files: which of them is of which class and which half."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cnnstudio.disk import shown
from cnnstudio.project.datasets.known_classes import IMAGENETTE
from cnnstudio.training.data.errors import AbsentError, DamagedError
from cnnstudio.training.data.folder_layout import SUFFIXES, FolderLayout, ImageFile
from cnnstudio.training.data.readers.mat import read_mat
from cnnstudio.training.data.readers.stored import Stored
from cnnstudio.wording import counted

SIZES_OF_IMAGENETTE = "imagenette2-160", "imagenette2-320", "imagenette2"


def flowers(stored: Stored) -> FolderLayout:
    """Oxford Flowers 102: numbers of pictures and of their classes in two files of MATLAB."""
    labels, sets = stored.file("imagelabels.mat"), stored.file("setid.mat")
    folder = stored.file("jpg")
    known, halves = read_mat(labels), read_mat(sets)
    try:
        label_of = dict(enumerate(known["labels"].reshape(-1).astype(int).tolist(), 1))
        train, kept, test = (halves[name].reshape(-1).astype(int).tolist() for name in ("trnid", "valid", "tstid"))
        chosen = [
            (number, label_of[number] - 1, number in set_) for set_ in (frozenset(kept),) for number in train + kept
        ]
    except (KeyError, ValueError) as error:
        raise DamagedError(f"{shown(labels)} or {shown(sets)} is damaged: what it should hold is not in it.") from error
    note = f"{counted(len(test), 'image')} to test with are left out."
    return _layout(
        stored, folder, ((folder / f"image_{n:05d}.jpg", label, is_kept) for n, label, is_kept in chosen), note
    )


def pets(stored: Stored) -> FolderLayout:
    """Oxford-IIIT Pets: lists of names with the number of the class behind each."""
    images, notes = stored.file("images"), stored.file("annotations")

    def listed() -> Iterator[tuple[Path, int, bool]]:
        for half in ("trainval", "test"):
            for number, line in enumerate(_lines(notes / f"{half}.txt"), 1):
                words = line.split()
                if len(words) < 2 or not words[1].isdecimal():
                    raise DamagedError(f"{half}.txt is damaged in line {number:,}.")
                yield images / f"{words[0]}.jpg", int(words[1]) - 1, half == "test"

    return _layout(stored, images, listed())


def imagenette(stored: Stored) -> FolderLayout:
    """Imagenette in any of its three sizes: a folder a class, called after WordNet."""
    root = stored.file(*SIZES_OF_IMAGENETTE)
    folders = list(IMAGENETTE)

    def listed() -> Iterator[tuple[Path, int, bool]]:
        for half in ("train", "val"):
            for label, name in enumerate(folders):
                yield from ((path, label, half == "val") for path in _pictures(root / half / name))

    return _layout(stored, root, listed())


def gtsrb(stored: Stored) -> FolderLayout:
    """GTSRB: a folder a class to train with, of 2012 where it is there or else of 2011, and a table for the test."""
    train = stored.file("GTSRB/Final_Training/Images", "GTSRB/Training")
    test, table = stored.file("GTSRB/Final_Test/Images"), stored.file("GT-final_test.csv")

    def listed() -> Iterator[tuple[Path, int, bool]]:
        for label in range(len(stored.dataset.names or ())):
            yield from ((path, label, False) for path in _pictures(train / f"{label:05d}"))
        for row in csv.DictReader(_lines(table), delimiter=";"):
            yield test / _field(row, "Filename", table), int(_field(row, "ClassId", table)), True

    try:
        return _layout(stored, train, listed())
    except csv.Error as error:
        raise DamagedError(f"{shown(table)} is damaged.") from error


READERS: dict[str, Callable[[Stored], FolderLayout]] = {
    "flowers102": flowers,
    "pets": pets,
    "imagenette": imagenette,
    "gtsrb": gtsrb,
}


def _layout(stored: Stored, root: Path, found: Iterable[tuple[Path, int, bool]], *notes: str) -> FolderLayout:
    names = stored.dataset.names or ()
    files = []
    for path, label, is_kept in found:
        if not 0 <= label < len(names):
            raise DamagedError(f"{stored.dataset.title} gives {shown(path)} a class beyond its {len(names)}.")
        files.append(ImageFile(path, names[label], is_kept))
    if not files:
        raise AbsentError(f"There are no images in {shown(root)}.")
    return FolderLayout(root, tuple(files), (), True, notes, order=names)


def _pictures(folder: Path) -> list[Path]:
    """The pictures in a folder, by name. Raises ``AbsentError`` where there is no such folder."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if Path(entry.name).suffix.lower() in SUFFIXES)
    except OSError as error:
        raise AbsentError(f"There is no folder {shown(folder)}.") from error
    return [folder / name for name in names]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError as error:
        raise AbsentError(f"There is no file {shown(path)}.") from error


def _field(row: dict[str, Any], name: str, path: Path) -> str:
    value = row.get(name)
    if not value or (name == "ClassId" and not value.strip().isdecimal()):
        raise DamagedError(f"{shown(path)} is damaged: a row has no {name}.")
    return str(value).strip()
