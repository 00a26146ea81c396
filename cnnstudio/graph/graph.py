"""Graph: a network as a value. Every edit is a method that returns a new graph; nothing here ever changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from cnnstudio.graph.annotations import HUES, Frame, Note, checked_frames, mapped
from cnnstudio.graph.block import Block
from cnnstudio.graph.digraph import digraph
from cnnstudio.graph.names import checked_name, fresh_name
from cnnstudio.graph.node import Bends, Edge, GraphError, Node, Position, shifted


@dataclass(frozen=True)
class Graph:
    """Nodes by name, in the order in which they were added; the frames round them and the notes, from back to front.

    Equal graphs have equal nodes in any order, equal frames and equal notes. ``Graph()`` is the empty network;
    ``Graph.of(nodes)`` checks that names are unique, that every input exists and that nothing runs in a circle.
    """

    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    frames: tuple[Frame, ...] = ()
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(cls, nodes: Iterable[Node], frames: Iterable[Frame] = (), notes: Iterable[Note] = ()) -> Graph:
        """A graph of these nodes, with these frames round them and these notes beside them.

        Raises ``GraphError`` for a repeated name, a missing input, a cycle, and a frame round a node that is not there
        or that another frame holds.
        """
        made: dict[str, Node] = {}
        for node in nodes:
            if node.name in made:
                raise GraphError(f"Two blocks are called {node.name}.")
            made[node.name] = node
        done: set[str | None] = {None}  # an open port
        in_order = True
        for name, node in made.items():
            for source in node.inputs:
                if source not in done:
                    in_order = False
                    if source not in made:
                        raise GraphError(f"{name} reads from {str(source)[:60]}, which does not exist.")
            done.add(name)
        graph = cls(MappingProxyType(made), checked_frames(frames, made), tuple(notes))
        if in_order:  # as nearly always: each reads what stands before it, so there is no circle
            graph.__dict__["order"] = tuple(made)
        elif circle := _cycle(graph):
            raise GraphError(f"The network runs in a circle: {' → '.join(circle)}.")
        return graph

    @classmethod
    def drawn(cls, nodes: Mapping[str, Node], order: tuple[str, ...]) -> Graph:
        """The same as ``Graph(nodes)`` where the order of the names is known, at a third of the cost."""
        made = object.__new__(cls)
        object.__setattr__(made, "__dict__", {"nodes": nodes, "order": order})  # frames and notes are the class's own
        return made

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
        return hash((frozenset(self.nodes.values()), self.frames, self.notes))

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
    def order(self) -> tuple[str, ...]:
        """The names so that every node comes after what it reads; otherwise as they were added.

        Depth first, so that what a node reads is finished, branch after branch, just before it, as a person writes it.
        """
        done: dict[str | None, None] = {None: None}  # an open port waits for nothing
        for name, node in self.nodes.items():  # nearly always they were added in such an order
            if not all(map(done.__contains__, node.inputs)):
                break
            done[name] = None
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
        nodes = self.nodes.values()
        read = set().union(*[node.inputs for node in nodes])
        return tuple([node for node in nodes if node.name not in read])

    @cached_property
    def acting(self) -> Graph:
        """The network that is built and trained, in which bypassed nodes are wires, unless nothing enters them.

        It lacks as well what leads to nothing but the other ports of bypassed nodes.
        """
        bypassed = [node.name for node in self if node.bypassed and self.passed(node.name) is not None]
        if not bypassed:
            return self
        healed = self.remove(*bypassed, heal=True)
        ends = {self.passed(node.name) or node.name for node in self.outputs}
        used = set[str]().union(*(healed._upstream(end) for end in ends))
        return healed.remove(*(name for name in healed.nodes if name not in used))

    def passed(self, name: str | None) -> str | None:
        """The node whose result leaves this one: itself, or what a bypassed one passes on, where something enters."""
        while name is not None and self.nodes[name].bypassed:
            name = self.nodes[name].inputs[0]
        return name

    def bends(self, edge: Edge) -> Bends:
        """Where this wire bends, from its source on."""
        return self.nodes[edge.target].bends_into(edge.port)

    def ancestors(self, name: str) -> frozenset[str]:
        """Every node that ``name`` depends on."""
        return frozenset(self._upstream(name)) - {name}

    def descendants(self, name: str) -> frozenset[str]:
        """Every node that depends on ``name``."""
        found, stack = {name}, [name]
        while stack:
            for edge in self.consumers[stack.pop()]:
                if edge.target not in found:
                    found.add(edge.target)
                    stack.append(edge.target)
        return frozenset(found) - {name}

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
        return Graph.of((*self, *nodes), self.frames, self.notes)

    def remove(self, *names: str, heal: bool = False) -> Graph:
        """Without these nodes and their wires; ``heal`` joins what a removed node read first to what read it."""
        gone = {name for name in names if name in self}

        def kept(source: str | None) -> str | None:
            while source in gone:
                inputs = self.nodes[source].inputs if heal else ()
                source = inputs[0] if inputs else None
            return source

        rest = (
            node.reading([kept(source) for source in node.inputs]) if gone.intersection(node.inputs) else node
            for node in self
            if node.name not in gone
        )
        return self._with(rest, mapped(self.frames, dict.fromkeys(gone, ())))

    def replace(self, name: str, block: Block) -> Graph:
        """With another block in this node; wires that it has no port for are dropped."""
        node, most = self.nodes[name], block.arity.most
        bypassed = node.bypassed and most != 0
        return self._changed(dataclasses.replace(node, block=block, inputs=node.inputs[:most], bypassed=bypassed))

    def rename(self, name: str, new: str) -> Graph:
        """With this node called ``new``. Raises ``NamingError`` or ``GraphError`` where that may not be."""
        checked_name(new)
        if new == name:
            return self
        if new in self:
            raise GraphError(f"There is already a block called {new}.")
        return self.rename_all({name: new})

    def rename_all(self, names: Mapping[str, str]) -> Graph:
        """With these nodes called otherwise, old name -> new; the new names are good and free."""
        nodes = (
            dataclasses.replace(
                node,
                name=names.get(node.name, node.name),
                inputs=tuple(source if source is None else names.get(source, source) for source in node.inputs),
            )
            if node.name in names or not names.keys().isdisjoint(node.inputs)
            else node
            for node in self
        )
        return self._with(nodes, mapped(self.frames, {name: (new,) for name, new in names.items()}))

    def connect(self, source: str, target: str, port: int = 0) -> Graph:
        """With a wire from ``source`` to that port; what was plugged in there before is unplugged.

        Raises ``GraphError`` for a port that is not there and for a wire that would close a circle.
        """
        if refusal := self.refusal(source, target, port):
            raise GraphError(refusal)
        node = self.nodes[target]
        inputs = [*node.inputs, *[None] * (port + 1 - len(node.inputs))]
        inputs[port] = source
        return self._changed(node.reading(inputs))

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
            bends = node.bends[: edge.port] + node.bends[edge.port + 1 :]
            return self._changed(dataclasses.replace(node, inputs=tuple(inputs), bends=bends))
        inputs[edge.port] = None
        return self._changed(node.reading(inputs))

    def insert(self, edge: Edge, node: Node) -> Graph:
        """With ``node`` spliced into this wire: it reads the source first, and the target reads it.

        Where both ends of the wire are in one frame, the node joins it.
        """
        spliced = dataclasses.replace(node, inputs=(edge.source, *node.inputs[1:]))
        return self.add(spliced).connect(node.name, edge.target, edge.port).join((node.name,), edge)

    def move(self, positions: Mapping[str, Position]) -> Graph:
        """With these nodes elsewhere; name -> top left corner in scene pixels. Wires between them keep their form."""
        steps = {  # to a thousandth of a pixel: the same step from two places comes out a little different
            name: (round(x - self.nodes[name].position[0], 3), round(y - self.nodes[name].position[1], 3))
            for name, (x, y) in positions.items()
            if name in self
        }

        def moved(node: Node) -> Node:
            x, y = positions[node.name]
            rows = zip(node.inputs, node.bends, strict=False)
            bends = tuple(
                shifted(row, steps[node.name]) if source is not None and steps.get(source) == steps[node.name] else row
                for source, row in rows
            )
            return dataclasses.replace(node, position=(float(x), float(y)), bends=bends)

        return self._changed(*(moved(self.nodes[name]) for name in steps))

    def bend(self, edge: Edge, bends: Bends) -> Graph:
        """With this wire passing these places on its way. Raises ``GraphError`` for too many, and for no such wire."""
        if edge not in self.nodes[edge.target].edges:
            raise GraphError(f"There is no wire from {edge.source} to {edge.target} to bend.")
        return self._changed(self.nodes[edge.target].bent(edge.port, bends))

    def straighten(self, names: Iterable[str]) -> Graph:
        """With no bends in the wires that enter and leave these nodes."""
        ends = set(names)

        def straight(node: Node) -> Node:
            rows = zip(node.inputs, node.bends, strict=False)
            bends = tuple(() if node.name in ends or source in ends else row for source, row in rows)
            return dataclasses.replace(node, bends=bends)

        return self._changed(*(straight(node) for node in self if node.bends))

    def bypass(self, names: Iterable[str], on: bool = True) -> Graph:
        """With these nodes bypassed, or not. Raises ``GraphError`` for one that has no input to pass on."""
        changed = (self.nodes[name] for name in names if name in self and self.nodes[name].bypassed != on)
        return self._changed(*(dataclasses.replace(node, bypassed=on) for node in changed))

    def add_note(self, note: Note) -> Graph:
        """With this note before all others."""
        return Graph(self.nodes, self.frames, (*self.notes, note))

    def replace_note(self, old: Note, new: Note) -> Graph:
        """With this note in the place of that one, if that is there."""
        if old not in self.notes:
            return self
        index = self.notes.index(old)
        return Graph(self.nodes, self.frames, (*self.notes[:index], new, *self.notes[index + 1 :]))

    def remove_note(self, note: Note) -> Graph:
        """Without this note."""
        index = self.notes.index(note) if note in self.notes else len(self.notes)
        return Graph(self.nodes, self.frames, self.notes[:index] + self.notes[index + 1 :])

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

    def subgraph(self, names: Iterable[str], notes: Iterable[Note] = ()) -> Graph:
        """These nodes alone, in the order of this graph, with the frames of which none stays behind, and these notes.

        Wires from outside are open ports.
        """
        kept = set(names)
        nodes = (
            node.reading([source if source in kept else None for source in node.inputs])
            for node in self
            if node.name in kept
        )
        frames = tuple(frame for frame in self.frames if frame.members <= kept)
        return Graph(MappingProxyType({node.name: node for node in nodes}), frames, tuple(notes))

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
        found = {**self.nodes, **{node.name: node for node in nodes}}
        made = Graph(MappingProxyType(found), self.frames, self.notes)
        if all(node.inputs == self.nodes[node.name].inputs for node in nodes):
            # the wires are what they were, and so is what follows from them alone
            made.__dict__.update({key: known for key in _WIRING if (known := self.__dict__.get(key)) is not None})
        return made

    def _framed(self, frames: tuple[Frame, ...]) -> Graph:
        return self if frames == self.frames else Graph(self.nodes, frames, self.notes)

    def _with(self, nodes: Iterable[Node], frames: tuple[Frame, ...]) -> Graph:
        return Graph(MappingProxyType({node.name: node for node in nodes}), frames, self.notes)


_WIRING = ("edges", "consumers", "order")


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
    import networkx as nx  # takes a tenth of a second, and hardly any network runs in a circle

    edges = nx.find_cycle(digraph({node.name: [edge.source for edge in node.edges] for node in graph}))
    return [edges[0][0], *(edge[1] for edge in edges)]
