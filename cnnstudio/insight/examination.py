"""Examination: one number of a network for one picture: its arithmetic, what it reads, and what it sees (torch)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.blocks import Flatten
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.receptive import Places, places
from cnnstudio.compiler.source import Place, Way, WayError, innermost, way_and_level, way_to
from cnnstudio.compiler.source.ways import Level
from cnnstudio.graph import Graph
from cnnstudio.insight.activations import activations, entering
from cnnstudio.insight.arithmetic import Floats, Layer, arithmetic
from cnnstudio.insight.calculation import Calculation, Line, UnexplainedError, places_of
from cnnstudio.insight.subject import LookedAt, OwnPicture, Subject
from cnnstudio.training.data.loading import Data

Cell = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Examined:
    """A number and all that stands round it.

    ``node`` is the one that computes it, at ``place``. ``cell`` is its place in ``output``, which is (C, H, W), (F,) or
    (N, D); ``inputs`` are what the node reads, called ``reads``. ``calculation`` is None where ``why`` says why there
    is none. ``seen`` says what of the picture each place sees, None where that is not known.
    """

    node: str
    place: Place
    title: str
    cell: Cell
    inputs: tuple[Floats, ...]
    reads: tuple[str, ...]
    output: Floats
    calculation: Calculation | None
    why: str
    picture: LookedAt
    seen: Places | None

    @property
    def field(self) -> tuple[range, range] | None:
        """The rows and the columns of the picture on which the number depends; None where that is not known."""
        if self.seen is None:
            return None
        rows, columns = self.seen.seen_by(*(self.cell[1:] if len(self.cell) == 3 else self.cell[:1]))
        height, width = self.picture.image.shape[1:]
        return range(max(0, rows.start), min(height, rows.stop)), range(max(0, columns.start), min(width, columns.stop))

    def reached(self, row: int, column: int) -> tuple[range, ...] | None:
        """Where a pixel of the picture goes: the rows and the columns of the output, or its tokens or entries."""
        return None if self.seen is None else self.seen.reached_from(row, column)


def examined(
    subject: Subject, node: str | Place, cell: tuple[int, int, int] | None, choice: int | OwnPicture
) -> Examined:
    """The number at ``cell`` of what a node gives for a picture; without a cell, or out of its bounds, the largest.

    A cell is (channel, row, column); of a vector the channel alone counts, of tokens (N, D) row and column. A ``Place``
    is a node inside a composite; what it sees of the picture is not told. A composite's number is explained where it is
    computed, by the node in which it ends inside.

    It runs the network as far as the node; belongs on a thread. Weights and random numbers stay as they are. Raises
    ``UnexplainedError`` with a sentence where the network that is looked into has no such node.
    """
    place, graph = node if isinstance(node, Place) else Place(node), subject.project.graph
    if not place.scope and place.node not in graph.acting:
        raise UnexplainedError(f"{place} is not in the network that is looked into.")
    try:
        outer = way_to(graph, subject.source, place).node if not place.scope else ""
        place = innermost(graph, subject.source, place)
        way, level = way_and_level(graph, subject.source, place)
    except WayError as error:
        raise UnexplainedError(str(error)) from error
    asked = level.graph[way.node]
    picture = subject.picture(choice)
    x = entering(subject.module, picture.image, subject.data)
    reads = tuple(str(name) for name in asked.inputs)
    ways = [Way(name, way.insides) if way.insides else name for name in reads]
    here = way if way.insides else way.node
    values = activations(subject.module, subject.source, (*ways, here), x)
    inputs, output = tuple(_array(values[each]) for each in ways), _array(values[here])
    at = _within(cell, output.shape) if cell is not None else None
    if at is None:
        at = tuple(int(each) for each in np.unravel_index(int(np.nan_to_num(output).argmax()), output.shape))
    found, why = None, ""
    try:
        if asked.is_input and place.scope:
            raise UnexplainedError(f"This is what enters {place.scope[-1]}, as the block before it has made it.")
        if asked.is_input:
            found = entry(picture.image, subject.data, at, output)
        else:
            layer = layer_at(subject.module, level.paths.get(way.node))
            found = arithmetic(asked.block, layer, inputs, at, output, fold=_fold(level, way.node))
    except UnexplainedError as error:
        why = str(error)
    seen = seen_places(graph.acting).get(outer)
    return Examined(way.node, place, asked.block.title, at, inputs, reads, output, found, why, picture, seen)


def _within(cell: tuple[int, int, int], shape: tuple[int, ...]) -> Cell | None:
    """The cell as a place in a value of this shape; None where it has none."""
    found = cell if len(shape) == 3 else cell[1:] if len(shape) == 2 else cell[:1]
    fits = len(found) == len(shape) and all(0 <= index < size for index, size in zip(found, shape, strict=True))
    return found if fits else None


def entry(image: NDArray[np.uint8], data: Data, cell: Cell, output: Floats) -> Calculation:
    """How a number that enters the network comes from the picture's byte."""
    byte, mean, std = int(image[cell]), float(data.mean[cell[0]]), float(data.std[cell[0]])
    window = places_of(image.astype(np.float64), 0, *([index] for index in cell))
    share = byte / 255
    lines = (
        Line(f"the pixel's byte, {byte}, divided by 255", share),
        Line(f"less the training images' mean {mean:.4g}", share - mean),
        Line(f"divided by their deviation {std:.4g}", (share - mean) / std),
    )
    made = (share - mean) / std
    rounding = 8 * (abs(share) + abs(mean)) / abs(std)
    found = Calculation(cell, "(pixel ÷ 255 − mean) ÷ deviation", (window,), lines, made, rounding)
    return replace(found, result=float(output[cell]), eps=float(np.finfo(output.dtype).eps))


def layer_at(module: nn.Module, path: str | None) -> Layer:
    """The module or the parameter at a path of the network, ``stage1.0.conv``; None for a node that has none."""
    if path is None:
        return None
    found: Layer = module
    for name in path.split("."):
        found = getattr(found, name)
    return found


@lru_cache(maxsize=2)  # every cell of a map asks for the same
def seen_places(graph: Graph) -> Mapping[str, Places | None]:
    """What each place of each node sees of the picture."""
    return places(infer(graph))


def _fold(level: Level, node: str) -> tuple[int, int, int] | None:
    """How the vector that enters a node lay as a map before it was made one."""
    before = [level.graph[name] for name in level.graph[node].inputs if name is not None]
    if len(before) != 1 or not isinstance(before[0].block, Flatten) or before[0].inputs[0] is None:
        return None
    shape = level.shapes.get(before[0].inputs[0])
    return (shape[0], shape[1], shape[2]) if shape is not None and shape.is_map else None


def _array(value: Tensor) -> Floats:
    """One image's value of a node as an array of its own, in the precision that the network has computed in."""
    value = value[0].detach()
    made: Floats = (value if value.dtype in (torch.float32, torch.float64) else value.float()).cpu().numpy().copy()
    return made
