from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Input, ReLU
from cnnstudio.blocks.group import Group
from cnnstudio.folders import library_folder
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, ProjectError, write
from cnnstudio.project import library as library_files
from cnnstudio.project.library import as_text, from_text, read_library
from cnnstudio.ui.kept.library import Library


def group(label: str, channels: int = 8) -> Group:
    conv = Node("conv1", Conv2d(channels), ("input1",), (300.0, 20.0))
    return Group(
        label, Graph.of((Node("input1", Input()), conv, Node("relu1", ReLU(), ("conv1",)))), 2, ("conv1.bias",)
    )


def labels(library: Library) -> list[str]:
    return [kept.label for kept in library.groups]


def test_what_is_kept_is_there_in_the_next_start(qtbot: QtBot) -> None:
    library = Library()
    assert library.groups == ()
    with qtbot.waitSignal(library.changed):
        kept = library.keep(group("My stem"))
    assert kept.path.name == "my-stem.cnn"
    again = Library()
    assert [each.group for each in again.groups] == [group("My stem")]


def test_a_group_that_is_there_already_is_not_kept_twice() -> None:
    library = Library()
    assert library.keep(group("Stem")) == library.keep(group("Stem"))
    assert labels(library) == ["Stem"]


def test_another_group_of_a_name_gets_a_number_and_overwrites_nothing() -> None:
    library = Library()
    library.keep(group("Stem", 8))
    library.keep(group("Stem", 16))
    library.keep(group("stem!", 4))
    assert labels(library) == ["Stem", "Stem 2", "stem!"]
    assert len({kept.path for kept in library.groups}) == 3
    longest = "x" * 200
    assert [library.keep(group(longest, each)).label for each in (1, 2)] == [longest, f"{longest[:190]} 2"]


@pytest.mark.parametrize("label", ["", "../../etc/passwd", "\n", "ü" * 200, "con\0", "<b>x</b>"])
def test_any_label_has_a_file_in_the_library(label: str) -> None:
    library = Library()
    kept = library.keep(group(label))
    assert kept.path.parent == library_folder() and kept.path.is_file() and kept.label.strip()


def test_removing_deletes_the_file(qtbot: QtBot) -> None:
    library = Library()
    kept = library.keep(group("Stem"))
    with qtbot.waitSignal(library.changed):
        library.remove(kept)
    assert library.groups == () and not kept.path.exists()


def test_files_that_hold_no_group_are_passed_over_and_told_of() -> None:
    library = Library()
    library.keep(group("Good"))
    (library_folder() / "broken.cnn").write_text("{")
    (library_folder() / "folder.cnn").mkdir()
    write(library_folder() / "network.cnn", Project(Graph.of((Node("input1", Input()),))))
    again = Library()
    assert labels(again) == ["Good"]
    assert len(again.troubles) == 3 and any("broken.cnn cannot be opened" in each for each in again.troubles)


def test_a_folder_that_cannot_be_made_is_a_sentence(isolated_home: Path) -> None:
    (isolated_home / "library").write_text("a file in its place")
    with pytest.raises(ProjectError, match="was not kept"):
        Library().keep(group("Stem"))


def test_a_group_travels_as_text_and_back() -> None:
    assert from_text(as_text(group("Stem"))) == group("Stem")
    with pytest.raises(ProjectError):
        from_text("[]")


def test_the_library_takes_no_more_than_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_files, "MOST_FILES", 2)
    made = Library()
    for label in ("One", "Two"):
        made.keep(group(label))
    with pytest.raises(ProjectError, match=r"^Three was not kept: the library has room for 300 groups and 8 MB\.$"):
        made.keep(group("Three"))
    (library_files.library_folder() / "zebra.cnn").write_text(as_text(group("Zebra")))
    found = read_library()
    assert [kept.label for kept in found.groups] == ["One", "Two"]
    (trouble,) = found.troubles
    assert trouble.endswith("zebra.cnn and what comes after it, by name, is not read.")
    monkeypatch.setattr(library_files, "MOST_FILES", 9)
    monkeypatch.setattr(library_files, "LARGEST", 10)
    assert read_library().groups == () and len(read_library().troubles) == 1
