"""Wires: the commands that make and change wires without a pointer. The gestures that do the same are tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import cast

from PySide6.QtCore import QPoint, QPointF, Qt

from cnnstudio.editing.description import told_names
from cnnstudio.editing.wires import best_port, lifted, misfit, rewired
from cnnstudio.graph import Edge, Graph
from cnnstudio.layout.splice import along, spliced
from cnnstudio.ui.canvas.commands.adding import Asking
from cnnstudio.ui.canvas.pointer import Pointer
from cnnstudio.ui.canvas.scene.hit import Port
from cnnstudio.ui.canvas.scene.loose_wire import LooseWire
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.widgets.search import Entry

BESIDE = QPoint(30, 0)  # from a port to the list that is about it, in pixels
NO_KEYS = Qt.KeyboardModifier.NoModifier
NEW = "A new block…"


class Wiring(Asking):
    """An editor in which wires can be drawn, plugged in elsewhere and taken off by keyboard."""

    @property
    def current(self) -> str | None:
        """The node that commands by keyboard are about: the one walked to, or the only one selected."""
        name = self.scene().focused or (self.chosen[0] if len(self.chosen) == 1 else None)
        return name if name in self.scene().graph else None

    @property
    def chosen_wire(self) -> Edge | None:
        """The one wire that is selected."""
        wires = self.scene().selected_wires
        return next(iter(wires)) if len(wires) == 1 else None

    def ask_for_target(self) -> None:
        """Ask where a wire from the current node, or the end of the selected wire, shall go: the nearest port first."""
        old = self.chosen_wire
        name = old.source if old is not None else self.current
        if name is None or self.document.is_read_only:
            self.document.said.emit("Select one block, and its wire can be led to another.")
            return
        ports = [
            (item.input_at(port), Edge(name, other, port))
            for other, item in self._apart_from(self.scene().graph.ancestors(name) | {name})
            for port in range(item.ports)
        ]
        entries = self._entries(self.scene().nodes[name].output_at(), ports, old, lambda edge: edge.target)
        place = self.mapFromScene(self.scene().nodes[name].output_at()) + BESIDE
        note = f"From {name}" if entries else f"Nothing can read {name} yet"
        self.popup.ask(entries, place, self._plugging(old, name), hint="Wire to", note=note)

    def ask_for_source(self) -> None:
        """Ask what the current node, or the target of the selected wire, shall read; a new block can be that."""
        old = self.chosen_wire
        name = old.target if old is not None else self.current
        if name is None or self.document.is_read_only or not self.scene().nodes[name].ports:
            self.document.said.emit("Select one block that has inputs, and it can read another.")
            return
        item, graph = self.scene().nodes[name], self.scene().graph
        free = old.port if old is not None else best_port(graph, name)
        wanted = [free] if old is not None else [free, *(port for port in range(item.ports) if port != free)]
        entries: list[Entry] = []
        for port in wanted:
            ends = [
                (other.output_at(), Edge(source, name, port))
                for source, other in self._apart_from(graph.descendants(name) | {name})
            ]
            entries += self._entries(item.input_at(port), ends, old, lambda edge: edge.source)
        place = self.mapFromScene(item.input_at(free)) + BESIDE
        if old is None:
            entries.append(Entry(NEW, "", "input", Port(name, free)))
        self.popup.ask(entries, place, self._plugging(old, name), hint="Wire from", note=f"Into {name}")

    def _apart_from(self, circular: Iterable[str]) -> list[tuple[str, NodeItem]]:
        gone = frozenset(circular)
        return [(name, item) for name, item in self.scene().nodes.items() if name not in gone]

    def _entries(
        self, here: QPointF, ends: list[tuple[QPointF, Edge]], old: Edge | None, far: Callable[[Edge], str]
    ) -> list[Entry]:
        """The wires that fit, the nearest first, each by what is at its far end."""
        canvas = self.scene()
        able = [
            ((place - here).manhattanLength(), edge)
            for place, edge in ends
            if edge != old
            and edge not in canvas.wires
            and misfit(canvas.analysis, edge.source, edge.target, edge.port) is None
        ]
        able.sort(key=lambda entry: (entry[0], far(entry[1]), entry[1].port))
        return [
            Entry(
                far(edge),
                f"input {edge.port + 1}" if canvas.nodes[edge.target].ports > 1 else "",
                canvas.graph[far(edge)].block.family,
                edge,
            )
            for _, edge in able
        ]

    def _plugging(self, old: Edge | None, name: str) -> Callable[[object], None]:
        def plug(value: object) -> None:
            if isinstance(value, Port):
                place = self.scene().nodes[name].input_at(value.index or 0)
                view = self.mapFromScene(place) - BESIDE * 2
                self.offer_blocks(Pointer(self.mapToScene(view), view, NO_KEYS), LooseWire(target=value))
                return
            edge = cast(Edge, value)

            def change(graph: Graph) -> Graph:
                return rewired(graph, old, edge) if old else graph.connect(edge.source, edge.target, edge.port)

            if self.attempt(f"Connect {edge.source} to {edge.target}", change) and old is not None:
                self.scene().select_wires({edge} & self.scene().wires.keys())
            elif old is None:
                self.document.select((name,))
                self.scene().focus_node(name)

        return plug

    def lift(self) -> None:
        """Take the selected nodes off their wires, which heal behind them."""
        names = self.chosen
        if names:
            what = told_names(names)
            self.attempt(f"Lift {what} off the wires", lambda graph: lifted(graph, names))

    def ask_for_wire(self) -> None:
        """Ask into which wire the selected node shall be put: the nearest first."""
        name = self.current
        if name is None or self.document.is_read_only or self.scene().graph[name].block.arity.most == 0:
            self.document.said.emit("Select one block that has inputs, and it can be put on a wire.")
            return
        middle, graph = self.scene().nodes[name].body.center(), self.scene().graph
        rest = lifted(graph, (name,))
        near = sorted(
            (((item.middle - middle).manhattanLength(), edge) for edge, item in self.scene().wires.items()),
            key=lambda entry: entry[0],
        )
        entries = [
            Entry(f"{edge.source} → {edge.target}", shape, graph[edge.source].block.family, edge)
            for _, edge in near
            if name not in (edge.source, edge.target) and edge in rest.edges
            for shape in (str(self.scene().shape_at(edge.source) or ""),)
        ]

        def put(value: object) -> None:
            edge = cast(Edge, value)

            def change(graph: Graph) -> Graph:
                held = lifted(graph, (name,))
                return spliced(held, edge, replace(held[name], position=along(held, edge)))

            self.attempt(f"Put {name} on a wire", change)
            self.document.select((name,))
            self.bring_in(self.scene().nodes[name].body)

        place = self.mapFromScene(middle)
        self.popup.ask(
            entries, place, put, hint="Put on the wire", note=name if entries else "There is no wire to go on"
        )
