"""Translating: files of other programs become modules of PyTorch, which are imported like any other. Nothing is run."""
