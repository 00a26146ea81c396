"""What an image folder holds is told by what the names of its folders mean, before any image is opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnstudio.training.data import folder_layout as module
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.folder_layout import DEEPEST, FolderLayout, class_roots, folder_layout
from cnnstudio.training.data.half_names import Half, half

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


links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


@links
def test_a_picture_is_counted_where_it_lies_and_once(lay: Lay) -> None:
    root = lay(cat=3, dog=3)
    (root / "ant").mkdir()
    (root / "ant" / "a.png").symlink_to(root / "cat" / "0.png")
    (root / "ant" / "b.png").touch()
    os.link(root / "cat" / "1.png", root / "dog" / "hard.png")
    (root / "dog" / "more").symlink_to(root / "cat")
    layout = folder_layout(str(root))
    assert {name: sum(file.name == name for file in layout.files) for name in layout.names} == {
        "ant": 1, "cat": 3, "dog": 3,
    }  # fmt: skip
    assert layout.notes == ("5 files are reached a second time by links, and counted once.",)


@links
def test_a_validation_that_is_a_link_to_the_training_validates_nothing(lay: Lay) -> None:
    root = lay(train__a=3, train__b=3)
    (root / "val").symlink_to(root / "train")
    layout = folder_layout(str(root))
    assert halves(layout) == (6, 0)
    assert "6 files are reached a second time by links, and counted once." in layout.notes


@links
def test_pictures_that_lie_elsewhere_are_found_by_their_links(lay: Lay, tmp_path: Path) -> None:
    root = lay(a=1, b=1)
    (tmp_path / "store").mkdir()
    for number in range(4):
        (tmp_path / "store" / f"{number}.png").touch()
        (root / "ab"[number % 2] / f"linked{number}.png").symlink_to(tmp_path / "store" / f"{number}.png")
    layout = folder_layout(str(root))
    assert halves(layout) == (6, 0) and layout.notes == ()


def test_what_lies_very_deep_is_left_out_and_said(lay: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay(a=2, b=2)
    monkeypatch.chdir(root / "a")
    inner = Path("longer than a path may be, all in all")
    for _ in range(1_200):
        inner.mkdir()
        os.chdir(inner)
    Path("deep.png").touch()
    os.chdir(root)
    layout = folder_layout(str(root))
    os.chdir(root / "a")
    for _ in range(1_200):  # nobody else can take it away
        os.chdir(inner)
    Path("deep.png").unlink()
    for _ in range(1_200):
        os.chdir("..")
        inner.rmdir()
    assert halves(layout) == (4, 0)
    assert layout.notes == (f"Folders are looked into {DEEPEST} deep; what lies deeper is left out.",)


def test_more_files_than_the_limit_are_refused(lay: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay(a=20, b=20)
    monkeypatch.setattr(module, "MOST_FILES", 39)
    with pytest.raises(DataError, match="more than 39 files below set, which is the limit"):
        folder_layout(str(root))
    monkeypatch.setattr(module, "MOST_FILES", 40)
    assert halves(folder_layout(str(root))) == (40, 0)
    monkeypatch.setattr(module, "MOST_CLASSES", 1)
    with pytest.raises(DataError, match="2 folders, and 1 classes are the limit"):
        folder_layout(str(root))


def test_a_folder_that_holds_no_image_is_looked_through_with_progress(lay: Lay) -> None:
    """Whether it is a half, a class or neither: somebody waits."""
    root = lay(train__a=2, train__b=2, extra=0)
    for number in range(2_000):
        (root / "extra" / f"{number}.txt").touch()
    with pytest.raises(DataCancelledError):
        folder_layout(str(root), lambda sentence, share: False)
