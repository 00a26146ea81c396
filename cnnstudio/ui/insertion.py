"""Insertion: where a block that a person adds goes, and what becomes of one that they take apart. Knows no Qt."""

from __future__ import annotations

from cnnstudio.blocks.group import Group, unrolled
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Edge, Graph, GraphError, Node, Position, ShapeError
from cnnstudio.graph.assembly import expanded
from cnnstudio.graph.layout import layout
from cnnstudio.ui.measures import GAP, HEIGHT, SNAP, WIDTH, node_height, node_size


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
    place = free_place(graph, _beside(graph, sources))
    return graph.add(Node(name, block, tuple(sources[:most]), place)), name


def spliced(graph: Graph, edge: Edge, node: Node) -> Graph:
    """With ``node`` (new, or there already) put into this wire, and what follows it moved out of its way.

    Raises ``GraphError`` for a block that reads nothing.
    """
    if node.block.arity.most == 0:
        raise GraphError(f"{node.block.title} reads nothing, so it cannot stand in a wire.")
    if node.name in graph:
        graph = graph.connect(edge.source, node.name, 0).connect(node.name, edge.target, edge.port)
        graph = graph.join((node.name,), edge)
    else:
        graph = graph.insert(edge, node)
    return with_room(graph, node.name, edge.target)


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
    inner = inner.move(layout(inner, size=node_size, gap=GAP))
    parts = [node.position for node in inner if not node.is_input]
    width = max(x for x, _ in parts) - min(x for x, _ in parts)
    rise = (max(y for _, y in parts) - min(y for _, y in parts)) / 2
    after = [each for each in graph.descendants(name) if graph[each].position[0] > old.position[0]]
    opened = expanded(_shifted(graph, after, width, 0.0), name, inner)
    made = tuple(node.name for node in opened if node.name not in graph)
    return _shifted(opened, made, 0.0, -rise), made


def _restored(graph: Graph, name: str, group: Group) -> tuple[Graph, tuple[str, ...]]:
    """With the blocks of a group under their own names, as they stood; a repeated group becomes its copies in a row.

    What follows moves over only where it would be in the way.
    """
    if len(group.body.outputs) != 1:
        raise GraphError(f"{name} must end in one block inside before it can be taken apart.")
    if group.repeat > 1:
        named = unrolled(graph, name)
        made = tuple(node.name for node in named if node.name not in graph)
        left, top = graph[name].position
        step = WIDTH + GAP[0]
        named = named.move({part: (left + number * step, top) for number, part in enumerate(made)})
        width = (len(made) - 1) * step
    else:
        named = expanded(graph, name, group.body, prefix=False)
        made = tuple(node.name for node in named if node.name not in graph or node.name == name)
        parts = [node.position for node in group.body if not node.is_input] or [(0.0, 0.0)]
        width = max(x for x, _ in parts) - min(x for x, _ in parts)
    if not is_in_the_way(named, made):
        return named, made
    after = [each for each in graph.descendants(name) if graph[each].position[0] > graph[name].position[0]]
    return _shifted(named, after, width, 0.0), made


def is_in_the_way(graph: Graph, made: tuple[str, ...]) -> bool:
    """Whether one of the others stands on one of those made."""
    others = [node for node in graph if node.name not in set(made)]
    return any(
        abs(node.position[0] - other.position[0]) < WIDTH
        and node.position[1] < other.position[1] + node_height(other.ports)
        and other.position[1] < node.position[1] + node_height(node.ports)
        for node in map(graph.__getitem__, made)
        for other in others
    )


def free_place(graph: Graph, position: Position) -> Position:
    """``position``, or the first place below it where no node of ``graph`` is in the way."""
    x, y = position
    taken = sorted(
        (node.position[1], node_height(node.ports))
        for node in graph
        if node.position[0] < x + WIDTH + 8 and x < node.position[0] + WIDTH + 8
    )
    for top, height in taken:
        if y < top + height + 12 and top < y + HEIGHT + 12:
            y = top + height + 24
    return x, y


def with_room(graph: Graph, name: str, follower: str) -> Graph:
    """With ``follower`` and all that comes after it moved right, where ``name`` would otherwise touch it."""
    left = graph[name].position[0]
    short = left + WIDTH + GAP[0] / 2 - graph[follower].position[0]
    if not 0 < short <= WIDTH + GAP[0]:
        return graph
    after = [node for node in (follower, *graph.descendants(follower)) if graph[node].position[0] >= left]
    return _shifted(graph, after, round(short / SNAP + 0.5) * SNAP, 0.0)


def _shifted(graph: Graph, names: list[str] | tuple[str, ...], dx: float, dy: float) -> Graph:
    """With these nodes so much further."""
    return graph.move({name: (graph[name].position[0] + dx, graph[name].position[1] + dy) for name in names})


def _beside(graph: Graph, sources: list[str]) -> Position:
    """To the right of the sources, or of everything; the origin of an empty canvas."""
    if not graph:
        return 0.0, 0.0
    near = [graph[source].position for source in sources] or [max(node.position for node in graph)]
    return max(x for x, _ in near) + WIDTH + GAP[0], sum(y for _, y in near) / len(near)
