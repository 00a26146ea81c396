"""What an image folder holds is told by what the names of its folders mean, before any image is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import FolderLayout, Half, class_roots, folder_layout, half

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Make empty files of these names, with a number each for so many in a folder: ``train/cat: 3``."""

    def laid(**folders: int) -> Path:
        for name, count in folders.items():
            place = tmp_path / "set" / name.replace("__", "/")
            place.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                (place / f"{number}.png").touch()
        return tmp_path / "set"

    return laid


def halves(layout: FolderLayout) -> tuple[int, int]:
    kept = sum(file.validation for file in layout.files)
    return len(layout.files) - kept, kept


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("train", Half.TRAIN),
        ("Training", Half.TRAIN),
        ("seg_train", Half.TRAIN),
        ("TrainSet", Half.TRAIN),
        ("train_images", Half.TRAIN),
        ("dev", Half.VALIDATION),
        ("EVAL", Half.VALIDATION),
        ("valid-224", Half.VALIDATION),
        ("Testing", Half.TEST),
        ("test2", Half.TEST),
        ("seg_pred", Half.UNKNOWN),
        ("trains", None),
        ("latest", None),
        ("device", None),
        ("train_test", None),
        ("", None),
    ],
)
def test_a_half_is_known_by_a_word_of_its_name(name: str, meaning: Half | None) -> None:
    assert half(name) is meaning


@pytest.mark.parametrize(
    ("train", "other"),
    [
        ("train", "val"),
        ("train", "dev"),
        ("train", "eval"),
        ("Training", "Testing"),
        ("seg_train", "seg_test"),
        ("TRAIN", "Validation"),
        ("seg_train__seg_train", "seg_test__seg_test"),
    ],
)
def test_splits_are_known_by_what_their_names_mean(lay: Lay, train: str, other: str) -> None:
    root = lay(**{f"{train}__cat": 4, f"{train}__dog": 3, f"{other}__cat": 2, f"{other}__dog": 1})
    layout = folder_layout(str(root))
    assert layout.names == ("cat", "dog") and halves(layout) == (7, 3) and layout.notes == ()
    assert layout.sentence == "10 images of 2 classes: cat 6, dog 4; 3 of them to validate with."


@pytest.mark.parametrize("flat", ["test", "val", "Testing", "test__images", "seg_pred"])
def test_a_half_without_classes_is_left_out_and_said(lay: Lay, flat: str) -> None:
    layout = folder_layout(str(lay(**{"train__cat": 4, "train__dog": 3, flat: 5})))
    assert layout.names == ("cat", "dog") and halves(layout) == (7, 0)
    (note,) = layout.notes
    assert note == f"5 images in {flat.partition('__')[0]} are left out: they have no class."
    assert layout.sentence.endswith("a share of each class is kept to validate with.")


def test_a_test_beside_a_validation_is_not_left_out_without_a_word(lay: Lay) -> None:
    names = {f"{part}__{name}": 2 for part in ("train", "validation", "test") for name in ("cat", "dog")}
    layout = folder_layout(str(lay(**names)))
    assert halves(layout) == (4, 4)
    assert all("validation" in str(file.path) for file in layout.files if file.validation)
    assert layout.notes == ("4 images in test are left out: validation is there to validate with.",)


def test_a_class_that_keeps_halves_of_its_own(lay: Lay) -> None:
    names = {f"{name}__{part}": 2 for part in ("train", "test") for name in ("cat", "dog")}
    layout = folder_layout(str(lay(**names)))
    assert layout.names == ("cat", "dog") and halves(layout) == (4, 4)


def test_classes_may_be_called_like_halves(lay: Lay) -> None:
    assert folder_layout(str(lay(train=3, bus=3, test=2))).names == ("bus", "test", "train")


def test_a_class_called_train_may_hold_folders(lay: Lay) -> None:
    layout = folder_layout(str(lay(train__steam=3, train__diesel=3, bus=3)))
    assert layout.names == ("bus", "train")


def test_what_is_beside_the_halves_is_left_out_and_said(lay: Lay) -> None:
    layout = folder_layout(str(lay(train__a=2, train__b=2, val__a=1, val__b=1, extra=2)))
    assert layout.names == ("a", "b")
    assert layout.notes == ("Neither to train nor to validate with, and left out: extra.",)


def test_names_of_classes_need_not_be_capitalised_alike(lay: Lay) -> None:
    layout = folder_layout(str(lay(train__Cat=2, train__Dog=2, val__cat=1, val__dog=1)))
    assert layout.names == ("Cat", "Dog") and halves(layout) == (4, 2)


def test_a_folder_that_wraps_all_is_looked_through(lay: Lay) -> None:
    assert folder_layout(str(lay(pets__train__a=2, pets__train__b=2, pets__test=1))).names == ("a", "b")


def test_loose_images_are_said(lay: Lay) -> None:
    root = lay(a=2, b=2)
    (root / "c.png").touch()
    assert folder_layout(str(root)).notes == ("1 file is in no folder of a class, and left out.",)


def test_nothing_but_loose_images_is_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").touch()
    with pytest.raises(DataError, match=r"3 images lie in it loose.*one folder of images for each class"):
        folder_layout(str(tmp_path))


@pytest.mark.parametrize("name", ["cat", "train__cat"])
def test_one_class_is_a_sentence_with_the_way_out(lay: Lay, name: str) -> None:
    with pytest.raises(DataError, match=r"one class, cat; there must be two or more.*one folder"):
        folder_layout(str(lay(**{name: 2})))


def test_where_a_class_may_come_is_watched(lay: Lay) -> None:
    root = lay(seg_train__seg_train__a=1, seg_train__seg_train__b=1, seg_test__a=1)
    assert {str(place.relative_to(root)) for place in class_roots(root)} == {
        ".", "seg_train", "seg_test", str(Path("seg_train", "seg_train"))
    }  # fmt: skip
