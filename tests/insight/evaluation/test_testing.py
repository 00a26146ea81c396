"""Test pictures: which count, what they say, and that each time is written down; training has not seen them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.graph import Sketch
from cnnstudio.insight.evaluation import testing
from cnnstudio.insight.subject import Subject
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.picture import Rules
from cnnstudio.training.data.unseen import unseen
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.session import prepare
from cnnstudio.training.runs.tested import read_tests
from cnnstudio.worker import unheard


@pytest.fixture(scope="module")
def subject() -> Subject:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Flatten(), Linear(10))
    return Subject(prepare(Project(draw.graph(), Recipe(data="digits", device="cpu")), unheard), "", is_trained=True)


def picture(folder: Path, name: str, values: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(folder / name)


def pictures_in(root: Path, subject: Subject) -> Path:
    """Two pictures of a three, one of a seven, one that the run has learned from, one of no class, and a text."""
    random = np.random.default_rng(0)
    for folder, name in (("3", "a.png"), ("3", "b.png"), ("7", "c.png"), ("hen", "d.png")):
        picture(root / folder, name, random.integers(0, 255, (8, 8), np.uint8))
    picture(root / "7", "seen.png", subject.data.train_images[5, 0].numpy())
    (root / "7" / "broken.png").write_text("no picture")
    return root


def test_only_what_training_never_saw_counts(subject: Subject, tmp_path: Path) -> None:
    found = unseen(pictures_in(tmp_path / "test", subject), subject.data)
    assert found.data.validation_labels.tolist() == [3, 3, 7] and found.data.validation_images.shape == (3, 1, 8, 8)
    assert torch.equal(found.data.train_images, subject.data.train_images) and found.data.mean == subject.data.mean
    words = " ".join(found.notes)
    assert "1 picture left out: training has seen the very same" in words and "left out: hen" in words
    assert "no picture that can be read" in words
    with pytest.raises(DataError, match="no folder with pictures of a class"):
        unseen(tmp_path, subject.data)
    picture(tmp_path / "known" / "1", "x.png", subject.data.validation_images[0, 0].numpy())
    with pytest.raises(DataError, match="The run has seen all of them"):
        unseen(tmp_path / "known", subject.data)
    with pytest.raises(DataCancelledError):
        unseen(tmp_path / "test", subject.data, lambda _, share: share is None)


def test_they_are_cut_or_padded_as_the_run_does_it(subject: Subject, tmp_path: Path) -> None:
    """A wide white picture on black: cut it is white, with a border it is not."""
    picture(tmp_path / "test" / "3", "wide.png", np.full((4, 16), 255, np.uint8))
    cut = unseen(tmp_path / "test", subject.data).data.validation_images
    assert int(cut.min()) == 255
    padded = unseen(tmp_path / "test", replace(subject.data, rules=Rules("pad", "black"))).data
    assert padded.validation_images[0, 0, :, 0].tolist() == [0, 0, 0, 255, 255, 0, 0, 0]
    assert padded.validation_files == (str(tmp_path / "test" / "3" / "wide.png"),)


def test_a_folder_to_test_with_is_offered_where_nothing_has_seen_it(tmp_path: Path) -> None:
    for name in ("train/a", "train/b", "val/a", "val/b", "test/a", "test/b"):
        picture(tmp_path / name, "x.png", np.zeros((8, 8), np.uint8))
    recipe = Recipe(data="folder", folder=str(tmp_path))
    assert testing.offered(recipe, unheard) == tmp_path / "test"
    (tmp_path / "val").rename(tmp_path / "aside")
    assert testing.offered(recipe, unheard) is None, "it is validated with"
    assert testing.offered(replace(recipe, folder=str(tmp_path / "gone")), unheard) is None
    assert testing.offered(Recipe(data="digits"), unheard) is None


def test_each_time_is_written_down_and_told(subject: Subject, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    pictures = pictures_in(tmp_path / "test", subject)
    module, data = subject.module.eval(), unseen(pictures, subject.data).data
    with torch.no_grad():
        x = (data.validation_images.float() / 255 - data.mean[0]) / data.std[0]
        right = (module(x).argmax(1) == data.validation_labels).float().mean()
    first = testing.tested(subject, pictures, run, 2, unheard)
    assert first.evaluation.kind == "test" and float(first.evaluation.right.mean()) == pytest.approx(float(right))
    assert f"{float(right):.1%} of 3 test pictures in test" in first.sentences[0] and "first time" in first.sentences[1]
    assert len(first.evaluation.mistakes) == 0 or "test image" in first.evaluation.mistakes_sentence
    (noted,) = read_tests(run)
    assert (noted.name, noted.pictures, noted.epoch) == ("test", 3, 2) and noted.when.tzinfo is not None
    (pictures / "3" / "a.png").rename(pictures / "3" / "z.png")
    second = testing.tested(subject, pictures, run, 2, unheard)
    assert "asked 1 time before" in second.sentences[1] and len(read_tests(run)) == 2
    picture(pictures / "3", "more.png", np.full((8, 8), 9, np.uint8))
    assert "first time" in testing.tested(subject, pictures, run, 2, unheard).sentences[1], "these are other pictures"
    run.tests.write_text("[{}]")
    assert read_tests(run) == ()
    assert "not written down" in testing.tested(subject, pictures, None, 0, unheard).sentences[2]
