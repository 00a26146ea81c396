"""Folder layout: which files of an image folder are of which class and which half, told by names. Knows no torch.

The halves are known by what their names mean, however they are spelled: Training and Testing, seg_train and seg_test,
dev, eval. Nothing is opened here, so that it can be said before training what there is to learn from.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from pathlib import Path

from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.wording import abridged, counted
from cnnstudio.worker import Report, unheard

SUFFIXES = frozenset((".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"))
LAYOUT = "Choose a folder that holds one folder of images for each class."


class Half(Enum):
    """What a folder's images are for. Of those that could be validated with, the first here is taken."""

    TRAIN = "to train with"
    VALIDATION = "to validate with"
    TEST = "to test with"
    UNKNOWN = "to be told apart in the end: they have no labels"


_WORDS: dict[str, Half] = {
    **dict.fromkeys(("train", "training", "trainset", "trn"), Half.TRAIN),
    **dict.fromkeys(
        ("val", "valid", "validate", "validation", "dev", "eval", "evaluation", "holdout"), Half.VALIDATION
    ),
    **dict.fromkeys(("test", "testing", "testset", "tst"), Half.TEST),
    **dict.fromkeys(("pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled"), Half.UNKNOWN),
}


@dataclass(frozen=True)
class ImageFile:
    """A file that calls itself an image, its class and whether it is kept to validate with."""

    path: Path
    name: str
    validation: bool


@dataclass(frozen=True)
class FolderLayout:
    """What an image folder holds: its files, and the folders that are its classes as far as there are images in them.

    ``is_halved`` says whether it has a folder to validate with, ``left_out`` are sentences about what is not used.
    """

    root: Path
    files: tuple[ImageFile, ...]
    places: tuple[str, ...]
    is_halved: bool
    left_out: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The classes: those with an image to train with. Raises ``DataError`` where there are none to tell apart."""
        names = tuple(sorted({file.name for file in self.files if not file.validation}))
        if not names:
            root = said(self.root.name or str(self.root))
            raise DataError(f"There are no images in {root}. {_loose(self.root)}{LAYOUT}")
        if len(names) == 1:
            raise DataError(f"All images are in one class, {said(names[0])}; there must be two or more. {LAYOUT}")
        return names

    @property
    def has_validation(self) -> bool:
        """Whether it keeps images to validate with by itself."""
        return any(file.validation for file in self.files)

    @property
    def sentence(self) -> str:
        """The classes with how many images each has, and which of them are kept to validate with."""
        count = Counter(file.name for file in self.files)
        classes = abridged((f"{said(name)} {count[name]:,}" for name in self.names), 12)
        kept = sum(file.validation for file in self.files)
        how = f"{kept:,} of them to validate with" if kept else "a share of each class is kept to validate with"
        return f"{counted(len(self.files), 'image')} of {counted(len(self.names), 'class')}: {classes}; {how}."

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what is left out, and about classes that lack images."""
        notes = list(self.left_out)
        if empty := [name for name in self.places if name not in self.names]:
            notes.append(f"Folders without an image are no class: {listed(empty)}.")
        kept = {file.name for file in self.files if file.validation}
        if self.is_halved and not kept:
            notes.append("The folder for validation holds no image of these classes; part of the others is kept apart.")
        if absent := [name for name in self.names if name not in kept] if kept else []:
            notes.append(f"Without an image for validation: {listed(absent)}.")
        return tuple(notes)

    def holding(self, files: Sequence[ImageFile]) -> FolderLayout:
        """The layout with these of its files alone; of the others nothing can be learned."""
        names = replace(self, files=tuple(files)).names
        return replace(self, files=tuple(file for file in files if file.name in names))


@dataclass
class _Search:
    """What is being found; ``report`` is asked whether to go on."""

    report: Report
    seen: int = 0
    others: int = 0
    phone: int = 0
    notes: list[str] = field(default_factory=list)

    def images(self, folder: Path) -> Iterator[Path]:
        """The files below ``folder`` that call themselves images, by name."""
        for path in _below(folder):
            self.seen += 1
            if self.seen % 1_000 == 0 and not self.report(f"Looking through the folder: {self.seen:,} files", None):
                raise DataCancelledError("Reading the folder was cancelled.")
            suffix = path.suffix.lower()
            if suffix in SUFFIXES:
                yield path
            elif suffix in (".heic", ".heif"):
                self.phone += 1
            else:
                self.others += 1

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences about all that is left out."""
        notes = list(self.notes)
        if self.phone:
            advice = "save them as JPEG to use them"
            notes.append(f"{files_are(self.phone)} in a phone's format (HEIC) and left out; {advice}.")
        if self.others:
            notes.append(f"{files_are(self.others)} no image and left out.")
        return tuple(notes)


def folder_layout(folder: str, report: Report = unheard) -> FolderLayout:
    """What lies in ``folder``. Raises ``DataError`` for one that nothing can be learned from."""
    root = _only(_root(folder))
    search = _Search(report)
    train, validation = _halves(root, search)
    files = [file for place in folders(train) for file in _of_class(place, search)]
    names = {file.name for file in files if not file.validation}
    if validation is not None:
        files += _labelled(validation, names, search)
    if names and (loose := sum(1 for _ in _images(_beside(train)))):
        search.notes.append(f"{files_are(loose)} in no folder of a class, and left out.")
    layout = FolderLayout(train, tuple(files), _names(folders(train)), validation is not None, search.left_out)
    return layout.holding(files)


def class_roots(root: Path) -> list[Path]:
    """The folders in which a new folder may be a new class: the root, and those of its halves."""
    found = [root] if (only := _only(root)) == root else [root, only]
    for place in found:
        found += [each for each in folders(place) if half(each.name) is not None] if len(found) < 20 else []
    return found


# halves


def half(name: str) -> Half | None:
    """What a folder of this name is for; None where it is not told by it, as of most classes."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]
    found = {_WORDS[word] for word in words if word in _WORDS}
    return found.pop() if len(found) == 1 else None


