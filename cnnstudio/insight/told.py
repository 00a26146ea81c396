"""Told: which class a network says each of some images is."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from cnnstudio.insight.cut import scores
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.device import evaluated
from cnnstudio.training.runs.session import Prepared

_TOGETHER = 256


def told(prepared: Prepared, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The class (N,) that the network finds likeliest of images (N, C, H, W) of bytes; it is left as it was."""
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (prepared.data.mean, prepared.data.std))
    found = []
    with evaluated(prepared.module), torch.no_grad():
        for start in range(0, len(images), _TOGETHER):
            x = normalised(torch.from_numpy(images[start : start + _TOGETHER]), mean, std)
            found.append(scores(prepared.module, prepared.source, x).argmax(1))
    answers: NDArray[np.int64] = torch.cat(found).numpy()
    return answers
