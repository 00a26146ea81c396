"""The roll: what a person says of single images is done when they are read, and moves no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnnstudio.graph import Graph, Shape
from cnnstudio.project import Project
from cnnstudio.project.corrections import Correction
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import folder_layout
from cnnstudio.training.data.image_folder import ways_in
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.data.roll import enrol
from cnnstudio.training.runs.session import images_key, prepare
from cnnstudio.worker import unheard

DIGITS = Shape(1, 8, 8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures of two classes, each of a grey of its own."""
    for number in range(12):
        path = tmp_path / "images" / ("cat" if number < 6 else "dog") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 20 * number).save(path)
    return tmp_path / "images"


def greys(data: Data) -> dict[str, dict[int, str]]:
    """Half -> the grey of each picture in it -> its class."""
    halves = {"train": (data.train_images, data.train_labels)}
    halves["validation"] = (data.validation_images, data.validation_labels)
    return {
        half: {int(image[0, 4, 4]): data.classes[label] for image, label in zip(images, labels.tolist(), strict=True)}
        for half, (images, labels) in halves.items()
    }


def of_folder(folder: Path, *corrections: Correction, most: int | None = None) -> Data:
    return load(Recipe(data="folder", folder=str(folder)), DIGITS, most=most, corrections=corrections)


def test_a_digit_is_left_out_and_another_one_is_of_another_class() -> None:
    plain = load(Recipe(), DIGITS)
    said = [
        Correction("digits", "5", left_out=True),
        Correction("digits", "7", label="0"),
        Correction("shapes", "9", "x"),
    ]
    data = load(Recipe(), DIGITS, corrections=said)
    assert sum(data.counts) == 1_796 and data.classes == plain.classes
    assert data.notes == (
        "1 image is left out, as the project says.",
        "1 image is of another class than it was found in, as it says.",
    )
    assert int((data.train_labels == 0).sum() + (data.validation_labels == 0).sum()) == 178 + 1
    rows = {row.tobytes() for row in data.validation_images.numpy()}
    assert rows <= {row.tobytes() for row in plain.validation_images.numpy()}, "nobody else has changed the half"


def test_a_picture_of_a_folder_is_left_out_and_no_other_changes_its_half(folder: Path) -> None:
    plain = greys(of_folder(folder))
    data = of_folder(folder, Correction("folder", "cat/2.png", left_out=True), Correction("folder", "dog/7.png", "cat"))
    found = greys(data)
    for half, pictures in plain.items():
        expected = {grey: "cat" if grey == 140 else name for grey, name in pictures.items() if grey != 40}
        assert found[half] == expected
    assert "1 image is left out, as the project says." in data.notes
    assert "1 image is of another class than it was found in, as it says." in data.notes
    assert data.notes[0].startswith("Image folder: 12 images of 2 classes: cat 6, dog 6")
    assert [path.name for path in sorted(folder.rglob("*.png"))] == [
        *(f"{n}.png" for n in range(6)), "10.png", "11.png", *(f"{n}.png" for n in range(6, 10)),
    ], "the files are as they were"  # fmt: skip


def test_a_class_stays_though_all_its_pictures_are_left_out(folder: Path) -> None:
    out = [Correction("folder", f"dog/{number}.png", left_out=True) for number in range(6, 12)]
    data = of_folder(folder, *out)
    assert data.classes == ("cat", "dog") and set(greys(data)["train"].values()) == {"cat"}
    with pytest.raises(DataError, match="All images to train with are left out"):
        of_folder(folder, *out, *(Correction("folder", f"cat/{number}.png", left_out=True) for number in range(6)))


def test_what_is_said_of_nothing_is_counted(folder: Path) -> None:
    said = [Correction("folder", "cat/gone.png", left_out=True), Correction("folder", "cat/1.png", label="cow")]
    assert (
        "2 corrections of the project speak of images or classes that are not there." in of_folder(folder, *said).notes
    )
    strange = ("-1", "1797", "٣", "9" * 40, "1.5", "x")
    data = load(Recipe(), DIGITS, corrections=[Correction("digits", way, left_out=True) for way in strange])
    assert sum(data.counts) == 1_797
    assert data.notes == ("6 corrections of the project speak of images or classes that are not there.",)


def test_some_images_are_of_those_that_are_not_left_out_and_of_the_same_halves(folder: Path) -> None:
    whole = greys(of_folder(folder))
    data = of_folder(folder, Correction("folder", "cat/2.png", left_out=True), most=64 * 8)
    assert data.whole == tuple(len(pictures) - (40 in pictures) for pictures in whole.values())
    found = greys(data)
    assert sum(map(len, found.values())) == 8 and 40 not in {*found["train"], *found["validation"]}
    assert all(pictures.items() <= whole[half].items() for half, pictures in found.items())


def test_a_broken_file_changes_no_other_picture_s_half(folder: Path) -> None:
    whole = greys(of_folder(folder))
    for number in (1, 8):
        next(folder.rglob(f"{number}.png")).write_bytes(b"broken")
    found = greys(of_folder(folder))
    assert sum(map(len, found.values())) == 10
    assert all(pictures.items() <= whole[half].items() for half, pictures in found.items())


def test_the_way_to_a_picture_begins_at_the_folder_that_was_chosen(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outer").mkdir()
    folder.rename(tmp_path / "outer" / "train")
    layout = folder_layout(str(tmp_path / "outer"))
    assert ways_in(layout)[0] == "train/cat/0.png" and len(ways_in(layout)) == 12


def test_a_person_s_word_for_the_class_that_it_has_is_a_confirmation() -> None:
    given = np.array([0, 1, 0])
    roll = enrol(("a", "b"), given, np.array([False, True, False]), {"2": Correction("digits", "2", label="a")})
    assert roll.confirmed.tolist() == [False, False, True] and not roll.moved.any() and roll.notes == []
    assert torch.equal(torch.from_numpy(roll.labels), torch.from_numpy(given))


def test_a_run_obeys_what_the_project_says_and_other_images_are_others(chain: Graph) -> None:
    plain = Project(chain)
    said = replace(plain, corrections=(Correction("digits", "5", left_out=True),))
    data = prepare(said, unheard).data
    assert sum(data.counts) == 1_796 and "1 image is left out, as the project says." in data.notes
    assert images_key(said) != images_key(plain)
