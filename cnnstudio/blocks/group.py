"""Group: a person's own composite, made of the blocks that were selected and folded into one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import Identity
from cnnstudio.blocks.input import Input
from cnnstudio.graph import Arity, Composite, Graph, GraphError, Node, Pen, Shape, ShapeError, block, parameters
from cnnstudio.graph.annotations import mapped
from cnnstudio.graph.diff import renamed
from cnnstudio.graph.parameter import Length, Letters, Range
from cnnstudio.wording import printable

MOST_PARTS = 5_000  # blocks inside, with all copies of all groups inside


@block
class Group(Composite):
    """Blocks of your own choice, folded into one.

    Open it to change what is inside, ungroup it to have its parts back. In the exported source it is a class of
    its own, and groups that are alike share it.

    label: what the group is called, and its class in the exported source
    body: the blocks inside; an Input stands for each wire that enters
    repeat: how many copies stand one behind the other, each with weights of its own
    exposed: the parameters of blocks inside that are offered on the group itself, as "conv1.out_channels"
    frozen: leave its weights as they are while training
    """

    keywords: ClassVar[str] = "subgraph macro module fold"
    is_offered: ClassVar[bool] = False

    label: Annotated[str, Letters(200)] = "Group"
    body: Graph = Graph.of((Node("input1", Input()), Node("identity1", Identity(), ("input1",))))
    repeat: Annotated[int, Range(1, 64)] = 1
    exposed: Annotated[tuple[str, ...], Length(0, 100)] = ()
    frozen: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        entries = max(1, len(self.body.inputs))  # one for each Input inside; with none it would be an input itself
        object.__setattr__(self, "arity", Arity(entries, entries))

    @property
    def class_name(self) -> str:
        """The label as the name of a class."""
        words = re.findall(r"[A-Za-z0-9]+", self.label)
        name = "".join(word[:1].upper() + word[1:] for word in words)[:40]
        return name if name[:1].isalpha() else f"Group{name}"

    @property
    def is_frozen(self) -> bool:
        return self.frozen

    @cached_property
    def is_counted(self) -> bool:
        """Whether it is known of all that is inside what it learns and costs."""
        return all(node.block.is_counted for node in self.body.acting)

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        draw.copy(self.graph(*inputs))

    def graph(self, *inputs: Shape) -> Graph:
        """The body, whose Inputs take the shapes that enter; of a repeated group its copies in a row."""
        self._check(len(inputs))
        if self.repeat == 1:
            return unrolled(self.inside(*inputs).acting)
        names = ["input1", *(f"copy{number}" for number in range(1, self.repeat + 1))]
        row = [Node(name, self.copy, (before,)) for before, name in pairwise(names)]
        return Graph.of((Node("input1", Input(tuple(inputs[0]))), *row))

    @property
    def copy(self) -> Group:
        """One of the copies of a repeated group."""
        return Group(self.label, self.body, frozen=self.frozen)

    def copies(self, *inputs: Shape) -> list[tuple[Group, tuple[Shape, ...]]]:
        """Each copy with the shapes that enter it. Raises ``ShapeError`` where one cannot read what the last gives."""
        if self.repeat == 1:
            return [(self, inputs)]
        parts = self.parts(*inputs)
        return [(self.copy, parts.shapes_into(node)) for node in parts.graph if not node.is_input]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The inner weights under their path; of a repeated group with the number of the copy: ``0.conv1.weight``."""
        if self.repeat == 1:
            return super().weights(*inputs)
        return {
            f"{number}.{key}": shape
            for number, (copy, into) in enumerate(self.copies(*inputs))
            for key, shape in copy.weights(*into).items()
        }

    def inside(self, *inputs: Shape | None) -> Graph:
        """The body as far as it is known, finished or not: what is shown while it is being edited."""
        made = self.body
        for node, shape in zip(self.body.inputs, inputs, strict=False):
            if shape is not None and tuple(shape) != made[node.name].block.values["size"]:
                made = made.replace(node.name, Input(tuple(shape)))
        return made

    def brief(self) -> str:
        label = printable(" ".join(self.label.split()))  # on one line and from left to right, whatever a file says
        return f"{label} × {self.repeat}" if self.repeat > 1 else label

    def offered(self) -> list[tuple[str, str]]:
        """The node and the parameter of everything exposed that is still there."""
        pairs = (each.rpartition(".") for each in self.exposed)
        return [(node, name) for node, _, name in pairs if node in self.body and name in self.body[node].block.values]

    def _check(self, inputs: int) -> None:
        body = self.body.acting
        outputs = [node.name for node in body.outputs]
        if not self.body.inputs:
            raise ShapeError("The group has no Input inside, so nothing can enter it.")
        if len(self.body.inputs) != inputs:
            raise ShapeError(f"The group has {len(self.body.inputs)} Inputs inside, but {inputs} wires enter it.")
        if self.repeat > 1 and inputs != 1:
            raise ShapeError(f"Only a group of one input can be repeated: {inputs} wires enter this one.")
        if (parts := size(self)) > MOST_PARTS:
            raise ShapeError(f"With all copies it comes to {parts:,} blocks; {MOST_PARTS:,} are the most.")
        if len(outputs) != 1:
            raise ShapeError(f"The group must end in one block, but it ends in {', '.join(outputs[:5])}.")
        if body.outputs[0].is_input:
            what = "nothing but an Input" if body is self.body else "nothing that is not bypassed"
            raise ShapeError(f"The group holds {what}.")
        for node in body:
            if None in node.inputs:
                raise ShapeError(f"Inside it, {node.name} has an open input.")


