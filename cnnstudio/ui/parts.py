"""Parts: the canvas, the messages over it and the panels that are seen, for the keyboard to go round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from cnnstudio.ui.panels.panel import Panel

if TYPE_CHECKING:
    from cnnstudio.ui.window import Window

REASON = Qt.FocusReason.ShortcutFocusReason


def go_round(window: Window, by: int) -> None:
    """Give the keyboard to the next part of the window that has use for it, or with -1 to the one before."""
    parts = [window.canvas, *_messages(window), *_panels(window)]
    focus = window.focusWidget()
    holding = [at for at, part in enumerate(parts) if focus is part or (focus and part.isAncestorOf(focus))]
    here = holding[-1] if holding else 0  # a message lies over the canvas, and is a child of it
    for step in range(1, len(parts)):
        part = parts[(here + by * step) % len(parts)]
        if (stop := _first(part)) is not None:
            stop.setFocus(REASON)
            return


def give_keyboard(part: QWidget) -> None:
    """Give the keyboard to the first thing in this part that can do something with it."""
    (_first(part) or part).setFocus(REASON)


def _first(part: QWidget) -> QWidget | None:
    """Where the keyboard goes first in this part; to what can only be scrolled where there is nothing else."""
    if isinstance(part, Panel):
        part.update_now()  # what it waits to show may be what the keyboard shall go to
    proxy = part.focusProxy()
    if part.focusPolicy() != Qt.FocusPolicy.NoFocus or (proxy is not None and proxy.isVisible()):
        return part
    stops = list(_stops(part))
    return next((stop for stop in stops if not isinstance(stop, QScrollArea)), stops[0] if stops else None)


def _stops(part: QWidget) -> Iterator[QWidget]:
    """Where Tab stops in this part, in the order in which it was built.

    Not by ``nextInFocusChain``: what it hands to Python takes widgets and layouts that live on down with it (PySide
    6.11.3), and the next layout of a panel ends the program.
    """
    for widget in part.findChildren(QWidget):
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes and widget.isVisible() and widget.isEnabled():
            yield widget


def _messages(window: Window) -> list[QWidget]:
    return [bar for bar in window.messages.bars if bar.isVisible()]


def _panels(window: Window) -> list[QWidget]:
    inside = [dock.widget() for dock in window.docks.values() if not dock.visibleRegion().isEmpty()]
    return [widget for widget in inside if widget is not None]
