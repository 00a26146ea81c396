"""USPS: digits as LIBSVM writes them, a line an image: https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnnstudio.disk import shown
from cnnstudio.training.data.errors import DamagedError
from cnnstudio.training.data.readers.halves import Half
from cnnstudio.training.data.readers.idx import opened

_SIDE = 16


def read_usps(path: Path) -> Half:
    """Lines of a label from 1 to 10 and 256 times "number:value", with values from -1 (paper) to 1 (ink)."""
    labels, rows = [], []
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            label, *values = line.split()
            try:
                pairs = [value.split(b":") for value in values]
                row = np.zeros(_SIDE * _SIDE, np.float32)
                row[[int(place) - 1 for place, _ in pairs]] = [float(value) for _, value in pairs]
                labels.append(int(float(label)) - 1)
            except (ValueError, IndexError) as error:
                raise DamagedError(f"{shown(path)} is damaged in line {number:,}.") from error
            rows.append(((row + 1) / 2 * 255).clip(0, 255).astype(np.uint8))  # cut, as torchvision does
    if not rows:
        raise DamagedError(f"{shown(path)} holds no image.")
    return Half(np.array(labels, np.int64), [np.stack(rows).reshape(-1, 1, _SIDE, _SIDE)])