@lru_cache(maxsize=4_096)
def size(group: Group) -> int:
    """How many blocks there are in a group, with all copies of it and of the groups inside."""
    inner = (size(node.block) if isinstance(node.block, Group) else 1 for node in group.body)
    return group.repeat * sum(inner)


def unrolled(graph: Graph, only: str | None = None) -> Graph:
    """``graph`` with each repeated group, or the one named, as its copies in a row, called group1_1, group1_2 ..."""
    if not any(isinstance(node.block, Group) and node.block.repeat > 1 for node in graph):
        return graph
    copies = copy_names(graph, only)
    nodes: list[Node] = []
    for node in graph:
        if node.name not in copies:
            nodes.append(node)
            continue
        names, copy = copies[node.name], node.block.copy  # type: ignore[attr-defined]  # of a group, as it has copies
        nodes.append(dataclasses.replace(node, name=names[0], block=copy))
        nodes += [Node(name, copy, (before,), node.position, node.bypassed) for before, name in pairwise(names)]

    def end(source: str | None) -> str | None:
        return copies[source][-1] if source in copies else source

    wired = (
        node.reading([end(source) for source in node.inputs]) if not copies.keys().isdisjoint(node.inputs) else node
        for node in nodes
    )
    return Graph.of(wired, mapped(graph.frames, copies), graph.notes)


def copy_names(graph: Graph, only: str | None = None) -> dict[str, list[str]]:
    """What the copies of each repeated group of ``graph``, or of the one named, are called where it is ``unrolled``."""
    taken = set(graph.nodes)
    copies: dict[str, list[str]] = {}
    for node in graph:
        block = node.block
        if not isinstance(block, Group) or block.repeat == 1 or only not in (None, node.name):
            continue
        stem = node.name
        while any(f"{stem}_{number}" in taken for number in range(1, block.repeat + 1)):
            stem += "_"
        copies[node.name] = [f"{stem}_{number}" for number in range(1, block.repeat + 1)]
        taken.update(copies[node.name])
    return copies


def kept(group: Group, body: Graph) -> Group:
    """``group`` with another body; what it exposes follows a node that was renamed and goes with one that is gone."""
    names = renamed(group.body, body)
    pairs = ((names.get(node, node), name) for node, _, name in (each.rpartition(".") for each in group.exposed))
    exposed = tuple(f"{node}.{name}" for node, name in pairs if node in body and name in body[node].block.values)
    return dataclasses.replace(group, body=body, exposed=exposed)


def with_exposed(group: Group, node: str, parameter: str, value: object) -> Group:
    """``group`` with another value of a parameter of a block inside. Raises ``ParameterError``."""
    inner = group.body[node].block
    return dataclasses.replace(group, body=group.body.replace(node, type(inner)(**{**inner.values, parameter: value})))


def exposable(group: Group) -> list[tuple[str, list[str]]]:
    """The nodes inside with the parameters that may be exposed; an Input's size is what enters."""
    return [
        (node.name, [parameter.name for parameter in parameters(type(node.block))])
        for node in group.body
        if not node.is_input and parameters(type(node.block))
    ]


def with_body(graph: Graph, scope: tuple[str, ...], body: Graph) -> Graph:
    """``graph`` with another body in the group at this path of names; ``()`` is the graph itself.

    Wires to Inputs that the body no longer has are dropped.
    """
    if not scope:
        return body
    block = graph[scope[0]].block
    if not isinstance(block, Group):
        raise GraphError(f"{scope[0]} ({block.title}) is declared by its parameters.")
    return graph.replace(scope[0], kept(block, with_body(block.body, scope[1:], body)))


