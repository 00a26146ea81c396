"""Expressions: the call that makes a module, taken apart so that equal calls with other numbers can share a class."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

# what torch, and our own classes, call the arguments that blocks write without a keyword
_POSITIONAL = {
    "nn.Conv2d": ("in_channels", "out_channels", "kernel_size"),
    "nn.ConvTranspose2d": ("in_channels", "out_channels"),
    "nn.Linear": ("in_features", "out_features"),
    "nn.BatchNorm1d": ("num_features",),
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
    "nn.AlphaDropout": ("p",),
    "StochasticDepth": ("p",),
    "nn.LeakyReLU": ("negative_slope",),
    "nn.Threshold": ("threshold", "value"),
    "nn.LPPool2d": ("norm_type", "kernel_size"),
    "nn.FractionalMaxPool2d": ("kernel_size",),
    "nn.ZeroPad2d": ("padding",),
    "nn.PixelShuffle": ("upscale_factor",),
    "nn.PixelUnshuffle": ("downscale_factor",),
    "nn.ChannelShuffle": ("groups",),
    "nn.Unflatten": ("dim", "unflattened_size"),
    "nn.MultiheadAttention": ("embed_dim", "num_heads"),
    "WindowAttention": ("channels",),
    "CosineWindowAttention": ("channels",),
}


_SLOT = "\0"  # stands for a literal in the text of a template; no source contains it


@dataclass(frozen=True)
class Expression:
    """``nn.Conv2d(3, 64, kernel_size=3)``: what is called and its literal arguments as text.

    What is no plain call, ``nn.Parameter(torch.zeros(1, 64))``, is a template: ``called`` is its whole text with a slot
    for every number in it, and ``positional`` are the numbers. ``labels`` says what torch calls each of ``positional``.
    """

    called: str
    positional: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()


def quoted(text: str) -> str:
    """``"same"`` for ``'same'``, as formatters write it; only words of plain letters are touched."""
    return re.sub(r"'([A-Za-z0-9 _.-]*)'", r'"\1"', text)


def written(called: str, positional: Sequence[str], keywords: Mapping[str, str]) -> str:
    """The text of an expression with these words for its literals."""
    if _SLOT in called:
        return "".join(piece + word for piece, word in zip(called.split(_SLOT), [*positional, ""], strict=False))
    words = [*positional, *(f"{keyword}={word}" for keyword, word in keywords.items())]
    return f"{called}({', '.join(words)})"


@lru_cache(maxsize=16_384)
def parsed(text: str) -> Expression:
    """The expression that ``text`` is."""
    call = ast.parse(text, mode="eval").body
    if not isinstance(call, ast.Call) or not all(map(_is_literal, [*call.args, *[k.value for k in call.keywords]])):
        return template(text)
    called = ast.unparse(call.func)
    return Expression(
        called,
        tuple(_segment(text, arg) for arg in call.args),
        tuple(_label(called, index) for index in range(len(call.args))),
        tuple((str(keyword.arg), _segment(text, keyword.value)) for keyword in call.keywords),
    )


@lru_cache(maxsize=16_384)
def template(text: str) -> Expression:
    """The expression that ``text`` is, with a slot for every number in it."""
    expression = ast.parse(text, mode="eval").body
    found = sorted(_numbers(expression, "value"), key=lambda item: item[0].col_offset)
    encoded, pieces, end = text.encode(), [], 0
    for node, _ in found:
        pieces.append(encoded[end : node.col_offset].decode())
        end = int(node.end_col_offset or end)
    pieces += [encoded[end:].decode(), ""]  # so that a template has a slot even where it has no number
    return Expression(
        _SLOT.join(pieces), tuple(_segment(text, node) for node, _ in found), tuple(label for _, label in found)
    )


def _numbers(node: ast.AST, label: str) -> Iterator[tuple[ast.Constant, str]]:
    """Every number below a node, with what it is for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield node, label
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        yield from _numbers(node.func, label)
        for index, arg in enumerate(node.args):
            yield from _numbers(arg, _label(called, index))
        for keyword in node.keywords:
            yield from _numbers(keyword.value, str(keyword.arg))
    else:
        for child in ast.iter_child_nodes(node):
            yield from _numbers(child, label)


def _label(called: str, index: int) -> str:
    known = _POSITIONAL.get(called, ())
    return known[index] if index < len(known) else "size" if called.startswith("torch.") else f"argument{index + 1}"


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
