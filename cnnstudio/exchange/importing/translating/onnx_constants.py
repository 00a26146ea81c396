"""ONNX constants: what a file works out of numbers that it holds, and of sizes, before any image is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnnstudio.exchange.importing.translating.stepwise import Misfit

MOST = 2**26  # numbers that are worked out

_Numbers = np.ndarray


def folded(operator: str, told: Mapping[str, Any], given: list[_Numbers | None], opset: int) -> _Numbers:
    """What an operator gives of constants. Raises ``Misfit`` where that is not worked out here."""
    if operator not in FOLDED:
        raise Misfit("computes with constants alone in a way that is not worked out here")
    made = np.asarray(FOLDED[operator](told, given, opset))
    if made.size > MOST:
        raise Misfit("makes more numbers of constants than are worked out here")
    return made


def _constant(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    for name, kind in (("value_float", np.float32), ("value_floats", np.float32), ("value_int", np.int64),
                       ("value_ints", np.int64)):  # fmt: skip
        if name in told:
            return np.array(told[name], kind)
    if isinstance(told.get("value"), np.ndarray):
        return np.asarray(told["value"])
    raise Misfit("holds what are no numbers")


def _filled(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    sizes = [int(size) for size in given[0]]
    value = np.asarray(told.get("value", np.zeros(1, np.float32)))
    _allowed(sizes)
    return np.full(sizes, value.reshape(-1)[0], value.dtype)


def _allowed(sizes: Any) -> None:
    if any(size < 0 for size in sizes) or math.prod(map(int, sizes)) > MOST:
        raise Misfit("makes more numbers of constants than are worked out here")


def _cast(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    kinds = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64}
    if told.get("to") not in kinds:
        raise Misfit("makes numbers of a kind that is not read here")
    return np.asarray(given[0].astype(kinds[told["to"]]))


def axes(told: Mapping[str, Any], given: list[Any], place: int = 1) -> tuple[int, ...] | None:
    """The axes of an operator: an attribute in old files, an input in new ones. None where none are said."""
    if len(given) > place and given[place] is not None:
        if not isinstance(given[place], np.ndarray):
            raise Misfit("takes axes that are computed")
        return tuple(int(axis) for axis in given[place].reshape(-1))
    found = told.get("axes")
    return tuple(map(int, found)) if found is not None else None


def _unsqueezed(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    return np.asarray(np.expand_dims(given[0], axes(told, given) or ()))


def _squeezed(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    return np.asarray(np.squeeze(given[0], axes(told, given)))


def _sliced(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    return np.asarray(given[0][slices(told, given, given[0].ndim)])


def slices(told: Mapping[str, Any], given: list[Any], rank: int) -> tuple[slice, ...]:
    """What a Slice takes along each axis."""
    said: list[Any] = [told.get("starts"), told.get("ends"), told.get("axes"), None]
    for place, found in enumerate(given[1:5]):
        if found is not None and not isinstance(found, np.ndarray):
            raise Misfit("cuts where numbers that flow through it say")
        said[place] = said[place] if found is None else found.reshape(-1).tolist()
    starts, ends, along, steps = said
    along = range(len(starts)) if along is None else along
    steps = [1] * len(starts) if steps is None else steps
    made = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, along, steps, strict=True):
        made[int(axis)] = slice(int(start), None if step < 0 and end < -(2**31) else int(end), int(step))
    return tuple(made)


def _gathered(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    return np.asarray(np.take(given[0], given[1].astype(np.int64), told.get("axis", 0)))


def _joined(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    return np.asarray(np.concatenate(given, told["axis"]))


def _reshaped(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    sizes = [int(size) for size in (given[1] if len(given) > 1 else told["shape"])]
    return np.reshape(given[0], [given[0].shape[i] if size == 0 else size for i, size in enumerate(sizes)])


def _turned(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    return np.asarray(np.transpose(given[0], told.get("perm")))


def _stretched(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    sizes = np.broadcast_shapes(given[0].shape, tuple(int(size) for size in given[1]))
    _allowed(sizes)
    return np.broadcast_to(given[0], sizes)


def _ranged(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    start, end, step = (float(each.item()) for each in given)
    _allowed([max(0, math.ceil((end - start) / step))])
    return np.arange(start, end, step).astype(given[0].dtype)


def _scattered(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
    made = given[0].copy()
    if told.get("reduction", "none") != "none":
        raise Misfit("adds up what it puts in place, which is not worked out here")
    made[tuple(np.moveaxis(given[1], -1, 0))] = given[2]
    return np.asarray(made)


def _quotient(left: _Numbers, right: _Numbers) -> _Numbers:
    if left.dtype.kind == "f":
        return np.asarray(left / right)
    return np.asarray(np.fix(left / right).astype(left.dtype))  # towards zero, as C does


def _of_numbers(function: Callable[..., Any]) -> Callable[[Mapping[str, Any], Any, int], _Numbers]:
    def computed(told: Mapping[str, Any], given: Any, opset: int) -> _Numbers:
        if len(given) > 1:
            _allowed(np.broadcast_shapes(*(each.shape for each in given)))
        with np.errstate(all="ignore"):
            return np.asarray(function(*given))

    return computed


FOLDED: dict[str, Callable[[Mapping[str, Any], Any, int], _Numbers]] = {
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Cast": _cast,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Slice": _sliced,
    "Gather": _gathered,
    "Concat": _joined,
    "Reshape": _reshaped,
    "Transpose": _turned,
    "Expand": _stretched,
    "Range": _ranged,
    "Shape": lambda told, given, opset: np.array(given[0].shape[slice(told.get("start"), told.get("end"))], np.int64),
    "Size": lambda told, given, opset: np.array(given[0].size, np.int64),
    "Identity": lambda told, given, opset: given[0],
    "Add": _of_numbers(np.add),
    "Sub": _of_numbers(np.subtract),
    "Mul": _of_numbers(np.multiply),
    "Div": _of_numbers(_quotient),
    "Pow": _of_numbers(lambda base, power: np.power(base, power).astype(base.dtype)),
    "Sqrt": _of_numbers(np.sqrt),
    "Reciprocal": _of_numbers(np.reciprocal),
    "Neg": _of_numbers(np.negative),
    "Abs": _of_numbers(np.abs),
    "Floor": _of_numbers(np.floor),
    "Ceil": _of_numbers(np.ceil),
    "Equal": _of_numbers(np.equal),
    "Less": _of_numbers(np.less),
    "Greater": _of_numbers(np.greater),
    "Not": _of_numbers(np.logical_not),
    "And": _of_numbers(np.logical_and),
    "Or": _of_numbers(np.logical_or),
    "Mod": _of_numbers(np.mod),
    "ScatterND": _scattered,
    "Where": _of_numbers(np.where),
    "Min": _of_numbers(lambda *each: np.minimum.reduce(np.broadcast_arrays(*each))),
    "Max": _of_numbers(lambda *each: np.maximum.reduce(np.broadcast_arrays(*each))),
}
