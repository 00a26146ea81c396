"""Data: what is read, how it is made to fit the network, and what a step does to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from cnnstudio.graph import Shape
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.resources import resource
from cnnstudio.training.augmentation.cropping import mirrored, moved
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import load, normalised, split


def test_the_digits_come_with_the_program() -> None:
    assert resource("data", "digits", "digits.npz").stat().st_size < 100_000
    assert "10.24432/C50P49" in resource("data", "digits", "ATTRIBUTION.md").read_text(encoding="utf-8")
    data = load(Recipe(), Shape(1, 8, 8))
    assert data.shape == (1, 8, 8) and data.classes == tuple("0123456789") and data.notes == ()
    assert len(data.train_labels) + len(data.validation_labels) == 1_797
    assert data.train_images.dtype == torch.uint8 and data.train_labels.dtype == torch.int64
    assert (int(data.train_images.min()), int(data.train_images.max())) == (0, 255)
    assert not data.mirror


def test_validation_is_a_share_of_every_class_by_seed() -> None:
    data, again, other = (load(Recipe(seed=seed), Shape(1, 8, 8)) for seed in (1, 1, 2))
    shares = torch.bincount(data.validation_labels) / (
        torch.bincount(data.validation_labels) + torch.bincount(data.train_labels)
    )
    assert torch.all((shares - 0.2).abs() < 0.01)
    assert torch.equal(data.validation_images, again.validation_images)
    assert not torch.equal(data.validation_labels, other.validation_labels)


def test_split_never_takes_the_only_image_of_a_class() -> None:
    labels = np.array([0, 1, 1, 2, 2, 2])
    kept = split(labels, 0.9, 0)
    assert sorted(labels[kept]) == [1, 2, 2]
    assert split(labels, 0.05, 0).size == 2
    assert split(np.array([0, 1, 2]), 0.5, 0).size == 0


@pytest.mark.parametrize(
    ("data", "size", "words"),
    [
        ("digits", Shape(1, 28, 28), "resized from 8 × 8 to 28 × 28"),
        ("digits", Shape(3, 8, 8), "given three equal channels"),
        ("shapes", Shape(1, 20, 24), "resized from 32 × 32 to 20 × 24 and turned to grey"),
    ],
)
def test_images_take_the_size_of_the_input(data: str, size: Shape, words: str) -> None:
    found = load(Recipe(data=data), size)
    assert found.shape == size and len(found.notes) == 1 and words in found.notes[0]
    assert len(found.mean) == len(found.std) == size.channels
    x = normalised(found.train_images, *(torch.tensor(m).view(-1, 1, 1) for m in (found.mean, found.std)))
    torch.testing.assert_close(x.mean((0, 2, 3)), torch.zeros(size.channels), atol=1e-3, rtol=0)
    torch.testing.assert_close(x.std((0, 2, 3)), torch.ones(size.channels), atol=1e-3, rtol=0)


def test_grey_is_as_bright_as_the_colour() -> None:
    colour, grey = (load(Recipe(data="shapes"), Shape(channels, 32, 32)) for channels in (3, 1))
    luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    expected = (colour.train_images.float() * luma).sum(1, keepdim=True)
    assert (grey.train_images.float() - expected).abs().max() <= 0.51


@pytest.mark.parametrize("size", [Shape(64), Shape(2, 8, 8), Shape(16, 4)])
def test_an_input_that_no_image_fits(size: Shape) -> None:
    with pytest.raises(DataError, match="1 channel"):
        load(Recipe(), size)


def test_loading_can_be_cancelled() -> None:
    with pytest.raises(DataCancelledError):
        load(Recipe(), Shape(1, 28, 28), lambda sentence, share: False)


def test_images_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", type("Memory", (), {"available": 10_000_000}))
    with pytest.raises(DataError, match="MiB"):
        load(Recipe(), Shape(3, 224, 224))


def test_augmented_images_are_windows_of_the_padded_ones() -> None:
    """Every result must be one of the 81 crops of the image with padding 4, or its mirror image."""
    images = torch.randint(1, 256, (40, 3, 32, 32), dtype=torch.uint8)
    draws = torch.Generator().manual_seed(0)
    altered = mirrored(moved(images, draws), torch.rand(40, generator=draws) < 0.5)
    padded = torch.nn.functional.pad(images, (4, 4, 4, 4))
    count, places = 0, set()
    for image, found in zip(padded, altered, strict=True):
        crops = {(top, left): image[:, top : top + 32, left : left + 32] for top in range(9) for left in range(9)}
        plain = [place for place, crop in crops.items() if torch.equal(crop, found)]
        turned = [place for place, crop in crops.items() if torch.equal(crop.flip(2), found)]
        assert len(plain) + len(turned) == 1
        count += len(turned)
        places.update(plain + turned)
    assert 8 < count < 32 and len(places) > 20


def test_moving_follows_the_generator() -> None:
    images = torch.arange(8 * 64, dtype=torch.int64).to(torch.uint8).view(8, 1, 8, 8)
    one, two = (moved(images, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, two) and one.shape == images.shape and one.dtype == torch.uint8
    tiny = images[:, :, :4, :4]
    assert torch.equal(moved(tiny, torch.Generator()), tiny), "less than 8 pixels have no room to move"


def test_images_of_one_colour_do_not_divide_by_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "cnnstudio.training.data.loading.shapes",
        lambda count: (iter([np.full((40, 3, 32, 32), 9, np.uint8)]), np.arange(40, dtype=np.int64) % 10),
    )
    data = load(Recipe(data="shapes"), Shape(3, 32, 32))
    assert data.std == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_damaged_digits_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    path = tmp_path / "digits.npz"
    path.write_bytes(content)
    monkeypatch.setattr("cnnstudio.training.data.loading.resource", lambda *parts: path)
    with pytest.raises(DataError, match="install the program again"):
        load(Recipe(), Shape(1, 8, 8))


def test_the_images_to_train_with_are_counted_before_they_are_loaded() -> None:
    for key in ("digits", "shapes"):
        data = load(Recipe(data=key, validation_share=0.25), DATASETS[key].shape or Shape())
        told = DATASETS[key].train_images(0.25)
        assert told == pytest.approx(len(data.train_labels), rel=0.01)
    assert DATASETS["cifar10"].train_images(0.25) == 50_000
    assert DATASETS["folder"].train_images(0.25) is None


def test_images_at_hand_are_read_as_they_are_declared() -> None:
    for dataset in DATASETS.values():
        if dataset.is_at_hand:
            data = load(Recipe(data=dataset.key), dataset.shape or Shape())
            assert data.notes == () and data.name == dataset.title and data.mirror == dataset.mirror
            assert data.classes == dataset.names
            labels = torch.cat((data.train_labels, data.validation_labels))
            assert len(labels) == dataset.images and labels.unique().tolist() == list(range(len(data.classes)))
