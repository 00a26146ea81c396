"""Bends: the commands about the bends of wires, a method each, for menus, gestures and keys to bind."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from cnnstudio.editing.alignment import snapped
from cnnstudio.graph import Edge, Graph
from cnnstudio.graph.node import MOST_BENDS, Bends, whole
from cnnstudio.ui.canvas.commands.editor import Editor
from cnnstudio.ui.canvas.scene.bend_marks import Bend
from cnnstudio.ui.canvas.scene.hit import Hit
from cnnstudio.ui.canvas.scene.wire_bends import bends_of, leg_near, longest_leg


class Bending(Editor):
    """An editor in which wires go round things."""

    @property
    def bent_wires(self) -> list[Edge]:
        """The selected wires that bend."""
        return sorted(self.scene().selected_wires & self.scene().bends.wires, key=str)

    def add_bend(self) -> None:
        """Bend the selected wire in the middle of its longest stretch, and choose the bend, for the arrow keys."""
        wires = self.scene().selected_wires
        if len(wires) != 1:
            self.document.said.emit("Select one wire to bend first.")
            return
        (edge,) = wires
        wire = self.scene().wires[edge]
        bends = bends_of(wire.ends, wire.bends)
        leg, place = longest_leg(wire.start, bends, wire.end)
        self._bend(edge, bends, leg, place)

    def turn_bend(self, hit: Hit, at: QPointF) -> None:
        """What a double click on a wire does: it bends there, or the bend that is there already goes."""
        if hit.edge is not None and hit.bend is not None:
            self.remove_bend((hit.edge, hit.bend))
        elif hit.edge is not None:
            wire = self.scene().wires[hit.edge]
            bends = bends_of(wire.ends, wire.bends)
            self._bend(hit.edge, bends, leg_near(at, wire.start, bends, wire.end), at)

    def _bend(self, edge: Edge, bends: Bends, leg: int, at: QPointF) -> None:
        if len(bends) >= MOST_BENDS:
            self.document.said.emit(f"A wire has {MOST_BENDS} bends at most.")
            return
        place = (snapped if self.snaps else whole)((at.x(), at.y()))
        made = (*bends[:leg], place, *bends[leg:])
        if self.attempt(f"Bend the wire to {edge.target}", lambda graph: graph.bend(edge, made)):
            self.scene().choose_bend((edge, leg))

    def move_bend(self, bend: Bend, bends: Bends, merge: str | None = None) -> None:
        """Give the wire of this bend these bends, of which this one may be new."""
        edge = bend[0]
        read_only = self.document.is_read_only
        graph = None if read_only else self.document.view_graph.bend(edge, bends)
        is_new = len(bends) > len(self.scene().graph.bends(edge))
        self.edit(f"Bend the wire to {edge.target}" if is_new else "Move a bend", graph, merge)
        if edge in self.scene().wires and bend[1] < len(self.scene().graph.bends(edge)):
            self.scene().choose_bend(bend)

    def remove_bend(self, bend: Bend) -> None:
        """Take a bend out of its wire, which stays selected."""
        edge, index = bend

        def change(graph: Graph) -> Graph:
            bends = graph.bends(edge)
            return graph.bend(edge, bends[:index] + bends[index + 1 :])

        if self.attempt("Remove a bend", change):
            self.scene().select_wires({edge})

    def straighten(self) -> None:
        """Take all bends out of the selected wires."""
        edges = self.bent_wires

        def change(graph: Graph) -> Graph:
            for edge in edges:
                graph = graph.bend(edge, ())
            return graph

        if edges:
            self.attempt("Straighten the wire" if len(edges) == 1 else f"Straighten {len(edges)} wires", change)

    def delete(self, heal: bool = False) -> None:
        if (bend := self.scene().bends.chosen) is not None and not self.chosen:
            self.remove_bend(bend)
        else:
            super().delete(heal)

    def nudge(self, dx: float, dy: float) -> None:
        bend = self.scene().bends.chosen
        if bend is None:
            super().nudge(dx, dy)
            return
        edge, index = bend
        bends = list(self.scene().graph.bends(edge))
        if index >= len(bends):
            return  # it is new, and still in the hand
        bends[index] = (bends[index][0] + dx, bends[index][1] + dy)
        self.move_bend(bend, tuple(bends), merge=f"nudge {edge} {index}")
