"""The worst files that there can be: a fraction of what benchmarks/hostile_files.py opens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cnnstudio.project import ProjectError, loads
from cnnstudio.project.limits import LARGEST

FOLDER = Path(__file__).parents[2] / "benchmarks"
SENTENCES = {
    "nodes, too many": r"^It has [\d,]+ nodes; 10,000 are allowed\.$",
    "frames, too many": r"^It has 2,000 frames; 500 are allowed\.$",
    "bends, too many": r"^It has [\d,]+ bends; 20,000 are allowed\.$",
    "groups, too deep": r": groups may stand in groups 20 deep\.$",
    "a line of a million arguments": r"arguments has 4,999,998 letters; 100,000 are allowed\.$",
    "a million inputs": r"takes has 7,000,000 letters; 100,000 are allowed\.$",
    "a label of 7 MB": r"label has 7,000,000 letters; 200 are allowed\.$",
    "a recipe of long texts": r"class_weight_list has 8,000,000 letters; 20,000 are allowed\.$",
    "a name of 8 MB": r"letters; 60 are allowed\.$",
    "deep lists": r"^It has 8,\d{3},\d{3} lists and groups of values; 1,200,000 are allowed\.$",
}


@pytest.fixture
def projects(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Callable[[], str]]]:
    """Name -> what makes the text of a file."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import hostile

    yield hostile.PROJECTS
    sys.modules.pop("hostile", None)


@pytest.mark.parametrize("name", SENTENCES)
def test_what_is_too_much_is_refused_in_a_sentence_that_states_the_limit(
    name: str, projects: dict[str, Callable[[], str]]
) -> None:
    text = projects[name]()
    assert len(text.encode()) <= LARGEST
    with pytest.raises(ProjectError, match=SENTENCES[name]) as caught:
        loads(text)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("name", ["nodes, as many as are allowed", "frames at one place", "groups, twenty deep"])
def test_what_is_just_allowed_is_read(name: str, projects: dict[str, Callable[[], str]]) -> None:
    assert len(loads(projects[name]()).graph) > 1
