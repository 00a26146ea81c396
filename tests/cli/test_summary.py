"""The summary command where JSON has no word for a value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnstudio.blocks import (
    Conv2d,
    ConvTranspose2d,
    Flatten,
    FractionalMaxPool2d,
    GroupNorm,
    Input,
    Linear,
    Opaque,
    ReLU,
)
from cnnstudio.blocks.group import grouped
from cnnstudio.cli import main
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project, write


def network() -> Graph:
    draw = Sketch()
    draw.chain(
        draw(Input((3, 8, 8))), Conv2d(8, 3, padding=1), ReLU(), ConvTranspose2d(4, 2, stride=2), Flatten(), Linear(10)
    )
    return draw.graph()


def summary(tmp_path: Path, graph: Graph, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    write(tmp_path / "net.cnn", Project(graph))
    assert main(["summary", "--json", str(tmp_path / "net.cnn")]) == 0
    return {node["name"]: node for node in json.loads(capsys.readouterr().out)["nodes"]}


def test_a_group_is_written_with_the_blocks_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = network()
    folded, name = grouped(graph, ("conv1", "relu1"), infer(graph).shape, "Stem")
    settings = summary(tmp_path, folded, capsys)[name]["settings"]
    assert isinstance(settings, dict) and settings["label"] == "Stem"
    assert [inner["block"] for inner in settings["body"]] == ["Input", "Conv2d", "ReLU"]


def test_a_step_of_half_a_pixel_is_a_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = summary(tmp_path, network(), capsys)
    name = next(name for name, node in nodes.items() if node["block"] == "ConvTranspose2d")
    assert nodes[name]["receptive_field"]["stride"] == [0.5, 0.5]


def test_each_field_says_how_sure_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw = Sketch()
    draw.chain(
        draw(Input((3, 8, 8))), GroupNorm(3), Conv2d(4, 3, padding=1), FractionalMaxPool2d(5), Opaque("torch.flip")
    )
    nodes = summary(tmp_path, draw.graph(), capsys)
    told = [(node["receptive_field_status"], node["receptive_field_without_statistics"]) for node in nodes.values()]
    assert told == [("exact", False), ("exact", True), ("exact", True), ("upper bound", True), ("not known", None)]
    assert nodes["conv1"]["projective_field"] == {"pixel": [4, 4], "size": [3, 3]}
    assert main(["summary", str(tmp_path / "net.cnn")]) == 0
    assert "≤ 5 × 5" in capsys.readouterr().out


def test_what_is_bypassed_has_no_row_but_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = network().bypass(["relu1"])
    assert "relu1" not in summary(tmp_path, graph, capsys)
    main(["summary", "--json", str(tmp_path / "net.cnn")])
    assert json.loads(capsys.readouterr().out)["bypassed"] == ["relu1"]
    main(["summary", str(tmp_path / "net.cnn")])
    lines = capsys.readouterr().out.splitlines()
    assert "Bypassed: relu1" in lines
    assert not [line for line in lines if line.startswith("relu1")]
