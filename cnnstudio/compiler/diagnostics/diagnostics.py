"""Diagnostics: what is wrong or doubtful in a network, in sentences, with fixes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnstudio.compiler.diagnostics import advice, scores, signs, structure, wiped
from cnnstudio.compiler.diagnostics.fixes import Fix
from cnnstudio.compiler.diagnostics.rules import RULES, Finding, Known, Severity
from cnnstudio.compiler.ending import CROSS_ENTROPY
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Graph, Node

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")
_HEADINGS = {
    "error": "Errors: it cannot be built, or cannot learn this data",
    "warning": "Warnings: it will learn badly",
    "hint": "Hints: what is usually done otherwise",
}


@dataclass(frozen=True)
class Diagnostic:
    """One finding: its code, how bad it is, the nodes concerned, a sentence and zero or more fixes.

    The first of ``nodes`` is the one to go to. ``RULES[code].documentation`` tells more.
    """

    code: str
    severity: Severity
    nodes: tuple[str, ...]
    sentence: str
    fixes: tuple[Fix, ...] = ()


def diagnose(
    analysis: Analysis,
    classes: int | None = None,
    images: int | None = None,
    weights: bool | None = None,
    loss: str = CROSS_ENTROPY,
) -> tuple[Diagnostic, ...]:
    """Everything that can be said about a network, errors first.

    Where it is known, ``classes`` is how many the data has, ``images`` how many there are to train with, and
    ``weights`` whether the recipe names some to begin with; ``loss`` is its word for what is made smaller. What is
    bypassed is looked past, and with a node bypassed only those fixes are offered that can do their work round it.
    """
    known, whole = Known(classes, images, weights, loss), analysis.graph
    analysis = analysis.acting

    beside = {each for node in whole if node.bypassed for each in _beside(whole, node)}

    def possible(found: Finding, severity: Severity) -> tuple[Fix, ...]:
        if analysis.graph is whole or (severity != "error" and beside.isdisjoint(found.nodes)):
            return found.fixes
        return tuple(fix for fix in found.fixes if fix.apply(whole) is not whole)

    return tuple(
        Diagnostic(rule.code, rule.severity, found.nodes, found.sentence, possible(found, rule.severity))
        for rule in sorted(RULES.values(), key=lambda rule: _SEVERITIES.index(rule.severity))
        for found in rule.findings(analysis, known)
    )


def _beside(graph: Graph, node: Node) -> Iterator[str | None]:
    """What a node reads, and what reads it."""
    yield from node.inputs
    yield from (edge.target for edge in graph.consumers[node.name])


def handbook() -> str:
    """Every rule with what it is about, as Markdown: the page of the help that tells what a diagnostic means."""
    lines = ["# What the problems mean", ""]
    for severity in _SEVERITIES:
        lines += [f"## {_HEADINGS[severity]}", ""]
        for rule in RULES.values():
            if rule.severity == severity:
                lines += [f"### `{rule.code}`", "", rule.documentation, ""]
    return "\n".join(lines)


__all__ = [
    "Diagnostic",
    "Fix",
    "Severity",
    "advice",
    "diagnose",
    "handbook",
    "scores",
    "signs",
    "structure",
    "wiped",
]  # five fill the table of rules
