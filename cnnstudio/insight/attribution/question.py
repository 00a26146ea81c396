"""Question: why does a network give this class this score for this picture? And the marks that answer it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import Source, Way
from cnnstudio.insight.cut import scores


class AttributionError(ValueError):
    """This cannot be answered for this network; the message is a sentence."""


@dataclass(frozen=True, eq=False)
class Question:
    """Why the network, in ``eval`` mode, gives the class ``target`` its score for the prepared picture ``x``.

    ``x`` is (1, C, H, W), and ``node`` is where those methods look that look at one; a ``Way`` leads into composites.
    The score is what the network ends in: before softmax where it ends before it. ``together`` is how many pictures go
    through the network at once.
    """

    module: nn.Module
    source: Source
    x: Tensor
    target: int
    node: str | Way = ""
    together: int = 16

    def scores(self, x: Tensor) -> Tensor:
        """The score (N,) of the class for other pictures (N, C, H, W)."""
        return scores(self.module, self.source, x)[:, self.target]

    def slopes(self, x: Tensor) -> Tensor:
        """The gradient of each picture's score by its own pixels: (N, C, H, W), like the pictures.

        No gradient is left anywhere.
        """
        with torch.enable_grad():
            leaf = x.detach().clone().requires_grad_()
            total = self.scores(leaf).sum()
            (found,) = torch.autograd.grad(total, leaf, allow_unused=True)
        return torch.zeros_like(leaf) if found is None else found


@dataclass(frozen=True, eq=False)
class Marks:
    """How much each place counts: (h, w), as fine as the method sees; and what is to be said of that, in sentences.

    What counts for the class is above zero; below zero is what counts against it, where the method tells that.
    """

    values: Tensor
    remarks: tuple[str, ...] = ()
