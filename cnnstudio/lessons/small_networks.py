"""Small networks: what the experiments train, in seconds on two cores, on which images, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
)
from cnnstudio.graph import Block, Graph, Shape, Sketch
from cnnstudio.project.recipe import Recipe

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

DIGITS = (1, 8, 8)  # channels × height × width of the digits that come with the program
WIDTH = 8  # channels of a deep network


def recipe(**values: object) -> Recipe:
    """How the digits are learned: on one core of the CPU, so that the same numbers come again."""
    usual = {"data": "digits", "device": "cpu", "threads": 1, "optimizer": "SGD", "schedule": "constant"}
    return Recipe(**{**usual, **values})  # type: ignore[arg-type]


def deep(layers: int, *, is_residual: bool, is_normalised: bool = True) -> Graph:
    """A network of so many convolutions, 3 × 3 with a ReLU each, and a fully connected layer.

    The first convolution makes 8 maps, the others keep 8; with ``is_residual`` there is a way round each two of these.
    """
    draw = Sketch()

    def convolved(x: str) -> str:
        made = draw(Conv2d(WIDTH, 3, padding=1, bias=not is_normalised), x)
        return draw(BatchNorm2d(), made) if is_normalised else made

    x = draw(ReLU(), convolved(draw(Input(DIGITS))))
    for _ in range((layers - 1) // 2):
        made = convolved(draw(ReLU(), convolved(x)))
        x = draw(ReLU(), draw(Add(), x, made) if is_residual else made)
    if layers % 2 == 0:
        x = draw(ReLU(), convolved(x))
    draw.chain(x, AdaptiveAvgPool2d(2), Flatten(), Linear(10))
    return draw.graph()


def usual(size: tuple[int, int, int], channels: int, *between: Block, second: int | None = None) -> Graph:
    """Two convolutions with a pool behind each; ``between`` stands behind the second.

    That has twice the channels of the first, or as many as ``second`` says.
    """
    draw = Sketch()
    x = draw.chain(draw(Input(size)), Conv2d(channels, 3, padding=1), ReLU(), MaxPool2d(2))
    x = draw.chain(x, Conv2d(second or 2 * channels, 3, padding=1), ReLU(), *between, MaxPool2d(2))
    draw.chain(x, Flatten(), Linear(10))
    return draw.graph()


def digits(side: int = 8) -> Data:
    """The digits that come with the program, in this size."""
    from cnnstudio.training.data.loading import load

    return load(recipe(), Shape(1, side, side))


def some(data: Data, count: int) -> Data:
    """With so many of the training images alone, as many of each class, the first that there are."""
    labels = data.train_labels.numpy()
    each = count // len(data.classes)
    chosen = np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(len(data.classes))])
    return replace(data, train_images=data.train_images[chosen], train_labels=data.train_labels[chosen])
