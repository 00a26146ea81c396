"""CAM: class activation maps at any node, from its maps and the gradient of the score by them.

Each sums the maps of a node, weighted by how the class's score depends on them, and keeps what is above zero. They
differ in the weights alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cnnstudio.compiler.source import Way
from cnnstudio.insight.attribution.question import AttributionError, Marks, Question
from cnnstudio.insight.cut import cut
from cnnstudio.worker import Report


def grad_cam(question: Question, report: Report) -> Marks:
    """A weight for each map: the mean of its gradient. Selvaraju et al. 2017, equations 1 and 2."""
    maps, slopes = _maps_and_slopes(question)
    return _summed(slopes.mean((1, 2), keepdim=True) * maps)


def grad_cam_plus_plus(question: Question, report: Report) -> Marks:
    """A weight for each map: its gradient above zero, each place weighed. Chattopadhay et al. 2018, equations 10, 19.

    As in all published code the powers of the gradient stand for the derivatives of the exponential of the score.
    """
    maps, slopes = _maps_and_slopes(question)
    square, cube = slopes.square(), slopes**3
    below = 2 * square + maps.sum((1, 2), keepdim=True) * cube
    # of a network that is piecewise linear the share has no limit where the gradient vanishes: it counts as nothing
    share = torch.where(slopes != 0, square / torch.where(below != 0, below, torch.ones_like(below)), 0.0)
    return _summed((share * slopes.clamp(min=0)).sum((1, 2), keepdim=True) * maps)


def hires_cam(question: Question, report: Report) -> Marks:
    """A weight for each place of each map: its gradient. Draelos and Carin 2020, equation 4."""
    maps, slopes = _maps_and_slopes(question)
    return _summed(slopes * maps)


def layer_cam(question: Question, report: Report) -> Marks:
    """A weight for each place of each map: its gradient where that is above zero. Jiang et al. 2021, equation 8."""
    maps, slopes = _maps_and_slopes(question)
    return _summed(slopes.clamp(min=0) * maps)


def _summed(weighed: Tensor) -> Marks:
    return Marks(weighed.sum(0).clamp(min=0))


def _maps_and_slopes(question: Question) -> tuple[Tensor, Tensor]:
    """The maps (D, h, w) of the node, and the gradient of the score by each of their numbers."""
    at = cut(question.module, question.source, question.node, question.x)
    value = at.value
    _, height, width = question.x.shape[1:]
    laid(value, height, width, question.node)  # or it is refused before anything more is computed
    with torch.enable_grad():
        leaf = value.detach().clone().requires_grad_()
        score = at.onward(leaf)[0, question.target]
        slopes = torch.autograd.grad(score, leaf, allow_unused=True)[0] if score.requires_grad else None
    if slopes is None:
        raise AttributionError(f"What the network says does not depend on {question.node}: choose another block.")
    return laid(leaf.detach(), height, width, question.node), laid(slopes, height, width, question.node)


def laid(value: Tensor, height: int, width: int, node: str | Way) -> Tensor:
    """One picture's value of a node as maps (D, h, w): maps as they are, tokens (1, L, D) laid out as they were cut.

    A token more than places is the class token, which has none, and is left out. Raises ``AttributionError`` for
    numbers that have no place in the picture, which is ``height`` by ``width``.
    """
    if value.ndim == 4:
        return value[0]
    if value.ndim == 3:
        tokens = value[0]
        for places in (tokens[1:], tokens):
            rows = round(math.sqrt(len(places) * height / width))
            columns = len(places) // max(1, rows)
            is_whole = columns > 1 and rows * columns == len(places)
            if is_whole and abs(rows * width - columns * height) <= max(height, width):
                return places.T.reshape(-1, rows, columns)
    raise AttributionError(f"What {node} gives has no place in the picture: choose a block that gives maps.")
