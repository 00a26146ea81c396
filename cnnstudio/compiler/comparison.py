"""Comparison: how one network differs from another, node by node, with the change in parameters and cost.

A node is recognised by its name, or, where it was renamed, by its block and its neighbours. Where it stands on the
canvas is no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from cnnstudio.blocks.group import Group
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.graph import Facts, Graph, Node
from cnnstudio.graph.diff import diff
from cnnstudio.wording import counted

Kind = Literal["added", "removed", "replaced", "changed", "renamed", "rewired", "affected"]
KINDS: tuple[Kind, ...] = ("added", "removed", "replaced", "changed", "renamed", "rewired", "affected")


@dataclass(frozen=True)
class Setting:
    """A parameter of a block that has another value than before."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Change:
    """One node that differs: what it was and what it came to be, None where it is in one network only.

    ``old_inputs`` are what it read, under the names that those nodes have now. ``inside`` are the changes within a
    group. A node none of whose own differ but whose result does is "affected" by what comes before it.
    """

    kind: Kind
    old: Node | None
    new: Node | None
    old_facts: Facts | None = None
    new_facts: Facts | None = None
    settings: tuple[Setting, ...] = ()
    old_inputs: tuple[str | None, ...] = ()
    inside: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        """What the node is called, or was called where it is gone."""
        node = self.new or self.old
        return node.name if node is not None else ""

    @property
    def is_renamed(self) -> bool:
        """Whether it had another name."""
        return self.old is not None and self.new is not None and self.old.name != self.new.name

    @property
    def is_rewired(self) -> bool:
        """Whether it reads other nodes than before."""
        return self.old is not None and self.new is not None and self.old_inputs != self.new.inputs

    @property
    def parameters(self) -> int | None:
        """How many more parameters it has, or None where that is not known."""
        return self._gained("parameters")

    @property
    def macs(self) -> int | None:
        """How many more multiply-accumulates it takes, or None where that is not known."""
        return self._gained("macs")

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is different, in short: ``kernel_size 3 → 5``, ``reads bn1 instead of conv1``."""
        return tuple(_said(self))

    def _gained(self, count: str) -> int | None:
        before = 0 if self.old is None else getattr(self.old_facts, count, None)
        after = 0 if self.new is None else getattr(self.new_facts, count, None)
        return after - before if before is not None and after is not None else None


@dataclass(frozen=True)
class Comparison:
    """All that differs from the network ``old`` to the network ``new``: in the order of ``new``, what is gone last."""

    old: Analysis
    new: Analysis
    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    @cached_property
    def parameters(self) -> int | None:
        """How many more parameters the whole network has, or None while some shape is unknown."""
        return self._gained("parameters")

    @cached_property
    def macs(self) -> int | None:
        """How many more multiply-accumulates the whole network takes, or None while some shape is unknown."""
        return self._gained("macs")

    def totals(self, count: Literal["parameters", "macs"]) -> tuple[int | None, int | None]:
        """A sum before and after; None where it is not known."""
        before, after = (_total(analysis, count) for analysis in (self.old, self.new))
        return before, after

    def _gained(self, count: Literal["parameters", "macs"]) -> int | None:
        before, after = self.totals(count)
        return after - before if before is not None and after is not None else None


def compare(old: Analysis, new: Analysis) -> Comparison:
    """How ``new`` differs from ``old``."""
    if old.graph is new.graph:
        return Comparison(old, new, ())
    matches = matched(old.graph, new.graph)
    sources = {after: before for before, after in matches.items()}
    changes = [
        change
        for name in new.graph.order
        if (change := _change(old, new, sources.get(name), name, matches)) is not None
    ]
    gone = [
        Change("removed", old.graph[name], None, old.facts.get(name)) for name in old.graph.order if name not in matches
    ]
    return Comparison(old, new, (*changes, *gone))


def matched(old: Graph, new: Graph) -> dict[str, str]:
    """The nodes of ``old`` that ``new`` still has, under the names that they have there."""
    between = diff(old, new)
    differ = {name for name in between.changed if type(old[name].block) is not type(new[name].block)}
    found = {name: name for name in old.nodes if name in new and name not in differ}
    lost = [name for name in old.order if name not in found]
    come = [name for name in new.order if name not in found]
    while lost and come and (renamed := _renamed(old, new, found, lost, come)):
        found |= renamed
        taken = set(renamed.values())
        lost = [name for name in lost if name not in renamed]
        come = [name for name in come if name not in taken]
    for name in differ.intersection(lost, come):  # another block under the same name
        found[name] = name
    return found


def _renamed(old: Graph, new: Graph, found: Mapping[str, str], lost: list[str], come: list[str]) -> dict[str, str]:
    """Of the nodes not found yet those with an equal block and the same neighbours before them, or else after them."""
    names = dict(found)
    taken: set[str] = set()

    def pair(before: str, candidates: Iterable[str]) -> None:
        after = next((name for name in candidates if name not in taken), None)
        if after is not None:
            names[before] = after
            taken.add(after)

    by_inputs: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    by_readers: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for name in come:
        node = new[name]
        by_inputs[(node.block, node.inputs)].append(name)
        by_readers[(node.block, _readers(new, name, None))].append(name)
    for name in lost:  # in topological order, so that a whole chain of renamed nodes is found in one go
        node = old[name]
        inputs = tuple(names.get(source, "") if source is not None else None for source in node.inputs)
        if "" not in inputs:
            pair(name, by_inputs[(node.block, inputs)])
    for name in reversed(lost):
        readers = _readers(old, name, names)
        if name not in names and readers:
            pair(name, by_readers[(old[name].block, readers)])
    return {name: names[name] for name in lost if name in names}


def _readers(graph: Graph, name: str, names: Mapping[str, str] | None) -> frozenset[tuple[str, int]]:
    """Who reads a node, under their new names, and at which port; nobody where one of them has no new name."""
    edges = graph.consumers[name]
    if names is None:
        return frozenset((edge.target, edge.port) for edge in edges)
    if any(edge.target not in names for edge in edges):
        return frozenset()
    return frozenset((names[edge.target], edge.port) for edge in edges)


def _change(old: Analysis, new: Analysis, was: str | None, name: str, matches: Mapping[str, str]) -> Change | None:
    after, facts = new.graph[name], new.facts.get(name)
    if was is None:
        return Change("added", None, after, None, facts)
    before, old_facts = old.graph[was], old.facts.get(was)
    inputs = tuple(matches.get(source, source) if source is not None else None for source in before.inputs)
    settings = _settings(before, after)
    kind: Kind
    if type(before.block) is not type(after.block):
        kind = "replaced"
    elif settings:
        kind = "changed"
    elif was != name:
        kind = "renamed"
    elif inputs != after.inputs:
        kind = "rewired"
    elif old_facts != facts:
        kind = "affected"
    else:
        return None
    inside = _inside(old, new, before, after) if kind == "changed" else ()
    return Change(kind, before, after, old_facts, facts, settings, inputs, inside)


def _settings(before: Node, after: Node) -> tuple[Setting, ...]:
    old, new = before.block, after.block
    bypassed = [Setting("bypassed", before.bypassed, after.bypassed)] if before.bypassed != after.bypassed else []
    if type(old) is not type(new) or old is new:
        return tuple(bypassed)
    values = new.values
    changed = (Setting(name, value, values[name]) for name, value in old.values.items() if value != values[name])
    return (*bypassed, *changed)


def _inside(old: Analysis, new: Analysis, before: Node, after: Node) -> tuple[Change, ...]:
    """What differs within a group, as far as the shapes are known."""
    first, second = before.block, after.block
    if not (isinstance(first, Group) and isinstance(second, Group)) or first.body == second.body:
        return ()
    was = infer(first.inside(*old.shapes_into(before.name)))
    return compare(was, infer(second.inside(*new.shapes_into(after.name)))).changes


def _total(analysis: Analysis, count: str) -> int | None:
    return getattr(analysis.totals, count, None) if len(analysis.graph) else 0


# in words


def _said(change: Change) -> Iterator[str]:
    old, new = change.old, change.new
    if old is None or new is None:
        node = new or old
        if node is not None:
            yield f"{node.block.title} {node.block.brief()}".strip()
        return
    if change.is_renamed:
        yield f"was called {old.name}"
    if change.kind == "replaced":
        yield f"{old.block.title} → {new.block.title}"
    for setting in change.settings:
        if isinstance(setting.old, Graph):
            yield f"{counted(len(change.inside), 'difference')} inside"
        else:
            yield f"{setting.name} {written(setting.old)} → {written(setting.new)}"
    if change.is_rewired:
        yield from _rewired(change.old_inputs, new.inputs)
    if change.old_facts and change.new_facts and change.old_facts.shape != change.new_facts.shape:
        yield f"gives {change.new_facts.shape} instead of {change.old_facts.shape}"
    elif change.old_facts and not change.new_facts:
        yield "has no shape any more"
    elif change.new_facts and not change.old_facts:
        yield f"gives {change.new_facts.shape}, which was unknown"
    elif change.kind == "affected":
        yield "reads another shape"


def _rewired(old: tuple[str | None, ...], new: tuple[str | None, ...]) -> Iterator[str]:
    before, after = [name for name in old if name], [name for name in new if name]
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    if come and gone:
        yield f"reads {' and '.join(come)} instead of {' and '.join(gone)}"
    elif come:
        yield f"reads {' and '.join(come)} as well" if before else f"reads {' and '.join(come)}"
    elif gone:
        yield f"reads {' and '.join(gone)} no more"
    else:
        yield "reads the same in another order"


def written(value: Any) -> str:
    """A value of a parameter as a person reads it."""
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return (", " if value and isinstance(value[0], str) else " × ").join(map(str, value)) or "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value) or "nothing"


def signed(count: int | None) -> str:
    """A change in a count: ``+1,204``, ``−16``, ``0``; nothing where it is not known."""
    if count is None:
        return ""
    return f"+{count:,}" if count > 0 else f"{count:,}".replace("-", "−")
