"""What a table says of single pictures, and of which: never of another one than the row means."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import load
from cnnstudio.training.data.readers.columns import read_columns


def table(place: Path, text: str) -> str:
    (place / "more.csv").write_text(text, encoding="utf-8")
    return str(place / "more.csv")


def test_a_row_is_of_the_file_that_ends_as_it_says(tmp_path: Path) -> None:
    files = ["/data/val/cat/1.png", "/data/val/dog/1.png", "/data/val/dog/2.jpg"]
    text = "file,age,site\ncat/1.png,3,Bern\nval\\dog\\1.png,4,\n2.jpg,5,Basel\ntrain/dog/2.jpg,6,Chur\n"
    found = read_columns(table(tmp_path, text), files, 3)
    assert found.cells == {"age": ("3", "4", "5"), "site": ("Bern", "", "Basel")} and not found.has_commas
    assert not found.notes
    found = read_columns(table(tmp_path, "id;mm\ncat/1;1,5\n1.png;9\n"), files, 3)
    assert found.cells == {"mm": ("1,5", "", "")}, "of two pictures called so a bare name means neither"
    assert found.has_commas and found.notes == ("2 pictures are not in the table.",)


def test_what_two_rows_say_differently_is_not_known(tmp_path: Path) -> None:
    files = ["/d/a.png", "/d/b.png"]
    found = read_columns(table(tmp_path, "file,x\na.png,1\na.png,2\nb.png,3\nb.png,3\n"), files, 2)
    assert found.cells == {"x": ("", "3")} and "listed with two different rows" in found.notes[0]


def test_pictures_without_files_are_named_by_their_numbers(tmp_path: Path) -> None:
    found = read_columns(table(tmp_path, "image,class,by\n2,cat,Ann\n1,dog,Bob\n9,dog,Eve\n0,dog,Eve\n"), (), 2)
    assert found.cells == {"class": ("dog", "cat"), "by": ("Bob", "Ann")}
    with pytest.raises(DataError, match="no column of the pictures' numbers"):
        read_columns(table(tmp_path, "by,class\nAnn,cat\n"), (), 2)


def test_a_table_of_other_pictures_is_refused_and_a_long_one_cancelled(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"says nothing of these pictures: it must name them, as cat/1\.png"):
        read_columns(table(tmp_path, "file,x\nz.png,1\n"), ["/val/cat/1.png"], 1)
    with pytest.raises(DataCancelledError):
        read_columns(table(tmp_path, "file,x\n" + "z.png,1\n" * 2_000), ["/z.png"], 1, lambda *_: False)


def test_the_table_that_the_data_set_is_says_it_of_the_files_that_it_means(tmp_path: Path) -> None:
    """A picture to train with and one to validate with are called alike: the row without a folder means the former."""
    (tmp_path / "kept").mkdir()
    for name in ("a.png", "b.png", "c.png", "kept/a.png", "kept/d.png"):
        Image.new("L", (6, 6), 10 * len(name)).save(tmp_path / name)
    text = "file,label,split,device\n" + "".join(
        f"{name},{label},{half},{device}\n"
        for name, label, half, device in (
            ("a.png", "x", "train", "Canon"), ("b.png", "y", "train", "Nikon"), ("c.png", "x", "train", "Leica"),
            ("kept/a.png", "x", "val", "Pentax"), ("d.png", "y", "val", "Sony"),
        )
    )  # fmt: skip
    path = table(tmp_path, text)
    data = load(Recipe(data="table", folder=path), Shape(1, 6, 6))
    assert [Path(file).name for file in data.validation_files] == ["a.png", "d.png"]
    found = read_columns(path, data.validation_files, 2, is_own=True)
    assert found.cells["device"] == ("Pentax", "Sony") and found.cells["split"] == ("val", "val")


def test_the_files_of_validation_images_are_theirs(tmp_path: Path) -> None:
    """Whatever is broken or left out before them."""
    for name in ("train/cat", "train/dog", "val/cat", "val/dog"):
        (tmp_path / name).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (6, 6), 20 * number + len(name)).save(tmp_path / name / f"{number}.png")
    (tmp_path / "val" / "cat" / "1.png").write_bytes(b"torn")
    (tmp_path / "train" / "cat" / "0.png").write_bytes(b"torn")
    data = load(Recipe(data="folder", folder=str(tmp_path)), Shape(1, 6, 6))
    assert len(data.validation_files) == len(data.validation_images) == 5
    for file, image, label in zip(data.validation_files, data.validation_images, data.validation_labels, strict=True):
        with Image.open(file) as picture:
            assert int(image[0, 0, 0]) == picture.getpixel((0, 0))
        assert Path(file).parent.name == data.classes[int(label)] and Path(file).parent.parent.name == "val"
    assert not data.without_images.validation_files
