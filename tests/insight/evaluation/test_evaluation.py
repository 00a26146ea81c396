"""What a network says of every image is counted, paired and ordered; scikit-learn made the golden numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnstudio.insight.evaluation import one_pass
from cnnstudio.insight.evaluation.evaluation import EvaluationError
from cnnstudio.insight.evaluation.one_pass import evaluate
from cnnstudio.project import from_template
from cnnstudio.project.augmentations import usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load
from cnnstudio.training.runs.session import Prepared, image_size
from cnnstudio.worker import unheard

# what scikit-learn 1.9.1 says of ``drawn``
MATRIX = [[12, 4, 3, 4], [5, 5, 1, 7], [3, 2, 12, 2], [0, 0, 0, 0]]
SHARES = (
    (0.6, 0.5217391304, 0.5581395349), (0.4545454545, 0.2777777778, 0.3448275862), (0.75, 0.6315789474, 0.6857142857),
    (0.0, None, 0.0),
)  # fmt: skip
MACRO_F1, LOG_LOSS, ACCURACY = 0.39717035170122583, 1.1119033561492142, 0.48333333333333334


class Told(nn.Module):
    """Says what it was told to, whatever it is shown: the class and by how much."""

    def __init__(self, scores: Iterator[Tensor]) -> None:
        super().__init__()
        self._scores = scores

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([next(self._scores) for _ in range(len(x))])


@pytest.fixture(scope="module")
def digits() -> Prepared:
    """The digits, and no network for them yet."""
    project = from_template("lenet5")
    project = type(project)(project.graph, Recipe(data="digits"))
    size = image_size(project.graph)
    assert size is not None
    return Prepared(project, None, None, load(project.recipe, size))  # type: ignore[arg-type] # asked for nothing


def told(digits: Prepared, wrong: dict[int, tuple[int, float]]) -> Prepared:
    """A network that tells all right but these: number of the image -> what it says instead and how surely."""

    def scores() -> Iterator[Tensor]:
        for number, label in enumerate(digits.data.validation_labels.tolist()):
            found = torch.zeros(10)
            found[label] = 1.0
            if number in wrong:
                found[wrong[number][0]] = 1.0 + wrong[number][1]
            yield found

    return Prepared(digits.project, digits.source, Told(scores()), digits.data)


def other(digits: Prepared, number: int, by: int = 1) -> int:
    return (int(digits.data.validation_labels[number]) + by) % 10


def given(digits: Prepared, labels: np.ndarray, scores: np.ndarray, classes: int) -> Prepared:  # type: ignore[type-arg]
    """A network that gives these scores for images of these labels."""
    data = dataclasses.replace(
        digits.data,
        validation_images=digits.data.validation_images[: len(labels)],
        validation_labels=torch.from_numpy(labels),
        classes=tuple("abcdefghij"[:classes]),
    )
    return Prepared(digits.project, digits.source, Told(iter(torch.from_numpy(scores).float())), data)


def drawn() -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Labels (60,) of three of four classes, and scores (60, 4) that are often right."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 3, 60)
    scores = random.normal(size=(60, 4))
    scores[np.arange(60), labels] += 1.0
    return labels, scores.round(2)


def test_the_surest_mistakes_come_first_with_what_each_is_and_is_taken_for(digits: Prepared) -> None:
    wrong = {3: (other(digits, 3), 0.5), 70: (other(digits, 70), 9.0), 200: (other(digits, 200, 4), 2.0)}
    shares: list[float | None] = []
    found = evaluate(told(digits, wrong), lambda _, share: shares.append(share) is None)
    labels, total = digits.data.validation_labels, len(digits.data.validation_labels)
    assert found.is_whole and len(found) == total and shares[-1] == 1.0
    assert found.mistakes.tolist() == [70, 200, 3]
    for number in (70, 200, 3):
        label, answer = int(labels[number]), wrong[number][0]
        assert found.of_cell(label, answer).tolist() == [number]
        assert found.matrix[label, answer] == 1
    assert found.mistakes_sentence.startswith(f"3 of {total:,} validation images are told wrong (")


def test_the_most_frequent_mistake_is_named(digits: Prepared) -> None:
    threes = (digits.data.validation_labels == 3).nonzero().ravel().tolist()[:4]
    found = evaluate(told(digits, dict.fromkeys(threes, (8, 1.0))), unheard)
    assert found.pairs == (("3", "8", 4),)
    assert found.mistakes_sentence.endswith("Most often 3 is taken for 8: 4 times.")


def test_a_network_that_is_always_right_or_always_wrong(digits: Prepared) -> None:
    total = len(digits.data.validation_labels)
    right = evaluate(told(digits, {}), unheard)
    assert right.mistakes_sentence == f"All {total:,} validation images are told right." and right.metrics.accuracy == 1
    every = {number: (other(digits, number), 1.0) for number in range(total)}
    assert len(evaluate(told(digits, every), unheard).mistakes) == total


def test_counts_and_shares_are_those_of_scikit_learn(digits: Prepared) -> None:
    """``confusion_matrix``, ``precision_recall_fscore_support``, ``f1_score``, ``log_loss``; one class has no image."""
    labels, scores = drawn()
    found = evaluate(given(digits, labels, scores, 4), unheard)
    assert found.matrix.tolist() == MATRIX
    shares = [(each.precision, each.recall, each.f1) for each in found.class_scores]
    for own, theirs in zip(shares, SHARES, strict=True):
        assert own == tuple(each if each is None else pytest.approx(each, abs=1e-9) for each in theirs)
    assert found.metrics.f1 == pytest.approx(MACRO_F1, abs=1e-12)
    assert found.metrics.loss == pytest.approx(LOG_LOSS, abs=1e-6)
    assert found.metrics.accuracy == pytest.approx(ACCURACY)


def test_the_least_certain_are_those_whose_two_likeliest_classes_are_closest(digits: Prepared) -> None:
    labels, scores = drawn()
    found = evaluate(given(digits, labels, scores, 4), unheard)
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    ordered = np.sort(shares, 1)
    assert found.confidences == pytest.approx(ordered[:, -1], abs=1e-6)
    assert found.gaps == pytest.approx(ordered[:, -1] - ordered[:, -2], abs=1e-6)
    assert (scores[np.arange(60), found.seconds] == np.sort(scores, 1)[:, -2]).all() and (
        found.seconds != found.answers
    ).all()
    assert found.gaps[found.least_certain].tolist() == sorted(found.gaps.tolist())


def test_it_is_the_same_however_many_images_are_counted_together(
    digits: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, scores = drawn()
    together = evaluate(given(digits, labels, scores, 4), unheard)
    monkeypatch.setattr(one_pass, "at_once", lambda *_: 7)
    apart = evaluate(given(digits, labels, scores, 4), unheard)
    for name in ("labels", "answers", "seconds", "confidences", "gaps", "margins", "matrix"):
        assert (getattr(together, name) == getattr(apart, name)).all(), name
    assert apart.metrics.loss == pytest.approx(together.metrics.loss, rel=1e-6)
    assert dataclasses.replace(apart.metrics, loss=0.0) == dataclasses.replace(together.metrics, loss=0.0)


def test_it_asks_for_both_sides_where_the_validation_does(digits: Prepared) -> None:
    class LeftRight(nn.Module):
        """Tells a class by the brighter half: for an image and its mirror image together by neither."""

        def forward(self, x: Tensor) -> Tensor:
            left = (x[..., :14].sum((1, 2, 3)) - x[..., 14:].sum((1, 2, 3)))[:, None]
            return torch.cat([left, torch.full_like(left, 1e-3), -left, torch.full((len(x), 7), -1e9)], 1)

    data = dataclasses.replace(digits.data, mirror=True)
    taken = []
    for recipe in (Recipe(data="digits"), Recipe(data="digits", augmentations=usual(True), test_time_mirror=True)):
        project = dataclasses.replace(digits.project, recipe=recipe)
        found = evaluate(Prepared(project, digits.source, LeftRight(), data), unheard)
        taken.append({pair[1] for pair in found.pairs})
    assert taken[0] == {"0", "2"} and taken[1] == {"1"}


def test_it_ends_when_it_is_called_off(digits: Prepared) -> None:
    found = evaluate(told(digits, {}), lambda *_: False)
    assert 0 < len(found) < found.total and not found.is_whole and found.metrics.accuracy == 1


def test_numbers_that_are_no_score_for_each_class_are_refused_in_a_sentence(digits: Prepared) -> None:
    labels, scores = drawn()
    with pytest.raises(EvaluationError, match="ends in 4 numbers, and there are 3 classes"):
        evaluate(given(digits, labels, scores, 3), unheard)


def test_looking_changes_nothing_that_is_trained(digits: Prepared) -> None:
    class Noisy(nn.Module):
        """Has statistics that training would move, and draws also when it is evaluated."""

        def __init__(self) -> None:
            super().__init__()
            self.norm, self.pool = nn.BatchNorm2d(1), nn.FractionalMaxPool2d(2, output_size=4)
            self.drop, self.head = nn.Dropout(0.5), nn.Linear(16, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.drop(self.pool(self.norm(x)).flatten(1)))

    module = Noisy().train()
    (module.head.weight.sum() * 2).backward()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    state, gradient = torch.get_rng_state(), module.head.weight.grad
    found = [evaluate(Prepared(digits.project, digits.source, module, digits.data), unheard) for _ in range(2)]
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert torch.equal(state, torch.get_rng_state()) and module.head.weight.grad is gradient
    assert all(part.training for part in module.modules())
    assert (found[0].confidences == found[1].confidences).all(), "it draws the same each time"
