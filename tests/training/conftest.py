"""A data set and networks small enough that a run takes a moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnstudio.training.data.loading import Data


@pytest.fixture
def make_data() -> Callable[..., Data]:
    def made(images: int = 33, validation: int = 12, classes: int = 3, size: tuple[int, int, int] = (1, 8, 8)) -> Data:
        """Images whose class is the column that is bright."""
        random = torch.Generator().manual_seed(1)
        labels = torch.arange(images + validation) % classes
        pixels = torch.randint(0, 80, (images + validation, *size), generator=random, dtype=torch.uint8)
        for number, label in enumerate(labels.tolist()):
            pixels[number, :, :, 2 * label : 2 * label + 2] += 150
        return Data(
            "Columns",
            pixels[:images],
            labels[:images],
            pixels[images:],
            labels[images:],
            tuple(f"class {number}" for number in range(classes)),
            (0.4,) * size[0],
            (0.3,) * size[0],
        )

    return made


@pytest.fixture
def make_network() -> Callable[..., nn.Module]:
    def made(classes: int = 3, channels: int = 1, seed: int = 0) -> nn.Module:
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(channels, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64, classes),
        )

    return made
