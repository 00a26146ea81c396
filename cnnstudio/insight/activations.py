"""What flows along every wire: the value of any node for an image, those without a module too, and while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.source import Inside, Place, Source, Way, WayError, way_to
from cnnstudio.insight.feature_maps import FeatureMaps, guess
from cnnstudio.insight.subject import OwnPicture, looked_at
from cnnstudio.rest import Rest
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.device import evaluated
from cnnstudio.training.events import Remark
from cnnstudio.training.node_values import stepped
from cnnstudio.training.probe import View
from cnnstudio.training.runs.session import Prepared

Activations: TypeAlias = Callable[[nn.Module, Source, Iterable[str | Way], Tensor], Mapping[str | Way, Tensor]]
"""Gives what comes out of nodes, as ``activations`` does."""


class TraceError(ValueError):
    """There is no such value in this network; the message is a sentence."""


def activation(module: nn.Module, source: Source, node: str | Way, x: Tensor) -> Tensor:
    """What comes out of ``node`` for the normalised images ``x`` (N, C, H, W); ``module`` is the built ``source``.

    A ``Way`` leads to a node inside a composite. The module is evaluated and left as it was. Raises ``TraceError`` for
    a node that the source does not have.
    """
    return activations(module, source, (node,), x)[node]


def activations(
    module: nn.Module,
    source: Source,
    nodes: Iterable[str | Way],
    x: Tensor,
    known: MutableMapping[str, Tensor] | None = None,
) -> dict[str | Way, Tensor]:
    """What comes out of each of ``nodes`` for the images ``x`` (N, C, H, W); only what they depend on is computed.

    ``module`` is the built ``source``; it is evaluated, not trained: dropout is off, running means stay what they
    are, and the module is left as it was; of random numbers only those are drawn that its layers draw when evaluated
    too. A node that no step computes is the input; a bypassed one has the value that it passes on. What is ``known`` of
    the network's own nodes is not computed again, and what is computed of them is put there.
    Raises ``TraceError`` for a node that the source does not have.
    """
    asked = {node: node if isinstance(node, Way) else Way(source.passed.get(node, node)) for node in nodes}
    ways = frozenset(asked.values())
    require_room_to_run(source, tuple(x.shape[1:]))
    with evaluated(module), torch.no_grad():
        try:
            found = along(module, source, ways, x, known)
        except ValueError as error:  # a normalisation that is given one number of each channel refuses a single image
            if len(x) != 1 or isinstance(error, TraceError):
                raise
            found = {way: value[:1] for way, value in along(module, source, ways, x.repeat(2, 1, 1, 1)).items()}
    return {node: found[way] for node, way in asked.items()}


def along(
    module: nn.Module,
    source: Source,
    ways: Iterable[Way],
    x: Tensor,
    known: MutableMapping[str, Tensor] | None = None,
) -> dict[Way, Tensor]:
    """What comes out at the end of each of these ways for the images ``x`` (N, C, H, W).

    The module computes in the mode that it is in, and gradients are kept where they are asked for. Raises
    ``TraceError`` for a way that the source does not have. ``known`` is as ``activations`` has it.
    """
    whole = network(source)
    return _values(module, whole, [x] * len(whole.inputs), ways, known)


def network(source: Source) -> Inside:
    """The whole network, as that in which every way begins."""
    made = {step.node for step in source.steps}
    inputs = tuple({name: None for step in source.steps for name in step.inputs if name not in made})
    return Inside("", (), inputs, source.steps, end=source.steps[-1].node)


def maps(
    module: nn.Module, source: Source, node: str | Way, image: NDArray[np.uint8], data: Data
) -> NDArray[np.float32]:
    """The feature maps of one image (C, H, W) of bytes: (C, H, W), or (F,) where the node gives a vector.

    Tokens (N, D) are shown as one map. ``data`` says how the network's images are normalised.
    """
    return shown(activation(module, source, node, entering(module, image, data)))


def entering(module: nn.Module, image: NDArray[np.uint8], data: Data) -> Tensor:
    """One image (C, H, W) of bytes as the network reads it: (1, C, H, W), normalised, on its device."""
    place = next(module.parameters(), torch.empty(0)).device
    mean, std = (torch.tensor(numbers).view(-1, 1, 1).to(place) for numbers in (data.mean, data.std))
    return normalised(torch.tensor(image, device=place)[None], mean, std)


@dataclass
class ActivationProbe:
    """Shows the feature maps of a node while the network learns; may be changed at any time, from any thread.

    ``place`` says where the ``node`` is that the ``Way`` leads to. ``image`` is the number of a validation image or a
    picture of one's own. The maps come at most every so many seconds, later where looking takes long, and at every
    step for 0.
    """

    node: str | Way | None = None
    image: int | OwnPicture = 0
    every_seconds: float = 0.25
    place: Place | None = None
    _rest: Rest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._rest = Rest(self.every_seconds)

    def aim(self, prepared: Prepared, place: Place | None, image: int | OwnPicture) -> None:
        """Look at another place from now on, or at none, as where this network does not have it; and at this image."""
        self.node = None  # first, as a thread may be looking
        self.place, self.image = place, image
        if place is not None:
            with suppress(WayError):
                self.node = way_to(prepared.project.graph, prepared.source, place)

    def is_due(self, step: int) -> bool:
        """Whether there is a node to look at, and the last look is old enough."""
        return self.node is not None and self._rest.is_over

    def look(self, view: View) -> Iterator[FeatureMaps | Remark]:
        """The maps of the node, or a remark that the network has no such node; nothing where the source is unknown."""
        node, began = self.node, time.monotonic()
        self._rest.begin()
        if node is None or view.source is None:
            return
        picture = looked_at(view.data, self.image)
        last = view.source.steps[-1].node
        x = view.prepared(torch.tensor(picture.image)[None])
        try:
            found = activations(view.module, view.source, (node, last), x)
        except TraceError as error:
            yield Remark(str(error))
            return
        self._rest.after(time.monotonic() - began)
        place = self.place or Place(node if isinstance(node, str) else node.node)
        scores = shown(found[last])
        yield FeatureMaps(
            place, shown(found[node]), picture.image.copy(), picture.label, guess(scores, view.data.classes), view.step
        )


def _values(
    module: nn.Module,
    inside: Inside,
    entering: Sequence[Tensor],
    ways: Iterable[Way],
    known: MutableMapping[str, Tensor] | None = None,
) -> dict[Way, Tensor]:
    """The values at the end of these ways, of which each begins in ``inside``, whose module is ``module``."""
    ends = {way: (way.insides[0].reads if way.insides else (way.node,)) for way in ways}
    steps = {step.node: step for step in inside.steps}
    if strange := {name for names in ends.values() for name in names} - set(steps) - set(inside.inputs):
        raise TraceError(f"The trained network has no block called {min(strange)}.")
    found = {**(known or {}), **dict(zip(inside.inputs, entering, strict=True))}
    wanted = {name for names in ends.values() for name in names}
    needed, waiting = set[str](), [*wanted]
    while waiting:
        name = waiting.pop()
        if name in steps and name not in needed and name not in found:
            waiting += steps[name].inputs
            needed.add(name)
    for name, value in stepped(module, inside.steps, found, needed):
        if name in wanted:
            found[name] = value
        if known is not None:
            known[name] = value
    values = {way: found[way.node] for way in ends if not way.insides}
    for inner in {way.insides[0]: None for way in ends if way.insides}:
        further = {Way(way.node, way.insides[1:]): way for way in ends if way.insides and way.insides[0] == inner}
        part = module.get_submodule(inner.path.removeprefix(inside.path).removeprefix("."))
        made = _values(part, inner, [found[name] for name in inner.reads], further)
        values |= {further[way]: value for way, value in made.items()}
    return values


def shown(value: Tensor) -> NDArray[np.float32]:
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
