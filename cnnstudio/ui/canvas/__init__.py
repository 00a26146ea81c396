"""The canvas: the graph drawn and edited. Knows the document and no panel."""
