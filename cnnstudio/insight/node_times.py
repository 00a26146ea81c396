"""Node times: how long each node takes forward and backward on this computer, measured on a copy of the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import median

import torch
from torch import Tensor, nn

from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.source import Source, Statement, source
from cnnstudio.headroom import NoRoomError, headroom, not_enough
from cnnstudio.project import Project
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.device import Device, chosen_device, prepare_thread
from cnnstudio.training.drawing import drawing
from cnnstudio.training.loop import fresh
from cnnstudio.training.needs import lack_of_weights, needs, ways
from cnnstudio.training.node_values import stepped
from cnnstudio.wording import counted
from cnnstudio.worker import Report

BATCHES = 20  # of which the middle time counts, after one that only makes ready
MACS = 4_000_000_000  # of a batch going forward; a larger network is given fewer images, two at least
_FEWEST = 2  # images: a normalisation cannot learn from one number of each channel
_COPIES = 6  # of the maps of a batch, held at most while one goes through part by part and then through the whole
TIMING = "Timing each block"

Clock = Callable[[], float]


@dataclass(frozen=True)
class NodeTimes:
    """The middle of the times, in seconds, that each node took to compute a batch of ``images`` in training.

    ``forward`` and ``backward`` are by node, each timed on its own with nothing beside it; what asks for no gradient
    takes none backward. ``whole`` are those of the network in one go, without loss and optimizer. ``device`` says in
    words where, with how many threads and in which precision.
    """

    forward: Mapping[str, float]
    backward: Mapping[str, float]
    whole: tuple[float, float]
    images: int
    batches: int
    device: str

    @cached_property
    def nanoseconds(self) -> Mapping[str, int]:
        """Forward and backward together, of each node."""
        return {name: round(1e9 * (self.forward[name] + self.backward[name])) for name in self.forward}


def node_times(
    project: Project, report: Report, clock: Clock = time.perf_counter, batches: int = BATCHES
) -> NodeTimes | None:
    """Time every node of the network but its inputs; None where ``report`` says to end.

    A copy with first weights is timed in ``train`` mode, on the recipe's device and in its precision, with images of
    random numbers: what is trained is not touched, and no image is read. Raises ``SourceError`` for what is no whole
    network and ``NoRoomError`` where it does not fit, each with a sentence.
    """
    prepare_thread()
    text, analysis = source(project.graph), infer(project.graph.acting)
    if reason := lack_of_weights(analysis):
        raise NoRoomError(reason)
    inputs = {node.name: analysis.facts[node.name].shape for node in analysis.graph.inputs}
    require_room_to_run(text, *(tuple(shape) for shape in inputs.values()))
    images = _images(analysis, project.recipe.batch_size)
    module = fresh(text, project.recipe).train()
    device = chosen_device(module, project.recipe)
    device.take(module)
    random = torch.Generator().manual_seed(0)
    entering = {
        name: device.laid(torch.randn(images, *shape, generator=random).to(device.torch))
        for name, shape in inputs.items()
    }
    bench = _Bench(module, text, device, entering, clock)
    kept: list[_Times] = []
    for number in range(batches + 1):
        times = bench.batch(partial(_goes_on, report, number, batches + 1))
        if times is None:
            return None
        kept += [times] * bool(number)  # the first one only makes ready
    where = device.name
    if device.torch.type == "cpu":
        where = f"{where} with {counted(torch.get_num_threads(), 'thread')}"
    return NodeTimes(
        {step.node: median(each.forward[step.node] for each in kept) for step in text.steps},
        {step.node: median(each.backward[step.node] for each in kept) for step in text.steps},
        (median(each.whole[0] for each in kept), median(each.whole[1] for each in kept)),
        images,
        batches,
        f"{where} in {device.precision}",
    )


@dataclass(frozen=True)
class _Times:
    """The seconds of one batch."""

    forward: Mapping[str, float]
    backward: Mapping[str, float]
    whole: tuple[float, float]


class _Bench:
    """The network and the images with which it is timed again and again."""

    def __init__(
        self, module: nn.Module, text: Source, device: Device, entering: Mapping[str, Tensor], clock: Clock
    ) -> None:
        self._module, self._steps, self._device, self._clock = module, text.steps, device, clock
        self._entering = entering
        self._silent = set[str]()  # the nodes that drew nothing: to hear their operations would take time
        self._last_read = {name: step.node for step in text.steps for name in (*step.inputs, step.node)}

    def batch(self, goes_on: Callable[[float], bool]) -> _Times | None:
        """Time each node with one batch, and then the whole; None where ``goes_on``, told how far it is, says no."""
        forward, backward, values = dict[str, float](), dict[str, float](), dict(self._entering)
        for number, step in enumerate(self._steps):
            if not goes_on(number / (2 * len(self._steps))):
                return None
            # its gradient ends where it begins, so that no other node's is timed with it
            given = {name: values[name].detach().requires_grad_(values[name].requires_grad) for name in step.inputs}
            value, *times = self._timed(partial(self._value, step), given, step.node)
            forward[step.node], backward[step.node] = times
            values[step.node] = value
            for name in {name for name in (*step.inputs, step.node) if self._last_read[name] == step.node}:
                del values[name]
        if not goes_on(0.5):
            return None
        _, *whole = self._timed(lambda given: self._module(*given.values()), self._entering, "")
        return _Times(forward, backward, (whole[0], whole[1]))

    def _value(self, step: Statement, given: Mapping[str, Tensor]) -> Tensor:
        """What one node gives."""
        return next(value for _, value in stepped(self._module, [step], given))

    def _timed(
        self, compute: Callable[[Mapping[str, Tensor]], Tensor], given: Mapping[str, Tensor], node: str
    ) -> tuple[Tensor, float, float]:
        """What comes out, without what it was computed from, and the seconds forward and backward."""
        begin = {name: value.clone() for name, value in given.items()}  # it may write into them
        hears = drawing(0) if node not in self._silent else nullcontext()
        with hears as mode, self._device.autocast():
            start = self._now()
            value = compute(begin)
            forward = self._now() - start
        if mode is not None and not mode.has_drawn:
            self._silent.add(node)
        backward = 0.0
        if value.requires_grad:
            gradient = torch.ones_like(value)
            start = self._now()
            torch.autograd.backward(value, gradient)
            backward = self._now() - start
            self._module.zero_grad(set_to_none=True)
        found = value.detach()
        return (found.requires_grad_() if value.requires_grad else found), forward, backward

    def _now(self) -> float:
        """The seconds of the clock, once what was begun is done: an accelerator computes behind one's back."""
        if self._device.torch.type != "cpu":
            torch.accelerator.synchronize(self._device.torch)
        return self._clock()


def _goes_on(report: Report, done: int, batches: int, share: float) -> bool:
    """Tell how far it is: so many batches, and a share of the next."""
    return report(TIMING, (done + share) / batches)


def _images(analysis: Analysis, wanted: int) -> int:
    """How many images to show at once. Raises ``NoRoomError`` where there is no room for the fewest."""
    totals, found = analysis.totals, needs(analysis)
    macs = totals.macs if totals is not None else 0
    images = max(_FEWEST, min(wanted, MACS // max(1, macs)))
    image = _COPIES * max(found.maps, analysis.memory.training)
    fitting = max(0, headroom() - 2 * found.weights) // max(1, image)
    if fitting < _FEWEST:
        raise NoRoomError(not_enough("to time the network", ways(analysis, found)))
    return min(images, fitting)
