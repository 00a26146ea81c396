"""Fit: whether a network and images fit each other, before the first step."""

from __future__ import annotations

import inspect

import torch
from torch import nn

from cnnstudio.headroom import ran_out
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.device import TrainingError, evaluated, first_line, of_any_batch
from cnnstudio.wording import counted


def check(module: nn.Module, data: Data) -> None:
    """Raise ``TrainingError`` where the network and the data do not fit each other."""
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise TrainingError("The network has nothing to learn. Add a layer with weights, such as Conv2d or Linear.")
    if (entries := len(inspect.signature(module.forward).parameters)) > 1:
        raise TrainingError(f"The network has {entries} inputs, and training gives it one, the image.")
    x = normalised(data.validation_images[:2], *(torch.tensor(m).view(-1, 1, 1) for m in (data.mean, data.std)))
    try:
        with evaluated(module), torch.no_grad():
            y = of_any_batch(module, x)
    except (RuntimeError, TypeError, ValueError) as error:
        if ran_out(error):
            raise
        raise TrainingError(f"The network cannot read images of {data.shape}: {first_line(error)}") from error
    if y.dim() != 2:
        size = " × ".join(map(str, y.shape[1:]))
        raise TrainingError(
            f"The network ends in {size} for an image; to tell classes apart it must end in one number for each class. "
            "Put Flatten and Linear at the end."
        )
    classes = len(data.classes)
    if y.shape[1] != classes:
        raise TrainingError(
            f"The network ends in {counted(y.shape[1], 'number')} and {data.name} has {counted(classes, 'class')}. "
            f"Give the last layer {classes} outputs."
        )
