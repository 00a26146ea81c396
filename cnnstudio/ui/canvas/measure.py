"""Measure: what of a network can be shown as heat: where its parameters, its work or its memory are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Facts


@dataclass(frozen=True)
class Measure:
    """A number that every node has: its title, what a share of it is called, and how it is read."""

    title: str
    noun: str
    of: Callable[[Facts], int]


@dataclass(frozen=True)
class Share:
    """What one node has of a measure: of the whole network, from 0 to 1, and against the node that has most."""

    of_all: float
    of_most: float
    noun: str

    def __str__(self) -> str:
        percent = 100.0 * self.of_all
        return f"{percent:.0f} % of {self.noun}" if percent >= 9.5 or not percent else f"{percent:.1f} % of {self.noun}"


MEASURES = {
    "parameters": Measure("Parameters", "parameters", lambda facts: facts.parameters),
    "macs": Measure("Multiply-accumulates", "MACs", lambda facts: facts.macs),
    "memory": Measure("Memory of activations", "memory", lambda facts: facts.activation_bytes),
}


def shares(analysis: Analysis, measure: Measure) -> dict[str, Share]:
    """The share of every node that acts and has a shape."""
    values = {name: measure.of(facts) for name, facts in analysis.acting.facts.items()}
    total, most = sum(values.values()) or 1, max(values.values(), default=0) or 1
    return {name: Share(value / total, value / most, measure.noun) for name, value in values.items()}
