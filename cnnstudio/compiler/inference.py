"""Inference: the shape and the cost of every node, by formula, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import compress, count
from operator import is_not, itemgetter

from cnnstudio.compiler.memory import Memory, memory
from cnnstudio.graph import Block, Composite, Facts, Graph, Node, ParameterError, Shape, ShapeError
from cnnstudio.graph.composite import facts as facts_of


@dataclass(frozen=True)
class Totals:
    """The sums over a network for one sample; ``frozen`` of the parameters stay as they are while training."""

    parameters: int
    macs: int
    frozen: int = 0


@dataclass(frozen=True)
class Analysis:
    """What a graph comes to. ``facts`` holds the nodes that have a shape, ``errors`` those whose inputs do not fit.

    A node that waits for an input, or stands behind a node with an error, is in neither. A bypassed node comes to the
    shape that it passes on.
    """

    graph: Graph
    facts: Mapping[str, Facts]
    errors: Mapping[str, ShapeError]

    def shape(self, name: str | None) -> Shape | None:
        """The shape of what comes out of this node, where it is known."""
        facts = self.facts.get(name) if name is not None else None
        return facts.shape if facts else None

    def shapes_into(self, name: str) -> tuple[Shape | None, ...]:
        """The shapes at the input ports of this node, where they are known."""
        return tuple(self.shape(source) for source in self.graph[name].inputs)

    @cached_property
    def acting(self) -> Analysis:
        """The analysis of ``graph.acting``, the network that is built and trained."""
        graph = self.graph.acting
        if graph is self.graph:
            return self
        facts = {name: fact for name, fact in self.facts.items() if name in graph}
        return Analysis(graph, facts, {name: error for name, error in self.errors.items() if name in graph})

    @cached_property
    def totals(self) -> Totals | None:
        """The sums over what acts, or None unless all of it has a shape and a known cost: blank rather than wrong."""
        acting = self.acting
        if not acting.facts or len(acting.facts) < len(acting.graph):
            return None
        if not all(node.block.is_counted for node in acting.perhaps_uncounted):
            return None
        facts = acting.facts.values()
        return Totals(
            sum(fact.parameters for fact in facts),
            sum(fact.macs for fact in facts),
            sum(fact.frozen for fact in facts),
        )

    @cached_property
    def memory(self) -> Memory:
        """What the activations of what acts take, for one sample, as far as its shapes are known."""
        acting = self.acting
        return memory(acting.graph, {name: fact.shape for name, fact in acting.facts.items()})

    def nodes_of(self, *kinds: type[Block]) -> list[Node]:
        """The nodes whose block is of one of these very classes, in the order of the graph."""
        found = [each for kind in kinds for each in self._kinds.get(kind, ())]
        return [node for _, node in (sorted(found, key=itemgetter(0)) if len(kinds) > 1 else found)]

    @property
    def perhaps_uncounted(self) -> list[Node]:
        """The nodes of kinds that do not always know what they cost: few, where a network holds thousands."""
        kinds = self._kinds.items()
        return [node for kind, found in kinds if kind.is_counted is not Block.is_counted for _, node in found]

    @cached_property
    def composites(self) -> list[Node]:
        """The nodes whose block is made of blocks, kind after kind."""
        return [node for kind, found in self._kinds.items() if issubclass(kind, Composite) for _, node in found]

    @cached_property
    def _kinds(self) -> Mapping[type[Block], list[tuple[int, Node]]]:
        """Class -> its nodes with their places: rules ask for few, and networks hold thousands."""
        kinds: dict[type[Block], list[tuple[int, Node]]] = {}
        for numbered in enumerate(self.graph):
            kinds.setdefault(type(numbered[1].block), []).append(numbered)
        return kinds

    def inside(self, name: str) -> Analysis:
        """The analysis of the graph inside a composite node. Raises ``ShapeError`` where that is not known yet."""
        block = self.graph[name].block
        if not isinstance(block, Composite):
            raise ValueError(f"{name} ({block.title}) has nothing inside")
        return infer(block.inside(*self.shapes_into(name)))

    def opened(self, name: str) -> Analysis | None:
        """``inside``, or None where there is no such node, nothing inside or that is not known."""
        node = self.graph.nodes.get(name)
        if node is None or not isinstance(node.block, Composite):
            return None
        try:
            return self.inside(name)
        except ShapeError:
            return None


def infer(graph: Graph, before: Analysis | None = None) -> Analysis:
    """The facts of every node that can have them; one pass in topological order, each block's answer cached.

    ``before`` is the analysis of the graph before an edit: what the edit did not reach is taken from it.
    """
    before = before or _NOTHING
    nodes, order = graph.nodes, graph.order
    old_nodes, old_order = before.graph.nodes, before.graph.order
    facts, errors = dict(before.facts), dict(before.errors)
    in_order = order is old_order
    if not in_order:
        for gone in old_nodes.keys() - nodes.keys():
            facts.pop(gone, None)
            errors.pop(gone, None)
    # what stands before the first node that is another is as it was
    changes = map(is_not, map(nodes.get, order), map(old_nodes.get, old_order))
    start = next(compress(count(), changes), min(len(order), len(old_order)))
    reached: set[str | None] = set()  # by the edit: what flows out is not what it was, or not known to be
    for name in order[start:]:
        node = nodes[name]
        sources = node.inputs[:1] if node.bypassed else node.inputs
        if old_nodes.get(name) is node and reached.isdisjoint(sources):
            continue
        old = facts.get(name)
        if errors:
            errors.pop(name, None)
        shapes = tuple([facts[source].shape for source in sources if source in facts])
        found = _found(node, shapes) if len(shapes) == len(sources) else None
        if not isinstance(found, Facts):
            reached.add(name)
            facts.pop(name, None)
            if found is not None:
                errors[name] = found
            continue
        facts[name] = found
        if old is None:
            in_order = False
        if old is None or found.shape != old.shape:
            reached.add(name)
    if not in_order:
        facts = {name: facts[name] for name in order if name in facts}
    return Analysis(graph, facts, errors)


def _found(node: Node, shapes: tuple[Shape, ...]) -> Facts | ShapeError:
    return Facts(shapes[0], 0, 0) if node.bypassed else node_facts(node.block, shapes)


_NOTHING = Analysis(Graph(), {}, {})


@lru_cache(maxsize=32_768)
def node_facts(block: Block, inputs: tuple[Shape, ...]) -> Facts | ShapeError:
    """What ``block`` comes to for these inputs, or why they do not fit."""
    try:
        return facts_of(block, inputs)
    except ShapeError as error:
        return error
    except ParameterError as error:  # of a block that this one stands for, or of one that would mend it
        return ShapeError(f"it comes to a size out of all bounds: {error}")
