"""Fields: how strongly a value of a map depends on each pixel, by gradients over pictures (torch).

Which pixels can matter at all, the theoretical field, is told by ``compiler.receptive``; how much they do is the
effective field of Luo, Li, Urtasun and Zemel 2016, arXiv:1701.04128: small in the middle of the theoretical one.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.source import Source
from cnnstudio.insight.activations import TraceError, entering
from cnnstudio.insight.subject import Subject
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.device import evaluated
from cnnstudio.training.node_values import node_values
from cnnstudio.worker import Report, unheard

PICTURES = 16
"""Over how many pictures a field is averaged, where nothing else is said."""


def effective_field(
    subject: Subject, node: str, cell: tuple[int, ...], pictures: int = PICTURES, report: Report = unheard
) -> tuple[NDArray[np.float64], int]:
    """How much the number at ``cell`` of a node depends on each pixel (H, W), and over how many pictures.

    The size of the gradient by the normalised picture, summed over its channels, as a mean over the first validation
    pictures; all its pixels together are 1, or 0 where nothing is passed on. The network is evaluated; its weights,
    gradients and statistics stay as they are. It ends early, with fewer pictures, where ``report`` says so.
    """
    images = subject.data.validation_images[:pictures]
    require_room_to_run(subject.source, tuple(images.shape[1:]))
    total, done = torch.zeros(*images.shape[2:], dtype=torch.float64), 0
    for image in images:
        x = entering(subject.module, image.numpy(), subject.data)
        total += gradient(subject.module, subject.source, node, cell, x).abs().sum((0, 1)).double().cpu()
        done += 1
        if not report("Following gradients to the pixels…", done / len(images)):
            break
    whole = float(total.sum())
    found: NDArray[np.float64] = (total / whole if whole else total).numpy()
    return found, done


def gradient(module: nn.Module, source: Source, node: str, cell: tuple[int, ...], x: Tensor) -> Tensor:
    """The gradient of one number of a node by the prepared pictures ``x`` (N, C, H, W), of the first of them.

    Zeros where the number depends on no pixel. ``module`` is the built ``source``; it is evaluated and left as it was.
    Raises ``TraceError`` for a node that the source does not have.
    """
    asked, needed = source.passed.get(node, node), _needed(source, node)
    if asked not in {name for step in source.steps for name in (step.node, *step.inputs)}:
        raise TraceError(f"The trained network has no block called {node}.")
    leaf = x.detach().clone().requires_grad_()
    with evaluated(module), torch.enable_grad():
        entered = leaf * 1  # a copy, as an activation in place may write into what it reads
        found = entered
        for name, value in node_values(module, source, entered, needed):
            if name == asked:
                found = value
                break
        number = found[(0, *cell)]
        if not number.requires_grad:
            return torch.zeros_like(leaf)
        (made,) = torch.autograd.grad(number, leaf, materialize_grads=True)
    return made


def _needed(source: Source, node: str) -> set[str]:
    """The nodes that one depends on, and itself."""
    steps = {step.node: step.inputs for step in source.steps}
    needed, waiting = set[str](), [source.passed.get(node, node)]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += steps.get(name, ())
    return needed
