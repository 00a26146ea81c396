"""Runs: one training from its beginning to its end, the folder it leaves and the history of its numbers."""
