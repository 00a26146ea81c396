"""Fitting: what little is held beside the images, and that they are what they would be if all were made at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data import fitting, room
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.fitting import arranged, fitted, moments
from cnnstudio.training.data.loading import SAMPLE, load
from cnnstudio.training.data.raw import only, some
from cnnstudio.training.data.room import WORK, at_once, check_room
from cnnstudio.worker import unheard


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (90, 3, 20, 24), dtype=np.uint8)


@pytest.mark.parametrize("size", [Shape(3, 20, 24), Shape(1, 20, 24), Shape(3, 31, 9), Shape(1, 64, 64)])
def test_a_part_at_a_time_gives_the_same_images(
    noise: np.ndarray, size: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = torch.from_numpy(noise).float()
    if size.channels == 1:
        whole = (whole * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    if size.spatial != (20, 24):
        whole = interpolate(whole, size.spatial, mode="bilinear", antialias=True, align_corners=False)
    monkeypatch.setattr(room, "WORK", 7 * 4 * 3 * 64 * 64)
    parts = (noise[:50], noise[50:51], noise[51:])
    found, came = fitted(parts, 90, size, "Resizing", unheard)
    assert torch.equal(found, whole.round().clamp(0, 255).to(torch.uint8)) and came == (3, 20, 24)


def test_what_fits_already_is_not_copied(noise: np.ndarray) -> None:
    found, _ = fitted((noise,), 90, Shape(3, 20, 24), "Resizing", unheard)
    assert found.data_ptr() == noise.ctypes.data


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_images_are_put_in_order_where_they_are(count: int) -> None:
    order = np.random.default_rng(count).permutation(count)
    images = torch.arange(count * 6, dtype=torch.uint8).view(count, 1, 2, 3)
    wanted, place = images[torch.from_numpy(order)], images.data_ptr()
    arranged(images, order)
    assert torch.equal(images, wanted) and images.data_ptr() == place


def test_moments_are_those_of_all_pixels(noise: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "WORK", 4 * 3 * 24 * 6)  # six rows of one image
    images = torch.from_numpy(noise)
    mean, std = moments(images)
    exact = images.double().div(255)
    torch.testing.assert_close(torch.tensor(mean, dtype=torch.float64), exact.mean((0, 2, 3)), atol=1e-9, rtol=0)
    torch.testing.assert_close(
        torch.tensor(std, dtype=torch.float64), exact.std((0, 2, 3), correction=0), atol=1e-9, rtol=0
    )


def test_work_is_counted_in_bytes() -> None:
    assert at_once((3, 224, 224)) == WORK // (4 * 3 * 224 * 224) < 64
    assert at_once((1, 8, 8), 64) == 64 and at_once((3, 10_000, 10_000)) == 1


def test_the_room_check_counts_what_is_held_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    size, count = Shape(3, 224, 224), 1_000
    monkeypatch.setattr(room, "headroom", lambda: 2 * count * size.numel)  # the result alone takes just half
    with pytest.raises(DataError, match=r"while they are read.*at most half of that is taken"):
        check_room(count, size)
    monkeypatch.setattr(room, "headroom", lambda: 2 * room.peak(count * size.numel))
    check_room(count, size)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux alone tells what is held at most")
@pytest.mark.parametrize("most", [None, SAMPLE])
def test_loading_holds_little_beside_what_it_keeps(most: int | None) -> None:
    """The shapes at 64 × 80 are 77 MB; what PyTorch and the drawing hold in any case is 32 MB."""
    load(Recipe(data="shapes"), Shape(3, 40, 40), most=1_000_000)  # what is made ready once
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = held("VmRSS")
    data = load(Recipe(data="shapes"), Shape(3, 64, 80), most=most)
    peak = held("VmHWM") - before
    kept = data.train_images.numel() + data.validation_images.numel()
    assert peak < (1.15 * kept + 32e6 if most is None else 100e6), f"{peak / 1e6:.0f} MB for {kept / 1e6:.0f} MB"


def held(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(each.split()[1]) * 1024 for each in lines if each.startswith(name))


def test_some_images_are_the_first_of_each_class() -> None:
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 1, 2])
    apart = np.zeros(12, bool)
    apart[[2, 5, 8, 11]] = True
    assert some(labels, apart, 12).tolist() == list(range(12))
    assert some(labels, apart, 5).tolist() == [0, 1, 2, 6, 7]
    assert some(labels, apart, 6).tolist() == [0, 1, 2, 6, 7, 10]


def test_parts_that_nobody_needs_are_not_made() -> None:
    made = []

    def parts() -> Iterator[np.ndarray]:
        for start in range(0, 100, 10):
            made.append(start)
            yield np.arange(start, start + 10, dtype=np.uint8).reshape(10, 1, 1, 1)

    found = np.concatenate(list(only(parts(), np.array([3, 9, 31, 32]))))
    assert found.ravel().tolist() == [3, 9, 31, 32] and made == [0, 10, 20, 30]


def test_a_sample_is_the_beginning_of_the_whole() -> None:
    size = Shape(1, 16, 16)
    whole, part = load(Recipe(), size), load(Recipe(), size, most=100 * size.numel)
    assert part.whole == whole.counts == (len(whole.train_labels), len(whole.validation_labels))
    assert whole.whole is None and len(part.train_labels) == 80 and len(part.validation_labels) == 20
    assert torch.equal(part.validation_images, whole.validation_images[:20])
    assert torch.bincount(part.train_labels).tolist() == [8] * 10
    for label in range(10):
        first = [data.train_images[data.train_labels == label][0] for data in (whole, part)]
        assert torch.equal(*first)
    assert load(Recipe(), size, most=SAMPLE).whole is None
