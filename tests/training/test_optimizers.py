"""The optimizers: torch's own, whatever is wrapped around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.optimizers import memory, optimizer, remember

Make = Callable[[list[nn.Parameter]], torch.optim.Optimizer]


def group(*parameters: nn.Parameter) -> list[dict[str, Any]]:
    return [{"params": list(parameters), "factor": 1.0}]


def parameters() -> list[nn.Parameter]:
    random = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=random)) for shape in ((4, 3), (4,))]


def stepped(made: torch.optim.Optimizer, every: list[nn.Parameter], missing: int = -1) -> list[Tensor]:
    """The parameters after five steps with known gradients, of which one parameter has none in the first two."""
    random = torch.Generator().manual_seed(1)
    for step in range(5):
        for number, parameter in enumerate(every):
            gradient = torch.randn(parameter.shape, generator=random)
            parameter.grad = None if number == missing and step < 2 else gradient
        made.step()
    return [parameter.detach() for parameter in every]


@pytest.mark.parametrize(
    ("values", "theirs"),
    [
        ({"optimizer": "SGD"}, lambda p: torch.optim.SGD(p, 0.01, 0.9, weight_decay=0.1)),
        ({"optimizer": "SGD", "momentum": 0.0}, lambda p: torch.optim.SGD(p, 0.01, 0.0, weight_decay=0.1)),
        ({"optimizer": "SGD", "nesterov": True}, lambda p: torch.optim.SGD(p, 0.01, 0.9, 0, 0.1, nesterov=True)),
        ({"optimizer": "Adam"}, lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.1)),
        ({"optimizer": "AdamW"}, lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1)),
        ({"optimizer": "RMSprop"}, lambda p: torch.optim.RMSprop(p, 0.01, weight_decay=0.1, momentum=0.9)),
        ({"optimizer": "NAdam"}, lambda p: torch.optim.NAdam(p, 0.01, weight_decay=0.1)),
        ({"optimizer": "Adagrad"}, lambda p: torch.optim.Adagrad(p, 0.01, weight_decay=0.1)),
    ],
)
def test_steps_are_torchs(values: dict[str, Any], theirs: Make) -> None:
    ours, expected = parameters(), parameters()
    recipe = Recipe(**{"learning_rate": 0.01, "weight_decay": 0.1, **values})
    for one, other in zip(
        stepped(optimizer(group(*ours), recipe), ours), stepped(theirs(expected), expected), strict=True
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "NAdam", "Adagrad"])
def test_norms_and_biases_are_pulled_at_only_where_that_is_wanted(name: str) -> None:
    """A step whose gradients are all nothing is the pull alone."""
    for wanted in (True, False):
        matrix, bias = parameters()
        before = [matrix.detach().clone(), bias.detach().clone()]
        recipe = Recipe(optimizer=name, learning_rate=0.01, weight_decay=0.1, decay_norms=wanted)
        made = optimizer(group(matrix, bias), recipe)
        for parameter in (matrix, bias):
            parameter.grad = torch.zeros_like(parameter)
        made.step()
        assert not torch.equal(matrix, before[0])
        assert torch.equal(bias, before[1]) != wanted


def test_groups_keep_the_factor_of_their_rate_where_they_are_parted() -> None:
    made = optimizer(
        [{"params": parameters(), "factor": 0.1}, {"params": parameters()[1:], "factor": 1.0}],
        Recipe(optimizer="SGD", decay_norms=False, weight_decay=0.1),
    )
    assert [(each["factor"], each["weight_decay"]) for each in made.param_groups] == [
        (0.1, 0.1),
        (0.1, 0.0),
        (1.0, 0.0),
    ]


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "NAdam", "Adagrad"])
def test_a_first_gradient_may_come_later(name: str) -> None:
    ours, alone = parameters(), parameters()
    recipe = Recipe(optimizer=name, learning_rate=0.01)
    late = stepped(optimizer(group(*ours), recipe), ours, missing=1)
    apart = [optimizer(group(parameter), recipe) for parameter in alone]
    random = torch.Generator().manual_seed(1)
    for step in range(5):
        for number, (parameter, made) in enumerate(zip(alone, apart, strict=True)):
            gradient = torch.randn(parameter.shape, generator=random)
            if number == 0 or step >= 2:
                parameter.grad = gradient
                made.step()
    for one, other in zip(late, alone, strict=True):
        torch.testing.assert_close(one, other.detach())


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "NAdam", "Adagrad"])
def test_what_is_remembered_is_given_on(name: str) -> None:
    recipe = Recipe(optimizer=name, learning_rate=0.01)
    first = parameters()
    made = optimizer(group(*first), recipe)
    stepped(made, first)
    known = memory(made)
    second = [nn.Parameter(parameter.detach().clone()) for parameter in first]
    again = optimizer(group(*second), recipe)
    remember(again, known)
    for one, other in zip(stepped(made, first), stepped(again, second), strict=True):
        assert torch.equal(one, other)
