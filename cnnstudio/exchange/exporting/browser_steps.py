"""Browser steps: a network as the few kinds of step that resources/web_page/network.js computes, with its numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's pages use
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

Step = dict[str, Any]


class NoStepError(Exception):
    """A step that the page cannot compute; the message names it."""


class Steps:
    """``steps`` as JSON takes them, ``numbers`` that they read by place and length, ``input`` what the first reads."""

    def __init__(self, module: nn.Module, batch: Tensor) -> None:
        """Follow ``module`` with one sample (1, C, H, W). Raises ``NoStepError``."""
        self.steps: list[Step] = []
        self._numbers: list[Tensor] = []
        self._length = 0
        self.input = self.output = ""
        try:
            traced = fx.symbolic_trace(module)
            ShapeProp(traced).propagate(batch)
        except Exception as error:  # whatever a line of Python says about a value that is none yet
            told = str(error).strip().partition("\n")[0][:160]
            raise NoStepError(f"the way of the data depends on its values ({told})") from error
        same: dict[str, str] = {}  # what changes nothing in prediction -> what it passes on
        nodes: list[Any] = list(traced.graph.nodes)
        for node in nodes:
            if node.op == "placeholder":
                self.input = node.name
            elif node.op == "output":
                last: Any = node.args[0]
                self.output = same.get(last.name, last.name)
            else:
                self._take(node, traced, same)
        self._free()

    @property
    def numbers(self) -> Tensor:
        """All that the steps read, one behind the other, in float32."""
        return torch.cat(self._numbers) if self._numbers else torch.empty(0)

    def _take(self, node: fx.Node, traced: fx.GraphModule, same: dict[str, str]) -> None:
        step: Step | None
        reads: list[Any]
        if node.op == "call_module":
            module = traced.get_submodule(str(node.target))
            called = f"{node.target} (nn.{type(module).__name__})"
            reads, step = [node.args[0]], self._of_module(module, node)
        else:
            called = f"{node.name} ({getattr(node.target, '__name__', node.target)})"
            reads, step = self._of_call(node)
        if step is None or not all(isinstance(each, fx.Node) for each in reads):
            raise NoStepError(called)
        names = [same.get(each.name, each.name) for each in reads]
        if not step:
            same[node.name] = names[0]
            return
        self.steps.append({"name": node.name, "reads": names, **step})

    def _of_module(self, module: nn.Module, node: fx.Node) -> Step | None:
        """The step of a module; an empty one where it changes nothing, None where there is none."""
        size = _size(node)
        match module:
            case nn.Conv2d():
                return self._convolution(module)
            case nn.Linear() if len(_size(node.args[0])) == 1:
                return {"does": "linear", **self._weights(module)}
            case nn.BatchNorm2d() | nn.BatchNorm1d() if module.running_mean is not None:
                return self._batch_norm(module)
            case nn.MaxPool2d():
                return _pool("max", module, module.dilation, size)
            case nn.AvgPool2d() if module.divisor_override is None:
                step = _pool("mean", module, 1, size)
                return {**step, "counts_padding": module.count_include_pad}
            case nn.AdaptiveAvgPool2d() | nn.AdaptiveMaxPool2d():
                takes = "max" if isinstance(module, nn.AdaptiveMaxPool2d) else "mean"
                return {"does": "adaptive", "takes": takes, "size": size[1:]}
            case nn.Flatten() if module.start_dim == 1 and module.end_dim == -1:
                return {"does": "flatten"}
            case nn.Upsample() if module.mode == "nearest":
                before = _size(node.args[0])
                if any(after % each for after, each in zip(size[1:], before[1:], strict=True)):
                    return None
                return {"does": "nearest", "factor": [a // b for a, b in zip(size[1:], before[1:], strict=True)]}
            case nn.Softmax() if module.dim == 1:
                return {"does": "softmax"}
            case nn.Identity() | nn.Dropout() | nn.Dropout2d() | nn.AlphaDropout():
                return {}
        return _activation(module)

    def _of_call(self, node: fx.Node) -> tuple[list[Any], Step | None]:
        """What a function or a method reads, and its step."""
        target, given = node.target, list[Any](node.args)
        words: dict[str, Any] = node.kwargs
        if target in (torch.flatten, "flatten") and (given[1:] or [words.get("start_dim")])[0] == 1:
            return given[:1], {"does": "flatten"}
        if target in (operator.add, torch.add, "add") and len(given) == 2 and not node.kwargs:
            return given, {"does": "pair", "function": "add"} if _is_pair(given) else None
        if target in (operator.mul, torch.mul, "mul") and len(given) == 2 and not node.kwargs:
            return given, {"does": "pair", "function": "mul"} if _is_pair(given) else None
        if target is torch.cat and (given[1:] or [words.get("dim")])[0] == 1:
            return list(given[0]), {"does": "cat"}
        if target in (torch.mean, "mean") and set((given[1:] or [words.get("dim")])[0] or ()) in (
            {2, 3},
            {-1, -2},
        ):
            return given[:1], {"does": "means"} if len(_size(node)) == 1 else {
                "does": "adaptive",
                "takes": "mean",
                "size": [1, 1],
            }
        if target in _FUNCTIONS and len(given) == 1 and not set(node.kwargs) - {"inplace"}:
            return given, _activation(_FUNCTIONS[target]())
        return given[:1], None

    def _convolution(self, module: nn.Conv2d) -> Step | None:
        if module.padding_mode != "zeros":
            return None
        if module.padding == "same":
            spread = [d * (k - 1) for d, k in zip(module.dilation, module.kernel_size, strict=True)]
            padding = [spread[0] // 2, spread[0] - spread[0] // 2, spread[1] // 2, spread[1] - spread[1] // 2]
        elif isinstance(module.padding, str):
            padding = [0] * 4
        else:
            padding = [module.padding[0], module.padding[0], module.padding[1], module.padding[1]]
        way = {"stride": list(module.stride), "dilation": list(module.dilation), "padding": padding}
        return {"does": "conv2d", **way, "groups": module.groups, **self._weights(module)}

    def _weights(self, module: nn.Conv2d | nn.Linear) -> Step:
        bias = self._kept(module.bias) if module.bias is not None else None
        return {"weight": self._kept(module.weight), "weight_shape": list(module.weight.shape), "bias": bias}

    def _batch_norm(self, module: nn.BatchNorm2d | nn.BatchNorm1d) -> Step:
        assert module.running_mean is not None and module.running_var is not None
        mean, variance = module.running_mean.double(), module.running_var.double()
        factor = (module.weight.double() if module.affine else 1.0) / (variance + module.eps).sqrt()
        shift = (module.bias.double() if module.affine else 0.0) - mean * factor
        return {"does": "scale", "factor": self._kept(factor), "shift": self._kept(shift)}

    def _kept(self, tensor: Tensor) -> list[int]:
        """Where these numbers begin, and how many they are."""
        flat = tensor.detach().float().flatten()
        self._numbers.append(flat)
        self._length += flat.numel()
        return [self._length - flat.numel(), flat.numel()]

    def _free(self) -> None:
        """Say of each step what nobody reads behind it, so that a page forgets it."""
        read: set[str] = {self.output}
        for step in reversed(self.steps):
            step["frees"] = [name for name in dict.fromkeys(step["reads"]) if name not in read]
            read.update(step["reads"])


def _size(node: Any) -> list[int]:
    """The shape of what a step gives, without the batch."""
    return list(node.meta["tensor_meta"].shape[1:]) if isinstance(node, fx.Node) else []


def _is_pair(given: list[Any]) -> bool:
    """Whether two values are of one size, or one of them is a number a channel of the other."""
    if not all(isinstance(each, fx.Node) for each in given):
        return False
    small, large = sorted((_size(each) for each in given), key=lambda size: torch.Size(size).numel())
    return small == large or (len(small) == len(large) == 3 and small == [large[0], 1, 1])


def _pool(takes: str, module: nn.MaxPool2d | nn.AvgPool2d, dilation: Any, size: list[int]) -> Step:
    sides: dict[str, Any] = {"kernel": module.kernel_size, "stride": module.stride}
    sides |= {"padding": module.padding, "dilation": dilation}
    told = {name: [value, value] if isinstance(value, int) else list(value) for name, value in sides.items()}
    return {"does": "pool", "takes": takes, **told, "size": size[1:]}


def _activation(module: nn.Module) -> Step | None:
    """The step of what works on each number by itself."""
    named: Step | None = None
    match module:
        case nn.ReLU6():
            named = {"function": "clip", "least": 0, "most": 6}
        case nn.Hardtanh():
            named = {"function": "clip", "least": module.min_val, "most": module.max_val}
        case nn.LeakyReLU():
            named = {"function": "leaky", "slope": module.negative_slope}
        case nn.ELU():
            named = {"function": "elu", "alpha": module.alpha}
        case nn.Softplus() if module.beta == 1 and module.threshold == 20:
            named = {"function": "softplus"}
        case nn.ReLU() | nn.Sigmoid() | nn.Tanh() | nn.SiLU() | nn.Hardsigmoid() | nn.Hardswish():
            named = {"function": type(module).__name__.lower()}
    return {"does": "each", **named} if named is not None else None


_FUNCTIONS: dict[Any, Callable[[], nn.Module]] = {
    F.relu: nn.ReLU, torch.relu: nn.ReLU, "relu": nn.ReLU, F.relu6: nn.ReLU6, F.silu: nn.SiLU, F.sigmoid: nn.Sigmoid,
    torch.sigmoid: nn.Sigmoid, "sigmoid": nn.Sigmoid, torch.tanh: nn.Tanh, "tanh": nn.Tanh,
    F.hardsigmoid: nn.Hardsigmoid, F.hardswish: nn.Hardswish,
}  # fmt: skip
