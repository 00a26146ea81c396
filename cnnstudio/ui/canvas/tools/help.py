"""Help: what a pointer can do on the canvas, in words, for the page of help. Knows no Qt."""

from __future__ import annotations

GESTURES: dict[str, dict[str, str]] = {
    "Select": {
        "Click": "selects a block, a wire or a note; on the title of a frame, what is in it",
        "Shift + click": "adds it, or takes it away; Ctrl does the same",
        "Drag on the empty canvas": "selects what the box touches",
        "Shift + drag": "adds what the box touches",
        "Ctrl + Shift + drag": "takes what the box touches out of the selection",
        "Right-click": "shows what can be done with it",
    },
    "Add": {
        "Double-click on the empty canvas": "lists the blocks, to add one there",
        "Drag from the list of blocks": "adds a block; dropped on a wire, it is put into it",
        "Drag a wire to the empty canvas": "lists the blocks that fit there",
    },
    "Move": {
        "Drag a block": "moves all that is selected; it falls into line with its neighbours",
        "… and hold Ctrl": "leaves it just where the pointer has it",
        "… and hold Shift": "turns snapping to the grid on, or off where it is on",
        "Shift + drag": "takes a block off its wires, which close behind it",
        "Drop a block without wires on a wire": "puts it into the wire; in a frame, takes it in",
    },
    "Wires": {
        "Drag from a port": "draws a wire; only ports that can take it light up",
        "Drag an end of a wire": "plugs it in elsewhere, or out on the empty canvas",
        "Ctrl + drag on the empty canvas": "cuts the wires that it crosses; so do Alt + Shift + drag, and Y held",
        "Double-click a wire": "bends it there; drag before letting go, and the bend follows",
        "Double-click a bend": "takes it away",
    },
    "Look": {
        "Wheel": "comes nearer to the pointer, or goes away from it; so does a pinch, and with Ctrl the wheel always",
        "Middle button and drag": "moves what is seen; so do Space + drag, Alt + drag, and two fingers on a touchpad",
        "Click or drag on the map": "goes there",
        "Double-click a block": "looks inside it, or at what can be set",
        "Double-click a note or a title": "writes in it",
    },
    "While a button is held": {
        "Escape, or the right button": "gives up what is going on, without a change",
    },
}


def gestures() -> str:
    """The page of all gestures, in Markdown."""
    parts = (
        f"## {title}\n\n" + "\n".join(f"- **{gesture}** {does}." for gesture, does in those.items())
        for title, those in GESTURES.items()
    )
    return "\n\n".join(parts)
