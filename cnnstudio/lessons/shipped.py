"""Shipped: the lessons in files that come with the program, each a folder of ``resources/lessons``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cnnstudio.lessons.file_names import TEXT
from cnnstudio.lessons.header import HeaderError, parted
from cnnstudio.resources import resource

KEYS = (
    "what-a-kernel-is", "output-sizes", "channels-and-parameters", "pooling", "lenet-on-digits",
    "convolution-or-connected", "receptive-fields", "residuals", "pointwise-and-inception", "efficient-blocks",
    "attention-to-channels", "overfitting", "transfer-learning", "half-the-parameters",
)  # fmt: skip
"""The lessons in the order in which they are taught."""


@dataclass(frozen=True)
class Shipped:
    """A lesson as a list of them shows it."""

    id: str
    title: str
    sentence: str
    path: Path


@cache
def shipped() -> tuple[Shipped, ...]:
    """The lessons; one that is not there, as in a program that is damaged, is left out."""
    found = []
    for key in KEYS:
        try:
            path = resource("lessons", key)
            header, _ = parted((path / TEXT).read_text(encoding="utf-8"))
        except (OSError, UnicodeError, HeaderError):
            continue
        found.append(Shipped(str(header["id"]), str(header["title"]), str(header["sentence"]), path))
    return tuple(found)
