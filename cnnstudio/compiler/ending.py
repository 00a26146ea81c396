"""Ending: what the numbers are that a network ends in: scores, shares of one, probabilities, or their logarithms.

Whoever has to know asks here: the rules about a loss, and whoever makes probabilities of the outputs, which depend on
the loss that the network was trained with as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Hardsigmoid,
    Identity,
    LogSigmoid,
    LogSoftmax,
    Sigmoid,
    Softmax,
    Softmin,
)
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Node, Shape


class Meaning(Enum):
    """What each number says of its class."""

    SCORE = "any number, the larger the more likely"
    SHARE = "a probability; those of all classes add up to 1"
    PROBABILITY = "a probability by itself, from 0 to 1"
    LOGARITHM = "the logarithm of a share or a probability"


class Making(StrEnum):
    """What makes probabilities of the numbers that a network gives, by torch's name; empty where they are some."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    EXP = "exp"
    NOTHING = ""


CROSS_ENTROPY = "cross-entropy"
INSIDE_LOSS = {CROSS_ENTROPY: Making.SOFTMAX, "focal": Making.SOFTMAX, "BCE": Making.SIGMOID}
"""The recipe's word for a loss -> what that makes of the scores before it compares them with the classes."""

_OF_MEANING = {Meaning.SHARE: Making.NOTHING, Meaning.PROBABILITY: Making.NOTHING, Meaning.LOGARITHM: Making.EXP}
_MEANINGS: dict[type[Block], Meaning] = {
    Softmax: Meaning.SHARE,
    Softmin: Meaning.SHARE,
    Sigmoid: Meaning.PROBABILITY,
    Hardsigmoid: Meaning.PROBABILITY,
    LogSoftmax: Meaning.LOGARITHM,
    LogSigmoid: Meaning.LOGARITHM,
}


@dataclass(frozen=True)
class Ending:
    """What a network ends in, and the names that lead to the block that makes it so, through those it stands in.

    Behind that block the numbers stay what they are: dropout, Flatten and Identity change none when it predicts, and
    the mean of shares over the places of a map is a share.
    """

    meaning: Meaning
    path: tuple[str, ...]


def ending(analysis: Analysis) -> Ending | None:
    """What the network ends in; None where it is not whole, or ends in its input or in several outputs."""
    analysis = analysis.acting
    outputs = analysis.graph.outputs
    if len(outputs) != 1 or len(analysis.facts) < len(analysis.graph):
        return None
    node, is_mean = outputs[0], False
    while not node.is_input:
        block = node.block
        if isinstance(block, Composite):
            inner = ending(analysis.inside(node.name))
            if inner is not None:
                logarithm_of_mean = is_mean and inner.meaning is Meaning.LOGARITHM
                return Ending(Meaning.SCORE if logarithm_of_mean else inner.meaning, (node.name, *inner.path))
        elif _averages(block):
            is_mean = is_mean or _places(analysis, node) > 1
        elif not _keeps(block, analysis.shapes_into(node.name), analysis.facts[node.name].shape):
            meaning = _MEANINGS.get(type(block), Meaning.SCORE)
            if isinstance(block, Softmax | Softmin | LogSoftmax) and block.dim != 1:
                meaning = Meaning.SCORE  # it adds up to 1 along a side of the map, not over the classes
            return Ending(Meaning.SCORE if is_mean and meaning is Meaning.LOGARITHM else meaning, (node.name,))
        if len(node.inputs) != 1:
            return Ending(Meaning.SCORE, (node.name,))
        node = analysis.graph[str(node.inputs[0])]
    return None


def probabilities(analysis: Analysis, loss: str = "") -> Making | None:
    """What makes probabilities of what the network gives, where it was trained with this ``loss``, a recipe's word.

    Without one, the most usual is taken for it. None where its one number may be any: there is no class to be sure of.
    """
    found = ending(analysis)
    if found is not None and found.meaning in _OF_MEANING:
        return _OF_MEANING[found.meaning]
    outputs = analysis.acting.graph.outputs
    shape = analysis.acting.shape(outputs[0].name) if len(outputs) == 1 else None
    making = INSIDE_LOSS.get(loss, Making.SOFTMAX)
    is_alone = shape is not None and shape.numel == 1  # of one number a softmax makes 1, whatever it is
    return None if is_alone and making is Making.SOFTMAX else making


def _averages(block: Block) -> bool:
    return isinstance(block, AdaptiveAvgPool2d | AvgPool2d)


def _places(analysis: Analysis, node: Node) -> int:
    (shape,) = analysis.shapes_into(node.name)
    return shape.numel // shape[0] if shape is not None else 1


def _keeps(block: Block, given: tuple[Shape | None, ...], result: Shape) -> bool:
    """Whether, when it predicts, each class has the number that it had before."""
    if block.is_idle or isinstance(block, Identity):
        return True
    (shape,) = given if len(given) == 1 else (None,)
    return block.is_view and shape is not None and shape.numel == shape[0] == result[0] == result.numel
