"""The memory that training is said to take against what a process then holds more, a network and a layout a line.

Each case runs in an interpreter of its own, three steps long; Linux alone tells what a process holds at most. Promise:
in the layout in which it trains, within 25 % of the real one. ``python benchmarks/memory.py [NAME ...]``
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import torch

from cnnstudio import zoo
from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, Flatten, GroupNorm, Input, Linear, ReLU
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.costs import costs
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Step
from cnnstudio.training.loop import fresh, train

STEPS = 3


def chain(*blocks: Block) -> Graph:
    """A network for small colour images."""
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), *blocks)
    return draw.graph()


CASES = {
    "lenet5": (zoo.lenet5, 64),
    "small_resnet": (zoo.small_resnet, 32),
    "flattened": (lambda: chain(Conv2d(32, 3), ReLU(), Conv2d(64, 3), ReLU(), Flatten(), Linear(10)), 256),
    "groupnorm": (lambda: chain(Conv2d(64, 3), GroupNorm(4), ReLU(), AdaptiveAvgPool2d(1), Flatten(), Linear(10)), 128),
    "vgg11_bn": (lambda: zoo.NETWORKS["vgg11_bn"].make(10, (3, 64, 64)), 16),
}
"""Name -> what makes the network, and how many images a step takes."""


def one(name: str, layout: str) -> str:
    """The line of a case."""
    make, batch = CASES[name]
    graph = make()
    size = infer(graph).facts[graph.inputs[0].name].shape
    recipe = Recipe(data="cifar10", device="cpu", batch_size=batch, epochs=1, channels_last=layout, threads=1)
    told = costs(infer(graph), recipe)
    if told is None:
        raise SystemExit(f"{name} has no costs")
    images, labels = torch.randint(0, 256, (STEPS * batch, *size), dtype=torch.uint8), torch.arange(STEPS * batch) % 10
    moments = (0.5,) * size[0], (0.25,) * size[0]
    data = Data("Noise", images, labels, images[:batch], labels[:batch], tuple("0123456789"), *moments)
    module = fresh(source(graph), recipe)
    before, foretold = held("VmRSS"), dataclasses.replace(told, data=0).memory(batch)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): the peak begins anew
    for event in train(module, data, recipe, source=source(graph)):
        if isinstance(event, Step) and event.step == STEPS:
            break
    real = held("VmHWM") - before
    numbers = f"foretold {foretold / 1e6:6.0f} MB, real {real / 1e6:6.0f} MB, ratio {foretold / real:.2f}"
    return f"{name:14} channels last {layout:5} {batch:4} images a step: {numbers}"


def held(name: str) -> int:
    """The bytes that this process holds (VmRSS), or has held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def main(*names: str) -> None:
    """Print a line a case."""
    for name in names or CASES:
        for layout in ("auto", "off"):
            subprocess.run([sys.executable, str(Path(__file__)), "--one", name, layout], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(one(*sys.argv[2:]), flush=True)
    else:
        main(*sys.argv[1:])
