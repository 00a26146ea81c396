"""Unseen: labelled pictures of a folder that a network neither learned from nor was validated with, to test it once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.folder_layout import every_image, files_are, folders, said
from cnnstudio.training.data.image_folder import read_picture
from cnnstudio.training.data.loading import Data
from cnnstudio.training.data.room import at_once, check_room
from cnnstudio.wording import abridged, counted
from cnnstudio.worker import Report, unheard


@dataclass(frozen=True, eq=False)
class Unseen:
    """``data`` with the pictures of a folder in the place of its validation images, and ``notes`` about the others.

    ``fingerprint`` is the same for the same pictures, in whatever order and under whatever names.
    """

    data: Data
    fingerprint: str
    notes: tuple[str, ...] = ()


def unseen(folder: Path, data: Data, report: Report = unheard) -> Unseen:
    """The pictures below ``folder``, which holds a folder for each class, as the network of ``data`` reads them.

    What is pixel for pixel one of the images of ``data``, to train or to validate with, is left out. Raises
    ``DataError`` where nothing is left, ``DataCancelledError`` where ``report`` said to stop.
    """
    label_of = {name.casefold(): label for label, name in enumerate(data.classes)}
    places = [(label_of.get(place.name.casefold()), place) for place in folders(folder)]
    files = [(path, label) for label, place in places if label is not None for path in every_image(place, report)]
    if not files:
        classes = abridged(map(said, data.classes), 6)
        raise DataError(
            f"{said(folder.name)} has no folder with pictures of a class that the network tells apart: {classes}."
        )
    check_room(len(files), data.shape)
    known = _prints(data.train_images) | _prints(data.validation_images)
    images = np.empty((len(files), *data.shape), np.uint8)
    labels, prints, kept, seen, broken = list[int](), list[bytes](), list[str](), 0, 0
    for number, (path, label) in enumerate(files):
        try:
            picture = read_picture(path, data.shape, data.scale, data.rules)
        except DataError:
            broken += 1
        else:
            mark = sha256(picture.tobytes()).digest()
            if mark in known:
                seen += 1
            else:
                images[len(labels)] = picture
                labels.append(label)
                prints.append(mark)
                kept.append(str(path))
        if not report("Reading the test pictures", (number + 1) / len(files)):
            raise DataCancelledError("Reading the test pictures was cancelled.")
    if not labels:
        why = "The run has seen all of them" if seen else "None of them could be read"
        raise DataError(f"{said(folder.name)} holds no test pictures. {why}.")
    strange = [place.name for label, place in places if label is None]
    notes = [f"{files_are(broken)} no picture that can be read, and left out."] if broken else []
    if seen:
        notes.append(f"{counted(seen, 'picture')} left out: training has seen the very same.")
    if strange:
        notes.append(f"No class of the network, and left out: {abridged(map(said, strange), 5)}.")
    pictures = torch.from_numpy(images[: len(labels)])
    tested = replace(
        data,
        validation_images=pictures,
        validation_labels=torch.tensor(labels),
        whole=None,
        validation_files=tuple(kept),
    )
    return Unseen(tested, sha256(b"".join(sorted(prints))).hexdigest()[:32], tuple(notes))


def _prints(images: Tensor) -> set[bytes]:
    """What each image is known by, pixel for pixel; a few megabytes are copied at a time."""
    step, found = at_once(tuple(images.shape[1:])), set[bytes]()
    for start in range(0, len(images), step):
        found |= {
            sha256(np.ascontiguousarray(each).tobytes()).digest() for each in images[start : start + step].numpy()
        }
    return found
