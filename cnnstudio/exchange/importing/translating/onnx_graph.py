"""ONNX graph: follows an ONNX model node by node and writes down each as a step of PyTorch.

A value is either what flows (``Ref``) or known before an image is there (an array): an initialiser, a size, and what is
worked out of these. Tensors are found by the edges of the graph alone; what they are called says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.translating.onnx_constants import folded
from cnnstudio.exchange.importing.translating.onnx_model import OnnxModel, OnnxNode, Subgraph
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref, Scribe, Stepwise
from cnnstudio.graph import Shape
from cnnstudio.headroom import ran_out
from cnnstudio.wording import on_a_line

Value = Ref | np.ndarray
NHWC = (0, 3, 1, 2)


class OnnxGraph:
    """A model on its way into steps, for images of ``size``; ``batch`` is the number of images that the file fixes."""

    def __init__(self, model: OnnxModel, size: Shape) -> None:
        self.opset = model.opset
        self.scribe = Scribe(size)
        self.result = model.outputs[0] if model.outputs else ""
        (image,) = model.inputs
        self.batch = image.sizes[0] if image.sizes else 0
        self.nodes = needed(model, self.result)
        self.values: dict[str, Value] = {**model.tensors, image.name: self.scribe.image}
        self.readers: dict[str, list[OnnxNode]] = defaultdict(list)
        for node in self.nodes:
            for name in node.inputs:
                self.readers[name].append(node)
        self._taken: set[int] = set()
        if is_channels_last(model):
            for node in self.readers[image.name]:
                self.take(node, self.scribe.image)

    def translated(self, rules: dict[str, Callable[[OnnxGraph, OnnxNode], Any]]) -> Stepwise:
        """The steps of all nodes. Raises ``ImportRefused`` that names the node which is not understood."""
        for node in self.nodes:
            if id(node) in self._taken:
                continue
            try:
                made = self._given(node, rules)
            except Misfit as error:
                raise ImportRefused(f"{node.title} {error}.") from error
            except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RuntimeError) as error:
                if ran_out(error):
                    raise
                raise ImportRefused(f"{node.title} is not said as ONNX says it.") from error
            for name, value in zip(node.outputs, made if isinstance(made, tuple) else (made,), strict=False):
                self.values[name] = value
        found = self.values.get(self.result)
        if not isinstance(found, Ref):
            raise ImportRefused("What it gives does not depend on the image.")
        return self.scribe.finished(found)

    def _given(self, node: OnnxNode, rules: dict[str, Callable[[OnnxGraph, OnnxNode], Any]]) -> Any:
        if any(isinstance(each, Subgraph) for each in node.attributes.values()):
            raise Misfit("decides while it runs what is computed, which no network here does")
        if node.domain not in ("", "ai.onnx"):
            raise Misfit(f"belongs to {on_a_line(node.domain)[:60]}, and not to ONNX itself: what it does is not known")
        for name in node.inputs:
            if name and name not in self.values:
                raise Misfit(f"reads {on_a_line(name)[:60]}, which nothing before it gives")
        given = [self.values[name] if name else None for name in node.inputs]
        if node.operator in ("Shape", "Size") and isinstance(given[0], Ref):
            sizes = np.array(self.scribe.sizes(given[0]), np.int64)
            cut = sizes[slice(node.attributes.get("start"), node.attributes.get("end"))]
            return cut if node.operator == "Shape" else np.array(sizes.prod(), np.int64)
        if not any(isinstance(each, Ref) for each in given):
            return folded(
                node.operator, node.attributes, [each for each in given if not isinstance(each, Ref)], self.opset
            )
        if node.operator not in rules:
            raise Misfit("has no block here and cannot be written as PyTorch")
        return rules[node.operator](self, node)

    # what a node reads

    def given(self, node: OnnxNode, place: int) -> Value | None:
        """An input of a node, or None where it is left out."""
        name = node.inputs[place] if place < len(node.inputs) else ""
        return self.values[name] if name else None

    def flow(self, node: OnnxNode, place: int = 0) -> Ref:
        """An input that flows. Raises ``Misfit`` where it is a constant."""
        found = self.given(node, place)
        if not isinstance(found, Ref):
            raise Misfit("reads a constant where an image should flow")
        return found

    def constant(self, node: OnnxNode, place: int) -> np.ndarray | None:
        """An input that stands in the file. Raises ``Misfit`` where it flows."""
        found = self.given(node, place)
        if isinstance(found, Ref):
            raise Misfit("computes its weights or settings while it runs")
        return found

    def weight(self, node: OnnxNode, place: int) -> Tensor:
        """An input that is a tensor of the file. Raises ``Misfit`` where there is none."""
        found = self.constant(node, place)
        if found is None:
            raise Misfit("lacks its weights")
        return tensor(found)

    def operand(self, node: OnnxNode, place: int) -> Any:
        """An input of arithmetic: what flows, a number, or a tensor that the module holds. Raises ``Misfit``."""
        found = self.given(node, place)
        if isinstance(found, Ref):
            return found
        if found is None:
            raise Misfit("lacks what it computes with")
        if found.size == 1 and found.ndim <= 4:
            return found.item()
        found = found[:1] if found.ndim > 1 and found.shape[0] == BATCH else found  # alike for all images
        held = self.scribe.hold(tensor(found), f"{self.named(node)}_tensor")
        if any(self.values.get(name) is self.scribe.image for name in node.inputs):
            getattr(self.scribe.module, held.name).requires_grad_(False)  # by it images are prepared
        return held

    # what reads a node

    def reader(self, name: str) -> OnnxNode | None:
        """The one node that reads this value, where no other does and it is not the result."""
        found = self.readers.get(name, [])
        return found[0] if len(found) == 1 and name != self.result and id(found[0]) not in self._taken else None

    def take(self, node: OnnxNode, value: Value) -> None:
        """Let a later node be part of what is being written; it gives ``value``."""
        self._taken.add(id(node))
        self.values[node.outputs[0]] = value

    def named(self, node: OnnxNode) -> str:
        """What the step of a node is called: the layer's own name, where exporters leave it."""
        words = [word for word in node.name.replace(".", "/").split("/") if word]
        while len(words) > 1 and words[-1].lower().startswith(node.operator.lower()[:4]):
            words.pop()
        name = words[-1] if words else node.operator.lower()
        return name.removeprefix("node_")


