"""Style: the pens, brushes and fonts of the canvas, made once a theme from ``ui.theme``."""

from __future__ import annotations

import re
from functools import partial

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QRawFont,
    QStaticText,
)

from cnnstudio.ui.theme import mix, theme
from cnnstudio.ui.theme.pens import glyph, glyph_font, pen

Cut = Qt.TextElideMode
FontPair = tuple[QFont, QFontMetricsF]
HEATS = 9  # steps from cold to hot
MOST_LINES = 20_000  # of text that are kept laid out
LABEL_PAD = 2.0  # on either side of what is written on a wire


def static_text(words: str, font: QFont) -> QStaticText:
    """Text that is laid out once and painted often."""
    text = QStaticText(words)
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    text.prepare(font=font)
    return text


class FamilyStyle:
    """How one family is painted."""

    def __init__(self, family: str, signs: QRawFont) -> None:
        color = theme.family(family)
        self.brush = QBrush(color)
        self.body = QBrush(mix(color, theme.color("node"), 0.62 if theme.is_dark else 0.55))
        self.glyph = glyph(family)
        self.sign = signs.glyphIndexesForString(self.glyph)[0]  # the same, by its number in the font


class FrameStyle:
    """How a frame of one hue is painted; the title is dark (or light) enough to be read in every hue."""

    def __init__(self, hue: int) -> None:
        color, canvas = theme.hue(hue), theme.color("canvas")
        fill, bar = QColor(color), QColor(color)
        fill.setAlphaF(0.09 if theme.is_dark else 0.075)
        bar.setAlphaF(0.16 if theme.is_dark else 0.13)
        self.fill, self.bar = QBrush(fill), QBrush(bar)
        self.pen = pen(mix(color, canvas, 0.5))
        self.pen.setCosmetic(True)
        self.text = mix(color, theme.color("text"), 0.45)
        self.chip = QBrush(mix(color, canvas, 0.2))


