"""Node pictures: what stands on the nodes of the canvas, where a person wants to see what they make of a picture."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QPixmap

from cnnstudio.graph import Graph
from cnnstudio.ui.kept.kept import Kept, changed_since


class Viewed(Protocol):
    """What is looked at, as a document has it."""

    scope: tuple[str, ...]

    @property
    def graph(self) -> Graph: ...
    @property
    def concealed(self) -> Collection[str]: ...
    def conceals(self, name: str) -> bool: ...


@dataclass(frozen=True, eq=False)
class NodePicture:
    """A small picture, and a sentence that says what it is."""

    pixmap: QPixmap
    sentence: str


@dataclass(frozen=True, eq=False)
class InScope:
    """The pictures of the nodes inside the composites of ``scope``, by name."""

    scope: tuple[str, ...]
    by_name: Mapping[str, NodePicture]


_NONE: Mapping[str, NodePicture] = {}


class NodePictures(Kept[InScope]):
    """The pictures that were made last, and ``told``: of what they are, or why there are none; empty: nobody asks.

    A picture stands while nothing was changed on the way to its node: an edit takes away those of what comes after it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.told = ""
        self._changed: tuple[Graph, frozenset[str]] | None = None  # the nodes of a network that give something else

    def show(self, graph: Graph, found: InScope, told: str) -> None:
        """Have these on the nodes while the network is this one, and its scope is looked into."""
        self.told, self._changed = told, None
        self.keep(graph, found)

    def say(self, told: str) -> None:
        """Have none, and say why."""
        self.told, self._found = told, None
        self.changed.emit()

    def in_view(self, document: Viewed) -> Mapping[str, NodePicture]:
        """Those of the nodes inside the scope that is looked into that are still right, but for what is concealed."""
        found, graph = self._found, document.graph
        if found is None or found.scope != document.scope:
            return _NONE
        if self._changed is None or self._changed[0] is not graph:
            self._changed = graph, changed_since(self._of, graph)
        changed, shown = self._changed[1], found.by_name
        if found.scope:
            shown = _NONE if found.scope[0] in changed else shown
        elif changed:
            shown = {name: each for name, each in shown.items() if name not in changed}
        if not document.concealed:
            return shown
        return {name: each for name, each in shown.items() if not document.conceals(name)}
