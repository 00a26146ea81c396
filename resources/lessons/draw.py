"""Draws the pictures of the lessons beside this file, each for a light and a dark window. ``python draw.py``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, exp, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
WIDTH = 480  # of every picture, in units; half as many pixels again
FINER, PIXELS = 4.5, 1.5  # pixels a unit while it is drawn, and in the file
SIGNS = ("×", "−")
Point = tuple[float, float]


@dataclass(frozen=True)
class Ink:
    """The colours of a scheme, on a background that shows through."""

    line: str
    text: str
    muted: str
    fill: str
    blue: str
    orange: str
    green: str
    soft: tuple[str, str, str, str]


LIGHT = Ink(
    "#5b6472", "#1c2430", "#59616e", "#eef1f5", "#1d5fbf", "#b4540a", "#1f7a3d",
    ("#d3e4fb", "#fbe3cf", "#d4efdc", "#e9ddf7"),
)  # fmt: skip
DARK = Ink(
    "#98a2b1", "#e8ecf2", "#a9b2c0", "#2b323d", "#7db4ff", "#ffb071", "#7fd79b",
    ("#23446f", "#6a4322", "#24573a", "#4b3a6b"),
)  # fmt: skip


class Sheet:
    """A picture so many units high."""

    def __init__(self, height: float, ink: Ink) -> None:
        self.ink, self.height = ink, height
        self.image = Image.new("RGBA", (round(WIDTH * FINER), round(height * FINER)), (0, 0, 0, 0))
        self.draw = ImageDraw.Draw(self.image)

    def at(self, *points: Point) -> list[Point]:
        """These places in pixels."""
        return [(x * FINER, y * FINER) for x, y in points]

    def text(self, x: float, y: float, words: str, size: float = 17, color: str = "", anchor: str = "mm") -> None:  # noqa: PLR0917 - a place, a size and a look
        """Words about a place."""
        font = ImageFont.load_default(size * FINER)
        pieces = [(each, font.getlength("n" if each in SIGNS else each)) for each in re.split(r"([×−])", words) if each]
        left = x * FINER - sum(width for _, width in pieces) * {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]]
        for piece, width in pieces:
            if piece in SIGNS:
                self.sign(piece, (left + width / 2) / FINER, y + 0.06 * size, 0.22 * size, color or self.ink.text)
            else:
                self.draw.text((left, y * FINER), piece, fill=color or self.ink.text, font=font, anchor="lm")
            left += width

    def sign(self, which: str, x: float, y: float, half: float, color: str) -> None:
        """A times or a minus, which Pillow's own font has not."""
        ways = ((1, 1), (1, -1)) if which == "×" else ((1.2, 0),)
        for dx, dy in ways:
            self.line((x - dx * half, y - dy * half), (x + dx * half, y + dy * half), color=color, thick=half * 0.36)

    def box(self, x: float, y: float, w: float, h: float, fill: str = "", line: str = "", thick: float = 1.2) -> None:  # noqa: PLR0917 - a place, a size and a look
        """A rectangle."""
        corners = self.at((x, y), (x + w, y + h))
        self.draw.rectangle(
            [*corners[0], *corners[1]], fill or None, line or self.ink.line, max(1, round(thick * FINER))
        )

    def round(self, x: float, y: float, w: float, h: float, words: str, fill: str = "", size: float = 16) -> None:  # noqa: PLR0917 - a place, a size and a look
        """A block with rounded corners and its name."""
        corners = self.at((x, y), (x + w, y + h))
        self.draw.rounded_rectangle(
            [*corners[0], *corners[1]], 6 * FINER, fill or self.ink.fill, self.ink.line, round(1.2 * FINER)
        )
        self.text(x + w / 2, y + h / 2, words, size)

    def line(self, *points: Point, color: str = "", thick: float = 1.4) -> None:
        """A line through these places."""
        self.draw.line(self.at(*points), color or self.ink.line, round(thick * FINER), joint="curve")

    def arrow(self, start: Point, end: Point, color: str = "") -> None:
        """A line with a head."""
        way = atan2(end[1] - start[1], end[0] - start[0])
        self.line(start, (end[0] - 4 * cos(way), end[1] - 4 * sin(way)), color=color, thick=1.6)
        wings = [(end[0] - 8 * cos(way + turn), end[1] - 8 * sin(way + turn)) for turn in (-0.45, 0.45)]
        self.draw.polygon(self.at(end, *wings), fill=color or self.ink.line)

    def dot(self, x: float, y: float, radius: float = 5, fill: str = "") -> None:
        """A disc."""
        corners = self.at((x - radius, y - radius), (x + radius, y + radius))
        self.draw.ellipse([*corners[0], *corners[1]], fill or self.ink.fill, self.ink.line, round(1.2 * FINER))

    def grid(  # noqa: PLR0917 - a place, a size and a look
        self, x: float, y: float, cell: float, rows: Sequence[Sequence[object]],
        fill: Callable[[int, int], str] = lambda _, __: "", size: float = 16,
    ) -> None:  # fmt: skip
        """Numbers in squares."""
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                self.box(x + j * cell, y + i * cell, cell, cell, fill(i, j) or self.ink.fill, thick=0.9)
                self.text(x + (j + 0.5) * cell, y + (i + 0.5) * cell, written(value), size)

    def maps(self, x: float, y: float, side: float, count: int, fill: str, off: float = 5) -> None:  # noqa: PLR0917 - a place, a size and a look
        """Feature maps one behind the other, the last in front."""
        for number in range(count):
            self.box(x + off * number, y + off * number, side, side, fill)

    def save(self, path: Path) -> None:
        """Write it in its pixels."""
        size = round(WIDTH * PIXELS), round(self.height * PIXELS)
        small = self.image.resize(size, Image.Resampling.LANCZOS)
        small.quantize(128, Image.Quantize.FASTOCTREE).save(path, optimize=True)


