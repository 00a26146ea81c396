"""A collection is an image folder that is filled by hand: nothing is written over, and all can be taken back."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from cnnstudio.training.data.collection import Brought, add, begun, put_back, take_back, unfit
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import folder_layout


def picture(kind: str = "PNG", color: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (12, 9), color).save(buffer, kind)
    return buffer.getvalue()


def of(color: int, kind: str = "PNG") -> Brought:
    return Brought(picture(kind, (color, 30, 30)), f"picture {color}")


def test_what_is_collected_is_an_image_folder(tmp_path: Path) -> None:
    home = tmp_path / "made"
    cups = add(home, "cup", [of(1), of(2, "JPEG"), of(3, "WEBP")])
    add(home, "Bécher 2", [of(4)])
    assert [path.name for path in cups.paths] == ["0000.png", "0001.jpg", "0002.webp"]
    layout = folder_layout(str(home))
    assert layout.names == ("Bécher 2", "cup") and len(layout.files) == 4 and not layout.notes


def test_a_file_is_copied_as_it_is_with_how_the_camera_was_held(tmp_path: Path) -> None:
    source, exif = tmp_path / "IMG_0001.PNG", Image.Exif()  # which calls itself something else than it is
    exif[0x0112] = 6
    Image.new("RGB", (30, 20), "green").save(source, "JPEG", exif=exif)
    lot = add(tmp_path / "made", "leaf", [Brought(source, source.name)])
    assert lot.paths[0].suffix == ".jpg" and lot.paths[0].read_bytes() == source.read_bytes()


def test_what_is_no_picture_and_what_is_there_already_is_named(tmp_path: Path) -> None:
    home, words = tmp_path / "made", tmp_path / "words.txt"
    words.write_text("no picture")
    add(home, "cup", [of(1)])
    lot = add(
        home, "cup", [of(1), of(2), of(2), Brought(words, "words.txt"), Brought(tmp_path / "gone.png", "gone.png")]
    )
    assert len(lot.paths) == 1 and len(list((home / "cup").iterdir())) == 2
    assert any("words.txt" in note and "gone.png" in note for note in lot.notes)
    assert "2 pictures are in the class already." in lot.notes


def test_a_folder_gives_all_pictures_in_it(tmp_path: Path) -> None:
    inner = tmp_path / "photographs" / "day 1"
    inner.mkdir(parents=True)
    for number in range(3):
        (inner / f"{number}.png").write_bytes(picture(color=(number, 0, 0)))
    (inner / "thumbs.db").write_bytes(b"no picture")
    assert len(add(tmp_path / "made", "cup", [Brought(tmp_path / "photographs", "photographs")]).paths) == 3


def test_nothing_is_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "cup"
    folder.mkdir(parents=True)
    (folder / "0001.png").write_bytes(b"somebody else's")
    add(folder.parent, "cup", [of(1), of(2)])
    assert (folder / "0001.png").read_bytes() == b"somebody else's" and len(list(folder.iterdir())) == 3


def test_a_lot_is_taken_back_and_put_back_to_the_byte(tmp_path: Path) -> None:
    home = tmp_path / "made"
    add(home, "cup", [of(1)])
    lot = add(home, "cup", [of(2), of(3)])
    before = {path.name: path.read_bytes() for path in (home / "cup").iterdir()}
    taken = take_back(lot)
    assert [path.name for path in (home / "cup").iterdir()] == ["0000.png"]
    again = put_back(taken)
    assert again.paths == lot.paths and {p.name: p.read_bytes() for p in (home / "cup").iterdir()} == before
    alone = add(home, "jar", [of(4)])
    take_back(alone)
    assert not (home / "jar").exists(), "an empty folder would be an empty class"


def test_who_stops_keeps_what_is_there(tmp_path: Path) -> None:
    answers = iter((True, True, False))
    lot = add(tmp_path / "made", "cup", [of(n) for n in range(9)], lambda *_: next(answers))
    assert len(lot.paths) == 2 and len(list((tmp_path / "made" / "cup").iterdir())) == 2


@pytest.mark.parametrize(
    "name",
    ["", " ", ".hidden", "__macosx", "a/b", "a\\b", "con", "LPT1.png", "ends.", "x" * 61, "a\nb", "train", "Test"],
)
def test_what_no_folder_of_a_class_can_be_called_is_said(tmp_path: Path, name: str) -> None:
    assert unfit(name).endswith(".")
    with pytest.raises(DataError):
        add(tmp_path, name, [of(1)])
    assert not list(tmp_path.iterdir())


def test_a_folder_with_halves_of_its_own_is_not_added_to(tmp_path: Path) -> None:
    for half in ("train", "val"):
        (tmp_path / half / "cup").mkdir(parents=True)
    with pytest.raises(DataError, match="apart"):
        add(tmp_path, "jar", [of(1)])


def test_a_disk_that_refuses_says_so(tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(b"a file")
    with pytest.raises(DataError, match="made"):
        add(tmp_path / "made", "cup", [of(1)])


def test_a_new_collection_has_a_folder_of_its_own(isolated_home: Path) -> None:
    first = begun("2026-03-04")
    first.mkdir(parents=True)
    assert first.name == "2026-03-04" and begun("2026-03-04").name == "2026-03-04 2"
    assert first.is_relative_to(isolated_home)
