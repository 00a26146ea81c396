"""Where downloads are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cnnstudio.training.cache import cache_folder


def test_the_environment_says_where_downloads_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "there"))
    assert cache_folder("data", "x") == tmp_path / "there" / "data" / "x"
    monkeypatch.delenv("CNNSTUDIO_HOME")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "cnnstudio"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the standard says: ignore it
    assert cache_folder() == Path.home() / ".cache" / "cnnstudio"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == Path.home() / "Library" / "Caches" / "CNN Studio"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache_folder() == tmp_path / "CNN Studio"
