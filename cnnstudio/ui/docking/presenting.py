"""Presenting: the window in front of a class: one part of it at a time, in large type, with a spot at the pointer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QCursor, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenuBar, QStatusBar, QToolBar, QWidget

from cnnstudio.ui.panel import Panel
from cnnstudio.ui.theme import theme

LARGE = 1.5  # times the normal size of text
RADIUS = 26  # pixels of the spot
STEPS = {"PgDown": 1, "PgUp": -1}
"""The keys of a presenter's remote control."""


class Presenting(QObject):
    """What was open is gone through a part at a time, the canvas first; when it ends, all is as it was.

    A panel that has steps of its own, as the microscope has, goes through them before the next part comes.
    """

    def __init__(
        self, window: QMainWindow, canvas: QWidget, docks: Mapping[str, QDockWidget], front: Callable[[QWidget], None]
    ) -> None:
        super().__init__(window)
        self._window, self._canvas, self._docks, self._front = window, canvas, docks, front
        self._before: tuple[object, ...] | None = None
        self._hidden: list[QWidget] = []
        self._parts: list[str] = []
        self._at = 0
        self.spot = Spot(window)
        self._keys = [self._key("Escape", self.end)]
        self._keys += [self._key(key, partial(self.step, by)) for key, by in STEPS.items()]

    def _key(self, key: str, does: Callable[[], object]) -> QShortcut:
        made = QShortcut(QKeySequence(key), self._window)
        made.setEnabled(False)
        made.activated.connect(does)
        return made

    @property
    def is_on(self) -> bool:
        """Whether it goes on."""
        return self._before is not None

    def toggle(self) -> None:
        """Begin, or end."""
        if self.is_on:
            self.end()
        else:
            self.begin()

    def begin(self) -> None:
        """Show the part that has the keyboard, in large type over the whole screen."""
        window = self._window
        here = next((name for name, dock in self._docks.items() if _has_keyboard(dock)), "")
        self._parts = ["", *(name for name, dock in self._docks.items() if not dock.isHidden())]
        self._at = self._parts.index(here) if here in self._parts else 0
        self._before = window.saveState(), window.windowState(), theme.scale
        bars: Sequence[QWidget] = (
            *window.findChildren(QToolBar), *window.findChildren(QStatusBar), *window.findChildren(QMenuBar),
        )  # fmt: skip
        self._hidden = [bar for bar in bars if not bar.isHidden() and bar.window() is window]
        for bar in self._hidden:
            bar.hide()
        for key in self._keys:
            key.setEnabled(True)
        window.showFullScreen()
        if theme.scale < LARGE:
            theme.set_scale(LARGE)
        self._show()
        self.spot.begin()

    def end(self) -> None:
        """Bring back all that was there, as it was."""
        if self._before is None:
            return
        (state, shown, scale), self._before = self._before, None
        for key in self._keys:
            key.setEnabled(False)
        self.spot.end()
        self._canvas.show()
        for bar in self._hidden:
            bar.show()
        if theme.scale == LARGE:  # else the person has chosen another size meanwhile
            theme.set_scale(scale)  # type: ignore[arg-type]
        self._window.setWindowState(shown)  # type: ignore[arg-type]
        self._window.restoreState(state)  # type: ignore[arg-type]
        self._front(self._canvas)

    def step(self, by: int) -> None:
        """Go a step on in what is shown, or with -1 back; at its end to the next part."""
        panel = self.panel
        if panel is None or not panel.step_on(by):
            self._at = (self._at + by) % len(self._parts)
            self._show()

    @property
    def panel(self) -> Panel | None:
        """The panel that is shown; None for the canvas."""
        found = self._docks[self._parts[self._at]].widget() if self._parts and self._parts[self._at] else None
        return found if isinstance(found, Panel) else None

    def _show(self) -> None:
        name = self._parts[self._at]
        for other, dock in self._docks.items():
            if other != name:
                dock.hide()
        self._canvas.setVisible(not name)
        if name:
            self._docks[name].setFloating(False)
            self._docks[name].show()
            self._docks[name].raise_()
        self._front(self._docks[name].widget() if name else self._canvas)
        self.spot.raise_()


class Spot(QWidget):
    """A ring round the pointer, so that a class sees where it is; the mouse goes through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.resize(2 * RADIUS, 2 * RADIUS)
        self._clock = QTimer(self, interval=16)
        self._clock.timeout.connect(self.follow)
        self.hide()

    def begin(self) -> None:
        """Follow the pointer."""
        self.follow()
        self.show()
        self.raise_()
        self._clock.start()

    def end(self) -> None:
        """Be gone."""
        self._clock.stop()
        self.hide()

    def follow(self) -> None:
        """Stand where the pointer is."""
        at = self._window.mapFromGlobal(QCursor.pos()) - QPoint(RADIUS, RADIUS)
        if at != self.pos():
            self.move(at)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = QColor(theme.color("accent"))
        inside = QColor(accent)
        inside.setAlpha(50)
        painter.setBrush(inside)
        accent.setAlpha(190)
        pen = painter.pen()
        pen.setColor(accent)
        pen.setWidth(3)
        painter.setPen(pen)
        painter.drawEllipse(QRect(2, 2, 2 * RADIUS - 4, 2 * RADIUS - 4))
        painter.end()


def _has_keyboard(dock: QDockWidget) -> bool:
    field = dock.window().focusWidget()
    return field is not None and (field is dock or dock.isAncestorOf(field))
