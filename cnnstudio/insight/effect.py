"""Effect: what it does to a network when a part of it is switched off. NumPy; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cnnstudio.compiler.source import Place
from cnnstudio.wording import counted


class Instead(StrEnum):
    """What stands in the place of the numbers that are switched off."""

    ZERO = "zero"
    AVERAGE = "average"
    NOISE = "noise"


SAID = {
    Instead.ZERO: "Zero",
    Instead.AVERAGE: "Its average",
    Instead.NOISE: "With noise",
}
MEANT = {
    Instead.ZERO: "Every number is zero, as if it had been cut out.",
    Instead.AVERAGE: "Every number is its average over the validation pictures: what follows gets what it is used to.",
    Instead.NOISE: "Normal noise is added, as wide as the numbers of the channel spread over the validation pictures.",
}


@dataclass(frozen=True)
class Switched:
    """What is switched off: some ``channels`` of a node, all of it where none is named, or its way to one ``reader``.

    Of maps (C, H, W) a channel is a map, which is what one filter of a convolution makes; of tokens (N, D) it is one of
    the D numbers of each, of a vector one number. Where ``reader`` is named, only that node reads the other numbers.
    ``node`` may be a place inside a composite; then the reader is beside it there.
    """

    node: str | Place
    channels: tuple[int, ...] = ()
    reader: str | None = None
    instead: Instead = Instead.ZERO

    @property
    def words(self) -> str:
        """What is switched off, as a sentence names it."""
        if not self.channels:
            what = str(self.node)
        elif len(self.channels) == 1:
            what = f"channel {self.channels[0] + 1} of {self.node}"
        else:
            what = f"{counted(len(self.channels), 'channel')} of {self.node}"
        return f"{what} for {self.reader}" if self.reader else what


@dataclass(frozen=True, eq=False)
class Effect:
    """What a network says of a picture, and how many of some validation pictures it tells right, before and after.

    ``before`` and ``after`` are the probabilities (K,) of the classes, or the scores where nothing makes any. The
    accuracies are shares of the first ``images`` of ``of`` validation pictures, the losses the mean cross-entropy of
    them, in nats.
    """

    switched: Switched
    classes: tuple[str, ...]
    label: str | None
    picture: NDArray[np.uint8]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    accuracy: tuple[float, float]
    loss: tuple[float, float]
    images: int
    of: int
    channels: int
    are_probabilities: bool = True

    @property
    def sentences(self) -> tuple[str, ...]:
        """What changed, the picture first."""
        old, new = self.classes[int(self.before.argmax())], self.classes[int(self.after.argmax())]
        top = int(self.before.argmax())
        numbers = f"{self._said(self.before[top])} before, {self._said(self.after[top])} after"
        told = f"{old} stays the answer" if old == new else f"The answer goes from {old} to {new}"
        some = counted(self.images, "validation picture")
        these = (
            f"all {some}" if self.images == self.of else f"the first {self.images:,} of {self.of:,} validation pictures"
        )
        return (
            f"Without {self.switched.words}: {told} ({old}: {numbers}).",
            f"Accuracy on {these}: {self.accuracy[0]:.1%} before, {self.accuracy[1]:.1%} after; "
            f"loss {self.loss[0]:.3f} before, {self.loss[1]:.3f} after.",
        )

    def _said(self, value: np.float32) -> str:
        return f"{value:.1%}" if self.are_probabilities else f"{value:.3g}".replace("-", "−")


@dataclass(frozen=True)
class Cost:
    """What it costs to lose a channel: how much the loss rises, in nats, and how much the accuracy falls, a share."""

    channel: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Ranking:
    """The channels of a node by what it costs to lose them, the dearest first.

    It is over the first ``images`` validation pictures. ``channels`` is how many there are: where it was stopped, only
    some were tried.
    """

    node: str
    instead: Instead
    costs: tuple[Cost, ...]
    channels: int
    images: int

    @property
    def sentence(self) -> str:
        """How many were tried, and what came of it."""
        some = counted(self.images, "validation picture")
        tried = (
            "" if len(self.costs) == self.channels else f" The first {len(self.costs)} of {self.channels} were tried."
        )
        idle = sum(each.loss <= 0 for each in self.costs)
        cheap = f" {counted(idle, 'channel')} can go at no cost." if idle else ""
        return f"Ranked by how much the loss of {some} rises.{cheap}{tried}"
