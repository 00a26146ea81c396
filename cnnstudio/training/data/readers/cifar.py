"""CIFAR: the batches of CIFAR-10 and CIFAR-100, those of Python and the binary ones.

Their formats stand at https://www.cs.toronto.edu/~kriz/cifar.html: 3,072 bytes an image, red, green and blue one after
the other, each row by row; the binary ones have the label before each image, CIFAR-100 the coarse and the fine one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnnstudio.disk import is_there, require_file, shown
from cnnstudio.training.data.errors import AbsentError, DamagedError
from cnnstudio.training.data.raw import Pixels
from cnnstudio.training.data.readers.halves import Half, at_once, read_bytes
from cnnstudio.training.data.readers.pickled import read_pickled

_BYTES = 3_072
_TEN = [f"data_batch_{number}" for number in range(1, 6)], ["test_batch"]
_HUNDRED = ["train"], ["test"]
FOLDERS = {
    "CIFAR10": ("cifar-10-batches-py", "cifar-10-batches-bin"),
    "CIFAR100": ("cifar-100-python", "cifar-100-binary"),
}
"""The folders in the archives, the batches of Python first."""


def cifar_halves(folder: Path) -> list[Half]:
    """Both halves of the batches in a folder, whichever of the four kinds they are. Raises ``AbsentError``."""
    for train, test in (_TEN, _HUNDRED):
        for suffix, read in (("", _of_python), (".bin", _of_bytes)):
            names = [[folder / f"{name}{suffix}" for name in half] for half in (train, test)]
            if all(is_there(path) for half in names for path in half):
                labels = 1 if (train, test) == _TEN else 2
                return [_joined([read(path, labels) for path in half]) for half in names]
    raise AbsentError(f"{shown(folder)} holds no batches of CIFAR.")


def cifar_names(folder: Path) -> tuple[str, ...]:
    """What the classes are called by the file beside the batches, empty where there is none."""
    for name, key in (("batches.meta", "label_names"), ("meta", "fine_label_names")):
        if is_there(folder / name):
            found = read_pickled(folder / name)
            names = (found.get(key) or found.get(key.encode()) or ()) if isinstance(found, dict) else ()
            return tuple(each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in names)
    for name in ("batches.meta.txt", "fine_label_names.txt"):
        if is_there(folder / name):
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            return tuple(line.strip() for line in text.splitlines() if line.strip())
    return ()


def _joined(halves: Sequence[Half]) -> Half:
    def images() -> Iterator[Pixels]:
        for half in halves:
            yield from half.images

    return Half(np.concatenate([half.labels for half in halves]), images())


def _of_python(path: Path, labels: int) -> Half:
    """A pickled dict; its images are read a second time when they are asked for, so that one batch alone is held."""
    known = np.asarray(_value(path, ("labels", "fine_labels")), np.int64).reshape(-1)

    def images() -> Iterator[Pixels]:
        data = _value(path, ("data",))
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.size != len(known) * _BYTES:
            raise DamagedError(f"{shown(path)} is damaged: its images are not 3,072 bytes for each of its labels.")
        yield data.reshape(-1, 3, 32, 32).copy()

    return Half(known, images())


def _value(path: Path, keys: tuple[str, ...]) -> Any:
    """What a pickled dict has under one of these keys, texts of Python 2 or of Python 3."""
    found = read_pickled(path)
    if isinstance(found, dict):
        for key in keys:
            for each in (key, key.encode()):
                if each in found:
                    return found[each]
    raise DamagedError(f"{shown(path)} is no batch of CIFAR: it has no {keys[0]}.")


def _of_bytes(path: Path, labels: int) -> Half:
    """Binary records; read a second time for the images, so that one batch alone is held."""
    require_file(path)
    record = _BYTES + labels
    count, rest = divmod(path.stat().st_size, record)
    if rest or not count:
        raise DamagedError(f"{shown(path)} is damaged: its size is no multiple of {record:,} bytes, an image each.")

    def images() -> Iterator[Pixels]:
        with path.open("rb") as file:
            for start in range(0, count, step := at_once(_BYTES)):
                wanted = min(step, count - start)
                rows = read_bytes(file, wanted * record)
                if rows is None:
                    raise DamagedError(f"{shown(path)} was changed while it was read.")
                yield rows.reshape(wanted, record)[:, labels:].reshape(-1, 3, 32, 32)

    rows = np.fromfile(path, np.uint8, count * record).reshape(count, record)
    return Half(rows[:, labels - 1].astype(np.int64), images())
