"""npz: images and labels in an archive of NumPy, as MedMNIST and Keras hand theirs round.

MedMNIST (https://medmnist.com) has train_images, train_labels, val_images, … with labels (N, 1); Keras' MNIST x_train,
y_train, x_test, y_test. An array is read a few megabytes at a time; arrays of objects, which would be pickles, never.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio.disk import require_file, shown
from cnnstudio.training.data.errors import DamagedError, DataError
from cnnstudio.training.data.raw import Numbers, Pixels, Raw
from cnnstudio.training.data.readers.halves import Half, at_once, check_count, joined, numbered, pixels, read_bytes
from cnnstudio.wording import counted, listed

_PAIRS = (
    ("{}_images", "{}_labels"),
    ("x_{}", "y_{}"),
    ("X_{}", "y_{}"),
    ("{}_x", "{}_y"),
    ("{}_data", "{}_labels"),
    ("images_{}", "labels_{}"),
)
_WHOLE = (("images", "labels"), ("x", "y"), ("X", "y"), ("data", "labels"), ("data", "target"), ("arr_0", "arr_1"))
_VALIDATION = "val", "valid", "validation", "dev"
_TORN = zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError


class _Header(NamedTuple):
    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]


def read_npz(path: Path, title: str) -> Raw:
    """The images of an archive; what it keeps for validation, or else for the test, to validate with.

    Raises ``DataError`` where it holds no images with one label each, ``DamagedError``, ``DiskError``.
    """
    require_file(path)
    with _archive(path) as archive:
        held = {name.removesuffix(".npy"): _header(archive, name, path) for name in archive.namelist()}
    train, kept, rest = _chosen(path, set(held))
    halves = [_half(path, held, *pair) for pair in (train, kept) if pair is not None]
    notes = []
    if rest is not None:
        notes.append(f"{title}: {counted(held[rest[0]].shape[0], 'image')} to test with are left out.")
    return joined(halves, numbered(half.labels for half in halves), shown(path), notes)


def _chosen(path: Path, names: set[str]) -> tuple[tuple[str, str], tuple[str, str] | None, tuple[str, str] | None]:
    """The arrays of images and labels to train with, to validate with, and what is left."""

    def pair(half: str) -> tuple[str, str] | None:
        pairs = ((images.format(half), labels.format(half)) for images, labels in _PAIRS)
        return next((each for each in pairs if names.issuperset(each)), None)

    if (train := pair("train")) is not None:
        validation = next((found for half in _VALIDATION if (found := pair(half)) is not None), None)
        test = pair("test")
        return (train, validation, test) if validation is not None else (train, test, None)
    if (whole := next((each for each in _WHOLE if names.issuperset(each)), None)) is not None:
        return whole, None, None
    held = listed(sorted(map(shown, map(Path, names)))[:8]) if names else "nothing"
    raise DataError(f"{shown(path)} must hold images and labels, or train_images and train_labels; it holds {held}.")


def _half(path: Path, held: dict[str, _Header], images: str, labels: str) -> Half:
    header, known = held[images], _labels(path, labels)
    count, size = header.shape[0] if header.shape else 0, prod(header.shape[1:])
    channels = {header.shape[1], header.shape[3]} & {1, 3} if len(header.shape) == 4 else {1}
    if len(header.shape) not in (3, 4) or not channels or not size:
        raise DataError(
            f"{images} in {shown(path)} is {' × '.join(map(str, header.shape)) or 'one number'}; images are "
            "number × height × width, with 1 or 3 channels behind that."
        )
    if header.dtype != np.uint8:
        raise DataError(f"{images} in {shown(path)} holds {header.dtype} and must hold bytes (uint8), from 0 to 255.")
    check_count(path, count, len(known))

    def parts() -> Iterator[Pixels]:
        step = at_once(size)
        with _archive(path) as archive, archive.open(f"{images}.npy") as file:
            _read_header(file)
            if header.is_fortran:
                whole = _whole(file, count * size).reshape(header.shape, order="F")
                yield from (pixels(whole[start : start + step]) for start in range(0, count, step))
                return
            for start in range(0, count, step):
                wanted = min(step, count - start)
                yield pixels(_whole(file, wanted * size).reshape(wanted, *header.shape[1:]))

    return Half(known, parts())


def _labels(path: Path, name: str) -> Numbers:
    """Labels (N,) of an array (N,) or (N, 1)."""
    with _archive(path) as archive, archive.open(f"{name}.npy") as file:
        shape, is_fortran, dtype = _read_header(file)
        if len(shape) == 2 and shape[1] > 1:
            raise DataError(
                f"{name} in {shown(path)} holds {shape[1]:,} labels an image. The program learns one class an image, "
                "so it cannot be learned."
            )
        if len(shape) not in (1, 2) or dtype.kind not in "iub":
            raise DataError(f"{name} in {shown(path)} must hold one whole number an image.")
        data: NDArray[Any] = _whole(file, prod(shape) * dtype.itemsize).view(dtype)
    return data.reshape(shape, order="F" if is_fortran else "C").reshape(-1).astype(np.int64)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; raises ``DamagedError`` where it is torn, or none."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _TORN as error:
        raise DamagedError(f"{shown(path)} is damaged, or no archive of NumPy (.npz).") from error


def _header(archive: zipfile.ZipFile, name: str, path: Path) -> _Header:
    with archive.open(name) as file:
        try:
            return _read_header(file)
        except ValueError as error:
            raise DamagedError(f"{shown(path)} holds {shown(Path(name))}, which is no array of NumPy.") from error


def _read_header(file: IO[bytes]) -> _Header:
    """What an array says of itself (numpy.lib.format)."""
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError("an unknown version")
    return _Header(*read(file))


def _whole(file: IO[bytes], count: int) -> NDArray[np.uint8]:
    data = read_bytes(file, count)
    if data is None:
        raise EOFError
    return data
