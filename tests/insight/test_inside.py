"""The value of every node inside composites and groups, against forward hooks on the modules that torch calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from cnnstudio import zoo
from cnnstudio.blocks import (
    Conv2d,
    Flatten,
    Group,
    Input,
    Linear,
    ReLU,
    Residual,
    SqueezeExcite,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Place, Source, WayError, copies, source, way_to
from cnnstudio.graph import BLOCKS, Block, Composite, Graph, Node, Shape
from cnnstudio.insight.activations import TraceError, activation, activations
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.loop import fresh

SHAPES = (Shape(8, 12, 12), Shape(3, 32, 32), Shape(16, 32), Shape(8, 14, 14), Shape(32, 14, 14))


def hooked(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Path of every part -> what it gave last when the whole was run, as torch's hooks tell."""
    seen: dict[str, Tensor] = {}
    handles = [
        part.register_forward_hook(lambda _part, _inputs, output, path=path: seen.__setitem__(path, output))
        for path, part in module.named_modules()
    ]
    with torch.no_grad():
        module.eval()(x)
    for handle in handles:
        handle.remove()
    return seen


def places(graph: Graph, scope: tuple[str, ...] = (), number: tuple[int, ...] = ()) -> Iterator[Place]:
    """Every node of every graph that a person can open, of each copy."""
    analysis = infer(graph)
    for name in scope:
        analysis = analysis.inside(name)
    for node in analysis.graph:
        yield Place(node.name, scope, number)
        if isinstance(node.block, Composite) and not node.bypassed:
            repeat = node.block.repeat if isinstance(node.block, Group) else 1
            for copy in range(repeat):
                yield from places(graph, (*scope, node.name), (*number, copy))


def around(block: Block, size: Shape) -> Graph:
    """A network with one block between an Input and nothing else."""
    return Graph.of((Node("input1", Input(tuple(size))), Node("block1", block, ("input1",))))


def built(graph: Graph) -> tuple[Source, nn.Module]:
    text = source(graph)
    return text, fresh(text, Recipe())


def compare(graph: Graph, x: Tensor) -> int:
    """Hold the value of every place against the hooks, where the place has a module; how many were held so."""
    text, module = built(graph)
    told = hooked(module, x)
    every = [*places(graph)]
    ways = {place: way_to(graph, text, place) for place in every}
    values = activations(module, text, ways.values(), x)
    held = 0
    for place, way in ways.items():
        steps = way.insides[-1].steps if way.insides else text.steps
        expression = {step.node: step.expression for step in steps}.get(way.node, "")
        path = f"{way.insides[-1].path}.{way.node}" if way.insides else text.paths.get(way.node, "")
        if path in told and re.fullmatch(r"self\.[\w.\[\]]+\(\w+\)", expression):  # or more is done than to call it
            assert torch.equal(values[way], told[path]), place
            held += 1
    for place in every:  # and what comes out of the last one inside is what comes out of the composite
        if place.scope:
            outer = infer(graph)
            for name in place.scope:
                outer = outer.inside(name)
            if outer.graph.outputs[0].name == place.node and len(place.scope) == 1 and place.copies == (0,):
                whole = graph[place.scope[0]].block
                if not isinstance(whole, Group) or whole.repeat == 1:
                    assert torch.equal(values[ways[place]], values[ways[Place(place.scope[0])]])
    return held


KINDS = (
    "Residual Bottleneck SqueezeExcite Inception DepthwiseSeparable DenseBlock Fire ShuffleUnit FractalBlock MBConv "
    "CBAM RegNetStage TransformerBlock WindowBlock ConvNeXtBlock PatchEmbedding"
).split()


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_inside_a_composite_is_what_hooks_tell(kind: str) -> None:
    graph = next(made for shape in SHAPES if not infer(made := around(BLOCKS[kind](), shape)).errors)
    torch.manual_seed(0)
    assert compare(graph, torch.randn(1, *graph["input1"].block.values["size"])) > 1


