"""Known formats: the data sets that torchvision knows, read from the files that are there, or else fetched.

Nothing of torchvision's reads them: its readers open pickles, need SciPy for three of them, hold the images twice and
take some damaged files for whole ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from cnnstudio.disk import DiskError, reason, require_file, shown
from cnnstudio.headroom import ran_out
from cnnstudio.project.datasets import Dataset, Torchvision
from cnnstudio.training.data.errors import AbsentError, DamagedError, DataCancelledError, DataError
from cnnstudio.training.data.folder_layout import FolderLayout
from cnnstudio.training.data.raw import Pixels, Raw
from cnnstudio.training.data.readers import photographs
from cnnstudio.training.data.readers.cifar import FOLDERS, cifar_halves
from cnnstudio.training.data.readers.halves import Half, at_once, check_count, joined, read_bytes
from cnnstudio.training.data.readers.idx import read_half
from cnnstudio.training.data.readers.mat import read_mat
from cnnstudio.training.data.readers.providing import provide
from cnnstudio.training.data.readers.stored import Stored
from cnnstudio.training.data.readers.usps import read_usps
from cnnstudio.worker import Report

_STL10 = 3, 96, 96


def read_fetched(dataset: Dataset, origin: Torchvision, progress: Report) -> Raw | FolderLayout:
    """The images of ``dataset``, or which picture files they are; its test half to validate.

    Raises ``DataError`` with a sentence: no network, no room, a broken file.
    """
    stored = Stored(dataset, origin)
    with _told(stored):
        try:
            return _read(stored)
        except AbsentError:
            provide(stored, progress)
        if not progress(f"Reading {dataset.title}", None):
            raise DataCancelledError(f"Reading {dataset.title} was cancelled.")
        stored.used.clear()
        return _read(stored)


def _read(stored: Stored) -> Raw | FolderLayout:
    if (read := photographs.READERS.get(stored.origin.reader)) is not None:
        return read(stored)
    names, title = stored.dataset.names or (), stored.dataset.title
    raw = joined(_READERS[stored.origin.reader](stored), names, title)

    def parts() -> Iterator[Pixels]:
        with _told(stored):
            yield from raw.parts

    return replace(raw, parts=parts())


@contextmanager
def _told(stored: Stored) -> Iterator[None]:
    """Turn what is raised about its files into ``DataError`` with a sentence; damaged ones of our own are removed."""
    title, own = stored.dataset.title, stored.own
    try:
        yield
    except DamagedError as error:
        if stored.used and all(path.is_relative_to(own) for path in stored.used):
            stored.remove_used()
            raise DataError(
                f"The files of {title} were damaged and have been removed. Try again to fetch them."
            ) from error
        raise DataError(f"{error} It lies in {stored.used[-1].parent if stored.used else own}.") from error
    except DiskError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        if ran_out(error):
            raise
        raise DataError(f"{title} cannot be kept in {own}: {reason(error)}.") from error


# arrays


def _mnist(stored: Stored) -> list[Half]:
    return [
        read_half(stored.file(*_named(f"{half}-images", "idx3")), stored.file(*_named(f"{half}-labels", "idx1")))
        for half in ("train", "t10k")
    ]


def _named(name: str, kind: str) -> list[str]:
    """A file of MNIST as torchvision unpacks it, as it is fetched, and as others have called it."""
    plain = [f"{name}-{kind}-ubyte", f"{name}.{kind}-ubyte"]
    return [*plain, *(f"{each}.gz" for each in plain)]


def _qmnist(stored: Stored) -> list[Half]:
    def found(name: str) -> Path:
        return stored.file(name, f"{name}.gz")

    return [
        read_half(found(f"qmnist-{half}-images-idx3-ubyte"), found(f"qmnist-{half}-labels-idx2-int"))
        for half in ("train", "test")
    ]


def _emnist(stored: Stored) -> list[Half]:
    """A part of EMNIST, turned upright; letters are numbered from 1 on."""
    first = 1 if stored.origin.part == "letters" else 0

    def found(name: str) -> Path:
        return stored.file(name, f"{name}.gz", f"gzip/{name}.gz")

    halves = []
    for half in ("train", "test"):
        name = f"emnist-{stored.origin.part}-{half}"
        read = read_half(found(f"{name}-images-idx3-ubyte"), found(f"{name}-labels-idx1-ubyte"), is_turned=True)
        halves.append(Half(read.labels - first, read.images))
    return halves


def _usps(stored: Stored) -> list[Half]:
    return [read_usps(stored.file(name)) for name in ("usps.bz2", "usps.t.bz2")]


def _cifar(stored: Stored) -> list[Half]:
    return cifar_halves(stored.file(*FOLDERS[stored.origin.name]))


def _svhn(stored: Stored) -> list[Half]:
    return [svhn_half(stored.file(f"{half}_32x32.mat")) for half in ("train", "test")]


def svhn_half(path: Path) -> Half:
    """SVHN's X (32, 32, 3, N) and y (N, 1), in which the digit 0 is called 10."""
    arrays = read_mat(path)
    images, labels = arrays.get("X"), arrays.get("y")
    if (
        images is None
        or labels is None
        or images.ndim != 4
        or images.dtype != np.uint8
        or images.shape[2] not in (1, 3)
    ):
        raise DamagedError(f"{shown(path)} holds no images X (height, width, channels, number) with their labels y.")
    known = labels.reshape(-1).astype(np.int64)
    check_count(path, images.shape[3], len(known))
    step = at_once(images[..., 0].size)

    def parts() -> Iterator[Pixels]:
        for start in range(0, len(known), step):
            yield images[..., start : start + step].transpose(3, 2, 0, 1).copy()

    return Half(np.where(known == 10, 0, known), parts())


def _stl10(stored: Stored) -> list[Half]:
    """Images whose columns lie one after the other, and labels from 1 on."""
    return [_stl10_half(stored, half) for half in ("train", "test")]


def _stl10_half(stored: Stored, half: str) -> Half:
    images, labels = (stored.file(f"stl10_binary/{half}_{kind}.bin", f"{half}_{kind}.bin") for kind in ("X", "y"))
    for path in (images, labels):
        require_file(path)
    known, size = np.fromfile(labels, np.uint8).astype(np.int64) - 1, int(np.prod(_STL10))
    count, rest = divmod(images.stat().st_size, size)
    if rest:
        raise DamagedError(f"{shown(images)} is damaged: its size is no multiple of {size:,} bytes, an image each.")
    check_count(images, count, len(known))

    def parts() -> Iterator[Pixels]:
        with images.open("rb") as file:
            for start in range(0, count, step := at_once(size)):
                wanted = min(step, count - start)
                data = read_bytes(file, wanted * size)
                if data is None:
                    raise DamagedError(f"{shown(images)} was changed while it was read.")
                yield np.ascontiguousarray(data.reshape(wanted, *_STL10).transpose(0, 1, 3, 2))

    return Half(known, parts())


_READERS: dict[str, Callable[[Stored], list[Half]]] = {
    "mnist": _mnist,
    "qmnist": _qmnist,
    "emnist": _emnist,
    "usps": _usps,
    "cifar": _cifar,
    "svhn": _svhn,
    "stl10": _stl10,
}
