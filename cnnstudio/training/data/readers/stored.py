"""Stored: where the files of a data set lie on this computer, in whatever layout somebody has put them there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cnnstudio.disk import is_there
from cnnstudio.folders import data_folder, data_places
from cnnstudio.project.datasets import Dataset, Torchvision
from cnnstudio.training.data.errors import AbsentError

UNPACKED = ".unpacked"
"""What is behind the name of an archive where its files are kept."""


@dataclass
class Stored:
    """The files of a data set: in the places where data sets live, and last in the program's own folder.

    Within a place they may lie as torchvision lays them there, in a folder of the data set's name, or loose.
    """

    dataset: Dataset
    origin: Torchvision
    used: list[Path] = field(default_factory=list)

    @property
    def own(self) -> Path:
        """The program's own folder for it; parts of one archive share one."""
        return data_folder(self.origin.name.lower() if self.origin.part else self.dataset.key)

    @property
    def fetched(self) -> Path:
        """Where what is fetched is put."""
        return self.own / self.origin.inside

    def find(self, *names: str) -> Path | None:
        """The first file or folder that is there under one of these names, below a folder where it may lie."""
        for root in self._roots:
            for name in names:
                if is_there(path := root / name):
                    self.used.append(path)
                    return path
        return None

    def file(self, *names: str) -> Path:
        """``find``; raises ``AbsentError`` where there is none."""
        found = self.find(*names)
        if found is None:
            raise AbsentError(f"{names[0]} is not on this computer.")
        return found

    def remove_used(self) -> None:
        """Delete the files of our own that were used: of an archive's those that were unpacked, all of them."""
        for path in self.used:
            if not path.is_relative_to(self.own):
                continue
            top = self.own / path.relative_to(self.own).parts[0]
            gone = top if top.name.endswith(UNPACKED) else path
            if gone.is_dir():
                shutil.rmtree(gone, ignore_errors=True)
            else:
                gone.unlink(missing_ok=True)

    @cached_property
    def _roots(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(self._folders()))

    def _folders(self) -> Iterator[Path]:
        inside = self.origin.inside
        for place in data_places():
            for base in (place / self.origin.name, place / self.dataset.key):
                yield from (base / inside, base)
            yield place / inside
            if self.origin.reader != "mnist":  # several data sets have files of the same names as MNIST
                yield place
        yield from (self.fetched, self.own)
        yield from (self.own / f"{file.name}{UNPACKED}" for file in self.origin.files)
