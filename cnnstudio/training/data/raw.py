"""Raw: labelled images as they were read, before they are made to fit a network."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class Raw:
    """What a source of images gave. ``validation`` are the numbers of those that it keeps apart by itself, or None.

    ``notes`` are sentences about what was left out or done otherwise. ``scale`` is what became black and white in
    images of more than 8 bits, None where there were none.
    """

    images: NDArray[np.uint8]  # (N, C, H, W), in a size of its own
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    validation: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)
    scale: tuple[float, float] | None = None
