"""Bookmarks: places of the network to come back to. To set one is an edit of the project; to go to one is not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import count

from PySide6.QtCore import QPointF

from cnnstudio.project import Bookmark
from cnnstudio.project.project import LONGEST, MOST_BOOKMARKS
from cnnstudio.ui.canvas.camera import Camera
from cnnstudio.ui.document import Document
from cnnstudio.ui.widgets.foreign_text import unmarked

NEAR = 24.0  # scene pixels from a place that count as there


class Bookmarks:
    """The bookmarks of the document, in order; ``key`` is the shortcut that leads to the one with this index."""

    def __init__(self, document: Document, canvas: Camera, key: Callable[[int], str]) -> None:
        self._document, self._canvas, self._key = document, canvas, key
        self.show_list: Callable[[], object] = lambda: None  # the page on which they are put in order

    @property
    def marks(self) -> tuple[Bookmark, ...]:
        """The bookmarks as they are now."""
        return self._document.project.bookmarks

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there to come back to."""
        return self._canvas.scene().is_empty

    def add(self) -> None:
        """Bookmark what is in view, called after what lies there, and say by which key to come back."""
        here, marks, say = self._here("?"), self.marks, self._document.said.emit
        for number, mark in enumerate(marks):
            if _is_same(mark, here):
                say(f"This view is bookmarked already: {self._way_back(number)}.")
                return
        if len(marks) >= MOST_BOOKMARKS:
            say(f"There are {MOST_BOOKMARKS} bookmarks, as many as have a key. Remove one first.")
            return
        made = dataclasses.replace(here, name=self._fresh_name())
        self._edit("Add a bookmark", (*marks, made))
        say(f"Bookmarked: {self._way_back(len(marks))}.")

    def go_to(self, index: int) -> None:
        """Look at what was bookmarked, into the block that was open then, if it is still there."""
        marks, document = self.marks, self._document
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
        self._canvas.look_from(mark.zoom, QPointF(*mark.center))

    def title(self, index: int) -> str:
        """What stands in the menu for this bookmark; empty where there is none."""
        return unmarked(self.marks[index].name) if index < len(self.marks) else ""

    def rename(self, index: int, name: str) -> None:
        """Call a bookmark otherwise. Raises ``ProjectError`` for a name that is none."""
        self._replace("Rename a bookmark", index, dataclasses.replace(self.marks[index], name=name))

    def reset(self, index: int) -> None:
        """Let a bookmark lead to what is in view now."""
        self._replace("Set a bookmark", index, self._here(self.marks[index].name))

    def remove(self, index: int) -> None:
        """Remove a bookmark; those behind it move up, and so do their keys."""
        self._replace("Remove a bookmark", index)

    def move(self, index: int, by: int) -> int:
        """Move a bookmark up or down among the others; where it is then."""
        marks = list(self.marks)
        place = max(0, min(len(marks) - 1, index + by))
        marks.insert(place, marks.pop(index))
        self._edit("Move a bookmark", tuple(marks))
        return place

    def _replace(self, text: str, index: int, *others: Bookmark) -> None:
        self._edit(text, (*self.marks[:index], *others, *self.marks[index + 1 :]))

    def _edit(self, text: str, marks: tuple[Bookmark, ...]) -> None:
        self._document.edit(text, dataclasses.replace(self._document.project, bookmarks=marks))

    def _here(self, name: str) -> Bookmark:
        middle = self._canvas.middle
        center = (float(round(middle.x())), float(round(middle.y())))
        return Bookmark(name, self._document.scope, center, round(self._canvas.zoom, 4))

    def _way_back(self, index: int) -> str:
        keys = self._key(index)
        way = f"{keys} leads" if keys else "the menu View leads"
        return f"{way} to “{self.marks[index].name}”"

    def _fresh_name(self) -> str:
        """What lies in the middle: a frame, a note or the nearest block; or else the block that is open."""
        canvas, middle = self._canvas.scene(), self._canvas.middle
        frame = canvas.frames.under(middle)
        near = min(
            canvas.nodes, key=lambda name: (canvas.nodes[name].body.center() - middle).manhattanLength(), default=None
        )
        stem = frame.title if frame is not None else near or (self._document.scope or ("View",))[-1]
        taken = {mark.name for mark in self.marks}
        names = (stem[: LONGEST - 3] if n == 1 else f"{stem[: LONGEST - 3]} {n}" for n in count(1))
        return next(name for name in names if name not in taken)


def _is_same(one: Bookmark, other: Bookmark) -> bool:
    away = max(abs(a - b) for a, b in zip(one.center, other.center, strict=True))
    return one.scope == other.scope and away * one.zoom < NEAR and 0.9 < one.zoom / other.zoom < 1.1
