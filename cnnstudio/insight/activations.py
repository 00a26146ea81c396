"""What flows along every wire: the value of any node for an image, those without a module too, and while it trains."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.source import Source
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.device import evaluated
from cnnstudio.training.events import Remark
from cnnstudio.training.node_values import node_values
from cnnstudio.training.probe import View

_LOOKS_APART = 100  # times as long as a look takes: looking costs a hundredth of the training


class TraceError(ValueError):
    """There is no such value in this network; the message is a sentence."""


def activation(module: nn.Module, source: Source, node: str, x: Tensor) -> Tensor:
    """What comes out of ``node`` for the normalised images ``x`` (N, C, H, W); ``module`` is the built ``source``.

    The module is evaluated and left as it was. Raises ``TraceError`` for a node that the source does not have.
    """
    return _values(module, source, frozenset((node,)), x)[node]


def maps(module: nn.Module, source: Source, node: str, image: NDArray[np.uint8], data: Data) -> NDArray[np.float32]:
    """The feature maps of one image (C, H, W) of bytes: (C, H, W), or (F,) where the node gives a vector.

    Tokens (N, D) are shown as one map. ``data`` says how the network's images are normalised.
    """
    place = next(module.parameters(), torch.empty(0)).device
    mean, std = (torch.tensor(numbers).view(-1, 1, 1).to(place) for numbers in (data.mean, data.std))
    x = normalised(torch.tensor(image, device=place)[None], mean, std)
    return _shown(activation(module, source, node, x))


@dataclass
class ActivationProbe:
    """Shows the feature maps of a node while the network learns; may be changed at any time, from any thread.

    ``image`` is the number of a validation image. The maps come at most every so many seconds, later where looking
    takes long, and at every step for 0.
    """

    node: str | None = None
    image: int = 0
    every_seconds: float = 0.25
    _look_again: float = field(default=-math.inf, init=False, repr=False, compare=False)  # the moment, not before

    def is_due(self, step: int) -> bool:
        """Whether there is a node to look at, and the last look is old enough."""
        return self.node is not None and time.monotonic() >= self._look_again

    def look(self, view: View) -> Iterator[FeatureMaps | Remark]:
        """The maps of the node, or a remark that the network has no such node; nothing where the source is unknown."""
        node, every, now = self.node, self.every_seconds, time.monotonic()
        self._look_again = now + every
        if node is None or view.source is None:
            return
        data = view.data
        number = min(max(self.image, 0), len(data.validation_labels) - 1)
        image = data.validation_images[number]
        last = view.source.steps[-1].node
        try:
            found = _values(view.module, view.source, frozenset((node, last)), view.prepared(image[None]))
        except TraceError as error:
            yield Remark(str(error))
            return
        self._look_again = now + (max(every, _LOOKS_APART * (time.monotonic() - now)) if every else 0.0)
        label = data.classes[int(data.validation_labels[number])]
        guess = data.classes[int(found[last][0].argmax())]
        yield FeatureMaps(node, _shown(found[node]), image.numpy().copy(), label, guess, view.step)


def _values(module: nn.Module, source: Source, nodes: frozenset[str], x: Tensor) -> Mapping[str, Tensor]:
    """What comes out of ``nodes`` for the images ``x`` (N, C, H, W); only what they depend on is computed.

    ``module`` is the built ``source``; it is evaluated, not trained: dropout is off, running means stay what they
    are, and the module is left as it was; of random numbers only those are drawn that its layers draw when evaluated
    too. A node that no step computes is the input; a bypassed one has the value that it passes on.
    """
    asked = {name: source.passed.get(name, name) for name in nodes}
    nodes = frozenset(asked.values())
    steps = {step.node: step for step in source.steps}
    inputs = {name for step in source.steps for name in step.inputs} - set(steps)
    if strange := nodes - set(steps) - inputs:
        raise TraceError(f"The trained network has no block called {min(strange)}.")
    needed, waiting = set[str](), list(nodes)
    while waiting:
        name = waiting.pop()
        if name in steps and name not in needed:
            waiting += steps[name].inputs
        needed.add(name)
    found = dict.fromkeys(inputs, x)
    require_room_to_run(source, tuple(x.shape[1:]))

    def values(x: Tensor) -> dict[str, Tensor]:
        return {name: value for name, value in node_values(module, source, x, needed) if name in nodes}

    with evaluated(module), torch.no_grad():
        try:
            found |= values(x)
        except ValueError:  # a normalisation that is given one number of each channel refuses a single image
            if len(x) != 1:
                raise
            found |= {name: value[:1] for name, value in values(x.repeat(2, 1, 1, 1)).items()}
    return {name: found[home] for name, home in asked.items()}


def _shown(value: Tensor) -> NDArray[np.float32]:
    """One image's value of a node as an array of its own: (C, H, W) or (F,), and tokens (N, D) as one map.

    Of an imported step that has more axes, or the image elsewhere than in front, all is shown as a row of maps.
    """
    value = value[0] if len(value) == 1 and value.ndim > 1 else value
    value = value.detach().abs() if value.is_complex() else value.detach()
    # a copy: the input is its own value, and a view of it would change under the one who looks
    array: NDArray[np.float32] = value.float().cpu().contiguous().numpy().copy()
    if array.ndim > 3:
        return array.reshape(-1, *array.shape[-2:])
    return array[None] if array.ndim == 2 else array
