"""Receptive and projective fields against gradients: every block of the registry, and every template, in float64.

Promises: what a value is told to see holds all that it has a gradient by, to the last bit, and no pixel more, at the
corners and in the middle; but what is told as an upper bound may be more. The same for where a pixel goes. It walks
blocks alone, behind a stride, behind a crop and before padding, and says what does not hold. Names on the command line
check those templates alone.

Maxima are measured as means, as they pass one gradient only, and normalisations keep the statistics that they have.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's pages use
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from cnnstudio.blocks import Conv2d, ConvTranspose2d, Crop, Input
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.receptive import Places, places, receptive_fields
from cnnstudio.compiler.source import source
from cnnstudio.graph import BLOCKS, Block, Graph, ParameterError, Shape, ShapeError, Sketch
from cnnstudio.training.build import build
from cnnstudio.zoo import NETWORKS, TEMPLATES

BEFORE: dict[str, tuple[Block, ...]] = {
    "alone": (),
    "behind a stride": (Conv2d(8, 3, stride=2),),
    "behind a crop": (Crop(2, 1, 0, 3),),
    "behind a transposed convolution": (ConvTranspose2d(8, 3, stride=2, padding=1),),
}
AFTER: dict[str, tuple[Block, ...]] = {"": (), " before padding": (Conv2d(8, 3, padding=1),)}
SIDE = 16


class Meaning(nn.Module):
    """A max pooling as the sum under its windows, so that all of them pass a gradient."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.pool(x.detach())
        pool = self.pool
        kernel, stride, padding, dilation = (_pair(each) for each in (
            pool.kernel_size, pool.stride, pool.padding, pool.dilation,
        ))  # fmt: skip
        needed = [(out.shape[axis + 2] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 for axis in (0, 1)]
        right, below = (max(0, needed[axis] - x.shape[axis + 2] - padding[axis]) for axis in (1, 0))
        x = F.pad(x, (padding[1], right, padding[0], below))[:, :, : needed[0], : needed[1]]
        ones = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype) / (kernel[0] * kernel[1])
        return F.conv2d(x, ones, stride=stride, dilation=dilation, groups=x.shape[1])


