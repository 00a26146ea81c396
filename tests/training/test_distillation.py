"""A network that learns from another one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project, write
from cnnstudio.project.augmentations import MixUp
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import TrainingError, chosen_device
from cnnstudio.training.distillation import Teacher
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.loop import fresh, train

MakeData = Callable[..., Data]


def classifier(classes: int = 3, side: int = 8) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, side, side))), Conv2d(8, 3), ReLU(), Flatten(), Linear(classes))
    return draw.graph()


@pytest.fixture
def taught(tmp_path: Path, make_data: MakeData) -> Path:
    """The folder of a run."""
    folder, recipe = tmp_path / "large", Recipe(epochs=6, batch_size=8, learning_rate=0.01, device="cpu")
    text = source(classifier())
    list(train(fresh(text, recipe), make_data(), recipe, folder, source=text))
    write(folder / "project.cnn", Project(classifier(), recipe))
    return folder


def plan(teacher: Path, **values: Any) -> Recipe:
    return Recipe(**{"teacher": str(teacher), "device": "cpu", "epochs": 6, "batch_size": 8, **values})


def student() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))


@pytest.mark.parametrize(("share", "heat"), [(0.5, 4.0), (1.0, 1.0), (0.0, 2.0)])
def test_the_loss_is_hintons(make_data: MakeData, taught: Path, share: float, heat: float) -> None:
    data, recipe = make_data(), plan(taught, teaching_share=share, temperature=heat)
    teacher = Teacher(recipe, data, chosen_device(student(), recipe))
    random = torch.Generator().manual_seed(0)
    images, logits = torch.randn(5, 1, 8, 8, generator=random), torch.randn(5, 3, generator=random)
    module = fresh(source(classifier()), recipe)
    weights.load(module, taught / "best.safetensors")
    with torch.no_grad():
        wanted = (module.eval()(images) / heat).softmax(1)
    distance = functional.kl_div((logits / heat).log_softmax(1), wanted, reduction="batchmean") * heat**2
    found = teacher.taught(torch.tensor(2.0), logits, images)
    torch.testing.assert_close(found, (1 - share) * torch.tensor(2.0) + share * distance)


def test_it_reads_the_images_as_it_learned_to(make_data: MakeData, taught: Path) -> None:
    data, recipe = make_data(), plan(taught, teaching_share=1.0)
    other = dataclasses.replace(data, mean=(0.1,), std=(0.9,))
    logits = torch.zeros(4, 3)
    pixels = data.train_images[:4].float() / 255
    losses = [
        Teacher(recipe, each, chosen_device(student(), recipe)).taught(
            torch.tensor(0.0), logits, (pixels - each.mean[0]) / each.std[0]
        )
        for each in (data, other)
    ]
    torch.testing.assert_close(losses[0], losses[1])


def test_a_student_learns_from_the_teacher_alone(make_data: MakeData, taught: Path) -> None:
    """What it would learn from the labels is wrong for every image."""
    data = make_data()
    wrong = dataclasses.replace(data, train_labels=(data.train_labels + 1) % 3)
    alone, module = student(), student()
    with_labels = [e for e in train(alone, wrong, plan(taught, teaching_share=0.0)) if isinstance(e, EpochEnd)]
    with_teacher = [e for e in train(module, wrong, plan(taught, teaching_share=1.0)) if isinstance(e, EpochEnd)]
    assert with_labels[-1].validation_accuracy < 0.2 and with_teacher[-1].validation_accuracy > 0.8


def test_a_run_with_a_teacher_can_be_had_again(make_data: MakeData, taught: Path) -> None:
    runs = [list(train(student(), make_data(), plan(taught, augmentations=(MixUp(),), epochs=2))) for _ in range(2)]
    told = [[(e.train_loss, e.validation_loss) for e in run if isinstance(e, EpochEnd)] for run in runs]
    assert told[0] == told[1]


def test_what_is_no_teacher_is_refused_in_a_sentence(make_data: MakeData, taught: Path, tmp_path: Path) -> None:
    def refusal(folder: Path, data: Data) -> str:
        with pytest.raises(TrainingError) as caught:
            next(train(student(), data, plan(folder)))
        return str(caught.value)

    data = make_data()
    assert "has no weights of one." in refusal(tmp_path / "nowhere", data)
    assert "has no weights of one." in refusal(tmp_path, data)
    others = dataclasses.replace(data, classes=("cat", "dog", "cow"))
    assert "tells other classes apart than Columns has" in refusal(taught, others)
    (taught / "project.cnn").write_text("import os")
    assert "The teacher cannot be had: project.cnn cannot be opened" in refusal(taught, data)
    write(taught / "project.cnn", Project(classifier(4), Recipe()))
    assert "belongs to another network" in refusal(taught, data)
    (taught / "best.safetensors").write_bytes(b"nothing")
    assert "best.safetensors holds no weights" in refusal(taught, data)


def test_a_teacher_of_larger_images_is_refused(make_data: MakeData, tmp_path: Path) -> None:
    graph = classifier(side=12)
    write(tmp_path / "project.cnn", Project(graph, Recipe()))
    text = source(graph)
    weights.save(tmp_path / "best.safetensors", fresh(text, Recipe()), {"mean": "[2, 3]", "std": json.dumps("x")})
    with pytest.raises(TrainingError, match="cannot read images of 1 × 8 × 8"):
        next(train(student(), make_data(), plan(tmp_path)))
