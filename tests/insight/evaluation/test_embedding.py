"""Points of many dimensions on a plane: PCA against its definition, t-SNE by whether neighbours stay neighbours."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from cnnstudio.insight.evaluation import embedding
from cnnstudio.insight.evaluation.embedding import pca, tsne
from cnnstudio.insight.evaluation.evaluation import EvaluationError, Values
from cnnstudio.insight.evaluation.features import chosen, features
from cnnstudio.project import Project, from_template
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.session import Prepared, prepare
from cnnstudio.worker import unheard


def trustworthiness(points: Values, places: Values, count: int) -> float:
    """How far the neighbours on the plane are neighbours (Venna and Kaski 2001), as scikit-learn defines it."""

    def distances(each: Values) -> Values:
        found: Values = ((each[:, None] - each[None]) ** 2).sum(2)
        np.fill_diagonal(found, np.inf)
        return found

    ranks = np.argsort(np.argsort(distances(points), 1, kind="stable"), 1, kind="stable") + 1
    near = np.argsort(distances(places), 1, kind="stable")[:, :count]
    total, n = np.maximum(np.take_along_axis(ranks, near, 1) - count, 0).sum(), len(points)
    return float(1 - total * 2 / (n * count * (2 * n - 3 * count - 1)))


def clusters() -> Values:
    """Three groups of 25 points in 12 dimensions."""
    random = np.random.default_rng(3)
    found: Values = random.normal(size=(75, 12)) + 8 * random.normal(size=(3, 12))[np.repeat(np.arange(3), 25)]
    return found


def test_pca_finds_the_directions_of_largest_variance() -> None:
    points = clusters()
    places, shares = pca(points)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    for axis in range(2):
        along = (points - points.mean(0)) @ vectors[:, -1 - axis]
        assert np.abs(places[:, axis]) == pytest.approx(np.abs(along), abs=1e-9)
        assert shares[axis] == pytest.approx(values[-1 - axis] / values.sum())


def test_pca_of_fewer_directions_than_two_has_zeros() -> None:
    places, shares = pca(np.array([[1.0], [2.0], [4.0]]))
    assert places.shape == (3, 2) and (places[:, 1] == 0).all() and shares.tolist() == [1.0, 0.0]
    assert np.isfinite(pca(np.ones((4, 3)))[0]).all()


def test_the_neighbourhood_of_every_point_has_the_perplexity_that_was_asked_for() -> None:
    points = clusters()
    near = embedding._affinities(points, 10.0, unheard)
    assert near.sum() == pytest.approx(1) and np.allclose(near, near.T)
    squares = ((points[:, None] - points[None]) ** 2).sum(2)
    precision = _precision(squares[0], 10.0)
    shares = np.exp(-squares[0] * precision)
    shares[0] = 0
    shares /= shares.sum()
    both = [np.exp(-squares[row] * _precision(squares[row], 10.0)) for row in range(1, 75)]
    others = [(each * (np.arange(75) != row)) / each[np.arange(75) != row].sum() for row, each in enumerate(both, 1)]
    expected = (shares[1:] + np.array([each[0] for each in others])) / 150
    assert near[0, 1:] == pytest.approx(expected, rel=1e-3, abs=1e-9)


def _precision(squares: Values, perplexity: float) -> float:
    """By halving, for one point: where the entropy of its neighbourhood is the logarithm of the perplexity."""
    low, high = 1e-12, 1e6
    others = np.sort(squares)[1:]
    for _ in range(200):
        middle = np.sqrt(low * high)
        shares = np.exp(-(others - others[0]) * middle)
        shares /= shares.sum()
        entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum()
        low, high = (middle, high) if entropy > np.log(perplexity) else (low, middle)
    return float(middle)


def test_the_pull_is_the_gradient_of_the_divergence() -> None:
    """Against autograd."""
    points = clusters()
    affinities = embedding._affinities(points, 10.0, unheard)
    near = torch.from_numpy(affinities)
    place = torch.from_numpy(np.random.default_rng(1).normal(size=(75, 2))).requires_grad_()
    weights = 1 / (1 + ((place[:, None] - place[None]) ** 2).sum(2))
    weights = weights * (1 - torch.eye(75, dtype=torch.float64))
    loss = (near * torch.log(near / (weights / weights.sum()).clamp(min=1e-300))).fill_diagonal_(0).sum()
    (expected,) = torch.autograd.grad(loss, place)
    found = 4 * embedding._Pull(affinities).gradient(place.detach().numpy(), 1.0)
    assert found == pytest.approx(expected.numpy(), abs=1e-10)


def test_tsne_unrolls_what_pca_lays_over_one_another() -> None:
    """Points on a roll of paper: those that touch on the plane were neighbours on the paper."""
    random = np.random.default_rng(4)
    along, across = np.sort(random.uniform(4, 14, 150)), random.uniform(0, 60, 150)
    points = np.stack([along * np.cos(along), across, along * np.sin(along)], 1)
    places = tsne(points, perplexity=8, iterations=450)
    assert trustworthiness(points, places, 5) > 0.97 > trustworthiness(points, pca(points)[0], 5)
    assert (tsne(points, perplexity=8, iterations=450) == places).all()


def test_equal_points_and_few_points_have_places() -> None:
    assert np.isfinite(tsne(np.ones((6, 3)), iterations=30)).all()
    assert tsne(np.array([[1.0, 2.0], [3.0, 4.0]])).shape == (2, 2)


def test_tsne_ends_when_it_is_called_off() -> None:
    heard: list[str] = []
    tsne(clusters(), lambda words, _: bool(heard.append(words)))
    assert 0 < len(heard) <= 2


# features


@pytest.fixture(scope="module")
def lenet() -> Prepared:
    graph = from_template("lenet5").graph
    return prepare(Project(graph, Recipe(data="digits")), unheard)


def test_features_are_what_enters_the_last_layer(lenet: Prepared) -> None:
    numbers = np.array([0, 5, 9])
    found = features(lenet, numbers, unheard)
    last = [name for name, part in lenet.module.named_modules() if isinstance(part, nn.Linear)][-1]
    assert found.layer == last and found.values.shape == (3, lenet.module.get_submodule(last).in_features)
    data = lenet.data
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (data.mean, data.std))
    x = (data.validation_images[[0, 5, 9]].float() / 255 - mean) / std
    with torch.no_grad():
        scores = lenet.module.eval()(x)
        weights = lenet.module.get_submodule(last)
        again = torch.nn.functional.linear(torch.from_numpy(found.values).float(), weights.weight, weights.bias)
    assert torch.allclose(again, scores, atol=1e-4)
    assert not any(part._forward_pre_hooks for part in lenet.module.modules())


def test_maps_that_enter_the_last_layer_are_averaged(lenet: Prepared) -> None:
    class Ends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Conv2d(1, 10, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(x).mean((2, 3))

    found = features(dataclasses.replace(lenet, module=Ends()), np.array([3]), unheard)
    assert found.is_mean and found.values.shape == (1, 1)
    with pytest.raises(EvaluationError, match="No layer of this network has weights"):
        features(dataclasses.replace(lenet, module=nn.Flatten()), np.array([3]), unheard)


def test_of_many_images_each_class_has_its_share() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    numbers = chosen(labels, 100)
    assert len(set(numbers.tolist())) == 100 and np.abs(np.bincount(labels[numbers]) - [60, 30, 10]).max() <= 1
    assert (chosen(labels, 100) == numbers).all() and (chosen(labels, 2_000) == np.arange(1000)).all()
