"""What can be done to what lies on the canvas, whichever key, menu or gesture asks for it."""
