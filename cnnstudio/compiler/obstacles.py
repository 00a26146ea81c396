"""Obstacles: what keeps a graph from being written, in sentences that the source and the rules share."""

from __future__ import annotations

from functools import lru_cache

from cnnstudio.graph import Block, Composite, Shape

NO_INPUT = "The network has no input yet. Put an Input in front of it."
NO_LAYER = "The network has only an input yet. Put a layer behind it."


@lru_cache(maxsize=16_384)
def unwritable(block: Block, shapes: tuple[Shape, ...]) -> str:
    """Why this block, or one inside it, cannot be written; empty where all can."""
    if block.obstacle or not isinstance(block, Composite):
        return block.obstacle
    parts = block.parts(*shapes)
    inner = ((node.name, unwritable(node.block, parts.shapes_into(node))) for node in parts.graph)
    return next((f"Inside it, at {name}: {reason}" for name, reason in inner if reason), "")
