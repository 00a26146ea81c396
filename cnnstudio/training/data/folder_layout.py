"""Folder layout: which files of an image folder are of which class and which half, told by names. Knows no torch.

The halves are known by what their names mean, however they are spelled: Training and Testing, seg_train and seg_test,
dev, eval. Nothing is opened here, so that it can be said before training what there is to learn from.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.file_note import Files
from cnnstudio.training.data.half_names import Half, half
from cnnstudio.wording import abridged, counted
from cnnstudio.worker import Report, sparing, unheard

SUFFIXES = frozenset(
    (".avif", ".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
MOST_FILES = 1_000_000  # files and folders that are looked at
MOST_CLASSES = 65_536
DEEPEST = 50  # folders within each other, below that of a class
LAYOUT = "Choose a folder that holds one folder of images for each class."


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
    ``order`` are the classes where somebody has numbered them, whether there are images of all or not.
    ``home`` is the folder that was chosen, where that is not ``root`` itself.
    """

    root: Path
    files: tuple[ImageFile, ...]
    places: tuple[str, ...]
    is_halved: bool
    left_out: tuple[str, ...]
    order: tuple[str, ...] = ()
    home: Path | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The classes: those with an image to train with. Raises ``DataError`` where there are none to tell apart."""
        if self.order:
            return self.order
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


class _Found(NamedTuple):
    """A file, which file it is for the system (None where that does not say), and whether a link leads to it."""

    path: Path
    identity: tuple[int, int] | None
    is_linked: bool


@dataclass
class _Search:
    """What is being found below ``root``; ``report`` is asked whether to go on."""

    root: Path
    report: Report
    seen: int = 0
    twice: int = 0
    deep: set[tuple[int, int]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tell = sparing(self.report, 1_000)
        self._others, self._phone = Files(self.root), Files(self.root)
        self._strange: set[tuple[int, int]] = set()  # those that are no image, each once

    def go_on(self) -> None:
        """Count one more file or folder. Raises ``DataError`` where it is one too many, and where to stop."""
        self.seen += 1
        if self.seen > MOST_FILES:
            raise DataError(
                f"There are more than {MOST_FILES:,} files below {said(self.root.name or str(self.root))}, "
                "which is the limit. Choose a folder with fewer."
            )
        if not self._tell(f"Looking through the folder: {self.seen:,} files", None):
            raise DataCancelledError("Reading the folder was cancelled.")

    def images(self, folder: Path) -> Iterator[_Found]:
        """The files below ``folder`` that call themselves images, by name."""
        for found in self.below(folder):
            suffix = found.path.suffix.lower()
            if suffix in SUFFIXES:
                yield found
            elif found.identity is None or found.identity not in self._strange:
                self._strange |= {found.identity} if found.identity is not None else set()
                (self._phone if suffix in (".heic", ".heif") else self._others).add(found.path)

    def has_image(self, folder: Path) -> bool:
        """Whether anything below ``folder`` calls itself an image."""
        return any(found.path.suffix.lower() in SUFFIXES for found in self.below(folder))

    def below(self, folder: Path) -> Iterator[_Found]:
        """The ordinary files of a folder and of those in it; into one that links lead back to it looks once."""
        known: set[tuple[int, int]] = set()
        waiting = [(folder, 1, folder.is_symlink())]
        while waiting:
            place, depth, is_linked = waiting.pop()
            try:
                told, entries = place.stat(), sorted(os.scandir(place), key=lambda entry: entry.name)
            except OSError:
                continue
            if (told.st_dev, told.st_ino) in known:
                continue
            known.add((told.st_dev, told.st_ino))
            inner = []
            for entry in entries:
                self.go_on()
                with contextlib.suppress(OSError):  # a link to nothing is no file; a pipe would never end
                    if entry.name.startswith("."):
                        continue
                    path, comes_by_link = Path(entry.path), is_linked or entry.is_symlink()
                    if entry.is_dir():
                        inner.append((path, depth + 1, comes_by_link))
                    elif stat.S_ISREG((file := path.stat()).st_mode):  # what an entry knows itself lacks the identity
                        yield _Found(path, (file.st_dev, file.st_ino) if file.st_ino else None, comes_by_link)
            if depth >= DEEPEST and inner:
                self.deep.add((told.st_dev, told.st_ino))
            else:
                waiting += reversed(inner)

    def once(self, files: Sequence[tuple[_Found, ImageFile]]) -> list[ImageFile]:
        """Each real file once, where it lies itself rather than where a link leads to it."""
        first: dict[tuple[int, int], int] = {}
        for number, (found, _) in sorted(enumerate(files), key=lambda each: each[1][0].is_linked):
            if found.identity is not None:
                first.setdefault(found.identity, number)
        kept = [
            file
            for number, (found, file) in enumerate(files)
            if found.identity is None or first[found.identity] == number
        ]
        self.twice += len(files) - len(kept)
        return kept

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences about all that is left out."""
        notes = list(self.notes)
        if self.twice:
            notes.append(f"{files_are(self.twice)} reached a second time by links, and counted once.")
        if self.deep:
            notes.append(f"Folders are looked into {DEEPEST} deep; what lies deeper is left out.")
        if count := self._phone.count:
            advice = "save it as JPEG to use it" if count == 1 else "save them as JPEG to use them"
            notes.append(self._phone.note(f"{files_are(count)} in a phone's format (HEIC) and left out; {advice}."))
        if count := self._others.count:
            notes.append(self._others.note(f"{files_are(count)} no image and left out."))
        return tuple(notes)


