"""HDF5: the arrays of a file and the names of its groups, read from its bytes alone, as far as h5py writes by default.

HDF5's own library is large and old, and files of strangers have broken it; what is read here is its earliest layout:
superblock 0, groups of symbols, whole arrays without filters.
The format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

MOST = 50_000  # objects, and entries of one
DEEPEST = 24
MOST_NUMBERS = 2**31
_UNDEFINED = 2**64 - 1
_SIGNATURE = b"\x89HDF\r\n\x1a\n"

_SPACE, _TYPE, _LAYOUT, _FILTERS, _ATTRIBUTE, _MORE, _SYMBOLS = 1, 3, 8, 11, 12, 16, 17


class Unreadable(ValueError):  # noqa: N818 - a state of the file
    """Bytes that are no HDF5, or of a layout that is not read here."""


@dataclass
class Group:
    """What a file holds under one path: further groups and arrays by name, in their order; and its text attributes."""

    groups: dict[str, Group] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


def read_hdf5(data: bytes) -> Group:
    """The root group of a file. Raises ``Unreadable``."""
    try:
        return _Reader(data).root()
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError, TypeError) as error:
        raise Unreadable from error


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._objects = 0

    def root(self) -> Group:
        if bytes(self._data[:8]) != _SIGNATURE or self._data[8] > 1 or tuple(self._data[13:15]) != (8, 8):
            raise Unreadable
        start = 24 if self._data[8] == 0 else 28
        base, _, _, _, _, header = self._unpacked("<6Q", start)
        if base:
            raise Unreadable
        found = self._object(header, 0)
        if not isinstance(found, Group):
            raise Unreadable
        return found

    def _unpacked(self, layout: str, at: int) -> tuple[int, ...]:
        if at < 0 or at + struct.calcsize(layout) > len(self._data):
            raise Unreadable
        return struct.unpack_from(layout, self._data, at)

    def _bytes(self, at: int, size: int) -> memoryview:
        if at < 0 or size < 0 or at + size > len(self._data):
            raise Unreadable
        return self._data[at : at + size]

    def _object(self, at: int, depth: int) -> Group | np.ndarray:
        self._objects += 1
        if self._objects > MOST or depth > DEEPEST:
            raise Unreadable
        messages = list(self._messages(at))
        kinds = dict(messages)
        if _SYMBOLS in kinds:
            group = Group()
            tree, heap = struct.unpack_from("<2Q", kinds[_SYMBOLS])
            for name, place in self._symbols(tree, self._heap(heap), 0):
                found = self._object(place, depth + 1)
                if isinstance(found, Group):
                    group.groups[name] = found
                else:
                    group.arrays[name] = found
            for kind, body in messages:
                if kind == _ATTRIBUTE and (told := self._attribute(body)) is not None:
                    group.attributes[told[0]] = told[1]
            return group
        if _LAYOUT not in kinds or _FILTERS in kinds or _SPACE not in kinds or _TYPE not in kinds:
            raise Unreadable
        return self._array(_sizes(kinds[_SPACE]), kinds[_TYPE], kinds[_LAYOUT])

    def _messages(self, at: int) -> Iterator[tuple[int, memoryview]]:
        version, _, count, _, size = self._unpacked("<BBHII", at)
        if version != 1 or count > MOST:
            raise Unreadable
        blocks, seen = [(at + 16, size)], 0
        while blocks:
            place, length = blocks.pop(0)
            end = place + length
            while place + 8 <= end and seen < count:
                kind, size, flags = self._unpacked("<HHB", place)
                body = self._bytes(place + 8, size)
                seen += 1
                place += 8 + size
                if kind == _MORE:
                    blocks.append(struct.unpack_from("<2Q", body))
                elif flags & 2 and kind in (_SPACE, _TYPE, _LAYOUT, _ATTRIBUTE):
                    raise Unreadable  # it stands elsewhere
                else:
                    yield kind, body

    def _heap(self, at: int) -> int:
        if bytes(self._bytes(at, 4)) != b"HEAP":
            raise Unreadable
        return self._unpacked("<Q", at + 24)[0]

    def _symbols(self, at: int, names: int, depth: int) -> Iterator[tuple[str, int]]:
        mark = bytes(self._bytes(at, 4))
        if mark == b"TREE" and depth <= DEEPEST:
            kind, _, count = self._unpacked("<BBH", at + 4)
            if kind:
                raise Unreadable
            for entry in range(count):
                yield from self._symbols(self._unpacked("<Q", at + 32 + 16 * entry)[0], names, depth + 1)
        elif mark == b"SNOD":
            (count,) = self._unpacked("<H", at + 6)
            for entry in range(count):
                name, header = self._unpacked("<2Q", at + 8 + 40 * entry)
                yield self._text(names + name), header
        else:
            raise Unreadable

    def _text(self, at: int) -> str:
        found = bytes(self._bytes(at, min(1024, len(self._data) - at)))
        return found.split(b"\0", 1)[0].decode()

    def _array(self, sizes: tuple[int, ...], kind: memoryview, layout: memoryview) -> np.ndarray:
        dtype, count = _dtype(kind), math.prod(sizes)
        if layout[0] not in (3, 4) or count > MOST_NUMBERS:
            raise Unreadable
        if layout[1] == 0:
            (size,) = struct.unpack_from("<H", layout, 2)
            data = layout[4 : 4 + size]
        elif layout[1] == 1:
            place, size = struct.unpack_from("<2Q", layout, 2)
            data = self._bytes(place, size) if place != _UNDEFINED else memoryview(b"")
        else:
            raise Unreadable
        if len(data) < count * dtype.itemsize:
            raise Unreadable
        return np.frombuffer(data, dtype, count).reshape(sizes)

    def _attribute(self, body: memoryview) -> tuple[str, str] | None:
        """An attribute that is one text; None for any other."""
        version, _, of_name, of_type, of_space = struct.unpack_from("<BBHHH", body)
        if version not in (1, 2, 3):
            raise Unreadable
        place, step = 9 if version == 3 else 8, 8 if version == 1 else 1
        name = bytes(body[place : place + of_name]).split(b"\0", 1)[0].decode()
        place += -(-of_name // step) * step
        kind = body[place : place + of_type]
        place += -(-of_type // step) * step + -(-of_space // step) * step
        if kind[0] & 15 == 3:  # so many letters
            (size,) = struct.unpack_from("<I", kind, 4)
            return name, bytes(body[place : place + size]).split(b"\0", 1)[0].decode()
        if kind[0] & 15 != 9 or kind[1] & 15 != 1:
            return None
        size, heap, index = struct.unpack_from("<IQI", body, place)
        return name, bytes(self._kept(heap, index)[:size]).decode()

    def _kept(self, at: int, wanted: int) -> memoryview:
        """A text of a global heap."""
        if bytes(self._bytes(at, 4)) != b"GCOL":
            raise Unreadable
        (size,) = self._unpacked("<Q", at + 8)
        place, end = at + 16, at + size
        while place + 16 <= end:
            index, length = self._unpacked("<H6xQ", place)
            if index == wanted:
                return self._bytes(place + 16, length)
            if not index:
                break
            place += 16 + -(-length // 8) * 8
        raise Unreadable


def _sizes(space: memoryview) -> tuple[int, ...]:
    version, rank = space[0], space[1]
    if version not in (1, 2) or rank > 32:
        raise Unreadable
    return struct.unpack_from(f"<{rank}Q", space, 8 if version == 1 else 4)


def _dtype(kind: memoryview) -> np.dtype:
    order = ">" if kind[1] & 1 else "<"
    (size,) = struct.unpack_from("<I", kind, 4)
    letter = {0: "i" if kind[1] & 8 else "u", 1: "f"}.get(kind[0] & 15)
    if letter is None or size not in (1, 2, 4, 8) or (letter == "f" and size == 1):
        raise Unreadable
    return np.dtype(f"{order}{letter}{size}")
