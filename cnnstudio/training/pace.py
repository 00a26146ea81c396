"""Pace: how many threads compute and in which precision. Where the recipe leaves it open, a few real steps tell.

What is faster follows from the network, the processor and what else the computer does: a small network may be slower
on two cores than on one, and bfloat16 takes half the time of float32 or four times as long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import Device, TrainingError, cores, takes_bfloat16
from cnnstudio.training.position import Position
from cnnstudio.wording import counted

PACE = "pace"  # its name among what a position keeps
SECONDS = 0.5  # after which no other pace is tried
STEPS = 2  # that are timed at each pace, after one that only makes ready
GAIN = 0.95  # the share of float32's time that bfloat16 must stay below: it is less exact
_FEW = 2  # images of the first steps, whose time says how many the others may take


@dataclass(frozen=True)
class Pace:
    """So many threads, in ``bfloat16`` where torch's autocast uses it or else in float32 throughout."""

    threads: int
    bfloat16: bool

    @property
    def precision(self) -> str:
        """The recipe's word for it."""
        return "bfloat16" if self.bfloat16 else "float32"

    def __str__(self) -> str:
        return f"{counted(self.threads, 'thread')} in {self.precision}"


Step = Callable[[Pace, int], object]
"""Computes a step of so many images at this pace; it leaves behind what the network was."""


@dataclass(frozen=True)
class Trial:
    """How many images a second each pace learned that was tried, and how long all of it took."""

    speeds: dict[Pace, float]
    seconds: float

    @property
    def note(self) -> str:
        """What was found, as a sentence, the fastest first."""
        by_speed = sorted(self.speeds.items(), key=lambda each: -each[1])
        found = ", ".join(f"{pace} {speed:,.0f}" for pace, speed in by_speed)
        return f"Trial steps of {self.seconds:.1f} seconds, in images a second: {found}."


_found: dict[tuple[object, ...], tuple[Pace, str]] = {}


class Steps:
    """Real steps of this network on the first images that it will learn from, without the optimizer's part."""

    def __init__(self, network: nn.Module, data: Data, prepared: Callable[[Tensor], Tensor]) -> None:
        self.network, self._data, self._prepared = network, data, prepared

    def step(self, device: Device, images: int) -> None:
        """One of them, on so many images; the network is in ``train`` mode and gets gradients."""
        x, labels = self._prepared(self._data.train_images[:images]), self._data.train_labels[:images]
        with device.autocast():
            scores = self.network(x).float()
        cross_entropy(scores, labels.to(device.torch)).backward()  # type: ignore[no-untyped-call]


def paced(device: Device, recipe: Recipe, steps: Steps | None, begin: Position | None = None) -> tuple[Device, Pace]:
    """The device at the pace at which the run has begun, or that the recipe asks for, or else at the fastest one.

    Torch is set to it. Without ``steps`` nothing is tried, as where several processes must agree. Raises
    ``TrainingError`` for a position that is damaged.

    A network is tried once in a program: its next run computes as the last one did, so that the same seed gives the
    same run again.
    """
    most = cores()
    if begin is not None and PACE in begin.kept:
        pace = _noted(begin.kept[PACE], most)
        return at(device, pace), pace
    first = Pace(min(recipe.threads, most) or most, device.bfloat16)
    if device.torch.type != "cpu":
        return at(device, first), first
    threads = (recipe.threads,) if recipe.threads else tuple(doubled(most))
    both = recipe.precision == "auto" and takes_bfloat16()
    precisions = (first.bfloat16, not first.bfloat16) if both else (first.bfloat16,)
    if steps is None or len(threads) * len(precisions) == 1:
        return at(device, first), first
    key = (str(steps.network), recipe.batch_size, threads, precisions)
    if key not in _found:
        with untouched(steps.network):
            step = lambda pace, images: steps.step(at(device, pace), images)  # noqa: E731
            found = tried(threads, precisions, recipe.batch_size, step)
        _found[key] = chosen(found.speeds), found.note
    pace, note = _found[key]
    return at(device, pace, note), pace


def _noted(noted: Mapping[str, Any], most: int) -> Pace:
    """The pace that a position holds; with fewer cores than it says the last digits come out otherwise."""
    try:
        return Pace(min(max(1, int(noted["threads"])), most), bool(noted["bfloat16"]))
    except (LookupError, TypeError, ValueError) as error:
        raise TrainingError("The checkpoint is damaged or of another network.") from error


def at(device: Device, pace: Pace, note: str = "") -> Device:
    """The device at this pace, as its name then says; torch is set to it, and ``note`` is added."""
    torch.set_num_threads(pace.threads)
    if device.torch.type != "cpu":
        return device
    notes = (*device.notes, note) if note else device.notes
    return replace(device, name=f"CPU, {pace}", bfloat16=pace.bfloat16, notes=notes)


def doubled(most: int) -> list[int]:
    """One, two, four and so on, and all cores."""
    return [number for power in range(most.bit_length()) if (number := 1 << power) < most] + [most]


def tried(
    threads: Sequence[int],
    precisions: Sequence[bool],
    batch_size: int,
    step: Step,
    clock: Callable[[], float] = time.perf_counter,
) -> Trial:
    """Time a few steps at these paces: each precision with the first number of threads, the better one with the rest.

    From one thread upwards, as long as more are faster: on a busy computer a step on all cores may take a hundred times
    as long, since each thread waits for the one that got no core. What the time is not enough for is left out, but
    all cores are tried at least once: a network whose steps take that long mostly wants them.
    """
    began = clock()
    speeds: dict[Pace, float] = {}
    images = min(_FEW, batch_size)

    def left() -> float:
        return SECONDS - (clock() - began)

    def measure(pace: Pace) -> None:
        started, steps = clock(), 1
        step(pace, images)
        if left() > 0:  # what the first one had to make ready does not count
            started, steps = clock(), 0
            while steps < STEPS and (not steps or left() > 0):
                step(pace, images)
                steps += 1
        speeds[pace] = steps * images / max(clock() - started, 1e-9)

    measure(first := Pace(threads[0], precisions[0]))
    paces = len(threads) + len(precisions)
    room = speeds[first] * left() / (paces * (STEPS + 1))  # images in a step, so that the time is enough for all
    if room > 2 * images:
        images = min(int(room), batch_size)
        measure(first)
    for bfloat16 in precisions[1:]:
        if left() > 0:
            measure(Pace(threads[0], bfloat16))
    best = chosen(speeds)
    for number in threads[1:] if left() > 0 else threads[-1:]:
        pace = replace(best, threads=number)
        if pace not in speeds and (left() > 0 or number == threads[-1]):
            measure(pace)
            if speeds[pace] <= speeds[best]:
                break
            best = pace
    return Trial(speeds, clock() - began)


def chosen(speeds: dict[Pace, float]) -> Pace:
    """The fastest of these, the first of several; bfloat16 counts a little less."""
    return max(speeds, key=lambda pace: speeds[pace] * (GAIN if pace.bfloat16 else 1.0))


@contextmanager
def untouched(network: nn.Module) -> Iterator[None]:
    """What steps without an optimizer change in a network is afterwards as before: its buffers and its gradients."""
    modes = [(part, part.training) for part in network.modules()]
    network.train()
    before = {name: buffer.detach().clone() for name, buffer in network.named_buffers()}
    try:
        yield
    finally:
        network.zero_grad(set_to_none=True)
        for part, mode in modes:
            part.training = mode
        with torch.no_grad():
            for name, buffer in network.named_buffers():
                buffer.copy_(before[name])
