"""A small network with a skip, a norm, a shared class and a dropout, and trained-looking weights for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from cnnstudio.blocks import Add, BatchNorm2d, Conv2d, ConvBNReLU, Dropout, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Graph, Sketch
from cnnstudio.training.build import build


@pytest.fixture
def graph() -> Graph:
    draw = Sketch()
    x = draw.chain(draw(Input((1, 12, 12))), Conv2d(6, 5), BatchNorm2d(), ReLU(), MaxPool2d(2))
    x = draw(Add(), x, draw(Conv2d(6, 3, padding=1), x))
    draw.chain(x, ConvBNReLU(6), ConvBNReLU(6), Flatten(), Dropout(), Linear(10))
    return draw.graph()


@pytest.fixture
def normalization() -> Normalization:
    return Normalization(
        (0.25,), (0.5,), ("null", "one", 'two "quoted"', "drei ü", "4", "5", "6", "7", "\udc80", "9\n")
    )


@pytest.fixture
def module(graph: Graph) -> torch.nn.Module:
    """The network, after a few batches so that its running statistics are not those of birth."""
    torch.manual_seed(3)
    module = build(source(graph).text)
    with torch.no_grad():
        for _ in range(3):
            module(torch.randn(8, 1, 12, 12))
    return module.eval()


@pytest.fixture
def weights(module: torch.nn.Module, normalization: Normalization, tmp_path: Path) -> Path:
    path = tmp_path / "best.safetensors"
    save_file(module.state_dict(), path, normalization.metadata())
    return path
