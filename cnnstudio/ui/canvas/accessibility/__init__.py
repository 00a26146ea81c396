"""The canvas for a screen reader: a list of blocks and notes, each with what belongs to it."""
