"""Simple: the blocks, panels and commands that are enough for a first course, and which others are put away then."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch

BLOCKS = frozenset(
    {
        "Input", "Conv2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "ReLU", "Sigmoid", "Tanh", "Softmax",
        "Flatten", "Linear", "Dropout", "BatchNorm2d", "Add", "Concat", "Residual",
    }
)  # fmt: skip
"""What the palette offers, by the names of the classes."""

PANELS = frozenset(
    {
        "palette", "history", "inspector", "training", "summary", "quiz", "lesson", "pages", "curves", "data",
        "feature-maps", "microscope", "experiments", "try", "augmentation", "problems",
    }
)  # fmt: skip
"""The panels that stay, by their ids."""

PUT_AWAY = (
    "import-*", "export-*", "train-elsewhere", "queue-*", "show-mistakes", "figure", "picture-selection", "bookmark-*",
    "author-*", "measure-*", "share-*", "time-blocks", "wide-wires", "wheel-pans", "paste-wired", "duplicate-wired",
    "select-upstream", "select-downstream", "select-same", "select-framed", "next-wire", "previous-wire", "delete-heal",
    "keep", "bend*", "straighten", "lift", "put-on-wire", "panel-compare",
)  # fmt: skip
"""Commands that are put away, by their ids; "x-*" is every one whose id begins so."""


def put_away(commands: Iterable[str]) -> frozenset[str]:
    """Which of these commands, by their ids, are put away, those that show a panel that is put away among them."""
    shown = {f"show-{name}" for name in PANELS}
    return frozenset(
        name
        for name in commands
        if any(fnmatch(name, each) for each in PUT_AWAY) or (name.startswith("show-") and name not in shown)
    )
