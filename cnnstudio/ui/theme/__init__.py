"""The theme: colours, letters and icons. This is the face; its rooms know each other."""

from cnnstudio.ui.theme.colors import DARK, FONT_SIZES, LIGHT, PAPER, Palette, Scheme, mix
from cnnstudio.ui.theme.theme import Theme, icon, qpalette, theme

__all__ = [
    "DARK", "FONT_SIZES", "LIGHT", "PAPER", "Palette", "Scheme", "Theme", "icon", "mix", "qpalette",
    "theme",
]  # fmt: skip
