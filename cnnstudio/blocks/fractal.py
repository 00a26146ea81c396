"""Fractal blocks: deep networks without residuals."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.convolution import ConvBNReLU
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Mean
from cnnstudio.blocks.phrases import require_map
from cnnstudio.graph import Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Channels, Range


@block
class FractalBlock(Composite):
    """Paths of 1, 2, 4, ... convolutions side by side, joined by their mean wherever they meet.

    The rule is f(1) = one convolution, f(n) = the mean of one convolution and f(n - 1) twice in a row. The longest
    path is deep, the shortest is short, and both are trained. Larsson, Maire and Shakhnarovich 2016, arXiv:1605.07648.

    out_channels: how many feature maps come out
    columns: how many paths; the longest has 2 to the power of columns - 1 convolutions
    """

    family: ClassVar[str] = "residual"
    title: ClassVar[str] = "Fractal block"
    keywords: ClassVar[str] = "fractalblock fractalnet columns paths mean join"
    stem: ClassVar[str] = "fractal"

    out_channels: Channels = 64
    columns: Annotated[int, Range(1, 6)] = 3

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        ends = self._grown(draw, draw(Input(inputs[0])), self.columns)
        if len(ends) > 1:
            draw(Mean(), *ends)

    def _grown(self, draw: Pen, x: str, columns: int) -> list[str]:
        """The ends of the fractal of so many columns that begins at ``x``, the longest path first."""
        here = draw(ConvBNReLU(self.out_channels), x)
        if columns == 1:
            return [here]
        half = self._grown(draw, x, columns - 1)
        joined = draw(Mean(), *half) if len(half) > 1 else half[0]
        return [*self._grown(draw, joined, columns - 1), here]

    def brief(self) -> str:
        return f"{self.out_channels} · {self.columns} columns"
