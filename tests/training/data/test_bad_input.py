"""The worst that a person's disk can hold: a sentence that names the file, and nothing lost."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data import image_folder
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import Data, load

SIZE = Shape(3, 8, 8)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """200 pictures of two classes."""
    for name in ("cat", "dog"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(100):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / "images" / name / f"{number:03d}.png")
    return tmp_path / "images"


def read(root: Path, **values: object) -> Data:
    return load(Recipe(data="folder", folder=str(root), **values), SIZE)  # type: ignore[arg-type]


def test_ten_kinds_of_bad_file_among_200_good_ones(good: Path) -> None:
    png, place = (good / "cat" / "000.png").read_bytes(), good / "cat"
    large = Image.new("RGB", (64, 64), "red")
    large.save(place / "whole.jpg")
    jpeg = (place / "whole.jpg").read_bytes()
    large.save(place / "whole.tif")
    tiff = (place / "whole.tif").read_bytes()
    for name in ("whole.jpg", "whole.tif"):
        (place / name).unlink()
    bad = {
        "empty.png": b"",
        "text.jpg": b"these are words",
        "half.png": png[: len(png) // 2],
        "half.jpg": jpeg[: len(jpeg) // 3],
        "torn.tif": tiff[:100],
        "head.gif": b"GIF89a",
        "zeros.bmp": bytes(500),
        "page.png": b"<html><body>404 Not Found</body></html>",
        "other.webp": b"RIFF\x10\0\0\0WEBPVP8 " + bytes(4),
        "crossed.png": png[:40] + bytes(20) + png[60:],
    }
    for name, content in bad.items():
        (place / name).write_bytes(content)
    data = read(good)
    assert sum(data.counts) == 200 and data.classes == ("cat", "dog")
    (note,) = [note for note in data.notes if "broken" in note]
    assert note.startswith("10 files are broken and left out: cat/")


def test_a_folder_that_vanishes_while_it_is_read(good: Path) -> None:
    def report(sentence: str, share: float | None) -> bool:
        if sentence.startswith("Reading the images: 64"):
            shutil.rmtree(good, ignore_errors=True)
        return True

    with pytest.raises(DataError, match="The folder images is not there any more: it vanished while it was read"):
        load(Recipe(data="folder", folder=str(good)), SIZE, report)
    with pytest.raises(DataError, match="does not exist"):
        read(good)


@pytest.mark.skipif(sys.platform == "win32", reason="links want rights there")
def test_loops_of_links(good: Path) -> None:
    (good / "cat" / "loop").symlink_to(good)
    (good / "dog" / "self").symlink_to(good / "dog")
    (good / "cat" / "dead.png").symlink_to(good / "nowhere.png")
    (good / "cat" / "round.png").symlink_to(good / "cat" / "round.png")
    assert sum(read(good).counts) == 200


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_utf_8(good: Path) -> None:
    picture = (good / "cat" / "000.png").read_bytes()
    place = os.fsencode(good / "cat")
    with open(os.path.join(place, b"caf\xe9.png"), "wb") as file:  # noqa: PTH118, PTH123 - a name of bytes
        file.write(picture)
    with open(os.path.join(place, b"\xff\xfe.png"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(b"broken")
    data = read(good)
    assert sum(data.counts) == 201
    (note,) = [note for note in data.notes if "broken" in note]
    assert note.encode("utf-8") and note.startswith("1 file is broken and left out: cat/")


def test_one_class_is_told(good: Path) -> None:
    shutil.rmtree(good / "dog")
    with pytest.raises(DataError, match="All images are in one class, cat; there must be two or more"):
        read(good)


def test_pictures_of_one_pixel_and_of_5000_in_a_row(good: Path) -> None:
    for number, size in enumerate(((1, 1), (1, 5_000), (5_000, 1))):
        Image.new("RGB", size, "red").save(good / "cat" / f"thin{number}.png")
    for fit in ("cut", "pad", "stretch"):
        data = read(good, fit=fit)
        assert sum(data.counts) == 203 and not [note for note in data.notes if "broken" in note]


def test_many_tiny_files_are_told_of_on_the_way(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """50,000 of them are a command (benchmarks/photograph_reading.py); here it is 2,000, of which none is decoded."""
    one = np.zeros((3, 8, 8), np.uint8)
    monkeypatch.setattr(image_folder, "_read", lambda *_: one)
    for number in range(2_000):
        (good / "cat" / f"tiny{number}.png").touch()
    said: list[str] = []

    def report(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return True

    assert sum(load(Recipe(data="folder", folder=str(good)), SIZE, report).counts) == 2_200
    assert any(sentence.startswith("Looking through the folder: ") for sentence in said)
    assert len([sentence for sentence in said if sentence.startswith("Reading the images: ")]) > 20
