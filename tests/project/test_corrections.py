"""Corrections: what a person says of single pictures, in the file and in the project."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from cnnstudio.project import Project, ProjectError, dumps, limits, loads
from cnnstudio.project import corrections as declared
from cnnstudio.project.corrections import Correction, corrected, of_data, way_of
from cnnstudio.project.writing import room

SAID = (
    Correction("digits", "17", left_out=True),
    Correction("folder", "cat/Ä \U0001f408 1.jpg", label="dog"),
    Correction("folder", "dog/2.png", label="dog", left_out=True),
)


def test_corrections_are_kept_a_line_each_and_a_file_without_them_is_what_it_was() -> None:
    assert "corrections" not in dumps(Project())
    text = dumps(Project(corrections=SAID))
    assert loads(text).corrections == SAID and loads(text) == Project(corrections=SAID)
    assert '    {"data": "digits", "picture": "17", "left_out": true},\n' in text
    assert '    {"data": "folder", "picture": "cat/Ä \U0001f408 1.jpg", "label": "dog"},\n' in text


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"data": "digits", "picture": ""}, "named by 1 to 4,096 letters"),
        ({"data": "digits", "picture": "x" * 4_097, "left_out": True}, "named by 1 to 4,096 letters"),
        ({"data": "digits", "picture": "1"}, "says of its picture a class, or that it is left out"),
        ({"data": "digits", "picture": "1", "label": "x" * 256}, "up to 255 letters"),
        ({"data": "digits", "picture": "17", "label": "3"}, "has one already"),
        ({"data": "digits", "picture": 1}, "text is needed, not a whole number"),
        ({"data": "digits"}, "picture is missing"),
        ({"data": "digits", "picture": "1", "run": "x"}, "nothing that belongs there"),
    ],
)
def test_what_is_no_correction_is_refused_by_its_place(entry: dict[str, object], words: str) -> None:
    file = json.loads(dumps(Project(corrections=SAID[:1])))
    file["corrections"].append(entry)
    with pytest.raises(ProjectError, match=r"^At correction 2") as caught:
        loads(json.dumps(file))
    assert words in str(caught.value)


def test_there_is_a_limit_that_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (declared, "cnnstudio.project.project", "cnnstudio.project.reading"):
        name = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{name}.MOST_CORRECTIONS", 2)
    file = json.loads(dumps(Project(corrections=SAID[:2])))
    file["corrections"].append({"data": "digits", "picture": "1", "left_out": True})
    with pytest.raises(ProjectError, match="It has 3 corrections of images; 2 are allowed"):
        loads(json.dumps(file))
    with pytest.raises(ProjectError, match="There are 2 corrections of images at most, not 3"):
        Project(corrections=SAID)


def test_many_long_ones_are_near_the_limit_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(Correction("folder", f"{n:04}" * 100, left_out=True) for n in range(50))
    project = Project(corrections=many)
    assert not limits.is_near(project.graph, many) and room(project) == ("", "")
    monkeypatch.setattr(limits, "LARGEST", len(dumps(project).encode()))
    assert limits.is_near(project.graph, many) and "MB" in room(project).nearness


def test_a_change_takes_the_place_of_what_was_said_or_takes_it_back() -> None:
    once = corrected(SAID, [Correction("digits", "3", label="8")])
    assert [each.picture for each in once[:2]] == ["17", "3"] and len(once) == 4
    again = corrected(once, [Correction("digits", "3", label="8", left_out=True)])
    assert of_data(again, "digits")["3"].left_out and len(again) == 4
    assert corrected(again, [Correction("digits", "3")]) == SAID
    assert set(of_data(SAID, "digits")) == {"17"}


def test_a_name_that_is_no_text_is_named_in_letters_that_a_file_can_hold(tmp_path: Path) -> None:
    way = way_of("cat/\udce4.jpg")
    assert way == "cat/\\udce4.jpg"
    project = dataclasses.replace(Project(), corrections=(Correction("folder", way, left_out=True),))
    assert loads(dumps(project)) == project
