"""Where a person's things are: the same places as ever, on each system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths

from cnnstudio import folders

NAMED = (
    folders.settings_file,
    folders.log_file,
    folders.crash_folder,
    folders.runs_folder,
    folders.recovery_folder,
    folders.library_folder,
    folders.weights_folder,
    folders.thumbnails_folder,
)


def test_everything_is_below_the_folder_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    monkeypatch.setenv("CNNSTUDIO_HOME", str(there))
    assert folders.home() == folders.cache() == there
    assert folders.data_folder("x") == there / "data" / "x"
    assert sorted(str(named().relative_to(there)) for named in NAMED) == [
        "crashes", "library", "log.txt", "recovery", "runs", "settings.ini", "thumbnails", "weights",
    ]  # fmt: skip
    assert not there.exists(), "to ask for a folder makes none"


@pytest.mark.parametrize("said", ["~/mine", "mine"])
def test_the_environment_may_name_it_as_a_person_writes_it(
    said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNNSTUDIO_HOME", said)
    assert folders.home() == tmp_path / "mine"


@pytest.mark.parametrize("data", [None, "", "relative", "{tmp}/of the system", "{tmp}/of the system/"])
def test_the_home_is_where_qt_has_it(data: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """People's settings and runs were put there by Qt's answer."""
    monkeypatch.delenv("CNNSTUDIO_HOME")
    if data is None:
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_DATA_HOME", data.format(tmp=tmp_path))
    qt = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    assert folders.home() == Path(qt) / "cnnstudio"


def test_each_system_has_its_own_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CNNSTUDIO_HOME")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert folders.cache() == tmp_path / "cnnstudio"
    assert folders.home() == Path.home() / ".local" / "share" / "cnnstudio"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the standard says: ignore it
    assert folders.cache() == Path.home() / ".cache" / "cnnstudio"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert folders.cache() == Path.home() / "Library" / "Caches" / "CNN Studio"
    assert folders.home() == Path.home() / "Library" / "Application Support" / "cnnstudio"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert folders.cache() == tmp_path / "CNN Studio"
    assert folders.home() == tmp_path / "cnnstudio"
    monkeypatch.delenv("LOCALAPPDATA")
    assert folders.home() == Path.home() / "AppData" / "Local" / "cnnstudio"


def test_they_are_known_without_qt_and_without_torch() -> None:
    program = "import sys, cnnstudio.folders; sys.exit(bool({'PySide6', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
