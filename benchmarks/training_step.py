"""A training step of a compiled network against the same network written by hand, in one run, turn by turn.

Promise: the compiled network takes at most 1.02 times as long.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnstudio import zoo
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Shape
from cnnstudio.training.build import build
from cnnstudio.training.device import prepare_thread


class Block(nn.Module):
    """Two 3×3 convolutions and the way round them."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + self.shortcut(x))


def small_resnet() -> nn.Module:
    """SmallResNet as a person writes it: 2,777,674 parameters."""
    stem = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    plan = ((64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1))
    blocks = [Block(inputs, outputs, stride) for inputs, outputs, stride in plan]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def lenet() -> nn.Module:
    """LeNet-5 as a person writes it: 44,426 parameters."""
    first = [nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)]
    head = [nn.Linear(256, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)]
    return nn.Sequential(*first, nn.Flatten(), *head)


def stepper(module: nn.Module, size: Shape, batch: int) -> Callable[[], float]:
    """A function that takes one step and says how many seconds it took."""
    images, labels = torch.randn(batch, *size), torch.arange(batch) % 10
    optimizer = torch.optim.SGD(module.parameters(), 0.01, momentum=0.9, fused=True)

    def step() -> float:
        start = time.perf_counter()
        cross_entropy(module(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - start

    return step


def compare(title: str, graph: Graph, written: nn.Module, batch: int, times: int) -> None:
    """Print the median times and the median of the ratios of neighbouring steps."""
    compiled = build(source(graph).text)
    size = infer(graph).shape(graph.inputs[0].name)
    assert size is not None
    ours, theirs = (sum(p.numel() for p in module.parameters()) for module in (compiled, written))
    if ours != theirs:
        raise SystemExit(f"{title}: the compiled network has {ours:,} parameters, the written one {theirs:,}")
    pair = stepper(compiled, size, batch), stepper(written, size, batch)
    for step in pair * 3:
        step()
    taken: tuple[list[float], list[float]] = [], []
    for turn in range(times):
        for which in (turn % 2, 1 - turn % 2):  # whoever goes first changes: the second finds a warm cache
            taken[which].append(pair[which]())
    ratio = statistics.median(one / other for one, other in zip(*taken, strict=True))
    mine, other = (statistics.median(half) * 1000 for half in taken)
    print(f"{title:12} compiled {mine:8.2f} ms   by hand {other:8.2f} ms   ratio {ratio:.3f}")


def main() -> None:
    """Print one line a network."""
    prepare_thread()
    torch.set_num_threads(1)  # a run finds out itself how many are the fastest
    torch.manual_seed(0)
    compare("LeNet-5", zoo.lenet5(), lenet(), 64, 1_000)
    compare("SmallResNet", zoo.small_resnet(), small_resnet(), 16, 60)


if __name__ == "__main__":
    main()
