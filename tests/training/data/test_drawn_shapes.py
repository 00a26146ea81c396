"""The drawn shapes: the same from the same seed, and hard enough for a lesson."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from cnnstudio.graph import Shape
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.drawn_shapes import OUTLINES, shapes
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.loop import train


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    parts, labels = shapes(count, seed)
    return np.concatenate(list(parts)), labels


def test_a_seed_draws_the_same_images() -> None:
    images, labels = drawn(600, 7)
    again, labels_again = drawn(600, 7)
    other, _ = drawn(600, 8)
    assert images.shape == (600, 3, 32, 32) and images.dtype == np.uint8
    assert np.array_equal(images, again) and np.array_equal(labels, labels_again)
    assert not np.array_equal(images, other)


def test_every_class_is_there_as_often_in_no_order() -> None:
    _, labels = shapes(1_000, 0)
    assert np.bincount(labels).tolist() == [100] * 10
    assert not np.array_equal(labels[:10], np.arange(10))
    assert DATASETS["shapes"].classes == len(OUTLINES) == 10
    assert not list(shapes(0, 0)[0])


def test_shapes_differ_from_their_background() -> None:
    """The middle of a filled shape is on average far from the image's border in colour."""
    images, _ = drawn(500, 0)
    spread = images.astype(float).std((2, 3)).mean()
    assert 15 < spread < 80
    assert all(len(np.unique(image)) > 20 for image in images[:20])


def accuracy(network: nn.Module, data: Data) -> float:
    plan = Recipe(data="shapes", epochs=3, device="cpu", learning_rate=0.005, schedule="one-cycle")
    return max(event.validation_accuracy for event in train(network, data, plan) if isinstance(event, EpochEnd))


def test_a_linear_model_stays_far_below_a_small_network() -> None:
    """Guessing is right for one in ten. Four epochs of three 3×3 convolutions come to 0.8, the small VGG's to 0.94."""
    data = load(Recipe(data="shapes"), Shape(3, 32, 32))
    torch.manual_seed(0)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
    convolutional = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1024, 10))
    assert accuracy(linear, data) < 0.2
    assert accuracy(convolutional, data) > 0.45
