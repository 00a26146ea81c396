"""What a field of the recipe says of itself: its section, whether it is basic, and what else it needs."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import pytest

from cnnstudio.graph import parameters
from cnnstudio.graph.parameter import Range, declaration
from cnnstudio.project.augmentations import AlternatingFlip
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Basic, Needs, Recipe, Section, _marks

FIELDS = {parameter.name: parameter for parameter in parameters(Recipe)}


@declaration
class Averaged(Recipe):
    """A recipe with more fields.

    average: how the weights of several steps become one
    decay: how much of the average each step keeps
    """

    average: Annotated[Literal["none", "moving"], Section.OPTIMIZER, Basic()] = "none"
    decay: Annotated[float, Range(0.5, 0.9999), Section.OPTIMIZER, Needs("average", "moving")] = 0.99
    warm: Annotated[bool, Section.SCHEDULE, Needs("average"), Needs("step_epochs", 2)] = False


def test_every_field_stands_in_one_section() -> None:
    listed = [field.name for fields in Recipe.sections().values() for field in fields]
    assert sorted(listed) == sorted(FIELDS)
    assert [field.name for field in Recipe.sections()[Section.AUGMENTATION]] == [
        "augmentations", "test_time_mirror",
    ]  # fmt: skip


def test_what_is_basic_is_asked_at_once() -> None:
    basic = [name for name in FIELDS if Recipe.is_basic(name)]
    assert basic == ["data", "folder", "epochs", "batch_size", "optimizer", "learning_rate"]


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_field_needs_is_a_field_that_can_be_so(name: str) -> None:
    for need in (mark for mark in _marks(Recipe)[name] if isinstance(mark, Needs)):
        assert all(FIELDS[need.field].coerce(value) == value for value in need.values)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("folder", {"data": "folder"}),
        ("momentum", {"optimizer": "SGD"}),
        ("momentum", {"optimizer": "RMSprop"}),
        ("nesterov", {"optimizer": "SGD"}),
        ("step_epochs", {"schedule": "step"}),
        ("step_factor", {"schedule": "step"}),
        ("step_factor", {"schedule": "multi-step"}),
        ("step_factor", {"schedule": "plateau"}),
        ("milestones", {"schedule": "multi-step"}),
        ("epoch_factor", {"schedule": "exponential"}),
        ("warmup_epochs", {"schedule": "warmup-cosine"}),
        ("plateau_epochs", {"schedule": "plateau"}),
        ("decay_norms", {"weight_decay": 0.1}),
        ("averaging_decay", {"averaging": True}),
        ("focusing", {"loss": "focal"}),
        ("class_weight_list", {"class_weights": "by hand"}),
        ("teaching_share", {"teacher": "runs/large"}),
        ("temperature", {"teacher": "runs/large"}),
        ("test_time_mirror", {"augmentations": (AlternatingFlip(),)}),
        ("unfreeze_epoch", {"weights": "torchvision"}),
        ("backbone_rate", {"weights": "best.safetensors"}),
    ],
)
def test_a_field_matters_once_it_has_what_it_needs(name: str, made: dict[str, Any]) -> None:
    assert not Recipe().matters(name)
    assert Recipe(**made).matters(name)


@pytest.mark.parametrize("key", DATASETS)
def test_a_share_is_kept_for_validation_where_the_images_have_no_split(key: str) -> None:
    assert dataclasses.replace(Recipe(), data=key).matters("validation_share") != DATASETS[key].is_split


def test_what_needs_nothing_always_matters() -> None:
    marks = _marks(Recipe)
    free = [name for name in FIELDS if not any(isinstance(mark, Needs) for mark in marks[name])]
    assert len(free) > 10 and all(Recipe().matters(name) for name in free)


def test_a_field_that_is_added_says_it_all_itself() -> None:
    assert [field.name for field in Averaged.sections()[Section.OPTIMIZER]][-2:] == ["average", "decay"]
    assert Averaged.is_basic("average") and not Averaged.is_basic("decay")
    assert not Averaged().matters("decay") and Averaged(average="moving").matters("decay")


def test_what_needs_a_field_needs_what_that_one_needs() -> None:
    assert Averaged(schedule="step", step_epochs=2).matters("warm")
    assert not Averaged(schedule="step", step_epochs=3).matters("warm")
    assert not Averaged(schedule="cosine", step_epochs=2).matters("warm"), "its epochs mean nothing"


def test_every_field_has_its_sentence() -> None:
    assert [name for name, field in FIELDS.items() if not field.help] == []


def test_what_a_file_of_before_says_is_what_it_said() -> None:
    """A field that was added changes nothing by its default."""
    plain = {"accumulation": 1, "patience": 0, "keep_best": False, "decay_norms": True, "averaging": False}
    plain |= {"loss": "cross-entropy", "class_weights": "none", "teacher": "", "augmentations": (), "compile": False}
    assert all(getattr(Recipe(), name) == value for name, value in plain.items())
