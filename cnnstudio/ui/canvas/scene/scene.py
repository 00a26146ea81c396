"""CanvasScene: the document's graph as items. It follows the document and is never asked what the truth is."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from functools import lru_cache

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Edge, Facts, Note, Position, Shape
from cnnstudio.graph.diff import Diff, diff
from cnnstudio.layout.layout import arranged
from cnnstudio.ui.canvas.scene.bend_marks import Bend, BendMarks
from cnnstudio.ui.canvas.scene.cost_overlay import AS_BOTH, MEASURES, Share, SharesAs, shares
from cnnstudio.ui.canvas.scene.dragged import Carried
from cnnstudio.ui.canvas.scene.frame_item import Frames
from cnnstudio.ui.canvas.scene.geometry import bounds
from cnnstudio.ui.canvas.scene.hit import HitTest
from cnnstudio.ui.canvas.scene.item_scene import MANY, ItemScene
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.node_problems import problems_of
from cnnstudio.ui.canvas.scene.note_item import Notes
from cnnstudio.ui.canvas.scene.overview import Overview
from cnnstudio.ui.canvas.scene.style import Style
from cnnstudio.ui.canvas.scene.wire_item import WireItem
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import theme

_placed = lru_cache(maxsize=16)(arranged)  # the inside of a composite: code drew it, so nobody has placed its nodes
_SPARE = 1_000.0  # scene pixels round the nodes, and half their extent, before their index is made for another place


class CanvasScene(ItemScene):
    """One item a node and one item a wire, kept in step with ``document.view_graph`` by difference."""

    synced = Signal()  # the items agree with the document again

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self._by_keyboard = False  # whether the keyboard was used last, so that its place is shown
        self.analysis = Analysis(self.graph, {}, {})
        self.carried = Carried(self)
        self.overview = Overview(self, self.carried, self.bounds_of)
        self.frames = Frames(self)
        self.bends = BendMarks(self)
        self.notes = Notes(self, self.overview)
        self.hit_test = HitTest(self, self.frames, self.notes, self.bends)
        self.wide_wires = False
        self.measure: str | None = None
        self.shares_as = AS_BOTH
        self.fine_wires = False
        self._incident: dict[str, set[WireItem]] = {}  # by node
        self._shown: Mapping[str, Facts] = {}
        self._has_pictures = False
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self.setSceneRect(-_SPARE, -_SPARE, 2 * _SPARE, 2 * _SPARE)
        document.scope_changed.connect(self._forget_marks)
        document.scope_changed.connect(self._forget_focus)
        for signal in (document.changed, document.scope_changed, document.concealed_changed, document.learned):
            signal.connect(self._follow)
        document.times.changed.connect(self._show_shares)
        document.node_pictures.changed.connect(self._show_pictures)
        document.selection_changed.connect(self.show_selected)
        document.selection_replaced.connect(self._forget_marks)
        theme.changed.connect(self.restyle)
        self._follow()

    # following the document

    def _follow(self, *_: object) -> None:
        analysis = self.document.view_analysis
        graph = _placed(analysis.graph) if self.document.is_read_only else analysis.graph
        old, self.graph = self.graph, graph
        moved = old is not graph and self._apply(diff(old, graph))
        self._show_results(analysis)
        if self.measure is not None:
            self._show_shares()
        self._show_pictures()
        self.show_selected(self.document.selection)
        self.select_wires(self.selected_wires & self.wires.keys())
        self.heat(self.hot_wires & self.wires.keys())
        self.overview.invalidate(wires=True, bodies=moved)
        self.synced.emit()

    def _apply(self, difference: Diff) -> bool:
        """Bring the items in line; whether any body is now elsewhere or another."""
        bodies = bool(difference.added or difference.removed)
        for edge in difference.wires_removed:
            self._remove_wire(edge)
        for name in difference.removed:
            self.removeItem(self.nodes.pop(name))
            del self._incident[name]
            self._problems.pop(name, None)
        for name in difference.added:
            self.nodes[name] = item = NodeItem(self.graph[name], self.inks)
            self._incident[name] = set()
            self.addItem(item)
        moved = set(difference.moved)
        for name in difference.changed:
            item, node = self.nodes[name], self.graph[name]
            before = item.body, item.node.block.family, item.node.bypassed
            if name in moved:
                item.node = node
                item.place(*node.position)
            else:
                item.show_node(node)
            bodies |= before != (item.body, node.block.family, node.bypassed)
        self._repaint(len(difference.added) + len(difference.removed) + len(difference.changed))
        for edge in difference.wires_added:
            self._add_wire(edge)
        self._route({wire for name in difference.changed for wire in self._incident[name]})
        if difference.noted:
            self.notes.follow()
            self.marked.emit()
        bodies |= difference.reframed or difference.noted or bool(difference.bent)
        if bodies:
            self.frames.follow((*difference.added, *difference.changed))
        if bodies and not self.sceneRect().contains(around := self.bounds_of()):
            # Qt's index halves this rectangle again and again: where it is too large, all items are in one cell
            x, y = _SPARE + around.width() / 2, _SPARE + around.height() / 2
            self.setSceneRect(around.adjusted(-x, -y, x, y))
        return bodies

    def _add_wire(self, edge: Edge) -> None:
        self.wires[edge] = wire = WireItem(edge, self.inks)
        wire.wide, wire.fine = self.wide_wires, self.fine_wires
        self._incident[edge.source].add(wire)
        self._incident[edge.target].add(wire)
        self._route({wire})
        self.addItem(wire)

    def _remove_wire(self, edge: Edge) -> None:
        wire = self.wires.pop(edge)
        self._update_label(wire, 1)
        self.removeItem(wire)
        self.bends.wires.discard(edge)
        self._incident[edge.source].discard(wire)
        self._incident[edge.target].discard(wire)

    def _route(self, wires: Collection[WireItem]) -> None:
        for wire in wires:
            edge = wire.edge
            target = self.nodes[edge.target]
            ends = *self.nodes[edge.source].gives_at(), *target.takes_at(edge.port)
            self._update_label(wire, len(wires))
            if target.node.bends or wire.bends:
                self.bends.route(wire, ends)
            else:
                wire.place(ends)
            self._update_label(wire, len(wires))

    def _show_results(self, analysis: Analysis) -> None:
        self.analysis = analysis
        problems = problems_of(self.document, analysis)
        before, facts = self._shown, self.document.shown_analysis.facts
        self._shown = facts
        hidden = {name for name in self.nodes if self.document.conceals(name)} if self.document.concealed else ()
        told = 0
        for name, item in self.nodes.items():
            # a fact is cached by what it follows from, so the same fact is the same object
            known = facts.get(name)
            if known is not before.get(name) or problems.get(name) != self._problems.get(name) or not item.shape_out:
                shape = known.shape if known else None
                item.show_result(shape, name in analysis.errors, *problems.get(name, ("", "")), name in hidden)
                told += 1
        self._problems = problems
        self._repaint(told)
        errors = analysis.errors
        for edge, wire in self.wires.items():
            carried = facts.get(edge.source)
            faulty = edge.target in errors and carried is not None
            concealed = edge.source in hidden
            if carried is not wire.carried or faulty is not wire.faulty or concealed is not wire.concealed:
                self._update_label(wire, told)
                wire.show_result(carried, faulty, concealed)
                self._update_label(wire, told)

    def _update_label(self, wire: WireItem, changed: int) -> None:
        """Paint again what is written on this wire, which is outside of it, unless all is painted anyway."""
        if changed <= MANY and not wire.apart and wire.label is not None:
            self.repaint(wire.label[1])

    def _repaint(self, changed: int) -> None:
        """Paint everything again if so many items have changed that this is cheaper than the pieces."""
        if changed > MANY:
            self.repaint()

    def set_measure(self, name: str | None) -> None:
        """Show where the parameters, MACs, memory or time are (a key of ``MEASURES``), or no such thing."""
        self.measure = name
        self._show_shares()

    def set_shares_as(self, shares_as: SharesAs) -> None:
        """Show what is measured as a bar in each node, as heat over the whole canvas, or both."""
        self.shares_as = shares_as
        self._show_shares()

    def _show_shares(self) -> None:
        document, found = self.document, dict[str, Share]()
        if self.measure is not None:
            found = shares(document.shown_analysis, MEASURES[self.measure], document.view_times)
        for name, item in self.nodes.items():
            item.show_share(found.get(name), self.shares_as)
        self.overview.invalidate(bodies=True)

    def _show_pictures(self) -> None:
        found, told = self.document.node_pictures.in_view(self.document), self.document.node_pictures.told
        if found or self._has_pictures:
            turned = [item.body for name, item in self.nodes.items() if item.show_picture(found.get(name), told)]
            self._has_pictures = bool(found)
            exposed = [view.mapToScene(view.viewport().rect()).boundingRect() for view in self.views()]
            seen = [body for body in turned if any(each.intersects(body) for each in exposed)]
            for body in seen if len(seen) <= MANY else (None,):
                self.repaint(body)
            self.overview.invalidate()

    @property
    def marks_behind(self) -> Hashable:
        """The frames and notes that look otherwise than the graph has them: selected, or written in."""
        return self.frames.chosen, self.notes.chosen, self.notes.edited

    def show_selected(self, names: tuple[str, ...]) -> None:
        """Show these nodes as selected; the keyboard comes along where it is in use."""
        chosen = frozenset(names)
        if self.focused not in self.nodes:
            self.focused = None
        turned = self._selected ^ chosen
        if turned and self._by_keyboard:
            self._take_along(names, chosen - self._selected)
        for name in turned:
            if name in self.nodes:
                self.nodes[name].show_state(name in chosen, name == self.focused, len(turned) <= MANY)
        self._repaint(len(turned))
        self._selected = chosen
        if self.frames.follow_selection(chosen) or len(turned) > MANY:
            self.overview.invalidate()
        else:
            for name in turned & self.nodes.keys():
                self.overview.invalidate(within=self.nodes[name].body)

    def _take_along(self, names: tuple[str, ...], come: frozenset[str]) -> None:
        """Put the ring round the one node that has come to the selection, or the last of others than it was round."""
        is_other = self.focused not in names and (come or self.focused is None)
        there = next(iter(come)) if len(come) == 1 else names[-1] if names and is_other else None
        if there in self.nodes:
            self.focus_node(there)

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        self.inks = Style()
        self.frames.restyle()
        self.notes.restyle()
        items: list[NodeItem | WireItem] = [*self.nodes.values(), *self.wires.values()]
        for item in items:
            item.restyle(self.inks)
        self.overview.invalidate()
        self.repaint()

    # what the canvas itself marks: none of it is the project's

    def select_wires(self, edges: Iterable[Edge]) -> None:
        """Select these wires and no others."""
        self.bends.let_go()
        chosen = frozenset(edges)
        if chosen == self.selected_wires:
            return
        for edge in self.selected_wires ^ chosen:
            if edge in self.wires:
                self.wires[edge].show_state(selected=edge in chosen)
        self._repaint(len(self.selected_wires ^ chosen))
        self.selected_wires = chosen
        self.overview.invalidate()
        self.marked.emit()

    def choose_bend(self, bend: Bend) -> None:
        """Choose this bend, with its wire and nothing else."""
        self.document.select(())
        self.select_wires({bend[0]})
        self.bends.choose(bend)

    def select_notes(self, notes: Iterable[Note]) -> None:
        """Select these notes and no others."""
        self.notes.select(notes)
        self.marked.emit()

    def _forget_marks(self, *_: object) -> None:
        """Select no wire and no note: other nodes are, or those of another graph come."""
        if self.selected_wires or self.notes.chosen:
            self.select_wires(())
            self.select_notes(())

    def _forget_focus(self, *_: object) -> None:
        """Have the keyboard nowhere, though it is in use: the node that it was on is not in the graph that comes."""
        was = self._by_keyboard
        self.focus_node(None)
        self._by_keyboard = was

    def focus_node(self, name: str | None) -> None:
        """Put the ring of the keyboard round this node; with None the pointer is in use, and there is none."""
        self._by_keyboard = name is not None
        before, self.focused = self.focused, name
        turned = [each for each in (before, name) if before != name and each in self.nodes]
        for each in turned:
            self.nodes[each].show_state(each in self._selected, each == name)
            self.overview.invalidate(within=self.nodes[each].body)

    def heat(self, edges: Iterable[Edge]) -> None:
        """Make these wires, and no others, look as if the pointer were on them."""
        hot = frozenset(edges)
        if hot != self.hot_wires:
            for edge in self.hot_wires ^ hot:
                if edge in self.wires:
                    self.wires[edge].show_state(hot=edge in hot)
            turned = self.hot_wires ^ hot
            self._repaint(len(turned))
            self.hot_wires = hot
            if len(turned) > MANY:
                self.overview.invalidate()
            else:
                self.heated.emit([self.wires[edge] for edge in turned if edge in self.wires])

    def set_wide_wires(self, wide: bool) -> None:
        """Let the width of a wire grow with the channels it carries, or not."""
        self.wide_wires = wide
        for wire in self.wires.values():
            wire.wide = wide
            wire.repen()
        self.overview.invalidate()

    def set_fine_wires(self, fine: bool) -> None:
        """Let wires be as thin as the screen can show: from afar that looks alike, and Qt paints it far quicker."""
        if fine != self.fine_wires:
            self.fine_wires = fine
            for wire in self.wires.values():
                wire.fine = fine
                wire.repen()
            self.repaint()

    def place(self, positions: Mapping[str, Position], beside: Iterable[QRectF] = ()) -> None:
        """Show these nodes elsewhere while a gesture goes on; the document is told when it ends.

        ``beside`` is where the gesture paints something that goes with them.
        """
        moved: dict[str, tuple[float, float]] = {}
        wires: set[WireItem] = set()
        for name, (x, y) in positions.items():
            item = self.nodes[name]
            moved[name] = (x - item.at[0], y - item.at[1])
            item.place(x, y)
            wires |= self._incident[name]
        together = {wire for wire in wires if moved.get(wire.edge.source) == moved.get(wire.edge.target)}
        for wire in together:
            self._update_label(wire, len(together))
            wire.shift(*moved[wire.edge.source])
            self._update_label(wire, len(together))
        self._route(wires - together)
        self._repaint(len(positions))
        if self.frames.follow(positions) or not positions.keys() <= self.carried.names:
            self.overview.invalidate(wires=True, bodies=True)
        self.carried.shift(beside)
        self.overview.shift()

    def carry(self, names: Iterable[str]) -> None:
        """Lift these nodes, and no others, above the rest while a gesture moves them."""
        carried = frozenset(names) & self.nodes.keys()
        self.carried.take(carried, frozenset(wire.edge for name in carried for wire in self._incident[name]))
        self.overview.invalidate(wires=True, bodies=True)

    def settle(self, names: Iterable[str]) -> None:
        """Put these nodes back where the graph has them."""
        self.place({name: self.graph[name].position for name in names if name in self.nodes})

    # what lies where

    def bounds_of(self, names: Iterable[str] | None = None) -> QRectF:
        """The rectangle round these nodes, or round all with their frames and the notes."""
        if names is None:
            behind = *self.frames.rects.values(), *self.notes.rects(), *self.bends.rects()
            return bounds([*(item.body for item in self.nodes.values()), *behind])
        return bounds([self.nodes[name].body for name in names if name in self.nodes])

    def bounds_of_selected(self) -> QRectF:
        """The rectangle round the nodes and notes that are selected; a null one for none."""
        bodies = [self.nodes[name].body for name in self._selected if name in self.nodes]
        return bounds([*bodies, *self.notes.rects(self.notes.chosen)])

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands on it."""
        return not self.nodes and not self.graph.notes

    def shape_at(self, name: str | None) -> Shape | None:
        """The shape that leaves this node, where it is known."""
        return self.analysis.shape(name)
