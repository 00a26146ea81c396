"""Averaging: a moving average of the weights of a network while it trains, which often does better than they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call


class Average:
    """The exponential moving average of a module's weights, and of its buffers, such as the statistics of a BatchNorm.

    After step t, from 0, it keeps ``min(decay, (1 + t) / (10 + t))`` of itself, so that the first weights are soon
    forgotten in a short run too, as in TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._decay, self._steps = decay, 0
        self._tensors = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}

    @torch.no_grad()
    def follow(self, module: nn.Module) -> None:
        """Take the weights after one more step in."""
        keep = min(self._decay, (1 + self._steps) / (10 + self._steps))
        self._steps += 1
        now = module.state_dict()
        numbers = [name for name, tensor in self._tensors.items() if tensor.is_floating_point()]
        if numbers:
            torch._foreach_lerp_([self._tensors[n] for n in numbers], [now[n].detach() for n in numbers], 1 - keep)
        for name in self._tensors.keys() - set(numbers):
            self._tensors[name].copy_(now[name])

    def forward(self, module: nn.Module, x: Tensor) -> Tensor:
        """What ``module`` would answer with the average in the place of its weights, which stay as they are."""
        found: Tensor = functional_call(module, self._tensors, (x,))
        return found

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The average itself, by the names of the module's ``state_dict``."""
        return self._tensors

    @property
    def state(self) -> dict[str, Any]:
        """A copy of it on the CPU: all that going on needs."""
        return {"steps": self._steps, "tensors": {n: t.to("cpu", copy=True) for n, t in self._tensors.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a ``state``."""
        self._steps = state["steps"]
        for name, tensor in state["tensors"].items():
            self._tensors[name].copy_(tensor)
