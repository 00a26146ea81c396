"""Put block: a block goes into the network behind what is selected, as from the palette so from a page."""

from __future__ import annotations

from cnnstudio.editing.insertion import inserted
from cnnstudio.graph import Block
from cnnstudio.ui.document import Document


def put_block(document: Document, block: Block, title: str = "") -> None:
    """Add a block behind the selected node and select it; where nothing may be changed, say why."""
    words = f"Add {title or block.title}"
    if document.is_read_only:
        document.edit_graph(words, document.view_graph)  # which says why not
        return
    graph, name = inserted(document.view_graph, block, document.selection)
    document.edit_graph(words, graph)
    document.select((name,))
