"""An image of a size that a network does not take: sentences that the person can read, without torch's matrices."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.exchange.importing.tracing import TracingError, trace
from cnnstudio.graph import Shape


class Net(nn.Module):
    def __init__(self, forward: Callable[[Net, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(100, 10))
        self.conv = nn.Conv2d(3, 4, 3)
        self.own = forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.own(self, x)


@pytest.mark.parametrize(
    ("forward", "sentence"),
    [
        (lambda m, x: m.head(x.flatten(1)), "head.1 (Linear) takes 100 numbers, and 147 numbers reach it."),
        (lambda m, x: m.conv(m.conv(x)), "conv (Conv2d) takes 3 channels, and 4 channels reach it."),
        (lambda m, x: x.view(-1, 100), "view to (-1, 100) does not fit the 147 numbers of one image."),
        (lambda m, x: m.conv(x[:, :, :2]), "at conv (Conv2d): Calculated padded input size per channel: (2 x 7)."),
        (lambda m, x: x @ x.flatten(1), "matmul does not take 3 × 7 × 7 and 147."),
    ],
)
def test_the_step_and_what_reaches_it_are_named(
    forward: Callable[[Net, torch.Tensor], torch.Tensor], sentence: str
) -> None:
    with pytest.raises(TracingError) as caught:
        trace(Net(forward), Shape(3, 7, 7))
    told = str(caught.value)
    assert told.startswith("It does not take images of 3 × 7 × 7: ")
    assert sentence.rstrip(".") in told
    assert str(BATCH) not in told and "mat1" not in told