def written(value: object) -> str:
    """A number with a real minus, as it is read."""
    return f"{value:g}".replace("-", "−") if isinstance(value, int | float) else str(value)


def kernel(ink: Ink) -> Sheet:
    """A kernel on a picture, and the map that comes of it."""
    sheet = Sheet(196, ink)
    picture = ((1, 0, 2, 1, 0), (0, 1, 3, 0, 1), (2, 1, 0, 2, 1), (1, 0, 1, 0, 2), (0, 1, 2, 1, 0))
    sheet.grid(8, 10, 30, picture, lambda i, j: ink.soft[0] if i < 3 and j < 3 else "")
    sheet.box(8, 10, 90, 90, line=ink.blue, thick=3)
    sheet.text(180, 86, "×", 24)
    sheet.grid(202, 40, 30, ((1, 0, -1),) * 3, lambda *_: ink.soft[1])
    sheet.arrow((304, 86), (350, 86))
    sheet.grid(366, 40, 34, ((-2, -1, 3), (-1, 0, 0), (0, -1, 0)), lambda i, j: ink.soft[2] if i == j == 0 else "")
    for x, words in ((83, "picture, 5 × 5"), (247, "kernel, 3 × 3"), (417, "map, 3 × 3")):
        sheet.text(x, 180, words, color=ink.muted)
    return sheet


