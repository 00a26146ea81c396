"""Every block at the ends of its ranges, on inputs of extreme sizes: a shape or a sentence, and at once."""

import random
import types
from dataclasses import replace
from typing import Any, Literal, Union, get_args, get_origin

import pytest

from cnnstudio import blocks
from cnnstudio.blocks import ConvBNReLU, Input, Tokens, WindowAttention
from cnnstudio.compiler.formula import formula
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.graph import BLOCKS, Block, Graph, Node, Parameter, ParameterError, Shape, ShapeError, parameters

SIZES = (
    (65_536, 65_536, 65_536),
    (65_536, 1, 1),
    (1, 65_536, 3),
    (3, 7, 65_536),
    (65_535, 2, 2),
    (65_521, 64),
    (65_536,),
)


def end_of_range(parameter: Parameter, kind: Any, luck: random.Random) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return end_of_range(parameter, luck.choice(get_args(kind)), luck)
    if get_origin(kind) is Literal:
        return luck.choice(get_args(kind))
    if get_origin(kind) is tuple:
        count = parameter.length.high if parameter.length else len(get_args(kind))
        return tuple(end_of_range(parameter, get_args(kind)[0], luck) for _ in range(count))
    if kind in (int, float) and parameter.range:
        return kind(luck.choice((parameter.range.low, parameter.range.high)))
    return {bool: luck.random() < 0.5, str: "9 " * 10_000}.get(kind)


@pytest.mark.parametrize(
    "made", [BLOCKS[name] for name in blocks.__all__ if BLOCKS[name].is_offered], ids=lambda made: made.__name__
)
def test_nothing_is_too_large_for_a_sentence(made: type[Block]) -> None:
    luck = random.Random(made.__name__)
    for _ in range(20):
        values = {p.name: end_of_range(p, p.type, luck) for p in parameters(made) if luck.random() < 0.6}
        try:
            block = made(**values)
        except ParameterError:
            continue
        size = luck.choice(SIZES)
        inputs = tuple(f"input{number}" for number in range(block.arity.least))
        image = Input(size)
        graph = Graph.of([*(Node(name, image) for name in inputs), Node("block", block, inputs)])
        analysis = infer(graph)
        for error in analysis.errors.values():
            assert error.sentence.endswith(".") and len(error.sentence) < 600
        formula(block, (Shape(*size),) * len(inputs))
        receptive_fields(analysis)
        block.brief()


def test_no_padding_keeps_the_size_under_the_widest_window() -> None:
    block = ConvBNReLU(4, 1_023, dilation=1_024)
    assert block.brief()
    with pytest.raises(ShapeError, match="523,264 rows or columns had to be put round the map") as refused:
        block.shape(Shape(3, 64, 64))
    (way,) = refused.value.remedies
    assert way.blocks == (replace(block, padding=0),)


@pytest.mark.parametrize("made", [Tokens(), WindowAttention(num_heads=1)])
def test_of_a_map_of_millions_no_place_is_listed(made: Block) -> None:
    assert made.reach(Shape(4, 65_536, 65_536)) is None and made.reach(Shape(4, 56, 56)) is not None
