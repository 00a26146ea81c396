"""Options: what a person chooses about a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["across", "down"]


class FigureError(Exception):
    """There is no figure of this network; the message is a sentence."""


@dataclass(frozen=True)
class Options:
    """How a figure is drawn.

    ``direction`` is the way the data flows, ``law`` a key of ``LAWS``, ``fold`` draws equal blocks in a row once, and
    ``legend`` writes the legend and the caption that states the proportions. ``signs`` leaves room for the glyphs of
    the families, which need somebody who knows how they look.
    """

    direction: Direction = "across"
    law: str = "root"
    labels: bool = True
    kernels: bool = True
    fold: bool = True
    grey: bool = False
    signs: bool = True
    legend: bool = True
