"""How blocks write themselves: sizes on a node's face, arguments in Python, and sentences that several share."""

from __future__ import annotations

from typing import Annotated, Any

from cnnstudio.graph import Block, Remedy, Shape, ShapeError, Window, pair
from cnnstudio.graph.parameter import Range
from cnnstudio.wording import plural

OptionalChannels = Annotated[int | None, Range(1, 65_536)]


def side(value: Any, always: bool = True) -> str:
    """``3×3`` for 3 or (3, 3), ``1×7`` for (1, 7); with ``always`` false, ``3`` for 3. Words stay as they are."""
    if isinstance(value, str):
        return value
    height, width = pair(value)
    return f"{height}×{width}" if always or height != width else str(height)


def counted(number: int, noun: str) -> str:
    """``1 window``, ``4 windows``, ``1024 channels``: the number as it stands in shapes."""
    return f"{number} {plural(number, noun)}"


def arguments(call: str, block: Block, *positional: Any, skip: tuple[str, ...] = ()) -> str:
    """``nn.Conv2d(3, 64, kernel_size=3)``: positional values, then each parameter that is not torch's default.

    A block declares torch's defaults wherever torch has one; a parameter for which torch has none is always written,
    as a positional value (then ``skip`` names it) or because it is in ``always``.
    Every value stands in the text through ``repr`` alone, after the block has coerced it.
    """
    always = {"kernel_size"}
    named = {**{k: v for k, v in block.values.items() if k in always}, **block.changed_values}
    words = [repr(value) for value in positional]
    words += [f"{key}={value!r}" for key in block.values if key in named and key not in skip for value in (named[key],)]
    return f"{call}({', '.join(words)})"


def kind(shape: Shape) -> str:
    """What a shape stands for, in words."""
    return {1: "a vector", 2: "a sequence of tokens", 3: "a stack of feature maps"}.get(
        len(shape), "a block of numbers"
    )


def require_map(block: Block, shape: Shape, *remedies: Remedy) -> None:
    """Raise ``ShapeError`` unless ``shape`` is a stack of feature maps (C, H, W)."""
    if len(shape) != 3:
        raise ShapeError(
            f"{block.title} works on feature maps, channels × height × width, but {shape} is {kind(shape)}. "
            "Put it before the layer that flattens.",
            *remedies,
        )


def nearest_divisor(wanted: int, *numbers: int) -> int:
    """The number nearest to ``wanted`` that divides all of ``numbers``; the smaller of two.

    In steps of at most ``wanted``, as 1 divides everything; ``numbers`` may be in the hundreds of millions.
    """
    near = (wanted + away * way for away in range(wanted) for way in (-1, 1))
    return next(divisor for divisor in near if not any(number % divisor for number in numbers))


def window_does_not_fit(block: Block, shape: Shape, window: Window, *remedies: Remedy) -> ShapeError:
    """The error of a window that is larger than the padded map, with the numbers of the axis where it is."""
    for axis, name in enumerate(("height", "width")):
        (before, after), extent, length = window.padding[axis], window.extent[axis], shape.spatial[axis]
        if extent > length + before + after:
            padded = f"{length} + {before} + {after} of padding" if before or after else str(length)
            return ShapeError(
                f"a window of {extent} pixels is larger than the {name} of the map, {padded}, so it fits nowhere.",
                *remedies,
            )
    return ShapeError(f"nothing would be left of {shape}.", *remedies)
