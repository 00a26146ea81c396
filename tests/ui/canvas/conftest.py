"""A hand for the canvas: it presses, drags, wheels and types, and the tests look at the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Add, Concat, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Edge, Graph, Node, Sketch
from cnnstudio.project import Project
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.document import Document

NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


class Hand:
    """A person at the canvas: places are scene pixels, names are nodes."""

    def __init__(self, view: CanvasView) -> None:
        self.view, self.document = view, view.document
        self.said: list[str] = []
        self.document.said.connect(self.said.append)

    @property
    def graph(self) -> Graph:
        return self.document.project.graph

    def inputs(self, name: str) -> tuple[str | None, ...]:
        return self.graph[name].inputs

    # where things are

    def body(self, name: str) -> QPointF:
        """A place on a node that is no port."""
        return self.view.scene_item(name).body.center()

    def output(self, name: str) -> QPointF:
        return self.view.scene_item(name).output_at()

    def input(self, name: str, port: int = 0) -> QPointF:
        return self.view.scene_item(name).input_at(port)

    def along(self, source: str, target: str, share: float, port: int = 0) -> QPointF:
        wire = self.view.scene().wires[Edge(source, target, port)]
        return wire.path().pointAtPercent(share)

    # what stands there

    @staticmethod
    def pixels(image: QImage) -> np.ndarray:
        """Height × width × 3 numbers from 0 to 255."""
        image = image.convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].astype(int)

    def on_screen(self) -> np.ndarray:
        """What stands on the screen, as it came to stand there."""
        QApplication.processEvents()
        return self.pixels(self.view.screen().grabWindow(self.view.winId()).toImage())

    def overlapping(self) -> list[tuple[str, str]]:
        """The nodes that stand on one another."""
        bodies = {name: item.body for name, item in self.view.scene().nodes.items()}
        return [(a, b) for a, b in combinations(bodies, 2) if bodies[a].intersects(bodies[b])]

    # the mouse

    def send(
        self,
        kind: QEvent.Type,
        place: QPointF,
        button: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NONE,
    ) -> None:
        at = self.view.mapFromScene(place)
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        one = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
        viewport = self.view.viewport()
        where = QPointF(at)
        event = QMouseEvent(kind, where, QPointF(viewport.mapToGlobal(at)), one, held, modifiers)
        QApplication.sendEvent(viewport, event)

    def press(self, place: QPointF, modifiers: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = LEFT) -> None:
        self.send(QEvent.Type.MouseButtonPress, place, button, modifiers)

    def move(self, place: QPointF, modifiers: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = LEFT) -> None:
        self.send(QEvent.Type.MouseMove, place, button, modifiers)

    def release(self, place: QPointF, modifiers: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = LEFT) -> None:
        self.send(QEvent.Type.MouseButtonRelease, place, button, modifiers)

    def click(self, place: QPointF, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.press(place, modifiers)
        self.release(place, modifiers)

    def double_click(self, place: QPointF) -> None:
        self.click(place)
        self.send(QEvent.Type.MouseButtonDblClick, place)
        self.release(place)

    def drag(
        self,
        start: QPointF,
        end: QPointF,
        modifiers: Qt.KeyboardModifier = NONE,
        button: Qt.MouseButton = LEFT,
        let_go: bool = True,
    ) -> None:
        # both ends as they are now: the view may roll on
        self.press(start, modifiers, button)
        for step in (0.1, 0.5, 0.9, 1.0):
            self.move(start + (end - start) * step, modifiers, button)
        if let_go:
            self.release(end, modifiers, button)

    def wheel(self, place: QPointF, turn: int, modifiers: Qt.KeyboardModifier = NONE, fingers: bool = False) -> None:
        at = self.view.mapFromScene(place)
        event = QWheelEvent(
            QPointF(at),
            QPointF(self.view.viewport().mapToGlobal(at)),
            QPoint(0, turn) if fingers else QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.ScrollUpdate if fingers else Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.view.viewport(), event)

    # the keyboard

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.view, key, modifiers)

    def answer(self, words: str) -> None:
        """Type into the list that is open and take what it found first."""
        assert self.view.popup.isVisible(), "no list is open"
        QTest.keyClicks(self.view.popup.field, words)
        QTest.keyClick(self.view.popup.field, Qt.Key.Key_Return)

    def offered(self) -> list[str]:
        return [entry.title for entry in self.view.popup.entries]


@pytest.fixture
def hand_on(qtbot: QtBot) -> Iterator[Callable[[Graph], Hand]]:
    """Open a graph on a canvas of 1000 x 700 at zoom 1 with the scene's origin near its corner."""
    views: list[CanvasView] = []

    def opened(graph: Graph) -> Hand:
        view = CanvasView(Document(Project(graph)))
        views.append(view)
        view.resize(1000, 700)
        view.show()
        qtbot.waitExposed(view)
        view.activateWindow()
        view.setFocus()
        view.set_minimap(False)
        view.zoom_by(1.0 / view.zoom)
        view.centerOn(QPointF(440.0, 290.0))
        QApplication.processEvents()
        return Hand(view)

    yield opened
    for view in views:
        view.close()
        view.deleteLater()
    QApplication.processEvents()


@pytest.fixture
def chain() -> Graph:
    """input1 → conv1 → relu1, in a row, and a conv2 that nothing is wired to, below."""
    return Graph.of(
        [
            Node("input1", Input((3, 32, 32)), (), (0.0, 60.0)),
            Node("conv1", Conv2d(8, padding=1), ("input1",), (280.0, 60.0)),
            Node("relu1", ReLU(), ("conv1",), (560.0, 60.0)),
            Node("conv2", Conv2d(8), (), (280.0, 320.0)),
        ]
    )


@pytest.fixture
def fork() -> Graph:
    """input1 to conv1 and conv2, both into add1; a cat1 with one input; a flat1 and a fc1."""
    draw = Sketch()
    x = draw(Input((3, 32, 32)), name="input1")
    left, right = draw(Conv2d(8), x, name="conv1"), draw(Conv2d(8), x, name="conv2")
    draw(Add(), left, right, name="add1")
    draw(Concat(), left, name="cat1")
    draw(Flatten(), name="flatten1")
    draw(Linear(10), name="fc1")
    places = {
        "input1": (0.0, 160.0), "conv1": (260.0, 60.0), "conv2": (260.0, 260.0), "add1": (520.0, 160.0),
        "cat1": (520.0, 20.0), "flatten1": (260.0, 420.0), "fc1": (520.0, 420.0),
    }  # fmt: skip
    return cast(Graph, draw.graph().move(places))
