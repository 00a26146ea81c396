"""Colors: the colours and the sizes of letters that everything on the screen is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtGui import (
    QColor,
)

Scheme = Literal["system", "light", "dark"]


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
    warning="#a15c00", success="#14743a", node="#ffffff", wire="#8a94a6", train="#2563eb", validation="#d9480f",
)  # fmt: skip


DARK = Palette(
    name="dark", window="#15181e", panel="#1c2028", raised="#252a34", canvas="#12151a", grid="#242a33",
    line="#323946", text="#e6e9ef", muted="#98a2b3", accent="#5b9dff", on_accent="#0b1220", error="#ff6b6b",
    warning="#f5b041", success="#4ade80", node="#20252e", wire="#707c8f", train="#5b9dff", validation="#ff9f5a",
)  # fmt: skip


PAPER = replace(LIGHT, name="paper", canvas="#ffffff")  # for pictures that stand on a white page


# font sizes in device-independent pixels, before the person's own text scale
FONT_SIZES = {"small": 11, "body": 13, "large": 15, "title": 19}


def mix(one: str | QColor, other: str | QColor, share: float) -> QColor:
    """``share`` of the first colour and the rest of the second."""
    a, b = QColor(one), QColor(other)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(x * share + y * (1 - share)) for x, y in pairs))
