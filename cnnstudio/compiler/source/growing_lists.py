"""Growing lists: concatenations that each read all that the one before read and one thing more, as a list that grows.

Dense blocks are drawn so; written out, the last line of one with 24 layers names 25 variables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnstudio.blocks import Concat
from cnnstudio.compiler.source.class_names import numbered
from cnnstudio.graph import Graph

LEAST = 3  # concatenations of one list


@dataclass
class Gathering:
    """A list of ``forward``: with what it begins, before which node, what is added to it and who reads it."""

    begins: tuple[str, ...]
    readers: list[str]
    added: list[str] = field(default_factory=list)
    name: str = ""

    @property
    def holds(self) -> tuple[str, ...]:
        """All that is in it in the end."""
        return (*self.begins, *self.added)


def gatherings(graph: Graph, taken: set[str]) -> list[Gathering]:
    """The lists of a graph, called as nothing in ``taken``."""
    place = {name: index for index, name in enumerate(graph.order)}
    found: list[Gathering] = []
    for name in graph.order:
        node = graph[name]
        if not isinstance(node.block, Concat):
            continue
        inputs = tuple(source for source in node.inputs if source is not None)
        before = next((each for each in found if each.holds == inputs[:-1]), None)
        # what is added is added where it is computed, so that has to be after the last time the list was read
        if before is not None and place[inputs[-1]] > place[before.readers[-1]]:
            before.added.append(inputs[-1])
            before.readers.append(name)
        else:
            found.append(Gathering(inputs, [name]))
    kept = [each for each in found if len(each.readers) >= LEAST and _is_closed(graph, each)]
    for each in kept:
        each.name = "features" if "features" not in taken else numbered("features", taken)
        taken.add(each.name)
    return kept


def _is_closed(graph: Graph, gathering: Gathering) -> bool:
    """Whether what is added is read by nothing but the list's readers, so that it needs no name."""
    readers = set(gathering.readers)
    edges = [edge for name in gathering.added for edge in graph.consumers[name]]
    return all(edge.target in readers for edge in edges) and len(set(gathering.holds)) == len(gathering.holds)
