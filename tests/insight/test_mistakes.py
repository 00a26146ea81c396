"""What a network tells wrong is counted, paired and shown, the surest mistakes first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.insight.mistakes import MOST, mistakes
from cnnstudio.project import from_template
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load
from cnnstudio.training.runs.session import Prepared, image_size


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


def test_the_surest_mistakes_come_first_with_what_each_is_and_is_taken_for(digits: Prepared) -> None:
    wrong = {3: (other(digits, 3), 0.5), 70: (other(digits, 70), 9.0), 200: (other(digits, 200, 4), 2.0)}
    shares: list[float | None] = []
    found = mistakes(told(digits, wrong), lambda _, share: shares.append(share) is None)
    labels, total = digits.data.validation_labels, len(digits.data.validation_labels)
    assert (found.wrong, found.total) == (3, total) and shares[-1] == 1.0
    assert [(each.is_of, each.taken_for) for each in found.worst] == [
        (str(int(labels[number])), str(wrong[number][0])) for number in (70, 200, 3)
    ]
    assert (found.worst[0].image == digits.data.validation_images[70].numpy()).all()
    assert found.sentence.startswith(f"3 of {total:,} validation images are told wrong (")


def test_the_most_frequent_mistake_is_named(digits: Prepared) -> None:
    threes = (digits.data.validation_labels == 3).nonzero().ravel().tolist()[:4]
    found = mistakes(told(digits, dict.fromkeys(threes, (8, 1.0))), lambda *_: True)
    assert found.pairs == (("3", "8", 4),)
    assert found.sentence.endswith("Most often 3 is taken for 8: 4 times.")


def test_a_network_that_is_always_right_or_always_wrong(digits: Prepared) -> None:
    total = len(digits.data.validation_labels)
    assert mistakes(told(digits, {}), lambda *_: True).sentence == f"All {total:,} validation images are told right."
    every = {number: (other(digits, number), 1.0) for number in range(total)}
    found = mistakes(told(digits, every), lambda *_: True)
    assert found.wrong == total and len(found.worst) == MOST


def test_it_asks_for_both_sides_where_the_validation_does(digits: Prepared) -> None:
    class LeftRight(nn.Module):
        """Tells a class by the brighter half: for an image and its mirror image together by neither."""

        def forward(self, x: Tensor) -> Tensor:
            left = (x[..., :14].sum((1, 2, 3)) - x[..., 14:].sum((1, 2, 3)))[:, None]
            return torch.cat([left, torch.full_like(left, 1e-3), -left, torch.full((len(x), 7), -1e9)], 1)

    data = dataclasses.replace(digits.data, mirror=True)
    taken = []
    for recipe in (Recipe(data="digits"), Recipe(data="digits", augment=True, test_time_mirror=True)):
        project = dataclasses.replace(digits.project, recipe=recipe)
        found = mistakes(Prepared(project, digits.source, LeftRight(), data), lambda *_: True)
        taken.append({pair[1] for pair in found.pairs})
    assert taken[0] == {"0", "2"} and taken[1] == {"1"}


def test_it_ends_when_it_is_called_off(digits: Prepared) -> None:
    assert mistakes(told(digits, {}), lambda *_: False).total == 64
