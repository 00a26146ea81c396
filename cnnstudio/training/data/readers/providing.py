"""Providing: the files of a data set that are lacking are fetched, and archives unpacked, a file at a time.

Only ordinary files of an archive are taken, none that would lie outside its folder, and no links.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from cnnstudio.disk import NEW, is_there, marked, shown
from cnnstudio.project.datasets import DATASETS, Archive, Bundled, DrawnShapes, Origin
from cnnstudio.training.data.downloads import UnreachableError, download
from cnnstudio.training.data.errors import DamagedError, DataCancelledError, DataError
from cnnstudio.training.data.readers.stored import UNPACKED, Stored
from cnnstudio.wording import listed, memory
from cnnstudio.worker import Report

_ARCHIVES = ".tar.gz", ".tgz", ".zip"
_TORN = tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, gzip.BadGzipFile
_CHUNK = 1 << 20

_WANTED: dict[str, Callable[[str, str], bool]] = {
    "emnist": lambda name, part: f"emnist-{part}-" in name,
    "stl10": lambda name, _: (
        PurePosixPath(name).name in {f"{half}_{kind}.bin" for half in ("train", "test") for kind in "Xy"}
    ),
    "pets": lambda name, _: "trimaps/" not in name and "xmls/" not in name,
}
"""Which files of its archives a reader needs, by name and part; all of them where nothing is said."""


def provide(stored: Stored, progress: Report) -> None:
    """Fetch what is not on this computer, and unpack what is packed, into the program's own folder.

    Raises ``DataError``: without a network a sentence that says which files to put where.
    """
    for file in stored.origin.files:
        is_archive = file.name.endswith(_ARCHIVES)
        path = stored.find(file.name) if is_archive else stored.find(file.name, file.name.removesuffix(".gz"))
        if path is None:
            path = _fetched(stored, file, progress)
        if is_archive:
            _unpack(stored, path, progress)


def _fetched(stored: Stored, file: Archive, progress: Report) -> Path:
    stored.fetched.mkdir(parents=True, exist_ok=True)
    path, title = stored.fetched / file.name, stored.dataset.title
    try:
        download(file.addresses, path, partial(_is_right, file.md5), title, progress, size=file.bytes)
    except UnreachableError as error:
        raise DataError(_by_hand(stored, str(error))) from error
    return path


def _is_right(md5: str, path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == md5


def _by_hand(stored: Stored, why: str) -> str:
    """What to do where nothing can be fetched: which files, how large, and where they belong."""
    lacking = [file for file in stored.origin.files if stored.find(file.name, file.name.removesuffix(".gz")) is None]
    files = listed([f"{file.name} ({memory(file.bytes)}, from {file.addresses[0].split('/')[2]})" for file in lacking])
    plain = [f"the {each.title.lower()}" for each in DATASETS.values() if _needs_none(each.origin)]
    return (
        f"{stored.dataset.title} could not be downloaded ({why}). Without a network, put {files} into "
        f"{stored.fetched}, or where your data sets live; {listed(plain)} need none."
    )


def _needs_none(origin: Origin) -> bool:
    """Whether images are there without a network, and have no fault that was put into them."""
    return isinstance(origin, DrawnShapes) or (isinstance(origin, Bundled) and not origin.fault)


def _unpack(stored: Stored, archive: Path, progress: Report) -> None:
    """Put the files of an archive that are needed into a folder of our own that is called after it."""
    target = stored.own / f"{archive.name}{UNPACKED}"
    wanted, part = _WANTED.get(stored.origin.reader), stored.origin.part
    if is_there(target) and not part:
        return
    stored.own.mkdir(parents=True, exist_ok=True)
    sentence, size = f"Unpacking {archive.name}", max(1, archive.stat().st_size)
    with tempfile.TemporaryDirectory(prefix=marked(NEW), dir=stored.own) as beside:
        made = Path(beside) / "made"
        made.mkdir()
        if is_there(target):
            shutil.copytree(target, made, dirs_exist_ok=True)
        try:
            with archive.open("rb") as packed:
                for name, file in _members(archive, packed, lambda name: wanted is None or wanted(name, part)):
                    place = made.joinpath(*PurePosixPath(name).parts)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    with place.open("wb") as out:
                        while block := file.read(_CHUNK):
                            out.write(block)
                            if not progress(sentence, min(1.0, packed.tell() / size)):
                                raise DataCancelledError(f"{sentence} was cancelled.")
        except _TORN as error:
            raise DamagedError(f"{shown(archive)} is damaged: it cannot be unpacked.") from error
        if is_there(target):
            shutil.rmtree(target)
        made.rename(target)


def _members(archive: Path, packed: IO[bytes], is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of the ordinary files in an archive, in its order."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(packed) as zipped:
            for info in zipped.infolist():
                if not info.is_dir() and _is_inside(info.filename) and is_wanted(info.filename):
                    with zipped.open(info) as opened:
                        yield info.filename, opened
        return
    with tarfile.open(fileobj=packed, mode="r:*") as tar:
        for member in tar:
            if member.isreg() and _is_inside(member.name) and is_wanted(member.name):
                file = tar.extractfile(member)
                if file is not None:
                    yield member.name, file


def _is_inside(name: str) -> bool:
    """Whether a name leads nowhere else: no root, no way up, no drive, no name that a system reads otherwise."""
    path = PurePosixPath(name)
    return not path.is_absolute() and not {"..", ""} & set(path.parts) and not set('\\:\0*?"<>|') & set(name)
