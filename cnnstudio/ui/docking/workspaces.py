"""Workspaces: which panels are open for what one is about to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QDockWidget


@dataclass(frozen=True)
class Workspace:
    """A name for what is done, and the ids of the panels that it needs; those in ``front`` are before the others."""

    id: str
    title: str
    icon: str
    front: tuple[str, ...]
    behind: tuple[str, ...]
    words: tuple[str, ...] = ()


WORKSPACES = (
    Workspace(
        "draw",
        "Draw",
        "pencil-simple",
        ("palette", "inspector", "problems"),
        ("outline", "summary", "source"),
        ("build", "design", "edit"),
    ),
    Workspace(
        "train",
        "Train",
        "play",
        ("training", "curves"),
        ("summary", "data", "augmentation", "runs", "problems"),
        ("learn", "run"),
    ),
    Workspace(
        "look",
        "Look",
        "eye",
        ("inspector", "feature-maps"),
        ("summary", "try", "why", "ablation", "weights", "evaluation", "arithmetic"),
        ("explain", "inspect", "understand"),
    ),
)
_OF_ANY = {name for each in WORKSPACES for name in (*each.front, *each.behind)}


def arrange(workspace: Workspace, docks: Mapping[str, QDockWidget], withheld: Collection[str]) -> None:
    """Open the panels of a workspace and close those of the others, each where it stands.

    A panel that belongs to none, such as a lesson, stays as it is; what a lesson has ``withheld`` stays closed.
    """
    wanted = {*workspace.front, *workspace.behind}
    for name in _OF_ANY:
        docks[name].setVisible(name in wanted and f"show-{name}" not in withheld)
    for name in workspace.front:
        docks[name].raise_()
