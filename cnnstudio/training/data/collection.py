"""Collection: an image folder that a person fills by hand, picture by picture, a folder a class. Knows no torch.

What is put into it are ordinary files, so that everything that reads a folder of images reads it too. A file of a
person's own is copied as it is, EXIF and all; nothing is ever written over.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from cnnstudio.disk import DiskError, is_folder, read, reason, replacing
from cnnstudio.folders import collected_folder
from cnnstudio.headroom import ran_out
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import class_roots, every_image, listed, said
from cnnstudio.training.data.half_names import half
from cnnstudio.training.data.picture import FORMATS
from cnnstudio.wording import counted
from cnnstudio.worker import Report, unheard

LONGEST_NAME = 60  # letters of the name of a class
MOST_BYTES = 2**28  # of one picture file
MOST_TOGETHER = 20_000  # pictures that are brought at once
_ENDS = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif"}  # those that are not the format's own name
_FORBIDDEN = '<>:"/\\|?*'  # in a name, of one system or another
_TAKEN_NAMES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True)
class Brought:
    """A picture on its way into a class: the file that it is, or the bytes of one; and what it is called."""

    content: Path | bytes
    name: str


@dataclass(frozen=True)
class Lot:
    """Files that were put into a class together; ``notes`` are sentences about what was not."""

    paths: tuple[Path, ...]
    label: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TakenBack:
    """A lot whose files are no longer there: what was in each."""

    label: str
    contents: tuple[tuple[Path, bytes], ...]


def begun(day: str) -> Path:
    """A folder for a new collection, called after the day, that is not there yet."""
    home, number = collected_folder(), 1
    while (path := home / (day if number == 1 else f"{day} {number}")).exists():
        number += 1
    return path


def unfit(name: str) -> str:
    """Why no class can be called so, in a sentence; empty where it can."""
    if not name.strip():
        return "Give the class a name."
    if len(name) > LONGEST_NAME:
        return f"The name of a class is a folder's name here, of at most {LONGEST_NAME} letters."
    if not name.isprintable() or set(_FORBIDDEN) & set(name):
        return f"The name of a class is a folder's name here, which has none of {' '.join(_FORBIDDEN)} in it."
    if name.startswith((".", "__")) or name != name.strip() or name.endswith("."):
        return "The name of a class is a folder's name here: it begins with no point and ends in none."
    if name.partition(".")[0].casefold() in _TAKEN_NAMES:
        return f"Windows keeps the name {name} for itself. Choose another."
    if (meaning := half(name)) is not None:
        return f"A folder called {name} is taken for images {meaning.value}. Choose another name."
    return ""


def add(home: Path, label: str, brought: Sequence[Brought], report: Report = unheard) -> Lot:
    """Put pictures into the class ``label`` of the collection in ``home``; of a folder, all that are in it.

    What is no picture is left out, and what is in the class already is not put there a second time: the notes say so.
    Where ``report`` says to stop, those that are there by then stay. Raises ``DataError`` with a sentence where none
    can be put there.
    """
    if why := unfit(label):
        raise DataError(why)
    folder = _root(home) / label
    known, made = _Known(folder), list[Path]()
    strange, again = list[str](), 0
    try:
        every = [*_every(brought, report)]
        for number, each in enumerate(every):
            if not report(f"Taking pictures into {said(label)}: {number:,} of {len(every):,}", number / len(every)):
                break
            try:
                data = each.content if isinstance(each.content, bytes) else read(each.content, MOST_BYTES)
                end = _end(data)
            except DiskError as error:
                strange.append(f"{said(each.name)} ({error})")
                continue
            if end is None:
                strange.append(said(each.name))
            elif known.has(data):
                again += 1
            else:
                made.append(_written(folder, data, end))
                known.add(data)
    except OSError as error:
        if ran_out(error):
            raise
        if not made:
            raise DataError(f"No picture can be put into {said(str(folder))}: {reason(error)}.") from error
        strange.append(f"all that come after them ({reason(error)})")
    except DiskError as error:
        if not made:
            raise DataError(str(error)) from error
        strange.append(f"all that come after them ({error})")
    return Lot(tuple(made), label, tuple(_notes(strange, again)))


def take_back(lot: Lot) -> TakenBack:
    """Take the files of a lot away again, as far as they are there, and keep what was in them.

    The folder of the class goes too where nothing is left in it. Raises ``DataError``.
    """
    contents = []
    try:
        for path in lot.paths:
            if path.exists():
                data = read(path, MOST_BYTES)
                path.unlink()
                contents.append((path, data))
    except (OSError, DiskError) as error:
        put_back(TakenBack(lot.label, tuple(contents)))
        raise DataError(f"The pictures stay: {error if isinstance(error, DiskError) else reason(error)}.") from error
    for folder in {path.parent for path in lot.paths}:
        with suppress(OSError):
            folder.rmdir()  # which no system does where there is something in it
    return TakenBack(lot.label, tuple(contents))


def put_back(taken: TakenBack) -> Lot:
    """Put the files of a lot that was taken back where they were. Raises ``DataError``."""
    made = []
    try:
        for path, data in taken.contents:
            made.append(path if _claimed(path, data) else _written(path.parent, data, path.suffix[1:]))
    except (OSError, DiskError) as error:
        raise DataError(f"The pictures cannot be put back: {error}") from error
    return Lot(tuple(made), taken.label)


def _root(home: Path) -> Path:
    """The folder in which a new folder is a new class. Raises ``DataError`` where that is not told."""
    if not is_folder(home):
        return home
    roots = class_roots(home)
    if any(half(place.name) is not None for place in roots if place != home):
        raise DataError(
            f"{said(home.name)} keeps images to train and to validate with apart, so that nothing says where new ones "
            "belong. Choose a folder with one folder a class, or begin a new collection."
        )
    return roots[-1]


def _every(brought: Sequence[Brought], report: Report) -> Iterator[Brought]:
    """What was brought, of folders the pictures in them. Raises ``DataError`` where they are too many."""
    count = 0
    for each in brought:
        inside: Iterable[Brought] = (each,)
        if isinstance(each.content, Path) and is_folder(each.content):
            inside = (Brought(path, path.name) for path in every_image(each.content, report))
        for picture in inside:
            count += 1
            if count > MOST_TOGETHER:
                raise DataError(
                    f"These are more than {MOST_TOGETHER:,} pictures. Choose their folder as an image folder instead."
                )
            yield picture


def _end(data: bytes) -> str | None:
    """What the name of a picture file ends in, by what is in it; None where it is no picture that can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                kind = picture.format or ""
                return _ENDS.get(kind, kind.lower())
    except MemoryError:
        raise
    except Exception:  # whatever a decoder says about bytes that somebody else wrote
        return None


