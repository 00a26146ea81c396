"""Every block through the generated source: built, trained one step, and of the shape and weights that it declares."""

import pytest
import torch

from cnnstudio import blocks
from cnnstudio.blocks import AdaptiveAvgPool2d, Flatten, Input, Linear, Tokens
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.graph import BLOCKS, Block, Composite, Graph, Node, Shape, ShapeError, Sketch
from cnnstudio.training.build import build

EVERY = [BLOCKS[name] for name in blocks.__all__ if BLOCKS[name].arity.most != 0]


def network(made: type[Block]) -> Graph:
    """The block with its defaults; a composite twice in a row, which is written as a stage."""
    draw = Sketch()
    x = draw(Input((8, 16, 16)))
    if not takes(made(), Shape(8, 16, 16)):
        x = draw(Tokens() if takes(made(), Shape(256, 8)) else Flatten(), x)
    for _ in range(2 if issubclass(made, Composite) else 1):
        longer = draw.graph().add(Node("more", made(), (x,) * made.arity.least))
        if not infer(longer).errors:
            x = draw(made(), *[x] * made.arity.least)
    return draw.graph()


def takes(block: Block, shape: Shape) -> bool:
    try:
        block.shape(*[shape] * block.arity.least)
    except ShapeError:
        return False
    return True


@pytest.mark.parametrize("made", EVERY, ids=lambda made: made.__name__)
def test_a_block_is_built_from_its_source(made: type[Block]) -> None:
    torch.manual_seed(0)
    graph = network(made)
    analysis = infer(graph)
    assert not analysis.errors
    written = source(graph)
    module = build(written.text)
    result = module(torch.randn(3, 8, 16, 16))
    assert tuple(result.shape[1:]) == analysis.shape(graph.outputs[0].name)
    learned = {key: tuple(weight.shape) for key, weight in module.named_parameters() if weight.requires_grad}
    declared = {
        ".".join(filter(None, (written.paths.get(node.name, ""), key))): tuple(shape)
        for node in graph
        for key, shape in node.block.weights(
            *(analysis.facts[source].shape for source in node.inputs if source is not None)
        ).items()
    }
    assert learned == declared
    if learned:
        result.square().mean().backward()
        assert all(weight.grad is not None for weight in module.parameters() if weight.requires_grad)


def test_the_head_of_a_network_for_any_size() -> None:
    draw = Sketch()
    draw.chain(draw(Input((3, 9, 7))), AdaptiveAvgPool2d(1), Flatten(), Linear(4))
    module = build(source(draw.graph()).text)
    assert module(torch.randn(2, 3, 20, 31)).shape == (2, 4)
