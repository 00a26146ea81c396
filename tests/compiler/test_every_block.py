"""Every block of the vocabulary passes through the whole compiler, in every shape that it takes."""

import pytest

from cnnstudio.blocks import Input
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.formula import formula
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.compiler.source.expressions import parsed
from cnnstudio.graph import BLOCKS, Block, Composite, Graph, Shape, Sketch

SHAPES = [Shape(8, 16, 16), Shape(64), Shape(16, 64), Shape(1, 1, 1), Shape(3, 7, 5)]
CASES = [(made, shape) for made in BLOCKS.values() if made().arity.least >= 1 for shape in SHAPES]


def network(made: type[Block], shape: Shape) -> Graph:
    draw = Sketch()
    block = made()
    draw(block, *[draw(Input(tuple(shape)))] * block.arity.least)
    return draw.graph()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].__name__}-{'x'.join(map(str, case[1]))}")
def test_a_block_in_any_shape(case: tuple[type[Block], Shape]) -> None:
    made, shape = case
    graph = network(made, shape)
    name = graph.outputs[0].name
    analysis = infer(graph)
    fits = name in analysis.facts
    assert set(receptive_fields(analysis)) == set(graph.nodes)
    card = formula(graph[name].block, (shape,) * graph[name].block.arity.least)
    assert card is None or all(len(line) > 3 for line in card.lines)
    found = diagnose(analysis, 10)
    assert any(diagnostic.code == "shape" for diagnostic in found) is not fits
    for diagnostic in found:
        for fix in diagnostic.fixes:
            Graph.of(fix.apply(graph))
    if fits:
        assert source(graph).steps[-1].node == name
    else:
        with pytest.raises(SourceError):
            source(graph)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].__name__}-{'x'.join(map(str, case[1]))}")
def test_every_remedy_is_a_way_out(case: tuple[type[Block], Shape]) -> None:
    graph = network(*case)
    for diagnostic in diagnose(infer(graph)):
        for fix in diagnostic.fixes if diagnostic.code == "shape" else ():
            fixed = infer(fix.apply(graph))
            before = {str(error) for error in infer(graph).errors.values()}
            assert not before & {str(error) for error in fixed.errors.values()}, fix.title


def test_every_composite_has_an_inside() -> None:
    inside = 0
    for made, shape in CASES:
        graph = network(made, shape)
        name = graph.outputs[0].name
        analysis = infer(graph)
        if issubclass(made, Composite) and name in analysis.facts:
            inner = analysis.inside(name)
            assert not inner.errors
            assert sum(facts.parameters for facts in inner.facts.values()) == analysis.facts[name].parameters
            inside += 1
    assert inside >= 4


def test_every_argument_has_the_name_that_torch_gives_it() -> None:
    """A class that two blocks share says ``p``, and not ``argument1``, where they differ."""
    for made, shape in CASES:
        graph, into = network(made, shape), (shape,) * made().arity.least
        text = made().init(*into) if graph.outputs[0].name in infer(graph).facts else None
        if text and not issubclass(made, Composite):
            expression = parsed(text)
            named = not any(label.startswith("argument") for label in expression.labels)
            assert named or "\0" in expression.called, text
