"""The optimizer that a recipe asks for, and what it remembers from step to step."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from cnnstudio.project.recipe import Recipe


def optimizer(groups: list[dict[str, Any]], recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer in its fused form, one pass over memory a step (1.25 to 1.3 times on LeNet)."""
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "SGD":
        nesterov = recipe.nesterov and recipe.momentum > 0
        return torch.optim.SGD(groups, rate, recipe.momentum, weight_decay=decay, nesterov=nesterov, fused=True)
    kind = torch.optim.Adam if recipe.optimizer == "Adam" else torch.optim.AdamW
    return kind(groups, rate, weight_decay=decay, fused=True)


def memory(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Any]]:
    """A copy of what the optimizer remembers of each parameter. Its settings are the recipe's."""
    remembered: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {number: {name: _copied(value) for name, value in of_one.items()} for number, of_one in remembered.items()}


def remember(optimizer: torch.optim.Optimizer, remembered: dict[int, dict[str, Any]]) -> None:
    """Give the optimizer a copy of this memory of its parameters."""
    settings = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": copy.deepcopy(remembered), "param_groups": settings})


def _copied(value: object) -> object:
    return value.detach().to("cpu", copy=True) if isinstance(value, Tensor) else value
