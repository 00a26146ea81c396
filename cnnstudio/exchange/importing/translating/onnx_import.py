"""ONNX import: an .onnx file as a network that can be edited, with its weights. Nothing of the file is run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cnnstudio.disk import shown
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.referee import compared
from cnnstudio.exchange.importing.translating.onnx_functions import RULES
from cnnstudio.exchange.importing.translating.onnx_graph import OnnxGraph, is_channels_last
from cnnstudio.exchange.importing.translating.onnx_model import OnnxModel, read_onnx
from cnnstudio.graph import Shape
from cnnstudio.wording import listed
from cnnstudio.worker import Report, unheard

LARGEST_IMAGE = 2**28  # numbers
_SIDES = (224, 32, 64, 128, 256, 299)  # tried where a file takes images of any size


def import_onnx(path: Path, size: Shape | None = None, report: Report = unheard) -> Imported:
    """The network of an .onnx file, and its weights as ``state``.

    ``size`` is that of its images, for files that leave it open; others say it themselves. What the file says of
    labels and normalisation, as those of this program do, comes with it. Raises ``ImportRefused``.
    """
    model = read_onnx(path)
    name = shown(path)
    if any(node.operator in _EIGHT_BITS for node in model.nodes):
        raise ImportRefused(
            f"{name} computes in whole numbers of 8 bits, which cannot be trained: import the file that it was made of."
        )
    if len(model.inputs) != 1:
        raise ImportRefused(f"{name} takes {len(model.inputs)} inputs; a network here is given one image.")
    if not report(f"Following {name}…", None):
        raise ImportRefused(f"{name} was not imported: it was stopped.")
    refusal, tried = ImportRefused(""), list(_sizes(model, size))
    for each in tried:
        try:
            imported = _imported(model, each, path.stem)
        except ImportRefused as error:
            refusal = error
            continue
        followed = (f"{name} takes images of any size; it was followed with images of {each}.",)
        notes = (*(followed if len(tried) > 1 else ()), *_told(model), *imported.notes)
        known = Normalization.from_metadata(model.metadata)
        return dataclasses.replace(imported, notes=notes, normalization=known)
    ways = "" if len(tried) == 1 else " Usual sizes of images were tried: say for which it is made (--size)."
    raise ImportRefused(f"{name} cannot be imported. {str(refusal).removeprefix(_REFUSED)}{ways}")


_EIGHT_BITS = {
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
    "ConvInteger",
    "MatMulInteger",
    "DynamicQuantizeLinear",
}
_REFUSED = "The network cannot be imported. "


def _imported(model: OnnxModel, size: Shape, title: str) -> Imported:
    module = OnnxGraph(model, size).translated(RULES)
    imported = import_module(module, size, title)
    doubts = compared(module, imported, size)
    return dataclasses.replace(imported, notes=(*imported.notes, *doubts), state=module.state_dict())


def _sizes(model: OnnxModel, said: Shape | None) -> Iterator[Shape]:
    """The sizes of images to follow it with. Raises ``ImportRefused`` where ``said`` is another than the file's."""
    sizes = model.inputs[0].sizes
    if len(sizes) not in (2, 4):
        raise ImportRefused(f"It is given something of {len(sizes)} axes; a network here is given images.")
    if math.prod(sizes[1:]) > LARGEST_IMAGE:
        raise ImportRefused("It takes images larger than any that are read here.")
    own = (sizes[3], sizes[1], sizes[2]) if is_channels_last(model) else sizes[1:]
    if all(own):
        if said is not None and said != Shape(*own):
            raise ImportRefused(f"It takes images of {Shape(*own)}, and of no other size.")
        yield Shape(*own)
    elif len(own) == 1:
        raise ImportRefused("It does not say how many numbers it is given.")
    elif said is not None:
        yield said
    else:
        yield from (
            Shape(own[0] or channels, own[1] or side, own[2] or side)
            for side in _SIDES
            for channels in _channels(model)
        )


def _channels(model: OnnxModel) -> tuple[int, ...]:
    """How many channels the first convolution reads."""
    for node in model.nodes:
        if node.operator == "Conv" and node.inputs[1:2] and node.inputs[1] in model.tensors:
            return (int(model.tensors[node.inputs[1]].shape[1]) * int(node.attributes.get("group", 1)),)
    return (3, 1)


def _told(model: OnnxModel) -> list[str]:
    """Sentences about what is here otherwise than in the file."""
    notes = []
    if len(model.outputs) > 1:
        notes.append(f"It gives {len(model.outputs)} tensors; the first is what the network ends in here.")
    halves = {f"{each.dtype.itemsize * 8}" for each in model.tensors.values() if _is_other(each)}
    if halves:
        notes.append(f"Its weights are numbers of {listed(sorted(halves))} bits; here they are of 32.")
    if is_channels_last(model):
        notes.append("It takes images as height, width, channels and turns them first; here images are given turned.")
    return notes


def _is_other(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" and array.dtype.itemsize != 4
