"""The one way files are read and replaced."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from cnnstudio.disk import DiskError, is_there, read, replacing, size_of


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == tmp_path and temporary.suffix == ".txt"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


def test_whatever_goes_wrong_inside_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    for error in (RuntimeError("no"), KeyboardInterrupt()):
        with pytest.raises(type(error)), replacing(path) as temporary:
            temporary.write_text("new")
            raise error
        assert path.read_text() == "old"
        assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, function, full)
    with pytest.raises(DiskError, match=r"^a\.txt was not written: the disk is full\.$"), replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_what_is_no_ordinary_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "device"
    os.mkfifo(path)
    with pytest.raises(DiskError, match=r"^device was not written: it is no ordinary file\.$"), replacing(path):
        pass
    assert path.is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_permissions_are_those_of_the_old_file_or_of_any_new_one(tmp_path: Path) -> None:
    path, plain = tmp_path / "a.txt", tmp_path / "plain.txt"
    plain.write_text("")
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    path.chmod(0o640)
    with replacing(path) as temporary:
        temporary.write_text("newer")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.txt", tmp_path / "link.txt"
    path.write_text("old")
    link.symlink_to(path)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert path.read_text() == "new"


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path, sentence in (
        (tmp_path, "it is a folder"),
        (tmp_path / "none" / "a.txt", "there is no folder none"),
        (tmp_path / "file" / "a.txt", "there is no folder file"),
        (tmp_path / ("a" * 300), "its name is too long"),
        (tmp_path / "a\0b", "zero character"),
        (tmp_path / ".." / tmp_path.name / "loop", "its links lead round in a circle"),
        (tmp_path / "loop" / "a.txt", "its links lead round in a circle"),
    ):
        with pytest.raises(DiskError, match=sentence), replacing(path) as temporary:
            temporary.write_text("new")
    assert names(tmp_path) == ["file", "loop"]


def test_a_file_that_may_only_be_read_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write anything
    with pytest.raises(DiskError, match="may only be read"), replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "old"


def test_reading_refuses_what_is_no_file_or_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 11)
    assert read(path, 11) == b"x" * 11
    with pytest.raises(DiskError, match="larger than"):
        read(path, 10)
    with pytest.raises(DiskError, match="it is a folder"):
        read(tmp_path, 10)
    with pytest.raises(DiskError, match="does not exist"):
        read(tmp_path / "none", 10)


def test_no_name_stands_in_a_sentence_as_it_is(tmp_path: Path) -> None:
    for name in ("a\0b", "a\nb: all is well", "cnn\u202egnp", "\x1b[31mred", "\udc80", "x" * 10_000):
        for use in (read, is_there, size_of):
            try:
                assert not use(tmp_path / name, 10) if use is read else not use(tmp_path / name)  # type: ignore
            except DiskError as error:
                sentence = str(error)
                assert sentence.isprintable() and len(sentence) < 300 and sentence.endswith(".")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_reading_never_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DiskError, match="no ordinary file"):
        read(tmp_path / "pipe", 10)


def test_reading_without_permission_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(DiskError, match=r"^a\.txt cannot be opened: you have no permission for it\.$"):
        read(path, 10)