def pooling(ink: Ink) -> Sheet:
    """The same numbers pooled in two ways."""
    sheet = Sheet(186, ink)
    rows = ((1, 3, 2, 4), (5, 6, 1, 2), (0, 2, 8, 3), (1, 4, 5, 7))

    def quarter(i: int, j: int) -> str:
        return ink.soft[2 * (i // 2) + j // 2]

    def whole(i: int, j: int) -> str:
        return ink.soft[2 * i + j]

    sheet.grid(8, 8, 34, rows, quarter, 18)
    sheet.arrow((160, 76), (204, 76))
    sheet.grid(218, 40, 36, ((6, 4), (4, 8)), whole, 18)
    sheet.grid(332, 40, 54, ((3.75, 2.25), (1.75, 5.75)), whole, 18)
    for x, words in ((76, "4 × 4"), (254, "max"), (386, "average")):
        sheet.text(x, 168, words, color=ink.muted)
    return sheet


def lenet(ink: Ink) -> Sheet:
    """Maps get smaller and more; a vector and ten scores follow."""
    sheet = Sheet(190, ink)
    stages = ((12, 64, 1, 0), (96, 64, 4, 0), (198, 36, 4, 2), (276, 36, 7, 0), (366, 20, 7, 2))
    for x, side, count, tint in stages:
        top = 76 - side / 2 - 2.5 * (count - 1)
        sheet.maps(x, top, side, count, ink.soft[tint])
    sheet.box(432, 20, 10, 112, ink.soft[1])
    sheet.box(458, 46, 10, 60, ink.soft[3])
    for x, words in (
        (44, "1 × 8 × 8"),
        (136, "6 × 8 × 8"),
        (224, "6 × 4 × 4"),
        (304, "16 × 4 × 4"),
        (386, "16 × 2 × 2"),
    ):
        sheet.text(x, 150, words, 13.5, ink.muted)
    sheet.text(437, 150, "64", 15, ink.muted)
    sheet.text(463, 150, "10", 15, ink.muted)
    for x, words in ((90, "convolve"), (196, "pool"), (276, "convolve"), (358, "pool"), (446, "decide")):
        sheet.text(x, 174, words, 16)
    return sheet


def connected(ink: Ink) -> Sheet:
    """Every pixel to every unit, and a window to each place."""
    sheet = Sheet(208, ink)
    tops = [18 + 24 * number for number in range(7)]
    for start, is_full in ((40, True), (290, False)):
        ends = [42 + 40 * n for n in range(4)] if is_full else [tops[n + 1] for n in range(5)]
        for number, end in enumerate(ends):
            for at, top in enumerate(tops):
                if is_full or 0 <= at - number < 3:
                    tint = (ink.blue, ink.orange, ink.green)[at - number] if not is_full else ink.muted
                    sheet.line((start, top), (start + 140, end), color=tint, thick=0.9 if is_full else 1.6)
        for top in tops:
            sheet.dot(start, top, 7, ink.soft[0])
        for end in ends:
            sheet.dot(start + 140, end, 8, ink.soft[2])
    sheet.text(110, 192, "fully connected: 28 weights", color=ink.muted)
    sheet.text(360, 192, "convolution: 3 weights", color=ink.muted)
    return sheet


def field(ink: Ink) -> Sheet:
    """What one value of the second map sees, row by row."""
    sheet = Sheet(196, ink)
    rows = ((152, 5, ink.soft[0], "picture"), (86, 3, ink.soft[1], "first map"), (20, 1, ink.soft[2], "second map"))
    middle, cell = 290.0, 36.0
    for (low, many, *_), (high, few, *_) in pairwise(rows):
        for number in range(few):
            x = middle + (number - (few - 1) / 2) * cell
            for by in (-1, 0, 1):
                sheet.line((x, high + cell), (x + by * cell, low), color=ink.muted, thick=1.1)
        assert many == few + 2
    for top, count, tint, words in rows:
        for number in range(-2, 3):
            is_seen = abs(number) <= count // 2
            sheet.box(middle + (number - 0.5) * cell, top, cell, cell, tint if is_seen else "")
        sheet.text(16, top + cell / 2, words, color=ink.muted, anchor="lm")
    for top, words in ((20, "1"), (86, "sees 3"), (152, "sees 5")):
        sheet.text(470, top + cell / 2, words, anchor="rm")
    return sheet


def inception(ink: Ink) -> Sheet:
    """Kernels side by side, and with a 1 × 1 in front."""
    sheet = Sheet(226, ink)
    for left, is_narrow in ((0, False), (244, True)):
        sheet.text(left + 112, 16, "maps that come in", 15, ink.muted)
        for number, words in enumerate(("1 × 1", "3 × 3", "5 × 5")):
            x = left + 8 + 76 * number
            sheet.arrow((left + 82 + 30 * number, 28), (x + 32, 54 if is_narrow and number else 124))
            if is_narrow and number:
                sheet.round(x, 54, 64, 34, "1 × 1", ink.soft[1])
                sheet.arrow((x + 32, 88), (x + 32, 124))
            sheet.round(x, 124, 64, 34, words, ink.soft[0])
            sheet.arrow((x + 32, 158), (left + 112, 184))
        sheet.round(left + 38, 184, 148, 30, "concatenate", ink.soft[2])
    return sheet


def separable(ink: Ink) -> Sheet:
    """One step through all channels, or two."""
    sheet = Sheet(206, ink)
    sheet.maps(10, 40, 60, 3, ink.soft[0], 9)
    sheet.arrow((96, 80), (122, 80))
    sheet.maps(130, 62, 28, 3, ink.soft[1], 9)
    sheet.text(98, 150, "standard", 17)
    sheet.text(98, 174, "space and", 15, ink.muted)
    sheet.text(98, 192, "channels at once", 15, ink.muted)
    for number in range(3):
        top = 8 + 44 * number
        sheet.box(222, top, 36, 36, ink.soft[0])
        sheet.arrow((262, top + 18), (284, top + 18))
        sheet.box(288, top + 7, 22, 22, ink.soft[1])
        sheet.arrow((314, top + 18), (336, top + 18))
        sheet.box(340, top, 36, 36, ink.soft[2])
        sheet.line((376, top + 18), (432, 70), color=ink.muted)
    sheet.box(430, 58, 24, 24, ink.soft[3])
    sheet.text(290, 150, "depthwise", 17)
    sheet.text(290, 174, "a filter a channel", 15, ink.muted)
    sheet.text(428, 150, "pointwise", 17)
    sheet.text(428, 174, "1 × 1 mixes", 15, ink.muted)
    return sheet


def squeeze(ink: Ink) -> Sheet:
    """Means, two layers, weights, and maps of different strength."""
    sheet = Sheet(190, ink)
    sheet.maps(8, 30, 64, 4, ink.soft[0], 8)
    sheet.maps(384, 30, 64, 1, ink.fill)
    for number, tint in enumerate((ink.fill, ink.soft[0], ink.fill, ink.soft[0])):
        sheet.box(384 + 8 * number, 30 + 8 * number, 64, 64, tint)
    means, weights = (0.8, 0.4, 0.7, 0.5), (0.15, 0.95, 0.25, 0.9)
    for x, bars, tint in ((136, means, ink.soft[1]), (292, weights, ink.soft[2])):
        for number, bar in enumerate(bars):
            sheet.box(x + 13 * number, 110 - 70 * bar, 10, 70 * bar, tint)
    sheet.round(206, 48, 22, 54, "", ink.soft[3])
    sheet.round(244, 34, 22, 82, "", ink.soft[3])
    for start, end in (((102, 76), (130, 76)), ((192, 76), (204, 76)), ((228, 76), (242, 76)), ((266, 76), (288, 76)),
                       ((350, 76), (378, 76))):  # fmt: skip
        sheet.arrow(start, end)
    for x, words in ((160, "squeeze"), (236, "excite"), (322, "weights"), (432, "scale")):
        sheet.text(x, 150, words, 16)
    for x, words in ((160, "means"), (322, "0 to 1")):
        sheet.text(x, 172, words, 15, ink.muted)
    return sheet


def curves(ink: Ink) -> Sheet:
    """The losses of 40 epochs; that of new pictures is lowest after the twelfth."""
    sheet = Sheet(236, ink)
    left, bottom, step = 52.0, 184.0, 10.0

    def through(loss: Callable[[float], float]) -> Iterable[Point]:
        return [(left + step * epoch, bottom - 70 * loss(epoch)) for epoch in range(41)]

    def train(epoch: float) -> float:
        return 2.2 * exp(-epoch / 7) + 0.02

    def new(epoch: float) -> float:
        return 0.78 + (1.45 * ((12 - epoch) / 12) ** 2 if epoch < 12 else 0.62 * ((epoch - 12) / 28) ** 1.3)

    for tick in range(0, 41, 10):
        x = left + step * tick
        sheet.line((x, bottom), (x, bottom + 5))
        sheet.text(x, bottom + 18, str(tick), 15, ink.muted)
    for minor in range(0, 41, 2):
        sheet.line((left + step * minor, bottom), (left + step * minor, bottom + 3), thick=0.8)
    sheet.line((left, 14), (left, bottom), (left + 404, bottom))
    sheet.line(*through(train), color=ink.blue, thick=3)
    sheet.line(*through(new), color=ink.orange, thick=3)
    sheet.text(300, 158, "training pictures", 17, ink.blue)
    sheet.text(330, 66, "new pictures", 17, ink.orange)
    sheet.text(left + 200, 222, "epoch", 16, ink.muted)
    sheet.text(14, 22, "loss", 16, ink.muted, "lm")
    return sheet


def transfer(ink: Ink) -> Sheet:
    """The backbone stays, the head is new."""
    sheet = Sheet(196, ink)
    for top, words, head in ((12, "shapes, many", "10 scores"), (126, "letters, few", "4 scores")):
        sheet.text(8, top + 26, words, 16, anchor="lm")
        sheet.arrow((118, top + 26), (140, top + 26))
        sheet.round(144, top, 176, 52, "backbone", ink.soft[0], 18)
        sheet.arrow((320, top + 26), (346, top + 26))
        sheet.round(350, top, 122, 52, head, ink.soft[3 if top < 100 else 2], 17)
    sheet.arrow((232, 68), (232, 122), ink.blue)
    sheet.text(242, 95, "the same weights, frozen", 16, ink.blue, "lm")
    sheet.text(412, 186, "a new head", 15, ink.muted)
    return sheet


PICTURES: dict[str, Callable[[Ink], Sheet]] = {
    "what-a-kernel-is/kernel": kernel,
    "pooling/pooling": pooling,
    "lenet-on-digits/lenet": lenet,
    "convolution-or-connected/connected": connected,
    "receptive-fields/field": field,
    "pointwise-and-inception/inception": inception,
    "efficient-blocks/separable": separable,
    "attention-to-channels/squeeze": squeeze,
    "overfitting/curves": curves,
    "transfer-learning/transfer": transfer,
}
"""Where each picture lies, and what draws it."""


def main() -> None:
    """Draw all of them."""
    for name, made in PICTURES.items():
        for ink, ending in ((LIGHT, ".png"), (DARK, ".dark.png")):
            made(ink).save((HERE / name).with_suffix(ending))


if __name__ == "__main__":
    main()
