"""Archives of NumPy as MedMNIST and Keras write them, and what cannot be learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.data.readers.npz import read_npz

RANDOM = np.random.default_rng(0)


def images(count: int, *size: int) -> np.ndarray:
    return RANDOM.integers(0, 256, (count, *size), dtype=np.uint8)


def med(**changes: Any) -> dict[str, np.ndarray]:
    made: dict[str, np.ndarray] = {}
    for half, count in (("train", 6), ("val", 3), ("test", 2)):
        made |= {f"{half}_images": images(count, 5, 4, 3), f"{half}_labels": np.arange(count)[:, None] % 3}
    return made | changes


def read(path: Path, size: Shape) -> Data:
    return load(Recipe(data="file", folder=str(path)), size)


def test_as_medmnist_writes_them(tmp_path: Path) -> None:
    made = med()
    np.savez_compressed(tmp_path / "bloodmnist.npz", **made)
    data = read(tmp_path / "bloodmnist.npz", Shape(3, 5, 4))
    assert data.classes == ("0", "1", "2") and data.counts == (6, 3)
    assert data.notes == ("File of images: 2 images to test with are left out.",)
    assert np.array_equal(data.train_images.numpy().transpose(0, 2, 3, 1), made["train_images"])
    assert data.validation_labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("shape", [(7, 6), (7, 6, 1), (1, 7, 6)])
def test_as_keras_writes_them_and_in_every_order_of_axes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    train, test = images(4, *shape), np.asfortranarray(images(2, *shape))
    np.savez(tmp_path / "a.npz", x_train=train, y_train=[0, 1, 0, 1], x_test=test, y_test=[1, 0])
    data = read(tmp_path / "a.npz", Shape(1, 7, 6))
    assert np.array_equal(data.train_images.numpy().reshape(4, 7, 6), train.reshape(4, 7, 6))
    assert np.array_equal(data.validation_images.numpy().reshape(2, 7, 6), test.reshape(2, 7, 6))


def test_images_without_a_split_are_split_by_the_recipe(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=images(20, 4, 4), labels=np.arange(20) % 2)
    assert read(tmp_path / "a.npz", Shape(1, 4, 4)).counts == (16, 4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"train_labels": np.zeros((6, 14), int)}, "train_labels in a.npz holds 14 labels an image"),
        ({"train_labels": np.zeros((5, 1), int)}, "6 images and 5 labels"),
        ({"train_labels": np.zeros((6, 1))}, "must hold one whole number an image"),
        ({"train_images": images(6, 5, 4, 3).astype(np.float32)}, "holds float32 and must hold bytes"),
        ({"train_images": images(6, 5)}, "train_images in a.npz is 6 × 5; images are number × height × width"),
        ({"train_images": images(6, 5, 4, 7)}, "6 × 5 × 4 × 7"),
        ({"train_images": np.array([object()] * 6)}, "6; images are number"),
    ],
)
def test_what_cannot_be_learned_is_said(tmp_path: Path, changes: dict[str, np.ndarray], said: str) -> None:
    np.savez(tmp_path / "a.npz", **med(**changes))
    with pytest.raises(DataError, match=said.replace(".", r"\.")):
        read_npz(tmp_path / "a.npz", "Images")


def test_other_arrays_and_torn_archives_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", weights=images(3, 3), bias=images(3))
    with pytest.raises(DataError, match=r"a\.npz must hold images and labels.* it holds bias and weights\."):
        read_npz(tmp_path / "a.npz", "Images")
    np.savez(tmp_path / "b.npz", **med())
    whole = (tmp_path / "b.npz").read_bytes()
    for content in (b"", b"no archive", whole[: len(whole) // 2], whole.replace(b"NUMPY", b"MUMPY")):
        (tmp_path / "b.npz").write_bytes(content)
        with pytest.raises(DataError, match=r"b\.npz"):
            list(read_npz(tmp_path / "b.npz", "Images").parts)
    with pytest.raises(DataError, match=r"There is no .*nothing\.npz"):
        read(tmp_path / "nothing.npz", Shape(1, 4, 4))
    np.savez(tmp_path / "c.npz", images=images(4, 4, 4), labels=np.zeros(4, int))
    with pytest.raises(DataError, match=r"All images in c\.npz are of one class"):
        read(tmp_path / "c.npz", Shape(1, 4, 4))
