"""Maximising: a picture that excites one channel, or speaks for one class, as much as a picture can."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from cnnstudio.compiler.source import Place, Way
from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.attribution.exciting import number_of_channels, of_channel
from cnnstudio.insight.attribution.explaining import looking, prepared_pictures
from cnnstudio.insight.attribution.portrait import Portrait, Shown
from cnnstudio.insight.attribution.question import AttributionError
from cnnstudio.insight.cut import found_way, value_at
from cnnstudio.insight.subject import Subject
from cnnstudio.worker import Report

STEPS = 256
RATE = 0.05  # of Adam, of the range of a pixel
SMOOTH = 0.25  # how much the mean step between neighbours weighs, beside the channel's own size
JITTER = 16  # one part in so many of a side the picture is moved by at most


def maximised(subject: Subject, place: str | Place, channel: int, report: Report) -> Portrait:
    """A picture in which the mean of the channel's numbers is as large as ``STEPS`` steps of Adam make it.

    It begins as faint noise round the mean colour. Each step sees it moved by up to a sixteenth of its sides, and its
    total variation is held down, so that what comes out is larger than a pixel; its pixels stay within black and white.
    Where ``report`` says to end, it is the picture by then. Raises ``TraceError`` where there is no such channel.
    """
    data, module, node = subject.data, subject.module, found_way(subject, place)
    random = torch.Generator().manual_seed(0)
    black = prepared_pictures(subject, torch.zeros((1, *data.shape), dtype=torch.uint8))
    white = prepared_pictures(subject, torch.full((1, *data.shape), 255, dtype=torch.uint8))
    width = white - black
    picture = (0.02 * torch.randn(black.shape, generator=random).to(black.device) * width).clamp(black, white)
    reach = [side // JITTER for side in data.shape.spatial]
    with looking(module):
        with torch.no_grad():
            first = value_at(module, subject.source, node, picture)
            channels = number_of_channels(first, node)
            if channel >= channels:
                raise TraceError(f"{node} has {channels} channels, and no channel {channel + 1}.")
            began = float(of_channel(first, channel).mean())
        mean, square = torch.zeros_like(picture), torch.zeros_like(picture)
        for step in range(1, STEPS + 1):
            moves = [int(torch.randint(-far, far + 1, (), generator=random)) for far in reach]
            slopes = _uphill(partial(_mean, subject, node, channel, moves), picture, width)
            mean = 0.9 * mean + 0.1 * slopes
            square = 0.999 * square + 0.001 * slopes.square()
            ahead = mean / (1 - 0.9**step) / ((square / (1 - 0.999**step)).sqrt() + 1e-12)
            picture = torch.minimum(
                torch.maximum(picture + RATE * width * ahead * (1 - step / STEPS) ** 0.5, black), white
            )
            if not report(f"Looking for what excites channel {channel + 1} of {node}", step / STEPS):
                break
        with torch.no_grad():
            reached = float(_mean(subject, node, channel, [0, 0], picture))
    image = ((picture - black) / width * 255).round().clamp(0, 255)[0].byte().cpu().numpy()
    name = data.classes[channel] if node == Way(subject.source.steps[-1].node) and channels == len(data.classes) else ""
    told = f"The mean of channel {channel + 1} of {node} goes from {began:.3g} to {reached:.3g}.".replace("-", "−")
    what = f"What speaks for {name}" if name else f"What excites channel {channel + 1}"
    made = (
        "No picture of the data: it was made from noise, and shows what the network answers to, not what it has seen."
    )
    return Portrait(str(node), channel, channels, (Shown(image, what),), (told, made))


def _mean(subject: Subject, node: Way, channel: int, moves: list[int], picture: Tensor) -> Tensor:
    """The mean of a channel's numbers for a picture (1, C, H, W) that is moved round by so much down and across."""
    return of_channel(value_at(subject.module, subject.source, node, picture.roll(moves, (2, 3))), channel).mean()


def _uphill(mean: Callable[[Tensor], Tensor], picture: Tensor, width: Tensor) -> Tensor:
    """The gradient of the channel's mean by the picture, less that of its total variation, each of length 1."""
    with torch.enable_grad():
        leaf = picture.detach().clone().requires_grad_()
        value = mean(leaf)
        (slopes,) = torch.autograd.grad(value, leaf, allow_unused=True) if value.requires_grad else (None,)
        if slopes is None:
            raise AttributionError("What this block gives does not depend on the picture.")
        steps = (leaf / width).diff(dim=2).square().mean() + (leaf / width).diff(dim=3).square().mean()
        (rough,) = torch.autograd.grad(steps, leaf)
    # each by its own length, so that one weight does for the first layer and for the last
    uphill: Tensor = slopes / (slopes.norm() + 1e-12) - SMOOTH * rough / (rough.norm() + 1e-12)
    return uphill
