"""Theme: every colour, font size and icon of the program, light and dark, decided here."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, by what they are for."""

    name: str
    window: str
    panel: str
    raised: str
    canvas: str
    grid: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    error: str
    warning: str
    success: str
    node: str
    wire: str
    train: str
    validation: str


LIGHT = Palette(
    name="light", window="#eef0f3", panel="#ffffff", raised="#f5f6f8", canvas="#f7f8fa", grid="#dfe3e8",
    line="#d5d9df", text="#1d2433", muted="#5d6778", accent="#2563eb", on_accent="#ffffff", error="#c8242b",
    warning="#a15c00", success="#17803d", node="#ffffff", wire="#8a94a6", train="#2563eb", validation="#d9480f",
)  # fmt: skip
DARK = Palette(
    name="dark", window="#15181e", panel="#1c2028", raised="#252a34", canvas="#12151a", grid="#242a33",
    line="#323946", text="#e6e9ef", muted="#98a2b3", accent="#5b9dff", on_accent="#0b1220", error="#ff6b6b",
    warning="#f5b041", success="#4ade80", node="#20252e", wire="#707c8f", train="#5b9dff", validation="#ff9f5a",
)  # fmt: skip

# hue (degrees) of each family of blocks; a family that is not named takes the accent
FAMILY_HUES = {
    "input": 210, "convolution": 222, "pooling": 172, "normalization": 268, "activation": 32, "linear": 338,
    "merge": 145, "regularization": 10, "residual": 196, "attention": 300, "efficient": 120,
}  # fmt: skip


class Theme(QObject):
    """The theme in force; ``changed`` when it becomes another."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.palette = LIGHT

    @property
    def is_dark(self) -> bool:
        """Whether the dark palette is in force."""
        return self.palette is DARK

    def use(self, palette: Palette) -> None:
        """Put a palette in force."""
        if palette is not self.palette:
            self.palette = palette
            self.changed.emit()

    def color(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour of a role: a field of ``Palette``."""
        color = QColor(getattr(self.palette, role))
        color.setAlphaF(alpha)
        return color

    def family(self, name: str) -> QColor:
        """The colour of a family of blocks."""
        hue = FAMILY_HUES.get(name)
        if hue is None:
            return self.color("accent")
        return QColor.fromHsl(hue, 150 if self.is_dark else 165, 150 if self.is_dark else 112)


theme = Theme()
