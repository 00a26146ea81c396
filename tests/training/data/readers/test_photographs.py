"""Data sets of picture files, laid out as they are unpacked."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import Data, layout_of, load

SIZE = Shape(3, 4, 4)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which data sets live."""
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    return tmp_path


def picture(path: Path, shade: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (shade, 0, 0)).save(path)


def mat(**arrays: list[int]) -> bytes:
    """Rows of bytes in a file of MATLAB, not compressed."""

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<2I", kind, len(data)) + data + b"\0" * (-len(data) % 8)

    made = b"MATLAB 5.0".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    for name, values in arrays.items():
        parts = ((6, struct.pack("<2I", 11, 0)), (5, struct.pack("<2i", 1, len(values))), (1, name.encode()))
        numbers = element(4, np.array(values, "<u2").tobytes())
        made += element(14, b"".join(element(*part) for part in parts) + numbers)
    return made


def read(key: str) -> Data:
    return load(Recipe(data=key), SIZE)


def test_flowers(place: Path) -> None:
    folder = place / "flowers-102"
    for number in range(1, 9):
        picture(folder / "jpg" / f"image_{number:05d}.jpg", 30 * number)
    (folder / "imagelabels.mat").write_bytes(mat(labels=[102, 1, 1, 77, 102, 1, 2, 3]))
    (folder / "setid.mat").write_bytes(mat(trnid=[1, 2, 4], valid=[5, 6], tstid=[3, 7, 8]))
    data = read("flowers102")
    assert data.train_labels.tolist() == [101, 0, 76] and data.validation_labels.tolist() == [101, 0]
    assert len(data.classes) == 102 and "3 images to test with are left out." in data.notes
    assert [int(image[0, 2, 2]) for image in data.train_images] == pytest.approx([30, 60, 120], abs=3)
    (folder / "setid.mat").write_bytes(mat(other=[1]))
    with pytest.raises(DataError, match=r"setid\.mat is damaged.* It lies in .*flowers-102"):
        read("flowers102")
    assert (folder / "setid.mat").exists(), "what others have put there is never removed"


def test_pets(place: Path) -> None:
    folder = place / "oxford-iiit-pet"
    for name in ("Abyssinian_1", "pug_2", "pug_3"):
        picture(folder / "images" / f"{name}.jpg")
    (folder / "annotations").mkdir()
    (folder / "annotations" / "trainval.txt").write_text("Abyssinian_1 1 1 1\npug_2 26 2 9\n")
    (folder / "annotations" / "test.txt").write_text("pug_3 26 2 9\n")
    data = read("pets")
    assert data.train_labels.tolist() == [0, 25] and data.validation_labels.tolist() == [25]
    assert data.classes[25] == "Pug"
    (folder / "annotations" / "test.txt").write_text("pug_3\n")
    with pytest.raises(DataError, match=r"test\.txt is damaged in line 1"):
        read("pets")


@pytest.mark.parametrize("size", ["imagenette2-160", "imagenette2-320", "imagenette2"])
def test_imagenette_in_any_of_its_sizes(place: Path, size: str) -> None:
    for half in ("train", "val"):
        for name in ("n01440764", "n03888257"):
            picture(place / size / half / name / f"{half}.JPEG".replace("JPEG", "jpg"))
        for name in (
            "n02102040",
            "n02979186",
            "n03000684",
            "n03028079",
            "n03394916",
            "n03417042",
            "n03425413",
            "n03445777",
        ):
            (place / size / half / name).mkdir(parents=True)
    data = read("imagenette")
    assert data.train_labels.tolist() == data.validation_labels.tolist() == [0, 9]
    assert data.classes[0] == "tench" and data.classes[9] == "parachute"


@pytest.mark.parametrize("train", ["Final_Training/Images", "Training"])
def test_gtsrb_of_either_year(place: Path, train: str) -> None:
    root = place / "gtsrb" / "GTSRB"
    for label in range(43):
        picture(root / train / f"{label:05d}" / "00000_00000.ppm", label)
        (root / train / f"{label:05d}" / f"GT-{label:05d}.csv").write_text("Filename;Width\n")
    picture(root / "Final_Test" / "Images" / "00000.ppm")
    (place / "gtsrb" / "GT-final_test.csv").write_text("Filename;Width;Height;ClassId\n00000.ppm;8;6;16\n")
    layout = layout_of(Recipe(data="gtsrb"))
    assert layout is not None
    assert Counter(file.validation for file in layout.files) == {False: 43, True: 1}
    data = read("gtsrb")
    assert data.validation_labels.tolist() == [16] and data.classes[14] == "stop"
    assert data.train_images[:, 0, 2, 2].tolist() == list(range(43))
    (place / "gtsrb" / "GT-final_test.csv").write_text("Filename;Width\n00000.ppm;8\n")
    with pytest.raises(DataError, match="a row has no ClassId"):
        read("gtsrb")


def test_they_have_as_many_names_as_classes() -> None:
    known = {"flowers102": 102, "pets": 37, "imagenette": 10, "gtsrb": 43, "cifar100": 100, "emnist-balanced": 47}
    assert {key: len(set(DATASETS[key].names or ())) for key in known} == known
