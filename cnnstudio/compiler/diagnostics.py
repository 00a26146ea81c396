"""Diagnostics: what is wrong or doubtful in a network, in sentences, with fixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Graph

Severity = Literal["error", "warning", "hint"]


@dataclass(frozen=True)
class Fix:
    """A way out: what it does, in words, and the function from graph to graph that does it."""

    title: str
    apply: Callable[[Graph], Graph]


@dataclass(frozen=True)
class Diagnostic:
    """One finding: its code, how bad it is, the nodes concerned, a sentence and zero or more fixes."""

    code: str
    severity: Severity
    nodes: tuple[str, ...]
    sentence: str
    fixes: tuple[Fix, ...] = ()


def diagnose(analysis: Analysis, classes: int | None = None) -> tuple[Diagnostic, ...]:
    """Everything that can be said about a network; ``classes`` is how many the data has, where that is known."""
    return tuple(
        Diagnostic("shape", "error", (name,), f"{name} ({analysis.graph[name].block.title}): {error.sentence}")
        for name, error in analysis.errors.items()
    )
