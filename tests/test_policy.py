"""What is laid down for everybody on a computer."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnstudio import folders
from cnnstudio.policy import policy, policy_file
from cnnstudio.training.data.downloads import UnreachableError, download


@pytest.fixture
def laid_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, which says nothing yet."""
    path = tmp_path / "policy.toml"
    monkeypatch.setenv("CNNSTUDIO_POLICY", str(path))
    return path


def fetch(address: str, path: Path) -> None:
    download([address], path, lambda _: True, "a file", lambda *_: True)


def test_without_a_file_nothing_is_laid_down(laid_down: Path) -> None:
    assert policy().hosts is None and policy().home is None and not policy().refusal("https://example.org/x")


def test_the_file_stands_where_the_system_keeps_what_holds_for_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CNNSTUDIO_POLICY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    assert policy_file() == tmp_path / "cnnstudio" / "policy.toml"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path))
    assert policy_file() == tmp_path / "CNN Studio" / "policy.toml"


def test_it_names_the_folders_of_a_person_and_of_data(
    laid_down: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "ada")
    laid_down.write_text(f'home = "{tmp_path.as_posix()}/$WHO"\ncache = "{tmp_path.as_posix()}/c"\ndata = ["/data"]\n')
    assert Path("/data") in folders.data_places()
    assert folders.home() != tmp_path / "ada", "the environment stands above it"
    monkeypatch.delenv("CNNSTUDIO_HOME")
    assert folders.home() == tmp_path / "ada" and folders.settings_file().parent == tmp_path / "ada"
    assert folders.cache() == tmp_path / "c" and folders.weights_folder() == tmp_path / "c" / "weights"


@pytest.mark.parametrize(
    ("said", "allowed"),
    [("true", True), ("false", False), ("[]", False), ('["example.org"]', False), ('["LOCALHOST"]', True)],
)
def test_files_are_fetched_from_what_is_allowed_alone(
    laid_down: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, allowed: bool
) -> None:
    asked: list[str] = []

    def copy(address: str, part: Path, tell: object) -> None:
        asked.append(address)
        part.write_bytes(b"x")

    monkeypatch.setattr("cnnstudio.training.data.downloads._copy", copy)
    laid_down.write_text(f"downloads = {said}\nupdate_check = false\n")
    if allowed:
        fetch("https://localhost/file", tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"x"
    else:
        with pytest.raises(UnreachableError, match=r"policy of this computer.*localhost"):
            fetch("https://localhost/file", tmp_path / "file")
        assert not asked


@pytest.mark.parametrize(
    "text",
    [
        "downloads = ", "downloads = 3", "download = false", 'home = "relative"', "home = 3", 'data = "D:/data"',
        "update_check = 1", "\0", "x" * 70_000,
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_understood_lets_nothing_through_and_says_so(
    laid_down: Path, tmp_path: Path, text: str
) -> None:
    laid_down.write_text(text)
    with pytest.raises(UnreachableError, match=r"policy\.toml, cannot be understood"):
        fetch("https://localhost/file", tmp_path / "file")
    assert folders.home(), "and the program still works"


def test_it_is_read_again_when_it_is_changed(laid_down: Path) -> None:
    laid_down.write_text("downloads = false\n")
    assert policy().refusal("https://localhost/")
    laid_down.write_text("downloads = true \n\n")
    assert not policy().refusal("https://localhost/")
