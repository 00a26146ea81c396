"""An image folder: what a person's disk can hold, and what is said about it."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import Data, load

SIZE = Shape(3, 16, 16)
Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    def drawn(name: str, colour: object = "red", size: tuple[int, int] = (20, 20), mode: str = "RGB") -> Path:
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, colour).save(path)  # type: ignore[arg-type]
        return path

    return drawn


@pytest.fixture
def two_classes(draw: Draw, tmp_path: Path) -> Path:
    for number in range(5):
        draw(f"cat/{number}.png", "red")
        draw(f"dog/{number}.jpg", "blue")
    return tmp_path / "images"


def read(folder: Path | str, size: Shape = SIZE, **values: object) -> Data:
    return load(Recipe(data="folder", folder=str(folder), **values), size)  # type: ignore[arg-type]


def notes(data: Data) -> tuple[str, ...]:
    """What is said about this folder in particular."""
    summary, *found, last = data.notes
    assert summary.startswith("Image folder: ") and "resized to" in last
    return tuple(found)


def pixels(data: Data, label: int) -> np.ndarray:
    return data.train_images[data.train_labels == label][0].numpy()


def test_one_folder_a_class(two_classes: Path) -> None:
    data = read(two_classes)
    assert data.classes == ("cat", "dog") and notes(data) == () and data.mirror
    assert (len(data.train_labels), len(data.validation_labels)) == (8, 2)
    assert pixels(data, 0)[:, 8, 8].tolist() == [255, 0, 0]
    assert np.abs(pixels(data, 1)[:, 8, 8].astype(int) - [0, 0, 254]).max() < 3


def test_grey_images_for_a_grey_input(two_classes: Path) -> None:
    data = read(two_classes, Shape(1, 8, 12))
    assert data.shape == (1, 8, 12) and abs(int(pixels(data, 0)[0, 4, 4]) - 76) <= 1


def test_train_and_validation_folders(draw: Draw, two_classes: Path) -> None:
    root = two_classes.parent / "split"
    root.mkdir()
    two_classes.rename(root / "train")
    (root / "images").mkdir()
    for name in ("cat/a.png", "dog/a.png", "cow/a.png"):
        draw(f"../split/val/{name}")
    (root / "images").rmdir()
    data = read(root)
    assert data.classes == ("cat", "dog")
    assert (len(data.train_labels), len(data.validation_labels)) == (10, 2)
    assert notes(data) == ("For validation alone, and left out: cow.",)


def test_a_class_may_be_called_train(draw: Draw, tmp_path: Path) -> None:
    for name in ("train", "bus"):
        for number in range(3):
            draw(f"{name}/{number}.png")
    assert read(tmp_path / "images").classes == ("bus", "train")


def test_broken_files_are_named_and_left_out(two_classes: Path) -> None:
    good = (two_classes / "dog" / "0.jpg").read_bytes()
    (two_classes / "cat" / "cut.jpg").write_bytes(good[: len(good) // 2])
    (two_classes / "cat" / "empty.png").write_bytes(b"")
    (two_classes / "dog" / "words.jpg").write_text("not an image")
    (two_classes / "dog" / "notes.txt").write_text("nothing to look at")
    (two_classes / "dog" / "phone.HEIC").write_bytes(b"x")
    data = read(two_classes)
    assert len(data.train_labels) + len(data.validation_labels) == 10
    phone, others, broken = notes(data)
    assert phone.startswith("1 file is in a phone's format")
    assert others == "1 file is no image and left out."
    assert "3 files are broken and left out" in broken
    for name in ("cut.jpg (damaged)", "empty.png (no image)", "words.jpg (no image)"):
        assert name in broken


def test_many_broken_files_are_counted(two_classes: Path) -> None:
    for number in range(9):
        (two_classes / "cat" / f"broken{number}.png").write_bytes(b"x")
    assert "and 4 more." in notes(read(two_classes))[0]


def test_a_decompression_bomb_is_left_out(two_classes: Path) -> None:
    """A PNG of a few bytes that says that it is 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for name, side in (("bomb", 60_000), ("large", 9_000)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        body = chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
        (two_classes / "cat" / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + body)
    note = notes(read(two_classes))[0]
    assert "bomb.png (too many pixels)" in note
    assert "large.png (9,000 × 9,000 pixels are too many)" in note


def test_modes_of_all_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
    half = np.full((9, 9), 32_768, np.uint16)
    half[0, 0] = 65_535
    Image.fromarray(half).save(folder / "a" / "deep.png")
    Image.fromarray(np.linspace(0, 1, 81, dtype=np.float32).reshape(9, 9)).save(folder / "a" / "float.tiff")
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(folder / "b" / "clear.png")
    Image.new("P", (9, 9), 0).save(folder / "b" / "palette.gif")
    Image.new("CMYK", (9, 9), (0, 0, 0, 0)).save(folder / "b" / "print.jpg")
    Image.new("1", (9, 9), 1).save(folder / "b" / "bits.bmp")
    data = read(folder, Shape(1, 8, 8), validation_share=0.05)
    (note,) = notes(data)
    assert note == (
        "2 images of more than 8 bits: in all alike 0 became black and 65535 white. The weights keep these two numbers."
    )
    assert data.scale == (0.0, 65_535.0)
    found = [int(image[0, 4, 4]) for image in (*data.train_images, *data.validation_images)]
    assert 128 in found and found.count(0) == 2, "16 bits are scaled, not cut off, and floats by the same scale"
    assert 255 in found, "what is transparent is white"


def test_a_camera_held_upright(tmp_path: Path, draw: Draw) -> None:
    image = Image.new("RGB", (20, 10), "black")
    image.paste("white", (0, 0, 10, 10))  # the left half, which is the top when turned
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in range(2):
        path = draw(f"a/{number}.jpg")
        image.save(path, exif=exif, quality=95)
        draw(f"b/{number}.jpg")
    found = pixels(read(tmp_path / "images", Shape(1, 16, 8)), 0)[0]
    assert found[2].mean() > 240 and found[13].mean() < 15


def test_other_proportions_are_cut_at_the_middle(tmp_path: Path, draw: Draw) -> None:
    image = Image.new("RGB", (60, 20), "black")
    image.paste("white", (20, 0, 40, 20))
    for number in range(2):
        image.save(draw(f"a/{number}.png"))
        draw(f"b/{number}.png")
    assert pixels(read(tmp_path / "images"), 0)[:, 2:14, 2:14].min() == 255


@pytest.mark.parametrize("inner", ["", "deep/deeper"])
def test_nested_folders_belong_to_their_class(draw: Draw, tmp_path: Path, inner: str) -> None:
    for number in range(3):
        draw(f"a/{inner}/{number}.png")
        draw(f"b/{number}.png")
    assert read(tmp_path / "images").classes == ("a", "b")


def test_hidden_files_are_none(two_classes: Path) -> None:
    (two_classes / ".git").mkdir()
    (two_classes / ".git" / "x.png").write_bytes(b"x")
    (two_classes / "__MACOSX").mkdir()
    (two_classes / "cat" / "._0.png").write_bytes(b"x")
    (two_classes / ".DS_Store").write_bytes(b"x")
    data = read(two_classes)
    assert data.classes == ("cat", "dog") and notes(data) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")
def test_links_in_circles_and_pipes_end(two_classes: Path) -> None:
    (two_classes / "cat" / "again").symlink_to(two_classes / "cat")
    (two_classes / "cat" / "up").symlink_to(two_classes)
    (two_classes / "cat" / "nothing.png").symlink_to(two_classes / "gone.png")
    (two_classes / "cat" / "linked.png").symlink_to(two_classes / "cat" / "0.png")
    os.mkfifo(two_classes / "dog" / "pipe.png")
    data = read(two_classes)
    # up leads to the dogs too: they are below the folder cat, whoever put them there
    assert data.classes == ("cat", "dog")
    assert int((data.train_labels == 1).sum() + (data.validation_labels == 1).sum()) == 5


def test_an_empty_class_is_none(two_classes: Path) -> None:
    (two_classes / "cow").mkdir()
    (two_classes / "hen").mkdir()
    (two_classes / "hen" / "a.png").write_bytes(b"x")
    data = read(two_classes)
    assert data.classes == ("cat", "dog")
    assert notes(data)[0] == "Folders without an image are no class: cow, hen."


def test_odd_names_are_said_in_one_line(two_classes: Path) -> None:
    (two_classes / "cat" / "two\nlines\x1b[31m.png").write_bytes(b"x")
    assert "cat/two?lines?[31m.png" in notes(read(two_classes))[0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda root: "", "No folder"),
        (lambda root: root / "gone", "does not exist"),
        (lambda root: "a\0b", "not the name"),
        (lambda root: "x" * 5_000, "not the name"),
        (lambda root: root / "file.png", "is a file"),
        (lambda root: root / "empty", "no images in empty"),
        (lambda root: root / "one", "one class, cat"),
        (lambda root: root / "broken", "None of the images could be read"),
        (lambda root: root / "single", "too few images"),
    ],
)
def test_folders_that_nothing_can_be_learned_from(
    tmp_path: Path, draw: Draw, make: Callable[[Path], Path | str], words: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "images").mkdir()
    draw("../file.png")
    for number in range(3):
        draw(f"../one/cat/{number}.png")
    for name in ("a", "b"):
        draw(f"../broken/{name}/x.png").write_bytes(b"x")
        draw(f"../single/{name}/x.png")
    with pytest.raises(DataError, match=words) as caught:
        read(make(tmp_path))
    assert str(caught.value).endswith(".") and len(str(caught.value)) < 400


def test_reading_can_be_cancelled(two_classes: Path) -> None:
    said: list[str] = []

    def progress(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return False

    with pytest.raises(DataCancelledError):
        load(Recipe(data="folder", folder=str(two_classes)), SIZE, progress)
    assert said == ["Reading the images: 0 of 10"]


def test_looking_through_a_huge_folder_can_be_cancelled(two_classes: Path) -> None:
    for number in range(1_000):
        (two_classes / "cat" / f"{number}.txt").touch()
    said: list[str] = []

    def progress(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return False

    with pytest.raises(DataCancelledError):
        load(Recipe(data="folder", folder=str(two_classes)), SIZE, progress)
    assert said == ["Looking through the folder: 1,000 files"]
