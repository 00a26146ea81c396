"""Where things stand on the canvas: layers, rows, room for what is new. Knows no Qt."""
