"""Steps without a block: named, bound to the shapes that they were seen with, and written only where that is safe."""

import ast

import pytest
import torch

from cnnstudio.blocks import Input, Opaque
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import BLOCKS, Graph, Node, Shape, ShapeError, Sketch
from cnnstudio.project import Project, dumps, loads
from cnnstudio.training.build import build


def network(block: Opaque, *shapes: tuple[int, ...]) -> Graph:
    inputs = [Node(f"input{i}", Input(shape)) for i, shape in enumerate(shapes)]
    return Graph.of([*inputs, Node("step", block, tuple(node.name for node in inputs))])


def test_it_gives_what_it_was_seen_to_give_and_nothing_else() -> None:
    block = Opaque("torch.einsum", "", "3 × 8 × 8 | 5", "7 × 2")
    assert block.arity.least == block.arity.most == 2
    assert block.shape(Shape(3, 8, 8), Shape(5)) == Shape(7, 2)
    with pytest.raises(ShapeError, match=r"torch\.einsum has no block here; it was seen with 3 × 8 × 8 and 5"):
        block.shape(Shape(3, 9, 8), Shape(5))
    with pytest.raises(ShapeError, match="written as numbers"):
        Opaque(takes="three").shape(Shape(3))


def test_arithmetic_is_written_and_computed() -> None:
    graph = network(Opaque("torch.mul", "{0}, 0.5", "4", "4"), (4,))
    module = build(source(graph).text)
    assert torch.equal(module(torch.ones(2, 4)), torch.full((2, 4), 0.5))
    rolled = network(Opaque("torch.roll", "{0}, shifts=(1, -2), dims=(2, 3)", "3 × 4 × 4", "3 × 4 × 4"), (3, 4, 4))
    x = torch.randn(2, 3, 4, 4)
    assert torch.equal(build(source(rolled).text)(x), torch.roll(x, (1, -2), (2, 3)))


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("torch.load", "{0}"),
        ("torch.einsum", ""),
        ("torch.mul", "{0}, __import__('os')"),
        ("torch.mul", "{0}, open"),
        ("torch.mul", "{0}) or print(1"),
        ("torch.mul", "{0}, [x for x in ()]"),
        ("torch.mul", "{0}, **{1}"),
        ("torch.mul", "*{0}"),
        ("torch.mul", "{7}, 1"),
        ("torch.mul", "input_9"),
        ("torch.mul", "{0}, self"),
        ("os.system", "{0}"),
        ("torch.mul", "{0}" + "(" * 5_000),
    ],
)
def test_nothing_but_known_functions_of_literals_is_ever_written(operation: str, arguments: str) -> None:
    block = Opaque(operation, arguments)
    assert block.obstacle.endswith(".") and "cannot be trained or exported" in block.obstacle
    with pytest.raises(SourceError, match="has no block here"):
        source(network(block, (3,)))


def test_inside_a_group_it_is_found_too() -> None:
    draw = Sketch()
    draw(Opaque("torch.linalg.svd", "", "3"), draw(Input((3,))), name="svd")
    group = BLOCKS["Group"](label="Odd", body=draw.graph())
    outer = Sketch()
    outer(group, outer(Input((3,))), name="odd")
    with pytest.raises(SourceError, match=r"Inside it, at svd: torch.linalg.svd has no block here"):
        source(outer.graph())


def test_what_is_written_is_one_call_of_literals_whatever_the_words() -> None:
    block = Opaque("F.interpolate", "{0}, size=(8, 8), mode='bilinear', align_corners=False", "3 × 4 × 4", "3 × 8 × 8")
    call = ast.parse(block.forward("step", "x"), mode="eval").body
    assert isinstance(call, ast.Call)
    assert ast.unparse(call) == "F.interpolate(x, size=(8, 8), mode='bilinear', align_corners=False)"


def test_it_keeps_in_a_project_file() -> None:
    graph = network(Opaque("torch.atan2", "{0}, {1}", "3 × 8 × 8 | 3 × 8 × 8", "3 × 8 × 8"), (3, 8, 8), (3, 8, 8))
    assert loads(dumps(Project(graph))).graph == graph
