"""Gradients: how the score changes with each pixel, and three ways to make less noise of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnnstudio.insight.attribution.question import Marks, Question
from cnnstudio.worker import Report

STEPS = 64  # of the path of integrated gradients
SAMPLES = 32  # of noisy pictures
NOISE = 0.15  # of the picture's range, the deviation of the noise
_RELUS = (torch.relu, torch.relu_, nn.functional.relu, nn.functional.relu_, Tensor.relu, Tensor.relu_)


def gradient(question: Question, report: Report) -> Marks:
    """The steepest of a pixel's channels, up or down. Simonyan, Vedaldi and Zisserman 2014, section 3.1."""
    return _steepest(question.slopes(question.x))


def guided_backpropagation(question: Question, report: Report) -> Marks:
    """The gradient, of which each ReLU lets only pass what is above zero. Springenberg et al. 2015, section 3.4."""
    guided = _Guided()
    with guided:
        found = question.slopes(question.x)
    none = "The network has no ReLU, so this is the plain gradient."
    return Marks(_steepest(found).values, () if guided.has_met else (none,))


def smooth_grad(question: Question, report: Report) -> Marks:
    """The mean gradient of pictures with noise, then its steepest channel. Smilkov et al. 2017.

    The noise is normal, a deviation of ``NOISE`` of the range of the picture's numbers, the same each time. Where
    ``report`` says to end, it is the mean of the pictures until then.
    """
    x = question.x
    random = torch.Generator().manual_seed(0)
    deviation = NOISE * float(x.max() - x.min())
    total, done = torch.zeros_like(x), 0
    while done < SAMPLES:
        count = min(question.together, SAMPLES - done)
        noise = deviation * torch.stack([torch.randn(x.shape[1:], generator=random) for _ in range(count)])
        total += question.slopes(x + noise.to(x.device)).sum(0, keepdim=True)
        done += count
        if not report("Looking at the picture with noise", done / SAMPLES):
            break
    return _steepest(total / done)


def integrated_gradients(question: Question, report: Report) -> Marks:
    """The gradient along the way from the mean colour to the picture, times that way. Sundararajan et al. 2017.

    The way begins at zeros, which is the mean colour of the training images once they are normalised, and is walked in
    ``STEPS`` steps, each at its middle. What all pixels get adds up to the difference of the scores at both ends, but
    for the steps: that sum is told. Where ``report`` says to end, it is the way walked until then.
    """
    x, total, done = question.x, torch.zeros_like(question.x), 0
    while done < STEPS:
        count = min(question.together, STEPS - done)
        share = (torch.arange(done, done + count, device=x.device) + 0.5) / STEPS
        total += question.slopes(x * share.view(-1, 1, 1, 1)).sum(0, keepdim=True)
        done += count
        if not report("Walking from the mean colour to the picture", done / STEPS):
            break
    found = x * total / STEPS
    with torch.no_grad():
        ends = torch.cat([question.scores(torch.zeros_like(x)), question.scores(x)]).tolist()
    told = (
        f"The marks add up to {float(found.sum()):.4g}; from the mean colour to the picture the score rises by "
        f"{ends[1] - ends[0]:.4g}."
    ).replace("-", "−")
    return Marks(found[0].sum(0), (told,))


def _steepest(slopes: Tensor) -> Marks:
    return Marks(slopes[0].abs().amax(0))


class _Guided(TorchFunctionMode):
    """Inside, in this thread, what is a ReLU forwards lets only pass gradients above zero as well."""

    def __init__(self) -> None:
        super().__init__()
        self.has_met = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do what was asked, or guide it."""
        if func in _RELUS:
            self.has_met = True
            return _GuidedReLU.apply(args[0])  # type: ignore[no-untyped-call]
        return func(*args, **dict(kwargs or {}))


class _GuidedReLU(torch.autograd.Function):
    """ReLU, and backwards a second one."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        """What is above zero."""
        result = x.clamp(min=0)
        context.save_for_backward(result)
        return result

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> Tensor:
        """The gradient where both it and what went in are above zero."""
        (result,) = context.saved_tensors
        passing: Tensor = slopes[0].clamp(min=0) * (result > 0)
        return passing
