"""Torch lines: a step of a traced module as the line of PyTorch that does the same, and the tensors that it needs."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, fx, nn

from cnnstudio.blocks import Opaque
from cnnstudio.blocks.opaque import OwnTensor
from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.exchange.importing.fixed_tensors import begun
from cnnstudio.exchange.importing.module_calls import ATTENTION, functional, module_call
from cnnstudio.exchange.importing.recognition import Part, Steps, Unknown, Weight
from cnnstudio.exchange.importing.shared_tensors import STATISTICS, tensors_of
from cnnstudio.graph import Shape

_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "true_divide": "/", "div": "/", "floordiv": "//", "mod": "%",
    "pow": "**", "matmul": "@", "and": "&", "or": "|",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip
_NOTHING = frozenset("alias clone contiguous detach".split())  # what changes neither the numbers nor their order
_CASTS = frozenset("to float double half bfloat16 type type_as cpu cuda".split())
_SIZED = frozenset("view reshape view_as reshape_as".split())


@dataclass
class Line:
    """A line while it is written: what it reads, what it has of its own."""

    steps: Steps
    inputs: dict[int, None] = field(default_factory=dict)
    tensors: dict[str, OwnTensor] = field(default_factory=dict)
    module: str = ""
    merged: list[str] = field(default_factory=list)
    _module_weights: list[Weight] = field(default_factory=list)
    _batch: str = ""

    def weights(self) -> list[Weight]:
        """Where each of its tensors comes from."""
        is_bare = len(self.tensors) == 1
        kept = self.steps.state_names
        return self._module_weights or [
            Weight("" if is_bare else own.name, original) for original, own in self.tensors.items() if original in kept
        ]

    @property
    def name(self) -> str:
        """The name of the one tensor that it has; empty where it has several, or none."""
        return next(iter(self.tensors.values())).name if len(self.tensors) == 1 else ""

    def finished(self, expression: str, seen: Any = None) -> str:
        """With its own tensors under the names that they have in the block; one number a sample as a row of one."""
        if is_number(seen):
            expression = f"{expression if _is_one(expression) else f'({expression})'}.unsqueeze(1)"
        if len(self.tensors) == 1 and not self.module:
            expression = re.sub(r"\bself\.\w+", "self", expression)
        if "{batch}" in expression:
            if not self._batch:
                return ""
            expression = expression.replace("{batch}", self._batch)
        return expression

    def hold(self, nodes: list[fx.Node]) -> None:
        """Have what these steps learn, where they cannot be written but are counted all the same."""
        for node in nodes:
            targets = [str(each.target) for each in node.all_input_nodes if each.op == "get_attr"]
            if node.op == "call_module":
                targets += [f"{node.target}.{key}" for key, _ in self.steps.module(node).named_parameters()]
            for target in targets:
                tensor = self.steps.tensor(target)
                if isinstance(tensor, nn.Parameter):
                    name = f"tensor{len(self.tensors) + 1}"
                    self.tensors.setdefault(target, OwnTensor(name, tuple(tensor.shape) or (1,)))

    def lacks_images(self, expression: str) -> bool:
        """Whether it is to say how many images there are and reads nothing that tells, or reads nothing at all."""
        return not self.inputs or ("{batch}" in expression and not self._batch)

    def read_images(self) -> None:
        """Read the images themselves, for how many there are."""
        self._batch = f"{self._input(0)}.shape[0]"

    # its parts

    def text(self, value: Any) -> str:
        """An argument as it is written. Raises ``Unknown``."""
        if isinstance(value, fx.Node):
            return self._of_node(value)
        if isinstance(value, tuple | list):
            words = [self.text(each) for each in value]
            return f"({', '.join(words)}{',' if len(words) == 1 else ''})"
        if isinstance(value, torch.dtype):
            return str(value)
        if isinstance(value, int) and not isinstance(value, bool) and value and value % BATCH == 0:
            factor = value // BATCH
            return "{batch}" if factor == 1 else f"{factor} * {{batch}}"
        if isinstance(value, float) and math.isinf(value):
            return "torch.inf" if value > 0 else "-torch.inf"
        if value is None or value is ... or type(value) in (int, float, bool, str):
            return "..." if value is ... else repr(value)
        raise Unknown

    def _of_node(self, node: fx.Node) -> str:
        steps, seen = self.steps, self.steps.seen(node)
        if node in steps.values:
            return self._value(node)
        if node.op == "get_attr":
            return self._own(str(node.target))
        if isinstance(seen, Tensor) or (isinstance(seen, tuple) and is_of_tensors(seen)):
            return self.call(node)
        return self.text(seen)

    def _value(self, node: fx.Node) -> str:
        """A value that flows in; a view that nothing else reads is written out."""
        steps, seen = self.steps, self.steps.seen(node)
        value = steps.values[node]
        part = steps.parts[value.part]
        block = part.block
        is_seen_so = value.layout in ("first", "loose")
        is_alone = is_seen_so and _uses(node) == 1 and isinstance(block, Opaque) and block.keeps == "view"
        is_alone &= not is_number(seen)
        if is_alone and isinstance(block, Opaque) and block.expression and not block.tensors and not block.module:
            words = [self._input(each) for each in part.inputs]
            self.merged += block.operation.split(" → ")
            return re.sub(r"\{(\d+)\}", lambda found: words[int(found[1])], block.expression)
        index = value.part if value.layout == "loose" else steps.plain(node)
        word = self._input(index)
        if not self._batch and isinstance(seen, Tensor) and seen.shape[0] == BATCH:
            self._batch = f"{word}.shape[0]"
        return f"{word}.squeeze(1)" if is_number(seen) else word

    def _input(self, part: int) -> str:
        self.inputs.setdefault(part)
        return f"{{{list(self.inputs).index(part)}}}"

    def _own(self, target: str) -> str:
        """A tensor of the original's."""
        steps = self.steps
        if target not in self.tensors:
            stem = re.sub(r"\W", "_", target.rpartition(".")[2]).strip("_") or "tensor"
            stem = stem if not stem[0].isdigit() else f"tensor_{stem}"
            taken = {each.name for each in self.tensors.values()}
            name = next(word for word in (stem, *(f"{stem}_{number}" for number in range(2, 99))) if word not in taken)
            self.tensors[target] = begun(steps.tensor(target), name)
        return f"self.{self.tensors[target].name}"

    # calls

    def call(self, node: fx.Node) -> str:
        """This step as a call. Raises ``Unknown``."""
        if node.op == "call_module":
            return self._call_of_module(node)
        if node.target is operator.getitem:
            return self._piece(node)
        if node.target is operator.setitem:
            return self._replaced(node)
        if node.op == "call_function" and node.target is getattr:
            return self._attribute(node)
        if node.op not in ("call_function", "call_method"):
            raise Unknown
        name = str(node.target if node.op == "call_method" else getattr(node.target, "__name__", "")).rstrip("_")
        if (arranged := self._arranged(node, name)) is not None:
            return arranged
        is_sign = getattr(operator, str(getattr(node.target, "__name__", "")), None) is node.target
        is_like_one = node.op == "call_method" and len(node.args) == 2 and not node.kwargs and name in _SIGNS
        return self._sign(node, name) if is_sign or is_like_one else self._written(node, name)

    def _arranged(self, node: fx.Node, name: str) -> str | None:
        """A step that makes no other numbers, in the plainest words; None for one that does."""
        given = node.args[0] if node.args else node.kwargs.get("input")
        if name in _NOTHING or (name in _CASTS and self._is_same(node)):
            return self.text(given)
        if name in _SIZED:
            return f"{self._base(given)}.reshape({self._sizes(node)})"
        if name in ("expand", "expand_as"):
            return f"{self._base(given)}.expand({self._expanded(node)})"
        if name in _CASTS:
            return f"{self._base(given)}.to({self.steps.seen(node).dtype})"
        if name == "dropout" and not self.steps.argument(node, 2, "training", True):
            return self.text(given)
        return None

    def _written(self, node: fx.Node, name: str) -> str:
        """A call of a function or a method with its arguments."""
        told = {key: each for key, each in node.kwargs.items() if key not in ("device", "inplace")}
        words = [self.text(each) for each in node.args] + [f"{key}={self.text(each)}" for key, each in told.items()]
        if node.op == "call_method":
            return f"{self._base(node.args[0])}.{name}({', '.join(words[1:])})"
        place = "F" if getattr(F, name, None) is node.target else "torch" if hasattr(torch, name) else ""
        if name.startswith("fft_"):
            place, name = "torch.fft", name.removeprefix("fft_")
        if not place:
            raise Unknown
        return f"{place}.{name}({', '.join(words)})"

    def _base(self, value: Any) -> str:
        """What a method is called on: in brackets where it is a sum."""
        word = self.text(value)
        return word if _is_one(word) else f"({word})"

    def _sign(self, node: fx.Node, name: str) -> str:
        name = name.removeprefix("i") if name.startswith("i") and name[1:] in _SIGNS else name
        if name in ("neg", "invert"):
            return f"({'-' if name == 'neg' else '~'}{self.text(node.args[0])})"
        if name not in _SIGNS:
            raise Unknown
        left, right = map(self.text, node.args)
        return f"({left} {_SIGNS[name]} {right})"

    def _piece(self, node: fx.Node) -> str:
        source, index = node.args
        steps = self.steps
        if isinstance(source, fx.Node) and isinstance(index, int) and source not in steps.values:
            if source.op == "call_module" and getattr(steps.module(source), "batch_first", False) and index == 0:
                text = self.call(source)
                return f"{text}[0].transpose(0, 1)" if text.startswith(ATTENTION) else f"{text}[0]"
            name = str(getattr(source.target, "__name__", source.target))
            if name == "unbind" and isinstance(source.args[0], fx.Node):
                dim = steps.argument(source, 1, "dim", 0)
                before = ":, " * (dim % steps.seen(source.args[0]).dim())
                return f"{self._base(source.args[0])}[{before}{index}]"
            if name in ("chunk", "split", "tensor_split") and isinstance(source.args[0], fx.Node):
                dim = steps.argument(source, 2, "dim", 0) % steps.seen(source.args[0]).dim()
                sizes = [piece.shape[dim] for piece in steps.seen(source)]
                if any(size % BATCH == 0 for size in sizes):
                    raise Unknown
                start = sum(sizes[:index])
                return f"{self._base(source.args[0])}[{':, ' * dim}{start}:{start + sizes[index]}]"
        return f"{self._base(source)}[{self._index(index)}]"

    def _replaced(self, node: fx.Node) -> str:
        """A value of which a piece is another's. Raises ``Unknown`` where no slices, numbers or masks say which."""
        source, index, piece = node.args
        shape, whole = self.steps.seen(source).shape, self._base(source)
        if isinstance(index, fx.Node):
            return self._masked(whole, index, piece)
        spans, single = _spans(index if isinstance(index, tuple) else (index,), shape)
        sizes = [len(range(*spans[dim])) if dim in spans else size for dim, size in enumerate(shape)]
        if not spans or any(size % BATCH == 0 for span in spans.values() for size in span if size):
            raise Unknown
        words = []
        for dim, (start, stop, step) in spans.items():  # a piece of a piece is put back from the inside out
            words.append((whole, f"{dim}, {start}, {stop}, {step}"))
            whole = f"{whole}[{':, ' * dim}{start}:{stop}:{step}]"
        text = self._stretched(piece, sizes, single, whole)
        for base, span in reversed(words):
            text = f"torch.slice_scatter({base}, {text}, {span})"
        return text

    def _stretched(self, piece: Any, sizes: list[int], single: list[int], whole: str) -> str:
        """What replaces a piece ``whole`` of these sizes, of which the ``single`` ones were chosen by a number."""
        given = self.steps.seen(piece)
        if not isinstance(given, Tensor):
            return f"torch.full_like({whole}, {self.text(given)})"
        wanted = [size for dim, size in enumerate(sizes) if dim not in single]
        text = self._base(piece)
        if list(given.shape) != wanted:
            known = [None] * (len(wanted) - given.dim()) + list(given.shape)
            words = ["-1" if old == new else self.text(new) for old, new in zip(known, wanted, strict=True)]
            text = f"{text}.expand({', '.join(words)})"
        return text + "".join(f".unsqueeze({dim})" for dim in single)

    def _masked(self, whole: str, mask: fx.Node, piece: Any) -> str:
        """A value of which others stand where a mask says. Raises ``Unknown``."""
        chosen, given = self.steps.seen(mask), self.steps.seen(piece)
        is_one = not isinstance(given, Tensor) or given.dim() == 0
        if not isinstance(chosen, Tensor) or chosen.dtype != torch.bool or not is_one:
            raise Unknown
        return f"torch.where({self.text(mask)}, {self.text(piece)}, {whole})"

    def _index(self, index: Any) -> str:
        if isinstance(index, list):
            return f"[{', '.join(map(self.text, index))}]"
        if isinstance(index, tuple) and index:
            return ", ".join(map(self._index, index)) + ("," if len(index) == 1 else "")
        if isinstance(index, slice):
            start, stop, step = (
                "" if each is None else self.text(each) for each in (index.start, index.stop, index.step)
            )
            return f"{start}:{stop}" + (f":{step}" if step else "")
        return self.text(index)

    def _attribute(self, node: fx.Node) -> str:
        source, name = node.args
        rank = self.steps.seen(source).dim() if isinstance(self.steps.seen(source), Tensor) else 0
        if name == "data":
            return self.text(source)
        if name in ("T", "mT") and rank == 2:
            return f"{self._base(source)}.transpose(0, 1)"
        if name == "mT":
            return f"{self._base(source)}.transpose(-2, -1)"
        if name in ("real", "imag"):
            return f"torch.{name}({self.text(source)})"
        raise Unknown

    def _is_same(self, node: fx.Node) -> bool:
        before = self.steps.seen(node.args[0])
        return isinstance(before, Tensor) and before.dtype == self.steps.seen(node).dtype

    def _sizes(self, node: fx.Node) -> str:
        """The sizes that a reshape gives, -1 for what holds the batch."""
        sizes = self.steps.seen(node).shape
        return ", ".join("-1" if size and size % BATCH == 0 else str(size) for size in sizes)

    def _expanded(self, node: fx.Node) -> str:
        before, after = self.steps.seen(node.args[0]).shape, self.steps.seen(node).shape
        known = [None] * (len(after) - len(before)) + list(before)
        return ", ".join("-1" if old == new else self.text(int(new)) for old, new in zip(known, after, strict=True))

    def _of_module(self, node: fx.Node, key: str) -> str:
        """A tensor of the module that is called: of the node that others read, too, or of the line's own."""
        name = f"{node.target}.{key}"
        shared = self.steps.shared.get(name)
        return self._input(shared_part(self.steps, shared)) if shared is not None else self._own(name)

    def _call_of_module(self, node: fx.Node) -> str:
        """A call of a module: of one the block's own, of others as functions with their weights."""
        module = self.steps.module(node)
        words = [self.text(each) for each in node.args]
        words += [f"{key}={self.text(each)}" for key, each in node.kwargs.items()]
        if isinstance(module, nn.Dropout | nn.Identity):
            return words[0]
        if self.steps.is_shared(node):
            return functional(module, words, {key: self._of_module(node, key) for key in tensors_of(module)})
        reads = any(isinstance(each, fx.Node) and each in self.steps.values for each in node.all_input_nodes)
        if not reads or self.tensors or self.module:
            own = {key: self._own(f"{node.target}.{key}") for key in tensors_of(module)}
            return functional(module, words, own)
        self.module = module_call(module)
        prefix = f"{node.target}."
        for key, tensor in module.named_parameters():
            self.tensors[prefix + key] = OwnTensor(key, tuple(tensor.shape) or (1,))
        self._module_weights = [Weight(key, prefix + key) for key in module.state_dict()]
        return f"self({', '.join(words)})"


