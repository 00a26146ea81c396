"""SVG: a figure as a drawing whose text is text. Whatever a person called something stands in it as text alone."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from cnnstudio.figure.inks import PAPER
from cnnstudio.figure.marks import Circle, Figure, Glyph, Line, Mark, Point, Polygon, Text
from cnnstudio.figure.typesetting import width

FONTS = "Helvetica, Arial, 'Nimbus Sans', 'Liberation Sans', sans-serif"
LONG = 40  # letters of a line that is set to its exact length


def svg(figure: Figure, glyphs: Mapping[str, str]) -> str:
    """The drawing as a file; ``glyphs`` are the paths of the families' signs in a square of 1 round the origin."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _element(figure, glyphs, names)


def inline(figure: Figure) -> str:
    """The drawing without signs, as it stands in the text of a page, which needs no name of what SVG is."""
    return _element(figure, {}, 'role="img" ')


def _element(figure: Figure, glyphs: Mapping[str, str], attributes: str) -> str:
    signs = dict.fromkeys(mark.family for mark in figure.marks if isinstance(mark, Glyph) and glyphs.get(mark.family))
    size = f'width="{figure.width:.0f}" height="{figure.height:.0f}"'
    lines = [
        f'<svg {attributes}{size} viewBox="0 0 {figure.width:.0f} {figure.height:.0f}" '
        f'font-family="{FONTS}" stroke-linejoin="round" stroke-linecap="round">',
        f"<title>{_words(figure.title)}</title>",
        f"<desc>{_words(figure.caption)}</desc>",
        "<defs>",
        *(f'<path id="sign-{family}" d={quoteattr(glyphs[family])}/>' for family in signs),
        "</defs>",
        f'<rect {size} fill="{PAPER}"/>',
        *(_mark(mark, glyphs) for mark in figure.marks),
        "</svg>",
    ]
    return "\n".join(filter(None, lines)) + "\n"


def _mark(mark: Mark, glyphs: Mapping[str, str]) -> str:
    if isinstance(mark, Polygon):
        paint = f'fill="{mark.fill or "none"}"' + _stroke(mark.stroke, mark.width)
        return f'<path d="M{" ".join(map(_place, mark.points))}Z" {paint}{_opacity(mark.opacity)}/>'
    if isinstance(mark, Line):
        look = _stroke(mark.stroke, mark.width) + _opacity(mark.opacity)
        if mark.dash:  # with round ends a dash would fill its gaps
            look += f' stroke-dasharray="{" ".join(map(_number, mark.dash))}" stroke-linecap="butt"'
        return f'<path d="{_rounded(mark)}" fill="none"{look}/>'
    if isinstance(mark, Circle):
        x, y = map(_number, mark.center)
        paint = f'fill="{mark.fill}"{_stroke(mark.stroke, mark.width)}'
        return f'<circle cx="{x}" cy="{y}" r="{_number(mark.radius)}" {paint}/>'
    if isinstance(mark, Text):
        x, y = map(_number, mark.place)
        weight = ' font-weight="bold"' if mark.bold else ""
        if len(mark.words) > LONG:  # a font with wider letters must not run out of the figure
            weight += f' textLength="{_number(width(mark.words, mark.size))}" lengthAdjust="spacingAndGlyphs"'
        look = f'font-size="{_number(mark.size)}" text-anchor="{mark.anchor}" fill="{mark.color}"{weight}'
        return f'<text x="{x}" y="{y}" {look}>{_words(mark.words)}</text>'
    if not glyphs.get(mark.family):
        return ""
    x, y = map(_number, mark.center)
    place = f'transform="translate({x} {y}) scale({_number(mark.size)})"'
    return f'<use xlink:href="#sign-{mark.family}" {place} fill="{mark.color}"/>'


def _rounded(line: Line) -> str:
    words = [f"M{_place(line.points[0])}"]
    for before, corner, after in zip(line.points, line.points[1:], line.points[2:], strict=False):
        into, out = towards(corner, before, line.radius), towards(corner, after, line.radius)
        words.append(f"L{_place(into)}Q{_place(corner)} {_place(out)}")
    return "".join([*words, f"L{_place(line.points[-1])}"])


def towards(corner: Point, other: Point, most: float) -> Point:
    """The point of a line at which the rounding of its corner begins: ``most`` away, or half way."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = (dx * dx + dy * dy) ** 0.5
    share = min(most, length / 2) / length if length else 0.0
    return corner[0] + dx * share, corner[1] + dy * share


def _words(text: str) -> str:
    """Escaped, and without the characters that no XML may hold."""
    return escape("".join(letter for letter in text if letter.isprintable()))


def _stroke(color: str, width: float) -> str:
    return f' stroke="{color}" stroke-width="{_number(width)}"' if color else ""


def _opacity(value: float) -> str:
    return f' opacity="{_number(value)}"' if value < 1.0 else ""


def _place(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
