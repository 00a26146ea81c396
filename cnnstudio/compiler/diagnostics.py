"""Diagnostics: what is wrong or doubtful in a network, in sentences, with fixes."""

from __future__ import annotations

from dataclasses import dataclass

from cnnstudio.compiler import advice, structure
from cnnstudio.compiler.fixes import Fix
from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.rules import RULES, Severity

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")


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


def diagnose(analysis: Analysis, classes: int | None = None) -> tuple[Diagnostic, ...]:
    """Everything that can be said about a network, errors first; ``classes`` is how many the data has, if known."""
    return tuple(
        Diagnostic(rule.code, rule.severity, found.nodes, found.sentence, found.fixes)
        for rule in sorted(RULES.values(), key=lambda rule: _SEVERITIES.index(rule.severity))
        for found in rule.check(analysis, classes)
    )


__all__ = ["Diagnostic", "Fix", "Severity", "advice", "diagnose", "structure"]  # the last two fill the table of rules
