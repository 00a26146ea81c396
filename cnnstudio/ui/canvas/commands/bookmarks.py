"""Bookmarks: places of the network to come back to. To set one is an edit of the project; to go to one is not."""

from __future__ import annotations

import dataclasses
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from cnnstudio.project import Bookmark, Project
from cnnstudio.project.project import LONGEST, MOST_BOOKMARKS

if TYPE_CHECKING:
    from cnnstudio.ui.document import Document
    from cnnstudio.ui.main_window import MainWindow

NEAR = 24.0  # scene pixels from a place that count as there


def add_bookmark(window: MainWindow) -> None:
    """Bookmark what is in view, under a name that follows from what lies there, and say by which key to come back."""
    here, marks = _here(window, "?"), window.document.project.bookmarks
    for number, mark in enumerate(marks):
        if _is_same(mark, here):
            window.document.said.emit(f"This view is bookmarked already: {_way_back(window, number)}.")
            return
    if len(marks) >= MOST_BOOKMARKS:
        window.document.said.emit(f"There are {MOST_BOOKMARKS} bookmarks, as many as have a key. Remove one first.")
        return
    made = dataclasses.replace(here, name=_fresh_name(window))
    _edit(window.document, "Add a bookmark", (*marks, made))
    window.document.said.emit(f"Bookmarked: {_way_back(window, len(marks))}.")


def go_to_bookmark(window: MainWindow, index: int) -> None:
    """Look at what was bookmarked, into the block that was open then, if it is still there."""
    marks, document = window.document.project.bookmarks, window.document
    if not 0 <= index < len(marks):
        return
    mark = marks[index]
    if mark.scope != document.scope:
        document.enter(())
        for name in mark.scope:
            if not document.can_enter(name):
                document.said.emit(f"“{mark.name}” leads into {name}, which cannot be looked into any more.")
                return
            document.enter((*document.scope, name))
    window.canvas.look_from(mark.zoom, QPointF(*mark.center))


def title_of(window: MainWindow, index: int) -> str:
    """What stands in the menu for this bookmark; empty where there is none."""
    marks = window.document.project.bookmarks
    return marks[index].name.replace("&", "&&") if index < len(marks) else ""


def rename_bookmark(document: Document, index: int, name: str) -> None:
    """Call a bookmark otherwise. Raises ``ProjectError`` for a name that is none."""
    marks = document.project.bookmarks
    other = dataclasses.replace(marks[index], name=name)
    _edit(document, "Rename a bookmark", (*marks[:index], other, *marks[index + 1 :]))


def reset_bookmark(window: MainWindow, index: int) -> None:
    """Let a bookmark lead to what is in view now."""
    marks = window.document.project.bookmarks
    other = _here(window, marks[index].name)
    _edit(window.document, "Set a bookmark", (*marks[:index], other, *marks[index + 1 :]))


def remove_bookmark(document: Document, index: int) -> None:
    """Remove a bookmark; those behind it move up, and so do their keys."""
    marks = document.project.bookmarks
    _edit(document, "Remove a bookmark", (*marks[:index], *marks[index + 1 :]))


def move_bookmark(document: Document, index: int, by: int) -> int:
    """Move a bookmark up or down among the others; where it is then."""
    marks = list(document.project.bookmarks)
    place = max(0, min(len(marks) - 1, index + by))
    marks.insert(place, marks.pop(index))
    _edit(document, "Move a bookmark", tuple(marks))
    return place


def _edit(document: Document, text: str, marks: tuple[Bookmark, ...]) -> None:
    project: Project = dataclasses.replace(document.project, bookmarks=marks)
    document.edit(text, project)


def _here(window: MainWindow, name: str) -> Bookmark:
    middle = window.canvas.middle
    center = (float(round(middle.x())), float(round(middle.y())))
    return Bookmark(name, window.document.scope, center, round(window.canvas.zoom, 4))


def _is_same(one: Bookmark, other: Bookmark) -> bool:
    away = max(abs(a - b) for a, b in zip(one.center, other.center, strict=True))
    return one.scope == other.scope and away * one.zoom < NEAR and 0.9 < one.zoom / other.zoom < 1.1


def _way_back(window: MainWindow, index: int) -> str:
    keys = window.commands.bound[f"bookmark-go-{index + 1}"].shortcut().toString()
    way = f"{keys} leads" if keys else "the menu View leads"
    return f"{way} to “{window.document.project.bookmarks[index].name}”"


def _fresh_name(window: MainWindow) -> str:
    """What lies in the middle: a frame, a note or the nearest block; or else the block that is open."""
    canvas, middle = window.canvas.canvas, window.canvas.middle
    frame = canvas.frames.under(middle)
    near = min(
        canvas.nodes, key=lambda name: (canvas.nodes[name].body.center() - middle).manhattanLength(), default=None
    )
    stem = frame.title if frame is not None else near or (window.document.scope or ("View",))[-1]
    taken = {mark.name for mark in window.document.project.bookmarks}
    names = (stem[: LONGEST - 3] if n == 1 else f"{stem[: LONGEST - 3]} {n}" for n in count(1))
    return next(name for name in names if name not in taken)
