"""Figure: a network as papers draw it, every feature map a box in proportion to its size. Knows no Qt, only numbers."""

from __future__ import annotations

from cnnstudio.figure.composition import figure
from cnnstudio.figure.marks import Figure
from cnnstudio.figure.options import FigureError, Options
from cnnstudio.figure.proportions import LAWS
from cnnstudio.figure.svg import svg

__all__ = ["LAWS", "Figure", "FigureError", "Options", "figure", "svg"]
