"""Fake images: bytes and labels of chance, as many and as large as they are asked for; they show what a step takes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnnstudio.graph import Shape
from cnnstudio.training.data.raw import Pixels, Raw
from cnnstudio.training.data.readers.halves import at_once

_SEED = 0


def fake_images(count: int, size: Shape, names: tuple[str, ...]) -> Raw:
    """``count`` images of this size; the same each time."""
    random = np.random.default_rng(_SEED)
    labels = random.integers(len(names), size=count, dtype=np.int64)

    def parts() -> Iterator[Pixels]:
        for start in range(0, count, step := at_once(size.numel)):
            yield random.integers(0, 256, (min(step, count - start), *size), dtype=np.uint8)

    return Raw(parts(), labels, names)
