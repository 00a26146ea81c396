"""Inference: facts in order, errors where they are, blank totals, and the same answer from an edit as from scratch."""

import random

import pytest

from cnnstudio.blocks import Add, BatchNorm2d, Conv2d, Flatten, Input, Linear, MaxPool2d, ReLU, Residual
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Edge, Graph, GraphError, Node, Shape, Sketch
from cnnstudio.zoo import lenet5, small_resnet, vgg_small


def test_lenet5_is_that_of_the_syllabus() -> None:
    analysis = infer(lenet5())
    assert analysis.totals is not None
    assert analysis.totals.parameters == 44_426
    assert [str(facts.shape) for facts in analysis.facts.values()][:4] == [
        "1 × 28 × 28",
        "6 × 24 × 24",
        "6 × 24 × 24",
        "6 × 12 × 12",
    ]


def test_small_resnet_has_the_parameters_that_it_should() -> None:
    totals = infer(small_resnet()).totals
    assert totals is not None
    assert totals.parameters == 2_777_674


def wrong() -> Graph:
    """conv1 is fine, fc1 cannot take it, relu1 waits for fc1, and add1 has an open port."""
    draw = Sketch()
    draw.chain(draw(Input((3, 8, 8))), Conv2d(4), Linear(3), ReLU())
    return draw.graph().add(Node("add1", Add(), ("conv1", None)))


def test_what_does_not_fit_is_an_error_and_what_waits_is_nothing() -> None:
    analysis = infer(wrong())
    assert set(analysis.facts) == {"input1", "conv1"}
    assert set(analysis.errors) == {"fc1"}
    assert analysis.shape("relu1") is None
    assert analysis.shape(None) is None
    assert analysis.shapes_into("add1") == (Shape(4, 6, 6), None)


def test_totals_are_blank_rather_than_wrong() -> None:
    assert infer(wrong()).totals is None
    assert infer(Graph()).totals is None


def test_inside_a_composite() -> None:
    inside = infer(small_resnet()).inside("stage2_1")
    assert inside.shape("shortcut") == Shape(128, 16, 16)
    with pytest.raises(ValueError, match="nothing inside"):
        infer(small_resnet()).inside("fc1")


def edited(graph: Graph, draw: random.Random) -> Graph:
    """One edit of any kind, good or bad."""
    names = list(graph.nodes)
    name = draw.choice(names)
    try:
        match draw.randrange(6):
            case 0:
                return graph.replace(name, draw.choice([Conv2d(draw.choice([4, 8]), 3), ReLU(), Linear(5), Flatten()]))
            case 1:
                return graph.remove(name, heal=draw.random() < 0.5)
            case 2:
                return graph.connect(draw.choice(names), name, 0)
            case 3:
                return graph.rename(name, graph.fresh("other"))
            case 4:
                return graph.disconnect(draw.choice(graph.edges)) if graph.edges else graph
            case _:
                block = draw.choice([BatchNorm2d(), MaxPool2d(2), Residual(8), Input((3, 20, 20))])
                return graph.add(Node(graph.fresh("new"), block, (name,) if block.arity.most else ()))
    except GraphError:
        return graph


@pytest.mark.parametrize("seed", range(20))
def test_an_edit_gives_what_a_fresh_pass_gives(seed: int) -> None:
    draw = random.Random(seed)
    graph = draw.choice([lenet5, vgg_small, small_resnet])()
    analysis = infer(graph)
    for _ in range(25):
        graph = edited(graph, draw)
        analysis = infer(graph, analysis)
        fresh = infer(graph)
        assert analysis.facts == fresh.facts
        assert list(analysis.facts) == list(fresh.facts)
        assert {name: str(error) for name, error in analysis.errors.items()} == {
            name: str(error) for name, error in fresh.errors.items()
        }


def test_what_an_edit_did_not_reach_is_the_same_object() -> None:
    graph = lenet5()
    before = infer(graph)
    after = infer(graph.replace("fc2", Linear(60)), before)
    assert after.facts["conv2"] is before.facts["conv2"]
    assert after.facts["fc2"] != before.facts["fc2"]
    assert after.facts["fc3"].parameters == 61 * 10
    cut = infer(graph.disconnect(Edge("conv1", "tanh1")), before)
    assert set(cut.facts) == {"input1", "conv1"}
