"""File format: what stands in a .cnn file, and how an older one is brought up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from cnnstudio.project.older_recipes import with_augmentations
from cnnstudio.project.project import ProjectError


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


class CorrectionEntry(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of a picture as it stands in the file."""

    data: str
    picture: str
    label: str = ""
    left_out: bool = False


class RunEntry(msgspec.Struct, forbid_unknown_fields=True):
    """The run that the project has its weights from, as it stands in the file."""

    folder: str
    epoch: int = 0


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
    run: RunEntry | None = None
    corrections: list[CorrectionEntry] = []
    recipe: dict[str, Any] = {}


FORMAT = "cnnstudio"
VERSION = 2

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: with_augmentations}
"""Version -> the function that makes a file of that version one of the next. It may raise anything on nonsense."""


def upgraded(found: dict[str, Any]) -> dict[str, Any]:
    """The content of a file as this version writes it. Raises ``ProjectError``."""
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ProjectError("Its version must be a whole number from 1.")
    if version > VERSION:
        shown = str(version) if version < 10**9 else "of many digits"
        raise ProjectError(
            f"It is of version {shown} and comes from a newer CNN Studio; this one reads up to version {VERSION}. "
            "Update CNN Studio to open it."
        )
    for older in range(version, VERSION):
        try:
            found = {**UPGRADES[older](found), "version": older + 1}
        except ProjectError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ProjectError(f"It is of version {older} and damaged, so it cannot be brought up to date.") from error
    return found
