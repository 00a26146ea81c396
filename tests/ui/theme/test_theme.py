from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QRawFont
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cnnstudio.blocks.families import FAMILIES, OWN, Family
from cnnstudio.ui.theme import DARK, LIGHT, Palette, Theme, icon, mix, qpalette, theme
from cnnstudio.ui.theme.pens import glyph, glyph_font
from cnnstudio.ui.theme.stylesheet import stylesheet
from cnnstudio.ui.window_actions import ACTIONS


def luminance(color: str) -> float:
    channels = [channel / 255 for channel in QColor(color).getRgb()[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
@pytest.mark.parametrize("role", ["text", "muted", "error", "warning", "success", "accent"])
def test_text_can_be_read_on_every_surface(palette: Palette, role: str) -> None:
    for surface in ("panel", "raised", "window"):
        assert contrast(getattr(palette, role), getattr(palette, surface)) >= 4.5, surface


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_training_and_validation_stand_out_from_the_panel(palette: Palette) -> None:
    assert contrast(palette.train, palette.panel) >= 3
    assert contrast(palette.validation, palette.panel) >= 3
    assert contrast(palette.on_accent, palette.accent) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_the_stylesheet_has_no_gap_and_qt_reads_it(qtbot: QtBot, palette: Palette) -> None:
    text = stylesheet(palette)
    assert "$" not in text
    assert text.count("{") == text.count("}")
    button = QPushButton("Train")
    qtbot.addWidget(button)
    button.setStyleSheet(text)  # a sheet that Qt cannot parse is a warning, and warnings fail
    button.grab()


def test_icons_take_the_colour_of_the_theme_in_force(qtbot: QtBot) -> None:
    theme.use(LIGHT)
    light = icon("stop").pixmap(QSize(32, 32)).toImage()
    theme.use(DARK)
    dark = icon("stop").pixmap(QSize(32, 32)).toImage()
    theme.use(LIGHT)
    where = [(x, y) for x in range(32) for y in range(32) if light.pixelColor(x, y).alpha() > 200]
    assert where
    assert all(light.pixelColor(x, y).lightness() < 80 for x, y in where)
    assert all(dark.pixelColor(x, y).lightness() > 180 for x, y in where)


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.icon], ids=lambda action: action.id)
def test_every_icon_that_an_action_names_is_there(qtbot: QtBot, action: object) -> None:
    image = icon(str(getattr(action, "icon", ""))).pixmap(QSize(24, 24)).toImage()
    assert any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24))


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_glyph_of_every_family_is_in_the_icon_font(qtbot: QtBot, family: Family) -> None:
    (number,) = QRawFont.fromFont(glyph_font(24)).glyphIndexesForString(glyph(family.key))
    assert number, "the box of what is not there"


def test_what_is_found_beside_blocks_has_a_glyph_too(qtbot: QtBot) -> None:
    assert len({glyph(key) for key in ("note", "link", *FAMILIES)}) == 2 + len(FAMILIES)


def test_a_family_has_its_hue_and_a_person_s_own_the_accent(qtbot: QtBot) -> None:
    for family in FAMILIES.values():
        if family.hue is not None:
            assert theme.family(family.key).hslHue() == pytest.approx(family.hue, abs=1)
    assert theme.family(OWN.key) == theme.family("note") == theme.color("accent")


def test_the_system_s_scheme_is_followed_only_when_asked_for(qtbot: QtBot) -> None:
    made = Theme()
    made.set_scheme("dark")
    assert made.is_dark
    made.set_scheme("system")
    assert made.palette is LIGHT  # the offscreen platform has no scheme of its own


def test_the_application_takes_palette_and_font(qtbot: QtBot) -> None:
    theme.install("dark")
    try:
        assert QApplication.palette().window().color() == QColor(DARK.window)
        assert QApplication.font().pixelSize() == 13
        assert qpalette(DARK).text().color() == QColor(DARK.text)
    finally:
        theme.set_scheme("light")


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mix("#000000", "#ffffff", 0.0) == QColor("#ffffff")
    assert mix("#000000", "#ffffff", 1.0) == QColor("#000000")
    assert mix("#000000", "#ffffff", 0.5).red() == 128


def primary() -> QPushButton:
    """The one button that everybody looks for."""
    made = QPushButton("Train")
    made.setProperty("primary", True)
    return made


def lightness(widget: QWidget) -> NDArray[np.float64]:
    """How light each pixel of it is, from 0 to 255, as ``QColor.lightness`` has it."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].astype(float)
    return (pixels.max(-1) + pixels.min(-1)) / 2


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize(
    "make", [QPushButton, QToolButton, QCheckBox, QRadioButton, QLineEdit, QComboBox, QSpinBox, primary]
)
def test_whatever_has_the_keyboard_looks_it(qtbot: QtBot, make: Callable[[], QWidget], palette: Palette) -> None:
    theme.install("light")
    theme.use(palette)
    host = QWidget()
    qtbot.addWidget(host)
    row = QHBoxLayout(host)
    widget, other = make(), QLineEdit()
    if isinstance(widget, QCheckBox | QRadioButton):
        widget.setChecked(True)  # filled with the colour that elsewhere marks the keyboard
    for each in (widget, other):
        row.addWidget(each)
    host.show()
    host.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    before = lightness(widget)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(widget.hasFocus)
    changed = np.count_nonzero(abs(before - lightness(widget)) > 25)
    assert changed >= 12, "a border of it, not a dot"
    theme.use(LIGHT)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_a_checked_box_that_nobody_can_change_is_seen_as_checked(qtbot: QtBot, palette: Palette) -> None:
    box = QCheckBox()
    qtbot.addWidget(box)
    box.setStyleSheet(stylesheet(palette))
    box.setEnabled(False)
    box.setChecked(True)
    picture = box.grab().toImage()
    colors = {QColor(picture.pixel(x, y)).name() for x in range(3, 13) for y in range(4, picture.height() - 4)}
    ground = palette.muted
    assert ground in colors, "it is filled, as one that can be changed is"
    assert max(contrast(color, ground) for color in colors) >= 4.5, "and the tick is seen on it"
    assert contrast(ground, palette.panel) >= 3
