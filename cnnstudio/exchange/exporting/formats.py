"""Formats: the ways in which a network leaves the program. Knows no torch, so that a menu can be made of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from cnnstudio.wording import listed


class Choice(NamedTuple):
    """What a person may decide about a file: its word on the command line, what a tick box says, and why."""

    key: str
    title: str
    help: str
    default: bool = True


class Kind(NamedTuple):
    """One way to export: what a menu calls it, what its files end in, and what it is good for.

    ``group`` is what a list puts it under. A file that ``answers`` holds the network and what it learned, so that its
    time and its accuracy can be measured; one that ``learns_from_pictures`` cannot be made without those of the data
    set. ``needs`` are packages that the program itself does without.
    """

    title: str
    suffix: str
    sentence: str
    group: str = "PyTorch"
    answers: bool = True
    needs: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    learns_from_pictures: bool = False


TRAINING_FOLDER = "training-folder"
"""What the command line calls the folder that trains the network elsewhere; it is many files, and no kind of one."""

READ = "To read and to draw"
ONNX_PACKAGES = "onnx", "onnxscript", "onnxruntime"
OPTIMIZE = Choice(
    "optimize",
    "Fold what is constant",
    "A BatchNorm becomes part of the convolution before it: smaller and faster, but the weights in the file are other "
    "numbers under the same names. Off, they are those of the network.",
)

KINDS: dict[str, Kind] = {
    "python": Kind("Python file", ".py", "The network as PyTorch source that needs nothing of this program."),
    "weights": Kind("Weights", ".safetensors", "What was learned, under the names of the Python file; holds no code."),
    "state-dict": Kind("State dict", ".pth", "The same as torch.save keeps it; what most training scripts write."),
    "pt2": Kind(
        "Exported program", ".pt2", "Network and weights in one file for torch.export.load; any number of images."
    ),
    "torchscript": Kind(
        "TorchScript",
        ".pt",
        "The old format, deprecated by PyTorch: for torch.jit.load, also from C++.",
    ),
    "notebook": Kind("Notebook", ".ipynb", "The Python file in cells to run one by one, for Jupyter.", answers=False),
    "package": Kind(
        "Python package",
        ".zip",
        "Network, weights, train.py, predict.py and requirements, for PyTorch alone.",
    ),
    "onnx": Kind(
        "ONNX",
        ".onnx",
        "For programs other than PyTorch: phones, browsers; checked by onnxruntime.",
        "Other programs",
        needs=ONNX_PACKAGES,
        choices=(OPTIMIZE,),
    ),
    "onnx-int8": Kind(
        "ONNX, int8",
        ".onnx",
        "In whole numbers of 8 bits: a quarter of the size, a little less right.",
        "Other programs",
        needs=ONNX_PACKAGES,
        learns_from_pictures=True,
    ),
    "web-page": Kind(
        "Web page", ".html", "One page that works offline: draw, drop or film, and it answers.", "Other programs"
    ),
    "mermaid": Kind("Mermaid", ".mmd", "The network as a flowchart that GitHub and wikis draw.", READ, False),
    "graphviz": Kind("Graphviz", ".dot", "The network as a graph that dot draws.", READ, False),
    "tikz": Kind("TikZ", ".tex", "The network as it stands on the canvas, to be set by LaTeX.", READ, False),
    "table-csv": Kind("Layer table, CSV", ".csv", "Every block with shape and cost, for a spreadsheet.", READ, False),
    "table-markdown": Kind("Layer table, Markdown", ".md", "The same for a README or a wiki.", READ, False),
    "table-latex": Kind("Layer table, LaTeX", ".tex", "The same for a paper.", READ, False),
}
"""Every kind by the word that the command line calls it."""

WEIGHTS_ALONE = frozenset({"weights", "state-dict"})
"""The kinds that are nothing without what was learned."""


def lacking(kind: str) -> str:
    """Why files of this kind cannot be written here at all, in a sentence; empty where they can."""
    absent = _absent(KINDS[kind].needs) if kind in KINDS else ()
    if not absent:
        return ""
    what = f"{KINDS[kind].title} needs {listed(absent)}"
    if getattr(sys, "frozen", False):
        return f"{what}, which this program does not carry. CNN Studio installed with pip can have it: cnnstudio[onnx]."
    return f"{what}, which {'is' if len(absent) == 1 else 'are'} not installed here: pip install 'cnnstudio[onnx]'."


def chosen(kind: str, off: Iterable[str] = (), on: Iterable[str] = ()) -> frozenset[str]:
    """The choices of a kind that hold: those that do by themselves but for ``off``, and those in ``on``."""
    away, more = set(off), set(on)
    return frozenset(c.key for c in KINDS[kind].choices if (c.default and c.key not in away) or c.key in more)


@cache
def _absent(packages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in packages if find_spec(name) is None)
