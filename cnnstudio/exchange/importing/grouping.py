"""Grouping: the parts of an imported network as a graph in which the modules of the original are groups."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cnnstudio.blocks import Concat, Group, Input
from cnnstudio.exchange.importing.recognition import Part, Scope
from cnnstudio.graph import Block, Graph, NamingError, Node, checked_name
from cnnstudio.graph.digraph import digraph
from cnnstudio.layout.layout import laid_out

LEAST = 4  # modules of one class that a Sequential in a module is kept for: layers that nobody would write out
LARGEST_RANK = 3  # of what may enter a group: its Inputs are images, vectors or rows of them

Kinds = tuple[type[Block], ...]
Path = tuple[str, ...]
"""The names that lead to a node through the groups that it stands in."""


@dataclass
class _Item:
    """A node to be: a part, or a group of items. ``words`` are the names of the modules that lead to it."""

    words: tuple[str, ...]
    result: int  # the part whose output it gives
    reads: tuple[int, ...]
    label: str = ""  # of a group
    items: list[_Item] = field(default_factory=list)
    is_frozen: bool = False
    is_plain: bool = False  # a Sequential, which has no class of its own


def nested(
    parts: Sequence[Part],
    result: int,
    containers: Mapping[str, str],
    learned: Mapping[int, bool] = MappingProxyType({}),
) -> tuple[Graph, dict[int, Path]]:
    """The graph that ends in part ``result``, and where each part stands in it.

    ``containers`` holds the paths of modules that only run what they hold, one after the other, with the class of
    each: they become no group where all that they hold are groups, nor where they are a plain ``Sequential``. But one
    that has a name inside a module, and holds layers or many modules of one class, is a group called after its name.
    ``learned`` are the parts with weights, True where they are trained. A group of nothing else than what is not is
    frozen, and single parts are put into groups that are.
    """
    level = _Level(parts, _needed(parts, result), containers)
    items = level.items(sorted(level.needed), 0, outside={result})
    if not all(learned.values()):
        items = level.frozen(items, learned)
    paths: dict[int, Path] = {}
    graph = _drawn(parts, items, (), paths, top=True)
    return graph, paths


def _needed(parts: Sequence[Part], result: int) -> set[int]:
    """The parts that the result depends on, and the Inputs."""
    import networkx as nx

    wires = digraph({index: part.inputs for index, part in enumerate(parts)})
    inputs = (index for index, part in enumerate(parts) if isinstance(part.block, Input))
    return {result, *nx.ancestors(wires, result), *inputs}


def _held(parts: Sequence[Part], needed: set[int]) -> set[tuple[str, Kinds]]:
    """The Sequentials that some module holds beside other things: the class of the module, and what they do.

    Where another of the class is round such a one alone, it is written as those are.
    """
    things: dict[tuple[Scope, ...], set[object]] = {}
    kinds: dict[tuple[Scope, ...], Kinds] = {}
    for index in sorted(needed):
        scope = parts[index].scope
        for depth in range(1, len(scope) + 1):
            things.setdefault(scope[:depth], set()).add(scope[depth] if len(scope) > depth else index)
            kinds[scope[:depth]] = (*kinds.get(scope[:depth], ()), type(parts[index].block))
    return {
        (scope[-2][1], kinds[scope])
        for scope in things
        if scope[-1][1] == "Sequential" and len(scope) > 1 and len(things[scope[:-1]]) > 1
    }


class _Level:
    """Cuts parts into the items of one graph after another."""

    def __init__(self, parts: Sequence[Part], needed: set[int], containers: Mapping[str, str]) -> None:
        self.parts, self.needed, self.containers = parts, needed, containers
        self.held = _held(parts, needed)
        self.readers: dict[int, set[int]] = {index: set() for index in needed}
        for index in needed:
            for source in parts[index].inputs:
                self.readers[source].add(index)

    def items(self, indices: list[int], depth: int, outside: set[int]) -> list[_Item]:
        """The items of these parts, which stand in one module ``depth`` deep; ``outside`` are read from beyond."""
        made: list[_Item] = []
        for scope, region in self._regions(indices, depth):
            if scope is None:
                made += [self._leaf(index) for index in region]
            else:
                made += self._module(scope, region, depth, outside)
        return made

    def _regions(self, indices: list[int], depth: int) -> Iterator[tuple[Scope | None, list[int]]]:
        """The parts by the module that they stand in at this depth, in the order in which each begins."""
        regions: dict[object, tuple[Scope | None, list[int]]] = {}
        for index in indices:
            scope = self.parts[index].scope
            inner = scope[depth] if len(scope) > depth else None
            regions.setdefault(inner[0] if inner else index, (inner, []))[1].append(index)
        yield from regions.values()

    def _leaf(self, index: int) -> _Item:
        part = self.parts[index]
        return _Item((part.name,) if part.name else (), index, part.inputs)

    def _module(self, scope: Scope, region: list[int], depth: int, outside: set[int]) -> list[_Item]:
        path, label = scope
        name, is_plain = path.partition("@")[0].rpartition(".")[2], label == "Sequential"
        first = self._entry(region)
        before = [self._leaf(first)] if first is not None else []
        inside = set(region) - {first}
        ends = [i for i in region if i in inside and (i in outside or self.readers[i] - inside)]
        reads = tuple(dict.fromkeys(s for i in region if i in inside for s in self.parts[i].inputs if s not in inside))
        items = self.items(sorted(inside), depth + 1, set(ends))
        names_it = len(items) == 1 and items[0].is_plain and not is_plain
        if (
            len(items) == 1 and ends and not (names_it and (label, self._kinds(inside)) in self.held)
        ):  # a module round one thing
            only = items[0]
            words = only.words if only.label and only.words and not only.words[0].isdigit() else ()
            only = replace(only, words=(name, *words[1:]) if only.label else (name,))
            return [*before, replace(only, label=_class_name(label, name), is_plain=False) if names_it else only]
        is_run = path.partition("@")[0] in self.containers
        is_inside = any(outer[1] != "Sequential" for outer in self.parts[region[0]].scope[:depth])
        is_kept = is_plain and is_inside and name.isidentifier()
        labels = {item.label for item in items}
        is_open = is_run and not (is_kept and ("" in labels or (len(labels) == 1 and len(items) >= LEAST)))
        is_open &= is_plain or "" not in labels
        is_open |= any(len(self.parts[source].shape) > LARGEST_RANK for source in reads)
        if len(ends) != 1 or not reads or is_open:
            return [*before, *(replace(item, words=(name, *item.words)) for item in items)]
        return [*before, _Item((name,), ends[0], reads, _class_name(label, name), items, is_plain=is_plain)]

    def _kinds(self, indices: Iterable[int]) -> Kinds:
        return tuple(type(self.parts[index].block) for index in sorted(indices))

    def frozen(self, items: list[_Item], learned: Mapping[int, bool]) -> list[_Item]:
        """With everything that is not trained in a frozen group: the items' own, or a new one for a run of parts."""
        made: list[_Item] = []
        run: list[_Item] = []
        for item in items:
            trained = {learned[index] for index in _leaves(item) if index in learned}
            before = run[-1].result if run else item.result
            goes_on = not item.label and item.reads == (before,) and self.readers[before] == {item.result}
            if not goes_on or trained == {True}:
                made += self._as_one(run, learned)
                run = []
            if item.label:
                inside = item.items if trained == {False} else self.frozen(item.items, learned)
                made.append(replace(item, items=inside, is_frozen=trained == {False}))
            elif trained == {False} or run:
                run.append(item)
            else:
                made.append(item)
        return [*made, *self._as_one(run, learned)]

    def _as_one(self, run: list[_Item], learned: Mapping[int, bool]) -> list[_Item]:
        """A run of parts, the first of them frozen, as a frozen group up to the last one that is."""
        if not run or any(len(self.parts[source].shape) > LARGEST_RANK for source in run[0].reads):
            return run
        end = max(index for index, item in enumerate(run, 1) if item.result in learned)
        first, words = run[0], run[0].words
        if end > 1:
            words = (*words[:1], "frozen") if len(words) > 1 else ("frozen",)
        label = f"Frozen{self.parts[first.result].block.title}" if end == 1 else "Frozen"
        return [_Item(words, run[end - 1].result, first.reads, label, run[:end], is_frozen=True), *run[end:]]

    def _entry(self, region: list[int]) -> int | None:
        """The concatenation with which a module begins that is given many values, such as a dense layer.

        It is left outside, so that the modules behind it are alike whatever their number of inputs.
        """
        first = region[0]
        inside = set(region)
        is_alone = all(source not in inside for source in self.parts[first].inputs) and not any(
            source not in inside for index in region[1:] for source in self.parts[index].inputs
        )
        return first if isinstance(self.parts[first].block, Concat) and is_alone and len(region) > 1 else None


