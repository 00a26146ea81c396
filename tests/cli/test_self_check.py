"""The program checks itself: it says in sentences what it found, and ends with 1 where something is amiss."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnnstudio import folders
from cnnstudio.cli import main, self_check
from cnnstudio.exchange.exporting import delivery, formats
from cnnstudio.exchange.exporting.formats import KINDS

Capture = pytest.CaptureFixture[str]


def test_all_is_well_here_and_nothing_of_it_stays(onnx_in_this_process: None, capsys: Capture, tmp_path: Path) -> None:
    before = sorted(folders.home().rglob("*"))
    assert main(["--self-check"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told[:-1]] == [check.title for check in self_check.checks()]
    assert told[-1] == "All is well." and not any("FAILED" in line for line in told)
    assert all(kind.title in "\n".join(told) for kind in KINDS.values())
    assert "a window was painted" in "\n".join(told) and "A batch of digits was trained on CPU" in "\n".join(told)
    assert sorted(folders.home().rglob("*")) == before


def test_formats_without_their_packages_are_said_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_absent", lambda packages: packages)
    monkeypatch.setattr(delivery, "deliver", lambda project, kind, *_: None)
    told = self_check._exports()
    assert "ONNX needs onnx, onnxscript and onnxruntime, which are not installed here" in told
    assert "TorchScript" in told and "ONNX, Notebook" not in told


def test_what_is_amiss_is_said_and_the_rest_is_checked_all_the_same(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise self_check.FaultError("The disk cannot be written.")

    found = (self_check.Check("Folders", broken), self_check.Check("Recovery", lambda: "A copy was kept."))
    monkeypatch.setattr(self_check, "checks", lambda: iter(found))
    assert main(["self-check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Folders    FAILED. The disk cannot be written.",
        "Recovery   A copy was kept.",
        "Not all is well: Folders.",
    ]


def test_a_window_that_cannot_be_painted_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = SimpleNamespace(returncode=-6, stdout="", stderr="qt.qpa.plugin: no plugin\nThis application failed.\n\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(self_check.FaultError, match=r"No window can be painted: This application failed\."):
        self_check._window()


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with pytest.raises(self_check.FaultError, match="cannot be written"):
        self_check._folders()


def test_a_library_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_check, "LIBRARIES", ("numpy", "a_library_that_nobody_has"))
    with pytest.raises(self_check.FaultError, match="a_library_that_nobody_has cannot be loaded"):
        self_check._libraries()
