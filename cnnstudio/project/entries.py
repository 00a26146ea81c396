"""Entries: what stands in a .cnn file, entry by entry, and how much of it there may be."""

from __future__ import annotations

from typing import Any

import msgspec

LARGEST = 8 * 2**20  # bytes of a file
MOST_NODES = 10_000
MOST_NOTES = 1_000
MOST_INPUTS = 1_000  # of one node
MOST_WIRES = 100_000


class NodeEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A node as it stands in the file."""

    name: str
    block: str
    parameters: dict[str, Any] = {}  # msgspec copies an empty default
    inputs: list[str | None] = []
    position: tuple[float, float] = (0.0, 0.0)
    bypassed: bool = False
    bends: list[list[tuple[float, float]]] = []  # of the wire into each port


class FrameEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A frame as it stands in the file."""

    title: str
    hue: int
    members: list[str]


class NoteEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A note as it stands in the file."""

    text: str
    position: tuple[float, float]
    size: tuple[float, float]
    hue: int


class BookmarkEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A bookmark as it stands in the file."""

    name: str
    center: tuple[float, float]
    zoom: float
    scope: list[str] = []


class BodyEntry(msgspec.Struct, forbid_unknown_fields=True):
    """The graph inside a group."""

    nodes: list[NodeEntry]
    frames: list[FrameEntry] = []
    notes: list[NoteEntry] = []


class ProjectFile(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    format: str
    version: int
    nodes: list[NodeEntry]
    frames: list[FrameEntry] = []
    notes: list[NoteEntry] = []
    bookmarks: list[BookmarkEntry] = []
    recipe: dict[str, Any] = {}
