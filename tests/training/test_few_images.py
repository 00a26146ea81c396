"""A folder of 60 photographs, with the recipe that a new project has."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cnnstudio.blocks import AdaptiveAvgPool2d, ConvBNReLU, Flatten, Input, Linear, MaxPool2d
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load
from cnnstudio.training.events import EpochEnd, Started
from cnnstudio.training.loop import fresh, train

CLASSES = 10


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six of each of the ten digits, as a person would put them into folders."""
    folder = tmp_path_factory.mktemp("photographs")
    digits = load(Recipe(), Shape(1, 8, 8))
    for label in range(CLASSES):
        (folder / f"class {label}").mkdir()
        for number, image in enumerate(digits.train_images[digits.train_labels == label][:6]):
            Image.fromarray(image[0].numpy()).resize((40, 40)).save(folder / f"class {label}" / f"{number}.png")
    return folder


def network() -> Graph:
    """One with BatchNorms, whose statistics take some dozen steps to be those of the images."""
    draw = Sketch()
    draw.chain(
        draw(Input((1, 28, 28))),
        *(each for channels in (16, 32, 64) for each in (ConvBNReLU(channels), MaxPool2d(2))),
        AdaptiveAvgPool2d(),
        Flatten(),
        Linear(CLASSES),
    )
    return draw.graph()


def accuracy(photographs: Path, recipe: Recipe) -> tuple[int, float]:
    """How many epochs a run has, and the share of validation images that it has right in the end."""
    data = load(recipe, Shape(1, 28, 28))
    assert len(data.train_labels) + len(data.validation_labels) == 60
    module = fresh(source(network()), recipe)
    events = list(train(module, data, recipe))
    started, end = events[0], [event for event in events if isinstance(event, EpochEnd)][-1]
    assert isinstance(started, Started)
    return started.epochs, end.validation_accuracy


@pytest.mark.parametrize("key", [None, "few-images"])
def test_it_is_learned(photographs: Path, key: str | None) -> None:
    recipe = Recipe(data="folder", folder=str(photographs), device="cpu")
    epochs, right = accuracy(photographs, PRESETS[key].applied(recipe) if key else recipe)
    assert epochs >= 75 and right >= 0.6, (epochs, right)


def test_fifteen_epochs_would_not_do(photographs: Path) -> None:
    """Which is what the defaults were."""
    assert accuracy(photographs, Recipe(data="folder", folder=str(photographs), device="cpu", epochs=15))[1] < 0.6
