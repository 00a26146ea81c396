"""Pointing: what lies under the pointer, in words, as the pointer's shape, and as the tool that a press begins."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from cnnstudio.graph import Edge
from cnnstudio.graph.node import MOST_BENDS, whole
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.pointer import ALT, CTRL, SHIFT, HeldKeys, Pointer
from cnnstudio.ui.canvas.scene.hit import Hit
from cnnstudio.ui.canvas.scene.wire_bends import bends_of, leg_near
from cnnstudio.ui.canvas.tools.bend_tool import BendTool, bend_tool
from cnnstudio.ui.canvas.tools.clicks import click_frame, click_node, click_wire
from cnnstudio.ui.canvas.tools.connect_tool import ConnectTool
from cnnstudio.ui.canvas.tools.move_tool import MoveTool
from cnnstudio.ui.canvas.tools.note_tool import note_tool
from cnnstudio.ui.canvas.tools.tool import KnifeTool, PanTool, PressTool, RubberBandTool, Tool


def words_at(view: Walking, place: QPointF) -> str:
    """What a tip says about this point of the scene; nothing where nothing lies."""
    canvas = view.scene()
    hit = canvas.hit_test.at(place, view.zoom)
    if hit.node is not None:
        return canvas.nodes[hit.node].sentence()
    if hit.edge is not None:
        wire = canvas.wires[hit.edge]
        way = "Drag the bend, or double-click to remove it." if hit.bend is not None else "Double-click to bend it."
        error = canvas.nodes[hit.edge.target].error if wire.faulty else ""
        return " ".join(filter(None, (wire.sentence(), way, error)))
    if hit.note is not None:
        address = canvas.notes.link_at(place, view.zoom)
        return f"Leads to {address}" if address else "A note. Drag it to move it, double-click to write in it."
    if hit.frame is not None:
        return f"{hit.frame.title}: a frame. Drag it to move its blocks, double-click to call it otherwise."
    return ""


def shape_over(view: Walking, hit: Hit, pointer: Pointer) -> Qt.CursorShape:
    """What the pointer looks like over this."""
    if hit.port is not None:
        return Qt.CursorShape.CrossCursor
    if hit.note is not None:
        corner = view.scene().notes.is_corner(hit.note, pointer.scene, view.zoom)
        link = Qt.CursorShape.PointingHandCursor if view.scene().notes.link_at(pointer.scene, view.zoom) else None
        return Qt.CursorShape.SizeFDiagCursor if corner else link or Qt.CursorShape.SizeAllCursor
    return Qt.CursorShape.SizeAllCursor if hit.frame else Qt.CursorShape.ArrowCursor


def select_under(view: Walking, place: QPoint) -> None:
    """Select what a menu that is asked for at this place of the view shall be about."""
    hit = view.scene().hit_test.at(view.mapToScene(place), view.zoom)
    plain = Pointer(QPointF(), place, Qt.KeyboardModifier.NoModifier)
    if hit.node is not None and hit.node not in view.document.selection:
        click_node(view, hit.node, plain)
    elif hit.edge is not None:
        click_wire(view, hit.edge, plain)
    elif hit.note is not None and hit.note not in view.scene().notes.chosen:
        view.select_notes((hit.note,))
    elif hit.frame is not None:
        click_frame(view, hit.frame, plain)


def tool_for(view: Walking, held: HeldKeys, pointer: Pointer) -> Tool:
    """The tool that a press of the left button begins here."""
    hit = view.scene().hit_test.at(pointer.scene, view.zoom)
    if pointer.holds(ALT) and pointer.holds(SHIFT):
        return KnifeTool(view, pointer)
    if held.space or pointer.holds(ALT):
        held.is_space_used = True
        return PanTool(view, pointer)
    if held.knife:
        return KnifeTool(view, pointer)
    if hit.port is not None:
        port = hit.port
        return PressTool(
            view,
            pointer,
            lambda at: click_node(view, port.name, at),
            lambda: ConnectTool.from_port(view, pointer, port),
        )
    if hit.node is not None:
        name = hit.node
        return PressTool(view, pointer, lambda at: click_node(view, name, at), lambda: MoveTool(view, pointer, name))
    if hit.note is not None:
        return note_tool(view, pointer, hit.note)
    if hit.frame is not None:
        frame = hit.frame
        return PressTool(
            view, pointer, lambda at: click_frame(view, frame, at), lambda: MoveTool.of_frame(view, pointer, frame)
        )
    if pointer.holds(CTRL) and not pointer.holds(SHIFT):
        return PressTool(view, pointer, lambda at: click_wire(view, hit.edge, at), lambda: KnifeTool(view, pointer))
    if hit.edge is not None and hit.bend is not None:
        return bend_tool(view, pointer, (hit.edge, hit.bend))
    if hit.edge is not None:
        edge, near_end = hit.edge, hit.share > 0.5
        if min(hit.share, 1 - hit.share) < 0.3:
            return PressTool(
                view,
                pointer,
                lambda at: click_wire(view, edge, at),
                lambda: ConnectTool.from_wire(view, pointer, edge, near_end),
            )
    return PressTool(view, pointer, lambda at: click_wire(view, hit.edge, at), lambda: RubberBandTool(view, pointer))


def second_tool_for(view: Walking, held: HeldKeys, pointer: Pointer) -> Tool:
    """The tool that the second press of a double click begins: it opens what lies there, unless it is dragged.

    Then it does what a first press would; on a wire, the bend that it makes there follows the pointer.
    """
    tool, hit = tool_for(view, held, pointer), view.scene().hit_test.at(pointer.scene, view.zoom)
    if not isinstance(tool, PressTool) or pointer.holds(SHIFT) or pointer.holds(CTRL):
        return tool
    edge, drag = hit.edge, tool.drag
    if edge is not None and hit.bend is None and len(view.scene().graph.bends(edge)) < MOST_BENDS:
        drag = lambda: _new_bend(view, pointer, edge)  # noqa: E731 - one of two ways
    return PressTool(view, pointer, lambda at: _open(view, hit, at), drag)


def _new_bend(view: Walking, pointer: Pointer, edge: Edge) -> Tool:
    wire = view.scene().wires[edge]
    bends = bends_of(wire.ends, wire.bends)
    leg = leg_near(pointer.scene, wire.start, bends, wire.end)
    return BendTool(view, pointer, (edge, leg), (*bends[:leg], whole(pointer.scene.toTuple()), *bends[leg:]))


def _open(view: Walking, hit: Hit, at: Pointer) -> None:
    if hit.node is not None and view.document.can_enter(hit.node):
        view.enter(hit.node)
    elif hit.node is not None:
        view.activated.emit(hit.node)
    elif hit.note is not None:
        view.edit_note(hit.note)
    elif hit.frame is not None:
        view.edit_title(hit.frame)
    elif hit.edge is not None:
        view.turn_bend(hit, at.scene)
    else:
        click_wire(view, None, at)
        view.quick_add(at.view)
