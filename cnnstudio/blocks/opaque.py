"""Opaque: a step of an imported network that no block here stands for. It is named, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.torch_expression import LONGEST, module_call, rewritten
from cnnstudio.graph import (
    Arity,
    Block,
    NamingError,
    Reach,
    Saved,
    Saves,
    Shape,
    ShapeError,
    block,
    checked_name,
    go_on,
    own_places,
)
from cnnstudio.graph.parameter import Declaration, Length, Letters, ParameterError, Range, declaration
from cnnstudio.wording import on_a_line

LONGEST_LINE = 100_000  # letters of a line of PyTorch
MOST_INPUTS = 1_000

_TENSORS = '''
class Tensors(nn.Module):
    """Tensors under their names: those that are learned, and those that stay as they are."""

    def __init__(self, learned: dict[str, torch.Tensor], fixed: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for name, tensor in learned.items():
            self.register_parameter(name, nn.Parameter(tensor))
        for name, tensor in fixed.items():
            self.register_buffer(name, tensor)
'''.strip()

# what works on each number by itself, so that every place of the map sees what it saw before
_POINTWISE = frozenset(
    """
    torch.abs torch.add torch.addcmul torch.ceil torch.clamp torch.cos torch.div torch.erf torch.exp torch.expm1
    torch.floor torch.log torch.log1p torch.maximum torch.minimum torch.mul torch.neg torch.pow torch.reciprocal
    torch.round torch.rsqrt torch.sign torch.sin torch.sqrt torch.square torch.sub F.hardshrink F.tanhshrink F.threshold
    """.split()
)


@declaration
class OwnTensor(Declaration):
    """A tensor that a step has of its own.

    name: what it is called
    size: its sizes
    learned: whether it is trained; otherwise it stays as it is
    begins: the numbers to begin with, as PyTorch makes them
    """

    name: str = "weight"
    size: Annotated[tuple[int, ...], Range(1, 2**24), Length(1, 6)] = (1,)
    learned: bool = True
    begins: Annotated[str, Letters(LONGEST)] = ""


@block
class Opaque(Block):
    """A step of an imported network that has no block here; it says what it is called and what shapes it was seen with.

    Steps that are plain arithmetic of tensors can be trained and exported all the same. Others stand for themselves:
    replace them by blocks that do the same, or leave the network as it is to look at. What a step learns, costs and
    keeps was counted when it was imported; where that is not known, it is not shown.

    operation: what PyTorch calls it
    arguments: what it is given, {0} for the first input; empty where that cannot be told
    takes: the shapes that it was seen to take, with a | between two inputs; empty for one input of any shape
    gives: the shape that it was seen to give; empty for that of its first input
    expression: all of it as one line of PyTorch, in the place of operation and arguments; self is what it has itself,
        training whether the network is being trained
    module: the module of torch.nn that it calls, if any
    tensors: what it has of its own
    mac_count: its multiply-accumulates for one sample; left open, they are not known
    keeps: what of what flows by training keeps; a view is what went in, only seen otherwise
    keeps_besides: the bytes that training keeps besides, for one sample
    """

    keywords: ClassVar[str] = "unknown imported foreign operation"
    is_offered: ClassVar[bool] = False

    operation: str = "torch.abs"
    arguments: Annotated[str, Letters(LONGEST_LINE)] = "{0}"
    takes: Annotated[str, Letters(LONGEST_LINE)] = ""
    gives: str = ""
    expression: Annotated[str, Letters(LONGEST_LINE)] = ""
    module: Annotated[str, Letters(LONGEST_LINE)] = ""
    tensors: tuple[OwnTensor, ...] = ()
    mac_count: Annotated[int | None, Range(0, 2**60)] = None
    keeps: Literal["inputs", "output", "both", "nothing", "view"] = "inputs"
    keeps_besides: Annotated[int, Range(0, 2**50)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        count = self.takes.count("|") + 1
        if count > MOST_INPUTS:
            raise ParameterError(f"takes tells of {count:,} inputs; {MOST_INPUTS:,} are allowed.")
        told = {
            "arity": Arity(count, count),
            "is_view": self.keeps == "view",
            "definitions": (_TENSORS,) if len(self.tensors) > 1 and not self.module else (),
        }
        for name, value in told.items():
            object.__setattr__(self, name, value)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        if self.operation not in _POINTWISE or set(inputs) != {self.shape(*inputs)}:
            return None
        return tuple(own_places(len(shape)) for shape in inputs)

    @property
    def obstacle(self) -> str:
        return _obstacle(self)

    @property
    def is_counted(self) -> bool:
        # older files hold no count, and then only of what multiplies nothing is it known
        return self.mac_count is not None or not (self.expression or self.obstacle)

    def shape(self, *inputs: Shape) -> Shape:
        seen = [_read(text) for text in self.takes.split("|")] if self.takes else [inputs[0]]
        if None in seen or (self.gives and _read(self.gives) is None):
            raise ShapeError("its shapes are written as numbers with × between them, such as 3 × 32 × 32.")
        if list(inputs) != seen:
            raise ShapeError(
                f"{self.operation[:80]} has no block here; it was seen with {self.takes.replace('|', 'and')}, and what "
                f"it makes of {' and '.join(map(str, inputs))} is not known."
            )
        return _read(self.gives) or inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        bare = len(self.tensors) == 1 and not self.module
        return {"" if bare else each.name: Shape(*each.size) for each in self.tensors if each.learned}

    def macs(self, *inputs: Shape) -> int:
        return self.mac_count or 0

    def saved(self, *inputs: Shape) -> Saved:
        flow: Saves = "nothing" if self.keeps == "view" else self.keeps
        return Saved(flow, self.keeps_besides)

    def init(self, *inputs: Shape) -> str | None:
        if self.module:
            return module_call(self.module)
        made = {each: _begun(each) for each in self.tensors}
        if len(made) == 1:
            ((each, text),) = made.items()
            return f"nn.{'Parameter' if each.learned else 'Buffer'}({text})"
        learned, fixed = (
            ", ".join(
                f'"{checked_name(each.name)}": {text}' for each, text in made.items() if each.learned is is_learned
            )
            for is_learned in (True, False)
        )
        return f"Tensors({{{learned}}}, {{{fixed}}})" if made else None

    def forward(self, name: str, *inputs: str) -> str:
        text = self.expression or (f"{self.operation}({self.arguments})" if self.arguments else "")
        own = {"self": f"self.{name}"} if self.module or self.tensors else {}
        if len(self.tensors) > 1 and not self.module:
            own = {f"self.{each.name}": f"self.{name}.{each.name}" for each in self.tensors}
        own["training"] = "self.training"
        try:
            return _written(text, inputs, MappingProxyType(own))
        except ValueError as error:
            raise ValueError(f"{self.operation[:80]} has no block here, so it cannot be written.") from error

    def brief(self) -> str:
        return on_a_line(self.operation, 40)


@lru_cache(maxsize=16_384)
def _obstacle(block: Opaque) -> str:
    try:
        block.forward("step", *("x",) * block.arity.least)
        block.init()
    except ValueError:
        return (
            f"{block.operation[:80]} has no block here, so it cannot be trained or exported. Replace it by blocks "
            "that do the same."
        )
    return ""


def _written(text: str, inputs: tuple[str, ...], own: Mapping[str, str]) -> str:
    """The expression with these variables. Raises ``ValueError``."""
    return _rewritten(re.sub(r"\{(\d\d?)\}", r"input_\1", text), inputs, tuple(own.items()))


@lru_cache(maxsize=16_384)
def _rewritten(text: str, inputs: tuple[str, ...], own: tuple[tuple[str, str], ...]) -> str:
    go_on()
    return rewritten(text, {**{f"input_{index}": variable for index, variable in enumerate(inputs)}, **dict(own)})


@lru_cache(maxsize=4_096)
def _begun(tensor: OwnTensor) -> str:
    """The expression that makes it. Raises ``ValueError``."""
    go_on()
    try:
        checked_name(tensor.name)
    except NamingError as error:
        raise ValueError(str(error)) from error
    return rewritten(tensor.begins or f"torch.randn({tensor.size}) * 0.02", {})


def _read(text: str) -> Shape | None:
    """``3 × 32 × 32`` as a shape."""
    sizes = re.fullmatch(r"\s*\d{1,9}(\s*×\s*\d{1,9}){0,6}\s*", text)
    found = Shape(*map(int, re.findall(r"\d+", text))) if sizes else None
    return found if found and 0 not in found else None
