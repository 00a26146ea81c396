"""Warming: the first run of a program does much for the first time. Done once before, a person need not wait for it.

The first optimizer imports torch's compiler, which takes as long as the rest of torch, and oneDNN makes its kernels.
"""

from __future__ import annotations

import torch
from torch import nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import prepare_thread
from cnnstudio.training.drawing import drawing
from cnnstudio.training.loop import train
from cnnstudio.training.turn import turn


def warm_up() -> None:
    """Train a tiny network for a step and forget it."""
    prepare_thread()
    with turn, drawing(0):
        images, labels = torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.arange(2)
        data = Data("Warming", images, labels, images, labels, ("dark", "black"), (0.5,), (0.5,))
        module = nn.Sequential(nn.Conv2d(1, 1, 2), nn.Flatten(), nn.Linear(9, 2))
        for _ in train(module, data, Recipe(epochs=1, batch_size=2, device="cpu", threads=1)):
            pass
