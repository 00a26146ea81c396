"""Room: how many images are worked on at once, in bytes, and whether there is room to read so many. Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnnstudio.graph import Shape
from cnnstudio.headroom import headroom, whole
from cnnstudio.training.data.errors import DataError
from cnnstudio.wording import memory

WORK = 1_000_000
"""The bytes of numbers that are worked on at once, where many images are gone through."""

PASS = 80_000_000
"""The bytes of images that go through a network at once, where no batch size says how many."""

_BESIDE = 64_000_000  # bytes that reading takes at most beside the images that are kept


def at_once(size: Sequence[int], most: int | None = None, room: int | None = None) -> int:
    """How many images of this size to work on at once: ``room`` bytes of them in float32, and no more than ``most``.

    It is one at least; the room is ``WORK`` where nothing else is said.
    """
    fitting = max(1, (WORK if room is None else room) // (4 * max(1, prod(size))))
    return fitting if most is None else min(fitting, most)


def is_there(kept: int, free: int) -> bool:
    """Whether images that take so many bytes can be read where so many are free; at most half of those are taken."""
    return peak(kept) <= free // 2


def is_modest(kept: int) -> bool:
    """Whether images that take so many bytes take a quarter of the computer's memory at most, and have room there."""
    return kept <= whole() // 4 and is_there(kept, headroom())


def peak(kept: int) -> int:
    """The bytes that are taken at most while images are read of which so many bytes are kept."""
    return kept + min(4 * kept, _BESIDE)


def check_room(count: int, size: Shape) -> None:
    """Raise ``DataError`` where to read so many images would not leave the computer room to work."""
    kept, free = count * size.numel, headroom()
    if not is_there(kept, free):
        raise DataError(
            f"{count:,} images of {size} take {memory(peak(kept))} while they are read, and {memory(free)} are free: "
            "at most half of that is taken. Use fewer images or a smaller Input."
        )
