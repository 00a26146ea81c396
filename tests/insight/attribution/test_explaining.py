"""What stands beside a map: how faithful it is, what random weights mark, and that the network is left as it was."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.ending import Making
from cnnstudio.compiler.source import source
from cnnstudio.graph import Shape, Sketch
from cnnstudio.insight.attribution.explaining import explained
from cnnstudio.insight.attribution.explanation import Faithfulness
from cnnstudio.insight.attribution.faithfulness import (
    blurred,
    enlarged,
    faithfulness,
    likely,
    most_marked,
    rank_correlation,
)
from cnnstudio.insight.attribution.methods import METHODS
from cnnstudio.insight.attribution.question import AttributionError, Question
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load
from cnnstudio.training.loop import fresh
from cnnstudio.training.runs.session import Prepared

GRAD_CAM = METHODS[0]


@pytest.fixture(scope="module")
def subject() -> Subject:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, padding=1), ReLU(), Flatten(), Linear(10))
    project = Project(draw.graph(), Recipe(data="digits"))
    text = source(project.graph)
    data = load(project.recipe, Shape(1, 8, 8))
    return Subject(Prepared(project, text, fresh(text, project.recipe), data), "untrained weights")


def test_the_greatest_fifth_is_chosen_and_chance_decides_among_equals() -> None:
    random = torch.Generator().manual_seed(1)
    marks = torch.zeros(2, 10, 10)
    marks[0, 3:5, :] = torch.arange(1.0, 21).view(2, 10)
    chosen = most_marked(marks, random)
    assert chosen.flatten(1).sum(1).tolist() == [20, 20]
    assert bool(chosen[0, 3:5].all())
    assert 2 <= int(chosen[1, :5].sum()) <= 18, "among equals not the first ones are taken"


def test_blur_keeps_what_is_even_and_spreads_what_is_not() -> None:
    for size in ((1, 1), (3, 5), (8, 8), (28, 28), (64, 40)):
        even = torch.full((1, 2, *size), 0.7)
        torch.testing.assert_close(blurred(even), even)
    point = torch.zeros(1, 1, 28, 28)
    point[..., 14, 14] = 1
    assert float(blurred(point).max()) < 0.05 and float(blurred(point).sum()) == pytest.approx(1, abs=1e-4)


def test_faithful_marks_cost_more_than_chance_and_their_opposite_less() -> None:
    """A network that only reads one corner: who marks that corner takes all of its score away."""
    draw = Sketch()
    draw.chain(draw(Input((1, 20, 20))), Flatten(), Linear(2, bias=False))
    text = source(draw.graph())
    from cnnstudio.training.build import build

    module = build(text.text, text.class_name, 0).eval()
    weight = torch.zeros(20, 20)
    weight[:8, :10] = 1.0
    with torch.no_grad():
        module.get_submodule(text.paths[text.steps[-1].node]).weight.copy_(torch.stack([weight, -weight]).flatten(1))
    x = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(2)) * (weight > 0)
    question = Question(module, text, x, 0)
    found = faithfulness(question, weight, Making.SOFTMAX)
    assert found is not None and found.whole > 0.99
    by_hand = torch.where(weight > 0, blurred(x), x)
    with torch.no_grad():
        assert found.without == pytest.approx(float(module(by_hand).softmax(1)[0, 0]), abs=1e-5)
    score = faithfulness(question, weight, None)
    opposite = faithfulness(question, -weight, None)
    assert score is not None and opposite is not None and score.ratio is not None and opposite.ratio is not None
    assert score.ratio > 1.5 and opposite.ratio < 0.8
    assert "20.0 %" not in score.sentence and "score goes from" in score.sentence
    assert faithfulness(question, torch.full((5, 5), 0.3), None) is None
    assert Faithfulness(1.0, 0.5, 1.0).ratio is None


def test_probabilities_are_those_of_the_loss() -> None:
    given = torch.tensor([[1.0, 2.0, 0.5]])
    torch.testing.assert_close(likely(given, Making.SOFTMAX), torch.softmax(given, 1))
    torch.testing.assert_close(likely(given, Making.SIGMOID), torch.sigmoid(given))
    torch.testing.assert_close(likely(given, Making.EXP), torch.exp(given))
    assert likely(given, None) is given


def test_rank_correlation_is_spearman_s_with_shared_ranks() -> None:
    one, other = np.float32([[1, 2, 2, 5]]), np.float32([[3, 1, 4, 4]])
    ranks = np.array([1, 2.5, 2.5, 4]), np.array([2, 1, 3.5, 3.5])
    assert rank_correlation(one, other) == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert rank_correlation(one, one**3) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)
    assert rank_correlation(one, np.zeros_like(one)) is None


def test_an_explanation_of_each_method_has_its_numbers(subject: Subject) -> None:
    module = subject.module
    module.train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state = torch.get_rng_state()
    for method in METHODS:
        found = explained(subject, 3, method, lambda *_: True, node="relu1", target=7)
        assert found.marks.shape == (8, 8) == (found.random.shape if found.random is not None else None)
        assert found.target == 7 and found.label == subject.data.classes[int(subject.data.validation_labels[3])]
        assert found.node == ("relu1" if method.at_node else "")
        assert (found.marks.min() >= 0) or method.is_signed
        if found.marks_anything:
            assert found.faithfulness is not None and "most marked fifth" in found.sentences[1]
    assert module.training and torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert all(each.grad is None for each in module.parameters())


def test_the_answer_is_explained_where_no_class_is_asked_for(subject: Subject) -> None:
    picture = OwnPicture(subject.data.validation_images[5].numpy(), "mine.png")
    found = explained(subject, picture, GRAD_CAM, lambda *_: True, node="conv1", with_random=False)
    mean, std = subject.data.mean[0], subject.data.std[0]
    with torch.no_grad():
        given = subject.module.eval()((torch.tensor(picture.image)[None] / 255 - mean) / std)
    assert found.target == found.answer == int(given.argmax())
    assert found.label is None and found.random is None and found.likeness is None
    assert found.faithfulness is not None
    assert found.faithfulness.whole == pytest.approx(float(given.softmax(1).max()), abs=1e-4)


def test_random_weights_are_others_than_those_it_began_with_and_the_same_each_time(subject: Subject) -> None:
    one, other = (explained(subject, 0, GRAD_CAM, lambda *_: True, node="conv1", target=1) for _ in range(2))
    assert one.random is not None and other.random is not None
    assert np.array_equal(one.random, other.random) and np.array_equal(one.marks, other.marks)
    assert not np.allclose(one.random, one.marks)


def test_marks_are_enlarged_between_the_middles_of_their_cells() -> None:
    found = enlarged(torch.tensor([[[0.0, 1.0]]]), 1, 8)[0, 0].tolist()
    assert found == [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]


def test_a_network_without_class_scores_has_nothing_to_explain(subject: Subject) -> None:
    data = dataclasses.replace(subject.data, classes=(*subject.data.classes, "none"))
    strange = dataclasses.replace(subject, prepared=dataclasses.replace(subject.prepared, data=data))
    with pytest.raises(AttributionError, match="score for each class"):
        explained(strange, 0, GRAD_CAM, lambda *_: True, node="conv1")
