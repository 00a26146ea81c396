"""The run that a project has its weights from, in the .cnn file: only where there is one, and never nonsense."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cnnstudio.project import Project, ProjectError, RunReference, dumps, from_template, loads


def test_it_comes_back_and_a_project_without_one_says_nothing_of_it() -> None:
    project = from_template("lenet5")
    trained = replace(project, run=RunReference("2026-01-31 14-05-09", 12))
    assert '  "run": {"folder": "2026-01-31 14-05-09", "epoch": 12},\n  "recipe": {\n' in dumps(trained)
    assert loads(dumps(trained)) == trained != project
    assert '"run"' not in dumps(project) and loads(dumps(project)).run is None
    assert trained.with_graph(Project().graph).run == trained.run


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("a", "In the file, run: a group in braces or null is needed, not text."),
        ({}, "In the file, run: folder is missing."),
        ({"folder": 3}, "In the file, run: text is needed, not a whole number."),
        ({"folder": ""}, "In the file, run: The folder of a run is a path of up to 4,096 letters that can be read."),
        ({"folder": "a\0b"}, "The folder of a run is a path"),
        ({"folder": "a" * 5_000}, "The folder of a run is a path"),
        ({"folder": "a", "epoch": -1}, "In the file, run: The epoch of a run must be from 0 to 10,000,000."),
        ({"folder": "a", "epoch": 1.5}, "In the file, run: a whole number is needed, not a number."),
        ({"folder": "a", "weights": "b"}, "In the file, run: 'weights' is nothing that belongs there."),
    ],
)
def test_every_mistake_is_named_with_its_place(entry: Any, sentence: str) -> None:
    found = {**json.loads(dumps(Project())), "run": entry}
    with pytest.raises(ProjectError) as caught:
        loads(json.dumps(found))
    assert sentence in str(caught.value)
