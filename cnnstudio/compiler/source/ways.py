"""Ways: how to come to any node of a network, also inside a composite or a group, and what is computed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from cnnstudio.blocks.group import Group, copy_names
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source.source import Source, Statement
from cnnstudio.graph import Composite, Graph, Node, Shape, ShapeError


class WayError(ValueError):
    """Nothing is computed at this place; the message is a sentence."""


@dataclass(frozen=True)
class Place:
    """A node of a network: the composites that are opened on the way to it, outermost first, and its name in the last.

    ``copies`` say for each composite of ``scope`` which of its copies is meant, counted from 0; of one that is not
    repeated there is one alone. Where they are fewer, the first is meant.
    """

    node: str
    scope: tuple[str, ...] = ()
    copies: tuple[int, ...] = ()

    def copy(self, depth: int) -> int:
        """The copy of the composite at this depth of the scope."""
        return self.copies[depth] if depth < len(self.copies) else 0

    def __str__(self) -> str:
        """``stage1 › conv2``, with the number of a copy from 1 where another than the first is meant: ``group1 #2``."""
        names = (f"{name} #{n + 1}" if (n := self.copy(depth)) else name for depth, name in enumerate(self.scope))
        return " › ".join((*names, self.node))


@dataclass(frozen=True)
class Inside:
    """What a composite computes: ``inputs`` inside take what the nodes ``reads`` around it give, ``steps`` follow.

    ``path`` is the path of its module in the ``state_dict``, which is the ``self`` of the expressions. ``around`` is
    the node of what is round it that has its value, which is that of the step called ``end``.
    """

    path: str
    reads: tuple[str, ...]
    inputs: tuple[str, ...]
    steps: tuple[Statement, ...]
    around: str = ""
    end: str = ""


@dataclass(frozen=True)
class Way:
    """Through these composites, the outermost first, to the node called ``node`` in the last; or in the network.

    ``words`` are the place as sentences name it.
    """

    node: str
    insides: tuple[Inside, ...] = ()
    words: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.words or self.node


def way_to(graph: Graph, text: Source, place: Place) -> Way:
    """How to come to a place of ``graph``, of which ``text`` is the source.

    A bypassed node has the value that it passes on, a repeated one that of its last copy. Raises ``WayError`` where
    there is no such node, or it is inside what is bypassed.
    """
    return way_and_level(graph, text, place)[0]


def way_and_level(graph: Graph, text: Source, place: Place) -> tuple[Way, Level]:
    """``way_to`` a place, and what is round the node that the way leads to. Raises ``WayError``."""
    level, insides = _opened(graph, text, place)
    node = text.passed.get(place.node, place.node) if not place.scope else level.value(place.node)
    if node is None or node not in level.graph:
        raise WayError(f"The trained network has no block called {place}.")
    return Way(node, insides, str(place)), level


def innermost(graph: Graph, text: Source, place: Place) -> Place:
    """What computes the value of a place: of a composite the node in which it ends inside, however deep that is.

    Of what is repeated the last copy. Raises ``WayError``.
    """
    while True:
        level = way_and_level(graph, text, place)[1]
        node = level.shown.nodes.get(place.node)
        if node is None or node.bypassed or not isinstance(block := node.block, Composite):
            return place
        before = (place.copy(depth) for depth in range(len(place.scope)))
        last = block.repeat - 1 if isinstance(block, Group) else 0
        inside = Place("", (*place.scope, place.node), (*before, last))
        place = Place(_opened(graph, text, inside)[0].shown.outputs[0].name, inside.scope, inside.copies)


def ways_in(graph: Graph, text: Source, scope: tuple[str, ...], copies: tuple[int, ...] = ()) -> dict[str, Way]:
    """How to come to every node of a scope that computes something, or is an input, by its name as it is shown.

    Raises ``WayError`` where there is no such scope.
    """
    level, insides = _opened(graph, text, Place("", scope, copies))
    steps = insides[-1].steps if insides else text.steps
    computed = {step.node for step in steps} | {name for step in steps for name in step.inputs}
    acting = {node.name: level.value(node.name) for node in level.shown if not node.bypassed}
    return {name: Way(node, insides) for name, node in acting.items() if node in computed}


