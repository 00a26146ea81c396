"""The diff command: what it prints, and that it refuses in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.blocks.group import Group, grouped, with_body
from cnnstudio.cli import main
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Edge, Graph, Node, Sketch
from cnnstudio.project import Project, write


@pytest.fixture
def graph() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 3), ReLU(), Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture
def kept(tmp_path: Path, graph: Graph) -> Path:
    write(tmp_path / "old.cnn", Project(graph))
    return tmp_path / "old.cnn"


def test_the_table_says_what_differs_and_what_it_costs(
    kept: Path, graph: Graph, capsys: pytest.CaptureFixture[str]
) -> None:
    new = graph.insert(Edge("conv1", "relu1"), Node("bn1", BatchNorm2d())).replace("fc1", Linear(5))
    write(kept.with_name("new.cnn"), Project(new))
    assert main(["diff", str(kept), str(kept.with_name("new.cnn"))]) == 0
    assert capsys.readouterr().out == (
        "  Block  Parameters  MACs  Difference\n"
        "─────────────────────────\n"
        "+ bn1            +8     0  BatchNorm2d\n"
        "↷ relu1           0     0  reads bn1 instead of conv1\n"
        "~ fc1          −725  −720  out_features 10 → 5, gives 5 instead of 10\n"
        "─────────────────────────\n"
        "  Total        −717  −720  parameters 1,490 → 773, MACs 2,736 → 2,016\n"
    )


def test_equal_networks_are_said_to_be_equal(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(kept), str(kept)]) == 0
    assert capsys.readouterr().out == "old.cnn and old.cnn hold the same network.\n"


def test_json_for_other_programs(kept: Path, graph: Graph, capsys: pytest.CaptureFixture[str]) -> None:
    analysis = infer(graph)
    folded, name = grouped(graph, ("conv1", "relu1"), analysis.shape)
    block = folded[name].block
    assert isinstance(block, Group)
    write(kept, Project(folded))
    other = kept.with_name("new.cnn")
    write(other, Project(with_body(folded, (name,), block.body.replace("conv1", Conv2d(4, 5, padding=1)))))
    assert main(["diff", "--json", str(kept), str(other)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["equal"] and found["parameters"] == {"old": 1490, "new": 1554, "change": 64}
    entry = found["changes"][0]
    assert (entry["name"], entry["kind"], entry["settings"]) == ("group1", "changed", [])
    assert entry["inside"][0]["settings"] == [
        {"name": "kernel_size", "old": 3, "new": 5}, {"name": "padding", "old": 0, "new": 1},
    ]  # fmt: skip
    assert entry["new"]["shape"] == [4, 6, 6] and entry["parameters"] == 64


def test_the_folder_of_a_run_is_the_network_that_it_trained(
    kept: Path, graph: Graph, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept.parent / "run").mkdir()
    write(kept.parent / "run" / "project.cnn", Project(graph.remove("relu1", heal=True)))
    assert main(["diff", str(kept.parent / "run"), str(kept)]) == 0
    assert "+ relu1" in capsys.readouterr().out


def test_a_network_with_an_error_leaves_the_sums_blank(
    kept: Path, graph: Graph, capsys: pytest.CaptureFixture[str]
) -> None:
    write(kept.with_name("broken.cnn"), Project(graph.replace("conv1", Conv2d(4, 99))))
    assert main(["diff", str(kept), str(kept.with_name("broken.cnn"))]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == "Total not known: a shape is missing".split()


def test_a_file_that_is_none_is_refused_in_words(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept.with_name("nonsense.cnn").write_text("{")
    assert main(["diff", str(kept), str(kept.with_name("nonsense.cnn"))]) == 1
    assert main(["diff", str(kept), str(kept.with_name("nowhere.cnn"))]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "breaks off" in first and "does not exist" in second
