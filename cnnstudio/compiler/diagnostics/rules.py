"""Rules: the table of what can be said about a network as a whole. What concerns one block alone stands in that block.

A rule is a function from an analysis, and what is known of the data, to its findings, entered in ``RULES`` by its
decorator; its docstring is its documentation. Error means that there is no source for the network, or that it cannot
learn the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cnnstudio.blocks import Group
from cnnstudio.compiler.diagnostics import fixes
from cnnstudio.compiler.diagnostics.fixes import Fix
from cnnstudio.compiler.ending import CROSS_ENTROPY
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.graph import Graph, Shape

Severity = Literal["error", "warning", "hint"]
Reach = Literal["network", "groups"]


@dataclass(frozen=True)
class Finding:
    """What a rule found: the nodes concerned, the sentence and the ways out."""

    nodes: tuple[str, ...]
    sentence: str
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known of a run before it begins: how many classes and images it has, whether weights to begin with.

    ``loss`` is the recipe's word for it.
    """

    classes: int | None = None
    images: int | None = None
    weights: bool | None = None
    loss: str = CROSS_ENTROPY


Place = tuple[tuple[Graph, str], ...]
"""The way to what is inside groups: each group's node by the graph in which it stands, the outermost first."""


Check = Callable[[Analysis, Known], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A check under its code, with how bad a finding is.

    ``reach`` is where it looks: at the network as a whole, or at what is inside groups as well.
    """

    code: str
    severity: Severity
    check: Check
    reach: Reach = "network"

    def findings(self, analysis: Analysis, known: Known) -> Iterator[Finding]:
        """What the check finds, and what it finds inside groups as a finding of the group."""
        yield from self.check(analysis, known)
        graph = analysis.graph
        for node in analysis.nodes_of(Group) if self.reach != "network" else ():
            name, block = node.name, node.block
            if not isinstance(block, Group) or name not in analysis.facts:
                continue
            for found in _inside(self, block, tuple(shape for shape in analysis.shapes_into(name) if shape)):
                yield within(((graph, name),), found)

    @property
    def documentation(self) -> str:
        """What the rule is about, for a person."""
        return " ".join((self.check.__doc__ or "").split())


@lru_cache(maxsize=4_096)
def _inside(rule: Rule, group: Group, shapes: tuple[Shape, ...]) -> tuple[Finding, ...]:
    """What a rule that looks into groups, and so asks nothing of the data, finds in one."""
    return tuple(rule.findings(infer(group.inside(*shapes)).acting, Known()))


def within(place: Place, found: Finding) -> Finding:
    """What was found in a group within groups, as a finding of the outermost."""
    for graph, name in reversed(place):
        ways = tuple(fixes.inside(name, fix) for fix in found.fixes)
        found = Finding((name,), f"Inside {called(graph, name)}: {found.sentence}", ways)
    return found


RULES: dict[str, Rule] = {}
"""Every rule by its code, in the order in which findings are listed."""


def rule(code: str, severity: Severity, reach: Reach = "network") -> Callable[[Check], Check]:
    """Enter a check in ``RULES``."""

    def register(check: Check) -> Check:
        RULES[code] = Rule(code, severity, check, reach)
        return check

    return register


def called(graph: Graph, name: str) -> str:
    """A node as sentences name it: ``fc1 (Linear)``."""
    return f"{name} ({graph[name].block.title})"
