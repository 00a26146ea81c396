"""Followed: which node a panel looks at, as the person selects and opens: kept also while nobody looks."""

from __future__ import annotations

from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.source.ways import Place
from cnnstudio.graph import Shape
from cnnstudio.ui.document import Document


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


def analysis_in(document: Document, scope: tuple[str, ...]) -> Analysis | None:
    """What the network comes to inside these composites; None where one of them cannot be opened."""
    found: Analysis | None = document.analysis
    for name in scope:
        found = found.opened(name) if found is not None else None
    return found


def shape_at(document: Document, place: Place | None) -> Shape | None:
    """The shape of what a place gives, where it is known."""
    found = analysis_in(document, place.scope) if place is not None else None
    return found.shape(place.node) if found is not None and place is not None and place.node in found.graph else None