def _halves(root: Path, search: _Search) -> tuple[Path, Path | None]:
    """The folder to train on and the one to validate on, where their names tell them apart; else the root."""
    named = [(half(place.name), place) for place in folders(root)]
    trains = (_only(place) for meaning, place in named if meaning is Half.TRAIN)
    train = next((place for place in trains if folders(place)), None)
    if train is None:
        return root, None
    classes = {place.name.casefold() for place in folders(train)}
    others = [_only(place) for meaning in list(Half)[1:] for found, place in named if found is meaning]
    sharing = [place for place in others if classes & {inner.name.casefold() for inner in folders(place)}]
    strange = [place for meaning, place in named if meaning is None and _has_image(place)]
    if strange and not sharing:  # a class that happens to be called train, with folders in it
        return root, None
    validation = sharing[0] if sharing else None
    for place in others:
        count = sum(1 for _ in _images(_below(place)))
        if place != validation and count:
            what = f"{counted(count, 'image')} in {said(place.name)} {'is' if count == 1 else 'are'} left out"
            reason = f"{said(sharing[0].name)} is there to validate with" if place in sharing else "they have no class"
            search.notes.append(f"{what}: {reason}.")
    if strange:
        search.notes.append(f"Neither to train nor to validate with, and left out: {listed(_names(strange))}.")
    return train, validation


def _of_class(place: Path, search: _Search) -> Iterator[ImageFile]:
    """The images of a class; where it keeps halves of its own inside, each in its half."""
    inner = [(each, half(each.name)) for each in folders(place)]
    meanings = {meaning for _, meaning in inner}
    if Half.TRAIN not in meanings or None in meanings or len(meanings) < 2 or any(_images(_beside(place))):
        yield from (ImageFile(path, place.name, False) for path in search.images(place))
        return
    keeping = next((meaning for meaning in (Half.VALIDATION, Half.TEST) if meaning in meanings), None)
    for each, meaning in inner:
        if meaning in (Half.TRAIN, keeping):
            yield from (ImageFile(path, place.name, meaning is not Half.TRAIN) for path in search.images(each))
        elif _has_image(each):
            search.notes.append(f"Left out: {said(f'{place.name}/{each.name}')}.")


def _labelled(validation: Path, names: Collection[str], search: _Search) -> Iterator[ImageFile]:
    """The images to validate with, of the classes that are trained, however their folders are capitalised."""
    known = {name.casefold(): name for name in names}
    strange = []
    for place in folders(validation):
        name = known.get(place.name.casefold())
        if name is None:
            strange += [place.name] if _has_image(place) else []
            continue
        yield from (ImageFile(path, name, True) for path in search.images(place))
    if strange:
        search.notes.append(f"For validation alone, and left out: {listed(strange)}.")


# places


def _root(folder: str) -> Path:
    if not folder.strip():
        raise DataError(f"No folder of images is chosen yet. {LAYOUT}")
    try:
        root = Path(folder).expanduser()
        kind = root.stat().st_mode
    except FileNotFoundError as error:
        raise DataError(f"The folder {said(folder)} does not exist.") from error
    except PermissionError as error:
        raise DataError(f"The folder {said(folder)} may not be read.") from error
    except (OSError, RuntimeError, ValueError) as error:  # a name that no system takes; a home that is not there
        raise DataError(f"{said(folder)} is not the name of a folder.") from error
    if not stat.S_ISDIR(kind):
        raise DataError(f"{said(folder)} is a file. {LAYOUT}")
    return root


def _only(place: Path) -> Path:
    """The folder itself, or the one that holds all where it wraps a single folder of folders, as archives do."""
    for _ in range(4):
        inner = folders(place)
        if len(inner) != 1 or any(_images(_beside(place))) or len(folders(inner[0])) < 2:
            break
        place = inner[0]
    return place


def folders(folder: Path) -> list[Path]:
    """The folders in a folder by name, without hidden ones. Raises ``DataError`` where it may not be read."""
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith((".", "__")) and path.is_dir()]
    except OSError as error:
        raise DataError(f"The folder {said(folder.name)} may not be read.") from error
    return sorted(found, key=lambda path: path.name)


def _beside(folder: Path) -> Iterator[Path]:
    """The ordinary files in a folder itself."""
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(OSError):
            if not path.name.startswith(".") and stat.S_ISREG(path.stat().st_mode):
                yield path


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


def _images(paths: Iterator[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix.lower() in SUFFIXES)


def _has_image(folder: Path) -> bool:
    return any(_images(_below(folder)))


# in words


def _loose(folder: Path) -> str:
    """What to say of images that lie in no folder of a class."""
    count = sum(1 for _ in _images(_beside(folder)))
    return f"{counted(count, 'image')} lie in it loose, so that nothing says of which class they are. " if count else ""


def _names(paths: Sequence[Path]) -> tuple[str, ...]:
    return tuple(path.name for path in paths)


def listed(names: Sequence[str]) -> str:
    """Names from outside in a sentence, the first five."""
    return abridged(map(said, names), 5)


def files_are(count: int) -> str:
    """``1 file is``, ``2,000 files are``."""
    return "1 file is" if count == 1 else f"{count:,} files are"


def said(name: str) -> str:
    """A name from outside in a sentence: in one line and not too long."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in name)
    return clean if len(clean) <= 80 else f"{clean[:38]} … {clean[-38:]}"
