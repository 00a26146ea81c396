"""Epoch weights: those that a run had after its epochs, kept beside the last ones to see how they came about. No torch.

Before last.safetensors is written anew, the file that was there is given a second name, ``epochs/12.safetensors``:
that takes no time and no room of its own, and is there wholly or not at all whenever the program is killed. What they
take together has a limit; where it is reached, every other one is left out, so that what stays lies evenly.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cnnstudio.disk import DiskError, replacing
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.weights_header import epoch_of, is_whole

MOST_BYTES = 256 * 2**20  # that the weights of all epochs of a run may take, the last ones not counted
MOST_EPOCHS = 128
_SUFFIX = ".safetensors"


def keep(folder: RunFolder, epoch: int) -> None:
    """Keep last.safetensors, which has the weights after ``epoch``, where the limit lets it; raises nothing."""
    with suppress(OSError, DiskError):
        size = folder.last.stat().st_size
        there = _found(folder)
        there.pop(epoch, None)
        apart = _apart(there)
        if size > MOST_BYTES or (epoch - 1) % apart:
            return
        while (len(there) + 1) * size > MOST_BYTES or len(there) + 1 > MOST_EPOCHS:
            apart *= 2
            for other in [each for each in there if (each - 1) % apart]:
                there.pop(other).unlink(missing_ok=True)
            if (epoch - 1) % apart:
                return
            if len(there) < 2:
                break
        folder.epochs.mkdir(exist_ok=True)
        file = folder.epochs / f"{epoch}{_SUFFIX}"
        file.unlink(missing_ok=True)
        try:
            os.link(folder.last, file)
        except OSError:  # a disk that knows no second names
            with replacing(file) as part:
                shutil.copyfile(folder.last, part)


def kept_epochs(folder: RunFolder) -> Mapping[int, Path]:
    """Epoch, from 1 -> the file of the weights after it, in order; the last ones among them. Damaged ones are left out.

    Raises nothing.
    """
    found = _found(folder)
    last = epoch_of(folder.last)
    if last:
        found.setdefault(last, folder.last)
    return {epoch: found[epoch] for epoch in sorted(found) if is_whole(found[epoch])}


def _found(folder: RunFolder) -> dict[int, Path]:
    with suppress(OSError, ValueError):
        files = [path for path in folder.epochs.iterdir() if path.suffix == _SUFFIX and not path.is_symlink()]
        return {int(path.stem): path for path in files if path.stem.isascii() and path.stem.isdigit()}
    return {}


def _apart(epochs: Mapping[int, Path]) -> int:
    """How many epochs lie from one that is kept to the next: the greatest power of two that they all agree with."""
    apart = 1
    while len(epochs) > 1 and apart <= max(epochs) and not any((epoch - 1) % (2 * apart) for epoch in epochs):
        apart *= 2
    return apart
