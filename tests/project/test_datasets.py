"""What is known about the data sets before anything is loaded, and what follows from it."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from cnnstudio.graph import ParameterError, parameters
from cnnstudio.project.datasets import DATASETS, OWN, Origin
from cnnstudio.project.recipe import Recipe
from cnnstudio.resources import resource


def test_every_word_of_the_recipe_is_a_data_set() -> None:
    (field,) = [found for found in parameters(Recipe) if found.name == "data"]
    assert set(field.choices) == set(DATASETS)
    assert all(key == dataset.key for key, dataset in DATASETS.items())


def test_another_word_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError) as caught:
        Recipe(data="imagenet")
    assert str(caught.value) == """data must be one of 23 names, "digits", "shapes" … "fake", not 'imagenet'."""


def test_one_declaration_is_all_that_a_data_set_needs() -> None:
    """The recipe, the file and the command line take its word; that it is read is shown of every origin elsewhere."""
    program = """
import contextlib, dataclasses, io, sys
from cnnstudio.project.datasets import DATASETS, Archive, Torchvision

origin = Torchvision("KMNIST", "mnist", (Archive("images.gz", "0" * 32, 21_000_000, ("http://127.0.0.1/images.gz",)),))
DATASETS["new"] = dataclasses.replace(DATASETS["mnist"], key="new", origin=origin)
for name in [name for name in sys.modules if name.startswith("cnnstudio") and ".datasets" not in name]:
    del sys.modules[name]  # all that has read the table, as if the declaration had stood in it
from cnnstudio.cli import main
from cnnstudio.graph import Graph
from cnnstudio.project import Project, dumps, loads
from cnnstudio.project.recipe import Recipe

project = Project(Graph(), Recipe(data="new"))
assert loads(dumps(project)) == project
with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
    main(["train", "--help"])
assert ",new}" in printed.getvalue()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_they_say_what_they_are() -> None:
    for dataset in DATASETS.values():
        assert dataset.sentence.endswith(".") and dataset.title
        assert (dataset.classes is None) == (dataset.shape is None) == (dataset.key in OWN)


def test_they_say_on_whose_terms_they_may_be_used() -> None:
    assert all(len(dataset.licence) > 20 for dataset in DATASETS.values())
    told = resource("data", "digits", "ATTRIBUTION.md").read_text(encoding="utf-8")
    terms, _, authors = DATASETS["digits"].licence.partition(": ")
    assert f"({terms}," in told and all(part in told for part in authors.split(", "))


def test_each_says_how_it_is_had() -> None:
    assert {type(dataset.origin) for dataset in DATASETS.values()} == set(get_args(Origin))
    assert [key for key, dataset in DATASETS.items() if dataset.is_at_hand] == [
        "digits", "shapes", "digits-haste", "digits-light", "fake"
    ]  # fmt: skip
    assert [key for key, dataset in DATASETS.items() if dataset.is_folder] == ["folder"]
    assert [key for key, dataset in DATASETS.items() if dataset.is_own] == list(OWN)
    for dataset in DATASETS.values():
        if megabytes := dataset.download_megabytes:
            assert f"; {megabytes:,} MB are downloaded once." in dataset.sentence


def test_the_window_learns_of_them_without_torch() -> None:
    program = (
        "import sys, cnnstudio.project.datasets, cnnstudio.training.data.errors, cnnstudio.training.data.stamp;"
        "import cnnstudio.training.events, cnnstudio.folders;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
