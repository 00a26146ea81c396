"""Downloads: data sets like MNIST, fetched once with a bar and a way out, then checked and read by torchvision."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import struct
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnstudio.disk import NEW, marked, reason
from cnnstudio.folders import data_folder
from cnnstudio.headroom import ran_out
from cnnstudio.project.datasets import DATASETS, Dataset
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.raw import Raw
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.worker import Report

Pixels = NDArray[np.uint8]
Half = tuple[NDArray[np.int64], Iterator[Pixels]]  # labels (N,), images (n, C, H, W) some at a time

_SECONDS = 20.0  # to wait for a server that says nothing
_CHUNK = 1 << 17
_IDX_IMAGES = 0x803  # bytes in three dimensions


def read_download(dataset: Dataset, name: str, progress: Report) -> Raw:
    """The images of ``dataset``, which the class ``name`` of ``torchvision.datasets`` reads; its test half to validate.

    Raises ``DataError`` with a sentence: no network, no room, a broken file.
    """
    reader = getattr(torchvision().datasets, name)
    root, title = data_folder(dataset.key), dataset.title
    with _told(root, title):
        _fetch(reader, root, title, progress)
        if not progress(f"Reading {title}", None):
            raise DataCancelledError(f"Reading {title} was cancelled.")
        read = _of_idx if hasattr(reader, "mirrors") else _of_batches
        halves = [read(reader, root, train) for train in (True, False)]
    labels, names = np.concatenate([labels for labels, _ in halves]), dataset.names or ()
    if labels.min() < 0 or labels.max() >= len(names):
        raise DataError(f"{title} holds labels beyond its {len(names)} classes.")

    def parts() -> Iterator[Pixels]:
        with _told(root, title):
            for _, images in halves:
                yield from images

    return Raw(parts(), labels, names, np.arange(len(halves[0][0]), len(labels)))


@contextmanager
def _told(root: Path, title: str) -> Iterator[None]:
    """Turn what is raised about the files in ``root`` into ``DataError`` with a sentence; damaged ones are removed."""
    try:
        yield
    except (DataError, MemoryError):
        raise
    except OSError as error:
        raise DataError(f"{title} cannot be kept in {root}: {reason(error)}.") from error
    except Exception as error:  # torchvision's words for a short, foreign or damaged file are of many kinds
        if ran_out(error):
            raise
        shutil.rmtree(root, ignore_errors=True)
        raise DataError(f"The files of {title} were damaged and have been removed. Try again to fetch them.") from error


def _of_idx(reader: Any, root: Path, train: bool) -> Half:
    """A half of MNIST and its like, which torchvision unpacks; it would read the images twice into memory."""
    unpacking = type(reader.__name__, (reader,), {"_load_data": lambda _: (None, None)})
    folder = Path(unpacking(root, train=train, download=True).raw_folder)
    half = "train" if train else "t10k"
    labels = np.fromfile(folder / f"{half}-labels-idx1-ubyte", np.uint8)[8:]
    path = folder / f"{half}-images-idx3-ubyte"
    with path.open("rb") as file:
        kind, count, height, width = struct.unpack(">4I", file.read(16))
    size = count * height * width
    if kind != _IDX_IMAGES or not count or len(labels) != count or path.stat().st_size != 16 + size:
        raise ValueError("images and labels do not belong together")

    def images() -> Iterator[Pixels]:
        step = max(1, _CHUNK * 16 // (height * width))
        with path.open("rb") as file:
            file.seek(16)
            for start in range(0, count, step):
                taken = min(step, count - start)
                yield np.fromfile(file, np.uint8, taken * height * width).reshape(taken, 1, height, width)

    return labels.astype(np.int64), images()


def _of_batches(reader: Any, root: Path, train: bool) -> Half:
    """A half of CIFAR-10 and its like, which torchvision reads from several files: one of them at a time."""
    reader(root, train=False, download=True)  # unpacks it, and checks all of them
    files = reader.train_list if train else reader.test_list

    def read(file: list[str]) -> Any:
        return type(reader.__name__, (reader,), {"train_list": [file]})(root, train=True)

    labels = [np.asarray(read(file).targets, np.int64) for file in files]

    def images() -> Iterator[Pixels]:
        for file, known in zip(files, labels, strict=True):
            found = np.asarray(read(file).data, np.uint8).transpose(0, 3, 1, 2)  # it comes as (N, H, W, C)
            if len(found) != len(known):
                raise ValueError("images and labels do not belong together")
            yield found

    return np.concatenate(labels), images()


def _place(reader: Any, root: Path) -> Path:
    """Where torchvision looks for the archives of this data set before it downloads them."""
    return root / reader.__name__ / "raw" if hasattr(reader, "mirrors") else root


def _archives(reader: Any) -> list[tuple[str, str, list[str]]]:
    """File name, MD5 and addresses of what torchvision would fetch."""
    if hasattr(reader, "mirrors"):
        return [(name, md5, [mirror + name for mirror in reader.mirrors]) for name, md5 in reader.resources]
    return [(reader.filename, reader.tgz_md5, [reader.url])]


def _fetch(reader: Any, root: Path, title: str, progress: Report) -> None:
    """Put every archive where torchvision looks before it downloads by itself, which shows no bar and cannot stop."""
    archives = _archives(reader)
    at_hand = " and ".join(f"the {dataset.title.lower()}" for dataset in DATASETS.values() if dataset.is_at_hand)
    folder = _place(reader, root)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, md5, addresses) in enumerate(archives):
        path = folder / name
        if path.exists() and _md5(path) == md5:
            continue

        def share(done: float, number: int = number) -> bool:
            return progress(f"Downloading {title}", (number + done) / len(archives))

        def is_right(file: Path, md5: str = md5) -> bool:
            return _md5(file) == md5

        download(addresses, path, is_right, title, share, f"{at_hand} need no network")


def download(  # noqa: PLR0917 - the first three are the file, the others what is said meanwhile
    addresses: Sequence[str],
    path: Path,
    is_right: Callable[[Path], bool],
    title: str,
    share: Callable[[float], bool],
    advice: str,
) -> None:
    """Put what one of the addresses gives at ``path``, once ``is_right``; ``share`` may answer False to cancel.

    Raises ``DataError`` with a sentence that ends in ``advice``, ``DataCancelledError``, or ``OSError`` of the disk.
    """
    part = path.with_name(f"{marked(NEW)}{path.name}")
    why = ""
    for address in addresses:
        try:
            _copy(address, part, share)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            cause = getattr(error, "reason", error)
            why = str(getattr(cause, "strerror", None) or cause)
            continue
        except DataCancelledError as error:
            part.unlink(missing_ok=True)
            raise DataCancelledError(f"Downloading {title} was cancelled.") from error
        except OSError:  # a full disk
            part.unlink(missing_ok=True)
            raise
        if is_right(part):
            part.replace(path)
            return
        part.unlink()
        why = "what came is not what was asked for"
    part.unlink(missing_ok=True)
    raise DataError(
        f"{title[0].upper()}{title[1:]} could not be downloaded ({why}). "
        f"Check the internet connection and try again; {advice}."
    )


def _copy(address: str, part: Path, share: Callable[[float], bool]) -> None:
    request = urllib.request.Request(address, headers={"User-Agent": "cnnstudio"})
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer, part.open("wb") as file:
        length = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while block := answer.read(_CHUNK):
            file.write(block)
            done += len(block)
            if not share(min(done / length, 1.0) if length else 0.0):
                raise DataCancelledError("cancelled")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
