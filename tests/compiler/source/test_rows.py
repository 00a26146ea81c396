"""Rows of equal modules inside composites: loops in the source, the same ``state_dict`` keys, one class for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Conv2d,
    DenseBlock,
    DenseLayer,
    Flatten,
    Input,
    Linear,
    RegNetStage,
    ReLU,
    Residual,
)
from cnnstudio.blocks.group import Group
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.training.build import build
from cnnstudio.zoo import Backbone

HEAD = (AdaptiveAvgPool2d(1), Flatten(), Linear(10))


def of(*blocks: Block, size: tuple[int, int, int] = (3, 32, 32)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks, *HEAD)
    return draw.graph()


def row(*named: tuple[str, Block], size: tuple[int, int, int] = (16, 8, 8)) -> Graph:
    """A network of one group that holds these nodes in a row."""
    draw = Sketch()
    x = draw(Input(size))
    for name, block in named:
        x = draw(block, x, name=name)
    return of(Group("Row", draw.graph()), size=size)


def dense() -> Graph:
    return of(DenseBlock(3, 8), DenseBlock(5, 8), DenseBlock(4, 12))


def stages() -> Graph:
    return of(RegNetStage(16, 4, group_width=8), RegNetStage(32, 6, group_width=8, squeeze=0.25))


def backbone() -> Graph:
    return of(Backbone("resnet34"), size=(3, 64, 64))


NETWORKS: dict[str, Callable[[], Graph]] = {"dense_blocks": dense, "regnet_stages": stages, "backbone": backbone}


def class_of(text: str, name: str) -> str:
    return text.partition(f"class {name}(")[2].split("\n\n\n")[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(name, source(NETWORKS[name]()).text)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", NETWORKS)
def test_the_keys_are_those_of_the_parts_and_torch_runs_it(name: str) -> None:
    graph = NETWORKS[name]()
    analysis, made = infer(graph), source(graph)
    module = build(made.text).eval()
    expected = {
        f"{made.paths[node.name]}.{key}": tuple(shape)
        for node in graph
        for key, shape in node.block.weights(*[shape for shape in analysis.shapes_into(node.name) if shape]).items()
    }
    assert {key: tuple(weight.shape) for key, weight in module.named_parameters()} == expected
    x = torch.randn(1, *graph.inputs[0].block.shape())
    with torch.no_grad():
        assert tuple(module(x).shape) == (1, 10)
        assert torch.equal(torch.jit.script(module)(x), module(x))


def test_blocks_of_any_length_share_a_class_and_growth_is_a_parameter_where_it_differs() -> None:
    text = source(dense()).text
    assert text.count("class DenseBlock") == 1
    assert "for i in range(layers):" in text
    assert "in_channels + growth * i" in text
    assert "self.dense2 = DenseBlock(27, layer_conv1_channels=32, growth=8, layers=5)" in text


def test_equal_modules_are_made_in_a_loop() -> None:
    text = source(row(*[(f"block{n}", Residual(16)) for n in range(1, 6)])).text
    assert "for i in range(5):" in class_of(text, "Row")
    assert 'self.add_module(f"block{i + 1}", Residual(channels))' in class_of(text, "Row")
    assert "def forward" not in class_of(text, "Row")


def test_a_row_may_be_counted_from_nought() -> None:
    text = class_of(source(row(*[(f"block{n}", DenseLayer(4)) for n in range(4)])).text, "Row")
    assert "for i in range(4):" in text
    assert 'self.add_module(f"block{i}", DenseLayer(in_channels + 4 * i))' in text


def test_a_row_may_begin_with_another() -> None:
    graph = row(("block1", Residual(32, 2)), *[(f"block{n}", Residual(32)) for n in (2, 3, 4)])
    text = class_of(source(graph).text, "Row")
    assert "self.block1 = ResidualProjection(in_channels, out_channels)" in text
    assert "for i in range(2, 5):" in text


@pytest.mark.parametrize(
    "named",
    [
        [("block1", Residual(16)), ("block2", Residual(16))],  # two are written out
        [("block1", Residual(16)), ("block3", Residual(16)), ("block4", Residual(16))],  # not counted up
        [("a", Residual(16)), ("b", Residual(16)), ("c", Residual(16))],  # not numbered
        [("block01", Residual(16)), ("block02", Residual(16)), ("block03", Residual(16))],  # i would lose the zero
        [("block1", Residual(16)), ("block2", Residual(24)), ("block3", Residual(16))],  # steps that differ
        [(f"conv{n}", Conv2d(16, 3, padding=1)) for n in (1, 2, 3)],  # plain layers read well as they are
    ],
    ids=["two", "gap", "letters", "zeros", "steps", "layers"],
)
def test_what_is_no_run_is_written_out(named: list[tuple[str, Block]]) -> None:
    text = class_of(source(row(*named)).text, "Row")
    assert "for i in" not in text
    assert all(f"self.{name} = " in text for name, _ in named)
    assert "def forward" in text


def test_a_branch_is_no_row() -> None:
    draw = Sketch()
    x = draw(Input((16, 8, 8)))
    first = x
    for number in (1, 2, 3):
        x = draw(Residual(16), x, name=f"block{number}")
    draw(Add(), x, first)
    text = class_of(source(of(Group("Row", draw.graph()), size=(16, 8, 8))).text, "Row")
    assert "for i in" not in text
    assert "def forward" in text


def test_many_modules_in_a_row_need_no_forward() -> None:
    layers: list[tuple[str, Any]] = []
    for number in "123":
        layers += [
            ("conv" + number, Conv2d(16, 3, padding=1)),
            ("bn" + number, BatchNorm2d()),
            ("relu" + number, ReLU()),
        ]
    long, short = source(row(*layers)).text, source(row(*layers[:6])).text
    assert "class Row(nn.Sequential):" in long
    assert "def forward" not in class_of(long, "Row")
    assert "class Row(nn.Module):" in short
    module = build(long)
    assert tuple(module(torch.zeros(1, 16, 8, 8)).shape) == (1, 10)
