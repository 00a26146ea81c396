"""idx files, plain and compressed, whole and torn."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnnstudio.training.data.errors import DamagedError
from cnnstudio.training.data.readers.idx import read_half, read_labels

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
LABELS = np.array([3, 1, 4, 1, 5], np.uint8)


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    head = struct.pack(">HBB", 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("is_turned", [False, True])
def test_images_and_labels(tmp_path: Path, pack: Callable[[bytes], bytes], is_turned: bool) -> None:
    (tmp_path / "images").write_bytes(pack(idx(IMAGES)))
    (tmp_path / "labels").write_bytes(pack(idx(LABELS)))
    half = read_half(tmp_path / "images", tmp_path / "labels", is_turned)
    images = np.concatenate(list(half.images))
    assert half.labels.tolist() == [3, 1, 4, 1, 5]
    assert np.array_equal(images[:, 0], IMAGES.transpose(0, 2, 1) if is_turned else IMAGES)


def test_of_several_numbers_an_image_the_first_is_its_label(tmp_path: Path) -> None:
    table = np.array([[7, 0, 9], [2, 1, 300]], ">i4")
    (tmp_path / "labels").write_bytes(idx(table, 12))
    assert read_labels(tmp_path / "labels").tolist() == [7, 2]


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (idx(IMAGES)[:-1], idx(LABELS), "images is damaged: it has 75 bytes instead of 76"),
        (idx(IMAGES) + b"x", idx(LABELS), "instead of 76"),
        (gzip.compress(idx(IMAGES))[:-9], idx(LABELS), "images is damaged: it ends too early"),
        (gzip.compress(idx(IMAGES)[:-1]), idx(LABELS), "it ends before the last image"),
        (idx(IMAGES), idx(LABELS)[:-1], "the 5 labels that it tells of"),
        (idx(IMAGES), idx(LABELS[:4]), "5 images and 4 labels, which do not belong together"),
        (b"<html>Please log in</html>", idx(LABELS), "images is no idx file"),
        (b"", idx(LABELS), "images is no idx file"),
        (idx(LABELS), idx(LABELS), "images holds no images"),
        (struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31), idx(LABELS), "it says that it holds"),
    ],
)
def test_a_torn_or_strange_file_is_named(tmp_path: Path, images: bytes, labels: bytes, said: str) -> None:
    (tmp_path / "images").write_bytes(images)
    (tmp_path / "labels").write_bytes(labels)
    with pytest.raises(DamagedError, match=said):
        list(read_half(tmp_path / "images", tmp_path / "labels").images)
