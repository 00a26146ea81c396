"""What may be wrong with images to learn from, found by looking at all of them. It doubts, and decides nothing."""
