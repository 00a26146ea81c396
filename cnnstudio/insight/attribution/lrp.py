"""LRP: layer-wise relevance propagation. Each layer hands the score on to what it read, in proportion to its shares.

Bach et al. 2015, doi.org/10.1371/journal.pone.0130140. The network is run once, with a rule in the place of each
function's gradient; no hook is set and no weight is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from cnnstudio.insight.attribution.question import AttributionError, Marks, Question
from cnnstudio.worker import Report

EPSILON = 1e-6  # added to what is divided by, away from zero
ALPHA, BETA = 2.0, 1.0  # how much what speaks for and against a number is handed on

_WEIGHED = (torch.conv2d, functional.conv2d, torch.conv_transpose2d, functional.conv_transpose2d)
_LINEAR = (functional.linear,)
_AVERAGES = (functional.avg_pool2d, functional.adaptive_avg_pool2d, torch.mean, Tensor.mean)
_ACTIVATIONS = (
    torch.relu, torch.relu_, functional.relu, functional.relu_, functional.relu6, functional.hardtanh,
    functional.leaky_relu, functional.elu, functional.silu, functional.gelu, functional.hardswish, functional.mish,
    functional.softplus, functional.prelu, torch.prelu, functional.celu, functional.selu,
)  # fmt: skip
_GATES = (torch.sigmoid, Tensor.sigmoid, functional.sigmoid, functional.hardsigmoid)  # nothing comes back through them
_SUMS = (torch.add, Tensor.add, Tensor.__add__, Tensor.add_, Tensor.__radd__)
_PRODUCTS = (torch.mul, Tensor.mul, Tensor.__mul__, Tensor.__rmul__)
_MOVES = (
    torch.flatten, Tensor.flatten, Tensor.view, Tensor.reshape, torch.reshape, torch.cat, torch.stack, torch.chunk,
    Tensor.chunk, torch.split, Tensor.split, Tensor.__getitem__, Tensor.permute, torch.permute, Tensor.transpose,
    torch.transpose, Tensor.contiguous, Tensor.expand, torch.squeeze, Tensor.squeeze, torch.unsqueeze, Tensor.unsqueeze,
    functional.pad, functional.dropout, functional.dropout2d, functional.max_pool2d, functional.adaptive_max_pool2d,
    functional.pixel_shuffle, functional.pixel_unshuffle, functional.channel_shuffle,
)  # fmt: skip
"""What only moves numbers: its gradient hands on all that it gets, of a maximum to the one that was greatest."""


def lrp_epsilon(question: Question, report: Report) -> Marks:
    """Each number gets the share that it has in what it was added to, biases too; equation 58 of Bach et al."""
    return _handed_back(question, weighs_signs=False)


def lrp_alpha_beta(question: Question, report: Report) -> Marks:
    """As ``lrp_epsilon``; of a convolution what speaks for a number and what against it is handed on apart.

    Equation 60 of Bach et al., with ``ALPHA`` and ``BETA``. A BatchNorm hands on what it gets.
    """
    return _handed_back(question, weighs_signs=True)


def _handed_back(question: Question, *, weighs_signs: bool) -> Marks:
    with torch.enable_grad():
        leaf = question.x.detach().clone().requires_grad_()
        with _Rules(weighs_signs):
            score = question.scores(leaf)[0]
        (found,) = (
            torch.autograd.grad(score, leaf, score.detach()) if score.requires_grad else (torch.zeros_like(leaf),)
        )
    values = found[0].sum(0)
    marked, whole = float(values.sum()), float(score.detach())
    told = f"The marks add up to {marked:.4g} of the score of {whole:.4g}; the rest is in biases."
    return Marks(values, (told.replace("-", "−"),))


class _Rules(TorchFunctionMode):
    """Inside, in this thread, the gradient of what is computed is its relevance."""

    def __init__(self, weighs_signs: bool) -> None:
        super().__init__()
        self._weighs_signs = weighs_signs

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do what was asked, with the rule for it. Raises ``AttributionError`` where there is none."""
        named = dict(kwargs or {})
        if not args or not isinstance(args[0], Tensor) or not _depends(args):
            return func(*args, **named)
        first, rest = args[0], args[1:]
        if func in _WEIGHED or func in _LINEAR:
            return _weighed(func, first, rest, named, self._weighs_signs and func in _WEIGHED)
        if func is functional.batch_norm or func is torch.batch_norm:
            passes = _Passed if self._weighs_signs else _Shared
            return passes.apply(first, lambda x: func(x, *rest, **named))  # type: ignore[no-untyped-call]
        if func in _AVERAGES:
            return _Shared.apply(first, lambda x: func(x, *rest, **named))  # type: ignore[no-untyped-call]
        if func in _ACTIVATIONS:
            return _Passed.apply(first, lambda x: func(x, *rest, **named))  # type: ignore[no-untyped-call]
        if func in _SUMS:
            return _Summed.apply(first, rest[0])  # type: ignore[no-untyped-call]
        if func in _PRODUCTS:
            return _weighted(func, first, rest[0])
        if func in _GATES:
            return func(first.detach(), *rest, **named)
        result = func(*args, **named)
        is_value = isinstance(result, Tensor) and result.requires_grad
        if is_value and func not in _MOVES and getattr(func, "__name__", "") not in _NAMES:
            raise AttributionError(
                f"LRP has no rule for {getattr(func, '__name__', 'a step')}, which the network uses."
            )
        return result


