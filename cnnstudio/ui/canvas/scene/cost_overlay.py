"""Cost overlay: what of a network is shown as bars or heat: where its parameters, work, memory or time are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cnnstudio.compiler.inference import Analysis


@dataclass(frozen=True)
class Measure:
    """A number that every node has: its title, what a share of it is called, and how it is read."""

    title: str
    noun: str
    of: Callable[[Analysis], Mapping[str, int]] | None = None  # of every node that acts; None for what was measured


@dataclass(frozen=True)
class Share:
    """What one node has of a measure: of the whole network, from 0 to 1, and against the node that has most."""

    of_all: float
    of_most: float
    noun: str

    @property
    def percent(self) -> str:
        """What it has of the whole network, in short."""
        percent = 100.0 * self.of_all
        return f"{percent:.0f} %" if percent >= 9.5 or not percent else f"{percent:.1f} %"

    def __str__(self) -> str:
        return f"{self.percent} of {self.noun}"


class SharesAs(NamedTuple):
    """As what shares are shown: a bar in each node, heat over the whole canvas, or both."""

    bar: bool
    heat: bool


AS_BOTH = SharesAs(bar=True, heat=True)


def _parameters(acting: Analysis) -> Mapping[str, int]:
    return {name: facts.parameters for name, facts in acting.facts.items()}


def _macs(acting: Analysis) -> Mapping[str, int]:
    return {name: facts.macs for name, facts in acting.facts.items()}


NO_TIMES: Mapping[str, int] = {}
MEASURES = {
    "parameters": Measure("Parameters", "parameters", _parameters),
    "macs": Measure("Multiply-accumulates", "MACs", _macs),
    "memory": Measure("Memory of activations", "memory", lambda acting: acting.memory.kept),
    "time": Measure("Measured time", "measured time"),
}


def shares(analysis: Analysis, measure: Measure, times: Mapping[str, int] = NO_TIMES) -> dict[str, Share]:
    """The share of every node that acts and has a shape; of ``times`` of nodes, where those are the measure."""
    acting = analysis.acting
    if measure.of is not None:
        values = measure.of(acting)
    else:
        values = {name: times.get(name, 0) for name in acting.facts} if times else {}
    total, most = sum(values.values()) or 1, max(values.values(), default=0) or 1
    return {name: Share(value / total, value / most, measure.noun) for name, value in values.items()}
