"""Probe: what is handed to a run to look at the network between two steps, so that the run need not know what for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from cnnstudio.compiler.source import Source
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Observation, Remark


@dataclass(frozen=True)
class View:
    """The network as it is after ``step`` steps, counted over the whole run, in ``epoch``, counted from 1.

    ``module`` is on the device of the run. ``source`` is the text that it was built from, None where nobody gave it.
    ``prepared`` takes images (N, C, H, W) of bytes to what the network reads: normalised, on the device, laid out.
    """

    module: nn.Module
    source: Source | None
    data: Data
    step: int
    epoch: int
    prepared: Callable[[Tensor], Tensor]


class Probe(Protocol):
    """Looks at a network while it is trained, on the thread of the run.

    A look finds the network in ``eval`` mode, without gradients and with a random stream of its own that begins anew
    at each look, and the run goes on as if nobody had looked. A probe must leave weights and modules as they are. One
    that raises is told of in a ``Remark`` and not asked again.
    """

    def is_due(self, step: int) -> bool:
        """Whether to look after ``step``. It is asked after every step, so it must cost next to nothing."""

    def look(self, view: View) -> Iterable[Observation | Remark]:
        """What there is to say of the network; a sentence that was said in this run is not said again."""
