"""parquet: a table with a column of pictures, as the Hugging Face Hub hands data sets round.

Each picture is the bytes of a picture file, alone or as ``{"bytes", "path"}``; labels are numbers or words, and the
names of numbers stand in the file's own metadata (https://huggingface.co/docs/datasets/about_dataset_features). It is
read by pyarrow, which the program does not ask for, some rows at a time.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from cnnstudio.disk import require_file, shown
from cnnstudio.graph import Shape
from cnnstudio.headroom import ran_out
from cnnstudio.training.data.errors import DamagedError, DataCancelledError, DataError
from cnnstudio.training.data.file_note import Note
from cnnstudio.training.data.half_names import Half as Meaning
from cnnstudio.training.data.half_names import half
from cnnstudio.training.data.picture import FORMATS, SCALE, extent, is_deep, picture_bytes
from cnnstudio.training.data.raw import Numbers, Pixels, Raw
from cnnstudio.training.data.readers.halves import Half, joined
from cnnstudio.training.data.room import check_room
from cnnstudio.training.device import cores
from cnnstudio.wording import abridged, counted, listed
from cnnstudio.worker import Report

SUFFIX = ".parquet"
LACKING = "Parquet files are read by pyarrow, which is not installed: pip install pyarrow."
_ROWS = 64  # that are read and decoded at once
_IMAGES = "image", "images", "img", "picture", "photo", "jpg", "png"
_LABELS = "label", "labels", "class", "category", "target", "fine_label", "y"


class _Columns(NamedTuple):
    image: str
    label: str
    names: tuple[str, ...]  # of numbered labels, nothing where nobody says


def read_parquet(path: Path, title: str, size: Shape, progress: Report) -> Raw:
    """The pictures of a file, or of all in a folder, in ``size`` (C, H, W); those of its halves that are told by name.

    A file called train-00000-of-00002 comes with the others of its half, and with those to validate with. Rows without
    a picture that can be read are left out, and named. Raises ``DataError`` with a sentence, ``DataCancelledError``.
    """
    pyarrow = _pyarrow()
    halves, rest = _chosen(path)
    files = [file for half_ in halves for file in half_]
    columns = _columns(pyarrow, files[0])
    if any(_columns(pyarrow, each) != columns for each in files[1:]):
        raise DataError(f"The Parquet files beside {shown(path)} do not have the same columns and classes.")
    names, numbers = _numbered([_words(pyarrow, file, columns) for file in files], columns)
    labels = np.concatenate(numbers)
    check_room(len(labels), size)
    images, kept, broken = np.empty((len(labels), *size), np.uint8), list[int](), list[str]()
    total = len(labels)
    for number, found in enumerate(_pictures(pyarrow, files, columns, size)):
        if isinstance(found, str):
            broken.append(found)
        else:
            images[len(kept)] = found
            kept.append(number)
        if number % _ROWS == 0 and not progress(f"Reading the images: {number:,} of {total:,}", number / total):
            raise DataCancelledError("Reading the images was cancelled.")
    notes: list[str] = []
    if broken:
        rows = counted(len(broken), "row")
        sentence = f"{rows} without a picture that can be read, and left out: {abridged(broken, 5)}."
        notes.append(Note.of(sentence, tuple(broken)))
    if rest:
        notes.append(f"{title}: {listed([shown(each) for each in rest[:3]])} to test with left out.")
    end = np.searchsorted(kept, sum(map(len, numbers[: len(halves[0])])))
    train, others = np.split(labels[np.array(kept, np.int64)], [end])
    if not len(train):
        raise DataError(f"None of the pictures to train with in {shown(path)} can be read. {' '.join(notes)}")
    raw = joined([Half(part, ()) for part in (train, others) if len(part)], names, shown(path), notes)
    return replace(raw, parts=(images[: len(kept)],))


def _pyarrow() -> Any:
    try:
        return import_module("pyarrow.parquet")
    except ImportError as error:
        raise DataError(LACKING) from error


def _chosen(path: Path) -> tuple[list[list[Path]], list[Path]]:
    """The files to train with and, where there are any, those to validate with; and what is left of the halves."""
    folder = path if path.is_dir() else path.parent
    if not path.is_dir() and half(path.stem) is None:
        return [[path]], []
    of: dict[Meaning | None, list[Path]] = {}
    for each in sorted(folder.glob(f"*{SUFFIX}")):
        of.setdefault(half(each.stem), []).append(each)
    train = of.get(Meaning.TRAIN) or of.get(None) or []
    if not train:
        raise DataError(f"{shown(path)} has no Parquet file to train with; one is called train, or nothing of a half.")
    kept = of.get(Meaning.VALIDATION) or of.get(Meaning.TEST) or []
    rest = of.get(Meaning.TEST, []) if of.get(Meaning.VALIDATION) else []
    return ([train, kept] if kept else [train]), rest


def _columns(pyarrow: Any, path: Path) -> _Columns:
    """Which column has the pictures and which the labels. Raises ``DataError`` where nothing tells."""
    require_file(path)
    with _told(path):
        schema = pyarrow.read_schema(path)
    kinds = {field.name: str(field.type) for field in schema}
    images = [name for name, kind in kinds.items() if kind in ("binary", "large_binary") or _is_file(kind)]
    image = next((name for name in _IMAGES if name in images), images[0] if len(images) == 1 else None)
    if image is None:
        raise DataError(f"{shown(path)} has no column of pictures that could be told; it has {listed([*kinds][:12])}.")
    plain = [name for name, kind in kinds.items() if "int" in kind.split("<")[0] or "string" in kind or "bool" in kind]
    plain = [name for name in plain if name != image and not kinds[name].startswith(("struct", "list"))]
    label = next((name for name in _LABELS if name in kinds), plain[0] if len(plain) == 1 else None)
    if label is None:
        raise DataError(f"{shown(path)} does not say which column is the label ({listed(plain[:12])}). Call it label.")
    if label not in plain:
        raise DataError(
            f"{label} in {shown(path)} holds {kinds[label]}. The program learns one class a picture: a "
            "number or a word."
        )
    names: tuple[str, ...] = ()
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = tuple(map(str, features[label]["names"]))
    return _Columns(image, label, names)


def _is_file(kind: str) -> bool:
    return kind.startswith("struct<") and ("bytes: binary" in kind or "bytes: large_binary" in kind)


def _words(pyarrow: Any, path: Path, columns: _Columns) -> list[Any]:
    """The labels of a file as they stand there."""
    with _told(path):
        found: list[Any] = pyarrow.read_table(path, columns=[columns.label]).column(0).to_pylist()
    if None in found:
        raise DataError(f"{shown(path)} has no {columns.label} in row {found.index(None) + 1:,}.")
    return found


def _numbered(words: Sequence[Sequence[Any]], columns: _Columns) -> tuple[tuple[str, ...], list[Numbers]]:
    """The classes, and the labels of each file as numbers from 0 on."""
    every = {each for part in words for each in part}
    if every and all(isinstance(each, int) and not isinstance(each, bool) for each in every):
        names = columns.names or tuple(str(number) for number in range(max(0, *every, 0) + 1))
        return names, [np.array(part, np.int64) for part in words]
    names = tuple(sorted(map(str, every)))
    number_of = {name: number for number, name in enumerate(names)}
    return names, [np.array([number_of[str(each)] for each in part], np.int64) for part in words]


def _pictures(pyarrow: Any, files: Sequence[Path], columns: _Columns, size: Shape) -> Iterator[Pixels | str]:
    """The pictures (C, H, W) of these files, decoded on several threads; or which row has none, and why."""
    with warnings.catch_warnings(), ThreadPoolExecutor(cores(), "decode") as pool:
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        for path in files:
            row = 1
            with _told(path), pyarrow.ParquetFile(path) as file:
                for batch in file.iter_batches(_ROWS, columns=[columns.image]):
                    held = batch.column(0).to_pylist()
                    for number, found in enumerate(pool.map(partial(_decoded, size), held), row):
                        yield f"{shown(path)}, row {number:,} ({found})" if isinstance(found, str) else found
                    row += len(held)


def _decoded(size: Shape, held: Any) -> Pixels | str:
    """A picture (C, H, W), or in a word what is wrong with it."""
    data = held.get("bytes") if isinstance(held, dict) else held
    if not isinstance(data, bytes):
        return "nothing in it"
    channels, height, width = size
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            scale = (extent(picture) if is_deep(picture) else None) or SCALE
        made = picture_bytes(io.BytesIO(data), channels, height, width, scale)  # type: ignore[arg-type] # Pillow takes both
    except MemoryError:
        raise
    except Image.DecompressionBombError:
        return "too many pixels"
    except UnidentifiedImageError:
        return "no image"
    except Exception as error:  # whatever a decoder says about bytes that somebody else wrote
        if ran_out(error):
            raise
        return "damaged"
    return np.frombuffer(made, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what pyarrow says of a file into ``DamagedError``; its errors are ValueErrors and OSErrors."""
    try:
        yield
    except DataError:
        raise
    except (ValueError, OSError, LookupError, NotImplementedError) as error:
        if ran_out(error):
            raise
        raise DamagedError(f"{shown(path)} is damaged, or no Parquet file.") from error
