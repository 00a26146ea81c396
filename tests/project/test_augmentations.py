"""Augmentations in a project: what older files said by switches, and what may make an image one of another class."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cnnstudio.blocks import Input
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, ProjectError, dumps, loads
from cnnstudio.project.augmentations import (
    AlternatingFlip,
    Augmentation,
    CutMix,
    MixUp,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
    TrivialAugmentWide,
    doubts,
    fitting,
    told,
    usual,
)
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.readiness import concerns


def older(**recipe: Any) -> str:
    """A file of version 1."""
    return json.dumps({"format": "cnnstudio", "version": 1, "nodes": [], "recipe": recipe})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({}, ()),
        ({"augment": False, "mirror": True, "flip": "alternating"}, ()),
        ({"augment": True}, (RandomCrop(),)),
        ({"augment": True, "data": "cifar10"}, (RandomCrop(), RandomHorizontalFlip())),
        ({"augment": True, "data": "cifar10", "mirror": False}, (RandomCrop(),)),
        ({"augment": True, "data": "folder", "flip": "alternating"}, (RandomCrop(), AlternatingFlip())),
        ({"augment": True, "data": "mnist", "flip": "alternating"}, (RandomCrop(),)),
        ({"mixing": "MixUp", "mixing_strength": 0.2}, (MixUp(0.2),)),
        ({"augment": True, "mixing": "CutMix"}, (RandomCrop(), CutMix())),
    ],
)
def test_switches_of_an_older_file_mean_what_they_meant(said: dict[str, Any], meant: tuple[Augmentation, ...]) -> None:
    found = loads(older(test_time_mirror=True, epochs=3, **said)).recipe
    assert found == Recipe(**{"data": said.get("data", "digits")}, epochs=3, test_time_mirror=True, augmentations=meant)
    assert loads(dumps(Project(Graph(), found))).recipe == found


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"augment": 3}, "In the recipe: augment must be true or false, not 3."),
        ({"mixing": "Mixup"}, 'In the recipe: mixing must be "none" or "MixUp" or "CutMix", not \'Mixup\'.'),
        ({"mixing_strength": 0}, "In the recipe: mixing_strength must be from 0.01 to 100, not 0."),
        ({"augment": True, "data": ["digits"]}, "In the recipe: data must be one of"),
    ],
)
def test_what_an_older_file_could_not_say_is_refused_by_its_name(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ProjectError) as refused:
        loads(older(**said))
    assert sentence.split(" one of", maxsplit=1)[0] in str(refused.value)


def test_a_newer_file_knows_no_switches() -> None:
    with pytest.raises(ProjectError, match="there is no parameter 'augment'"):
        loads(older(augment=True).replace('"version": 1', '"version": 2'))


@pytest.mark.parametrize(
    ("each", "data", "words"),
    [
        (RandomHorizontalFlip(), "digits", "in a mirror"),
        (AlternatingFlip(), "mnist", "in a mirror"),
        (RandomVerticalFlip(), "mnist", "upside down the images of MNIST"),
        (RandomVerticalFlip(), "folder", "up is not down"),
        (RandomRotation(180), "digits", "turned by 180 degrees"),
        (RandomAffine(90), "digits", "turned by 90 degrees"),
        (TrivialAugmentWide(), "digits", "135 degrees"),
    ],
)
def test_what_may_destroy_the_class_is_said_with_a_way_out(each: Augmentation, data: str, words: str) -> None:
    listed = (RandomCrop(), each, MixUp())
    ((place, sentence),) = doubts(listed, DATASETS[data])
    assert place == 1 and words in sentence and type(each).__name__ in sentence
    project = Project(Graph.of([Node("input1", Input((1, 8, 8)))]), Recipe(data=data, augmentations=listed))
    found = next(c for c in concerns(project, infer(project.graph), (), free=10**12) if c.sentence == sentence)
    assert not found.blocks
    assert found.fixes[0].apply(project).recipe.augmentations == (RandomCrop(), MixUp())


def test_what_harms_nothing_is_not_doubted() -> None:
    harmless = (RandomCrop(), RandomHorizontalFlip(), AlternatingFlip(), RandomRotation(180), TrivialAugmentWide())
    assert list(doubts(harmless, DATASETS["cifar10"])) == []
    gentle = (RandomRotation(), RandomAffine(), RandomHorizontalFlip(0.0), RandomVerticalFlip(0.0))
    assert list(doubts(gentle, DATASETS["digits"])) == []


def test_the_usual_fits_the_images() -> None:
    for dataset in DATASETS.values():
        assert list(doubts(usual(dataset.mirror), dataset)) == []
        assert fitting(usual(mirror=True), dataset) == usual(dataset.mirror)


def test_they_are_told_shortly() -> None:
    assert told(RandomCrop()) == "RandomCrop"
    assert told(RandomRotation(30, 0.5)) == "RandomRotation (degrees 30, probability 0.5)"
