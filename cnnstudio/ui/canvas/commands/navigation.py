"""Navigation: the commands by which the keyboard goes from node to node, along wires, and to links in notes."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Signal
from PySide6.QtGui import QKeySequence

from cnnstudio.editing.alignment import Direction, neighbour
from cnnstudio.graph import Edge, Note
from cnnstudio.ui.canvas.commands.finding import Path, node_entries
from cnnstudio.ui.canvas.commands.wires import Wiring
from cnnstudio.ui.canvas.scene.note_item import host, links_of, rect_of
from cnnstudio.ui.widgets.search import Entry


class Walking(Wiring):
    """An editor that can be walked through. The node walked to has the ring round it and is in view."""

    menu_asked = Signal(QPoint)  # the place on the screen, after what lies there was selected
    unheeded = Signal(QKeySequence)  # keys were pressed that mean nothing here now
    stepped = Signal()  # the keyboard is on another wire or bend, though the view had it before
    activated = Signal(str)  # a node that has no inside was double-clicked, or Enter pressed on it

    def take_keyboard(self) -> None:
        """Put the ring round the current node, or the first in view, so that it is seen where the keyboard is."""
        seen, nodes = self.visible(), self.scene().nodes
        first = next((name for name in self.scene().graph.order if seen.contains(nodes[name].body)), None)
        self.scene().focus_node(self.current or first)

    def go_to(self, name: str, adds: bool = False) -> None:
        """Have the keyboard on this node and select it, beside what is selected if it ``adds``."""
        self.scene().select_wires(())
        self.scene().select_notes(())
        self.scene().focus_node(name)
        kept = tuple(each for each in self.chosen if each != name) if adds else ()
        self.document.select((*kept, name))
        self.show_node(name)

    def find_node(self) -> None:
        """Ask for a node by name or kind, wherever it lies, or for a note by what stands in it, and go there."""
        entries = [*node_entries(self.document.analysis, self.document.scope), *self.note_entries()]
        self.popup.ask(entries, None, self._go_to_found, hint="Find a block or a note")

    def _go_to_found(self, found: object) -> None:
        if isinstance(found, Note):
            self.reveal_note(found)
        else:
            *scope, name = cast(Path, found)
            self.document.enter(tuple(scope))
            self.reveal(name)

    def turn_selected(self) -> None:
        """Take the node that the keyboard is on out of the selection, or add it; the keyboard stays there."""
        name = self.current
        if name is None:
            self.document.said.emit("Go to a block first, and it can be selected or let go.")
            return
        kept = tuple(each for each in self.chosen if each != name)
        self.scene().focus_node(name)
        self.document.select(kept if name in self.chosen else (*kept, name))

    def walk(self, direction: Direction, adds: bool = False) -> None:
        """Go to the neighbour on that side; to the first node where none is selected."""
        graph = self.scene().graph
        here = self.current or (self.chosen[-1] if self.chosen else None)
        there = neighbour(graph, here, direction) if here is not None else next(iter(graph.order), None)
        if there is not None:
            self.go_to(there, adds)

    def step(self, by: int, adds: bool = False) -> None:
        """Go so many nodes on in the order in which data runs, from the last to the first; to an end at first."""
        order = self.scene().graph.order
        here = self.current or (self.chosen[-1] if self.chosen else None)
        if order:
            self.go_to(
                order[(order.index(here) + by) % len(order)] if here in order else order[0 if by > 0 else -1], adds
            )

    def step_wire(self, by: int) -> None:
        """Select the next wire of the node that the keyboard is on: those that enter it, port by port, then the others.

        The node itself is selected no more, so that what is done next is done to the wire.
        """
        graph, chosen = self.scene().graph, self.chosen_wire
        name = self.current or (chosen.target if chosen is not None else None)
        wires: list[Edge] = [*graph[name].edges, *graph.consumers[name]] if name is not None else []
        if name is None or not wires:
            self.document.said.emit(
                f"{name} has no wires." if name else "Select a block, and its wires can be gone through."
            )
            return
        at = wires.index(chosen) + by if chosen in wires else 0 if by > 0 else -1
        wire = wires[at % len(wires)]
        self.document.select(())
        self.scene().focus_node(name)
        self.scene().select_wires((wire,))
        if not self.visible().contains(self.scene().wires[wire].middle):
            self.show_node(wire.target if wire.source == name else wire.source)
        self.stepped.emit()

    def step_bend(self) -> None:
        """Choose the next bend of the selected wire, from its source on, and after the last the first."""
        edge, before = self.chosen_wire, self.scene().bends.chosen
        bends = self.scene().graph.bends(edge) if edge is not None else ()
        if edge is None or not bends:
            self.document.said.emit(
                "The wire has no bends." if edge else "Select one wire to go along its bends first."
            )
            return
        at = (before[1] + 1) % len(bends) if before is not None else 0
        self.scene().choose_bend((edge, at))
        self.bring_in(QRectF(QPointF(*bends[at]), QSizeF()))
        self.stepped.emit()

    def add_bend(self) -> None:
        super().add_bend()
        self.stepped.emit()

    def ask_link(self) -> None:
        """Ask which link of the selected note to follow; one alone is followed at once."""
        note = self.chosen_note
        links = links_of(self.scene().notes.text(note)) if note is not None else []
        if note is None or not links:
            self.document.said.emit("There is no link in this note." if note else "Select one note with a link first.")
        elif len(links) == 1:
            self.follow_link(links[0].address)
        else:
            entries = [Entry(link.words, host(link.address), "link", link.address, link.address) for link in links]
            place = self.mapFromScene(rect_of(note).topLeft())
            self.popup.ask(entries, place, lambda address: self.follow_link(str(address)), hint="Follow a link")

    def open_node(self) -> None:
        """Look inside the current node, or ask for what can be set in it."""
        name = self.current
        if name is not None and not self.document.can_enter(name):
            self.activated.emit(name)
        else:
            self.enter(name)

    def ask_menu(self, name: str | None = None) -> None:
        """Ask for the menu of this node, or of what is selected, beside it."""
        if name is not None and name not in self.chosen:
            self.go_to(name)
        name, wire, note = name or self.current or next(iter(self.chosen), None), self.chosen_wire, self.chosen_note
        place = self.viewport().rect().center()
        if note is not None:
            place = self.mapFromScene(rect_of(note).bottomLeft())
        elif wire is not None:
            place = self.mapFromScene(self.scene().wires[wire].middle)
        elif name is not None:
            place = self.mapFromScene(self.scene().nodes[name].body.bottomLeft())
        self.menu_asked.emit(self.viewport().mapToGlobal(place))

    def select_framed(self) -> None:
        """Select all that is in the frames of the selected nodes, so that it moves and goes as one."""
        members = frozenset[str]().union(*(frame.members for frame in self.chosen_frames))
        if not members:
            self.document.said.emit("There is no frame round what is selected.")
        else:
            self.document.select(tuple(name for name in self.scene().graph.nodes if name in members))
