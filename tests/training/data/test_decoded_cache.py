"""Pictures that were decoded once come from the disk as they were, and only while the files are what they were."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnnstudio.folders import decoded_folder
from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data import decoded_cache, image_folder, room
from cnnstudio.training.data.decoded_cache import held, limit
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import Data, load

SIZE = Shape(3, 8, 8)


@pytest.fixture(autouse=True)
def _worth_it(isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded_cache, "WORTH", 0.0)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twelve pictures in two classes, one of 16 bits and one broken."""
    random, folder = np.random.default_rng(0), tmp_path / "pictures"
    for number in range(12):
        path = folder / "ab"[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (10, 12, 3), dtype=np.uint8)).save(path)
    Image.fromarray(random.integers(0, 65_535, (9, 9), dtype=np.uint16)).save(folder / "a" / "deep.png")
    (folder / "b" / "broken.png").write_bytes(b"nothing")
    return folder


def loaded(folder: Path, size: Shape = SIZE) -> Data:
    return load(Recipe(data="folder", folder=str(folder)), size)


def same(one: Data, other: Data) -> bool:
    halves = ("train_images", "train_labels", "validation_images", "validation_labels")
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in halves) and (
        (one.classes, one.mean, one.std, one.scale, one.notes[:-2])
        == (other.classes, other.mean, other.std, other.scale, other.notes[:-2])
    )


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("It decodes.")

    monkeypatch.setattr(image_folder, "_read", refuse)


def test_nothing_is_decoded_twice(pictures: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = loaded(pictures)
    assert any("broken and left out" in note for note in first.notes) and first.scale is not None
    assert (
        any("are kept" in note and str(decoded_folder()) in note for note in first.notes) and held() > 13 * SIZE.numel
    )
    forbid(monkeypatch)
    assert same(loaded(pictures), first)
    pictures.rename(tmp_path / "elsewhere")  # it is what is in them that counts
    again = loaded(tmp_path / "elsewhere")
    assert torch.equal(again.train_images, first.train_images) and "decoded before" in " ".join(again.notes)
    again.train_images[:] = 0
    assert same(loaded(tmp_path / "elsewhere"), again) is False, "what is done to the images is not done to the file"


@pytest.mark.parametrize("how", ["another picture", "one more", "another size", "a damaged file"])
def test_what_has_changed_is_decoded(pictures: Path, how: str) -> None:
    first = loaded(pictures)
    one = pictures / "a" / "00.png"
    before = one.stat()
    if how == "another picture":  # of the same date
        Image.new("RGB", (12, 10), "red").save(one)
        os.utime(one, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif how == "one more":
        Image.new("RGB", (12, 10), "red").save(pictures / "a" / "99.png")
    elif how == "a damaged file":
        for path in decoded_folder().iterdir():
            path.write_bytes(path.read_bytes()[:40])
    found = loaded(pictures, Shape(3, 9, 9) if how == "another size" else SIZE)
    assert "decoded before" not in " ".join(found.notes)
    assert same(found, first) is (how == "a damaged file")


def test_what_was_cut_is_not_taken_for_what_has_a_border(pictures: Path) -> None:
    def read(fit: str) -> Data:
        return load(Recipe(data="folder", folder=str(pictures), fit=fit), SIZE)

    cut, padded = read("cut"), read("pad")
    assert not torch.equal(cut.train_images, padded.train_images)
    assert same(read("cut"), cut) and same(read("pad"), padded)


def test_what_was_of_no_use_for_longest_goes_first(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(pictures)
    (oldest,) = decoded_folder().glob("*.npy")
    os.utime(oldest, (1, 1))
    loaded(pictures, Shape(3, 9, 9))
    assert len(list(decoded_folder().glob("*.npy"))) == 2
    monkeypatch.setenv("CNNSTUDIO_DECODED_GB", str(2.5 * held() / 2 / 1024**3))
    assert limit() < 3 * held() / 2
    loaded(pictures, Shape(3, 10, 10))
    assert not oldest.exists() and not oldest.with_suffix(".json").exists()
    assert len(list(decoded_folder().glob("*.npy"))) == 2 and held() <= limit()
    monkeypatch.setenv("CNNSTUDIO_DECODED_GB", "0")
    loaded(pictures, Shape(3, 11, 11))
    assert not [path for path in decoded_folder().iterdir() if "11x11" in path.name]


def test_a_disk_that_takes_nothing_hinders_nobody(pictures: Path, isolated_home: Path) -> None:
    decoded_folder().parent.mkdir(parents=True, exist_ok=True)
    decoded_folder().write_text("no folder")
    assert "are kept" not in " ".join(loaded(pictures).notes)


def test_looking_whether_it_is_known_can_be_cancelled(pictures: Path) -> None:
    loaded(pictures)
    with pytest.raises(DataCancelledError):
        load(Recipe(data="folder", folder=str(pictures)), SIZE, lambda sentence, _: "are known" not in sentence)


def test_what_was_decoded_in_a_moment_is_not_kept(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded_cache, "WORTH", 60.0)
    loaded(pictures)
    assert held() == 0


def test_images_for_which_there_is_no_room_in_memory_come_from_the_disk_bit_for_bit(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = loaded(pictures)
    for path in decoded_folder().iterdir():
        path.unlink()
    empty = np.empty
    made: list[object] = []

    def watched(shape: object, *rest: object, **more: object) -> np.ndarray:
        made.append(shape)
        return empty(shape, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(image_folder, "is_modest", lambda needed: False)
    monkeypatch.setattr(np, "empty", watched)
    monkeypatch.setattr(image_folder, "check_room", lambda *_: pytest.fail("It is not asked for in memory."))
    first = loaded(pictures)
    assert same(before, first) and "come from there while the network trains" in first.notes[-2]
    assert not [each for each in made if isinstance(each, tuple) and len(each) == 4], "nobody holds them all"
    monkeypatch.setattr(np, "empty", empty)
    assert [path.suffix for path in sorted(decoded_folder().iterdir())] == [".json", ".npy"]
    forbid(monkeypatch)
    again = loaded(pictures)
    assert same(first, again) and again.train_images.data_ptr() != first.train_images.data_ptr()
    assert "were decoded before" in again.notes[-2]


def test_where_a_disk_has_no_room_either_it_is_said(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_folder, "is_modest", lambda needed: False)
    monkeypatch.setattr(image_folder, "has_room", lambda needed: True)

    def full(self: object, place: int, image: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(decoded_cache._Written, "__setitem__", full)
    with pytest.raises(DataError, match="the disk is full"):
        loaded(pictures)
    assert not list(decoded_folder().iterdir()), "nothing is left half done"
    monkeypatch.setattr(image_folder, "has_room", lambda needed: False)
    monkeypatch.setattr(room, "headroom", lambda: 100)
    with pytest.raises(DataError, match="Use fewer images or a smaller Input"):
        loaded(pictures)


def test_a_quarter_of_the_memory_is_taken_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "whole", lambda: 8_000_000_000)
    monkeypatch.setattr(room, "headroom", lambda: 7_000_000_000)
    assert room.is_modest(2_000_000_000) and not room.is_modest(2_000_000_001)
    monkeypatch.setattr(room, "headroom", lambda: 3_000_000_000)
    assert not room.is_modest(1_900_000_000)
