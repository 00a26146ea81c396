"""Pointing: what lies under the pointer, as words, as the pointer's own shape, and as what it opens or selects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from cnnstudio.graph.node import MOST_BENDS, whole
from cnnstudio.ui.canvas.scene.wire_bends import bends_of, leg_near
from cnnstudio.ui.canvas.tools.bend_tool import BendTool
from cnnstudio.ui.canvas.tools.tool import CTRL, SHIFT, Pointer, PressTool, Tool, tool_for

if TYPE_CHECKING:
    from cnnstudio.graph import Edge
    from cnnstudio.ui.canvas.scene.hit import Hit
    from cnnstudio.ui.canvas.view import CanvasView


def words_at(view: CanvasView, place: QPointF) -> str:
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


def shape_over(view: CanvasView, hit: Hit, pointer: Pointer) -> Qt.CursorShape:
    """What the pointer looks like over this."""
    if hit.port is not None:
        return Qt.CursorShape.CrossCursor
    if hit.note is not None:
        corner = view.scene().notes.is_corner(hit.note, pointer.scene, view.zoom)
        link = Qt.CursorShape.PointingHandCursor if view.scene().notes.link_at(pointer.scene, view.zoom) else None
        return Qt.CursorShape.SizeFDiagCursor if corner else link or Qt.CursorShape.SizeAllCursor
    return Qt.CursorShape.SizeAllCursor if hit.frame else Qt.CursorShape.ArrowCursor


def select_under(view: CanvasView, place: QPoint) -> None:
    """Select what a menu that is asked for at this place of the view shall be about."""
    hit = view.scene().hit_test.at(view.mapToScene(place), view.zoom)
    plain = Pointer(QPointF(), place, Qt.KeyboardModifier.NoModifier)
    if hit.node is not None and hit.node not in view.document.selection:
        view.click_node(hit.node, plain)
    elif hit.edge is not None:
        view.click_wire(hit.edge, plain)
    elif hit.note is not None and hit.note not in view.scene().notes.chosen:
        view.select_notes((hit.note,))
    elif hit.frame is not None:
        view.click_frame(hit.frame, plain)


def second_tool_for(view: CanvasView, pointer: Pointer) -> Tool:
    """The tool that the second press of a double click begins: it opens what lies there, unless it is dragged.

    Then it does what a first press would; on a wire, the bend that it makes there follows the pointer.
    """
    tool, hit = tool_for(view, pointer), view.scene().hit_test.at(pointer.scene, view.zoom)
    if not isinstance(tool, PressTool) or pointer.holds(SHIFT) or pointer.holds(CTRL):
        return tool
    edge, drag = hit.edge, tool.drag
    if edge is not None and hit.bend is None and len(view.scene().graph.bends(edge)) < MOST_BENDS:
        drag = lambda: _new_bend(view, pointer, edge)  # noqa: E731 - one of two ways
    return PressTool(view, pointer, lambda at: _open(view, hit, at), drag)


def _new_bend(view: CanvasView, pointer: Pointer, edge: Edge) -> Tool:
    wire = view.scene().wires[edge]
    bends = bends_of(wire.ends, wire.bends)
    leg = leg_near(pointer.scene, wire.start, bends, wire.end)
    return BendTool(view, pointer, (edge, leg), (*bends[:leg], whole(pointer.scene.toTuple()), *bends[leg:]))


def _open(view: CanvasView, hit: Hit, at: Pointer) -> None:
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
        view.click_wire(None, at)
        view.quick_add(at.view)
