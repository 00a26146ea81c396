"""Insertion: where a block that a person adds goes, and what becomes of one that they take apart. Knows no Qt."""

from __future__ import annotations

from dataclasses import replace

from cnnstudio.blocks.group import Group, unrolled
from cnnstudio.compiler.inference import Analysis
from cnnstudio.editing.assembly import expanded
from cnnstudio.graph import Block, Composite, Frame, Graph, GraphError, Node, Position, ShapeError
from cnnstudio.layout.layout import layout
from cnnstudio.layout.metrics import GAP, WIDTH, node_size
from cnnstudio.layout.spacing import free_offset, hull, node_box, units, with_new, with_room
from cnnstudio.layout.splice import spliced


def inserted(graph: Graph, block: Block, behind: tuple[str, ...] = ()) -> tuple[Graph, str]:
    """With a node of this block behind the nodes named, or, with none named, behind the one open end there is.

    It reads as many of them as it has inputs. Behind a node that one other reads, it goes in between where it has one
    input and the rest moves over. The new graph and the name of the node.
    """
    name = graph.fresh(block.stem)
    sources = [source for source in behind if source in graph]
    edges = graph.consumers[sources[0]] if len(sources) == 1 else ()
    if len(edges) == 1 and block.arity.least == block.arity.most == 1:
        return spliced(graph, edges[0], Node(name, block, position=_beside(graph, sources))), name
    sources = sources or [node.name for node in graph.outputs if len(graph.outputs) == 1]
    most = len(sources) if block.arity.most is None else block.arity.most
    made = graph.add(Node(name, block, tuple(sources[:most]), _beside(graph, sources)))
    return settled(made, name), name


def ungrouped(analysis: Analysis, name: str) -> tuple[Graph, tuple[str, ...]]:
    """With a composite replaced by its parts, laid out, and what follows moved over; the graph and the new names.

    Raises ``GraphError`` for a block that is no composite or has no shape yet.
    """
    graph = analysis.graph
    old = graph[name]
    if not isinstance(old.block, Composite):
        raise GraphError(f"{name} ({old.block.title}) is not made of other blocks.")
    if old.bypassed and len(old.inputs) > 1:  # its parts may pass on another of its inputs than it does
        raise GraphError(f"{name} is bypassed: end the bypass before you take it apart.")
    if isinstance(old.block, Group):
        return _restored(graph, name, old.block)
    try:
        inner = analysis.inside(name).graph
    except ShapeError as error:
        raise GraphError(f"{name} cannot be taken apart: {error.sentence[:1].lower()}{error.sentence[1:]}") from error
    opened = expanded(graph, name, inner.move(layout(inner, size=node_size, gap=GAP)))
    made = tuple(node.name for node in opened if node.name not in graph)
    body, parts = node_box(old), hull(node_box(opened[part]) for part in made)
    rise = round((body.top + body.bottom - parts.top - parts.bottom) / 2)  # in line with what it was wired to
    return with_room(_shifted(opened, made, 0.0, rise), made, body), made


def _restored(graph: Graph, name: str, group: Group) -> tuple[Graph, tuple[str, ...]]:
    """With the blocks of a group under their own names, as they stood; a repeated group becomes its copies in a row."""
    if len(group.body.outputs) != 1:
        raise GraphError(f"{name} must end in one block inside before it can be taken apart.")
    if group.repeat > 1:
        named = unrolled(graph, name)
        made = tuple(node.name for node in named if node.name not in graph)
        left, top = graph[name].position
        step = WIDTH + GAP[0]
        named = named.move({part: (left + number * step, top) for number, part in enumerate(made)})
    else:
        named = expanded(graph, name, group.body, prefix=False)
        made = tuple(node.name for node in named if node.name not in graph or node.name == name)
    return (with_room(named, made, node_box(graph[name])) if is_in_the_way(named, made) else named), made


def is_in_the_way(graph: Graph, made: tuple[str, ...]) -> bool:
    """Whether one of the others stands on one of those made."""
    others = [node_box(node) for node in graph if node.name not in set(made)]
    return any(node_box(graph[name]).touches(other) for name in made for other in others)


def beside(graph: Graph, other: Graph, wish: Position) -> Position:
    """How far to move ``other`` beside the network: as far as is wished, or to the nearest place that hides nothing."""
    dx, dy = free_offset(hull(units(other).values()).moved(*wish), units(graph).values())
    return wish[0] + dx, wish[1] + dy


def settled(graph: Graph, name: str, frame: Frame | None = None) -> Graph:
    """With a new node in the nearest place where it hides nothing; in this frame, which others make room for."""
    body = node_box(graph[name])
    if frame is None:
        taken = [box for unit, box in units(graph).items() if unit != name]
    else:
        taken = [node_box(graph[each]) for each in frame.members]
    dx, dy = free_offset(body, taken)
    graph = _shifted(graph, (name,), dx, dy)
    if frame is None:
        return graph
    return with_new(graph.reframe(frame, replace(frame, members=frame.members | {name})), name)


def _shifted(graph: Graph, names: tuple[str, ...], dx: float, dy: float) -> Graph:
    """With these nodes so much further."""
    return graph.move({name: (graph[name].position[0] + dx, graph[name].position[1] + dy) for name in names})


def _beside(graph: Graph, sources: list[str]) -> Position:
    """To the right of the sources, or of everything; the origin of an empty canvas."""
    if not graph:
        return 0.0, 0.0
    near = [graph[source].position for source in sources] or [max(node.position for node in graph)]
    return max(x for x, _ in near) + WIDTH + GAP[0], sum(y for _, y in near) / len(near)
