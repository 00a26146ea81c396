"""Step costs: what a step without a block multiplies and keeps, counted by letting torch do it with no numbers."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, fx, nn
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.graph.shape import BYTES_PER_NUMBER

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.recognition import Steps

Keeps = Literal["inputs", "output", "both", "nothing", "view"]


@dataclass(frozen=True)
class Cost:
    """Multiply-accumulates for one sample, None where they are not known; what training keeps, and bytes besides."""

    macs: int | None = None
    keeps: Keeps = "inputs"
    besides: int = 0


def cost_of(steps: Steps, node: fx.Node, before: Iterable[fx.Node] = ()) -> Cost:
    """What this step costs, with the steps ``before`` it that stand in the same line."""
    try:
        last, *others = [_measured(steps, each) for each in (node, *before)]
    except Exception:  # whatever torch raises where it has no such operation without numbers
        return Cost()
    macs = sum(each.macs for each in (last, *others))
    if last.is_view and all(each.is_view for each in others):
        return Cost(macs, "view")
    reads = last.reads or any(each.reads for each in others)
    besides = sum(each.besides for each in (last, *others)) + sum(each.output for each in others)
    keeps: Keeps = "both" if reads and last.output else "inputs" if reads else "output" if last.output else "nothing"
    return Cost(macs, keeps, besides)


@dataclass(frozen=True)
class _Measured:
    """One step, for one sample: whether what it reads is kept, the bytes kept of what it gives, and others."""

    macs: int
    reads: bool
    output: int
    besides: int
    is_view: bool


def _measured(steps: Steps, node: fx.Node) -> _Measured:
    if node.op == "call_module" and isinstance(steps.module(node), nn.RNNBase):
        return _recurrent(steps.module(node), steps.seen(node.args[0]))
    given: list[Tensor] = []

    def fresh(value: Any) -> Any:
        if isinstance(value, Tensor):
            made = torch.empty_like(value, device="meta")
            if made.is_floating_point() or made.is_complex():
                made = made.requires_grad_().clone()  # no leaf, which may not be changed in place
            given.append(made)
            return made
        if type(value) in (tuple, list):
            return type(value)(map(fresh, value))
        return value

    arguments = [fresh(steps.seen(each)) for each in node.args]
    told = {key: fresh(steps.seen(each)) for key, each in node.kwargs.items() if key != "device"}
    saved: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        saved.setdefault(_storage(tensor), tensor)
        return tensor

    with warnings.catch_warnings(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        warnings.simplefilter("ignore")
        with FlopCounterMode(display=False) as counter, torch.enable_grad():
            result = _done(steps, node, arguments, told)
    inputs = {_storage(each) for each in given}
    results = [each for each in (result if isinstance(result, tuple | list) else [result]) if isinstance(each, Tensor)]
    outputs = {_storage(each): each.untyped_storage().nbytes() for each in results}
    kept = {key: tensor.untyped_storage().nbytes() for key, tensor in saved.items() if not _is_weight(tensor)}
    # what is computed of weights alone is computed once, whatever the batch
    samples = BATCH if any(size % BATCH == 0 for each in results for size in each.shape if size) else 1
    macs = counter.get_total_flops() // 2 // samples
    while macs and macs % BATCH == 0:  # each image with each: of one image, one with itself
        macs //= BATCH
    return _Measured(
        macs,
        not inputs.isdisjoint(kept),
        sum(size for key, size in outputs.items() if key in kept and key not in inputs) // samples,
        sum(size for key, size in kept.items() if key not in inputs and key not in outputs) // samples,
        not inputs.isdisjoint(outputs),
    )


def _recurrent(module: nn.RNNBase, images: Tensor) -> _Measured:
    """A recurrent layer, by its weights: each is multiplied once at each step, in whatever pieces that is done."""
    weights = sum(weight.numel() for weight in module.parameters() if weight.dim() > 1)
    gates = sum(weight.shape[0] for name, weight in module.named_parameters() if name.startswith("weight_hh"))
    places = images.numel() // module.input_size // BATCH
    output = places * module.hidden_size * (2 if module.bidirectional else 1) * BYTES_PER_NUMBER
    return _Measured(places * weights, True, output, places * gates * BYTES_PER_NUMBER, False)


def _is_weight(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.Parameter) or isinstance(tensor._base, nn.Parameter)


def _done(steps: Steps, node: fx.Node, arguments: list[Any], told: dict[str, Any]) -> Any:
    if node.op == "call_module":
        return copy.deepcopy(steps.module(node)).to("meta")(*arguments, **told)
    if node.op == "call_method":
        return getattr(arguments[0], str(node.target))(*arguments[1:], **told)
    return node.target(*arguments, **told)  # type: ignore[operator]


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
