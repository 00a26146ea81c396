from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cnnstudio.blocks import GELU, BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, write
from cnnstudio.project.augmentations import usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.record import Best, new_record, write_record
from cnnstudio.training.runs.run_differences import best_of, differences, since
from cnnstudio.training.runs.run_library import ListedRun, RunLibrary

GRAPH = Graph.of(
    (
        Node("image", Input((1, 8, 8))),
        Node("conv1", Conv2d(4), ("image",)),
        Node("relu1", ReLU(), ("conv1",)),
        Node("flat", Flatten(), ("relu1",)),
        Node("head", Linear(10), ("flat",)),
    )
)


def run(folder: Path, graph: Graph = GRAPH, best: Best | None = None, **recipe: Any) -> ListedRun:
    folder.mkdir()
    project = Project(graph, Recipe(**recipe))
    write(folder / "project.cnn", project)
    record = msgspec.structs.replace(new_record(project), state="done", owner=None, best=best, epochs_done=15)
    write_record(folder, record)
    (found,) = RunLibrary().look([folder])
    return found


def changed(**blocks: Any) -> Graph:
    return Graph.of(dataclasses.replace(n, block=blocks.get(n.name, n.block)) for n in GRAPH)


def test_only_what_differs_is_told(tmp_path: Path) -> None:
    one = run(tmp_path / "a", best=Best(4, 0.981, 0.06))
    other = run(
        tmp_path / "b",
        changed(conv1=Conv2d(8, 5), relu1=GELU()),
        Best(7, 0.99, 0.05),
        learning_rate=0.1,
        optimizer="SGD",
    )
    found = differences([one, other])
    assert found.troubles == ()
    assert [(row.name, row.values) for row in found.of("recipe")] == [
        ("optimizer", ("Adam", "SGD")), ("learning_rate", ("0.002", "0.1")),
    ]  # fmt: skip
    assert [(row.name, row.values) for row in found.of("network")] == [
        ("conv1: out_channels", ("4", "8")), ("conv1: kernel_size", ("3", "5")), ("relu1", ("ReLU", "GELU")),
    ]  # fmt: skip
    results = {row.name: row.values for row in found.of("result")}
    assert results["best accuracy"] == ("98.1% (epoch 4)", "99.0% (epoch 7)")
    assert set(results) == {"best accuracy", "its loss", "parameters", "MACs"}


def test_equal_runs_differ_in_nothing_and_have_their_best_value(tmp_path: Path) -> None:
    best = Best(4, 0.981, 0.06)
    found = differences([run(tmp_path / "a", best=best), run(tmp_path / "b", best=best)])
    assert [row.name for row in found.rows] == ["best accuracy"]


def test_a_field_that_means_nothing_is_passed_over(tmp_path: Path) -> None:
    found = differences([run(tmp_path / "a", momentum=0.5), run(tmp_path / "b", momentum=0.9)])
    assert found.of("recipe") == ()
    found = differences([run(tmp_path / "c", momentum=0.5, optimizer="SGD"), run(tmp_path / "d")])
    assert [(row.name, row.values) for row in found.of("recipe")] == [("optimizer", ("SGD", "Adam"))]


def test_several_runs_share_the_rows(tmp_path: Path) -> None:
    middle = Node("norm", BatchNorm2d(), ("conv1",))
    relu = dataclasses.replace(GRAPH["relu1"], inputs=("norm",))
    graphs = [GRAPH, Graph.of((*list(GRAPH)[:2], middle, relu, *list(GRAPH)[3:])), changed(conv1=Conv2d(8)), GRAPH]
    runs = [run(tmp_path / name, graph) for name, graph in zip("abcd", graphs, strict=True)]
    rows = {row.name: row.values for row in differences(runs).of("network")}
    assert rows == {
        "norm": ("–", "BatchNorm2d", "–", "–"),
        "relu1: reads": ("conv1", "norm", "conv1", "conv1"),
        "conv1: out_channels": ("4", "4", "8", "4"),
    }


def test_another_name_is_no_difference(tmp_path: Path) -> None:
    renamed = Graph.of((
        *list(GRAPH)[:2], Node("act", ReLU(), ("conv1",)), Node("flat", Flatten(), ("act",)), GRAPH["head"],
    ))  # fmt: skip
    assert differences([run(tmp_path / "a"), run(tmp_path / "b", renamed)]).of("network") == ()


def test_a_project_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    one, other = run(tmp_path / "a"), run(tmp_path / "b", seed=1)
    third = run(tmp_path / "c", seed=2)
    (tmp_path / "b" / "project.cnn").write_text("{")
    found = differences([one, other, third])
    assert found.troubles[0].startswith("b: project.cnn cannot be opened: ")
    assert [(row.name, row.values) for row in found.of("recipe")] == [("seed", ("0", "–", "2"))]


def test_since_says_in_a_line_what_was_tried(tmp_path: Path) -> None:
    one = run(tmp_path / "a")
    other = run(tmp_path / "b", changed(conv1=Conv2d(8)), learning_rate=0.01, augmentations=usual(True))
    assert since(one, None) == since(one, one) == ""
    assert (
        since(other, one)
        == "learning_rate 0.002 → 0.01, augmentations nothing → RandomCrop, RandomHorizontalFlip, another network"
    )


@pytest.mark.parametrize("value", [[[[[[[[[1]]]]]]]], {"kind": {"kind": {}}}, "x" * 10_000, "a\nb", [1e999], [None]])
def test_a_hostile_recipe_is_told_shortly(tmp_path: Path, value: object) -> None:
    one = run(tmp_path / "a")
    other = ListedRun(one.folder, one.record, one.labels, 0, one.files)
    vars(other)["values"] = {**one.values, "seed": value}
    said = since(other, one)
    assert said.startswith("seed 0 → ") and len(said) < 150 and said.isprintable()


def test_best_of_a_run_without_one_is_a_dash(tmp_path: Path) -> None:
    assert best_of(run(tmp_path / "a")) == "–"
    assert best_of(run(tmp_path / "b", best=Best(3))) == "epoch 3"
