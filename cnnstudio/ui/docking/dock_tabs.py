"""Dock tabs: the bars of the docks' tabs, which show icons before they would cut a title."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QTabBar

from cnnstudio.ui.theme import icon, theme

PADDING = 20  # pixels beside a title, as the stylesheet has them
ICON = 18  # pixels


def fit_tabs(bar: QTabBar, glyphs: Mapping[str, str]) -> None:
    """Show the titles of these tabs where all of them have room, else an icon each; ``glyphs`` is title -> icon.

    A title stays what Qt knows of a tab, for its tooltip and for those who hear it. One that counts, as "Problems (2)",
    has the icon of its first word.
    """
    titles = [bar.tabText(number) for number in range(bar.count())]
    needed = sum(bar.fontMetrics().horizontalAdvance(title) + PADDING for title in titles)
    has_room = needed <= bar.width()
    side = 1 if has_room else round(ICON * theme.scale)
    bar.setIconSize(QSize(side, side))
    for number, title in enumerate(titles):
        glyph = glyphs.get(title) or glyphs.get(title.partition(" (")[0], "layout")
        bar.setTabIcon(number, QIcon() if has_room else icon(glyph))
    if bar.property("icons") != (not has_room):
        bar.setProperty("icons", not has_room)
        bar.style().unpolish(bar)
        bar.style().polish(bar)