def _written(folder: Path, data: bytes, end: str) -> Path:
    """A new file in ``folder`` with this in it, numbered on."""
    folder.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in folder.iterdir())
    while not _claimed(path := folder / f"{number:04}.{end}", data):
        number += 1
    return path


def _claimed(path: Path, data: bytes) -> bool:
    """Whether the file was not there, and is now, whole; another program may want the same name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return True


@dataclass
class _Known:
    """What is in a class already, told by the bytes of its files; only files of the same size are read."""

    folder: Path
    _sizes: dict[int, list[Path]] = field(init=False)
    _prints: dict[int, set[bytes]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._sizes = {}
        if is_folder(self.folder):
            for path in self.folder.iterdir():
                with suppress(OSError):
                    self._sizes.setdefault(path.stat().st_size, []).append(path)

    def has(self, data: bytes) -> bool:
        """Whether a file of the class holds just this."""
        return _print(data) in self._of(len(data))

    def add(self, data: bytes) -> None:
        """One more holds this."""
        self._of(len(data)).add(_print(data))

    def _of(self, size: int) -> set[bytes]:
        if size not in self._prints:
            found = self._prints[size] = set()
            for path in self._sizes.get(size, ()):
                with suppress(DiskError):
                    found.add(_print(read(path, MOST_BYTES)))
        return self._prints[size]


_print: Callable[[bytes], bytes] = lambda data: hashlib.blake2b(data).digest()  # noqa: E731


def _notes(strange: Sequence[str], again: int) -> Iterator[str]:
    if strange:
        is_one = len(strange) == 1
        yield f"Not taken, since {'it is no picture' if is_one else 'they are no pictures'}: {listed(strange)}."
    if again:
        yield f"{counted(again, 'picture')} {'is' if again == 1 else 'are'} in the class already."
