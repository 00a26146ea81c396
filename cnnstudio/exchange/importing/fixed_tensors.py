"""Fixed tensors: the numbers that a tensor of the original begins with, as the line of PyTorch that makes them."""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnnstudio.blocks.opaque import OwnTensor
from cnnstudio.exchange.importing.recognition import Unknown

MOST_WRITTEN = 20_000  # numbers that are written out one by one
FEW = 256  # that are written so whatever is regular in them


def begun(tensor: Tensor, name: str) -> OwnTensor:
    """A tensor as a step has it. Raises ``Unknown`` for numbers that stay and are too many to be written."""
    size = tuple(tensor.shape) or (1,)
    is_learned = isinstance(tensor, nn.Parameter)
    return OwnTensor(name, size, is_learned, _learned(tensor, size) if is_learned else _fixed(tensor, size))


def _learned(tensor: Tensor, size: tuple[int, ...]) -> str:
    """Of what is learned the spread alone, unless it begins with one number everywhere."""
    if tensor.is_meta or not tensor.numel():
        return f"torch.randn({size!r}) * 0.02"
    values = tensor.detach().float()
    first, spread = float(values.flatten()[0]), float(values.std(correction=0))
    if spread == 0:
        return f"torch.full({size!r}, {round(first, 6)!r})"
    return f"torch.randn({size!r}) * {float(f'{spread:.2g}')!r}"


def _fixed(tensor: Tensor, size: tuple[int, ...]) -> str:
    if tensor.is_meta:
        raise Unknown
    if tensor.is_complex():
        return f"torch.complex({_fixed(tensor.real, size)}, {_fixed(tensor.imag, size)})"
    values = tensor.detach().reshape(size)
    first = values.flatten()[0].item()
    if bool((values == first).all()):
        text = f"torch.full({size!r}, {_word(first)})"
        return text if values.dtype in (torch.float32, torch.bool, torch.int64) else f"{text}.to({values.dtype})"
    text = _numbers(values)
    return text if values.dtype in (torch.float32, torch.bool, torch.int64) else f"{text}.to({values.dtype})"


def _numbers(values: Tensor) -> str:
    """The numbers, by what is regular in them where they are many. Raises ``Unknown`` where nothing is."""
    count, size = values.numel(), tuple(values.shape)
    if len(size) > 1 and size[0] == 1 and count > FEW:
        return f"{_numbers(values[0])}[None]"
    if values.dim() == 1 and values.dtype == torch.int64 and bool((values == torch.arange(count)).all()):
        return f"torch.arange({count})"
    if count <= FEW:
        return f"torch.tensor({_listed(values)})"
    if (text := _distances(values)) is not None:
        return text
    if (text := _bordered(values)) is not None:
        return text
    side = isqrt(count)
    if values.dim() == 1 and side * side == count and values.dtype == torch.int64:
        return f"{_numbers(values.reshape(side, side))}.flatten()"
    if values.dim() > 1:
        rows = values.reshape(-1, size[-1])
        distinct, places = torch.unique(rows, dim=0, return_inverse=True)
        if distinct.numel() + len(places) <= count // 2:
            of_rows = _numbers(places.reshape(size[:-1])) if len(places) > FEW else f"torch.tensor({places.tolist()})"
            text = f"torch.tensor({_listed(distinct)})[{of_rows}]"
            return text if len(places) > FEW or len(size) == 2 else f"{text}.reshape{size!r}"
    if count > MOST_WRITTEN:
        raise Unknown
    return f"torch.tensor({_listed(values)})"


def _distances(values: Tensor) -> str | None:
    """What is one number for the rows and one for the columns of two places in a map, added: a table of distances."""
    if values.dim() != 2 or values.dtype != torch.int64:
        return None
    best: tuple[Tensor, Tensor] | None = None
    for height in _divisors(values.shape[0]):
        for other in _divisors(values.shape[1]):
            seen = values.reshape(height, values.shape[0] // height, other, values.shape[1] // other)
            rows, columns = seen[:, 0, :, 0], seen[0, :, 0, :] - seen[0, 0, 0, 0]
            least = sum(each.numel() for each in best) if best else values.numel() // 4
            is_less = rows.numel() + columns.numel() < least
            if is_less and bool((rows[:, None, :, None] + columns[None, :, None, :] == seen).all()):
                best = rows, columns
    if best is None:
        return None
    first, second = (f"torch.tensor({each.tolist()})" for each in best)
    return f"({first}[:, None, :, None] + {second}[None, :, None, :]).reshape{tuple(values.shape)!r}"


def _bordered(values: Tensor) -> str | None:
    """A table of distances behind one row and one column of one number each, those of a class token."""
    if values.dim() != 2 or min(values.shape) < 3 or values.dtype != torch.int64:
        return None
    row, column, inner = values[0, 1:], values[1:, 0], values[1:, 1:]
    if torch.unique(row).numel() > 1 or torch.unique(column).numel() > 1 or (text := _distances(inner)) is None:
        return None
    corner, above, left = (int(each) for each in (values[0, 0], row[0], column[0]))
    first = f"torch.tensor([[{corner}]]), torch.full((1, {len(row)}), {above})"
    return f"torch.cat([torch.cat([{first}], 1), torch.cat([torch.full(({len(column)}, 1), {left}), {text}], 1)])"


def _divisors(number: int) -> list[int]:
    return [each for each in range(2, number) if number % each == 0]


def _listed(values: Tensor) -> str:
    """Every number, no longer than it must be to be the same number again."""
    if values.dtype != torch.float32:
        return _word(values.tolist())

    def shortest(entry: Any) -> Any:
        return list(map(shortest, entry)) if isinstance(entry, np.ndarray) else float(str(entry))

    return _word(shortest(values.numpy()))


def _word(value: object) -> str:
    """The numbers as Python writes them; what is infinite by a number that is as well."""
    return repr(value).replace("inf", "1e999").replace("nan", "(1e999 - 1e999)")