class Style:
    """Everything that items paint with; one object for all items of a scene."""

    def __init__(self) -> None:
        color = theme.color
        none = Qt.PenStyle.NoPen
        self.no_pen = QPen(none)
        self.canvas, self.node, self.text = QBrush(color("canvas")), QBrush(color("node")), color("text")
        self.muted, self.accent, self.error = color("muted"), color("accent"), color("error")
        self.warning, self.on_accent, self.wire_color = color("warning"), color("on_accent"), color("wire")
        self.error_brush, self.warning_brush = QBrush(self.error), QBrush(self.warning)
        self.wire_brush = QBrush(self.wire_color)
        self.shadow = QBrush(QColor(0, 0, 0, 70 if theme.is_dark else 16))
        self.node_pen = pen(mix(color("muted"), color("line"), 0.4))
        self.waiting_pen = pen(color("muted"), 1.0, Qt.PenStyle.DashLine)
        self.selected_pen, self.halo_pen = pen(self.accent, 2.0), pen(color("accent", 0.28), 4.0)
        self.frame_selected_pen = pen(self.accent, 2.0)
        self.frame_selected_pen.setCosmetic(True)
        self.focus_pen = pen(self.text, 1.2, Qt.PenStyle.DotLine)
        self.error_pen = pen(self.error, 2.0)
        self.error_halo_pen = pen(color("error", 0.18), 5.0)
        self.port_pen = pen(self.wire_color, 1.4)
        self.wire_pen, self.fine_wire_pen = pen(self.wire_color, 1.8), pen(self.wire_color)
        self.fine_wire_pen.setCosmetic(True)
        self.wire_waiting_pen = pen(color("wire", 0.55), 1.8, Qt.PenStyle.DotLine)
        self.wire_hot_pen, self.wire_selected_pen = (
            pen(mix(self.accent, self.wire_color, 0.6), 2.4),
            pen(self.accent, 3.0),
        )
        self.wire_error_pen = pen(self.error, 2.0, Qt.PenStyle.DashLine)
        self.knife_pen = pen(self.error, 1.6, Qt.PenStyle.DashLine)
        self.knife_pen.setCapStyle(Qt.PenCapStyle.SquareCap)  # so narrow it looks the same; Qt paints it far quicker
        # not wider than a pixel, and no colour that lets through what lies below: Qt paints it six times as quickly
        self.guide_pen = pen(mix(self.accent, color("canvas"), 0.7), 0.99, Qt.PenStyle.DashLine)
        # of the name and of the rest, from far to near: what is written grows as the zoom shrinks it
        pairs = [
            (_font(25, bold=True), _font(25)),
            (_font(17, bold=True), _font(15)),
            (_font(12, bold=True), _font(11)),
        ]
        self.node_fonts = [tuple((font, QFontMetricsF(font)) for font in pair) for pair in pairs]
        self.tight_font = (_font(10), QFontMetricsF(_font(10)))
        self.share_fonts = [(font, QFontMetricsF(font)) for font in (_font(size) for size in (15, 14, 10))]
        self.small_font = _font(11)
        self.label_font = (_font(10, closer=0.3), QFontMetricsF(_font(10, closer=0.3)))
        self.glyph_fonts, self.badge_font = [glyph_font(size) for size in (26, 24, 20)], self.node_fonts[2][0]
        self.sign_font = QRawFont.fromFont(glyph_font(60))
        self._label_widths: dict[str, float] = {}
        heat = QColor.fromHsl(24, 200, 130)
        self.heat_brush, self.track_brush = QBrush(heat), QBrush(mix(color("line"), color("node"), 0.6))
        self.heats = [QBrush(mix(heat, color("node"), 0.42 * step / (HEATS - 1))) for step in range(HEATS)]
        self.far_heats = [QBrush(mix(heat, color("line"), 0.95 * step / (HEATS - 1))) for step in range(HEATS)]
        self.is_drawing = False  # whether it paints a drawing for a file, of letters and lines, not of pixels
        self._lines: dict[tuple[str, int, int], QStaticText] = {}
        self._fitted: dict[tuple[str, str], tuple[str, FontPair]] = {}
        self.faces: dict[object, QPixmap] = {}  # the pictures of nodes ...
        self.faces_at = 0.0, 0.0  # ... at this zoom, on a screen of so many pixels for one
        self._families: dict[str, FamilyStyle] = {}
        self._frames: dict[int, FrameStyle] = {}

    def label_width(self, words: str) -> float:
        """How wide the label of a wire is, with its margins; there are few different ones."""
        if words not in self._label_widths:
            self._label_widths[words] = self.label_font[1].horizontalAdvance(words) + 2 * LABEL_PAD
        return self._label_widths[words]

    def write(self, painter: QPainter, place: QPointF, text: QStaticText) -> None:
        """Paint laid out text in the painter's font and colour.

        In a drawing it stays text that can be found and changed, but for the glyphs of the families: who looks at the
        file has no font with them.
        """
        if not self.is_drawing:
            painter.drawStaticText(place, text)
            return
        font = painter.font()
        base = place + QPointF(0.0, QFontMetricsF(font).ascent())
        if font.family() != self.glyph_fonts[0].family():
            painter.drawText(base, text.text())
            return
        path = QPainterPath()
        path.addText(base, font, text.text())
        painter.fillPath(path, painter.pen().color())

    def line(self, words: str, font: FontPair, width: float, is_name: bool = False) -> QStaticText:
        """These words in this font, cut to ``width``; shapes and titles recur, so each is laid out once."""
        key = words, font[0].pixelSize(), font[0].weight()
        if key not in self._lines:
            if len(self._lines) > MOST_LINES:
                self._lines.clear()
            cut = shortened(words, font[1], width) if is_name else font[1].elidedText(words, Cut.ElideRight, width)
            self._lines[key] = static_text(cut, font[0])
        return self._lines[key]

    def fitted(self, title: str, brief: str, width: float) -> tuple[str, FontPair]:
        """Title and parameters in one line: in smaller letters, then with less title, before a parameter is lost."""
        if (title, brief) not in self._fitted:
            if len(self._fitted) > MOST_LINES:
                self._fitted.clear()
            self._fitted[title, brief] = self._fit(title, brief, width)
        return self._fitted[title, brief]

    def _fit(self, title: str, brief: str, width: float) -> tuple[str, FontPair]:
        words = f"{title}  {brief}" if brief else title
        for font in (self.node_fonts[-1][1], self.tight_font):
            if font[1].horizontalAdvance(words) <= width:
                return words, font
        metrics = self.tight_font[1]
        rest = width - metrics.horizontalAdvance(f"  {brief}")
        if brief and rest > 0.25 * width:
            return f"{metrics.elidedText(title, Cut.ElideRight, rest)}  {brief}", self.tight_font
        return brief or title, self.tight_font

    def frame(self, hue: int) -> FrameStyle:
        """How a frame of this hue is painted."""
        if hue not in self._frames:
            self._frames[hue] = FrameStyle(hue)
        return self._frames[hue]

    def family(self, name: str) -> FamilyStyle:
        """How this family is painted."""
        if name not in self._families:
            self._families[name] = FamilyStyle(name, self.sign_font)
        return self._families[name]


def _font(pixels: int, bold: bool = False, closer: float = 0.0) -> QFont:
    font = theme.font("body", bold=bold)
    font.setPixelSize(pixels)  # scene pixels: the zoom is the canvas's text scale
    if closer:
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, -closer)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)  # one advance at every zoom
    return font


WIDEST = "m"  # of the letters that tell siblings apart: they are cut alike, whichever theirs is

_WORD = re.compile(r"[^\W\d_]+")


def shortened(name: str, font: QFontMetricsF, room: float) -> str:
    """The name with fewer letters of each word and all its numbers ("incep3a"), or cut in the middle if need be."""
    if font.horizontalAdvance(name) <= room:
        return name
    longest = max(map(len, _WORD.findall(name)), default=0)
    for letters in range(longest - 1, 0, -1):
        short = _WORD.sub(partial(_cut, letters), name)
        if font.horizontalAdvance(re.sub(r"(?<=\d)[^\W\d_]$", WIDEST, short)) <= room:
            return short
    return font.elidedText(name, Qt.TextElideMode.ElideMiddle, room)


def _cut(letters: int, found: re.Match[str]) -> str:
    """The word that was found with so many letters at most; it ends in a consonant, as people cut words."""
    word = found[0]
    short = word[:letters].rstrip("aeiou")
    return word if len(word) <= letters else short if len(short) > 1 else word[:letters]
