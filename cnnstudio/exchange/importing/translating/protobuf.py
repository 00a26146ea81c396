"""Protobuf: the fields of a message as they stand in the bytes, without a schema and without a library.

The encoding: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Field = tuple[int, "int | memoryview"]

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_WIDTHS = {_EIGHT: 8, _FOUR: 4}


class Damaged(ValueError):  # noqa: N818 - a state of the file
    """Bytes that are no message."""


def fields(data: memoryview) -> Iterator[Field]:
    """Each field of a message: its number, and a number or its bytes. Raises ``Damaged``."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            width, at = _varint(data, at)
        elif kind in _WIDTHS:
            width = _WIDTHS[kind]
        else:
            raise Damaged
        if not number or width > end - at:
            raise Damaged
        yield number, data[at : at + width]
        at += width


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of up to 64 bits in groups of seven, and where it ends."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise Damaged


def message(value: int | memoryview) -> memoryview:
    """A field that is a message, or bytes. Raises ``Damaged``."""
    if isinstance(value, int):
        raise Damaged
    return value


def text(value: int | memoryview) -> str:
    """A field that is text; what is no UTF-8 in it is replaced. Raises ``Damaged``."""
    return bytes(message(value)).decode(errors="replace")


def whole(value: int | memoryview) -> int:
    """A field that is a whole number, with its sign. Raises ``Damaged``."""
    if not isinstance(value, int):
        raise Damaged
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def wholes(value: int | memoryview) -> Iterator[int]:
    """A field of whole numbers, one or many packed. Raises ``Damaged``."""
    if isinstance(value, int):
        yield whole(value)
        return
    at = 0
    while at < len(value):
        found, at = _varint(value, at)
        yield whole(found)


def reals(value: int | memoryview, kind: str = "<f4") -> np.ndarray:
    """A field of numbers of a fixed width, one or many packed. Raises ``Damaged``."""
    data = message(value)
    if len(data) % np.dtype(kind).itemsize:
        raise Damaged
    return np.frombuffer(data, kind)
