"""Occlusion: how much less the score is where a window of the picture is covered, for windows all over it."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import replace

import torch
from torch import Tensor

from cnnstudio.insight.attribution.question import Marks, Question
from cnnstudio.worker import Report

WINDOWS = 20  # along each side of the picture, or one at each pixel where it has fewer
_SIDE = 4  # of the picture's side, one part in so many is a window's


def occlusion(question: Question, report: Report) -> Marks:
    """What the score loses when a window is covered by the mean colour, for each pixel the mean of all windows over it.

    Zeiler and Fergus 2014, section 4.2. A window is a quarter of the picture's side; ``WINDOWS`` of them stand along
    each side, fewer where the picture has fewer places. Where ``report`` says to end, it is of the windows until then.
    """
    height, width = question.x.shape[2:]
    windows = places(height, width)
    found = losses(question, windows, report)
    total, count = torch.zeros(height, width), torch.zeros(height, width)
    for (top, left, high, wide), loss in zip(windows[: len(found)], found.tolist(), strict=True):
        total[top : top + high, left : left + wide] += loss
        count[top : top + high, left : left + wide] += 1
    return Marks(total / count.clamp(min=1))


def losses(question: Question, windows: list[tuple[int, int, int, int]], report: Report) -> Tensor:
    """What the score loses by each window (M,), as many pictures at once as there is room for.

    A copy of the network computes them with the channels innermost where it can, which is quicker on a processor and
    the same but for rounding: https://docs.pytorch.org/tutorials/intermediate/memory_format_tutorial.html.
    """
    found: list[Tensor] = []
    with torch.no_grad():
        question, whole = _quickly(question)
        for start in range(0, len(windows), question.together):
            some = windows[start : start + question.together]
            found.append(whole - question.scores(covered(question.x, some)).cpu())
            if not report("Covering one window after the other", (start + len(some)) / len(windows)):
                break
    return torch.cat(found)


def _quickly(question: Question) -> tuple[Question, Tensor]:
    """The question of a copy of the network with the channels innermost, where that computes; and its score (1,)."""
    if question.x.device.type == "cpu":
        with suppress(RuntimeError):  # a line of PyTorch from a file may ask for another order
            module = copy.deepcopy(question.module).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            quick = replace(question, module=module)
            return quick, quick.scores(question.x.repeat(2, 1, 1, 1))[:1]  # of one alone an order may be another, too
    return question, question.scores(question.x).cpu()


def places(height: int, width: int) -> list[tuple[int, int, int, int]]:
    """The windows (top, left, height, width) over a picture of this size, line by line; both edges have some."""
    side, across = max(1, height // _SIDE), max(1, width // _SIDE)
    return [
        (top, left, side, across)
        for top in _starts(height - side, WINDOWS)
        for left in _starts(width - across, WINDOWS)
    ]


def _starts(last: int, most: int) -> list[int]:
    count = min(most, last + 1)
    return [round(number * last / max(1, count - 1)) for number in range(count)]


def covered(x: Tensor, windows: list[tuple[int, int, int, int]]) -> Tensor:
    """The picture (1, C, H, W) once for each window, which is zero there: the mean colour of the training images."""
    many = x.repeat(len(windows), 1, 1, 1)
    for each, (top, left, height, width) in zip(many, windows, strict=True):
        each[:, top : top + height, left : left + width] = 0
    return many
