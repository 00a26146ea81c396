"""Experiments on a picture: what of it a value sees, and what bears that it is shifted. Maps are the microscope's."""

from __future__ import annotations

import numpy as np

from cnnstudio.blocks import Conv2d, Input, MaxPool2d
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.insight.calculation import Numbers
from cnnstudio.lessons.experiment import Box, Outcome, Picture, Row, Side, Values, compared
from cnnstudio.lessons.microscope import Microscope
from cnnstudio.lessons.microscope_setting import Setting
from cnnstudio.lessons.photograph import SIDE, photograph
from cnnstudio.lessons.worked_examples import FILTERS
from cnnstudio.wording import counted

MOST_SHIFT = 8  # pixels


def chain(shape: tuple[int, ...], *blocks: Block) -> Graph:
    """These blocks one after the other, behind an input of this shape."""
    draw = Sketch()
    draw.chain(draw(Input(shape)), *blocks)
    return draw.graph()


def same(channels: int, kernel: int, groups: int = 1, *, bias: bool = False) -> Conv2d:
    """A convolution that keeps the size of a map, of an odd kernel."""
    return Conv2d(channels, kernel, padding=kernel // 2, groups=groups, bias=bias)


def field_on_picture(values: Values) -> Outcome:
    """How far a value in the middle of a network sees, framed on the photograph."""
    count, kernel, every = values["Convolutions"], values["Kernel"], values["Pool after each"]
    blocks: list[Block] = []
    for number in range(1, count + 1):
        blocks.append(same(8, kernel))
        if every and number % every == 0:
            blocks.append(MaxPool2d(2))
    side = Side("Network", chain((1, SIDE, SIDE), *blocks))
    box, field, shape = None, side.field, side.shape
    if field is not None and shape is not None:
        box = _middle_of(side)

    def sentence() -> str:
        assert field is not None
        step = field.stride[0]
        return (
            f"A value in the middle of the last map sees {field.written} of the {SIDE} × {SIDE} pixels; its neighbour "
            f"sees as much, {counted(int(step), 'pixel')} further on. Each convolution adds (K − 1) times the product "
            "of the strides before it."
        )

    made = compared((side,), sentence)
    picture = Picture("What a value in the middle sees", photograph()[0], box)
    return Outcome(made.sides, made.rows, made.sentence, (picture,) if not made.misfit else (), made.misfit)


def _middle_of(side: Side) -> Box | None:
    """The pixels that a value in the middle of the last map sees, those of them that are there."""
    field, shape = side.field, side.shape
    if field is None or shape is None:
        return None
    found = []
    for axis, length in enumerate(shape.spatial):
        start = int(field.offset[axis] + field.stride[axis] * (length // 2))
        found.append(range(max(0, start), min(SIDE, start + field.size[axis])))
    return found[0], found[1]


# shifting the picture


def shifted(values: Values) -> Outcome:
    """What a shift of the photograph changes: of a map, of its largest values and of its mean."""
    by, size = values["Shift"], values["Pool"]
    window = SIDE - 2 * MOST_SHIFT  # so that what comes in at an edge is picture, too
    before, after = (_cropped(at, window) for at in (MOST_SHIFT, MOST_SHIFT + by))
    maps = [np.maximum(_slid(each), 0.0) for each in (before, after)]  # (H, W), with a ReLU behind
    pools = [_pooled(each, size) for each in maps]
    means = [float(each.mean()) for each in maps]
    moved = maps[0][:, by:] if by else maps[0]
    off = float(np.abs(moved - maps[1][:, : moved.shape[1]]).max())
    changes = [_change(*each) for each in ((before, after), maps, pools)]
    changes.append(abs(means[1] - means[0]) / (abs(means[0]) or 1.0))
    names = ("Picture", "Map", f"Max pool {size} × {size}", "Global mean")
    row = Row("Changes by", tuple(f"{each:.1%}" for each in changes), tuple(changes))
    exact = "to the last digit" if off == 0 else f"but for {off:.1g}"
    sentence = (
        f"The map of the shifted picture is the shifted map, {exact}: that is equivariance, and every convolution has "
        f"it. Taken place by place the map changes by {changes[1]:.0%}; its largest values under {size} × {size} "
        f"change by {changes[2]:.0%} and its mean by {changes[3]:.1%}: pooling bears small shifts."
    )
    graph = chain((1, window, window), Conv2d(1, 3, bias=False), MaxPool2d(size))
    pictures = (
        Picture(f"Shifted by {counted(by, 'pixel')}", after),
        Picture("Map: Sobel x, ReLU", maps[1]),
        Picture(f"Max pool {size} × {size}", pools[1]),
    )
    return Outcome((Side("Convolution and pool", graph),), (row,), sentence, pictures, titles=names)


def _cropped(left: int, window: int) -> Numbers:
    found: Numbers = photograph()[0, MOST_SHIFT : MOST_SHIFT + window, left : left + window]
    return found


def _slid(values: Numbers) -> Numbers:
    kernel = np.array(FILTERS["Sobel x"], np.float64)
    found: Numbers = Microscope.of(Setting(operation="convolution"), values, kernel).output[0]
    return found


def _pooled(values: Numbers, size: int) -> Numbers:
    setting = Setting(operation="max pooling", kernel_size=size, stride=size)
    found: Numbers = Microscope.of(setting, values).output[0]
    return found


def _change(one: Numbers, other: Numbers) -> float:
    return float(np.abs(one - other).mean() / (np.abs(one).mean() or 1.0))
