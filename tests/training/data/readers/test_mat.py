"""Files of MATLAB, written here by hand, byte for byte."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from cnnstudio.training.data.errors import DamagedError, DataError
from cnnstudio.training.data.readers.mat import read_mat

CODES = {"u1": (9, 2), "u2": (11, 4), "i4": (12, 5), "f8": (6, 9)}  # class of the array, type of its numbers
HEAD = b"MATLAB 5.0 MAT-file, written by hand".ljust(124)


def element(kind: int, data: bytes, order: str) -> bytes:
    if len(data) <= 4:
        return struct.pack(f"{order}I", len(data) << 16 | kind) + data.ljust(4, b"\0")
    return struct.pack(f"{order}2I", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(name: str, array: np.ndarray, order: str = "<", stored: str | None = None) -> bytes:
    code = array.dtype.newbyteorder("=").str[1:]
    stored = stored or code
    flags = struct.pack(f"{order}2I", CODES[code][0], 0)
    lengths = struct.pack(f"{order}{array.ndim}i", *array.shape)
    numbers = array.astype(f"{order}{stored}").tobytes(order="F")
    parts = ((6, flags), (5, lengths), (1, name.encode()), (CODES[stored][1], numbers))
    inside = b"".join(element(kind, data, order) for kind, data in parts)
    return struct.pack(f"{order}2I", 14, len(inside)) + inside


def mat(*elements: bytes, order: str = "<", packed: bool = True) -> bytes:
    head = HEAD + (struct.pack("<H", 0x0100) + b"IM" if order == "<" else struct.pack(">H", 0x0100) + b"MI")
    if packed:
        elements = tuple(struct.pack(f"{order}2I", 15, len(z := zlib.compress(each))) + z for each in elements)
    return head + b"".join(elements)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [True, False])
def test_arrays_by_their_names(tmp_path: Path, order: str, packed: bool) -> None:
    images = np.arange(2 * 3 * 3 * 4, dtype=np.uint8).reshape(2, 3, 3, 4)
    labels, numbers = np.array([[10.0], [1.0], [2.0], [3.0]]), np.array([[1, 2, 300]], np.uint16)
    content = mat(
        matrix("X", images, order),
        matrix("y", labels, order, stored="u1"),  # MATLAB keeps small whole numbers in bytes, whatever they are
        matrix("a_long_name", numbers, order),
        order=order,
        packed=packed,
    )
    (tmp_path / "a.mat").write_bytes(content)
    found = read_mat(tmp_path / "a.mat")
    assert list(found) == ["X", "y", "a_long_name"]
    for name, value in (("X", images), ("y", labels), ("a_long_name", numbers)):
        assert found[name].dtype == value.dtype and np.array_equal(found[name], value)


def test_what_is_no_array_of_numbers_is_passed_over(tmp_path: Path) -> None:
    flags = element(6, struct.pack("<2I", 1, 0), "<")  # a cell array
    inside = flags + element(5, struct.pack("<2i", 0, 0), "<") + element(1, b"cells", "<")
    (tmp_path / "a.mat").write_bytes(
        mat(struct.pack("<2I", 14, len(inside)) + inside, matrix("y", np.array([[1.0]])), packed=False)
    )
    assert list(read_mat(tmp_path / "a.mat")) == ["y"]


def test_torn_and_strange_files_are_named(tmp_path: Path) -> None:
    whole = mat(matrix("y", np.arange(500, dtype=np.uint8)[None]))
    for content in (b"", b"x" * 200, whole[:-20], whole[:140] + b"\0" * 60):
        (tmp_path / "a.mat").write_bytes(content)
        with pytest.raises(DamagedError, match=r"a\.mat is"):
            read_mat(tmp_path / "a.mat")
    (tmp_path / "a.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(128) + b"\x89HDF")
    with pytest.raises(DataError, match=r"is of MATLAB 7\.3, which is not read"):
        read_mat(tmp_path / "a.mat")
