"""Inks: the colours of a figure, by family, or greys of the same lightness order. They suit a white page."""

from __future__ import annotations

from colorsys import hls_to_rgb
from dataclasses import dataclass

from cnnstudio.blocks.families import FAMILIES

TEXT, MUTED, WAY, FAINT = "#1d2433", "#566072", "#4a5568", "#c3c9d3"
PAPER = "#ffffff"
TRAIN, VALIDATION, AVERAGED, RATE = "#2563eb", "#d9480f", "#14743a", "#6d28d9"  # of curves
NEUTRAL = 222  # the hue, and a weak one, of a family that has none of its own: a person's groups


@dataclass(frozen=True)
class Ink:
    """The faces of a box, its edges, and what is written or drawn on it."""

    front: str
    top: str
    side: str
    edge: str
    strong: str


class Inks:
    """The ink of each family, from its hue; ``grey`` leaves the hue away."""

    def __init__(self, families: list[str], grey: bool) -> None:
        self._made: dict[str, Ink] = {}
        for number, family in enumerate(families):
            if grey:
                light = 0.93 - 0.34 * number / max(1, len(families) - 1)
                made = [_hex(0.0, share, 0.0) for share in (light, min(0.97, light + 0.05), light - 0.13, 0.25, 0.3)]
            else:
                hue = FAMILIES[family].hue
                degrees, strong = (NEUTRAL, 0.3) if hue is None else (hue, 1.0)
                made = [
                    _hex(degrees / 360, light, strength * strong)
                    for light, strength in ((0.80, 0.56), (0.89, 0.58), (0.69, 0.46), (0.36, 0.42), (0.42, 0.58))
                ]
            self._made[family] = Ink(*made)

    def of(self, family: str) -> Ink:
        """The ink of this family."""
        return self._made[family]


def _hex(hue: float, light: float, strength: float) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in hls_to_rgb(hue, light, strength))