def followed(path: tuple[str, ...], old: Graph, new: Graph) -> tuple[str, ...]:
    """A path of names through the composites of ``old``, as it runs in ``new``, where some are called otherwise."""
    if not path or path[0] not in old:
        return path
    name = path[0] if path[0] in new else renamed(old, new).get(path[0], path[0])
    was, now = old[path[0]].block, new[name].block if name in new else None
    if isinstance(was, Group) and isinstance(now, Group):
        return (name, *followed(path[1:], was.body, now.body))
    return (name, *path[1:])


def group_at(graph: Graph, scope: tuple[str, ...]) -> Group:
    """The group at this path of names. Raises ``GraphError`` where something else is there."""
    *outer, name = scope
    for each in outer:
        graph = group_at(graph, (each,)).body
    block = graph[name].block
    if not isinstance(block, Group):
        raise GraphError(f"{name} ({block.title}) is declared by its parameters.")
    return block


def with_group(graph: Graph, scope: tuple[str, ...], group: Group) -> Graph:
    """``graph`` with another group at this path of names."""
    outer = scope[:-1]
    inner = group_at(graph, outer).body if outer else graph
    return with_body(graph, outer, inner.replace(scope[-1], group))


def grouped(
    graph: Graph, names: Iterable[str], shape: Callable[[str], Shape | None], label: str = "Group"
) -> tuple[Graph, str]:
    """``graph`` with these nodes folded into one Group, and the name of its node.

    ``shape`` tells the shape of what comes out of a node, where it is known. Raises ``GraphError`` with a sentence
    where the nodes cannot be one block. Frames of which none stays outside come inside; a frame round them all stays.
    """
    chosen = [node for node in graph if node.name in set(names) and not node.is_input]
    if not chosen:
        raise GraphError("Select the blocks to group first; the Input of the network stays outside.")
    inside = {node.name for node in chosen}
    ends = [
        n.name for n in chosen if not (edges := graph.consumers[n.name]) or any(e.target not in inside for e in edges)
    ]
    if len(ends) != 1:
        raise GraphError(
            f"A group has one output, but {' and '.join(ends[:4])} all lead out of this selection. "
            "Select what joins them as well."
        )
    sources = list(dict.fromkeys(s for node in chosen for s in node.inputs if s is not None and s not in inside))
    if not sources:
        raise GraphError("Nothing enters this selection. Select blocks that something is wired to.")
    left = min(node.position[0] for node in chosen)
    top = min(node.position[1] for node in chosen)
    entries = _entries(graph, sources, inside, shape, (left, top))
    within = [frame for frame in graph.frames if frame.members <= inside]
    body = Graph.of((*entries.values(), *(_inside(node, entries) for node in chosen)), within)
    name = graph.fresh("group")
    fold = Node(name, Group(label, body), tuple(sources), (left, top))
    nodes: list[Node] = []
    for node in graph:
        if node.name == ends[0]:
            nodes.append(fold)
        elif node.name not in inside:
            inputs = [name if source == ends[0] else source for source in node.inputs]
            nodes.append(node.reading(inputs) if ends[0] in node.inputs else node)
    round_all = any(inside < frame.members for frame in graph.frames)
    rest = [frame for frame in graph.frames if frame not in within]
    shrunk = mapped(tuple(rest), dict.fromkeys(inside, (name,) if round_all else ()))
    try:
        return Graph.of(nodes, shrunk, graph.notes), name
    except GraphError as error:
        raise GraphError(
            "A wire leaves this selection and comes back into it. Select what lies between as well."
        ) from error


def _entries(
    graph: Graph,
    sources: list[str],
    inside: set[str],
    shape: Callable[[str], Shape | None],
    corner: tuple[float, float],
) -> dict[str, Node]:
    """An Input for each node outside that is read, to the left of what reads it."""
    entries: dict[str, Node] = {}
    taken = set(inside)
    for row, source in enumerate(sources):
        known = shape(source)
        name = next(f"input{n}" for n in range(1, len(taken) + 2) if f"input{n}" not in taken)
        taken.add(name)
        size = Input(tuple(known)) if known else Input()
        entries[source] = Node(name, size, (), (corner[0] - 268.0, corner[1] + 104.0 * row))
    return entries


def _inside(node: Node, entries: dict[str, Node]) -> Node:
    return node.reading([entries[source].name if source in entries else source for source in node.inputs])
