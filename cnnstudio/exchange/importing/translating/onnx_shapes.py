"""ONNX shapes: what changes the size or the order of what flows, or takes and joins pieces of it.

Each operator as https://onnx.ai/onnx/operators says it, older opsets included.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import nn

from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.exchange.importing.translating.onnx_constants import axes, slices
from cnnstudio.exchange.importing.translating.onnx_graph import OnnxGraph, is_of_images, tensor
from cnnstudio.exchange.importing.translating.onnx_model import OnnxNode
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref
from cnnstudio.exchange.importing.translating.windows import padded


def _sized(graph: OnnxGraph, value: Ref, sizes: list[int]) -> tuple[int, ...]:
    """Sizes to which something is brought, with the batch in front wherever the file fixes or leaves it."""
    own = graph.scribe.sizes(value)
    sizes = [own[place] if size == 0 and place < len(own) else size for place, size in enumerate(sizes)]
    rest = math.prod(own[1:])
    if is_of_images(own) and sizes and sizes[0] in (-1, graph.batch, 1):
        if -1 not in sizes[1:] and math.prod(sizes[1:]) == rest:
            return (BATCH, *sizes[1:])
        if -1 in sizes[1:] and sizes[0] in (graph.batch, 1) and sizes[0] > 0:
            return (BATCH, *sizes[1:])
    return tuple(sizes)


def reshape(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """The same numbers under another shape."""
    value, told = graph.flow(node), graph.constant(node, 1)
    sizes = _sized(
        graph, value, [int(size) for size in (node.attributes["shape"] if told is None else told.reshape(-1))]
    )
    if len(sizes) == 2 and sizes[0] in (BATCH, -1) and is_of_images(graph.scribe.sizes(value)):
        flat = math.prod(graph.scribe.sizes(value)[1:])
        if sizes[1] in (flat, -1) and BATCH in sizes:
            return graph.scribe.apply(torch.flatten, value, 1)
    return _brought(graph, value, sizes)


def _brought(graph: OnnxGraph, value: Ref, sizes: tuple[int, ...]) -> Ref:
    """A value under other sizes; that of the batch is left to torch."""
    if -1 not in sizes and sum(bool(size) and size % BATCH == 0 for size in sizes) == 1:
        sizes = tuple(-1 if size and size % BATCH == 0 else size for size in sizes)
    return graph.scribe.apply(torch.Tensor.reshape, value, sizes)


def flatten(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Everything behind the batch in one row."""
    value = graph.flow(node)
    if int(node.attributes.get("axis", 1)) % len(graph.scribe.sizes(value)) != 1:
        raise Misfit("joins the images of a batch, which no block does")
    return graph.scribe.apply(torch.flatten, value, 1)


