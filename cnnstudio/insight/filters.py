"""Filters: the weights of a layer, their gradients, and which of its filters are dead, alike or at their limits.

A layer is a parameter with at least two axes; a filter is what one of its outputs is made with.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnstudio.insight.subject import Subject
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import evaluated
from cnnstudio.training.drawing import drawing
from cnnstudio.wording import abridged, counted

MOST_FILTERS, MOST_INPUTS = 64, 64  # of a layer that are shown
BINS = 41  # of a histogram
IMAGES = 32  # of validation, that filters and gradients are asked with
ALIKE = 0.99  # the cosine from which two filters are nearly the same
FEWEST = 9  # weights of a filter from which a large cosine says something
MOST_COMPARED = 2_048  # filters of a layer that are compared with each other
AT_THE_END, ALWAYS = 0.01, 0.95  # of the range of an activation, and the share of the places that saturates a filter
_CARRY = (  # what leaves a channel the channel that it is
    nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d, nn.Dropout, nn.Dropout2d, nn.MaxPool2d,
    nn.AvgPool2d,
)  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """A layer with weights: the path of its parameter in the ``state_dict``, what it is, and the parameter's shape."""

    name: str
    kind: str
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many numbers lie in each of ``BINS`` equal bins between ``low`` and ``high``."""

    counts: NDArray[np.int64]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters of a layer: ``kernels`` (F, I, h, w) are the first of ``total`` = (filters, inputs of each).

    ``zero`` are the filters all of whose weights are 0, ``silent`` those that never were above 0 behind their ReLU,
    ``saturated`` those that were nearly always at an end of what their activation can give, on so many ``images``; both
    are None where no such ``activation`` follows. ``twins`` tells for a filter an earlier one that is ``ALIKE``; None
    where there is too little of a filter, or there are too many, to be compared. ``gradients`` are those of the loss on
    some images, None where the layer does not learn or the network gives no score for each class.
    """

    layer: Layer
    kernels: NDArray[np.float32]
    total: tuple[int, int]
    weights: Histogram
    gradients: Histogram | None
    zero: frozenset[int]
    twins: dict[int, int] | None
    activation: str
    silent: frozenset[int] | None
    saturated: frozenset[int] | None
    images: int

    @property
    def is_cut(self) -> bool:
        """Whether there are more than are shown."""
        return self.kernels.shape[:2] != self.total

    @property
    def sentence(self) -> str:
        """What is wrong with filters, in words, counted."""
        told = []
        if self.zero:
            told.append(f"{_some(self.zero)} dead: all weights are 0.")
        if silent := (self.silent or frozenset()) - self.zero:
            told.append(f"{_some(silent)} never active on {self.images} images.")
        if self.saturated:
            told.append(
                f"{_some(self.saturated)} saturated: behind its {self.activation} at an end for {ALWAYS:.0%} of places."
            )
        if self.twins:
            pairs = (f"{number + 1} like {other + 1}" for number, other in sorted(self.twins.items()))
            told.append(f"Nearly the same (cosine above {ALIKE}): {abridged(pairs, 6)}.")
        if told:
            return " ".join(told)
        asked = ["dead"]
        asked += ["silent"] if self.silent is not None else []
        asked += ["saturated"] if self.saturated is not None else []
        asked += ["a double of another"] if self.twins is not None else []
        return f"No filter is {' or '.join(asked)}."


def _some(numbers: frozenset[int]) -> str:
    names = abridged((str(number + 1) for number in sorted(numbers)), 8)
    return f"{counted(len(numbers), 'filter')} ({names}) {'is' if len(numbers) == 1 else 'are'}"


def layers(module: nn.Module) -> tuple[Layer, ...]:
    """The layers of a network, in its order; a parameter that two share is told once."""
    parts = dict(module.named_modules())
    return tuple(
        Layer(name, type(parts[name.rpartition(".")[0]]).__name__, tuple(parameter.shape))
        for name, parameter in module.named_parameters()
        if parameter.dim() >= 2
    )


def filters(subject: Subject, name: str) -> Filters:
    """The filters of the layer whose parameter has this name; nothing of the network is changed.

    Raises ``KeyError`` where there is none, ``NoRoomError`` where there is no room to look.
    """
    module = subject.module
    layer = next((each for each in layers(module) if each.name == name), None)
    if layer is None:
        raise KeyError(name)
    owner = module.get_submodule(name.rpartition(".")[0])
    parameter = module.get_parameter(name)
    rows = by_output(parameter.detach(), owner).float().cpu()
    flat = rows.flatten(1)
    with evaluated(module), drawing(0):
        asked = _asked(subject, owner, parameter)
    return Filters(
        layer,
        rows[:MOST_FILTERS, :MOST_INPUTS].numpy().copy(),
        (rows.shape[0], rows.shape[1]),
        histogram(parameter.detach()),
        histogram(asked.gradient) if asked.gradient is not None else None,
        frozenset(torch.nonzero(flat.abs().amax(1) == 0.0).ravel().tolist()),
        twins(flat),
        asked.activation,
        asked.silent,
        asked.saturated,
        asked.images,
    )


