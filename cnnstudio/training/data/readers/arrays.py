"""Arrays: images and labels in files of a person's own, whichever of the known formats they are in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnnstudio.disk import DiskError, is_there, reason, shown
from cnnstudio.graph import Shape
from cnnstudio.training.data.errors import AbsentError, DataError
from cnnstudio.training.data.folder_layout import said
from cnnstudio.training.data.half_names import Half as Meaning
from cnnstudio.training.data.half_names import half
from cnnstudio.training.data.raw import Raw
from cnnstudio.training.data.readers.cifar import FOLDERS, cifar_halves, cifar_names
from cnnstudio.training.data.readers.halves import Half, joined, numbered
from cnnstudio.training.data.readers.idx import read_half
from cnnstudio.training.data.readers.known_formats import svhn_half
from cnnstudio.training.data.readers.npz import read_npz
from cnnstudio.training.data.readers.parquet import SUFFIX, read_parquet
from cnnstudio.worker import Report

KINDS = "a .npz archive, a folder of idx files, a folder of CIFAR's batches, a .mat file as of SVHN, or Parquet"
_IDX = ("-images-idx3-", "-labels-idx1-"), ("-images.idx3-", "-labels.idx1-"), ("-images-idx3-", "-labels-idx2-")


def read_arrays(file: str, title: str, size: Shape, progress: Report) -> Raw:
    """The images in a file or in a folder of such files; those that are picture files come in ``size`` (C, H, W).

    Raises ``DataError`` with a sentence, ``DataCancelledError`` where ``progress`` said to stop.
    """
    if not file.strip():
        raise DataError(f"No file of images is chosen yet. Choose {KINDS}.")
    try:
        path = Path(file).expanduser()
        if not is_there(path):
            raise DataError(f"There is no {said(file)}. Choose {KINDS}.")
        raw = _read(path, title, size, progress)
    except DiskError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(f"{said(file)} cannot be read: {reason(error)}.") from error
    except (RuntimeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{said(file)} is not the name of a file.") from error
    if len(np.unique(raw.labels)) < 2:
        raise DataError(f"All images in {shown(path)} are of one class; there must be two or more.")
    return raw


def _read(path: Path, title: str, size: Shape, progress: Report) -> Raw:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path, title)
    if suffix == ".mat":
        half_ = svhn_half(path)
        return joined([half_], numbered([half_.labels]), shown(path))
    if suffix == SUFFIX or (path.is_dir() and any(path.glob(f"*{SUFFIX}"))):
        return read_parquet(path, title, size, progress)
    folder = path if path.is_dir() else path.parent
    if halves := _idx_halves(folder, None if path.is_dir() else path):
        return joined(halves, numbered(each.labels for each in halves), shown(path))
    names = (name for pair in FOLDERS.values() for name in pair)
    for place in (folder, *(folder / name for name in names)):
        try:
            halves = cifar_halves(place)
        except AbsentError:
            continue
        return joined(halves, cifar_names(place) or numbered(each.labels for each in halves), shown(path))
    raise DataError(f"{shown(path)} holds no images that can be read. Choose {KINDS}.")


def _idx_halves(folder: Path, chosen: Path | None) -> list[Half]:
    """The images of the idx files in a folder, of a chosen one its own half alone if it has no other."""
    pairs: dict[Meaning | None, tuple[Path, Path]] = {}
    for name in sorted(path.name for path in folder.iterdir()):
        for images, labels in _IDX:
            partner = folder / name.replace(images, labels)
            if images in name and is_there(partner):
                meaning = Meaning.TEST if "t10k" in name else half(name.split(images.split("idx")[0])[0])
                pairs.setdefault(meaning, (folder / name, partner))
    train = next((pairs.pop(each) for each in (Meaning.TRAIN, None) if each in pairs), None)
    kept = next((pairs.pop(each) for each in (Meaning.VALIDATION, Meaning.TEST) if each in pairs), None)
    found = [pair for pair in (train, kept) if pair is not None]
    if chosen is not None and found and not any(chosen in pair for pair in found):
        return []
    return [read_half(*pair) for pair in found]