def _leaves(item: _Item) -> Iterator[int]:
    """The parts in an item."""
    if not item.label:
        yield item.result
    for each in item.items:
        yield from _leaves(each)


def _drawn(
    parts: Sequence[Part], items: list[_Item], before: Path, paths: dict[int, Path], *, top: bool = False
) -> Graph:
    """The graph of these items; fills ``paths``. Below the top, an Input stands for each value that enters."""
    made = {item.result for item in items}
    names = _names(parts, items, top)
    by_result = {item.result: name for item, name in zip(items, names, strict=True)}
    entries: dict[int, str] = {}
    for item in items:
        for source in item.reads:
            if source not in made and source not in entries:
                entries[source] = _free("input", {*by_result.values(), *entries.values()})
    nodes = [Node(name, Input(tuple(parts[source].shape))) for source, name in entries.items()]
    known = {**by_result, **entries}
    for item, name in zip(items, names, strict=True):
        here = (*before, name)
        if item.label:
            block: Block = Group(item.label[:200], _drawn(parts, item.items, here, paths), frozen=item.is_frozen)
            # the body's Inputs stand in the order in which its items first read them, as the group's reads do
            reads = tuple(
                dict.fromkeys(s for i in item.items for s in i.reads if s not in {x.result for x in item.items})
            )
        else:
            block, reads = parts[item.result].block, item.reads
            paths[item.result] = here
        nodes.append(Node(name, block, tuple(known[source] for source in reads)))
    return laid_out(Graph.of(nodes))


