"""An image folder: what a person's disk can hold, and what is said about it."""

from __future__ import annotations

import itertools
import os
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data import image_folder
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.image_folder import Room
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.data.picture import extent, picture_bytes

SIZE = Shape(3, 16, 16)
Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    def drawn(name: str, colour: object = "red", size: tuple[int, int] = (20, 20), mode: str = "RGB") -> Path:
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, colour).save(path)  # type: ignore[arg-type]
        return path

    return drawn


@pytest.fixture
def two_classes(draw: Draw, tmp_path: Path) -> Path:
    for number in range(5):
        draw(f"cat/{number}.png", "red")
        draw(f"dog/{number}.jpg", "blue")
    return tmp_path / "images"


def read(folder: Path | str, size: Shape = SIZE, **values: object) -> Data:
    return load(Recipe(data="folder", folder=str(folder), **values), size)  # type: ignore[arg-type]


def notes(data: Data) -> tuple[str, ...]:
    """What is said about this folder in particular."""
    summary, *found, last = data.notes
    assert summary.startswith("Image folder: ") and "resized to" in last
    return tuple(found)


def pixels(data: Data, label: int) -> np.ndarray:
    return data.train_images[data.train_labels == label][0].numpy()


def test_one_folder_a_class(two_classes: Path) -> None:
    data = read(two_classes)
    assert data.classes == ("cat", "dog") and notes(data) == () and data.mirror
    assert (len(data.train_labels), len(data.validation_labels)) == (8, 2)
    assert pixels(data, 0)[:, 8, 8].tolist() == [255, 0, 0]
    assert np.abs(pixels(data, 1)[:, 8, 8].astype(int) - [0, 0, 254]).max() < 3


def test_grey_images_for_a_grey_input(two_classes: Path) -> None:
    data = read(two_classes, Shape(1, 8, 12))
    assert data.shape == (1, 8, 12) and abs(int(pixels(data, 0)[0, 4, 4]) - 76) <= 1


def test_train_and_validation_folders(draw: Draw, two_classes: Path) -> None:
    root = two_classes.parent / "split"
    root.mkdir()
    two_classes.rename(root / "train")
    (root / "images").mkdir()
    for name in ("cat/a.png", "dog/a.png", "cow/a.png"):
        draw(f"../split/val/{name}")
    (root / "images").rmdir()
    data = read(root)
    assert data.classes == ("cat", "dog")
    assert (len(data.train_labels), len(data.validation_labels)) == (10, 2)
    assert notes(data) == ("For validation alone, and left out: cow.",)


def test_a_class_may_be_called_train(draw: Draw, tmp_path: Path) -> None:
    for name in ("train", "bus"):
        for number in range(3):
            draw(f"{name}/{number}.png")
    assert read(tmp_path / "images").classes == ("bus", "train")