def nested() -> Graph:
    """A group of a residual block and a repeated group, itself repeated, with a bypassed block on the way."""
    inner = Graph.of(
        (
            Node("input1", Input((4, 8, 8))),
            Node("conv1", Conv2d(4, kernel_size=3, padding=1), ("input1",)),
            Node("relu1", ReLU(), ("conv1",)),
        )
    )
    body = Graph.of(
        (
            Node("input1", Input((4, 8, 8))),
            Node("residual1", Residual(), ("input1",)),
            Node("group1", Group("Inner", inner, repeat=3), ("residual1",)),
            Node("relu1", ReLU(), ("group1",), bypassed=True),
            Node("squeeze1", SqueezeExcite(), ("relu1",)),
        )
    )
    return Graph.of(
        (
            Node("input1", Input((1, 8, 8))),
            Node("conv1", Conv2d(4, kernel_size=3, padding=1), ("input1",)),
            Node("group1", Group("Outer", body, repeat=2), ("conv1",)),
            Node("flatten1", Flatten(), ("group1",)),
            Node("linear1", Linear(10), ("flatten1",)),
        )
    )


def test_every_copy_of_a_repeated_group_has_its_own_values() -> None:
    graph = nested()
    torch.manual_seed(0)
    x = torch.randn(2, 1, 8, 8)
    assert compare(graph, x) > 40
    text, module = built(graph)

    def value(node: str, scope: tuple[str, ...] = (), copy: tuple[int, ...] = ()) -> Tensor:
        return activation(module, text, way_to(graph, text, Place(node, scope, copy)), x)

    told = hooked(module, x)
    inner = ("group1", "group1")
    assert torch.equal(value("conv1", inner, (1, 2)), told["group1.1.group1_3.conv1"])
    assert torch.equal(value("conv1", inner), told["group1.0.group1_1.conv1"])
    assert torch.equal(value("conv1", inner, (9, 9)), told["group1.1.group1_3.conv1"])  # there are no more
    assert torch.equal(value("group1", ("group1",)), told["group1.0.group1_3"])  # of all its copies what the last gives
    assert torch.equal(value("relu1", ("group1",)), told["group1.0.group1_3"])  # bypassed
    assert torch.equal(value("input1", ("group1",), (1,)), told["group1.0"])
    assert copies(graph, inner) == (2, 3) and copies(graph, ("conv1",)) == ()


def test_what_is_not_there_or_not_computed_is_said() -> None:
    graph = nested()
    text, module = built(graph)
    for place, words in (
        (Place("conv9"), "no block called conv9"),
        (Place("conv9", ("group1",)), "no block called group1 › conv9"),
        (Place("relu1", ("conv1",)), r"conv1 \(Conv2d\) has nothing inside"),
        (Place("relu1", ("group9",)), "no block called group9"),
    ):
        with pytest.raises(WayError, match=words):
            way_to(graph, text, place)
    off = graph.bypass(["group1"])
    with pytest.raises(WayError, match="group1 is bypassed"):
        way_to(off, source(off), Place("residual1", ("group1",)))
    with pytest.raises(TraceError, match="no block called"):
        activation(module, text, "conv9", torch.zeros(1, 1, 8, 8))


def test_only_what_a_node_inside_depends_on_is_computed_and_nothing_changes() -> None:
    graph = nested()
    text, module = built(graph)
    module.train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    called: list[str] = []
    for path, part in module.named_modules():
        part.register_forward_hook(lambda *_, path=path: called.append(path))
    state = torch.get_rng_state()
    activation(module, text, way_to(graph, text, Place("conv1", ("group1", "group1"), (0, 1))), torch.zeros(2, 1, 8, 8))
    assert "group1.0.group1_1" in called and "group1.0.group1_2.conv1" in called
    assert not any(path.startswith(("group1.0.group1_3", "group1.0.squeeze", "linear", "group1.1")) for path in called)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert torch.equal(state, torch.get_rng_state()) and all(part.training for part in module.modules())


def test_inside_the_stages_of_a_network_written_as_loops() -> None:
    graph = zoo.small_resnet(10, (3, 16, 16))
    torch.manual_seed(0)
    assert compare(graph, torch.randn(1, 3, 16, 16)) > 20
