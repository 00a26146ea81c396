"""Pictures of recent files: kept and bounded, and whatever else lies in their folder does no harm."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from cnnstudio.folders import thumbnails_folder
from cnnstudio.graph import Graph
from cnnstudio.project import Project, from_template
from cnnstudio.ui.files import recent
from cnnstudio.ui.files.recent import MOST_PICTURES, PICTURE, Recent, keep, kept_picture
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.widgets.miniature import miniature


def pictures() -> list[Path]:
    return sorted(thumbnails_folder().glob("*"))


def png(width: int, height: int) -> bytes:
    """The beginning of a PNG that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    )


def test_a_picture_is_kept_and_read_back(qtbot: QtBot, tmp_path: Path) -> None:
    made = miniature(from_template("lenet5").graph, PICTURE)
    assert len({made.pixel(x, y) for x in range(0, 320, 4) for y in range(0, 200, 4)}) > 3, "something is drawn"
    keep(tmp_path / "a.cnn", made)
    read = kept_picture(tmp_path / "a.cnn")
    assert read is not None and read.size() == PICTURE
    assert kept_picture(tmp_path / "b.cnn") is None


def test_an_empty_network_and_a_long_one_have_pictures_too(qtbot: QtBot) -> None:
    assert miniature(Graph(), QSize(64, 40)).size() == QSize(64, 40)
    assert not miniature(from_template("densenet201").graph, QSize(64, 40), 2.0).isNull()


def test_old_pictures_are_deleted(qtbot: QtBot, tmp_path: Path) -> None:
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(0)
    for number in range(MOST_PICTURES + 3):
        keep(tmp_path / f"{number}.cnn", image)
    assert len(pictures()) == MOST_PICTURES
    assert kept_picture(tmp_path / f"{MOST_PICTURES + 2}.cnn") is not None


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", png(60_000, 60_000), png(10, 10)[:40], b"\x89PNG" + b"\0" * 2_000_000, b"GIF89a" + b"\0" * 99],
    ids=["empty", "text", "huge", "cut", "heavy", "gif"],
)
def test_a_spoiled_picture_is_none(qtbot: QtBot, tmp_path: Path, content: bytes) -> None:
    keep(tmp_path / "a.cnn", QImage(4, 4, QImage.Format.Format_RGB32))
    (path,) = pictures()
    path.write_bytes(content)
    assert kept_picture(tmp_path / "a.cnn") is None


def test_a_folder_that_cannot_be_written_troubles_nobody(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "file"))
    keep(tmp_path / "a.cnn", QImage(4, 4, QImage.Format.Format_RGB32))
    assert kept_picture(tmp_path / "a.cnn") is None


def test_a_file_is_remembered_seen_and_forgotten_with_its_picture(qtbot: QtBot, tmp_path: Path, tiny: Project) -> None:
    files = Recent(Preferences())
    (tmp_path / "a.cnn").write_text("")
    with qtbot.waitSignals([files.changed] * 2):
        files.remember(tmp_path / "a.cnn", tiny.graph)
    (file,) = files.files
    assert file.is_there and file.written is not None and file.picture is not None
    assert len(pictures()) == 1
    files.clear()
    assert files.files == [] and pictures() == []
    files.close()


def test_the_menu_greys_what_is_gone_and_clears_the_list(qtbot: QtBot, tmp_path: Path, tiny: Project) -> None:
    files = Recent(Preferences())
    taken: list[Path] = []
    files.remember(tmp_path / "gone.cnn", tiny.graph)
    (tmp_path / "here.cnn").write_text("")
    files.remember(tmp_path / "here.cnn", tiny.graph)
    with qtbot.waitSignal(files.changed, timeout=10_000, check_params_cb=lambda: not files.files[1].is_there):
        files.look()
    menu = QMenu()
    files.fill_menu(menu, taken.append)
    assert [entry.isEnabled() for entry in menu.actions()[:2]] == [True, False]
    menu.actions()[0].trigger()
    assert taken == [tmp_path / "here.cnn"]
    menu.actions()[-1].trigger()
    menu.clear()
    files.fill_menu(menu, taken.append)
    assert [(entry.text(), entry.isEnabled()) for entry in menu.actions()] == [("Nothing yet", False)]
    files.close()


def test_pictures_are_called_after_the_path_alone(tmp_path: Path) -> None:
    one, other = recent._picture_of(tmp_path / "a.cnn"), recent._picture_of(tmp_path / ".." / "x" / "a.cnn")
    assert one != other and one.parent == thumbnails_folder() and ".." not in one.name
