"""Followed: which node a panel looks at, as the person selects and opens: kept also while nobody looks."""

from __future__ import annotations

from cnnstudio.compiler.source.ways import Place
from cnnstudio.ui.document import Document


def followed_node(document: Document, node: str | None) -> str | None:
    """The node of the whole network that was selected or opened last, ``node`` until now; None where it is gone."""
    names = document.scope[:1] or document.selection
    if len(names) == 1:
        return names[0]
    return node if node in document.graph else None


def followed_place(document: Document, place: Place | None) -> Place | None:
    """The node that was selected last, also inside what is open, else the one that is open; None where it is gone."""
    scope, names = document.scope, document.selection
    if len(names) == 1:
        return Place(names[0], scope)
    if scope and (place is None or place.scope != scope or place.node not in document.view_graph):
        return Place(scope[-1], scope[:-1])
    return place if place is not None and outermost(place) in document.graph else None


def outermost(place: Place) -> str:
    """The node of the whole network that a place is, or is inside of."""
    return (*place.scope, place.node)[0]
