"""Windows: convolution and pooling as other programs border them; what torch has no argument for is its own step."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn

from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref, Scribe

_CONVS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, Any] = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_MAXES: dict[int, Any] = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
_MEANS: dict[int, Any] = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}


@dataclass(frozen=True)
class Window:
    """What slides: its size, strides and dilations, and the border before and behind, a number an axis each."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...] = ()
    behind: tuple[int, ...] = ()

    @property
    def is_even(self) -> bool:
        """Whether the border is as wide on both sides, and nothing is cut off."""
        return self.before == self.behind and min((*self.before, 0)) >= 0

    @property
    def spans(self) -> tuple[int, ...]:
        """Over how many places it reaches."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations, strict=True))


def same(lengths: tuple[int, ...], window: Window) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The border, the smaller half and the rest, with which as many places come out as strides go in (rounded up)."""
    whole = [
        max(0, (math.ceil(length / stride) - 1) * stride + span - length)
        for length, stride, span in zip(lengths, window.strides, window.spans, strict=True)
    ]
    return halves(whole)


def halves(whole: list[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The smaller half of each number, and what is left."""
    return tuple(each // 2 for each in whole), tuple(each - each // 2 for each in whole)


def loaded(module: nn.Module, **tensors: Tensor | None) -> nn.Module:
    """A layer with these tensors for its own. Raises ``Misfit`` where their sizes differ."""
    told, own = {name: each for name, each in tensors.items() if each is not None}, module.state_dict()
    if any(own[name].shape != given.shape for name, given in told.items()):
        raise Misfit("holds weights of other sizes than it says")
    module.load_state_dict(told, strict=False, assign=True)
    return module


def sides(scribe: Scribe, value: Ref) -> tuple[int, ...]:
    """Height and width of what flows. Raises ``Misfit`` where it is no map."""
    sizes = scribe.sizes(value)
    if len(sizes) < 3:
        raise Misfit("works on maps, and is given none")
    return sizes[2:]


def padded(scribe: Scribe, value: Ref, before: Any, behind: Any, filling: float = 0.0) -> Ref:
    """What flows with a border, the last axis first as torch counts."""
    if not any((*before, *behind)):
        return value
    pairs = [side for pair in zip(reversed(before), reversed(behind), strict=True) for side in pair]
    return scribe.apply(F.pad, value, tuple(pairs), **({"value": filling} if filling else {}))


def cropped(scribe: Scribe, value: Ref, cut: list[tuple[int, int]]) -> Ref:
    """What flows without so many rows or columns before and behind."""
    if not any(map(any, cut)):
        return value
    spans = [slice(first, length - last) for (first, last), length in zip(cut, sides(scribe, value), strict=True)]
    return scribe.apply(operator.getitem, value, (slice(None), slice(None), *spans))


def convolved(
    scribe: Scribe, value: Ref, weight: Tensor, bias: Tensor | None, window: Window, *, groups: int, name: str
) -> Ref:
    """A convolution; ``weight`` is (out, in / groups, …) as torch has it. Raises ``Misfit``."""
    axes, before = len(window.kernel), window.before
    if axes not in _CONVS:
        raise Misfit("is a convolution over other axes than torch has")
    if not window.is_even:
        value, before = padded(scribe, value, before, window.behind), (0,) * axes
    module = _CONVS[axes](
        weight.shape[1] * groups, len(weight), window.kernel, window.strides, before, window.dilations, groups,
        bias is not None, device="meta",
    )  # fmt: skip
    return scribe.call(loaded(module, weight=weight, bias=bias), value, name=name)


def transposed(
    scribe: Scribe,
    value: Ref,
    weight: Tensor,
    bias: Tensor | None,
    window: Window,
    *,
    more: Any,
    groups: int,
    name: str,
) -> Ref:
    """A transposed convolution; what an uneven border takes away is cut off behind it.

    ``weight`` is (in, out / groups, …), ``more`` how many places are added at the end. Raises ``Misfit``.
    """
    axes, before = len(window.kernel), window.before
    if axes not in _TRANSPOSED:
        raise Misfit("is a convolution over other axes than torch has")
    cut: list[tuple[int, int]] = []
    if not window.is_even:
        cut = [(b, max(0, e - m)) for b, e, m in zip(before, window.behind, more, strict=True)]
        more = tuple(max(0, m - e) for e, m in zip(window.behind, more, strict=True))
        before = (0,) * axes
        if min(map(min, cut)) < 0:
            raise Misfit("pads its output unevenly in a way that no block does")
    module = _TRANSPOSED[axes](
        len(weight), weight.shape[1] * groups, window.kernel, window.strides, before, more, groups, bias is not None,
        window.dilations, device="meta",
    )  # fmt: skip
    made = scribe.call(loaded(module, weight=weight, bias=bias), value, name=name)
    return cropped(scribe, made, cut) if cut else made


def pooled(
    scribe: Scribe,
    value: Ref,
    window: Window,
    *,
    name: str,
    is_mean: bool,
    ceil: bool = False,
    counts: bool = False,
    is_never_negative: bool = False,
) -> Ref:
    """The maximum or the mean of a window; ``counts`` says whether the mean counts the border.

    A border that is wider at the end is what torch calls ``ceil_mode`` where it gives as many places: both leave out
    what lies outside. Raises ``Misfit``.
    """
    kernel, strides, before, behind = window.kernel, window.strides, window.before, window.behind
    if is_mean and any(each != 1 for each in window.dilations):
        raise Misfit("takes the mean of what lies apart, which no block does")
    if len(kernel) not in _MAXES:
        raise Misfit("is a pooling over other axes than torch has")
    fits = all(2 * b <= k for b, k in zip(before, kernel, strict=True))
    if before != behind or not fits:
        told = list(zip(sides(scribe, value), window.spans, strides, before, behind, strict=True))
        wanted = [_places(n + b + e, k, s, ceil) for n, k, s, b, e in told]
        rounded = [_places(n + 2 * b, k, s, True, n + b) for n, k, s, b, _ in told]
        if fits and wanted == rounded and not (is_mean and counts):
            ceil = True
        elif is_mean and not counts:
            if ceil:
                raise Misfit("rounds its size up and pads unevenly, which no block does")
            return _mean_inside(scribe, value, window, name)
        else:
            filling = 0.0 if is_mean or is_never_negative else -math.inf
            value, before = padded(scribe, value, before, behind, filling), (0,) * len(kernel)
    if is_mean:
        module = _MEANS[len(kernel)](kernel, strides, before, ceil, counts)
    else:
        module = _MAXES[len(kernel)](kernel, strides, before, window.dilations, ceil_mode=ceil)
    return scribe.call(module, value, name=name)


def _places(length: int, span: int, stride: int, ceil: bool, end: int | None = None) -> int:
    """At how many places a window stands; with ``ceil`` none of them begins at ``end`` or behind it."""
    rest = length - span
    count = -(-rest // stride) + 1 if ceil else rest // stride + 1
    return count - 1 if ceil and end is not None and (count - 1) * stride >= end else count


def _mean_inside(scribe: Scribe, value: Ref, window: Window, name: str) -> Ref:
    """The mean of what lies inside under a window that is padded unevenly: of all, divided by the share inside."""
    lengths, pairs = sides(scribe, value), []
    if len(lengths) != 2:
        raise Misfit("is a pooling over other axes than torch has")
    for before, behind in zip(reversed(window.before), reversed(window.behind), strict=True):
        pairs += [before, behind]
    pool: nn.Module = _MEANS[2](window.kernel, window.strides)
    inside = pool(F.pad(torch.ones(1, 1, *lengths), tuple(pairs)))
    whole = scribe.call(pool, padded(scribe, value, window.before, window.behind), name=name)
    return scribe.apply(torch.mul, whole, scribe.hold(1 / inside, f"{name}_inside", learns=False))
