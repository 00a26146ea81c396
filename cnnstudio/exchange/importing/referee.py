"""Referee: whether what was imported computes what the original computes, and why that cannot always be told."""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.exchange.importing.blame import line_of, plain
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.exchange.importing.tracing import TracingError, answer
from cnnstudio.graph import Shape
from cnnstudio.headroom import NoRoomError, not_enough, ran_out, within_memory
from cnnstudio.training.drawing import drawing
from cnnstudio.wording import abridged

_AIM, _WAY = "to compare the outputs with the original's", "with other programs closed there may be room"
TOLERANCE = 1e-4  # of the greatest output


def compared(module: nn.Module, imported: Imported, size: Shape) -> tuple[str, ...]:
    """What there is to say when ``module`` and its import are given the same images: nothing where they agree.

    Raises ``ImportRefused`` where they do not.
    """
    try:
        source(imported.graph)
    except SourceError:
        return ("It could not be compared with the original, since it cannot be built yet.",)
    if broken := _without_numbers(module):
        return (f"{broken}: not a number in the original, so its outputs could not be compared.",)
    try:
        images = _images(module, size)
    except Exception as error:  # whatever the forward of a stranger raises
        if ran_out(error):
            return (not_enough(_AIM, _WAY),)
        line = line_of(error)
        where = f" at {line}" if line else ""
        return (f"The original could not be run, so the outputs could not be compared: {plain(error)}{where}.",)
    if isinstance(images, str):
        return (images,)
    try:
        with within_memory(_AIM, _WAY):
            gap = difference(module, imported, images)
    except NoRoomError as error:
        return (f"The outputs were not compared with the original's. {error}",)
    if gap <= TOLERANCE:
        return ()
    raise ImportRefused(
        f"{imported.title} was not imported: what was made of it gives other results, by {gap:.1e}. Its steps may "
        "change a value that is used again."
    )


def _without_numbers(module: nn.Module) -> str:
    """The names of weights that hold NaN or infinity; what is not learned may hold infinity, as a limit or a mask."""
    learned = ((name, tensor.isfinite()) for name, tensor in module.named_parameters())
    fixed = ((name, ~tensor.isnan()) for name, tensor in module.named_buffers())
    return abridged([name for name, good in chain(learned, fixed) if not good.all()], 3)


def _images(module: nn.Module, size: Shape) -> Tensor | str:
    """Images of which the original says numbers, the same each time; a sentence where there are none."""
    with drawing(0):
        noise, even = torch.randn(2, *size), torch.rand(2, *size)
    for images in (noise, even, noise.abs() + 0.5):
        if not (first := _said(module, images)).isfinite().all():
            continue
        if not torch.equal(first, _said(module, images)):
            return "The original says something else each time, so its outputs could not be compared."
        return images
    return "The original gives what is not a number (NaN), so its outputs could not be compared."


def _said(module: nn.Module, images: Tensor) -> Tensor:
    with torch.no_grad():
        try:
            return answer(module.eval()(images.clone()))
        except TracingError as error:
            raise ValueError(str(error)) from error
