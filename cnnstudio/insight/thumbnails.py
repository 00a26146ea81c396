"""Thumbnails: what every node in view makes of one picture, a small map each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from cnnstudio.compiler.source import ways_in
from cnnstudio.insight.activations import activations, entering, shown
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.wording import counted

SIDE = 40  # places of a side at most: larger maps are shown by their means
MOST = 400  # nodes that have one


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """The map (h, w) of a node that is most active, by the mean of its numbers without their signs.

    ``what`` says in words which it is. A vector is one row (1, F). Of an input it is the picture itself: bytes (h, w),
    or (h, w, 3) in colours.
    """

    values: NDArray[np.float32] | NDArray[np.uint8]
    what: str


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """Those of the nodes of a scope, by name; ``nodes`` is how many there are, ``seconds`` how long it took to look.

    ``name`` is what the picture is called.
    """

    of: Mapping[str, Thumbnail]
    nodes: int
    seconds: float
    name: str


def thumbnails(subject: Subject, choice: int | OwnPicture, scope: tuple[str, ...]) -> Thumbnails:
    """The thumbnails of the first ``MOST`` nodes inside the composites of this scope, of copies those of the first.

    The network is evaluated once and left as it was. Raises ``WayError`` where there is no such scope.
    """
    start = time.perf_counter()
    ways = ways_in(subject.project.graph, subject.source, scope)
    names = [*ways][:MOST]
    picture = subject.picture(choice)
    x = entering(subject.module, picture.image, subject.data)
    values = activations(subject.module, subject.source, [ways[name] for name in names], x)
    computed = {step.node for step in subject.source.steps}
    found = {
        name: _of_picture(picture.image) if not scope and name not in computed else _of_value(values[ways[name]])
        for name in names
    }
    return Thumbnails(found, len(ways), time.perf_counter() - start, picture.name)


def _of_picture(image: NDArray[np.uint8]) -> Thumbnail:
    small = _reduced(torch.tensor(image).float()).round().byte().numpy()
    return Thumbnail(small.transpose(1, 2, 0) if len(small) == 3 else small[0], "the picture")


def _of_value(value: Tensor) -> Thumbnail:
    maps = shown(value)
    if maps.ndim == 1:
        vector = torch.from_numpy(maps)[None, None]
        return Thumbnail(_reduced(vector)[0].numpy(), f"its {counted(maps.size, 'number')}")
    known = np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)
    best = int(np.abs(known).mean((1, 2)).argmax())
    what = f"map {best + 1} of {len(maps)}" if len(maps) > 1 else "its map"
    return Thumbnail(_reduced(torch.from_numpy(known[best : best + 1]))[0].numpy(), what)


def _reduced(maps: Tensor) -> Tensor:
    """Maps (C, H, W) of at most ``SIDE`` places a side, each the mean of those that it stands for."""
    height, width = (int(side) for side in maps.shape[1:])
    scale = min(1.0, SIDE / max(height, width))
    return adaptive_avg_pool2d(maps, (max(1, round(height * scale)), max(1, round(width * scale))))
