"""What the program stands on: its versions, its hashes and its licences are written down, and agree."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

from cnnstudio.libraries import Library, libraries
from cnnstudio.resources import resource

ROOT = Path(__file__).parents[1]
NEEDED = libraries()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(file: str) -> dict[str, str]:
    lines = (ROOT / "packaging" / file).read_text(encoding="utf-8").splitlines()
    found = (re.match(r"([a-z0-9-]+)==([^\s;]+)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


@pytest.fixture(scope="module")
def notices() -> str:
    return resource("THIRD_PARTY_NOTICES.txt").read_text(encoding="utf-8")


def test_a_library_is_known_by_its_version_and_its_licence() -> None:
    assert {"torch", "pyside6-essentials", "shiboken6", "numpy", "sympy"} <= {normal(each.name) for each in NEEDED}
    assert all(each.version and each.licence != "not named" for each in NEEDED)
    assert not any("+" in each.version for each in NEEDED), "a build's tag is no version"
    assert normal(metadata("cnnstudio")["Name"]) not in {normal(each.name) for each in NEEDED}
    assert libraries("cnnstudio-that-nobody-has") == ()


@pytest.mark.parametrize("library", NEEDED, ids=lambda library: library.name)
def test_the_notices_name_every_library_with_its_licence(library: Library, notices: str) -> None:
    assert re.search(rf"(?mi)^  {re.escape(library.name)} \S+: {re.escape(library.licence)}$", notices)
    assert re.search(rf"(?m)^{re.escape(library.name)} \S+$", notices), "and its part with the texts"


def test_the_notices_hold_the_licence_of_qt_in_full_and_how_to_replace_it(notices: str) -> None:
    for said in (
        "GNU LESSER GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007",
        "GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007",
        "Conveying Modified Versions.",  # of the one
        "END OF TERMS AND CONDITIONS",  # of the other
        "You may replace them by versions of your own",
        "https://download.qt.io/official_releases/QtForPython/",
    ):
        assert said in notices


def test_the_notices_travel_with_the_program() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for file in project["license-files"]:
        assert (ROOT / file).is_file()
    assert "resources/THIRD_PARTY_NOTICES.txt" in project["license-files"]


def test_a_release_has_the_pinned_versions_and_a_hash_for_each() -> None:
    versions, locked = pinned("constraints.txt"), pinned("requirements.lock")
    needed = {normal(each.name) for each in NEEDED}
    assert needed - {"colorama"} <= locked.keys(), "every library, whatever the system"
    assert {name: version for name, version in locked.items() if versions.get(name, version) != version} == {}
    parts = re.split(r"(?m)^(?=[a-z0-9])", (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8"))[1:]
    assert [part.split("==")[0] for part in parts if "--hash=sha256:" not in part] == []


@pytest.mark.parametrize("file", ["constraints.txt", "requirements.lock"])
def test_no_address_of_a_machine_is_written_down(file: str) -> None:
    text = (ROOT / "packaging" / file).read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--find-links|/(tmp|opt|home|work)/", text)


def test_versions_with_known_holes_are_not_asked_for() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert {"pillow>=12.3", "PySide6-Essentials>=6.9.3,<6.12"} <= set(needs)
