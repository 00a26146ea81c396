"""MAT: the numbers in a file of MATLAB, level 5, without SciPy: arrays by their names, and nothing else.

The format: "MAT-File Format", The MathWorks, chapter "Level 5 MAT-File Format". 128 bytes of head, then elements, each
with a type and a size; one that is compressed (zlib) holds another. An array's element holds flags, the length of each
axis, its name and its numbers, the first axis changing fastest.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio.disk import read, shown
from cnnstudio.headroom import headroom, lack
from cnnstudio.training.data.errors import DamagedError, DataError

MOST_BYTES = 2**32
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}


class _Element(NamedTuple):
    kind: int
    data: memoryview
    end: int  # where the next one begins


def read_mat(path: Path) -> dict[str, NDArray[Any]]:
    """Name -> array of numbers, with its axes as in MATLAB; what is no array of numbers is left out.

    Raises ``DamagedError`` for what is no such file, ``DataError`` for one of another level, ``DiskError``.
    """
    data = memoryview(read(path, MOST_BYTES))
    start = bytes(data[:128])
    if start[:8] == b"\x89HDF\r\n\x1a\n" or start.startswith(b"MATLAB 7.3"):
        raise DataError(f'{shown(path)} is of MATLAB 7.3, which is not read. Save it once more with save(…, "-v7").')
    if len(start) < 128 or start[126:128] not in (b"IM", b"MI"):
        raise DamagedError(f"{shown(path)} is no file of MATLAB.")
    order = "<" if start[126:128] == b"IM" else ">"
    found: dict[str, NDArray[Any]] = {}
    try:
        place = 128
        while place + 8 <= len(data):
            element = _element(data, place, order, aligned=False)
            place = element.end
            if element.kind == _COMPRESSED:
                element = _element(_unpacked(element.data, order, path), 0, order)
            if element.kind == _MATRIX and (named := _array(element.data, order)) is not None:
                found[named[0]] = named[1]
    except (struct.error, zlib.error, ValueError, IndexError, UnicodeDecodeError) as error:
        if isinstance(error, DataError):
            raise
        raise DamagedError(f"{shown(path)} is damaged: it ends too early or is torn.") from error
    return found


def _element(data: memoryview, place: int, order: str, *, aligned: bool = True) -> _Element:
    """The element at a place; small ones hold up to four bytes in the head itself."""
    word, size = struct.unpack_from(f"{order}2I", data, place)
    if word >> 16:
        kind, size, start = word & 0xFFFF, word >> 16, place + 4
        return _Element(kind, data[start : start + min(size, 4)], place + 8)
    start = place + 8
    if start + size > len(data):
        raise ValueError("too short")
    end = start + size
    return _Element(word, data[start:end], end + (-size % 8 if aligned else 0))


def _unpacked(data: memoryview, order: str, path: Path) -> memoryview:
    """What is compressed, as long as it says that it is and no longer."""
    machine = zlib.decompressobj()
    start = machine.decompress(data, 8)
    size = struct.unpack(f"{order}2I", start)[1]
    if told := lack(f"To read {shown(path)}", 2 * size, headroom()):
        raise DataError(told)
    rest = machine.decompress(machine.unconsumed_tail, size) if size else b""
    if len(rest) != size:
        raise ValueError("too short")
    return memoryview(start + rest)


def _array(data: memoryview, order: str) -> tuple[str, NDArray[Any]] | None:
    """The name and the numbers of an array, None of what is no array of real numbers."""
    flags = _element(data, 0, order)
    lengths = _element(data, flags.end, order)
    name = _element(data, lengths.end, order)
    word = struct.unpack_from(f"{order}I", flags.data)[0]
    kind, is_complex = word & 0xFF, bool(word & 0x800)
    if kind not in _CLASSES or is_complex:
        return None
    numbers = _element(data, name.end, order)
    shape = struct.unpack(f"{order}{len(lengths.data) // 4}i", lengths.data)
    stored = np.frombuffer(numbers.data, np.dtype(f"{order}{_NUMBERS[numbers.kind]}"))
    made = stored.astype(_CLASSES[kind], copy=False)
    return bytes(name.data).decode("ascii"), made.reshape(shape, order="F")
