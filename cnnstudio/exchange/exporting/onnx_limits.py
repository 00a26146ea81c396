"""ONNX limits: what of a network cannot go to ONNX as it is, block by block, known before anything is tried.

``benchmarks/onnx_blocks.py`` walks the vocabulary through the exporter and onnxruntime and says where this list is
wrong. What is not in it is found by the comparison of every file with the network. Knows no torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cnnstudio.blocks import AdaptiveMaxPool2d, ConvTranspose2d, FractionalMaxPool2d, Opaque, RReLU
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Shape, pair


@dataclass(frozen=True)
class Limit:
    """Blocks of this class for which ``holds`` is true of them and what enters; ``reason`` follows the block's name."""

    block: type[Block]
    holds: Callable[[Block, tuple[Shape, ...]], bool]
    reason: str


def _always(block: Block, inputs: tuple[Shape, ...]) -> bool:
    return True


def _is_uneven(block: Block, inputs: tuple[Shape, ...]) -> bool:
    sizes = pair(block.output_size)  # type: ignore[attr-defined] # of AdaptiveMaxPool2d
    return any(length % out for length, out in zip(inputs[0].spatial, sizes, strict=True))


def _outgrows_its_stride(block: Block, inputs: tuple[Shape, ...]) -> bool:
    extra, strides = pair(block.output_padding), pair(block.stride)  # type: ignore[attr-defined] # of ConvTranspose2d
    return any(more >= stride for more, stride in zip(extra, strides, strict=True))


def _says(pattern: str) -> Callable[[Block, tuple[Shape, ...]], bool]:
    def holds(block: Block, inputs: tuple[Shape, ...]) -> bool:
        return isinstance(block, Opaque) and bool(re.search(pattern, f"{block.module}\n{block.expression}"))

    return holds


LIMITS = (
    Limit(FractionalMaxPool2d, _always, "draws its windows at random, for which ONNX has no operator"),
    Limit(RReLU, _always, "draws its slopes at random while it learns, and PyTorch does not translate it"),
    Limit(AdaptiveMaxPool2d, _is_uneven, "has windows of different sizes, which ONNX does not know"),
    Limit(ConvTranspose2d, _outgrows_its_stride, "has an output_padding as large as its stride, which ONNX refuses"),
    Limit(Opaque, _says(r"divisor_override=(?!None)"), "divides by a number of its own, which ONNX has no place for"),
    Limit(
        Opaque, _says(r"[Ff]ractional_?[Mm]ax_?[Pp]ool"), "draws its windows at random, for which ONNX has no operator"
    ),
    Limit(Opaque, _says(r"\b(nn\.RReLU|rrelu)\("), "draws its slopes at random, and PyTorch does not translate it"),
    Limit(
        Opaque,
        _says(r"scale_factor=[^,)]*\d\.(?!0*(?:\D|$))\d"),
        "resizes by a factor that is no whole number, which ONNX rounds to another size",
    ),
)


ONNX = frozenset({"onnx", "onnx-int8"})
"""The kinds to which this applies."""


def limit(analysis: Analysis, kind: str) -> str:
    """Why this network can never be a file of this kind, with the block named; empty where nobody knows why not."""
    if kind not in ONNX:
        return ""
    for path, block, inputs in parts_of(analysis.acting):
        for each in LIMITS:
            if type(block) is each.block and each.holds(block, inputs):
                return (
                    f"{'.'.join(path)} ({block.title}) {each.reason}. Export it in another way, or replace the block."
                )
    return ""


def parts_of(
    analysis: Analysis, outer: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Block, tuple[Shape, ...]]]:
    """Every block that has no others in it, with the names that lead to it and the shapes that enter it."""
    for node in analysis.graph:
        shapes = tuple(shape for shape in analysis.shapes_into(node.name) if shape is not None)
        path = (*outer, node.name)
        if isinstance(node.block, Composite) and (inside := analysis.opened(node.name)) is not None:
            yield from parts_of(inside.acting, path)
        elif len(shapes) == len(node.inputs):
            yield path, node.block, shapes
