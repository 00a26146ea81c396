"""The vocabulary: every block, a family a file. Importing this package fills ``graph.BLOCKS``."""

from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input

__all__ = ["Conv2d", "Input"]
