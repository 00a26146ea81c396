"""Faithfulness: whether the marked places are those that count, and whether the marks depend on what was learned."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from cnnstudio.compiler.ending import Making
from cnnstudio.insight.attribution.explanation import Faithfulness
from cnnstudio.insight.attribution.question import Question
from cnnstudio.insight.cut import scores

SHARE = 0.2  # of the picture, that is blurred away
DRAWS = 10  # of as much chosen at random


def faithfulness(question: Question, marks: Tensor, making: Making | None) -> Faithfulness | None:
    """What becomes of the class where the most marked fifth of the picture is blurred; None where nothing is marked.

    The fifth are the pixels of the greatest ``marks`` (h, w), enlarged to the picture's size; of equal ones those that
    chance chooses. Against it stand ``DRAWS`` fifths that are chosen at random, each of patches as coarse as the marks
    are: the greatest of random marks of the same size, enlarged in the same way. ``making`` makes probabilities of the
    network's end; without it scores are compared. After Samek et al. 2017, with one step, and blur in place of noise.
    """
    if float(marks.max()) <= float(marks.min()):
        return None
    x = question.x
    height, width = x.shape[2:]
    random = torch.Generator().manual_seed(0)
    drawn = torch.rand((DRAWS, *marks.shape), generator=random)
    chosen = most_marked(enlarged(torch.cat([marks.cpu()[None], drawn]), height, width), random).to(x.device)
    blur = blurred(x)
    told: list[Tensor] = []
    with torch.no_grad():
        pictures = torch.cat([x, torch.where(chosen[:, None], blur, x)])
        for start in range(0, len(pictures), question.together):
            given = scores(question.module, question.source, pictures[start : start + question.together])
            told.append(likely(given, making)[:, question.target].cpu())
    whole, without, *others = torch.cat(told).tolist()
    return Faithfulness(whole, without, float(np.mean(others)), making is not None)


def most_marked(marks: Tensor, random: torch.Generator) -> Tensor:
    """Which fifth of the pixels of each map (N, H, W) has the greatest marks, as bools; chance decides among equals."""
    count, places = len(marks), marks[0].numel()
    order = torch.randperm(places, generator=random)
    ordered = marks.flatten(1)[:, order].argsort(stable=True, dim=1, descending=True)
    found = ordered[:, : max(1, round(SHARE * places))]
    chosen = torch.zeros((count, places), dtype=torch.bool)
    chosen.scatter_(1, order[found], True)
    return chosen.view_as(marks)


def enlarged(marks: Tensor, height: int, width: int) -> Tensor:
    """Marks (N, h, w) in the size of the picture, linear between the middles of their cells."""
    return interpolate(marks[:, None], (height, width), mode="bilinear", align_corners=False)[:, 0]


def blurred(x: Tensor) -> Tensor:
    """Pictures (N, C, H, W), each pixel the mean of about a quarter of the sides round it, and that once more."""
    for _ in range(2):
        height, width = (side // 8 * 2 + 1 if side >= 8 else 1 + 2 * (side > 2) for side in x.shape[2:])
        x = avg_pool2d(x, (height, width), 1, (height // 2, width // 2), count_include_pad=False)
    return x


def likely(given: Tensor, making: Making | None) -> Tensor:
    """Probabilities (N, K) of what a network ends in; without a making what it ends in."""
    if making is Making.SOFTMAX:
        return given.softmax(1)
    return given.sigmoid() if making is Making.SIGMOID else given.exp() if making is Making.EXP else given


def rank_correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """Spearman's, from −1 to 1, of two maps of one size, equal numbers sharing their ranks; None where one is constant.

    It is what Adebayo et al. 2018 compare the maps of trained and of random weights by.
    """
    first, second = _ranks(one), _ranks(other)
    if first.std() == 0 or second.std() == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    _, places, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    found: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return found
