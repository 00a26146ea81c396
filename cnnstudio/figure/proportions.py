"""Proportions: by which law a number of pixels, channels or features becomes a length on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log2, sqrt

from cnnstudio.figure.marks import Box
from cnnstudio.graph import Shape

HIGHEST, THICKEST, LONGEST = 150.0, 64.0, 130.0  # of a map, of its channels, and of a vector or tokens
LEAST = 2.5  # nothing is drawn smaller
BAR = 9.0  # how thick a vector is


@dataclass(frozen=True)
class Law:
    """What it is called in a menu, how a caption says it, and the function."""

    title: str
    phrase: str
    of: Callable[[float], float]


LAWS = {
    "linear": Law("Linear", "in proportion to", float),
    "root": Law("Square root", "in proportion to the square root of", sqrt),
    "log": Law("Logarithm", "in proportion to the logarithm of 1 +", lambda number: log2(1.0 + number)),
}


class Proportions:
    """The lengths of one figure: the largest map, vector and number of channels have the lengths above."""

    def __init__(self, shapes: Iterable[Shape], law: str) -> None:
        every = list(shapes)
        self.law = LAWS[law]
        maps = [shape for shape in every if shape.is_map]
        tokens = [shape for shape in every if len(shape) == 2]
        self.side_most = max((side for shape in maps for side in shape.spatial), default=1)
        self.channels_most = max([shape[0] for shape in maps] + [shape[1] for shape in tokens], default=1)
        self.features_most = max((shape[0] for shape in every if len(shape) == 1), default=1)
        self.tokens_most = max((shape[0] for shape in tokens), default=1)
        self.floored = False  # whether anything came out below ``LEAST``

    def side(self, pixels: float) -> float:
        """The length of the side of a map, or of a kernel on it."""
        return self._length(pixels, self.side_most, HIGHEST)

    def box(self, shape: Shape) -> Box:
        """How large what has this shape is drawn."""
        if len(shape) == 1:
            return Box(self._length(shape[0], self.features_most, LONGEST), BAR, BAR)
        if len(shape) == 2:
            height = self._length(shape[0], self.tokens_most, LONGEST)
            return Box(height, BAR, self._length(shape[1], self.channels_most, THICKEST))
        channels, height, width = (shape[0], *shape.spatial) if shape.is_map else (1, 1, 1)
        return Box(self.side(height), self.side(width), self._length(channels, self.channels_most, THICKEST))

    def _length(self, number: float, most: float, longest: float) -> float:
        length = longest * self.law.of(number) / self.law.of(most)
        if length < LEAST:
            self.floored = True
        return max(LEAST, length)

    def caption(self, shapes: Iterable[Shape]) -> str:
        """The sentences that state the proportions of these shapes."""
        ranks = {len(shape) for shape in shapes}
        phrase, said = self.law.phrase, []
        if 3 in ranks:
            said.append(
                f"Boxes are feature maps, channels × height × width: height and width are drawn {phrase} the pixels "
                f"(the largest is {self.side_most}), thickness {phrase} the channels (the most are "
                f"{self.channels_most}). Edges that recede are drawn at half their length."
            )
        if 2 in ranks:
            said.append(f"Sheets are tokens × features: their length is drawn {phrase} the tokens.")
        if 1 in ranks:
            said.append(f"Bars are vectors: their length is drawn {phrase} the numbers in them.")
        if self.floored:
            said.append("What would be too small to be seen is drawn larger.")
        return " ".join(said)