# names


def _names(parts: Sequence[Part], items: list[_Item], top: bool) -> list[str]:
    """A name for each item: that of its module where it can be, numbered where several would be the same."""
    wanted = [_wanted(parts, item, top) for item in items]
    counts = Counter(wanted)
    taken = {word for word, count in counts.items() if count == 1}
    names = []
    for word in wanted:
        name = word if counts[word] == 1 else _free(f"{word}_" if word[-1].isdigit() else word, taken)
        taken.add(name)
        names.append(name)
    return names


def _wanted(parts: Sequence[Part], item: _Item, top: bool) -> str:
    block = parts[item.result].block
    words = [re.sub(r"\W", "_", word) for word in item.words if word]
    while len(words) > 1 and words[1].startswith(f"{words[0]}_"):  # block1 of block1_0
        words = words[1:]
    if not item.label and words and words[-1].isdigit():
        # in a run of plain layers a number says less than what the layer is; on top, there is but one such run
        words = [*([] if top or words[-2:-1] == [block.stem] else words[:-1]), block.stem]
    elif item.label and words and words[0].isdigit():
        words = [_snake(item.label), *words]
    if item.label and len(words) > 1 and words[1].isdigit() and not words[0][-1].isdigit():
        words = ["".join(words[:2]), *words[2:]]
    name = re.sub(r"_+", "_", "_".join(words or [block.stem])).strip("_")[:50]
    for candidate in (name, f"{name}_{block.stem}", block.stem):
        try:
            return checked_name(candidate)
        except NamingError:
            continue
    return "node"


def _class_name(label: str, name: str) -> str:
    """What a module's group is called: its class, or for a Sequential called ``down_sample`` DownSample."""
    if label == "Sequential":
        label = "".join(word[0].upper() + word[1:] for word in name.split("_") if word)
    return label.strip("_") or "Module"


def _snake(label: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label).lower()


def _free(stem: str, taken: set[str]) -> str:
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"
