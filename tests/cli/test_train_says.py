"""What the window shows of a network and its images, training on the command line says before it begins."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU, Softmax
from cnnstudio.cli import main
from cnnstudio.graph import Block, Sketch
from cnnstudio.project import Project, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.diagnosis import Symptom
from cnnstudio.training.runs.history import History
from cnnstudio.ui.document import Document

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command in a folder of its own; its exit code, and all that it says."""
    monkeypatch.chdir(tmp_path)

    def said(*arguments: object) -> tuple[int, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return said


def network(path: Path, *blocks: Block, size: tuple[int, ...] = (3, 16, 16)) -> Path:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    write(path, Project(draw.graph(), Recipe(epochs=1)))
    return path


def pictures(folder: Path, **counts: int) -> Path:
    """So many pictures in each folder: ``Training__oak: 8``."""
    random = np.random.default_rng(0)
    for name, count in counts.items():
        place = folder / name.replace("__", "/")
        place.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(random.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(place / f"{number}.png")
    return folder


HEAD = (Conv2d(4, 3), ReLU(), Flatten())


def test_every_finding_is_said_before_training(say: Say, tmp_path: Path) -> None:
    file = network(tmp_path / "net.cnn", Flatten(), Linear(10), Softmax(), size=(1, 8, 8))
    _, checked = say("check", file)
    findings = [line for line in checked.splitlines() if line.startswith(("warning: ", "hint: "))]
    assert any("softmax1 (Softmax) stands before the loss" in line for line in findings)
    code, said = say("train", file)
    assert code == 0 and [said.count(line) for line in findings] == [1] * len(findings)
    assert said.index(findings[0]) < said.index("Epoch 1/1")


def test_classes_counts_and_what_is_left_out_are_said_before_the_first_step(say: Say, tmp_path: Path) -> None:
    pictures(tmp_path / "trees", Training__oak=8, Training__elm=6, Testing__oak=2, Testing__elm=2, seg_pred=3)
    code, said = say("train", network(tmp_path / "net.cnn", *HEAD, Linear(2)), "--folder", "trees")
    assert code == 0
    summary = "Image folder: 18 images of 2 classes: elm 8, oak 10; 4 of them to validate with."
    assert said.index(summary) < said.index("Epoch 1/1")
    assert "3 images in seg_pred are left out: they have no class." in said


def test_a_wrong_number_of_classes_is_refused_before_any_image_is_read(say: Say, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "trees", Training__oak=4, Training__elm=4, Training__ash=4, Testing__oak=2)
    file = network(tmp_path / "net.cnn", *HEAD, Linear(2))
    for path in folder.rglob("*.png"):
        path.write_bytes(b"no image")
    code, said = say("train", file, "--folder", folder)
    assert code == 1 and "fc1 (Linear) gives 2 scores, but the data has 3 classes." in said


def test_a_run_is_repeated_from_its_own_folder(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(tmp_path / "data", a=4, b=4)
    network(tmp_path / "net.cnn", *HEAD, Linear(2))
    assert say("train", "net.cnn", "--folder", "data", "--out", "run")[0] == 0
    assert read(tmp_path / "run" / "project.cnn").recipe.folder == str(tmp_path / "data")
    monkeypatch.chdir(tmp_path / "run")
    assert say("train", "project.cnn", "--out", "again")[0] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--augmentations", "RandomCrop, RandomHorizontalFlip"), "goes through RandomCrop and RandomHorizontalFlip."),
        (("--augmentations", "RandomCrop"), "goes through RandomCrop.\n"),
        (("--augment",), "RandomCrop and RandomHorizontalFlip.\nImages are mirrored, so that the network cannot tell"),
        ((), ""),
    ],
)
def test_what_is_done_to_the_images_is_said(options: tuple[str, ...], said: str, say: Say, tmp_path: Path) -> None:
    pictures(tmp_path / "data", a=4, b=4)
    code, told = say("train", network(tmp_path / "net.cnn", *HEAD, Linear(2)), "--folder", "data", *options)
    assert code == 0 and (said in told if said else "Augmentation" not in told)


@pytest.mark.parametrize(
    ("values", "free"),
    [
        ({}, 28_000_000),  # what the memory is hardly enough for
        ({"class_weights": "by hand", "class_weight_list": "1, 2"}, 10**12),
        ({"teacher": "/nowhere"}, 10**12),
    ],
)
def test_what_the_card_before_training_says_is_said(
    values: dict[str, Any], free: int, say: Say, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.training.readiness.headroom", lambda: free)
    file = network(Path("net.cnn"), Flatten(), Linear(10), size=(1, 8, 8))
    project = read(file)
    project = dataclasses.replace(project, recipe=Recipe(epochs=1, **values))
    write(file, project)
    document, blocks = Document(project), bool(values)
    document.look_there()  # as the command line does unasked
    qtbot.waitUntil(lambda: [concern.blocks for concern in document.concerns()] == [blocks])
    shown = list(document.concerns())
    code, said = say("train", file)
    assert code == int(blocks) and shown[0].sentence in said
    assert blocks or said.index(f"warning: {shown[0].sentence}") < said.index("Epoch 1/1")


def test_what_the_course_of_a_run_says_is_wrong_is_said_once(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, the window alone looked at the layers and told what to try."""
    looks: list[int] = []

    def found(history: History, recipe: Recipe, classes: tuple[str, ...]) -> tuple[Symptom, ...]:
        assert recipe.learning_rate == 0.002 and classes == tuple("0123456789")
        looks.append(len(history.layers))
        return (Symptom("dead", "Half of the ReLUs are dead.", "Try a smaller rate."),) if len(looks) > 1 else ()

    monkeypatch.setattr("cnnstudio.cli.telling.symptoms", found)
    file = network(tmp_path / "net.cnn", Flatten(), Linear(10), size=(1, 8, 8))
    code, said = say("train", file, "--epochs", "3")
    assert code == 0 and len(looks) == 3 and looks[0] > 0
    warning = "warning: Half of the ReLUs are dead. Try a smaller rate."
    assert said.count(warning) == 1 and said.index("Epoch 2/3") < said.index(warning) < said.index("Epoch 3/3")
