"""Editor: the commands of the canvas, a method each, for menus and shortcuts to bind. Gestures are in ``view``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QCursor

from cnnstudio.blocks.group import grouped
from cnnstudio.compiler.inference import infer
from cnnstudio.editing.alignment import Side, aligned, distributed, shifted, snapped, taken_in, without
from cnnstudio.editing.assembly import merged
from cnnstudio.editing.bypass import consequence, turned
from cnnstudio.editing.insertion import beside, is_in_the_way, settled, ungrouped
from cnnstudio.editing.removal import removal, removed
from cnnstudio.editing.wires import added
from cnnstudio.graph import Block, Composite, Edge, Frame, Graph, GraphError, Node, Note, Position
from cnnstudio.graph.annotations import HUES, next_hue
from cnnstudio.graph.node import whole
from cnnstudio.layout.layout import arranged
from cnnstudio.layout.metrics import GAP, HEIGHT, WIDTH
from cnnstudio.layout.splice import spliced
from cnnstudio.ui.canvas.camera import Camera
from cnnstudio.ui.canvas.commands import clipboard
from cnnstudio.ui.canvas.scene.note_item import moved


class Editor(Camera):
    """A camera with hands. Every command is one step of undo, or a sentence why not."""

    snaps = False  # whether moved and new nodes fall on the grid
    is_editing = False  # while an edit of the canvas's own is made

    def edit(self, text: str, graph: Graph | None, merge: str | None = None) -> bool:
        """Make ``graph`` the network; refused in words inside a composite, where ``graph`` may be None."""
        self.is_editing = True
        self.document.edit_graph(text, graph if graph is not None else self.document.view_graph, merge)
        self.is_editing = False
        return not self.document.is_read_only

    def attempt(self, text: str, change: Callable[[Graph], Graph]) -> bool:
        """``edit`` with what ``change`` makes of the network; a refusal becomes a sentence."""
        if self.document.is_read_only:
            return self.edit(text, None)
        try:
            return self.edit(text, change(self.document.view_graph))
        except GraphError as error:
            self.document.said.emit(str(error))
            return False

    @property
    def chosen(self) -> tuple[str, ...]:
        """The selected nodes."""
        graph = self.scene().graph
        return tuple(name for name in self.document.selection if name in graph)

    # adding

    def add_block(self, block: Block, at: QPointF, after: str | None = None, edge: Edge | None = None) -> str | None:
        """Add a node with its middle there: behind ``after``, or spliced into ``edge``, or alone; its name."""
        place: Position = (at.x() - WIDTH / 2, at.y() - HEIGHT / 2)
        place = snapped(place) if self.snaps else whole(place)
        name = self.document.view_graph.fresh(block.stem)

        def change(graph: Graph) -> Graph:
            if edge is not None:
                return spliced(graph, edge, Node(name, block, (), place))
            return settled(added(graph, block, place, after)[0], name, self.scene().frames.under(at))

        if not self.attempt(f"Add {block.title}", change):
            return None
        self.document.select((name,))
        return name

    # removing

    def delete(self, heal: bool = False) -> None:
        """Remove what is selected; with ``heal``, what a node read is read by its readers instead."""
        names, wires, notes = self.chosen, self.scene().selected_wires, self.scene().notes.chosen
        if not names and not wires and not notes:
            return
        self.attempt(removal(names, wires, notes), lambda graph: removed(without(graph, notes), names, wires, heal))

    def delete_and_heal(self) -> None:
        """Remove the selected nodes and join the wires that they leave open."""
        self.delete(heal=True)

    def bypass(self) -> None:
        """Let the selected nodes pass on what enters them, or act again; a word on what that breaks further on."""
        names, before = self.chosen, self.document.view_analysis
        if not names:
            self.document.said.emit("Select the blocks to bypass first.")
            return
        try:
            text, graph = turned(before.graph, names)
        except GraphError as error:
            self.document.said.emit(str(error))
            return
        if self.edit(text, graph) and (words := consequence(before, self.document.view_analysis)):
            self.document.said.emit(words)

    # the clipboard

    def copy(self) -> None:
        """Put the selected nodes and notes on the clipboard as text."""
        if self.chosen or self.scene().notes.chosen:
            clipboard.copy(self.scene().graph, self.chosen, self._chosen_notes())

    def cut(self) -> None:
        """Copy the selected nodes and notes and remove them."""
        names, notes = self.chosen, self.scene().notes.chosen
        if (names or notes) and not self.document.is_read_only:
            self.copy()
            self.attempt("Cut", lambda graph: without(graph, notes).remove(*names))

    def _chosen_notes(self) -> tuple[Note, ...]:
        """The selected notes, from back to front."""
        scene = self.scene()
        return tuple(note for note in scene.graph.notes if note in scene.notes.chosen)

    def paste(self, keep_inputs: bool = False) -> None:
        """Add the nodes on the clipboard at the pointer; with ``keep_inputs`` they read what the originals read."""
        try:
            other = clipboard.pasted()
        except clipboard.ClipboardError as error:
            self.document.said.emit(str(error))
            return
        made = self._merge("Paste", other, self._pasting(other), keep_inputs)
        if not (made.isNull() or self.visible().contains(made.center())):
            self.bring_in(made)

    def duplicate(self, keep_inputs: bool = False) -> None:
        """Add a copy of the selected nodes and notes beside them."""
        names, notes = self.chosen, self._chosen_notes()
        if names or notes:
            drop = self.scene().bounds_of_selected().height() + GAP[1]
            made = self._merge("Duplicate", self.scene().graph.subgraph(names, notes), (0.0, drop), keep_inputs)
            if not made.isNull():
                self.bring_in(made)

    def _merge(self, text: str, other: Graph, offset: Position, keep_inputs: bool) -> QRectF:
        """Add a copy of ``other`` and select it; the box round it, a null one where nothing was added."""
        names: list[str] = []

        def change(graph: Graph) -> Graph:
            both, made = merged(graph, other, keep_inputs, whole(beside(graph, other, offset)))
            names.extend(made)
            return both

        if not self.attempt(text, change):
            return QRectF()
        self.document.select(tuple(names))
        self.scene().select_notes(self.scene().graph.notes[len(self.scene().graph.notes) - len(other.notes) :])
        return self.scene().bounds_of_selected()

    def _pasting(self, other: Graph) -> Position:
        """How far to move what is pasted, where that is free: with its corner to the pointer, or a little aside."""
        corners = [*(node.position for node in other), *(note.position for note in other.notes)]
        pointer = self.viewport().mapFromGlobal(QCursor.pos())
        if not (self.viewport().rect().contains(pointer) and self.underMouse()):
            return GAP[1], GAP[1]
        at = self.mapToScene(pointer)
        return at.x() - min(x for x, _ in corners), at.y() - min(y for _, y in corners)

    # selecting

    def select_all(self) -> None:
        """Select every node and every note."""
        self.document.select(tuple(self.scene().graph.nodes))
        self.scene().select_notes(self.scene().graph.notes)

    def select_none(self) -> None:
        """Select nothing."""
        self.document.select(())

    def select_upstream(self) -> None:
        """Add everything that the selected nodes depend on."""
        self._select_also(lambda graph, name: graph.ancestors(name))

    def select_downstream(self) -> None:
        """Add everything that depends on the selected nodes."""
        self._select_also(lambda graph, name: graph.descendants(name))

    def select_same_kind(self) -> None:
        """Add every node of the blocks that are selected."""
        self._select_also(
            lambda graph, name: frozenset(each.name for each in graph if type(each.block) is type(graph[name].block))
        )

    def _select_also(self, more: Callable[[Graph, str], frozenset[str]]) -> None:
        graph = self.scene().graph
        chosen = frozenset(self.chosen).union(*(more(graph, name) for name in self.chosen))
        self.document.select(tuple(name for name in graph.nodes if name in chosen), adds=True)

    # arranging

    def arrange(self) -> None:
        """Lay out the selected nodes, or the whole network when fewer than two are selected."""
        only = frozenset(self.chosen) if len(self.chosen) > 1 else None
        self.attempt("Arrange", lambda graph: arranged(graph, only))
        if only is None:
            self.fit()

    def align(self, side: Side) -> None:
        """Bring one side, or the middle, of the selected nodes in line."""
        names = self.chosen
        if len(names) > 1:
            self.attempt("Align", lambda graph: graph.move(aligned(graph, names, side)))

    def distribute(self, across: bool) -> None:
        """Put the selected nodes at equal distances, left to right (``across``) or top to bottom."""
        names = self.chosen
        if len(names) > 2:
            self.attempt("Distribute", lambda graph: graph.move(distributed(graph, names, across)))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected nodes and notes a little; nudges in a row are one step of undo."""
        names, notes = self.chosen, self._chosen_notes()
        if names or notes:
            places = shifted(self.scene().graph, names, dx, dy)
            key = f"nudge {' '.join(names)} {' '.join(str(self.scene().graph.notes.index(note)) for note in notes)}"
            self.edit("Nudge", self.moved_to(places, notes, dx, dy), merge=key)

    def moved_to(self, places: Mapping[str, Position], notes: Iterable[Note], dx: float, dy: float) -> Graph | None:
        """The network with these nodes in these places and these notes so much further; None where it is fixed."""
        if self.document.is_read_only:
            return None
        graph = self.document.view_graph.move(places)
        for note in notes:
            graph = graph.replace_note(note, moved(note, dx, dy))
        return graph

    # frames

    @property
    def chosen_frames(self) -> list[Frame]:
        """The frames of which a node is selected."""
        framed = self.scene().graph.framed
        return list(dict.fromkeys(framed[name] for name in self.chosen if name in framed))

    def select_frame(self, frame: Frame, adds: bool = False) -> None:
        """Select what is in this frame; unless it ``adds`` that, nothing else."""
        before = self.document.selection if adds else ()
        members = (name for name in self.scene().graph.nodes if name in frame.members)
        self.document.select(tuple(dict.fromkeys((*before, *members))), adds)

    def frame(self) -> None:
        """Put a frame round the selected nodes."""
        names = self.chosen
        if not names:
            self.document.said.emit("Select the blocks to put a frame round first.")
        elif any(frame.members == set(names) for frame in self.chosen_frames):
            self.document.said.emit(f"There is a frame round them already: {self.chosen_frames[0].title}.")
        else:
            titles = {frame.title for frame in self.scene().graph.frames}
            title = next(each for n in count(1) if (each := f"Frame {n}" if n > 1 else "Frame") not in titles)
            self.attempt("Frame", lambda graph: graph.frame(names, title, next_hue(graph.frames)))

    def unframe(self) -> None:
        """Take the selected nodes out of their frames; a frame that has no others goes."""
        frames = self.chosen_frames
        if not frames:
            self.document.said.emit("There is no frame round what is selected.")
            return
        gone = all(frame.members <= set(self.chosen) for frame in frames)
        self.attempt("Unframe" if gone else "Take out of the frame", lambda graph: graph.unframe(self.chosen))

    def join_frame(self) -> None:
        """Take the selected nodes that are in no frame into the one that others of them are in."""
        frames = self.chosen_frames
        if len(frames) != 1 or all(name in frames[0].members for name in self.chosen):
            self.document.said.emit("Select the blocks to take in, and one that is in the frame.")
            return
        members, names = frames[0].members, self.chosen
        self.attempt(f"Take into {frames[0].title}", lambda graph: taken_in(graph, members, names))

    def recolor_frame(self) -> None:
        """Give the frames of the selected nodes the next colour."""
        frames = self.chosen_frames

        def change(graph: Graph) -> Graph:
            for frame in frames:
                hue = HUES[(HUES.index(frame.hue) + 1) % len(HUES)] if frame.hue in HUES else HUES[0]
                graph = graph.reframe(frame, replace(frame, hue=hue))
            return graph

        if frames:
            self.attempt("Colour of the frame", change)

    def retitle(self, frame: Frame, title: str) -> None:
        """Give this frame another title."""
        self.attempt("Title of the frame", lambda graph: graph.reframe(frame, replace(frame, title=title)))

    # composites

    def enter(self, name: str | None = None) -> None:
        """Look inside this composite, or the selected one."""
        name = name or (self.chosen[0] if len(self.chosen) == 1 else None)
        if name is None:
            return
        if self.document.can_enter(name):
            self.document.enter((*self.document.scope, name))
        else:
            self.document.said.emit(f"{name} has no parts to look into.")

    def leave(self) -> None:
        """Back out of the composite that is open."""
        if self.document.scope:
            was = self.document.scope[-1]
            self.document.enter(self.document.scope[:-1])
            self.reveal(was)

    def group(self) -> None:
        """Fold the selected nodes into one block, a person's own composite."""
        names, made = self.chosen, list[str]()

        def change(graph: Graph) -> Graph:
            folded, name = grouped(graph, names, self.scene().shape_at)
            if is_in_the_way(folded, (name,)):  # as where the rows begin below the Input: then where the first stood
                first = next(each for each in graph.order if each in names and not graph[each].is_input)
                folded = folded.move({name: graph[first].position})
            made.append(name)
            return folded

        if self.attempt("Group", change):
            self.document.select(tuple(made))

    def ungroup(self) -> None:
        """Replace the selected composites by their parts."""
        graph, made = self.document.view_graph, list[str]()
        names = [name for name in self.chosen if isinstance(self.scene().graph[name].block, Composite)]
        if self.document.is_read_only or not names:
            self.document.said.emit(
                self.document.refusal
                if self.document.is_read_only
                else "Only a block that is made of blocks can be ungrouped: select one."
            )
            return
        try:
            for name in names:
                graph, parts = ungrouped(infer(graph), name)
                made += parts
        except GraphError as error:
            self.document.said.emit(str(error))
            return
        self.edit(f"Ungroup {', '.join(names)}", graph)
        self.document.select(tuple(made))