def _opened(graph: Graph, text: Source, place: Place) -> tuple[Level, tuple[Inside, ...]]:
    """What is in the scope of a place, and what was opened on the way. Raises ``WayError``."""
    analysis = infer(graph.acting)
    shapes = {name: facts.shape for name, facts in analysis.facts.items()}
    level, insides = Level(analysis.graph, graph, shapes, text.paths), list[Inside]()
    for depth, name in enumerate(place.scope):
        entered, level = _entered(level, name, place.copy(depth))
        insides += entered
    return level, tuple(insides)


def copies(graph: Graph, scope: tuple[str, ...]) -> tuple[int, ...]:
    """How often each composite on this way is repeated: 1 for what is no repeated group; as far as there is a way."""
    found: list[int] = []
    analysis = infer(graph)
    for name in scope:
        node = analysis.graph.nodes.get(name)
        if node is None or not isinstance(node.block, Composite):
            break
        found.append(node.block.repeat if isinstance(node.block, Group) else 1)
        try:
            analysis = analysis.inside(name)
        except ShapeError:
            break
    return tuple(found)


@dataclass(frozen=True)
class Level:
    """What is inside of what: the ``graph`` as it is computed, and as it is ``shown``, with what is bypassed.

    ``shapes`` are those of its nodes, ``paths`` those of their modules in the ``state_dict``. ``copies`` are the names
    in ``graph`` of the copies of what is repeated.
    """

    graph: Graph
    shown: Graph
    shapes: Mapping[str, Shape]
    paths: Mapping[str, str]
    copies: Mapping[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """The node that has the value of one that is shown."""
        passed = self.shown.passed(name) if name in self.shown else None
        return self.copies.get(passed, [passed])[-1] if passed is not None else None

    def entry(self, name: str, copy: int) -> Node:
        """The node that is opened by one that is shown. Raises ``WayError`` where there is none."""
        names = self.copies.get(name, [name])
        found = self.graph.nodes.get(names[min(copy, len(names) - 1)])
        if found is None:
            is_bypassed = name in self.shown and self.shown[name].bypassed
            raise WayError(
                f"{name} is bypassed: what is inside it is not computed."
                if is_bypassed
                else f"The trained network has no block called {name}."
            )
        return found


def _entered(level: Level, name: str, copy: int) -> tuple[list[Inside], Level]:
    """What is inside this node, and the way into it. Raises ``WayError``."""
    node = level.entry(name, copy)
    block, path = node.block, level.paths.get(node.name, node.name)
    if not isinstance(block, Composite):
        raise WayError(f"{name} ({block.title}) has nothing inside.")
    reads = tuple(str(source) for source in node.inputs)
    into = tuple(level.shapes[source] for source in reads)
    insides, around = list[Inside](), node.name
    if isinstance(block, Group) and block.repeat > 1:
        copy = min(copy, block.repeat - 1)
        row = ["input1", *(f"copy{number}" for number in range(1, block.repeat + 1))]
        calls = (
            Statement(one, (before,), f"self[{number}]({before})") for number, (before, one) in enumerate(pairwise(row))
        )
        insides.append(Inside(path, reads, ("input1",), tuple(calls), around, row[-1]))
        block, into = block.copies(*into)[copy]
        reads, path, around = (row[copy],), f"{path}.{copy}", row[copy + 1]
    parts = block.parts(*into)
    inputs, end = tuple(each.name for each in parts.graph.inputs), parts.graph.outputs[0].name
    insides.append(Inside(path, reads, inputs, _steps(parts.graph), around, end))
    is_group = isinstance(block, Group)
    shown = block.inside(*into)
    names = copy_names(shown.acting) if is_group else {}
    paths = {each: f"{path}.{each}" for each in parts.graph.nodes}
    return insides, Level(parts.graph, shown, parts.shapes, paths, names)


def _steps(graph: Graph) -> tuple[Statement, ...]:
    """The nodes of a composite as expressions, which its own class writes with names for the numbers."""
    order = [graph[name] for name in graph.order if not graph[name].is_input]
    read = [(node, tuple(map(str, node.inputs))) for node in order]
    return tuple(Statement(node.name, inputs, node.block.forward(node.name, *inputs)) for node, inputs in read)
