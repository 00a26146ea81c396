"""First right: a picture to begin with, which the network tells right."""

from __future__ import annotations

import torch

from cnnstudio.insight.activations import Activations, activations
from cnnstudio.insight.feature_maps import guess
from cnnstudio.insight.subject import Subject
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once

MOST = 64  # validation images that are tried
_TOGETHER = 8  # of them go through the network at once, where there is room; but the first alone: it is often right


def first_right(subject: Subject, look: Activations = activations) -> int | None:
    """The number of the first validation image that the network tells right; None where none of the first 64 is.

    It is evaluated, and left as it was. ``look`` finds what it ends in, as ``activations`` does.
    """
    data, end = subject.data, subject.source.steps[-1].node
    most, together = min(MOST, len(data.validation_images)), at_once(data.shape, _TOGETHER, PASS)
    place = next(subject.module.parameters(), torch.empty(0)).device
    mean, std = (torch.tensor(numbers).view(-1, 1, 1).to(place) for numbers in (data.mean, data.std))
    starts = [0, *range(1, most, together)]
    for start, stop in zip(starts, [*starts[1:], most], strict=True):
        images = normalised(data.validation_images[start:stop].to(place), mean, std)
        scores = look(subject.module, subject.source, (end,), images)[end].float().cpu().numpy()
        for number, told in enumerate(scores, start):
            if guess(told, data.classes) == data.classes[int(data.validation_labels[number])]:
                return number
    return None
