"""What flows along every wire: the value of any node for an image, those without a module too."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.source import Source
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.trace import TraceError, shown, values

__all__ = ["TraceError", "activation", "maps"]


def activation(module: nn.Module, source: Source, node: str, x: Tensor) -> Tensor:
    """What comes out of ``node`` for the normalised images ``x`` (N, C, H, W); ``module`` is the built ``source``.

    The module is evaluated and left as it was. Raises ``TraceError`` for a node that the source does not have.
    """
    return values(module, source, frozenset((node,)), x)[node]


def maps(module: nn.Module, source: Source, node: str, image: NDArray[np.uint8], data: Data) -> NDArray[np.float32]:
    """The feature maps of one image (C, H, W) of bytes: (C, H, W), or (F,) where the node gives a vector.

    Tokens (N, D) are shown as one map. ``data`` says how the network's images are normalised.
    """
    place = next(module.parameters(), torch.empty(0)).device
    mean, std = (torch.tensor(numbers).view(-1, 1, 1).to(place) for numbers in (data.mean, data.std))
    x = normalised(torch.tensor(image, device=place)[None], mean, std)
    return shown(activation(module, source, node, x)[0])
