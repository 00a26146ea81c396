"""FractalNet: deep without residuals. Larsson, Maire and Shakhnarovich 2016, arXiv:1605.07648."""

from __future__ import annotations

from cnnstudio.blocks import Dropout, Flatten, FractalBlock, Input, Linear, MaxPool2d
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import HEAD, in_stages
from cnnstudio.zoo.template import Size

# channels of each block, and the share of numbers that dropout sets to zero behind it
BLOCKS = ((64, 0.0), (128, 0.1), (256, 0.2), (512, 0.3), (512, 0.4))


def fractalnet(classes: int = 10, size: Size = (3, 32, 32), columns: int = 3) -> Graph:
    """FractalNet of five blocks; with 3 columns its longest path has 20 convolutions, with 4 it has 40."""
    draw = Sketch()
    x = draw(Input(size))
    for number, (channels, drop) in enumerate(BLOCKS, start=1):
        x = draw(FractalBlock(channels, columns), x, name=f"fractal{number}")
        if drop:
            x = draw(Dropout(drop), x)
        x = draw(MaxPool2d(2), x)
    draw.chain(x, Flatten(), Linear(classes))
    begins = {f"fractal{number}": f"Stage {number}" for number in range(1, len(BLOCKS) + 1)}
    return in_stages(draw.graph(), {**begins, "flatten1": HEAD})
