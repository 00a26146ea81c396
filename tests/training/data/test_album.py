"""The album: every picture with its class and half, as training has them, and what can be seen of one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.corrections import Correction
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.album import album, small
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.file_note import Note
from cnnstudio.training.data.loading import load
from cnnstudio.worker import unheard


def test_digits_are_in_the_half_that_training_has_them_in() -> None:
    recipe = Recipe(seed=3)
    found, data = album(recipe, unheard), load(recipe, Shape(1, 8, 8))
    assert len(found) == 1_797 and found.classes == data.classes and not found.has_files
    assert np.array_equal(found.pixels[found.apart], data.validation_images.numpy())
    assert np.array_equal(found.given[~found.apart], data.train_labels.numpy())
    assert found.image(5, 64).shape == (1, 8, 8)
    assert found.facts(5).sentence == "8 × 8 pixels, grey" and found.ways[5] == "5"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(12):
        path = tmp_path / "images" / ("cat" if number < 6 else "dog") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (20, 10), 20 * number).save(path)
    return tmp_path / "images"


def test_a_folder_is_listed_without_opening_its_files(folder: Path) -> None:
    recipe = Recipe(data="folder", folder=str(folder))
    data = load(recipe, Shape(1, 8, 8))
    for path in folder.rglob("*.png"):
        path.chmod(0)
    found = album(recipe, unheard)
    for path in folder.rglob("*.png"):
        path.chmod(0o600)
    assert found.ways[:2] == ("cat/0.png", "cat/1.png") and found.classes == ("cat", "dog")
    greys = {20 * int(Path(way).stem) for way, apart in zip(found.ways, found.apart, strict=True) if apart}
    assert greys == {int(image[0, 4, 4]) for image in data.validation_images}
    roll = found.roll([Correction("folder", "dog/7.png", label="cat"), Correction("digits", "0", left_out=True)])
    assert np.flatnonzero(roll.moved).tolist() == [found.ways.index("dog/7.png")] and not roll.left_out.any()
    assert found.facts(0).sentence.startswith("20 × 10 pixels, PNG L, ")


def test_a_small_picture_is_whole_the_right_way_up_and_no_larger_than_it_is(tmp_path: Path) -> None:
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (150, 0, 300, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter to the right
    wide.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    made = small(tmp_path / "turned.jpg", 60)
    assert made.shape == (3, 60, 20) and made[0, 5, 10] > 200 and made[2, 55, 10] > 200
    Image.new("L", (5, 7), 9).save(tmp_path / "tiny.png")
    assert small(tmp_path / "tiny.png", 60).shape == (3, 7, 5)
    (tmp_path / "words.png").write_text("words")
    with pytest.raises(DataError, match=r"words\.png cannot be taken as a picture"):
        small(tmp_path / "words.png", 60)


def test_what_was_found_in_a_large_folder_is_kept_until_the_folder_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.training.data.album_cache.LEAST", 10)
    (folder / "cat" / "words.txt").write_text("no image")
    (folder / "cow").mkdir()
    recipe = Recipe(data="folder", folder=str(folder))
    first = album(recipe, unheard)
    with monkeypatch.context() as patch:
        patch.setattr("cnnstudio.training.data.album.layout_of", lambda *_: pytest.fail("it is known"))
        again = album(recipe, unheard)
    assert again.ways == first.ways and again.classes == first.classes and again.notes == first.notes
    assert np.array_equal(again.given, first.given) and np.array_equal(again.apart, first.apart)
    files = [note.files for note in again.notes if isinstance(note, Note) and note.files]
    assert files == [("cat/words.txt",)]
    assert np.array_equal(album(dataclasses.replace(recipe, seed=1), unheard).given, first.given)
    Image.new("L", (8, 8)).save(folder / "cow" / "new.png")
    assert album(recipe, unheard).classes == ("cat", "cow", "dog"), "a folder that was empty is looked at, too"
    (folder / "dog" / "7.png").unlink()
    assert "dog/7.png" not in album(recipe, unheard).ways
    for path in (folder.parents[1]).rglob("*.npz"):
        path.write_bytes(b"damaged")
    assert len(album(recipe, unheard)) == 12
