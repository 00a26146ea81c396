"""Theme: every colour, font size and icon of the program, light and dark, decided here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks.families import FAMILIES
from cnnstudio.ui.theme.colors import DARK, FONT_SIZES, LIGHT, Palette, Scheme, mix
from cnnstudio.ui.theme.glyphs import character, icon_font


class Theme(QObject):
    """The theme in force; ``changed`` when it becomes another."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.palette = LIGHT
        self.scale = 1.0
        self._scheme: Scheme = "system"
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._dressed: QCoreApplication | None = None  # the application that has our style

    @property
    def is_dark(self) -> bool:
        """Whether the dark palette is in force."""
        return self.palette is DARK

    @property
    def scheme(self) -> Scheme:
        """What the person asked for."""
        return self._scheme

    def use(self, palette: Palette) -> None:
        """Put a palette in force."""
        if palette is not self.palette:
            self.palette = palette
            self.apply()
            self.changed.emit()

    @contextmanager
    def borrowed(self, palette: Palette) -> Iterator[None]:
        """Colours of another palette for what is drawn within the block; nobody is told, the window stays as it is."""
        kept, self.palette = self.palette, palette
        try:
            yield
        finally:
            self.palette = kept

    def install(self, scheme: Scheme = "system", scale: float = 1.0) -> None:
        """Dress the application, and follow the system's colours from now on where the scheme is "system"."""
        self.scale = scale
        if (app := QApplication.instance()) is not self._dressed:
            self._dressed = app
            QApplication.setStyle("Fusion")
            QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)
        self._scheme = scheme
        self.palette = self._wanted()
        self.apply()
        self.changed.emit()

    def set_scheme(self, scheme: Scheme) -> None:
        """Use light, dark, or what the system uses."""
        self._scheme = scheme
        self.use(self._wanted())

    def set_scale(self, scale: float) -> None:
        """Make all text larger or smaller; 1.0 is the normal size."""
        if scale != self.scale:
            self.scale = scale
            self.apply()
            self.changed.emit()

    def _wanted(self) -> Palette:
        if self._scheme == "system":
            return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._scheme == "dark" else LIGHT

    def _follow(self) -> None:
        if self._scheme == "system":
            self.use(self._wanted())

    def apply(self) -> None:
        """Give the application the palette, font and stylesheet of the theme in force, where it has others."""
        from cnnstudio.ui.theme.stylesheet import stylesheet

        # one application at most; before it exists there is nothing to dress
        if not isinstance(app := QApplication.instance(), QApplication):
            return
        palette, font, sheet = qpalette(self.palette), self.font(), stylesheet(self.palette, self.scale)
        if app.palette() != palette:
            app.setPalette(palette)
        if app.font() != font:
            app.setFont(font)
        if app.styleSheet() != sheet:  # every widget there is would be looked at again
            app.setStyleSheet(sheet)

    # what everyone draws with

    def color(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour of a role: a field of ``Palette``."""
        color = QColor(getattr(self.palette, role))
        color.setAlphaF(alpha)
        return color

    def family(self, key: str) -> QColor:
        """The colour of a family of blocks; the accent for one without a hue, and for what is no block."""
        hue = FAMILIES[key].hue if key in FAMILIES else None
        return self.color("accent") if hue is None else self.hue(hue)

    def hue(self, degrees: int) -> QColor:
        """The colour of a hue, as strong as those of the families."""
        return QColor.fromHsl(degrees, 150 if self.is_dark else 165, 150 if self.is_dark else 112)

    def font(self, size: str = "body", bold: bool = False) -> QFont:
        """The interface's font in a size of ``FONT_SIZES``."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        if font.family() in _UNCHOSEN:
            font.setFamilies(list(_FAMILIES))
        return self._sized(font, size, bold)

    def monospace(self, size: str = "body", bold: bool = False) -> QFont:
        """The font of source code and of columns of numbers."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setStyleHint(QFont.StyleHint.Monospace)
        return self._sized(font, size, bold)

    def _sized(self, font: QFont, size: str, bold: bool) -> QFont:
        font.setPixelSize(round(FONT_SIZES[size] * self.scale))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def scaled(self, width: int, height: int, most: QSize) -> QSize:
        """A size that was chosen for the normal size of text, as text is now; no larger than ``most``."""
        return (QSize(width, height) * self.scale).boundedTo(most)

    def icon(self, name: str, role: str = "text") -> QIcon:
        """A Phosphor icon ("play", "ph.play") that is always painted in the colour that ``role`` has just now."""
        name = name.removeprefix("ph.")
        if (name, role) not in self._icons:
            self._icons[name, role] = QIcon(_Glyph(name, role))
        return self._icons[name, role]


# what Qt falls back to where no desktop chose a font, and what looks better there
_UNCHOSEN = frozenset({"", "Sans", "Sans Serif", "sans-serif", "Bitstream Vera Sans", "DejaVu Sans"})
_FAMILIES = ("Inter", "Noto Sans", "Cantarell", "Ubuntu", "Open Sans", "Liberation Sans", "DejaVu Sans")


class _Glyph(QIconEngine):
    """One character of the icon font. It asks the theme for its colour as it paints, so icons follow the theme."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name, self._role = name, role
        # asked for here: an unknown name must not be met by Qt in the middle of painting, where it would crash
        self._character = character(name)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        color = theme.color("muted", 0.45) if mode == QIcon.Mode.Disabled else theme.color(self._role)
        # at the full height of the square: these glyphs are drawn with their own room round them
        painter.save()
        painter.setFont(icon_font(max(1, rect.height())))
        painter.setPen(color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        if pixmap.isNull():  # a style asks for no size at all while a window is being laid out
            return pixmap
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Glyph(self._name, self._role)


def qpalette(palette: Palette) -> QPalette:
    """The same colours under Qt's names: what Fusion draws with where the stylesheet is silent."""
    role, made = QPalette.ColorRole, QPalette()
    colors = {
        role.Window: palette.window, role.WindowText: palette.text, role.Base: palette.panel,
        role.AlternateBase: palette.raised, role.Text: palette.text, role.Button: palette.raised,
        role.ButtonText: palette.text, role.BrightText: palette.error, role.ToolTipBase: palette.panel,
        role.ToolTipText: palette.text, role.Highlight: palette.accent, role.HighlightedText: palette.on_accent,
        role.Link: palette.accent, role.LinkVisited: palette.accent, role.PlaceholderText: palette.muted,
        role.Light: palette.panel, role.Midlight: palette.raised, role.Mid: palette.line, role.Dark: palette.line,
        role.Shadow: palette.line, role.Accent: palette.accent,
    }  # fmt: skip
    for name, color in colors.items():
        made.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, name, mix(palette.muted, palette.panel, 0.55))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(palette.line))
    return made


theme = Theme()


def icon(name: str, role: str = "text") -> QIcon:
    """``theme.icon``."""
    return theme.icon(name, role)
