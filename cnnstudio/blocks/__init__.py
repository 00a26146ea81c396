"""The vocabulary: every block, a family a file. Importing this package fills ``graph.BLOCKS``."""

from cnnstudio.blocks.activation import (
    GELU,
    Hardsigmoid,
    Hardswish,
    Identity,
    LeakyReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from cnnstudio.blocks.attention import SqueezeExcite
from cnnstudio.blocks.convolution import Conv2d, ConvBNReLU, ConvTranspose2d
from cnnstudio.blocks.efficient import DepthwiseSeparable
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.linear import Flatten, Linear
from cnnstudio.blocks.merge import Add, Concat, Multiply
from cnnstudio.blocks.normalization import BatchNorm2d, GroupNorm, LayerNorm, LayerNorm2d, LocalResponseNorm
from cnnstudio.blocks.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from cnnstudio.blocks.regularization import Dropout, Dropout2d
from cnnstudio.blocks.residual import Residual

__all__ = [
    "GELU",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "AvgPool2d",
    "BatchNorm2d",
    "Concat",
    "Conv2d",
    "ConvBNReLU",
    "ConvTranspose2d",
    "DepthwiseSeparable",
    "Dropout",
    "Dropout2d",
    "Flatten",
    "GroupNorm",
    "Hardsigmoid",
    "Hardswish",
    "Identity",
    "Input",
    "LayerNorm",
    "LayerNorm2d",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2d",
    "Multiply",
    "ReLU",
    "ReLU6",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "SqueezeExcite",
    "Tanh",
]
