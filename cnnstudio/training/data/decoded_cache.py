"""Decoded cache: picture files as they were decoded, on the disk, so that nobody decodes them twice. Knows no torch.

What is kept is known by what is in the files and by the size that was asked for, wherever the files lie and whatever
they are called. It is mapped into memory when it is used again, so that only what is looked at is read; images that are
too many for the memory are put there as they are decoded, and never held.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from cnnstudio.disk import DiskError, read, reason, replacing
from cnnstudio.folders import decoded_folder
from cnnstudio.graph import Shape
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.picture import USUAL, Rules
from cnnstudio.wording import memory
from cnnstudio.worker import Report

RULES = 2  # another number where pictures are cut, turned or resized in another way than before
WORTH = 3.0  # seconds of decoding from which it is kept
MOST = 10 * 1024**3  # bytes of all that is kept, unless the environment variable says otherwise
VARIABLE = "CNNSTUDIO_DECODED_GB"
_LONGEST = 50_000_000  # bytes of what is said beside the images
_TOGETHER = 64  # files between two reports
_SPARED = 2**30  # bytes of a disk that are left to others

Scale = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Decoded:
    """Images (N, C, H, W) of bytes; ``kept`` are the numbers of the files that they are of, in their order.

    ``broken`` says of the other files why, in a word. Of ``deep`` images, which have more than 8 bits, ``scale`` became
    black and white. ``reduced`` were decoded small, and of ``moving`` files the first picture was taken.
    """

    images: NDArray[np.uint8]
    kept: Sequence[int]
    broken: Mapping[int, str] = field(default_factory=dict)
    deep: int = 0
    scale: Scale | None = None
    reduced: int = 0
    moving: int = 0


class Sheet(Protocol):
    """Where images (C, H, W) are put by their place among those that can be read."""

    def __setitem__(self, place: int, image: NDArray[np.uint8], /) -> None:
        """Put one there."""


Decode = Callable[[Sheet], Decoded]


class _Beside(msgspec.Struct):
    """What a file has to say beside the images."""

    kept: list[int]
    broken: dict[int, str]
    deep: int
    scale: tuple[float, float] | None
    reduced: int
    moving: int


def limit() -> int:
    """The bytes that all kept images may take; 0 keeps none."""
    with suppress(ValueError, OverflowError):
        return max(0, int(float(os.environ.get(VARIABLE, "")) * 1024**3))
    return MOST


def held() -> int:
    """The bytes that they take now."""
    return sum(size for _, _, size in _files())


def has_room(needed: int) -> bool:
    """Whether images of so many bytes can be kept: within the limit, and on the disk once others have made room."""
    folder = decoded_folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return needed <= limit() and needed + _SPARED <= shutil.disk_usage(folder).free + held()
    return False


def clear() -> int:
    """Let go of all that is kept; how many bytes that were. What a program holds at the moment may stay."""
    before = held()
    for _, path, _ in [*_files()]:
        with suppress(OSError):
            path.unlink()
            path.with_suffix(".json").unlink(missing_ok=True)
    return before - held()


def decoded_once(
    paths: Sequence[Path],
    size: Shape,
    decode: Decode,
    report: Report,
    rules: Rules = USUAL,
    *,
    is_mapped: bool = False,
) -> tuple[Decoded, str]:
    """What ``decode`` makes of these files by ``rules``, from the disk where it is kept, and a sentence about that.

    Raises ``DataCancelledError`` where ``report`` says to stop, and what ``decode`` raises. What a disk refuses is
    decoded, and not kept; but where it ``is_mapped`` the images are on the disk alone, and ``DataError`` is raised.
    """
    key = None
    if is_mapped or any(path.name.startswith(_start(len(paths), size)) for _, path, _ in _files()):
        key = _key(paths, size, report, rules)
        found = _kept(key, len(paths), size)
        if found is not None:
            where = decoded_folder() / f"{key}.npy"
            return found, f"The images were decoded before: {memory(found.images.nbytes)} of them are kept in {where}."
    if is_mapped and key is not None:
        return _mapped(key, len(paths), size, decode)
    began = time.monotonic()
    images = np.empty((len(paths), *size), np.uint8)
    made = decode(images)
    made = replace(made, images=images[: len(made.kept)])
    if time.monotonic() - began < WORTH:
        return made, ""
    return made, _keep(key or _key(paths, size, report, rules), made)


def _start(count: int, size: Shape) -> str:
    return f"{count}-{'x'.join(map(str, size))}-"


def _key(paths: Sequence[Path], size: Shape, report: Report, rules: Rules) -> str:
    """What the name of the file is made of: how many images, their size, what is in the files, and how they fit."""
    whole = hashlib.blake2b(f"{RULES} {rules.fit} {rules.ground}".encode(), digest_size=20)
    with ThreadPoolExecutor(2, "digest") as pool:
        for start in range(0, len(paths), _TOGETHER):
            if not report("Looking whether the images are known", start / len(paths)):
                raise DataCancelledError("Reading the images was cancelled.")
            for digest in pool.map(_digest, paths[start : start + _TOGETHER]):
                whole.update(digest)
    return _start(len(paths), size) + whole.hexdigest()


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except (OSError, ValueError):
        return b"not to be read"


def _kept(key: str, count: int, size: Shape) -> Decoded | None:
    """What is kept under this key, where it is whole."""
    path = decoded_folder() / f"{key}.npy"
    with suppress(OSError, EOFError, ValueError, DiskError, msgspec.MsgspecError):
        beside = msgspec.json.decode(read(path.with_suffix(".json"), _LONGEST), type=_Beside)
        images: Any = np.load(path, mmap_mode="c", allow_pickle=False)  # what is changed of it stays in memory
        fits = images.dtype == np.uint8 and images.shape == (len(beside.kept), *size)
        if fits and len(beside.kept) + len(beside.broken) == count:
            path.touch()  # it was of use just now
            told = beside.deep, beside.scale, beside.reduced, beside.moving
            return Decoded(images.view(np.ndarray), beside.kept, beside.broken, *told)
    return None


def _keep(key: str, made: Decoded) -> str:
    """Keep it, and let go of what was of no use for longest; a sentence about it, or nothing where it is not kept."""
    folder, needed = decoded_folder(), made.images.nbytes
    if needed > limit():
        return ""
    total = _made_room(needed)
    path = folder / f"{key}.npy"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _keep_beside(path, made)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, made.images, allow_pickle=False)
    except (OSError, DiskError):
        return ""
    return (
        f"The decoded images are kept, so that they are there at once the next time: {memory(needed)} in {folder}, "
        f"which takes {memory(total)} of {memory(limit())}."
    )


def _keep_beside(path: Path, made: Decoded) -> None:
    beside = _Beside(list(made.kept), dict(made.broken), made.deep, made.scale, made.reduced, made.moving)
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_bytes(msgspec.json.encode(beside))


def _made_room(needed: int) -> int:
    """Let go of what was of no use for longest until so many bytes have room; what is taken with them."""
    total = held() + needed
    for _, path, taken in sorted(_files()):
        if total <= limit() and needed + _SPARED <= shutil.disk_usage(path.parent).free:
            break
        with suppress(OSError):
            path.unlink()
            path.with_suffix(".json").unlink(missing_ok=True)
            total -= taken
    return total


class _Written:
    """An array of NumPy in a file, written image by image: a full disk says so, which a mapped one cannot."""

    def __init__(self, file: BinaryIO, size: Shape) -> None:
        self._file, self._size = file, size
        self._head(0)
        self._start = file.tell()

    def __setitem__(self, place: int, image: NDArray[np.uint8], /) -> None:
        self._file.seek(self._start + place * self._size.numel)
        self._file.write(np.ascontiguousarray(image).data)

    def end(self, count: int) -> None:
        """Say how many images there are; NumPy leaves room for any such number."""
        self._file.seek(0)
        self._head(count)
        if self._file.tell() != self._start:
            raise OSError("NumPy writes heads of different lengths")

    def _head(self, count: int) -> None:
        told = {"descr": "|u1", "fortran_order": False, "shape": (count, *self._size)}
        np.lib.format.write_array_header_1_0(self._file, told)


def _mapped(key: str, count: int, size: Shape, decode: Decode) -> tuple[Decoded, str]:
    """Decode onto the disk, and map what lies there then."""
    folder, needed = decoded_folder(), count * size.numel
    path, total = folder / f"{key}.npy", _made_room(needed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("w+b") as file:
            written = _Written(file, size)
            made = decode(written)
            written.end(len(made.kept))
        _keep_beside(path, made)
    except (OSError, DiskError) as error:
        why = str(error) if isinstance(error, DiskError) else f"{reason(error)}."
        raise DataError(
            f"The images take {memory(needed)}, for which there is no room in memory, and on the disk: {why}"
        ) from error
    found = _kept(key, count, size)
    if found is None:
        raise DataError(f"The images were decoded into {folder}, and cannot be read from there.")
    return found, (
        f"The images take {memory(needed)}: they are kept decoded in {folder}, which takes {memory(total)} of "
        f"{memory(limit())}, and come from there while the network trains."
    )


def _files() -> Iterator[tuple[float, Path, int]]:
    """When each was last of use, where it is and how large."""
    with suppress(OSError), os.scandir(decoded_folder()) as entries:
        for entry in entries:
            if entry.name.endswith(".npy"):
                with suppress(OSError):
                    found = entry.stat()
                    yield found.st_mtime, Path(entry.path), found.st_size
