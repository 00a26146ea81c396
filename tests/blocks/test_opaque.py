"""Steps without a block: named, bound to the shapes that they were seen with, and written only where that is safe."""

import ast

import pytest
import torch

from cnnstudio.blocks import Input, Opaque
from cnnstudio.blocks.opaque import OwnTensor
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import BLOCKS, Block, Graph, Node, Shape, ShapeError, Sketch
from cnnstudio.project import Project, dumps, loads
from cnnstudio.training.build import build


def network(block: Block, *shapes: tuple[int, ...]) -> Graph:
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


@pytest.mark.parametrize(
    "expression",
    [
        "{0}.__class__",
        "{0}.numpy()",
        "{0}.shape.__class__",
        "torch.load({0})",
        "F.torch.load({0})",
        "torch.hub.load({0})",
        "{0} if {0} else {0}",
        "(lambda: {0})()",
        "[x for x in {0}]",
        "f'{{0}}'",
        "self.weight",
        "self.other",
        "{0}.add({1})",
        "{0}.add(*{0})",
        "{0} + 99999999999",
        "{0} ** open",
        "torch",
        "{0}; import os",
        "{0}\nimport os",
        "{0}.to(torch.device)",
    ],
)
def test_no_expression_is_written_that_could_do_more_than_compute(expression: str) -> None:
    block = Opaque("torch.add", "", "3", "3", expression)
    assert "cannot be trained or exported" in block.obstacle
    with pytest.raises(SourceError, match="has no block here"):
        source(network(block, (3,)))


def test_no_module_and_no_numbers_are_made_but_by_pytorch_of_literals() -> None:
    for module in (
        "os.system(1)",
        "nn.Module()",
        "nn.Linear(3, print())",
        "nn.Linear(**{})",
        "nn.Linear",
        "nn.Linear(",
    ):
        assert Opaque("nn.Linear", "", "3", "3", "self({0})", module).obstacle, module
    for begins in ("open(1)", "self", "input_0", "torch.load('x')", "torch.randn(3) or print(1)"):
        tensor = OwnTensor("a", (3,), begins=begins)
        assert Opaque("torch.mul", "", "3", "3", "{0} * self", tensors=(tensor,)).obstacle, begins
    tensors = OwnTensor("class", (3,)), OwnTensor("b", (3,))
    assert Opaque("torch.mul", "", "3", "3", "{0} * self.b", tensors=tensors).obstacle


def test_its_own_tensors_are_learned_or_stay_and_are_counted() -> None:
    scale = OwnTensor("scale", (3, 1, 1), begins="torch.full((3, 1, 1), 2.0)")
    shift = OwnTensor("shift", (3, 1, 1), learned=False, begins="torch.full((3, 1, 1), 1.0)")
    line = "{0} * self.scale + self.shift"
    block = Opaque("torch.addcmul", "", "3 × 4 × 4", "3 × 4 × 4", line, tensors=(scale, shift))
    graph = network(block, (3, 4, 4))
    assert block.weights(Shape(3, 4, 4)) == {"scale": Shape(3, 1, 1)}
    module = build(source(graph).text)
    assert [name for name, _ in module.named_parameters()] == ["step.scale"]
    assert [name for name, _ in module.named_buffers()] == ["step.shift"]
    assert torch.equal(module(torch.ones(2, 3, 4, 4)), torch.full((2, 3, 4, 4), 3.0))
    alone = network(Opaque("torch.mul", "", "3", "3", "{0} * self", tensors=(OwnTensor("gamma", (3,)),)), (3,))
    assert list(build(source(alone).text).state_dict()) == ["step"]
    assert loads(dumps(Project(graph))).graph == graph


def test_what_is_not_known_is_blank_and_never_less() -> None:
    known = Opaque("torch.matmul", "", "4", "4", "{0} @ self", tensors=(OwnTensor("w", (4, 4)),), mac_count=16)
    totals = infer(network(known, (4,))).totals
    assert totals is not None and (totals.parameters, totals.macs) == (16, 16)
    assert infer(network(Opaque("torch.einsum", "", "4", "4"), (4,))).totals is None
    draw = Sketch()
    draw(Opaque("torch.einsum", "", "4", "4"), draw(Input((4,))))
    assert infer(network(BLOCKS["Group"](label="Odd", body=draw.graph()), (4,))).totals is None


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
