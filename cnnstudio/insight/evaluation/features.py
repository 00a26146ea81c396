"""Features: what the last layer with weights is given, of some validation images: how the network sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.inference import infer
from cnnstudio.headroom import headroom
from cnnstudio.insight.evaluation.evaluation import EvaluationError, Numbers, Values
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import evaluated, of_any_batch, prepare_thread
from cnnstudio.training.drawing import Seeded
from cnnstudio.training.needs import needs
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import Report

MOST = 2_000  # images; the work and the memory of t-SNE grow with the square of it
_LAYERS = (nn.Linear, nn.Conv2d, nn.LazyLinear)


@dataclass(frozen=True, eq=False)
class Features:
    """Of the validation images of these ``numbers`` (N,) what enters the last layer with weights: (N, F).

    ``layer`` is its path in the module. ``is_mean`` where maps enter it, of which the mean over their places is taken.
    """

    numbers: Numbers
    values: Values
    layer: str
    is_mean: bool


def chosen(labels: NDArray[np.int64], most: int = MOST, seed: int = 0) -> Numbers:
    """The numbers of at most so many images, each class with its share, drawn by ``seed``."""
    if len(labels) <= most:
        return np.arange(len(labels))
    random = np.random.default_rng(seed)
    order = random.permutation(len(labels))
    # every so many-th of the images in the order of their classes
    ordered = order[np.argsort(labels[order], kind="stable")]
    return np.sort(ordered[np.linspace(0, len(labels) - 1, most).round().astype(np.int64)])


def features(prepared: Prepared, numbers: Numbers, report: Report) -> Features:
    """What the last layer with weights is given of these validation images; the network stays as it is.

    Where ``report`` says to end, it is of the images seen until then. Raises ``EvaluationError`` where no layer has
    weights, or its input differs in size from image to image.
    """
    prepare_thread()
    module, data = prepared.module, prepared.data
    place = next((each.device for each in module.parameters()), torch.device("cpu"))
    mean, std = (torch.tensor(each).view(-1, 1, 1).to(place) for each in (data.mean, data.std))
    entered: list[tuple[str, Tensor]] = []  # of one call, in the order of the layers

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        return lambda _, given: entered.append((name, given[0]))

    hooks = [
        layer.register_forward_pre_hook(keep(name))
        for name, layer in module.named_modules()
        if isinstance(layer, _LAYERS)
    ]
    maps = max(1, needs(infer(prepared.project.graph)).maps)
    step = min(at_once(data.shape, 64, PASS), max(1, headroom() // (4 * maps)))
    network = Seeded(partial(of_any_batch, module))
    parts, layer, is_mean = [np.empty((0, 0))][:0], "", False
    try:
        for start in range(0, len(numbers), step):
            some = torch.from_numpy(numbers[start : start + step])
            images = normalised(data.validation_images[some].to(place), mean, std)
            entered.clear()
            with evaluated(module), torch.no_grad():
                network(images, start)
            if not entered:
                raise EvaluationError("No layer of this network has weights, so there are no features before it.")
            layer, value = entered[-1]
            value, is_mean = value[: len(images)], value.ndim == 4
            if is_mean:
                value = value.mean((2, 3))
            parts.append(value.flatten(1).double().cpu().numpy())
            if not report("Reading the features", (start + len(images)) / len(numbers)):
                break
    finally:
        for hook in hooks:
            hook.remove()
    values = np.concatenate(parts)
    return Features(numbers[: len(values)], values, layer, is_mean)
