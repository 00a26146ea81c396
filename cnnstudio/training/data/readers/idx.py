"""idx: the format of MNIST and of those that took it, plain or compressed: http://yann.lecun.com/exdb/mnist.

A number that says the type of the values and how many axes there are, the length of each axis, then the values, the
first byte first.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from cnnstudio.disk import require_file, shown
from cnnstudio.training.data.errors import DamagedError
from cnnstudio.training.data.raw import Numbers, Pixels
from cnnstudio.training.data.readers.halves import Half, at_once, check_count, read_bytes

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST = 2**34  # values: what says that it has more is no such file
TORN = EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, struct.error
"""What the libraries of compression raise of a file that is torn or none of theirs; bz2 an OSError or a ValueError."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file, unpacked while it is read where its first bytes say that it is compressed.

    Raises ``DamagedError`` where that fails inside the block, ``DiskError`` where it is no ordinary file.
    """
    require_file(path)
    with path.open("rb") as plain:
        start = plain.read(6)
        plain.seek(0)
        try:
            if start.startswith(b"\x1f\x8b"):
                with gzip.open(plain) as file:
                    yield cast(BinaryIO, file)
            elif start.startswith(b"BZh"):
                with bz2.open(plain) as file:
                    yield cast(BinaryIO, file)
            elif start.startswith(b"\xfd7zXZ\x00"):
                with lzma.open(plain) as file:
                    yield cast(BinaryIO, file)
            else:
                yield plain
        except TORN as error:
            raise DamagedError(f"{shown(path)} is damaged: it ends too early or is no such file.") from error


def read_header(file: BinaryIO, path: Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    """The type of the values and the length of each axis. Raises ``DamagedError`` for what is no idx file."""
    start = file.read(4)
    axes = start[3] if len(start) == 4 else 0
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= axes <= 4:
        raise DamagedError(f"{shown(path)} is no idx file.")
    lengths = struct.unpack(f">{axes}I", file.read(4 * axes))
    if prod(lengths) > _MOST:
        raise DamagedError(f"{shown(path)} is damaged: it says that it holds {prod(lengths):,} values.")
    return np.dtype(_TYPES[start[2]]), lengths


def read_labels(path: Path) -> Numbers:
    """The labels (N,); of a table with several numbers an image, as QMNIST has, the first of each."""
    with opened(path) as file:
        kind, lengths = read_header(file, path)
        if len(lengths) > 2 or kind.kind not in "iu":
            raise DamagedError(f"{shown(path)} holds no labels: there must be one whole number an image.")
        data = file.read(prod(lengths) * kind.itemsize + 1)
        if len(data) != prod(lengths) * kind.itemsize:
            raise DamagedError(
                f"{shown(path)} is damaged: it does not hold the {lengths[0]:,} labels that it tells of."
            )
    table = np.frombuffer(data, kind).reshape(lengths[0], -1)
    return table[:, 0].astype(np.int64) if table.size else np.empty(0, np.int64)


def read_half(images: Path, labels: Path, is_turned: bool = False) -> Half:
    """The images and labels of two files; ``is_turned`` where rows and columns have changed places, as in EMNIST."""
    known = read_labels(labels)
    with opened(images) as file:
        kind, lengths = read_header(file, images)
    if len(lengths) != 3 or kind != np.dtype(">u1") or 0 in lengths[1:]:
        raise DamagedError(f"{shown(images)} holds no images: there must be one byte a pixel, in three axes.")
    count, height, width = lengths
    check_count(images, count, len(known))
    _check_size(images, 16 + prod(lengths))

    def parts() -> Iterator[Pixels]:
        step = at_once(height * width)
        with opened(images) as file:
            file.read(16)
            for start in range(0, count, step):
                wanted = min(step, count - start)
                data = read_bytes(file, wanted * height * width)
                if data is None:
                    raise DamagedError(f"{shown(images)} is damaged: it ends before the last image.")
                part = data.reshape(wanted, 1, height, width)
                yield np.ascontiguousarray(part.transpose(0, 1, 3, 2)) if is_turned else part
            if file.read(1):  # at its end what is compressed tells whether it was whole
                raise DamagedError(f"{shown(images)} is damaged: it goes on behind the last image.")

    return Half(known, parts())


def _check_size(path: Path, size: int) -> None:
    """Raise ``DamagedError`` where a file that is not compressed is shorter or longer than it says."""
    with path.open("rb") as file:
        is_plain = file.read(2) == b"\0\0"
    if is_plain and path.stat().st_size != size:
        raise DamagedError(f"{shown(path)} is damaged: it has {path.stat().st_size:,} bytes instead of {size:,}.")
