"""The gestures of a node editor as a person makes them, with the pointer, and what a frame of each costs.

They know no program: any ``QGraphicsView`` with nodes in it is sent the same events.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import count

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QGraphicsView

FRAMES = 31
GAP = 134.0, 52.0  # scene pixels from the middle of a node to where there is none
STILL = 0.2  # seconds after which a view that smooths its edges late has done so
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN = Qt.KeyboardModifier.NoModifier
KNIFE = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier


@dataclass
class Editor:
    """A view with nodes in it: how one finds the middle of a node in the scene, and how nodes are selected."""

    view: QGraphicsView
    nodes: Mapping[str, Callable[[], QPointF]]
    select: Callable[[Sequence[str]], object]
    knife: Callable[[], AbstractContextManager[object]] = nullcontext
    held: Qt.MouseButton = field(default=Qt.MouseButton.NoButton, init=False)
    modifiers: Qt.KeyboardModifier = field(default=PLAIN, init=False)

    def at(self, name: str) -> QPointF:
        """The middle of a node, in pixels of the view."""
        return QPointF(self.view.mapFromScene(self.nodes[name]()))

    def press(self, at: QPointF, button: Qt.MouseButton = LEFT) -> None:
        """Press a button there."""
        self.held = button
        self._send(QEvent.Type.MouseButtonPress, at, button)

    def move(self, at: QPointF) -> None:
        """Move the pointer there."""
        self._send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)

    def release(self, at: QPointF) -> None:
        """Let the button go there."""
        button, self.held = self.held, Qt.MouseButton.NoButton
        self._send(QEvent.Type.MouseButtonRelease, at, button)

    def wheel(self, at: QPointF, turn: int) -> None:
        """Turn the wheel there."""
        nothing, button = Qt.ScrollPhase.NoScrollPhase, Qt.MouseButton.NoButton
        event = QWheelEvent(at, at, QPoint(), QPoint(0, turn), button, self.modifiers, nothing, False)
        QApplication.sendEvent(self.view.viewport(), event)

    def _send(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        port = self.view.viewport()
        where = QPointF(port.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(port, QMouseEvent(kind, at, where, button, self.held, self.modifiers))


def frames(work: Callable[[], object], times: int = FRAMES) -> float:
    """The median processor time of ``work`` and of all painting that follows from it, in milliseconds."""
    taken = []
    for _ in range(times + 2):
        QApplication.processEvents()
        start = time.process_time()
        work()
        QApplication.processEvents()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken[2:])


class Paints(QObject):
    """Counts how often a view is painted."""

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__()
        self.count = 0
        view.viewport().installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() == QEvent.Type.Paint
        return False


def gestures(editor: Editor) -> Iterator[tuple[str, float]]:
    """Each gesture's name and the milliseconds of a frame of it, at the zoom in force."""
    view, turn = editor.view, count()
    middle = QPointF(view.viewport().rect().center())
    near = sorted(editor.nodes, key=lambda name: (editor.at(name) - middle).manhattanLength())
    inner = view.viewport().rect().adjusted(20, 20, -20, -20)

    def timed(work: Callable[[], object]) -> float:
        cost = frames(work)
        paints = Paints(view)  # not while time is taken: it would be counted
        work()
        QApplication.processEvents()
        view.viewport().removeEventFilter(paints)
        if paints.count != 1:
            raise RuntimeError(f"a frame was painted {paints.count} times")
        return cost

    seen = [name for name in near[:50] if inner.contains(editor.at(name).toPoint())]

    def dragged(at: QPointF, button: Qt.MouseButton) -> float:
        before = editor.at(near[0])
        editor.press(at, button)
        editor.move(at + QPointF(15, 15))
        cost = timed(lambda: editor.move(at + QPointF(40.0 + next(turn) % 7 * 9.0, 40.0)))
        if (editor.at(near[0]) - before).manhattanLength() < 20:
            raise RuntimeError("the drag moved nothing")
        editor.move(at)
        editor.release(at)
        _rest()
        return cost

    yield "repaint", timed(view.viewport().update)
    gap = QPointF(*GAP) * view.transform().m11()  # some programs pan only where there is no node
    yield "pan", dragged(editor.at(near[0]) + gap, MIDDLE)
    yield "zoom", timed(lambda: editor.wheel(middle, 40 if next(turn) % 2 else -40))
    _rest()
    editor.select(near[:1])
    yield "move 1", dragged(editor.at(near[0]), LEFT)
    editor.select(near[:100])
    yield "move 100", dragged(editor.at(near[0]), LEFT)
    editor.select(())

    def click() -> None:
        at = editor.at(seen[next(turn) % len(seen)])
        editor.press(at)
        editor.release(at)

    yield "select", timed(click)
    editor.select(())
    with editor.knife():
        editor.modifiers = KNIFE
        editor.press(QPointF(inner.topLeft()))
        across = inner.width() // 17
        yield "knife", timed(lambda: editor.move(QPointF(20 + next(turn) % 17 * across, 300 + next(turn) % 5 * 30)))
    editor.modifiers = PLAIN
    editor.release(QPointF(inner.topLeft()))


def _rest() -> None:
    time.sleep(STILL)
    QApplication.processEvents()
