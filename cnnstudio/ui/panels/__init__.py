"""The panels round the canvas. Each knows the document and no other panel."""
