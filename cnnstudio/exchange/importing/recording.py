"""Recording: a module is run on tensors without numbers, and every call of PyTorch on the way is a step of a graph.

What depends on neither the image nor a weight is a constant: it is computed for real, so that Python can ask for its
numbers, and stands in the graph as one tensor. Sizes are numbers anyway. Only what depends on the numbers of an image
cannot be answered.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.overrides import TorchFunctionMode

from cnnstudio.exchange.importing.blame import BATCH, called, line_now
from cnnstudio.exchange.importing.known_shapes import shortcut, shortened

LONGEST = 50_000  # steps

LEAVES = frozenset(
    {
        "ShiftedWindowAttention",
        "ShiftedWindowAttentionV2",
        "RelativePositionalMultiHeadAttention",
        "WindowPartition",
        "WindowDepartition",
        "SwapAxes",
    }
)
"""Modules of torchvision that are recognised as a whole: inside, they leave the batch or write constants."""

BRANCHES = frozenset({"DropPath", "StochasticDepth"})
"""Modules that leave a branch out while training, and do nothing else; many people have one of their own."""

_OPENED = ("torch.nn.modules.transformer", "torch.nn.modules.container", "torch.nn.parallel")
_WHOLE = "_patch_merging_pad"  # a function of torchvision that is recognised as a whole

_RANDOM = frozenset(
    "rand randn randint randperm normal bernoulli multinomial rand_like randn_like randint_like".split()
)
_ASKED = frozenset("item tolist numpy __bool__ __int__ __float__ __index__ __array__ nonzero unique".split())
_ARITHMETIC = frozenset("add sub mul div true_divide pow gt lt ge le __rsub__ __rdiv__ __rpow__ add_ mul_ div_".split())
_TURNED = {"__rsub__": operator.sub, "__rdiv__": operator.truediv, "__rpow__": operator.pow}
_OPERATORS = {
    "__getitem__": operator.getitem, "__setitem__": operator.setitem, "__floordiv__": operator.floordiv,
    "__invert__": operator.invert, "__and__": operator.and_, "__or__": operator.or_,
}  # fmt: skip
_VIEWS = {"T": "t", "mT": "mT", "H": "H", "data": "detach"}  # what looks like an attribute and computes


class Untraceable(Exception):  # noqa: N818 - a state of the network, not of this program
    """A step that cannot be followed; the message is the rest of a sentence that names a line."""


class Recorder(TorchFunctionMode):
    """Notes what ``module``, a copy without numbers, computes. While it is entered, PyTorch's calls are its steps.

    ``values`` holds for each step what it gave, without numbers but for constants, which ``constants`` names too.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.graph = fx.Graph()
        self.values: dict[fx.Node, Any] = {}
        self.constants: dict[str, Tensor] = {}
        self.asked_sizes = False
        self._nodes: dict[int, fx.Node] = {}
        self._pieces: dict[int, tuple[fx.Node, Any]] = {}
        self._stands: dict[int, Tensor] = {}  # without numbers, for tensors that have some
        self._numbers: dict[int, Tensor] = {}  # of tensors that stand without them in a leaf
        self._kept: list[Any] = []  # so that no identity is used twice
        self._names = _first_names(module.named_parameters(remove_duplicate=False))
        self._buffers = _first_names(module.named_buffers(remove_duplicate=False))
        self._inside = 0  # a leaf, and how deep
        self._called: tuple[Any, Any] = ((), {})
        self._running: tuple[str, str, Any, Any] | None = None
        self._stack: list[tuple[str, tuple[str, type]]] = []
        self._counts: Counter[str] = Counter()
        for path, part in module.named_modules():
            self._watch(path, part)

    def placeholder(self, name: str, image: Tensor) -> None:
        """Let ``image`` be what the network is given."""
        self._register(self.graph.placeholder(name), image)

    def output(self, result: Tensor) -> None:
        """Let ``result`` be what the network gives. Raises ``Untraceable``."""
        if not self._is_tracked(result):
            raise Untraceable("gives what does not depend on the image")
        node = self.graph.output(self._node(result))
        self.values[node] = result

    def failing(self) -> fx.Node | None:
        """The step that was begun last, where it was not made: it failed."""
        if self._running is None:
            return None
        kind, target, args, kwargs = self._running
        return self.graph.create_node(kind, target, self._lowered(args), self._lowered(kwargs))

    # modules

    def _watch(self, path: str, part: nn.Module) -> None:
        is_leaf = bool(path) and _is_leaf(part)
        kind = type(part)
        if is_leaf:
            self._blank_buffers(part)
            part.forward = shortened(part)

        def enter(module: nn.Module, args: Any, kwargs: Any) -> Any:
            if self._inside:
                self._inside += 1
                return None
            if path:
                count = self._counts[path]
                self._counts[path] += 1
                self._stack.append((f"{path}@{count}" if count else path, (path, kind)))
            if is_leaf:
                self._called = self._lowered(args), self._lowered(kwargs)
                self._running = "call_module", path, args, kwargs
                self._inside = 1
                return self._blanked(args), self._blanked(kwargs)
            return None

        def leave(module: nn.Module, args: Any, kwargs: Any, result: Any) -> Any:
            if self._inside > 1:
                self._inside -= 1
                return None
            if is_leaf:
                result = self._noted(
                    "call_module", path, *self._called, result, in_place=bool(getattr(part, "inplace", False))
                )
                self._inside = 0
            if path:
                self._stack.pop()
            return result

        part.register_forward_pre_hook(enter, prepend=True, with_kwargs=True)
        part.register_forward_hook(leave, with_kwargs=True)
        forward = kind.forward
        if kind.__module__.startswith("torchvision.") and _WHOLE in getattr(forward, "__globals__", ()):
            known = {**forward.__globals__, _WHOLE: self._as_one(forward.__globals__[_WHOLE])}
            part.forward = MethodType(FunctionType(forward.__code__, known, forward.__name__), part)

    def _blank_buffers(self, leaf: nn.Module) -> None:
        for part in leaf.modules():
            for name, tensor in part._buffers.items():
                if tensor is not None and not tensor.is_meta:
                    part._buffers[name] = blank = self._blank(tensor)
                    self._numbers[id(blank)] = tensor

    def _as_one(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose call is one step, whatever it calls."""

        def recorded(*args: Any) -> Any:
            lowered = self._lowered(args)
            self._inside = 1
            result = function(*args)
            self._inside = 0
            return self._noted("call_function", function, lowered, {}, result)

        return recorded

    # functions

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if self._inside:
            return called(func, args, kwargs)
        name = str(func.__name__)
        if name == "__get__":
            name = str(func.__self__.__name__)
            if name not in _VIEWS:
                return self._attribute(name, func, args)
        tensors = [each for each in _leaves((args, kwargs)) if isinstance(each, Tensor)]
        if not any(map(self._is_tracked, tensors)):
            return self._constant(name, func, args, kwargs)
        if name in _ASKED:
            raise Untraceable("decides by the numbers that flow through it")
        if name in ("cuda", "cpu"):
            return args[0]
        kwargs.pop("device", None)
        if name == "to":
            args, kwargs = _without_device(args, kwargs)
            if len(args) == 1 and not kwargs:
                return args[0]
        self._size_asked(name)
        self._running = "call_method", name, args, kwargs
        result = shortcut(name, args, kwargs)
        if result is None:
            result = called(func, self._blanked(args), self._blanked(kwargs))
        if not any(isinstance(each, Tensor) for each in _leaves(result)) and name != "__setitem__":
            return result
        return self._step(name, func, args, kwargs, result)

    def _attribute(self, name: str, func: Any, args: tuple[Any, ...]) -> Any:
        self._size_asked(name)
        if args and self._is_tracked(args[0]):
            if name == "device":
                return torch.device("cpu")
            if name == "is_meta":
                return False
        return called(func, args, {})

    def _size_asked(self, name: str) -> None:
        self.asked_sizes = self.asked_sizes or name in ("shape", "size", "__len__", "numel")

    def _constant(self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What depends on neither image nor weights, computed for real, unless it has a row a sample."""
        if name in _RANDOM:
            raise Untraceable("draws random numbers when it predicts")
        told = _leaves((args, kwargs))
        if any(type(each) is int and each and each % BATCH == 0 for each in told):
            kwargs.pop("device", None)
            is_made = not any(isinstance(each, Tensor) for each in told)
            elsewhere = {"device": "meta"} if is_made else {}
            result = called(func, self._blanked(args), {**self._blanked(kwargs), **elsewhere})
            return self._step(name, func, args, kwargs, result) if isinstance(result, Tensor) else result
        return called(func, args, kwargs)

    def _step(self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        in_place = name == "__setitem__" or (name.endswith("_") and not name.endswith("__")) or kwargs.get("inplace")
        is_split = isinstance(result, tuple | list) and len(result) % BATCH == 0 and result
        if is_split or (name == "__getitem__" and _is_of_one_sample(*args)):
            raise Untraceable("goes through the samples of a batch one by one")
        lowered = self._lowered(args, numbers=name in _ARITHMETIC), self._lowered(kwargs)
        if name in _TURNED:
            lowered = (lowered[0][1], lowered[0][0]), {}
        target: Any = _TURNED.get(name) or _OPERATORS.get(name) or func
        if name in _VIEWS:
            kind, target = "call_method", _VIEWS[name]
        elif target is func and getattr(torch.Tensor, name, None) is func:
            kind, target = "call_method", name
        else:
            kind = "call_function"
        if name == "__setitem__":
            self._noted(kind, target, *lowered, self._blanked(args[0]), in_place=True)
            node = self._nodes[id(self._blanked(args[0]))]
            self._nodes[id(args[0])] = node
            return None
        noted = self._noted(kind, target, *lowered, result, in_place=bool(in_place))
        if in_place and isinstance(args[0], Tensor) and noted is not args[0]:  # it had numbers, and has them no more
            self._nodes[id(args[0])] = self._nodes[id(noted)]
            return args[0]
        return noted

    # steps

    def _noted(self, kind: str, target: Any, args: Any, kwargs: Any, result: Any, *, in_place: bool = False) -> Any:
        """A new step that gave ``result``; what it passed on unchanged becomes a tensor of its own."""
        if len(self.values) > LONGEST:
            raise Untraceable(f"makes more than {LONGEST:,} steps")
        node = self.graph.create_node(kind, target, args, kwargs)
        node.meta["nn_module_stack"] = dict(self._stack)
        node.meta["line"] = line_now()
        self._running = None
        if not in_place:
            inside, self._inside = self._inside, 1
            result = _mapped(result, self._as_new)
            self._inside = inside
        self._register(node, result)
        return result

    def _as_new(self, value: Any) -> Any:
        return value.view_as(value) if isinstance(value, Tensor) and self._is_tracked(value) else value

    def _register(self, node: fx.Node, result: Any) -> None:
        self.values[node] = tuple(result) if isinstance(result, list) else result
        self._kept.append(result)
        if isinstance(result, Tensor):
            self._nodes[id(result)] = node
            return
        entries = result.items() if isinstance(result, dict) else enumerate(result) if _is_row(result) else ()
        for key, each in entries:
            if isinstance(each, Tensor) or _is_row(each):
                self._pieces[id(each)] = (node, key)
                self._pieces |= {id(e): (each, i) for i, e in enumerate(each)} if _is_row(each) else {}
                self._kept.append(each)

    def _is_tracked(self, tensor: Tensor) -> bool:
        key = id(tensor)
        return key in self._nodes or key in self._pieces or key in self._names or isinstance(tensor, nn.Parameter)

    def _node(self, tensor: Any) -> fx.Node:
        """The step that gave this tensor, or the one that fetches it. Raises ``Untraceable``."""
        key = id(tensor)
        if key in self._nodes:
            return self._nodes[key]
        if key in self._pieces:
            whole, index = self._pieces[key]
            node = self.graph.call_function(
                operator.getitem, (whole if isinstance(whole, fx.Node) else self._node(whole), index)
            )
            node.meta["nn_module_stack"] = dict(self._stack)
        elif key in self._names:
            node = self.graph.create_node("get_attr", self._names[key])
        elif isinstance(tensor, nn.Parameter):
            raise Untraceable(
                "uses weights that are no part of the network: they are made each time, or stand in a plain list (an "
                "nn.ModuleList would make them a part of it)"
            )
        else:
            node = self._constant_node(tensor)
        node.meta["line"] = line_now()
        self._register(node, tensor)
        return node

    def _constant_node(self, tensor: Tensor) -> fx.Node:
        tensor = self._numbers.get(id(tensor), tensor)
        name = self._buffers.get(id(tensor)) or f"_constant{len(self.constants)}"
        self.constants[name] = tensor
        return self.graph.create_node("get_attr", name)

    def _lowered(self, value: Any, numbers: bool = False) -> Any:
        """An argument as it stands in the graph."""
        if isinstance(value, Tensor):
            if numbers and not value.dim() and not self._is_tracked(value) and not value.is_meta:
                return value.item()
            return self._node(value)
        if isinstance(value, dict):
            return {key: self._lowered(each) for key, each in value.items()}
        if isinstance(value, tuple | list):
            made = [self._lowered(each, numbers) for each in value]
            return made if isinstance(value, list) else tuple(made)
        if isinstance(value, slice):
            return slice(*map(self._lowered, (value.start, value.stop, value.step)))
        return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value

    def _blanked(self, value: Any) -> Any:
        """An argument without numbers."""
        return _mapped(value, self._blank)

    def _blank(self, value: Any) -> Any:
        if not isinstance(value, Tensor) or value.is_meta:
            return value
        if id(value) not in self._stands:
            inside, self._inside = self._inside, 1
            stand = torch.empty_like(value, device="meta")
            self._inside = inside
            self._stands[id(value)] = stand
            self._kept.append(value)
            if id(value) in self._nodes:
                self._nodes[id(stand)] = self._nodes[id(value)]
        return self._stands[id(value)]


def rate(branch: nn.Module) -> Any:
    """The share of the samples for which one of ``BRANCHES`` is left out, as far as it says so."""
    return getattr(branch, "p", getattr(branch, "drop_prob", None)) or 0.0


def _is_leaf(module: nn.Module) -> bool:
    """Whether a call of this module is one step; one with hooks is not, since they are steps as well."""
    kind = type(module)
    if module._forward_hooks or module._forward_pre_hooks:
        return False
    if kind.__name__ in BRANCHES:
        return True
    if kind.__module__.startswith("torchvision."):
        return kind.__name__ in LEAVES
    return kind.__module__.startswith("torch.nn.") and not kind.__module__.startswith(_OPENED)


def _first_names(named: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for name, tensor in named:
        found.setdefault(id(tensor), name)
    return found


def _is_of_one_sample(tensor: Tensor, index: Any) -> bool:
    """Whether an index chooses a sample of the batch that is not the first: of how many there are nothing is known."""
    first = index[0] if isinstance(index, tuple) and index else index
    return type(first) is int and first > 0 and bool(tensor.dim()) and tensor.shape[0] == BATCH


def _is_row(value: Any) -> bool:
    return isinstance(value, tuple | list)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, tuple | list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]


def _mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """A tree of tuples, lists and dictionaries with other leaves."""
    if isinstance(value, dict):
        return {key: _mapped(each, function) for key, each in value.items()}
    if isinstance(value, tuple | list):
        made = [_mapped(each, function) for each in value]
        if isinstance(value, list):
            return made
        if type(value).__module__ == "torch.return_types":
            return type(value)(made)
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    return function(value)


def _without_device(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of ``to`` without what moves a tensor elsewhere."""
    kept = [each for each in args[1:] if not isinstance(each, torch.device | str | bool)]
    kept = [each.dtype if isinstance(each, Tensor) else each for each in kept]
    dtype = kwargs.get("dtype")
    return (args[0], *kept), ({"dtype": dtype} if dtype is not None else {})