def number(node: OnnxNode, name: str, usual: float) -> float:
    """A number of a node as it was meant: a file holds 0.1 as 0.10000000149."""
    return float(f"{float(node.attributes.get(name, usual)):.7g}")


def tensor(array: np.ndarray) -> Tensor:
    """An array of a file as a tensor of its own: real numbers as torch computes, whole ones as they are."""
    kind = np.float32 if array.dtype.kind == "f" else np.int64 if array.dtype.kind in "iu" else np.bool_
    return torch.from_numpy(np.array(array, kind))


def needed(model: OnnxModel, result: str) -> list[OnnxNode]:
    """The nodes of which the result is made, in their order."""
    wanted, kept = {result}, []
    for node in reversed(model.nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.inputs)
            kept.append(node)
    return kept[::-1]


def is_channels_last(model: OnnxModel) -> bool:
    """Whether the file takes images as H × W × C and turns them itself before all else, as those from Keras do."""
    if len(model.inputs) != 1 or len(model.inputs[0].sizes) != 4 or not model.outputs:
        return False
    found = [node for node in needed(model, model.outputs[0]) if model.inputs[0].name in node.inputs]
    return bool(found) and all(
        node.operator == "Transpose" and tuple(node.attributes.get("perm", ())) == NHWC for node in found
    )


def is_of_images(sizes: tuple[int, ...]) -> bool:
    """Whether the first of these sizes is the number of images."""
    return bool(sizes) and sizes[0] == BATCH