_NAMES = {getattr(each, "__name__", "") for each in _MOVES} | {"fn", "_max_pool2d"}  # what boolean_dispatch makes


def _depends(args: Sequence[Any]) -> bool:
    """Whether a function reads what depends on the picture; weights alone do not."""
    inner = (each for one in args for each in (one if isinstance(one, list | tuple) else (one,)))
    return any(isinstance(each, Tensor) and each.requires_grad and not isinstance(each, nn.Parameter) for each in inner)


def _away_from_zero(value: Tensor) -> Tensor:
    """A number that can be divided by, of the same sign."""
    return value + torch.where(value >= 0, EPSILON, -EPSILON)


class _Shared(torch.autograd.Function):
    """A linear function of one tensor: backwards, each number of it gets its share in each result."""

    @staticmethod
    def forward(context: Any, x: Tensor, linear: Callable[[Tensor], Tensor]) -> Tensor:
        """What the function gives."""
        result = linear(x)
        context.save_for_backward(x, result)
        context.linear = linear
        return result

    @staticmethod
    def backward(context: Any, *relevance: Tensor) -> tuple[Tensor, None]:
        """The number times what comes back of the relevance by the result."""
        x, result = context.saved_tensors
        return x * _back(context.linear, x, relevance[0] / _away_from_zero(result)), None


class _SharedBySign(torch.autograd.Function):
    """A weighted sum: backwards, what adds to a result and what takes from it are shared out apart."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor | None, sums: Callable[..., Tensor]) -> Tensor:
        """What the function gives."""
        context.save_for_backward(x, weight, bias)
        context.sums = sums
        return sums(x, weight, bias)

    @staticmethod
    def backward(context: Any, *relevance: Tensor) -> tuple[Tensor, None, None, None]:
        """``ALPHA`` times the share in what adds, less ``BETA`` times the share in what takes away."""
        x, weight, bias = context.saved_tensors
        sums, parts = context.sums, (x.clamp(min=0), x.clamp(max=0))
        more, less = weight.clamp(min=0), weight.clamp(max=0)
        total = torch.zeros_like(x)
        for factor, first, second, shift in (
            (ALPHA, more, less, None if bias is None else bias.clamp(min=0)),
            (-BETA, less, more, None if bias is None else bias.clamp(max=0)),
        ):
            result = sums(parts[0], first, shift) + sums(parts[1], second, None)
            share = factor * relevance[0] / _away_from_zero(result)
            for part, weights in zip(parts, (first, second), strict=True):
                total = total + part * _back(partial(_unshifted, sums, weights), part, share)
        return total, None, None, None


class _Passed(torch.autograd.Function):
    """A function of each number alone: backwards, it hands on all that it gets."""

    @staticmethod
    def forward(context: Any, x: Tensor, single: Callable[[Tensor], Tensor]) -> Tensor:
        """What the function gives."""
        return single(x)

    @staticmethod
    def backward(context: Any, *relevance: Tensor) -> tuple[Tensor, None]:
        """The relevance itself."""
        return relevance[0], None


class _Summed(torch.autograd.Function):
    """A sum of two tensors: backwards, each gets its share."""

    @staticmethod
    def forward(context: Any, one: Tensor, other: Tensor) -> Tensor:
        """The sum."""
        context.save_for_backward(one, other)
        return one + other

    @staticmethod
    def backward(context: Any, *relevance: Tensor) -> tuple[Tensor, Tensor]:
        """Each summand times the relevance by the sum."""
        one, other = context.saved_tensors
        share = relevance[0] / _away_from_zero(one + other)
        return (one * share).sum_to_size(one.shape), (other * share).sum_to_size(other.shape)


def _weighed(
    func: Callable[..., Tensor], x: Tensor, rest: Sequence[Any], named: Mapping[str, Any], by_sign: bool
) -> Tensor:
    """A convolution or a Linear; its weight and bias come by their places, as torch's modules give them."""
    if not by_sign:
        shared: Tensor = _Shared.apply(x, lambda x: func(x, *rest, **named))  # type: ignore[no-untyped-call]
        return shared
    weight, bias, *others = (*rest, None)[: max(2, len(rest))]
    result: Tensor = _SharedBySign.apply(  # type: ignore[no-untyped-call]
        x, weight.detach(), None if bias is None else bias.detach(), lambda x, w, b: func(x, w, b, *others, **named)
    )
    return result


def _weighted(func: Callable[..., Tensor], one: Any, other: Any) -> Tensor:
    """A product: all goes to the factor with more numbers, the other one only weighs it; Arras et al. 2017."""
    if not isinstance(other, Tensor) or other.numel() < one.numel():
        weight = other.detach() if isinstance(other, Tensor) else other
        first: Tensor = _Passed.apply(one, lambda x: func(x, weight))  # type: ignore[no-untyped-call]
        return first
    if one.numel() < other.numel():
        second: Tensor = _Passed.apply(other, lambda x: func(one.detach(), x))  # type: ignore[no-untyped-call]
        return second
    raise AttributionError("LRP has no rule for the product of two maps, which the network uses.")


def _unshifted(sums: Callable[..., Tensor], weights: Tensor, x: Tensor) -> Tensor:
    return sums(x, weights, None)


def _back(linear: Callable[[Tensor], Tensor], x: Tensor, relevance: Tensor) -> Tensor:
    """What comes back of a linear function by its gradient."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        (found,) = torch.autograd.grad(linear(leaf), leaf, relevance)
    return found
