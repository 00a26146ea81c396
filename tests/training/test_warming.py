"""What the first run of a program does for the first time is done before, and leaves no trace."""

from __future__ import annotations

import subprocess
import sys

import torch

from cnnstudio.training.warming import warm_up

PROGRAM = """
import sys
import torch
from torch import nn
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.loop import train
from cnnstudio.training.warming import warm_up

warm_up()
before = set(sys.modules)
images, labels = torch.zeros(8, 1, 8, 8, dtype=torch.uint8), torch.arange(8) % 2
data = Data("Data", images, labels, images, labels, ("a", "b"), (0.5,), (0.5,))
module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
list(train(module, data, Recipe(epochs=1, batch_size=4, device="cpu")))
print(len([name for name in set(sys.modules) - before if name.startswith("torch")]))
"""


def test_the_next_run_has_nothing_left_to_import() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["0"]


def test_random_numbers_go_on_as_they_would_have() -> None:
    before = torch.get_rng_state()
    warm_up()
    assert torch.equal(before, torch.get_rng_state())
