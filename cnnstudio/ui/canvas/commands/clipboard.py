"""Clipboard: nodes as the text of a .cnn file, so that what is copied can be posted, kept, and pasted elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from cnnstudio.graph import Graph, Note
from cnnstudio.project import Project, ProjectError, dumps, loads

NODES = "application/x-cnnstudio-nodes"
LOOKED_AT = 1_000  # letters, to see whether a text may be one of ours
BLOCK = "application/x-cnnstudio-block"  # what the palette drags: {"block": name, "parameters": {}}


class ClipboardError(ValueError):
    """The clipboard holds nothing that can be pasted; the message is a sentence."""


def copy(graph: Graph, names: Iterable[str], notes: Iterable[Note] = ()) -> None:
    """Put these nodes, the wires among them and these notes on the clipboard, as our own kind and as plain text."""
    text = dumps(Project(graph.subgraph(names, notes)))
    mime = QMimeData()
    mime.setData(NODES, text.encode())
    mime.setText(text)
    QGuiApplication.clipboard().setMimeData(mime)


def pasted() -> Graph:
    """The nodes on the clipboard. Raises ``ClipboardError``."""
    mime = QGuiApplication.clipboard().mimeData()
    own = bool(mime is not None and mime.hasFormat(NODES))
    text = bytes(mime.data(NODES).data()).decode("utf-8", "replace") if own else (mime.text() if mime else "")
    if not text.strip():
        raise ClipboardError("There is nothing to paste: copy some blocks first.")
    if not text[:LOOKED_AT].lstrip().startswith("{"):
        raise ClipboardError("The clipboard holds something else, not blocks of a network.")
    try:
        graph = loads(text).graph
    except ProjectError as error:
        raise ClipboardError(f"The clipboard cannot be pasted. {error}") from error
    if not len(graph) and not graph.notes:
        raise ClipboardError("The network on the clipboard has no blocks.")
    return graph
