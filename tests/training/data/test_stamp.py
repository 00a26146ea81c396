"""Whether an image folder is still the one that was looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnstudio.training.data.stamp import stamp


def test_a_new_class_gives_another_stamp_and_what_is_no_folder_none(tmp_path: Path) -> None:
    before = stamp(str(tmp_path))
    assert before and stamp(str(tmp_path)) == before
    (tmp_path / "cats").mkdir()
    assert stamp(str(tmp_path)) != before
    assert stamp(str(tmp_path / "nowhere")) == stamp("\x00") == ()


def test_no_folder_is_not_the_one_in_which_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cats").mkdir()
    assert stamp("") == ()


def test_a_file_that_is_written_anew_gives_another_stamp(tmp_path: Path) -> None:
    (file := tmp_path / "labels.csv").write_text("a.png,cat")
    before = stamp(str(file))
    assert before and stamp(str(file)) == before
    file.write_text("a.png,cat\nb.png,dog")
    assert stamp(str(file)) != before


def test_a_new_picture_gives_another_stamp(tmp_path: Path) -> None:
    for place in ("cats", "dogs", "train/cats"):
        (tmp_path / place).mkdir(parents=True)
        before = stamp(str(tmp_path))
        (tmp_path / place / "1.png").write_bytes(b"")
        assert stamp(str(tmp_path)) != before, place
