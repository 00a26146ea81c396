"""Found out: a data set with a fault that was planted, and what the search for doubts finds of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cnnstudio.training.data.doubts.looks import looks
from cnnstudio.training.data.doubts.wrong_labels import suspects
from cnnstudio.training.data.fitting import moments
from cnnstudio.training.data.loading import Data
from cnnstudio.training.data.planted import Numbers, Pixels, darkened, mislabelled
from cnnstudio.worker import Report


def with_darkened(data: Data, label: int, light: float) -> Data:
    """The data with the images of one class dark in both halves, and normalised by what they are then."""
    train, validation = (
        torch.from_numpy(darkened(images.numpy(), labels.numpy(), label, light))
        for images, labels in (
            (data.train_images, data.train_labels),
            (data.validation_images, data.validation_labels),
        )
    )
    mean, std = moments(train)
    return dataclasses.replace(data, train_images=train, validation_images=validation, mean=mean, std=std)


@dataclass(frozen=True, eq=False)
class Doubted:
    """All images (N, C, H, W) with their labels, of which those at ``wrong`` were made wrong.

    ``suspects`` are the places of those that are doubted, the surest first, ``towards`` the class each looks like.
    """

    images: Pixels
    labels: Numbers
    wrong: Numbers
    suspects: Numbers
    towards: Numbers


def doubted(data: Data, share: float, report: Report) -> Doubted:
    """Make a share of the labels wrong and doubt them as the data panel does. Raises ``DataCancelledError``."""
    images: NDArray[np.uint8] = torch.cat((data.train_images, data.validation_images)).numpy()
    labels = torch.cat((data.train_labels, data.validation_labels)).numpy()
    labels, wrong = mislabelled(labels, len(data.classes), share)
    side = images.shape[-1]
    seen = looks(range(len(images)), lambda number: (images[number], side, side), 1, report)
    found = suspects(seen, labels, len(data.classes), 0, report)
    return Doubted(images, labels, wrong, found.places, found.labels)