def shared_part(steps: Steps, name: str) -> int:
    """The part that is a learned tensor which several steps use; it reads the images, but only to have a place."""
    for index, part in enumerate(steps.parts):
        if part.weights and part.weights[0].original == name and part.name == _stem(name):
            return index
    own = begun(steps.tensor(name), "weight") if not name.endswith(STATISTICS) else _statistic(steps, name)
    size = Shape(*own.size)
    block = Opaque(
        "a learned tensor", "", str(steps.parts[0].shape), str(size), "self", tensors=(own,), mac_count=0,
        keeps="nothing",
    )  # fmt: skip
    steps.parts.append(Part(block, (0,), size, (), _stem(name), (Weight("", name),)))
    return len(steps.parts) - 1


def _statistic(steps: Steps, name: str) -> OwnTensor:
    """What a normalisation keeps of the images that it has seen: at the beginning, of none."""
    size = tuple(steps.tensor(name).shape)
    return OwnTensor("weight", size, False, f"torch.{'zeros' if name.endswith('mean') else 'ones'}({size!r})")


def _spans(index: tuple[Any, ...], shape: torch.Size) -> tuple[dict[int, tuple[int, int, int]], list[int]]:
    """Start, stop and step of what an index cuts, by the axis, and where it is a number. Raises ``Unknown``."""
    if ... in index:
        place = index.index(...)
        index = (*index[:place], *[slice(None)] * (len(shape) + 1 - len(index)), *index[place + 1 :])
    spans, single = {}, []
    for dim, each in enumerate(index):
        if type(each) is int:
            spans[dim] = (each % shape[dim], each % shape[dim] + 1, 1)
            single.append(dim)
        elif not isinstance(each, slice):
            raise Unknown
        elif each != slice(None):
            spans[dim] = each.indices(shape[dim])
    return spans, single


def _stem(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _uses(node: fx.Node) -> int:
    """How many steps read this value or a piece of the tuple that is made of it."""
    return sum(max(1, len(user.users)) if _makes_pieces(user) else 1 for user in node.users)


def _makes_pieces(node: fx.Node) -> bool:
    return bool(node.users) and all(user.target is operator.getitem for user in node.users)


def _is_one(word: str) -> bool:
    """Whether this is a name, a call or something in brackets, that a method can be called on as it stands."""
    outside, depth = "", 0
    for letter in word:
        depth -= letter in ")]"
        outside += letter if depth == 0 else ""
        depth += letter in "(["
    return re.fullmatch(r"[\w.{}()\[\]]+", outside) is not None


def is_number(value: Any) -> bool:
    """Whether this is one number a sample, which is a row of one in a network here."""
    return isinstance(value, Tensor) and tuple(value.shape) == (BATCH,)


def is_of_tensors(value: Any) -> bool:
    """Whether this is a tensor, or a row in which one is."""
    return isinstance(value, Tensor) or (isinstance(value, tuple) and any(map(is_of_tensors, value)))
