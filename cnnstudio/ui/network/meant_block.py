"""Meant block: the kind of block that somebody wants to read about, by what is selected and where the keyboard is."""

from __future__ import annotations

from PySide6.QtWidgets import QDockWidget, QWidget

from cnnstudio.graph import Block
from cnnstudio.ui.document import Document


def selected(document: Document) -> type[Block] | None:
    """The kind of the one block that is selected."""
    chosen = document.selection
    if len(chosen) == 1 and chosen[0] in document.view_graph:
        return type(document.view_graph[chosen[0]].block)
    return None


def meant(document: Document, palette: QDockWidget, focus: QWidget | None) -> type[Block] | None:
    """The block at which the list of blocks stands, where that has the keyboard, else the one that is selected."""
    from cnnstudio.ui.network.palette import PalettePanel

    panel = palette.widget() if focus is not None and palette.isAncestorOf(focus) else None
    if isinstance(panel, PalettePanel) and panel.pointed is not None:
        return panel.pointed
    return selected(document)
