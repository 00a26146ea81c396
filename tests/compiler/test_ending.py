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
from cnnstudio.compiler.ending import INSIDE_LOSS, Ending, Making, Meaning, ending, probabilities
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.graph.parameter import parameters
from cnnstudio.project.recipe import Recipe


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


# what makes probabilities of it


@pytest.mark.parametrize("loss", ["", "cross-entropy", "focal", "BCE", "something else"])
def test_scores_become_what_the_loss_makes_of_them_and_what_says_itself_stays(loss: str) -> None:
    made = Making.SIGMOID if loss == "BCE" else Making.SOFTMAX
    assert probabilities(infer(chain(*HEAD)), loss) is made
    for block, own in ((Softmax(), Making.NOTHING), (Sigmoid(), Making.NOTHING), (LogSoftmax(), Making.EXP)):
        assert probabilities(infer(chain(*HEAD, block)), loss) is own
    alone = (Flatten(), Linear(1))
    assert probabilities(infer(chain(*alone)), loss) is (Making.SIGMOID if loss == "BCE" else None)
    assert probabilities(infer(chain(*alone, Sigmoid())), loss) is Making.NOTHING


def test_every_loss_of_a_recipe_says_what_it_makes_of_scores() -> None:
    (field,) = [each for each in parameters(Recipe) if each.name == "loss"]
    assert field.choices is not None and set(field.choices) == set(INSIDE_LOSS)


def test_the_rules_about_the_loss_name_the_one_that_the_recipe_has() -> None:
    def found(block: Block, loss: str) -> list[str]:
        said = diagnose(infer(chain(*HEAD, block)), loss=loss)
        return [each.sentence for each in said if each.code.endswith("before-loss")]

    assert found(Softmax(), "BCE") == [
        "softmax1 (Softmax) stands before the loss, BCE, which takes the scores themselves and has a sigmoid inside. "
        "With both, the network learns slowly."
    ]
    assert (
        "before the loss, focal, which takes the scores themselves and has a softmax inside."
        in found(Softmax(), "focal")[0]
    )
    assert found(Sigmoid(), "BCE") == [
        "sigmoid1 (Sigmoid) limits the scores that fc1 gives; the loss, BCE, takes scores of any size."
    ]
    assert len(found(LogSoftmax(), "BCE")) == 1 and found(LogSoftmax(), "cross-entropy") == []