def test_broken_files_are_named_and_left_out(two_classes: Path) -> None:
    good = (two_classes / "dog" / "0.jpg").read_bytes()
    (two_classes / "cat" / "cut.jpg").write_bytes(good[: len(good) // 2])
    (two_classes / "cat" / "empty.png").write_bytes(b"")
    (two_classes / "dog" / "words.jpg").write_text("not an image")
    (two_classes / "dog" / "notes.txt").write_text("nothing to look at")
    (two_classes / "dog" / "phone.HEIC").write_bytes(b"x")
    data = read(two_classes)
    assert len(data.train_labels) + len(data.validation_labels) == 10
    phone, others, broken = notes(data)
    assert phone.startswith("1 file is in a phone's format")
    assert others == "1 file is no image and left out."
    assert "3 files are broken and left out" in broken
    for name in ("cut.jpg (damaged)", "empty.png (no image)", "words.jpg (no image)"):
        assert name in broken


def test_many_broken_files_are_counted(two_classes: Path) -> None:
    for number in range(9):
        (two_classes / "cat" / f"broken{number}.png").write_bytes(b"x")
    assert "and 4 more." in notes(read(two_classes))[0]


def test_a_decompression_bomb_is_left_out(two_classes: Path) -> None:
    """A PNG of a few bytes that says that it is 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for name, side in (("bomb", 60_000), ("large", 13_400)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        body = chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
        (two_classes / "cat" / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + body)
    note = notes(read(two_classes))[0]
    assert "bomb.png (too many pixels: the limit is 178,956,970)" in note
    assert "large.png (too many pixels: the limit is 178,956,970)" in note


def test_modes_of_all_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
    half = np.full((9, 9), 32_768, np.uint16)
    half[0, 0] = 65_535
    Image.fromarray(half).save(folder / "a" / "deep.png")
    Image.fromarray(np.linspace(0, 1, 81, dtype=np.float32).reshape(9, 9)).save(folder / "a" / "float.tiff")
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(folder / "b" / "clear.png")
    Image.new("P", (9, 9), 0).save(folder / "b" / "palette.gif")
    Image.new("CMYK", (9, 9), (0, 0, 0, 0)).save(folder / "b" / "print.jpg")
    Image.new("1", (9, 9), 1).save(folder / "b" / "bits.bmp")
    data = read(folder, Shape(1, 8, 8), validation_share=0.05)
    (note,) = notes(data)
    assert note == (
        "2 images of more than 8 bits: in all alike 0 became black and 65535 white. The weights keep these two numbers."
    )
    assert data.scale == (0.0, 65_535.0)
    found = [int(image[0, 4, 4]) for image in (*data.train_images, *data.validation_images)]
    assert 128 in found and found.count(0) == 2, "16 bits are scaled, not cut off, and floats by the same scale"
    assert 255 in found, "what is transparent is white"


def test_all_levels_of_a_set_are_kept_and_a_number_that_is_none_is_one_pixel(tmp_path: Path) -> None:
    """12 bits in 16, as cameras and scanners write them, and floats of which nobody knows the range."""
    ramp = np.arange(64).reshape(8, 8)
    floats = (ramp / 63 - 0.2).astype(np.float32)
    floats[0, 1], floats[0, 2] = np.nan, np.inf
    for kind, numbers in (("twelve.pgm", (ramp * 65).astype(np.uint16)), ("floats.tiff", floats)):
        folder = tmp_path / kind
        for name in ("a", "b"):
            (folder / name).mkdir(parents=True)
            for number in range(2):
                Image.fromarray(numbers).save(folder / name / f"{number}-{kind}")
        data = read(folder, Shape(1, 8, 8), validation_share=0.3)
        image = data.train_images[0, 0].flatten().tolist()
        assert image[3:] == [round(255 * level / 63) for level in range(3, 64)]
        assert image[0] == 0 and data.scale is not None
        assert "became black and" in " ".join(notes(data))


def test_a_camera_held_upright(tmp_path: Path, draw: Draw) -> None:
    image = Image.new("RGB", (20, 10), "black")
    image.paste("white", (0, 0, 10, 10))  # the left half, which is the top when turned
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in range(2):
        path = draw(f"a/{number}.jpg")
        image.save(path, exif=exif, quality=95)
        draw(f"b/{number}.jpg")
    found = pixels(read(tmp_path / "images", Shape(1, 16, 8)), 0)[0]
    assert found[2].mean() > 240 and found[13].mean() < 15


def test_other_proportions_are_cut_at_the_middle(tmp_path: Path, draw: Draw) -> None:
    image = Image.new("RGB", (60, 20), "black")
    image.paste("white", (20, 0, 40, 20))
    for number in range(2):
        image.save(draw(f"a/{number}.png"))
        draw(f"b/{number}.png")
    assert pixels(read(tmp_path / "images"), 0)[:, 2:14, 2:14].min() == 255


@pytest.mark.parametrize("inner", ["", "deep/deeper"])
def test_nested_folders_belong_to_their_class(draw: Draw, tmp_path: Path, inner: str) -> None:
    for number in range(3):
        draw(f"a/{inner}/{number}.png")
        draw(f"b/{number}.png")
    assert read(tmp_path / "images").classes == ("a", "b")


def test_hidden_files_are_none(two_classes: Path) -> None:
    (two_classes / ".git").mkdir()
    (two_classes / ".git" / "x.png").write_bytes(b"x")
    (two_classes / "__MACOSX").mkdir()
    (two_classes / "cat" / "._0.png").write_bytes(b"x")
    (two_classes / ".DS_Store").write_bytes(b"x")
    data = read(two_classes)
    assert data.classes == ("cat", "dog") and notes(data) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")
def test_links_in_circles_and_pipes_end(two_classes: Path) -> None:
    (two_classes / "cat" / "again").symlink_to(two_classes / "cat")
    (two_classes / "cat" / "up").symlink_to(two_classes)
    (two_classes / "cat" / "nothing.png").symlink_to(two_classes / "gone.png")
    (two_classes / "cat" / "linked.png").symlink_to(two_classes / "cat" / "0.png")
    os.mkfifo(two_classes / "dog" / "pipe.png")
    data = read(two_classes)
    assert data.classes == ("cat", "dog")
    assert torch.bincount(torch.cat((data.train_labels, data.validation_labels))).tolist() == [5, 5]
    # linked.png, and the dogs once more below up
    assert notes(data) == ("6 files are reached a second time by links, and counted once.",)


def test_an_empty_class_is_none(two_classes: Path) -> None:
    (two_classes / "cow").mkdir()
    (two_classes / "hen").mkdir()
    (two_classes / "hen" / "a.png").write_bytes(b"x")
    data = read(two_classes)
    assert data.classes == ("cat", "dog")
    assert notes(data)[0] == "Folders without an image are no class: cow, hen."


def test_odd_names_are_said_in_one_line(two_classes: Path) -> None:
    (two_classes / "cat" / "two\nlines\x1b[31m.png").write_bytes(b"x")
    assert "cat/two?lines?[31m.png" in notes(read(two_classes))[0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda root: "", "No folder"),
        (lambda root: root / "gone", "does not exist"),
        (lambda root: "a\0b", "not the name"),
        (lambda root: "x" * 1_000, "not the name"),
        (lambda root: root / "file.png", "is a file"),
        (lambda root: root / "empty", "no images in empty"),
        (lambda root: root / "one", "one class, cat"),
        (lambda root: root / "broken", "None of the images could be read"),
        (lambda root: root / "single", "too few images"),
    ],
)
def test_folders_that_nothing_can_be_learned_from(
    tmp_path: Path, draw: Draw, make: Callable[[Path], Path | str], words: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "images").mkdir()
    draw("../file.png")
    for number in range(3):
        draw(f"../one/cat/{number}.png")
    for name in ("a", "b"):
        draw(f"../broken/{name}/x.png").write_bytes(b"x")
        draw(f"../single/{name}/x.png")
    with pytest.raises(DataError, match=words) as caught:
        read(make(tmp_path))
    assert str(caught.value).endswith(".") and len(str(caught.value)) < 400


def test_reading_can_be_cancelled(two_classes: Path) -> None:
    said: list[str] = []

    def progress(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return not sentence.startswith("Reading")

    with pytest.raises(DataCancelledError):
        load(Recipe(data="folder", folder=str(two_classes)), SIZE, progress)
    assert said[-1] == "Reading the images: 0 of 10"


def test_looking_through_a_huge_folder_can_be_cancelled(two_classes: Path) -> None:
    for number in range(1_000):
        (two_classes / "cat" / f"{number}.txt").touch()
    said: list[str] = []

    def progress(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return False

    with pytest.raises(DataCancelledError):
        load(Recipe(data="folder", folder=str(two_classes)), SIZE, progress)
    assert len(said) == 1 and said[0].startswith("Looking through the folder: ")


def test_reading_can_be_cancelled_between_two_slow_pictures(two_classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only after as many as the threads are given at once: on a slow share those take a minute."""
    monkeypatch.setattr("cnnstudio.worker.time.monotonic", itertools.count().__next__)  # each look at the clock: 1 s
    said: list[str] = []

    def progress(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return sentence != "Reading the images: 3 of 10"

    with pytest.raises(DataCancelledError):
        load(Recipe(data="folder", folder=str(two_classes)), SIZE, progress)
    assert said[-1] == "Reading the images: 3 of 10"


def test_pictures_that_are_decoded_at_once_share_one_room(two_classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads there are; a picture of 400 pixels takes 3,200 bytes, so that two fit and three do not."""
    room = Room(7_000)
    monkeypatch.setattr(image_folder, "_decoding", room)
    monkeypatch.setattr(image_folder, "cores", lambda: 8)
    free: list[int] = []
    decoded = image_folder.picture_bytes

    def noting(*arguments: Any, **rules: str) -> bytes:
        free.append(room.free)
        return decoded(*arguments, **rules)

    monkeypatch.setattr(image_folder, "picture_bytes", noting)
    for number in range(30):
        Image.new("RGB", (20, 20)).save(two_classes / "cat" / f"more{number}.png")
    data = read(two_classes)
    assert sum(data.counts) == 40 and len(free) == 40
    assert set(free) <= {600, 3_800} and room.free == 7_000


def test_who_wants_more_than_the_room_has_waits_for_all_of_it() -> None:
    room = Room(10)
    with room.taking(50):
        assert room.free == 0
    assert room.free == 10


def test_no_memory_is_no_damaged_picture(two_classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(image_folder, "picture_bytes", full)
    with pytest.raises(MemoryError):
        read(two_classes)


def test_a_deep_or_clear_picture_is_taken_some_rows_at_a_time(tmp_path: Path) -> None:
    """As numbers a picture of 16 bits takes sixteen times as much as its bytes: never all of it at once."""
    random = np.random.default_rng(0)
    (tmp_path / "a").mkdir()
    deep = random.integers(0, 65_536, (2_000, 1_500), dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "a" / "deep.png", compress_level=1)
    with Image.open(tmp_path / "a" / "deep.png") as opened:
        assert extent(opened) == (deep.min(), deep.max())
    tracemalloc.start()
    found = picture_bytes(str(tmp_path / "a" / "deep.png"), 1, 200, 150, (0.0, 65_535.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * deep.size * 2, "NumPy's part: six arrays of a million numbers"
    whole = Image.fromarray(np.rint(deep / 65_535 * 255).astype(np.uint8))
    assert found == whole.resize((150, 200), Image.Resampling.BILINEAR).tobytes()


def test_some_images_of_a_large_folder_are_enough_to_show_it(draw: Draw, tmp_path: Path) -> None:
    for name, count in (("cat", 30), ("dog", 30), ("eel", 3)):
        for number in range(count):
            draw(f"{name}/{number:02}.png")
    data = load(Recipe(data="folder", folder=str(tmp_path / "images")), SIZE, most=12 * SIZE.numel)
    assert data.classes == ("cat", "dog", "eel") and len(data.train_labels) + len(data.validation_labels) == 12
    assert data.whole is not None and sum(data.whole) == 63 and data.counts == data.whole
    assert set(data.train_labels.tolist()) == {0, 1, 2}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells what a process holds")
def test_what_a_large_picture_took_goes_back_to_the_system(tmp_path: Path) -> None:
    """Else each thread that has decoded one keeps its memory for good."""
    path = tmp_path / "large.png"
    Image.fromarray(np.zeros((4_000, 8_000), np.uint16)).save(path, compress_level=1)  # 64 MB in memory
    script = f"""
import threading
from pathlib import Path
import cnnstudio.training.data.picture
from PIL import Image

def held():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

def decode():
    with Image.open({str(path)!r}) as image:
        image.load()

decode()
before = held()
for _ in range(2):
    thread = threading.Thread(target=decode)
    thread.start()
    thread.join()
print(held() - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 20, "megabytes stay with threads that are gone"