def squeeze(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Without axes of one place."""
    value = graph.flow(node)
    sizes = graph.scribe.sizes(value)
    found = axes(node.attributes, [value, graph.given(node, 1)])
    gone = {axis % len(sizes) for axis in found} if found is not None else {i for i, s in enumerate(sizes) if s == 1}
    if any(sizes[axis] != 1 for axis in gone):
        raise Misfit("takes away an axis that has more than one place")
    if gone == set(range(2, len(sizes))):
        return graph.scribe.apply(torch.flatten, value, 1)
    return _brought(graph, value, tuple(s for i, s in enumerate(sizes) if i not in gone))


def unsqueeze(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """With further axes of one place."""
    value = graph.flow(node)
    sizes, found = list(graph.scribe.sizes(value)), axes(node.attributes, [value, graph.given(node, 1)]) or ()
    for axis in sorted(axis % (len(sizes) + len(found)) for axis in found):
        sizes.insert(axis, 1)
    return _brought(graph, value, tuple(sizes))


def transpose(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """The axes in another order."""
    value = graph.flow(node)
    order = tuple(node.attributes.get("perm") or reversed(range(len(graph.scribe.sizes(value)))))
    moved = [axis for axis, place in enumerate(order) if axis != place]
    if not moved:
        return value
    return (
        graph.scribe.apply(torch.transpose, value, *moved)
        if len(moved) == 2
        else graph.scribe.apply(torch.permute, value, order)
    )


def joined(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Values behind one another; constants are alike for all images."""
    flows = [graph.given(node, place) for place in range(len(node.inputs))]
    known = next(each for each in flows if isinstance(each, Ref))
    joined: list[Any] = []
    for each in flows:
        if isinstance(each, Ref):
            joined.append(each)
            continue
        if (
            each is None
            or each.shape[:1] not in ((1,), (graph.batch,), (BATCH,))
            or not is_of_images(graph.scribe.sizes(known))
        ):
            raise Misfit("joins what flows with a constant of another size")
        held = graph.scribe.hold(tensor(each[:1]), f"{graph.named(node)}_tensor")
        joined.append(graph.scribe.apply(torch.Tensor.expand, held, BATCH, *(-1,) * (each.ndim - 1)))
    return graph.scribe.apply(torch.cat, joined, int(node.attributes["axis"]))


def split(graph: OnnxGraph, node: OnnxNode) -> tuple[Ref, ...]:
    """The pieces of a value."""
    value, told = graph.flow(node), graph.constant(node, 1)
    sizes = graph.scribe.sizes(value)
    axis = int(node.attributes.get("axis", 0)) % len(sizes)
    parts = node.attributes.get("split") if told is None else told.reshape(-1).tolist()
    if parts is None:
        each = -(-sizes[axis] // len(node.outputs))
        parts = [min(each, sizes[axis] - place) for place in range(0, sizes[axis], each)]
    whole = graph.scribe.apply(torch.split, value, [int(part) for part in parts], axis)
    return tuple(graph.scribe.piece(whole, place) for place in range(len(parts)))


def sliced(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A piece of a value."""
    value = graph.flow(node)
    cut = slices(node.attributes, [graph.given(node, place) for place in range(5)], len(graph.scribe.sizes(value)))
    if any(each.step is not None and each.step < 0 for each in cut):
        raise Misfit("turns an axis round, which no block does")
    cut = tuple(
        slice(None) if each.indices(size) == (0, size, 1) else slice(*each.indices(size))
        for each, size in zip(cut, graph.scribe.sizes(value), strict=True)
    )
    while cut and cut[-1] == slice(None):
        cut = cut[:-1]
    return graph.scribe.apply(operator.getitem, value, cut) if cut else value


def gather(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """One place along an axis, or several by a table."""
    value, index = graph.flow(node), graph.constant(node, 1)
    if index is None:
        raise Misfit("lacks what it chooses")
    sizes = graph.scribe.sizes(value)
    axis = int(node.attributes.get("axis", 0)) % len(sizes)
    if not index.ndim:
        place = int(index) % sizes[axis]
        return graph.scribe.apply(operator.getitem, value, (*(slice(None),) * axis, place))
    held = graph.scribe.hold(tensor(index) % sizes[axis], f"{graph.named(node)}_index")
    return graph.scribe.apply(operator.getitem, value, (*(slice(None),) * axis, held))


def expand(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A value stretched where it has one place."""
    value, told = graph.flow(node), graph.constant(node, 1)
    own = graph.scribe.sizes(value)
    sizes = [int(size) for size in (told if told is not None else ())]
    sizes = [*(1,) * (len(own) - len(sizes)), *sizes]
    own = (*(1,) * (len(sizes) - len(own)), *own)
    return graph.scribe.apply(
        torch.broadcast_to, value, tuple(have if want == 1 else want for have, want in zip(own, sizes, strict=True))
    )


def pad(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A value with a border."""
    value, told = graph.flow(node), node.attributes
    sizes, pads, told_filling = graph.scribe.sizes(value), graph.constant(node, 1), graph.constant(node, 2)
    along = graph.constant(node, 3)
    listed = [int(side) for side in (pads.reshape(-1) if pads is not None else told.get("pads") or told["paddings"])]
    filling = float(told_filling.reshape(-1)[0]) if told_filling is not None else float(told.get("value", 0.0))
    before, behind = [0] * len(sizes), [0] * len(sizes)
    places = [int(axis) for axis in along.reshape(-1)] if along is not None else range(len(sizes))
    for place, axis in enumerate(places):
        before[axis], behind[axis] = listed[place], listed[place + len(listed) // 2]
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}.get(
        told.get("mode", "constant")
    )
    if mode is None or before[0] or behind[0] or ((before[1] or behind[1]) and mode != "constant"):
        raise Misfit("puts a border where no block does")
    first = 1 if before[1] or behind[1] else 2
    if mode == "constant":
        return padded(graph.scribe, value, before[first:], behind[first:], filling)
    pairs = [side for pair in zip(reversed(before[first:]), reversed(behind[first:]), strict=True) for side in pair]
    return graph.scribe.apply(F.pad, value, tuple(pairs), mode)


def resize(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Upsampling by whole factors; how pixels lie is said in words since opset 11, and was as torch has it before."""
    value, told = graph.flow(node), node.attributes
    is_old = graph.opset < 11
    scales = graph.constant(node, 1 if is_old else 2)
    scales = np.array(told["scales"]) if scales is None and "scales" in told else scales
    wanted = graph.constant(node, 3)
    own = graph.scribe.sizes(value)
    if len(own) != 4 or told.get("axes") is not None:
        raise Misfit("changes the size of what is no map")
    if wanted is not None and wanted.size:
        sizes = tuple(int(size) for size in wanted.reshape(-1)[2:])
        if told.get("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise Misfit("chooses its size by the images")
    elif scales is not None and scales.size == 4:
        sizes = tuple(
            math.floor(length * float(scale)) for length, scale in zip(own[2:], scales.reshape(-1)[2:], strict=True)
        )
    else:
        raise Misfit("does not say to which size")
    mode, lies = told.get("mode", "nearest"), told.get("coordinate_transformation_mode", "half_pixel")
    if is_old:
        lies = "asymmetric" if mode == "nearest" else lies
    rounds = "floor" if is_old else told.get("nearest_mode", "round_prefer_floor")
    is_whole = all(new % old == 0 for old, new in zip(own[2:], sizes, strict=True))
    if mode == "nearest":
        # by whole factors, halves of pixels rounded to the nearest are what torch takes as well
        is_torchs = (lies == "asymmetric" and rounds == "floor") or (
            is_whole and lies in ("half_pixel", "pytorch_half_pixel") and rounds.startswith("round")
        )
        named: dict[str, Any] = {"mode": "nearest"}
    else:
        named = {"mode": {"linear": "bilinear", "cubic": "bicubic"}.get(mode, "")}
        named["align_corners"] = lies == "align_corners"
        is_torchs = lies in ("half_pixel", "pytorch_half_pixel", "align_corners") and bool(named["mode"])
        is_torchs = is_torchs and (mode == "linear" or told.get("cubic_coeff_a", -0.75) == -0.75)
    if not is_torchs or told.get("antialias") or told.get("exclude_outside"):
        raise Misfit(f"lays pixels out ({lies}, {mode}) as no block does")
    if is_whole and not named.get("align_corners"):
        factors = tuple(new // old for old, new in zip(own[2:], sizes, strict=True))
        return graph.scribe.apply(F.interpolate, value, None, tuple(map(float, factors)), **named)
    return graph.scribe.apply(F.interpolate, value, sizes, **named)


def depth_to_space(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Channels dealt out over squares of pixels."""
    size, value = int(node.attributes["blocksize"]), graph.flow(node)
    if node.attributes.get("mode", "DCR") == "CRD":
        return graph.scribe.call(nn.PixelShuffle(size), value, name=graph.named(node))
    count, channels, height, width = graph.scribe.sizes(value)
    split = graph.scribe.apply(torch.Tensor.reshape, value, (count, size * size, channels // size**2, height, width))
    turned = graph.scribe.apply(torch.transpose, split, 1, 2)
    joined = graph.scribe.apply(torch.Tensor.reshape, turned, (count, channels, height, width))
    return graph.scribe.call(nn.PixelShuffle(size), joined, name=graph.named(node))


def cast(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Numbers of another kind."""
    kinds = {1: torch.float32, 6: torch.int64, 7: torch.int64, 9: torch.bool, 10: torch.float32, 11: torch.float32}
    value, kind = graph.flow(node), kinds.get(node.attributes.get("to", 1))
    if kind is None:
        raise Misfit("makes numbers of a kind that is not read here")
    return value if graph.scribe.seen(value).dtype == kind else graph.scribe.apply(torch.Tensor.to, value, kind)


def same(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """What went in."""
    return graph.flow(node)
