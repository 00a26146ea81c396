"""What a network ends in is one question, whatever its last block is folded into or followed by."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    Group,
    Hardsigmoid,
    Identity,
    Input,
    Linear,
    LogSigmoid,
    LogSoftmax,
    Reshape,
    Sigmoid,
    Softmax,
    Softmin,
    SqueezeExcite,
)
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.ending import Ending, Meaning, ending
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Block, Graph, Sketch


def chain(*blocks: Block, size: tuple[int, ...] = (3, 8, 8)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return draw.graph()


def folded(*blocks: Block, size: tuple[int, ...], repeat: int = 1) -> Group:
    return Group("Head", chain(*blocks, size=size), repeat)


HEAD = (Flatten(), Linear(10))
VECTOR = (10,)


@pytest.mark.parametrize(
    ("blocks", "meaning", "path"),
    [
        (HEAD, Meaning.SCORE, ("fc1",)),
        ((*HEAD, Softmax()), Meaning.SHARE, ("softmax1",)),
        ((*HEAD, Softmin(), Dropout()), Meaning.SHARE, ("softmin1",)),
        ((*HEAD, Sigmoid(), Identity()), Meaning.PROBABILITY, ("sigmoid1",)),
        ((*HEAD, Hardsigmoid(), Reshape((-1,))), Meaning.PROBABILITY, ("hardsigmoid1",)),
        ((*HEAD, LogSoftmax()), Meaning.LOGARITHM, ("logsoftmax1",)),
        ((*HEAD, LogSigmoid()), Meaning.LOGARITHM, ("logsigmoid1",)),
        ((*HEAD, folded(Softmax(), size=VECTOR)), Meaning.SHARE, ("group1", "softmax1")),
        (
            (*HEAD, folded(folded(Sigmoid(), Dropout(), size=VECTOR), Identity(), size=VECTOR)),
            Meaning.PROBABILITY,
            None,
        ),
        ((*HEAD, folded(Softmax(), size=VECTOR), Identity(), Dropout()), Meaning.SHARE, ("group1", "softmax1")),
        ((*HEAD, Softmax(), folded(Identity(), Dropout(), size=VECTOR)), Meaning.SHARE, ("softmax1",)),
        ((*HEAD, folded(Softmax(), size=VECTOR, repeat=2)), Meaning.SHARE, ("group1", "softmax1")),
        ((Conv2d(10, 8), Softmax(), Flatten()), Meaning.SHARE, ("softmax1",)),
        ((Conv2d(10), Softmax(), AdaptiveAvgPool2d(1), Flatten()), Meaning.SHARE, ("softmax1",)),
        ((Conv2d(10), LogSoftmax(), AdaptiveAvgPool2d(1), Flatten()), Meaning.SCORE, ("logsoftmax1",)),
        ((Conv2d(10), Softmax(), Flatten()), Meaning.SCORE, ("flatten1",)),  # over each pixel, not over the classes
        ((Conv2d(10, 7), Softmax(2), AdaptiveAvgPool2d(1), Flatten()), Meaning.SCORE, ("softmax1",)),
        ((Conv2d(8, 8), SqueezeExcite(), Flatten()), Meaning.SCORE, None),  # it ends in a product with a sigmoid
    ],
)
def test_what_a_network_ends_in(blocks: tuple[Block, ...], meaning: Meaning, path: tuple[str, ...] | None) -> None:
    found = ending(infer(chain(*blocks)))
    assert found is not None and found.meaning is meaning
    assert path is None or found == Ending(meaning, path)


def test_what_is_bypassed_decides_nothing() -> None:
    graph = chain(*HEAD, Softmax())
    found = ending(infer(graph.bypass(["softmax1"])))
    assert found == Ending(Meaning.SCORE, ("fc1",))


def test_an_unfinished_network_ends_in_nothing() -> None:
    assert ending(infer(chain())) is None
    assert ending(infer(chain(Conv2d(8, 20)))) is None


@pytest.mark.parametrize("last", [Identity(), Dropout(), folded(Identity(), size=VECTOR)])
def test_the_rule_about_the_loss_asks_the_same_question(last: Block) -> None:
    """Before, a group with a softmax was looked into only where nothing at all stood behind it."""
    graph = chain(*HEAD, folded(folded(Softmax(), size=VECTOR), size=VECTOR), last)
    (found,) = [each for each in diagnose(infer(graph)) if each.code == "softmax-before-loss"]
    assert found.nodes == ("group1",) and found.sentence.startswith("Inside group1 (Group): Inside group1 (Group): ")
    mended = ending(infer(found.fixes[0].apply(graph)))
    assert mended is None or mended.meaning is Meaning.SCORE
