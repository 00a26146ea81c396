"""How a picture comes into the network: cut, with a border or stretched, on a ground, decoded small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data import image_folder
from cnnstudio.training.data.image_folder import read_picture
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.data.picture import FITS, GROUNDS, USUAL, Rules, picture_bytes


def wide(path: Path) -> Path:
    """24 × 8 pixels: red, green and blue from left to right."""
    pixels = np.zeros((8, 24, 3), np.uint8)
    for number in range(3):
        pixels[:, 8 * number : 8 * number + 8, number] = 255
    Image.fromarray(pixels).save(path)
    return path


def folder(root: Path, count: int = 4) -> Path:
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        for number in range(count):
            wide(root / name / f"{number}.png")
    return root


def read(root: Path, size: Shape, **values: object) -> Data:
    return load(Recipe(data="folder", folder=str(root), **values), size)  # type: ignore[arg-type]


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_recipe_says_how_pictures_fit(tmp_path: Path, ground: str) -> None:
    root, shade = folder(tmp_path / "images"), {"white": 255, "grey": 128, "black": 0}[ground]
    cut = read(root, Shape(3, 8, 8), ground=ground)
    assert (cut.train_images[0, 1] == 255).all() and not cut.train_images[0, 0].any(), "the middle alone"
    assert cut.notes[-1] == "Image folder: the images are cut to the Input's proportions and resized to 8 × 8."
    padded = read(root, Shape(3, 12, 12), fit="pad", ground=ground).train_images[0]
    assert (padded[:, 0] == shade).all() and (padded[:, -1] == shade).all()
    assert padded[:, 6, 0].tolist() == [255, 0, 0] and padded[:, 6, -1].tolist() == [0, 0, 255]
    stretched = read(root, Shape(3, 6, 6), fit="stretch", ground=ground)
    assert stretched.train_images[0, :, 3, 0].tolist() == [255, 0, 0]
    assert stretched.train_images[0, :, 3, -1].tolist() == [0, 0, 255]
    assert stretched.rules == Rules("stretch", ground)
    assert "stretched to 6 × 6, whatever their proportions" in stretched.notes[-1]


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_transparent_lies_on_the_ground(tmp_path: Path, ground: str, channels: int) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    found = read_picture(tmp_path / "clear.png", Shape(channels, 8, 8), rules=Rules("cut", ground))
    assert np.unique(found).tolist() == [{"white": 255, "grey": 128, "black": 0}[ground]]


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [(1, 1), (1, 5_000), (5_000, 1), (3, 2)])
def test_the_thinnest_pictures_are_read(tmp_path: Path, fit: str, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "thin.png")
    found = read_picture(tmp_path / "thin.png", Shape(3, 8, 8), rules=Rules(fit, "black"))
    assert found.shape == (3, 8, 8) and found[0].max() > 0 and not found[1:].any()


def photograph(path: Path, width: int, height: int) -> Path:
    """Large soft shapes, as photographs are."""
    across, down = np.meshgrid(np.linspace(0, 6, width), np.linspace(0, 4, height))
    layers = [127 + 120 * np.sin(across * (1 + n) + down) * np.cos(down * (2 - n / 2)) for n in range(3)]
    Image.fromarray(np.stack(layers, 2).clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return path


def test_a_jpeg_is_decoded_small_and_hardly_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, size = photograph(tmp_path / "a.jpg", 800, 600), Shape(3, 64, 64)
    small = read_picture(path, size).astype(int)
    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.draft", lambda *_: None)
    whole = read_picture(path, size).astype(int)
    assert 0 < np.abs(small - whole).max() <= 2


def test_a_jpeg_near_the_size_of_the_input_is_decoded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, size = photograph(tmp_path / "a.jpg", 120, 120), Shape(3, 64, 64)
    found = read_picture(path, size)
    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.draft", lambda *_: None)
    assert np.array_equal(found, read_picture(path, size))


def test_what_was_decoded_small_and_what_moves_is_said(tmp_path: Path) -> None:
    root = folder(tmp_path / "images", 2)
    photograph(root / "a" / "large.jpg", 400, 300)
    photograph(root / "b" / "small.jpg", 30, 30)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(root / "a" / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(root / "b" / "pages.tif", save_all=True, append_images=frames[1:])
    notes = read(root, Shape(3, 16, 16)).notes
    assert any(note.startswith("1 JPEG picture decoded at a half, a quarter or an eighth") for note in notes)
    assert "2 pictures moving, or with several pages: of each the first was taken." in notes
    assert read_picture(root / "a" / "moving.gif", Shape(3, 8, 8))[:, 4, 4].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["webp", "avif"])
def test_other_formats_where_pillow_has_them(tmp_path: Path, kind: str) -> None:
    if not features.check(kind):
        pytest.skip(f"this Pillow has no {kind}")
    root = folder(tmp_path / "images", 2)
    for name in ("a", "b"):
        Image.new("RGB", (16, 16), (200, 20, 20)).save(root / name / f"more.{kind}")
    assert sum(read(root, Shape(3, 8, 8)).counts) == 6
    found = read_picture(root / "a" / f"more.{kind}", Shape(3, 8, 8))
    assert np.abs(found[:, 4, 4].astype(int) - (200, 20, 20)).max() <= 6


def test_a_picture_that_does_not_fit_into_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder(tmp_path / "images", 2)
    Image.new("L", (400, 300)).save(root / "a" / "large.png")
    monkeypatch.setattr(image_folder, "_DECODED", 500_000)
    monkeypatch.setattr(image_folder, "headroom", lambda: 900_000)
    monkeypatch.setattr(image_folder, "check_room", lambda *_: None)
    (note,) = [note for note in read(root, Shape(3, 8, 8)).notes if "broken" in note]
    assert "large.png (120,000 pixels take 938 KiB to decode, and 879 KiB are free)" in note


def test_rules_travel_with_the_weights_and_a_stranger_s_are_not_believed() -> None:
    assert USUAL.metadata == {} and Rules.told({}) == USUAL
    rules = Rules("pad", "black")
    assert Rules.told(rules.metadata) == rules
    assert Rules.told({"fit": "'; import os", "ground": "url(x)"}) == USUAL


def test_what_is_read_alone_is_what_is_read_in_a_folder(tmp_path: Path) -> None:
    path = wide(tmp_path / "a.png")
    for fit in FITS:
        alone = picture_bytes(str(path), 3, 10, 12, (0.0, 1.0), fit=fit, ground="grey")
        found = read_picture(path, Shape(3, 10, 12), rules=Rules(fit, "grey"))
        assert np.frombuffer(alone, np.uint8).reshape(10, 12, 3).transpose(2, 0, 1).tobytes() == found.tobytes()
