"""Decoded cache: picture files as they were decoded, on the disk, so that nobody decodes them twice. Knows no torch.

What is kept is known by what is in the files and by the size that was asked for, wherever the files lie and whatever
they are called. It is mapped into memory when it is used again, so that only what is looked at is read.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cnnstudio.disk import DiskError, read, replacing
from cnnstudio.folders import decoded_folder
from cnnstudio.graph import Shape
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.training.data.picture import USUAL, Rules
from cnnstudio.wording import memory
from cnnstudio.worker import Report

RULES = 2  # another number where pictures are cut, turned or resized in another way than before
WORTH = 3.0  # seconds of decoding from which it is kept
MOST = 10 * 1024**3  # bytes of all that is kept, unless the environment variable says otherwise
VARIABLE = "CNNSTUDIO_DECODED_GB"
_LONGEST = 50_000_000  # bytes of what is said beside the images
_TOGETHER = 64  # files between two reports

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


def decoded_once(
    paths: Sequence[Path], size: Shape, decode: Callable[[], Decoded], report: Report, rules: Rules = USUAL
) -> tuple[Decoded, str]:
    """What ``decode`` makes of these files by ``rules``, from the disk where it is kept, and a sentence about that.

    Raises ``DataCancelledError`` where ``report`` says to stop, and what ``decode`` raises. What a disk refuses is
    decoded, and not kept.
    """
    key = None
    if any(path.name.startswith(_start(len(paths), size)) for _, path, _ in _files()):
        key = _key(paths, size, report, rules)
        found = _kept(key, len(paths), size)
        if found is not None:
            where = decoded_folder() / f"{key}.npy"
            return found, f"The images were decoded before: {memory(found.images.nbytes)} of them are kept in {where}."
    began = time.monotonic()
    made = decode()
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
    total = held() + needed
    for _, path, taken in sorted(_files()):
        if total <= limit():
            break
        with suppress(OSError):
            path.unlink()
            path.with_suffix(".json").unlink(missing_ok=True)
            total -= taken
    beside = _Beside(list(made.kept), dict(made.broken), made.deep, made.scale, made.reduced, made.moving)
    path = folder / f"{key}.npy"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path.with_suffix(".json")) as temporary:
            temporary.write_bytes(msgspec.json.encode(beside))
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, made.images, allow_pickle=False)
    except (OSError, DiskError):
        return ""
    return (
        f"The decoded images are kept, so that they are there at once the next time: {memory(needed)} in {folder}, "
        f"which takes {memory(total)} of {memory(limit())}."
    )


def _files() -> Iterator[tuple[float, Path, int]]:
    """When each was last of use, where it is and how large."""
    with suppress(OSError), os.scandir(decoded_folder()) as entries:
        for entry in entries:
            if entry.name.endswith(".npy"):
                with suppress(OSError):
                    found = entry.stat()
                    yield found.st_mtime, Path(entry.path), found.st_size
