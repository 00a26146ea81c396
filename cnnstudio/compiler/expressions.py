"""Expressions: the call that makes a module, taken apart so that equal calls with other numbers can share a class."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# what torch calls the arguments that blocks write without a keyword
_POSITIONAL = {
    "nn.Conv2d": ("in_channels", "out_channels"),
    "nn.ConvTranspose2d": ("in_channels", "out_channels"),
    "nn.Linear": ("in_features", "out_features"),
    "nn.BatchNorm2d": ("num_features",),
    "nn.InstanceNorm2d": ("num_features",),
    "nn.LayerNorm": ("normalized_shape",),
    "nn.GroupNorm": ("num_groups", "num_channels"),
    "nn.LocalResponseNorm": ("size",),
    "nn.MaxPool2d": ("kernel_size",),
    "nn.AvgPool2d": ("kernel_size",),
    "nn.AdaptiveAvgPool2d": ("output_size",),
    "nn.AdaptiveMaxPool2d": ("output_size",),
    "nn.Dropout": ("p",),
    "nn.Dropout2d": ("p",),
}


@dataclass(frozen=True)
class Expression:
    """``nn.Conv2d(3, 64, kernel_size=3)``: what is called and its literal arguments as text.

    What is no call with literals alone is kept whole in ``called``, with ``is_call`` false.
    """

    called: str
    positional: tuple[str, ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()
    is_call: bool = True

    @property
    def labels(self) -> tuple[str, ...]:
        """What torch calls each positional argument."""
        known = _POSITIONAL.get(self.called, ())
        return tuple(
            known[index] if index < len(known) else f"argument{index + 1}" for index in range(len(self.positional))
        )


@lru_cache(maxsize=16_384)
def parsed(text: str) -> Expression:
    """The expression that ``text`` is."""
    call = ast.parse(text, mode="eval").body
    if not isinstance(call, ast.Call) or not all(map(_is_literal, [*call.args, *[k.value for k in call.keywords]])):
        return Expression(text, is_call=False)
    return Expression(
        ast.unparse(call.func),
        tuple(_segment(text, arg) for arg in call.args),
        tuple((str(keyword.arg), _segment(text, keyword.value)) for keyword in call.keywords),
    )


@lru_cache(maxsize=1_024)
def annotation(literals: Iterable[str]) -> str:
    """The type of a parameter that takes these literals: ``int``, ``int | tuple[int, int]``."""
    return " | ".join(sorted({_annotation(ast.literal_eval(literal)) for literal in literals}, key=_none_last))


def _annotation(value: object) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_annotation, value))}]"
    return "None" if value is None else type(value).__name__


def _none_last(name: str) -> tuple[bool, str]:
    return name == "None", name


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_literal, node.elts))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant)


def _segment(text: str, node: ast.expr) -> str:
    """The letters of ``text`` that ``node`` stands for; offsets are in UTF-8 bytes."""
    return text.encode()[node.col_offset : node.end_col_offset].decode()
