"""Graph: a network as a value. Every edit is a method that returns a new graph; nothing here ever changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import networkx as nx

from cnnstudio.graph.block import Block
from cnnstudio.graph.frame import HUES, Frame, checked_frames, mapped
from cnnstudio.graph.names import checked_name, fresh_name
from cnnstudio.graph.node import Edge, GraphError, Node, Position


@dataclass(frozen=True)
class Graph:
    """Nodes by name, in the order in which they were added, and the frames round them, from back to front.

    Equal graphs have equal nodes in any order and equal frames. ``Graph()`` is the empty network;
    ``Graph.of(nodes)`` checks that names are unique, that every input exists and that nothing runs in a circle.
    """

    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    frames: tuple[Frame, ...] = ()

    @classmethod
    def of(cls, nodes: Iterable[Node], frames: Iterable[Frame] = ()) -> Graph:
        """A graph of these nodes, with these frames round them.

        Raises ``GraphError`` for a repeated name, a missing input, a cycle, and a frame round a node that is not there
        or that another frame holds.
        """
        made: dict[str, Node] = {}
        for node in nodes:
            if node.name in made:
                raise GraphError(f"Two nodes are called {node.name}.")
            made[node.name] = node
        for node in made.values():
            for source in node.inputs:
                if source is not None and source not in made:
                    raise GraphError(f"{node.name} reads from {source[:60]}, which does not exist.")
        graph = cls(MappingProxyType(made), checked_frames(frames, made))
        if circle := _cycle(graph):
            raise GraphError(f"The network runs in a circle: {' → '.join(circle)}.")
        return graph

    # what it holds

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((frozenset(self.nodes.values()), self.frames))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every wire."""
        return tuple(edge for node in self for edge in node.edges)

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Edge, ...]]:
        """Name -> the wires that leave that node."""
        leaving: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        for edge in self.edges:
            leaving[edge.source].append(edge)
        return {name: tuple(edges) for name, edges in leaving.items()}

    @cached_property
    def digraph(self) -> nx.DiGraph:
        """The same wires for networkx; read it, never change it."""
        made = nx.DiGraph()
        made.add_nodes_from(self.nodes)
        made.add_edges_from((edge.source, edge.target) for edge in self.edges)
        return made

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names so that every node comes after what it reads; otherwise as they were added.

        Depth first, so that what a node reads is finished, branch after branch, just before it, as a person writes it.
        """
        done: dict[str | None, None] = {None: None}  # an open port waits for nothing
        for root in self.nodes:
            stack = [root] if root not in done else []
            while stack:
                for source in self.nodes[stack[-1]].inputs:
                    if source not in done:
                        stack.append(source)  # type: ignore[arg-type] # None is done
                        break
                else:
                    done[stack.pop()] = None
        del done[None]
        return tuple(done)  # type: ignore[arg-type]

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes through which data enters, in the order in which they were added."""
        return tuple(node for node in self if node.is_input)

    @cached_property
    def outputs(self) -> tuple[Node, ...]:
        """The nodes whose result nobody reads."""
        read = {source for node in self for source in node.inputs}
        return tuple(node for node in self if node.name not in read)

    def ancestors(self, name: str) -> frozenset[str]:
        """Every node that ``name`` depends on."""
        return frozenset(nx.ancestors(self.digraph, name))

    def descendants(self, name: str) -> frozenset[str]:
        """Every node that depends on ``name``."""
        return frozenset(nx.descendants(self.digraph, name))

    @cached_property
    def framed(self) -> Mapping[str, Frame]:
        """Name -> the frame round that node, for those that have one."""
        return {name: frame for frame in self.frames for name in frame.members}

    def fresh(self, stem: str) -> str:
        """A name for a new node: stem1, stem2, ..."""
        return fresh_name(stem, self.nodes)

    # edits

    def add(self, *nodes: Node) -> Graph:
        """With these nodes added. Raises ``GraphError`` as ``of`` does."""
        return Graph.of((*self, *nodes), self.frames)

    def remove(self, *names: str, heal: bool = False) -> Graph:
        """Without these nodes and their wires; ``heal`` joins what a removed node read first to what read it."""
        gone = {name for name in names if name in self}

        def kept(source: str | None) -> str | None:
            while source in gone:
                inputs = self.nodes[source].inputs if heal else ()
                source = inputs[0] if inputs else None
            return source

        rest = (
            dataclasses.replace(node, inputs=tuple(kept(source) for source in node.inputs))
            if gone.intersection(node.inputs)
            else node
            for node in self
            if node.name not in gone
        )
        return self._with(rest, mapped(self.frames, dict.fromkeys(gone, ())))

    def replace(self, name: str, block: Block) -> Graph:
        """With another block in this node; wires that it has no port for are dropped."""
        node = self.nodes[name]
        return self._changed(dataclasses.replace(node, block=block, inputs=node.inputs[: block.arity.most]))

    def rename(self, name: str, new: str) -> Graph:
        """With this node called ``new``. Raises ``NamingError`` or ``GraphError`` where that may not be."""
        checked_name(new)
        if new == name:
            return self
        if new in self:
            raise GraphError(f"There is already a node called {new}.")
        nodes = (
            dataclasses.replace(
                node,
                name=new if node.name == name else node.name,
                inputs=tuple(new if source == name else source for source in node.inputs),
            )
            if node.name == name or name in node.inputs
            else node
            for node in self
        )
        return self._with(nodes, mapped(self.frames, {name: (new,)}))

    def connect(self, source: str, target: str, port: int = 0) -> Graph:
        """With a wire from ``source`` to that port; what was plugged in there before is unplugged.

        Raises ``GraphError`` for a port that is not there and for a wire that would close a circle.
        """
        if refusal := self.refusal(source, target, port):
            raise GraphError(refusal)
        node = self.nodes[target]
        inputs = [*node.inputs, *[None] * (port + 1 - len(node.inputs))]
        inputs[port] = source
        return self._changed(dataclasses.replace(node, inputs=tuple(inputs)))

    def refusal(self, source: str, target: str, port: int = 0) -> str | None:
        """Why this wire may not be, in a sentence, or None where it may. Linear in the size of the graph."""
        node = self.nodes[target]
        if not 0 <= port < node.ports:
            return f"{target} ({node.block.title}) has no input {port + 1}."
        if source == target or target in self._upstream(source):
            return (
                f"{target} already feeds {source}, so this wire would close a circle."
                if source != target
                else (f"{source} cannot read its own result.")
            )
        return None

    def disconnect(self, edge: Edge) -> Graph:
        """Without this wire. A block of any number of inputs closes the gap that is left."""
        node = self.nodes[edge.target]
        inputs = list(node.inputs)
        if node.block.arity.most is None and len(inputs) > node.block.arity.least:
            del inputs[edge.port]
        else:
            inputs[edge.port] = None
        return self._changed(dataclasses.replace(node, inputs=tuple(inputs)))

    def insert(self, edge: Edge, node: Node) -> Graph:
        """With ``node`` spliced into this wire: it reads the source first, and the target reads it.

        Where both ends of the wire are in one frame, the node joins it.
        """
        spliced = dataclasses.replace(node, inputs=(edge.source, *node.inputs[1:]))
        return self.add(spliced).connect(node.name, edge.target, edge.port).join((node.name,), edge)

    def move(self, positions: Mapping[str, Position]) -> Graph:
        """With these nodes elsewhere; name -> top left corner in scene pixels."""
        return self._changed(
            *(
                dataclasses.replace(self.nodes[name], position=(float(x), float(y)))
                for name, (x, y) in positions.items()
                if name in self
            )
        )

    def frame(self, names: Iterable[str], title: str = "Frame", hue: int = HUES[0]) -> Graph:
        """With a frame round these nodes, which leave the frames that they are in. Raises ``GraphError``."""
        made = Frame(title, hue, frozenset(names))
        return self._framed((*self.unframe(made.members).frames, *checked_frames((made,), self.nodes)))

    def unframe(self, names: Iterable[str]) -> Graph:
        """With these nodes taken out of their frames; a frame that nothing is left in is gone."""
        return self._framed(mapped(self.frames, dict.fromkeys(names, ())))

    def reframe(self, old: Frame, new: Frame) -> Graph:
        """With this frame in the place of that one: another title, hue, or other members, which leave their frames."""
        rest = self.unframe(new.members - old.members).frames
        return self._framed(checked_frames((new if frame == old else frame for frame in rest), self.nodes))

    def join(self, names: Iterable[str], edge: Edge) -> Graph:
        """With these nodes in the frame that holds both ends of this wire, where one does."""
        frame = self.framed.get(edge.source)
        if frame is None or edge.target not in frame.members:
            return self
        return self.reframe(frame, dataclasses.replace(frame, members=frame.members.union(names)))

    def subgraph(self, names: Iterable[str]) -> Graph:
        """These nodes alone, in the order of this graph, with the frames of which none stays behind.

        Wires from outside are open ports.
        """
        kept = set(names)
        nodes = (
            dataclasses.replace(node, inputs=tuple(source if source in kept else None for source in node.inputs))
            for node in self
            if node.name in kept
        )
        return self._with(nodes, tuple(frame for frame in self.frames if frame.members <= kept))

    def merge(self, other: Graph, keep_inputs: bool = False, offset: Position = (0.0, 0.0)) -> tuple[Graph, list[str]]:
        """With a copy of ``other`` beside it under free names; the new graph and those names.

        ``keep_inputs`` reads the copies' open ports from this graph where ``other``'s node of that name reads them.
        """
        taken = set(self.nodes)
        names: dict[str, str] = {}
        for node in other:
            stem = node.name.rstrip("0123456789") or node.block.stem
            names[node.name] = node.name if node.name not in taken else fresh_name(stem, taken)
            taken.add(names[node.name])

        def source_of(node: Node, port: int, source: str | None) -> str | None:
            if source is not None:
                return names[source]
            twin = self.nodes.get(node.name) if keep_inputs else None
            return twin.inputs[port] if twin is not None and port < len(twin.inputs) else None

        copies = [
            dataclasses.replace(
                node,
                name=names[node.name],
                inputs=tuple(source_of(node, port, source) for port, source in enumerate(node.inputs)),
                position=(node.position[0] + offset[0], node.position[1] + offset[1]),
            )
            for node in other
        ]
        frames = mapped(other.frames, {old: (new,) for old, new in names.items()})
        return Graph.of((*self, *copies), (*self.frames, *frames)), [copy.name for copy in copies]

    def expand(self, name: str, inner: Graph, prefix: bool = True) -> Graph:
        """With this node replaced by the nodes of ``inner``, whose Input nodes stand for what it read, in order.

        The new nodes are called name_inner, without ``prefix`` as they are called inside where that is free, and laid
        out round the place of the old node. They join its frame; where it has none, they keep those inside.
        """
        node = self.nodes[name]
        result = inner.outputs[0].name
        names: dict[str, str | None] = dict(zip((i.name for i in inner.inputs), node.inputs, strict=False))
        parts = [part for part in inner if part.name not in names]
        taken = set(self.nodes) - {name}
        for part in parts:
            wanted = f"{name}_{part.name}" if prefix else part.name
            names[part.name] = wanted if wanted not in taken else fresh_name(wanted, taken)
            taken.add(str(names[part.name]))
        left = min((part.position[0] for part in parts), default=0.0)
        top = min((part.position[1] for part in parts), default=0.0)
        made = [
            Node(
                str(names[part.name]),
                part.block,
                tuple(names[source] if source is not None else None for source in part.inputs),
                (node.position[0] + part.position[0] - left, node.position[1] + part.position[1] - top),
            )
            for part in parts
        ]
        nodes: list[Node] = []
        for old in self:
            if old.name == name:
                nodes += made
            else:
                inputs = tuple(names[result] if source == name else source for source in old.inputs)
                nodes.append(dataclasses.replace(old, inputs=inputs) if name in old.inputs else old)
        parts_of = {each: (str(names[each]),) if part in parts else () for each, part in inner.nodes.items()}
        within = () if name in self.framed else mapped(inner.frames, parts_of)
        return Graph.of(nodes, (*mapped(self.frames, {name: [part.name for part in made]}), *within))

    def _upstream(self, name: str) -> set[str]:
        seen = {name}
        stack = [name]
        while stack:
            for source in self.nodes[stack.pop()].inputs:
                if source is not None and source not in seen:
                    seen.add(source)
                    stack.append(source)
        return seen

    def _changed(self, *nodes: Node) -> Graph:
        """With these nodes in the place of those of the same name."""
        return Graph(MappingProxyType({**self.nodes, **{node.name: node for node in nodes}}), self.frames)

    def _framed(self, frames: tuple[Frame, ...]) -> Graph:
        return self if frames == self.frames else Graph(self.nodes, frames)

    @staticmethod
    def _with(nodes: Iterable[Node], frames: tuple[Frame, ...]) -> Graph:
        return Graph(MappingProxyType({node.name: node for node in nodes}), frames)


def _cycle(graph: Graph) -> list[str]:
    """The names along one circle, its first name again at the end, or nothing."""
    waiting = {node.name: len(set(node.inputs) - {None}) for node in graph}
    ready = [name for name, count in waiting.items() if count == 0]
    reads: dict[str, set[str]] = {name: {edge.target for edge in edges} for name, edges in graph.consumers.items()}
    while ready:
        for target in reads[ready.pop()]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    if not any(waiting.values()):
        return []
    edges = nx.find_cycle(graph.digraph)
    return [edges[0][0], *(edge[1] for edge in edges)]
