"""Focus: the canvas, the messages over it and the panels that are seen, for the keyboard to go round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QWidget

from cnnstudio.ui.panel import Panel

LINE = 16  # pixels that a line of text is high; what stands in one row differs by half of it at most
REASON = Qt.FocusReason.ShortcutFocusReason


def parts_of(canvas: QWidget, messages: Iterable[QWidget], docks: Iterable[QDockWidget]) -> list[QWidget]:
    """The canvas, then what is seen of the messages over it and of the panels in the docks."""
    panels = [dock.widget() for dock in docks if not dock.visibleRegion().isEmpty()]
    return [canvas, *(bar for bar in messages if bar.isVisible()), *panels]


def go_round(window: QMainWindow, parts: Sequence[QWidget], by: int) -> None:
    """Give the keyboard to the next part of the window that has use for it, or with -1 to the one before."""
    focus = window.focusWidget()
    holding = [at for at, part in enumerate(parts) if focus is part or (focus and part.isAncestorOf(focus))]
    here = holding[-1] if holding else 0  # a message lies over the canvas, and is a child of it
    for step in range(1, len(parts)):
        part = parts[(here + by * step) % len(parts)]
        if (stop := _first(part)) is not None:
            stop.setFocus(REASON)
            return


def tab_on(window: QMainWindow, parts: Sequence[QWidget], forward: bool) -> bool:
    """Give the keyboard to what is read next in its panel, and after the last to the next part of the window.

    Qt's own order is that in which things were made, and the fields of a panel are made when they are first needed.
    False where the keyboard is in no panel.
    """
    focus = window.focusWidget()
    panel = next((part for part in parts if isinstance(part, Panel) and focus and part.isAncestorOf(focus)), None)
    if panel is None or focus is None:
        return False
    stops = _as_read(panel, (stop for stop in _stops(panel) if not isinstance(stop, QScrollArea)))
    around = [number for number, stop in enumerate(stops) if stop is focus or stop.isAncestorOf(focus)]
    after = around[-1] + (1 if forward else -1) if around else 0 if forward else len(stops) - 1
    if 0 <= after < len(stops):
        stops[after].setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    else:
        go_round(window, parts, 1 if forward else -1)
    return True


def _as_read(part: QWidget, stops: Iterable[QWidget]) -> list[QWidget]:
    """Row by row, and each row from left to right; what is higher than a line is where its first line is."""
    places = [(stop.mapTo(part, QPoint(0, min(stop.height(), 2 * LINE) // 2)), stop) for stop in stops]
    rows: list[list[tuple[QPoint, QWidget]]] = []
    for place, stop in sorted(places, key=lambda entry: entry[0].y()):
        if not rows or place.y() - rows[-1][0][0].y() > LINE // 2:
            rows.append([])
        rows[-1].append((place, stop))
    return [stop for row in rows for _, stop in sorted(row, key=lambda entry: entry[0].x())]


def give_keyboard(part: QWidget, to_scroll: bool = True) -> None:
    """Give the keyboard to the first thing in this part that can do something with it.

    Unless ``to_scroll`` it stays where it is if all that it could do in this part is to scroll it.
    """
    stop = _first(part)
    if to_scroll or (stop is not None and not isinstance(stop, QScrollArea)):
        (stop or part).setFocus(REASON)


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
        if takes and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None:
            yield widget
