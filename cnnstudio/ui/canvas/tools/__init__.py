"""A gesture is an object: what the mouse holds between press and release."""
