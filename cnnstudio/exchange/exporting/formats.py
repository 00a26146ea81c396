"""Formats: the ways in which a network leaves the program. Knows no torch, so that a menu can be made of it."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """One way to export: what a menu calls it, what its files end in, and what it is good for."""

    title: str
    suffix: str
    sentence: str


TRAINING_FOLDER = "training-folder"
"""What the command line calls the folder that trains the network elsewhere; it is many files, and no kind of one."""

KINDS: dict[str, Kind] = {
    "python": Kind("Python file", ".py", "The network as PyTorch source that needs nothing of this program."),
    "weights": Kind("Weights", ".safetensors", "What was learned, under the names of the Python file; holds no code."),
    "torchscript": Kind("TorchScript", ".pt", "Network and weights in one file for torch.jit.load, also from C++."),
    "pt2": Kind("Exported program", ".pt2", "Network and weights in one file for torch.export.load."),
}
"""Every kind by the word that the command line calls it."""
