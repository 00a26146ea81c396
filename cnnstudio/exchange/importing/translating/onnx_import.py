"""ONNX import: an .onnx file as a network that can be edited, with its weights. Nothing of the file is run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.translating.followed import followed, sizes_of
from cnnstudio.exchange.importing.translating.onnx_functions import RULES
from cnnstudio.exchange.importing.translating.onnx_graph import OnnxGraph, is_channels_last
from cnnstudio.exchange.importing.translating.onnx_model import OnnxModel, read_onnx
from cnnstudio.exchange.importing.translating.stepwise import Stepwise
from cnnstudio.graph import Shape
from cnnstudio.wording import listed
from cnnstudio.worker import Report, unheard

_EIGHT_BITS = {
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
    "ConvInteger",
    "MatMulInteger",
    "DynamicQuantizeLinear",
}


def import_onnx(path: Path, size: Shape | None = None, report: Report = unheard) -> Imported:
    """The network of an .onnx file, and its weights as ``state``.

    ``size`` is that of its images, for files that leave it open; others say it themselves. What the file says of
    labels and normalisation, as those of this program do, comes with it. Raises ``ImportRefused``.
    """
    model = read_onnx(path)

    def translated(tried: Shape) -> tuple[Stepwise, list[str]]:
        return OnnxGraph(model, tried).translated(RULES), _told(model)

    imported = followed(path, lambda: _sizes(model, size), translated, report)
    return dataclasses.replace(imported, normalization=Normalization.from_metadata(model.metadata))


def _sizes(model: OnnxModel, said: Shape | None) -> Iterator[Shape]:
    """The sizes of images to follow it with. Raises ``ImportRefused``."""
    if any(node.operator in _EIGHT_BITS for node in model.nodes):
        raise ImportRefused(
            "It computes in whole numbers of 8 bits, which cannot be trained: import what it was made of."
        )
    if len(model.inputs) != 1:
        raise ImportRefused(f"It takes {len(model.inputs)} inputs; a network here is given one image.")
    sizes = model.inputs[0].sizes
    if len(sizes) not in (2, 4):
        raise ImportRefused(f"It is given something of {len(sizes)} axes; a network here is given images.")
    own = (sizes[3], sizes[1], sizes[2]) if is_channels_last(model) else sizes[1:]
    yield from sizes_of(own, said, _channels(model))


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
