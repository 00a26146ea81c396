"""Folders and weights belong to the project file: it is opened from anywhere, and moved together with them."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cnnstudio.project import Project, from_template, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.project.recipe_paths import anchored, named, told_from, whole
from cnnstudio.zoo import TEMPLATES


@pytest.fixture
def project() -> Project:
    return from_template(next(iter(TEMPLATES)))


def stored(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["recipe"]
    return found


def test_a_project_and_what_lies_beside_it_are_moved_together(project: Project, tmp_path: Path) -> None:
    home = tmp_path / "work"
    (home / "data").mkdir(parents=True)
    (home / "net.safetensors").touch()
    recipe = Recipe(data="folder", folder=str(home / "data"), weights=str(home / "net.safetensors"))
    write(home / "net.cnn", replace(project, recipe=recipe))
    assert (stored(home / "net.cnn")["folder"], stored(home / "net.cnn")["weights"]) == ("data", "net.safetensors")
    assert read(home / "net.cnn").recipe == recipe
    shutil.move(home, tmp_path / "elsewhere")
    moved = read(tmp_path / "elsewhere" / "net.cnn").recipe
    assert moved.folder == str(tmp_path / "elsewhere" / "data")
    assert moved.weights == str(tmp_path / "elsewhere" / "net.safetensors")


def test_what_lies_elsewhere_is_told_by_its_whole_path(project: Project, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "run").mkdir()
    recipe = Recipe(data="folder", folder=str(tmp_path / "data"))
    write(tmp_path / "run" / "project.cnn", replace(project, recipe=recipe))
    assert stored(tmp_path / "run" / "project.cnn")["folder"] == str(tmp_path / "data")
    assert read(tmp_path / "run" / "project.cnn").recipe == recipe


@pytest.mark.parametrize("name", ["", "~/data"])
def test_what_leads_nowhere_by_itself_stays_as_it_is(name: str, tmp_path: Path) -> None:
    recipe = Recipe(folder=name, weights="torchvision")
    (tmp_path / "torchvision").mkdir()
    assert anchored(recipe, tmp_path) == recipe and told_from(recipe, tmp_path) == recipe


@pytest.mark.parametrize("name", ["gone", "../gone", "a\0b", "x" * 3_000, "\\\\host\\share", "net.cnn/inside"])
def test_no_disk_is_asked_what_a_file_means(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the disk was asked")

    for module, function in ((os, "stat"), (os, "lstat"), (os, "scandir"), (os, "listdir"), (os, "readlink")):
        monkeypatch.setattr(module, function, asked)
    for function in ("exists", "is_dir", "is_file", "resolve", "stat"):
        monkeypatch.setattr(Path, function, asked)
    whole_path = anchored(Recipe(folder=name), tmp_path)
    assert whole_path.folder == str(tmp_path / name)
    assert told_from(whole_path, tmp_path).folder == name, "and it is written as it was"


def test_what_would_be_too_long_a_path_stays_as_it_is(tmp_path: Path) -> None:
    recipe = Recipe(folder="x" * 4_096)
    assert anchored(recipe, tmp_path) == recipe


def test_only_what_means_anything_is_named() -> None:
    assert named(Recipe(folder="/a")) == {}, "the images are the digits"
    assert named(Recipe(weights="torchvision")) == {}
    assert named(Recipe(data="folder", folder="/a", weights="/b", teacher="/c")) == {
        "folder": "/a", "weights": "/b", "teacher": "/c",
    }  # fmt: skip


def test_what_is_typed_is_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert whole("data") == str(tmp_path / "data")
    assert whole(str(tmp_path)) == str(tmp_path)