class Still(nn.Module):
    """A normalisation over maps whose mean and deviation are what they are, whatever changes."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() == 4 and not (isinstance(self.norm, nn.LayerNorm) and len(self.norm.normalized_shape) == 1):
            return x * 0.7 + self.norm(x.detach()) * 0.01
        return cast(torch.Tensor, self.norm(x))


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def linearized(graph: Graph) -> nn.Module:
    """The network in float64 with positive weights, in which every way from the image to a value shows."""
    module = build(source(graph).text, source(graph).class_name).double().eval()
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            drawn = torch.rand(parameter.shape, generator=chance, dtype=torch.float64) + 0.5
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 100 if name.endswith("bias") else 2
            parameter.copy_(drawn / fan_in)
    for owner in list(module.modules()):
        for name, child in list(owner.named_children()):
            if isinstance(child, nn.MaxPool2d):
                setattr(owner, name, Meaning(child))
            elif isinstance(child, nn.AdaptiveMaxPool2d):
                setattr(owner, name, nn.AdaptiveAvgPool2d(cast(Any, child.output_size)))
            elif isinstance(child, nn.Hardshrink | nn.Softshrink):  # which lets no small number through
                child.lambd = 0.0
            elif isinstance(child, nn.Hardsigmoid):  # which has no second derivative
                setattr(owner, name, nn.Sigmoid())
            elif isinstance(child, nn.GroupNorm | nn.InstanceNorm2d | nn.LayerNorm) and not isinstance(owner, Still):
                setattr(owner, name, Still(child))
    return module


def faults(graph: Graph, nodes: Iterable[str] | None = None) -> Iterator[str]:
    """What is told of the fields of a network and does not hold, a sentence each: of these nodes, or of all."""
    analysis = infer(graph)
    told = places(analysis)
    (image,) = (shape for node in graph.inputs for shape in [analysis.facts[node.name].shape])
    module, outputs = linearized(graph), dict[str, torch.Tensor]()
    for name, child in module.named_children():
        if name in analysis.facts:
            child.register_forward_hook(lambda _, __, out, name=name: outputs.update({name: out}))
    end = graph.outputs[0].name

    x = torch.rand(1, *image, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 0.3 + 0.6
    with sdpa_kernel(SDPBackend.MATH):  # the one that has a second derivative
        outputs[end] = module(x.requires_grad_())
    wanted = set(nodes) if nodes is not None else set(outputs)
    shown = {
        name: (out, place) for name, out in outputs.items()
        if name in wanted and (place := told[name]) is not None and out.shape[1:] == torch.Size(place.shape)
    }  # fmt: skip
    for name, (out, place) in shown.items():
        yield from _receptive(analysis, name, out, x, place)
    yield from _projective(shown, x)


def _middle_and_corners(lengths: tuple[int, ...]) -> list[tuple[int, ...]]:
    if len(lengths) == 1:
        return [(0,), (lengths[0] // 2,), (lengths[0] - 1,)]
    height, width = lengths
    return list(
        dict.fromkeys([(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1), (height // 2, width // 2)])
    )


def _receptive(analysis: Analysis, name: str, out: torch.Tensor, x: torch.Tensor, told: Places) -> Iterator[str]:
    shape = analysis.facts[name].shape
    field = receptive_fields(analysis)[name]
    assert field is not None
    for place in _middle_and_corners(shape.spatial if shape.is_map else shape[:1]):
        values = out[0, :, place[0], place[1]] if shape.is_map else out[0, place[0]].reshape(-1)
        weights = torch.rand(values.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 0.1
        if not values.requires_grad:
            real = (range(0), range(0))
        else:
            (gradient,) = torch.autograd.grad((values * weights).sum(), x, retain_graph=True, materialize_grads=True)
            real = _support(gradient[0].abs().sum(0) > 0)
        boxed = told.seen_by(*place)
        yield from _compared(f"{name} at {place}", real, boxed if all(boxed) else (range(0), range(0)), told.status)
        if any(len(seen) > side for seen, side in zip(real, field.size, strict=True)):
            yield f"{name} at {place} sees {_said(real)}, more than its field {field.size}"


def _support(touched: torch.Tensor) -> tuple[range, range]:
    """The rows and the columns between which anything is touched."""
    rows, columns = touched.any(1).nonzero().flatten().tolist(), touched.any(0).nonzero().flatten().tolist()
    return (range(rows[0], rows[-1] + 1), range(columns[0], columns[-1] + 1)) if rows else (range(0), range(0))


def _compared(what: str, real: tuple[range, ...], told: tuple[range, ...], status: str) -> Iterator[str]:
    if any(set(a) - set(b) for a, b in zip(real, told, strict=True)):
        yield f"{what}: {_said(real)} by gradients is not within {_said(told)} ({status})"
    elif status != "upper bound" and real != told:
        yield f"{what}: {_said(real)} by gradients, but told {_said(told)} ({status})"


def _said(box: tuple[range, ...]) -> str:
    return " × ".join(f"{side.start}..{side.stop - 1}" if side else "nothing" for side in box)


def _projective(shown: dict[str, tuple[torch.Tensor, Places]], x: torch.Tensor) -> Iterator[str]:
    """Where pixels go: the derivative of the gradient by what it is weighed with is the way forward."""
    height, width = x.shape[2:]
    outs = {name: out for name, (out, _) in shown.items() if out.requires_grad}
    if not outs:
        return
    weights = [torch.zeros_like(out, requires_grad=True) for out in outs.values()]
    (gradient,) = torch.autograd.grad([*outs.values()], x, weights, create_graph=True, materialize_grads=True)
    for row, column in ((0, 0), (height // 2, width // 2), (height - 1, width - 1)):
        tangent = torch.zeros_like(x)
        tangent[0, :, row, column] = torch.rand(x.shape[1], generator=torch.Generator().manual_seed(3)).double() + 0.1
        changes = (
            torch.autograd.grad(gradient, weights, tangent, retain_graph=True, allow_unused=True)
            if gradient.requires_grad
            else [None] * len(weights)
        )
        for name, change in zip(outs, changes, strict=True):
            place = shown[name][1]
            touched = torch.zeros_like(outs[name][0]) if change is None else change[0].abs()
            if place.shape.is_map:
                real: tuple[range, ...] = _support(touched.sum(0) > 0)
            else:
                hit = (touched.reshape(place.shape[0], -1).sum(1) > 0).nonzero().flatten().tolist()
                real = (range(hit[0], hit[-1] + 1) if hit else range(0),)
            yield from _compared(f"pixel {row}, {column} at {name}", real, place.reached_from(row, column), place.way)


# what is walked


def registry(shapes: Iterable[Shape] = (Shape(8, SIDE, SIDE), Shape(8, 15, 13))) -> Iterator[tuple[str, Graph]]:
    """Every block as it is first drawn, in its surroundings, wherever that fits."""
    for kind in BLOCKS.values():
        for shape in shapes:
            for before, first in BEFORE.items():
                for after, then in AFTER.items():
                    graph = drawn(kind, shape, first, then)
                    if graph is not None:
                        yield f"{kind.__name__}, {shape}, {before}{after}", graph


def drawn(kind: type[Block], shape: Shape, before: tuple[Block, ...], after: tuple[Block, ...]) -> Graph | None:
    """A block between others; None where it does not take what comes, or is none that takes anything."""
    block = kind()
    if not block.arity.least or block.obstacle:
        return None
    draw = Sketch()
    try:
        end = draw.chain(draw(Input(tuple(shape))), *before)
        if kind.family == "transformer" and len(infer(draw.graph()).facts) and not _takes(block, draw, end):
            end = draw(BLOCKS["Tokens"](), end)
        draw.chain(draw(block, *[end] * block.arity.least), *after)
    except (ParameterError, ShapeError):
        return None
    graph = draw.graph()
    return graph if len(infer(graph).facts) == len(graph) else None


def _takes(block: Block, draw: Sketch, end: str) -> bool:
    try:
        block.shape(*[infer(draw.graph()).facts[end].shape] * block.arity.least)
    except ShapeError:
        return False
    return True


def templates() -> Iterator[tuple[str, Graph]]:
    """Every network of the gallery for small images, and the templates."""
    for name, template in TEMPLATES.items():
        yield name, template.make(template.classes, template.size)
    for name, network in NETWORKS.items():
        small = network.small
        yield f"{name}, small", small.make(small.classes, small.size)


def main(names: list[str]) -> int:
    """Walk everything and say what does not hold."""
    warnings.simplefilter("ignore")
    checked = wrong = 0
    for title, graph in [*([] if names else registry()), *templates()]:
        if names and not any(name in title for name in names):
            continue
        checked += 1
        for fault in faults(graph):
            wrong += 1
            print(f"{title}: {fault}")
    print(f"{checked} networks, {wrong} faults")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
