"""Faults that are planted: what they change and what not, and that they can be found out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.doubts.hints import hints
from cnnstudio.training.data.doubts.looks import looks
from cnnstudio.training.data.found_out import with_darkened
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.data.planted import DARK_CLASS, WRONG, darkened, dimmed, mislabelled
from cnnstudio.worker import unheard

SIZE = Shape(1, 8, 8)


@pytest.fixture(scope="module")
def digits() -> Data:
    return load(Recipe(), SIZE)


def test_so_many_labels_are_wrong_and_the_same_ones_again() -> None:
    labels = np.arange(1_000) % 10
    found, wrong = mislabelled(labels, 10)
    assert np.array_equal(np.flatnonzero(found != labels), wrong) and len(wrong) == round(WRONG * 1_000)
    assert found.min() >= 0 and found.max() < 10
    assert np.array_equal(found, mislabelled(labels, 10)[0])
    assert len(mislabelled(labels, 10, 0.0)[1]) == 0


def test_one_class_is_dark_and_no_other() -> None:
    images, labels = np.full((20, 1, 2, 2), 200, np.uint8), np.arange(20) % 10
    found = darkened(images, labels)
    assert (found[labels == DARK_CLASS] == 70).all() and (found[labels != DARK_CLASS] == 200).all()
    assert (images == 200).all() and (dimmed(images, 0.5) == 100).all()


def test_the_data_sets_with_a_fault_are_the_digits_otherwise(digits: Data) -> None:
    hasty, night = (load(Recipe(data=key), SIZE) for key in ("digits-haste", "digits-light"))
    plain, wrong = (
        torch.cat((data.train_images, data.validation_images)).flatten(1).double().sum().item()
        for data in (digits, hasty)
    )
    assert plain == wrong and hasty.counts[0] + hasty.counts[1] == 1_797
    light = [night.train_images[night.train_labels == label].float().mean().item() for label in range(10)]
    assert light[DARK_CLASS] < 0.5 * min(light[:DARK_CLASS] + light[DARK_CLASS + 1 :])
    assert torch.equal(night.train_labels, digits.train_labels) and night.mean != digits.mean


def test_what_is_dark_is_found_out_without_any_training(digits: Data) -> None:
    data = with_darkened(digits, 7, 0.35)
    images = data.train_images.numpy()
    seen = looks(range(len(images)), lambda number: (images[number], 8, 8), 1, unheard)
    found = hints(seen, data.train_labels.numpy(), 10)
    assert [(hint.label, hint.property, hint.is_more) for hint in found] == [(7, "brightness", False)]
