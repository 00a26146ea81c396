"""Measures: those of the canvas beside those of nodes and frames, in scene pixels. Knows no Qt."""

from __future__ import annotations

from cnnstudio.graph.measures import FRAME_BAR, FRAME_PAD, GAP, HEIGHT, PORT_PITCH, WIDTH, node_height, node_size

GRID = 24.0  # the spacing of the dots; half of it is what nodes snap to
SNAP = GRID / 2

__all__ = [
    "FRAME_BAR", "FRAME_PAD", "GAP", "GRID", "HEIGHT", "PORT_PITCH", "SNAP", "WIDTH", "node_height", "node_size",
]  # fmt: skip
