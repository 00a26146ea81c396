"""The Python file is text that a person would write; it is compared whole."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, Softmax
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.exporting.standalone import standalone
from cnnstudio.graph import Block, Graph, Shape, Sketch
from cnnstudio.zoo import lenet5, small_resnet

GOLDEN = Path(__file__).parent / "golden"
DIGITS = Normalization((0.3063,), (0.3255,), tuple("0123456789"))
SHAPES = Normalization((0.5, 0.4, 0.3), (0.2, 0.2, 0.25), tuple(f"shape number {n}" for n in range(10)))


def written(graph: Graph, normalization: Normalization | None = None) -> str:
    result = infer(graph).facts[graph.outputs[0].name].shape
    return standalone(graph, source(graph), Shape(*result), normalization)


def chained(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(blocks[0]), *blocks[1:])
    return draw.graph()


@pytest.mark.parametrize(
    ("name", "graph", "normalization"),
    [("lenet5", lenet5(), DIGITS), ("small_resnet", small_resnet(), SHAPES)],
)
def test_the_file_is_what_it_was(
    name: str, graph: Graph, normalization: Normalization, request: pytest.FixtureRequest
) -> None:
    """``make golden`` writes it anew, to be read in review."""
    path, text = GOLDEN / f"{name}.py.txt", written(graph, normalization)
    if request.config.getoption("--rewrite-golden", default=False):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_the_file_would_pass_a_review(tmp_path: Path) -> None:
    for graph, normalization in ((lenet5(), DIGITS), (small_resnet(), SHAPES), (lenet5(), None)):
        path = tmp_path / "net.py"
        path.write_text(written(graph, normalization), encoding="utf-8")
        ruff = [sys.executable, "-m", "ruff"]
        isolated = ["--isolated", "--line-length", "120", "--target-version", "py311", str(path)]
        subprocess.run([*ruff, "check", "--select", "E,F,W,I,B,UP,SIM", *isolated], check=True)
        subprocess.run([*ruff, "format", "--check", *isolated], check=True)


def test_names_of_classes_come_as_they_are() -> None:
    hostile = ("it's", 'say "hi"', "\\", "\n", '"""', "ü", "\u2028", "\udc80", "{x}", "a" * 200)
    text = written(lenet5(), Normalization((0.5,), (0.5,), hostile))
    tree = ast.parse(text)
    found = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CLASSES"]
    assert ast.literal_eval(found[0].value) == hostile


def test_what_does_not_fit_the_network_is_left_out() -> None:
    text = written(lenet5(), Normalization((0.5, 0.5), (1.0, 1.0), ("cat", "dog")))
    assert "MEAN" not in text
    assert "CLASSES" not in text
    assert "return images.float() / 255" in text
    assert "(str(label), sure)" in text


def test_a_network_that_ends_in_softmax_is_not_given_another() -> None:
    graph = chained(Input((1, 6, 6)), Conv2d(2, 3), Flatten(), Linear(3), Softmax())
    assert "network(prepare(images)).max(dim=1)" in written(graph)


def test_a_network_of_another_kind_has_its_load_alone() -> None:
    text = written(chained(Input((1, 6, 6)), Conv2d(2, 3)))
    assert "def load(" in text
    assert "def predict(" not in text
    four_channels = written(chained(Input((4, 6, 6)), Flatten(), Linear(3)))
    assert "def predict(" in four_channels
    assert "Image.open" not in four_channels
