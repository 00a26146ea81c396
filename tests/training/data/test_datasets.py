"""What is known about the data sets before anything is loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cnnstudio.training.data.datasets import DATASETS

from cnnstudio.graph import Shape, parameters
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load


def test_every_word_of_the_recipe_is_a_data_set() -> None:
    (field,) = [found for found in parameters(Recipe) if found.name == "data"]
    assert set(field.choices) == set(DATASETS)
    assert all(key == dataset.key for key, dataset in DATASETS.items())


def test_they_say_what_they_are() -> None:
    for dataset in DATASETS.values():
        assert dataset.sentence.endswith(".") and dataset.title
        assert (dataset.classes is None) == (dataset.shape is None) == (dataset.key == "folder")


def test_the_window_learns_of_them_without_torch() -> None:
    program = "import sys, cnnstudio.training.data.datasets, cnnstudio.training.events;sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_the_images_to_train_with_are_counted_before_they_are_loaded() -> None:
    for key in ("digits", "shapes"):
        data = load(Recipe(data=key, validation_share=0.25), DATASETS[key].shape or Shape())
        told = DATASETS[key].train_images(0.25)
        assert told == pytest.approx(len(data.train_labels), rel=0.01)
    assert DATASETS["cifar10"].train_images(0.25) == 50_000
    assert DATASETS["folder"].train_images(0.25) is None
