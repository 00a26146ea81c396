"""Opaque: a step of an imported network that no block here stands for. It is named, never guessed."""

from __future__ import annotations

import ast
import re
from typing import ClassVar

from cnnstudio.graph import Arity, Block, Shape, ShapeError, block

# functions of tensors and numbers that do nothing else: what a file names is written only if it stands here
_WRITTEN = frozenset(
    """
    torch.abs torch.add torch.amax torch.amin torch.clamp torch.cos torch.cumsum torch.div torch.erf torch.exp
    torch.flip torch.log torch.log1p torch.logsumexp torch.maximum torch.mean torch.minimum torch.mul
    torch.neg torch.permute torch.pow torch.roll torch.rsqrt torch.sin torch.sqrt torch.square torch.squeeze torch.std
    torch.sub torch.sum torch.transpose torch.unsqueeze torch.var F.glu F.hardshrink F.interpolate F.logsigmoid
    F.normalize F.pad F.softmin F.tanhshrink F.threshold
    """.split()
)


@block
class Opaque(Block):
    """A step of an imported network that has no block here; it says what it is called and what shapes it was seen with.

    Steps of plain arithmetic can be trained and exported all the same. Others stand for themselves: replace them by
    blocks that do the same, or leave the network as it is to look at. What they cost is not known and not counted.

    operation: what PyTorch calls it
    arguments: what it is given, {0} for the first input; empty where that cannot be told
    takes: the shapes that it was seen to take, with a | between two inputs; empty for one input of any shape
    gives: the shape that it was seen to give; empty for that of its first input
    """

    keywords: ClassVar[str] = "unknown imported foreign operation"
    is_offered: ClassVar[bool] = False

    operation: str = "torch.abs"
    arguments: str = "{0}"
    takes: str = ""
    gives: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        count = self.takes.count("|") + 1
        object.__setattr__(self, "arity", Arity(count, count))

    @property
    def obstacle(self) -> str:
        if self._call(("x",) * (self.takes.count("|") + 1)) is None:
            return (
                f"{self.operation[:80]} has no block here, so it cannot be trained or exported. Replace it by blocks "
                "that do the same."
            )
        return ""

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

    def forward(self, name: str, *inputs: str) -> str:
        call = self._call(inputs)
        if call is None:
            raise ValueError(self.obstacle)
        return call

    def brief(self) -> str:
        return self.operation[:40]

    def _call(self, inputs: tuple[str, ...]) -> str | None:
        """The call with these variables, rebuilt from its parts; None where it is not one that may be written."""
        if self.operation not in _WRITTEN or not self.arguments:
            return None
        names = {f"input_{index}": variable for index, variable in enumerate(inputs)}
        text = re.sub(r"\{(\d)\}", r"input_\1", self.arguments)
        try:
            call = ast.parse(f"call({text})", mode="eval").body
            if not isinstance(call, ast.Call) or any(keyword.arg is None for keyword in call.keywords):
                return None
            words = [_written(argument, names) for argument in call.args]
            words += [f"{keyword.arg}={_written(keyword.value, names)}" for keyword in call.keywords]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return f"{self.operation}({', '.join(words)})"


def _written(node: ast.expr, names: dict[str, str]) -> str:
    """A literal or an input, written anew. Raises ``ValueError`` for anything else."""
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.Tuple):
        words = [_written(entry, names) for entry in node.elts]
        return f"({', '.join(words)}{',' if len(words) == 1 else ''})"
    value = ast.literal_eval(node)
    if value is not None and type(value) not in (int, float, bool, str):
        raise ValueError("no literal")
    return repr(value)


def _read(text: str) -> Shape | None:
    """``3 × 32 × 32`` as a shape."""
    sizes = re.fullmatch(r"\s*\d{1,5}(\s*×\s*\d{1,5}){0,2}\s*", text)
    found = Shape(*map(int, re.findall(r"\d+", text))) if sizes else None
    return found if found and 0 not in found else None