def folder_layout(folder: str, report: Report = unheard) -> FolderLayout:
    """What lies in ``folder``. Raises ``DataError`` for one that nothing can be learned from."""
    home = _root(folder)
    root = _only(home)
    search = _Search(root, report)
    train, validation = _halves(root, search)
    places = folders(train)
    if len(places) > MOST_CLASSES:
        name = said(train.name or str(train))
        raise DataError(f"{name} holds {len(places):,} folders, and {MOST_CLASSES:,} classes are the limit. {LAYOUT}")
    found = [each for place in places for each in _of_class(place, search)]
    names = {file.name for _, file in found if not file.validation}
    if validation is not None:
        found += _labelled(validation, names, search)
    files = search.once(found)
    loose = Files(root)
    for path in _images(_beside(train)) if names else ():
        loose.add(path)
    if loose.count:
        search.notes.append(loose.note(f"{files_are(loose.count)} in no folder of a class, and left out."))
    layout = FolderLayout(train, tuple(files), _names(places), validation is not None, search.left_out, home=home)
    return layout.holding(files)


def every_image(root: Path, report: Report = unheard) -> Iterator[Path]:
    """The files below a folder that call themselves images, by name; none twice, however links lead."""
    return (found.path for found in _Search(root, report).images(root))


def class_roots(root: Path) -> list[Path]:
    """The folders in which a new folder may be a new class: the root, and those of its halves."""
    found = [root] if (only := _only(root)) == root else [root, only]
    for place in found:
        found += [each for each in folders(place) if half(each.name) is not None] if len(found) < 20 else []
    return found


def test_root(folder: str, report: Report = unheard) -> Path | None:
    """The folder for tests in a chosen folder, where another one is validated with, so that nothing has seen it.

    Raises ``DataError`` where the folder is gone.
    """
    root = _only(_root(folder))
    _, validation = _halves(root, _Search(root, report))
    tests = (_only(place) for place in folders(root) if half(place.name) is Half.TEST)
    return next((place for place in tests if place != validation and folders(place)), None) if validation else None


# halves


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
    strange = [place for meaning, place in named if meaning is None and search.has_image(place)]
    if strange and not sharing:  # a class that happens to be called train, with folders in it
        return root, None
    validation = sharing[0] if sharing else None
    for place in others:
        count = sum(found.path.suffix.lower() in SUFFIXES for found in search.below(place))
        if place != validation and count:
            what = f"{counted(count, 'image')} in {said(place.name)} {'is' if count == 1 else 'are'} left out"
            reason = f"{said(sharing[0].name)} is there to validate with" if place in sharing else "they have no class"
            search.notes.append(f"{what}: {reason}.")
    if strange:
        search.notes.append(f"Neither to train nor to validate with, and left out: {listed(_names(strange))}.")
    return train, validation


def _of_class(place: Path, search: _Search) -> Iterator[tuple[_Found, ImageFile]]:
    """The images of a class; where it keeps halves of its own inside, each in its half."""
    inner = [(each, half(each.name)) for each in folders(place)]
    meanings = {meaning for _, meaning in inner}
    if Half.TRAIN not in meanings or None in meanings or len(meanings) < 2 or any(_images(_beside(place))):
        yield from ((found, ImageFile(found.path, place.name, False)) for found in search.images(place))
        return
    keeping = next((meaning for meaning in (Half.VALIDATION, Half.TEST) if meaning in meanings), None)
    for each, meaning in inner:
        if meaning in (Half.TRAIN, keeping):
            is_kept = meaning is not Half.TRAIN
            yield from ((found, ImageFile(found.path, place.name, is_kept)) for found in search.images(each))
        elif search.has_image(each):
            search.notes.append(f"Left out: {said(f'{place.name}/{each.name}')}.")


def _labelled(validation: Path, names: Collection[str], search: _Search) -> Iterator[tuple[_Found, ImageFile]]:
    """The images to validate with, of the classes that are trained, however their folders are capitalised."""
    known = {name.casefold(): name for name in names}
    strange = []
    for place in folders(validation):
        name = known.get(place.name.casefold())
        if name is None:
            strange += [place.name] if search.has_image(place) else []
            continue
        yield from ((found, ImageFile(found.path, name, True)) for found in search.images(place))
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
        found = [entry for entry in os.scandir(folder) if not entry.name.startswith((".", "__"))]
    except OSError as error:
        raise DataError(f"The folder {said(folder.name)} may not be read.") from error
    names = []
    for entry in found:
        with contextlib.suppress(OSError):  # a link that leads to itself
            names += [entry.name] if entry.is_dir() else []
    return [folder / name for name in sorted(names)]


def _beside(folder: Path) -> Iterator[Path]:
    """The ordinary files in a folder itself, by name. Raises ``DataError`` where it may not be read."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"The folder {said(folder.name)} may not be read.") from error
    for entry in entries:
        with contextlib.suppress(OSError):
            if not entry.name.startswith(".") and entry.is_file():
                yield Path(entry.path)


def _images(paths: Iterator[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix.lower() in SUFFIXES)


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
