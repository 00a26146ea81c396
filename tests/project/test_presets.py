"""Presets: one change of a recipe each."""

from __future__ import annotations

import dataclasses

import pytest

from cnnstudio.project.augmentations import MIRRORING, MixUp, usual
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe, Section


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_says_nothing_that_does_not_matter(key: str) -> None:
    preset = PRESETS[key]
    assert preset.title and preset.sentence.endswith(".")
    recipe = preset.applied(Recipe(data="folder", folder="/photos"))
    assert set(preset.changes) <= set(recipe.values)
    assert [name for name in preset.changes if not recipe.matters(name)] == []
    assert all(getattr(recipe, name) == value for name, value in preset.changes.items())


@pytest.mark.parametrize("key", PRESETS)
def test_the_images_and_the_computer_stay_and_all_else_is_the_presets(key: str) -> None:
    mine = Recipe(data="folder", folder="/photos", validation_share=0.3, seed=7, device="cpu", compile=True)
    busy = dataclasses.replace(mine, optimizer="Adagrad", loss="BCE", augmentations=(MixUp(),), teacher="run", epochs=3)
    assert PRESETS[key].applied(busy) == PRESETS[key].applied(mine)
    for name in ("data", "folder", "validation_share", "seed", "device", "compile"):
        assert getattr(PRESETS[key].applied(busy), name) == getattr(mine, name)
    assert PRESETS[key].applied(PRESETS[key].applied(mine)) == PRESETS[key].applied(mine)


def test_the_first_try_is_the_defaults() -> None:
    assert PRESETS["first-try"].applied(Recipe(epochs=3, optimizer="SGD")) == Recipe()


def test_cifar10_is_the_textbooks() -> None:
    recipe = PRESETS["cifar10"].applied(Recipe())
    values = recipe.optimizer, recipe.learning_rate, recipe.momentum, recipe.weight_decay, recipe.schedule
    assert values == ("SGD", 0.1, 0.9, 5e-4, "cosine")
    assert (recipe.epochs, recipe.batch_size, recipe.augmentations) == (200, 128, usual(mirror=False))


def test_no_preset_mirrors_where_left_is_not_right() -> None:
    for preset in PRESETS.values():
        for data in ("digits", "mnist"):
            listed = preset.applied(Recipe(data=data)).augmentations
            assert not any(isinstance(each, MIRRORING) for each in listed)
            assert len(listed) == len(preset.changes.get("augmentations", ())) - bool(listed)


def test_fine_tuning_begins_with_the_weights_that_are_chosen() -> None:
    assert PRESETS["fine-tune"].applied(Recipe()).weights == "torchvision"
    assert PRESETS["fine-tune"].applied(Recipe(weights="best.safetensors")).weights == "best.safetensors"


def test_few_images_leave_the_epochs_open() -> None:
    assert PRESETS["few-images"].applied(Recipe(epochs=15)).epochs is None


def test_what_a_preset_keeps_are_sections() -> None:
    fields = {field.name for section in (Section.DATA, Section.COMPUTER) for field in Recipe.sections()[section]}
    assert fields.isdisjoint(PRESETS["cifar10"].changes)