def by_output(weights: Tensor, owner: nn.Module) -> Tensor:
    """The weights as (outputs, inputs of each, h, w), whatever order the layer holds them in."""
    made = weights
    if isinstance(owner, nn.ConvTranspose2d):
        entered, left, *kernel = weights.shape  # (inputs, outputs of a group, h, w)
        made = weights.reshape(owner.groups, entered // owner.groups, left, *kernel).transpose(1, 2).flatten(0, 1)
    if made.dim() == 2:
        return made[:, :, None, None]
    return made if made.dim() == 4 else made.reshape(made.shape[0], -1, 1, made.shape[-1])


def histogram(values: Tensor) -> Histogram:
    """Of the numbers that are finite; of none, or of one number alone, it is one bin wide around it."""
    known = values[torch.isfinite(values)].float()
    if not known.numel():
        return Histogram(np.zeros(BINS, np.int64), -1.0, 1.0)
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = low - max(abs(low), 1e-8), high + max(abs(high), 1e-8)
    counts = torch.histc(known.cpu(), BINS, low, high)
    return Histogram(counts.numpy().astype(np.int64), low, high)


def twins(flat: Tensor) -> dict[int, int] | None:
    """Filter -> the first earlier one whose cosine with it is above ``ALIKE``; ``flat`` is (filters, weights)."""
    if flat.shape[1] < FEWEST or flat.shape[0] > MOST_COMPARED:
        return None
    length = torch.linalg.vector_norm(flat, dim=1, keepdim=True)
    unit = torch.where(length > 0, flat / length, torch.zeros_like(flat))
    near = torch.tril(unit @ unit.T > ALIKE, diagonal=-1)
    return {number: int(near[number].nonzero()[0]) for number in near.any(1).nonzero().ravel().tolist()}


@dataclass(frozen=True, eq=False)
class _Asked:
    """What one pass of so many images says of a layer: the gradient, and what comes out behind its activation."""

    images: int
    gradient: Tensor | None
    activation: str = ""
    silent: frozenset[int] | None = None
    saturated: frozenset[int] | None = None


def _asked(subject: Subject, owner: nn.Module, parameter: Tensor) -> _Asked:
    """Show some validation images, from everywhere, to the network."""
    data, module = subject.data, subject.module
    count = len(data.validation_labels)
    chosen = torch.linspace(0, count - 1, min(at_once(data.shape, IMAGES, PASS), count)).long()
    place = parameter.device
    mean, std = (torch.tensor(numbers).view(-1, 1, 1).to(place) for numbers in (data.mean, data.std))
    x = normalised(data.validation_images[chosen].to(place), mean, std)
    require_room_to_run(subject.source, tuple(x.shape[1:]))
    gradient = None
    with _heard(module, owner) as heard, torch.set_grad_enabled(parameter.requires_grad):
        scores = module(x)
        if parameter.requires_grad and tuple(scores.shape) == (len(x), len(data.classes)):
            loss = cross_entropy(scores, data.validation_labels[chosen].to(place))
            (gradient,) = torch.autograd.grad(loss, parameter, allow_unused=True)
    if not heard:
        return _Asked(len(x), gradient)
    activation = heard[0][0]
    values = torch.cat([_by_channel(value) for _, value in heard], 1)
    silent = saturated = None
    if isinstance(activation, nn.ReLU | nn.ReLU6):
        silent = frozenset(torch.nonzero(values.amax(1) <= 0).ravel().tolist())
    if ends := _ends(activation):
        span = max(ends) - min(ends) if len(ends) > 1 else ends[0]
        near = torch.stack([(values - end).abs() <= AT_THE_END * span for end in ends]).any(0)
        saturated = frozenset(torch.nonzero(near.float().mean(1) >= ALWAYS).ravel().tolist())
    return _Asked(len(x), gradient, type(activation).__name__, silent, saturated)


@contextmanager
def _heard(module: nn.Module, owner: nn.Module) -> Iterator[list[tuple[nn.Module, Tensor]]]:
    """The activations (with what they gave) that read what ``owner`` gives, behind a normalisation or a pooling too."""
    found: list[tuple[nn.Module, Tensor]] = []
    now: list[Tensor] = []  # what ``owner`` gave, as far as it has come: the object itself tells it

    def gave(_: nn.Module, __: object, value: object) -> None:
        now[:] = [value] if isinstance(value, Tensor) else []

    def carried(part: nn.Module, entered: tuple[object, ...], value: object) -> None:
        if now and entered and entered[0] is now[0] and isinstance(value, Tensor):
            if isinstance(part, _CARRY):
                now[:] = [value]
            else:
                found.append((part, value.detach().clone()))
                now.clear()

    kinds = (*_CARRY, nn.ReLU, nn.ReLU6, nn.Tanh, nn.Sigmoid, nn.Hardtanh, nn.Hardsigmoid)
    with ExitStack() as hooks:
        hooks.callback(owner.register_forward_hook(gave).remove)
        for part in module.modules():
            if isinstance(part, kinds):
                hooks.callback(part.register_forward_hook(carried).remove)
        yield found


def _ends(activation: nn.Module) -> tuple[float, ...]:
    """Between which numbers it lies; of a ReLU6 its upper end alone, for 0 is where it rests."""
    if isinstance(activation, nn.ReLU6):
        return (6.0,)
    if isinstance(activation, nn.Hardtanh):
        return activation.min_val, activation.max_val
    if isinstance(activation, nn.Tanh):
        return -1.0, 1.0
    return (0.0, 1.0) if isinstance(activation, nn.Sigmoid | nn.Hardsigmoid) else ()


def _by_channel(value: Tensor) -> Tensor:
    """Numbers of each channel (C, n), of maps (N, C, H, W), vectors (N, F) or tokens (N, T, D)."""
    channel = 1 if value.dim() == 4 else value.dim() - 1
    return value.movedim(channel, 0).flatten(1).float().cpu()
