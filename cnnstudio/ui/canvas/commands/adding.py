"""Adding: the commands of the canvas that open a list to choose from: a block, a port, a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from cnnstudio.blocks import Group
from cnnstudio.editing.alignment import snapped
from cnnstudio.editing.description import told_names
from cnnstudio.editing.insertion import settled
from cnnstudio.editing.replacement import alternatives, replaced
from cnnstudio.editing.wires import added, gives, reads, taken
from cnnstudio.graph import Arity, Block, Graph
from cnnstudio.graph.node import whole
from cnnstudio.layout.metrics import GAP, HEIGHT, WIDTH
from cnnstudio.ui.canvas.commands.block_entries import block_entries, own_entries
from cnnstudio.ui.canvas.commands.names import Naming
from cnnstudio.ui.canvas.pointer import Pointer
from cnnstudio.ui.canvas.scene.geometry import wire_path
from cnnstudio.ui.canvas.scene.loose_wire import LooseWire, connected, loose_ends
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import pen
from cnnstudio.ui.widgets.search import Entry
from cnnstudio.ui.widgets.search_popup import SearchPopup


class Asking(Naming):
    """An editor with a search field over it."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self.popup = SearchPopup(self)
        self._loose: tuple[LooseWire, QPointF] | None = None

    def quick_add(self, pos: QPoint | None = None) -> None:
        """Ask for a block to add at ``pos`` (in the viewport; at the pointer unless said).

        On a selected wire the block is spliced in; without ``pos``, behind the selected node it is wired to it, or
        spliced in where one other node reads that one.
        """
        if self.document.is_read_only:
            self.edit("", None)
            return
        place = pos if pos is not None else self.pointer_place()
        edge = next(iter(self.scene().selected_wires)) if len(self.scene().selected_wires) == 1 else None
        after = self.chosen[0] if pos is None and edge is None and len(self.chosen) == 1 else None
        source = edge.source if edge is not None else after
        at, note = self.mapToScene(place), ""
        if edge is not None:
            at, note = self.scene().wires[edge].middle, f"Into the wire {edge.source} → {edge.target}"
        elif after is not None:
            body = self.scene().nodes[after].body
            at = QPointF(body.right() + GAP[0] + WIDTH / 2, body.center().y())
            note = f"After {after}"
        carried = self.scene().shape_at(source)
        entries = self._addable(lambda block: source is None or reads(block, carried))

        def take(value: object) -> None:
            block = cast(Callable[[], Block], value)()
            readers = self.document.view_graph.consumers[after] if after is not None else ()
            goes_between = len(readers) == 1 and block.arity == Arity(1, 1)
            name = self.add_block(block, at, after=after, edge=readers[0] if goes_between else edge)
            if name is not None:
                self.bring_in(self.scene().nodes[name].body)

        self.popup.ask(entries, place, take, hint="Add a block", note=note)

    def offer_blocks(self, pointer: Pointer, wire: LooseWire) -> None:
        """Ask for the block that the free end of a wire, dropped here, shall enter or leave."""
        forward = wire.source is not None
        entries = self._addable(self._fitting(wire))
        self._loose = wire, pointer.scene

        def take(value: object) -> None:
            self._forget_loose()
            block = cast(Callable[[], Block], value)()
            left = pointer.scene.x() - (0.0 if forward else WIDTH)
            place = (left, pointer.scene.y() - HEIGHT / 2)
            names: list[str] = []

            def change(graph: Graph) -> Graph:
                graph, name = added(graph, block, snapped(place) if self.snaps else whole(place))
                names.append(name)
                return settled(connected(graph, wire, name), name, self.scene().frames.under(pointer.scene))

            if self.attempt(f"Add {block.title}", change):
                self.document.select(tuple(names))
                self.bring_in(self.scene().nodes[names[0]].body)

        note = f"Reads {wire.source}" if forward else f"Feeds {wire.target.name if wire.target else ''}"
        self.popup.ask(entries, pointer.view, take, hint="Add a block", note=note, give_up=self._forget_loose)
        self.viewport().update()

    def _addable(self, fits: Callable[[type[Block]], bool]) -> list[Entry]:
        """The blocks that are offered, and those of a person's own where all are."""
        own = () if self.document.offered else self.document.library.groups
        return [*block_entries(self.document.offered, fits), *own_entries(own)]

    def _fitting(self, wire: LooseWire) -> Callable[[type[Block]], bool]:
        """Which kinds of block can stand at the free end of this wire."""
        if wire.target is None:
            carried = self.scene().shape_at(wire.source)
            return lambda block: reads(block, carried)
        ranks = taken(self.scene().analysis, wire.target.name, wire.target.index or 0)
        return lambda block: gives(block, ranks)

    def ask_replacement(self) -> None:
        """Ask for the block that shall be in the place of the selected ones; wires and what both have stay."""
        names, own = self.chosen, self.document.library.groups
        able = alternatives([self.scene().graph[name].block for name in names], [kept.group for kept in own])
        if self.document.is_read_only:
            self.edit("", None)
            return
        if not able:
            alike = len({self.scene().graph[name].block.arity for name in names}) == 1
            self.document.said.emit(
                "No other block takes as many inputs."
                if alike
                else "Select a block to replace, or several that take as many inputs as each other."
            )
            return

        def take(value: object) -> None:
            other = value if isinstance(value, type) else cast(Callable[[], Group], value)()
            self.edit(*replaced(self.document.view_graph, names, other))

        what = told_names(names)
        place = self.mapFromScene(self.scene().nodes[names[0]].body.bottomLeft())
        entries = [entry for entry in block_entries(self.document.offered) if entry.value in able]
        entries += own_entries(kept for kept in own if kept.group in able and not self.document.offered)
        self.popup.ask(entries, place, take, hint="Replace by", note=f"In the place of {what}")

    def _forget_loose(self) -> None:
        self._loose = None
        self.viewport().update()

    def paint_loose_wire(self, painter: QPainter) -> None:
        """The wire that waits for its block while the list is open."""
        if self._loose is None:
            return
        wire, place = self._loose
        ends = (wire.source, wire.target.name if wire.target else None)
        if all(name is None or name in self.scene().nodes for name in ends):
            painter.setPen(pen(theme.color("accent"), 2.4))
            painter.setBrush(theme.color("canvas", 0.0))
            painter.drawPath(wire_path(*loose_ends(self.scene(), wire, place)))
