"""Staying: what lies on a view stays where it is while the view is scrolled."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget


class Staying:
    """While a view is scrolled, what lies on its viewport is scrolled along, and put back once.

    It is inside the viewport: what lies over it makes Qt paint all anew at each step of a pan, and so does what is put
    back between two steps.
    """

    def __init__(self, widgets: list[QWidget]) -> None:
        self._widgets = widgets
        self._places: list[QPoint] = []
        self._depth = 0

    def __enter__(self) -> None:
        if not self._depth:
            self._places = [each.pos() for each in self._widgets]
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            for each, place in zip(self._widgets, self._places, strict=True):
                each.move(place)
