"""Overlays: where one is in a composite, with the way back; what the colours measure; the hint on an empty canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from cnnstudio.ui.canvas.scene.cost_overlay import MEASURES
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.theme.pens import pen
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.camera import Camera


class Breadcrumb(QWidget):
    """A button for the network and one for each composite entered; hidden while the whole network is shown."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._document = document
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 3, 10, 3)
        self._row.setSpacing(2)
        document.scope_changed.connect(self._show_scope)
        self._show_scope()

    def _show_scope(self, *_: object) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        scope = self._document.scope
        for depth in range(len(scope) + 1):
            button = QToolButton(self)
            button.setText(scope[depth - 1] if depth else "Network")
            button.setEnabled(depth < len(scope))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, to=scope[:depth]: self._document.enter(to))
            if depth:
                self._row.addWidget(self._label("›"))
            self._row.addWidget(button)
        if self._document.is_read_only:
            self._row.addWidget(self._label("   to look at: ungroup the block to change its parts"))
        self.adjustSize()
        self.setVisible(bool(scope))
        self.raise_()

    def _label(self, text: str) -> Plain:
        label = Plain(text, self)
        label.setProperty("role", "muted")
        label.setProperty("size", "small")
        return label

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(theme.color("line"), 1.0))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class Legend(QWidget):
    """A line of words on the canvas, at the upper right, below what lies there already.

    ``spare`` is room behind the words, in pixels.
    """

    spare = 0

    def __init__(self, view: Camera) -> None:
        super().__init__(view.viewport())
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._view = view
        self.text = ""
        view.along_top.append(self)
        view.looked.connect(self.place)
        for signal in (theme.changed, view.scene().synced, view.scene().document.scope_changed):
            signal.connect(self.place)
        self.hide()

    def place(self, *_: object) -> None:
        """Say what there is to say, if anything is, at its place."""

    def _lie(self, text: str) -> None:
        """Say this; where it is too long for the view, the end is cut."""
        metrics = QFontMetrics(theme.font("small"))
        room = max(120, self._view.width() * 2 // 3) - self.spare - 20
        self.text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        self.setAccessibleName(text)
        size = QSize(metrics.horizontalAdvance(self.text) + self.spare + 20, metrics.height() + 10)
        place = QRect(QPoint(self._view.width() - size.width() - 12, 12), size)
        there = self._view.along_top
        for other in [each.geometry() for each in there[: there.index(self)] if each.isVisible()]:
            if other.adjusted(-6, -6, 6, 6).intersects(place):
                place.moveTop(other.bottom() + 7)
        self.setGeometry(place)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(theme.color("line"), 1.0))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text"))
        painter.drawText(self.rect().adjusted(10, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text)
        self._paint_more(painter)
        painter.end()

    def _paint_more(self, painter: QPainter) -> None:
        """Paint what stands behind the words."""


class CostLegend(Legend):
    """What the bars and the heat of the nodes measure, with the colours from least to most."""

    spare = 58  # pixels: the colours, and what is left before them

    def __init__(self, view: Camera) -> None:
        super().__init__(view)
        self.setToolTip(tip("How much of the whole network's each block has: the more, the warmer, the longer its bar"))
        view.scene().document.times.changed.connect(self.place)

    def place(self, *_: object) -> None:
        scene = self._view.scene()
        is_known = scene.measure != "time" or bool(scene.document.view_times)
        self.setVisible(scene.measure is not None and is_known)
        if scene.measure is not None:
            self._lie(f"Share of {MEASURES[scene.measure].noun}")

    def _paint_more(self, painter: QPainter) -> None:
        heats = self._view.scene().inks.far_heats
        left, top = self.width() - _SCALE - 10.0, self.height() / 2 - 4.0
        for step, brush in enumerate(heats):
            painter.fillRect(QRectF(left + step * _SCALE / len(heats), top, _SCALE / len(heats) + 0.5, 8.0), brush)


class MapLegend(Legend):
    """Of what the pictures on the nodes are, or why there are none."""

    def __init__(self, view: Camera) -> None:
        super().__init__(view)
        self.setToolTip(
            tip(
                "Each block shows its most active map, from its least number in blue to its greatest in yellow; of a "
                "row of numbers each is a stripe. The picture is the one that Feature maps shows."
            )
        )
        document = view.scene().document
        for signal in (document.times.changed, document.node_pictures.changed):
            signal.connect(self.place)

    def place(self, *_: object) -> None:
        told = self._view.scene().document.node_pictures.told
        self.setVisible(bool(told))
        if told:
            self._lie(told)


def paint_hint(painter: QPainter, view: Camera) -> None:
    """Paint in the middle of the view how to begin."""
    transform = painter.worldTransform()
    painter.resetTransform()
    middle = view.viewport().rect().center()
    frame = QRectF(middle.x() - 190.0, middle.y() - 82.0, 380.0, 164.0)
    painter.setPen(pen(theme.color("line"), 1.5, Qt.PenStyle.DashLine))
    painter.setBrush(theme.color("canvas"))
    painter.drawRoundedRect(frame, 14.0, 14.0)
    icon("plus-circle", "accent").paint(painter, QRectF(middle.x() - 18.0, frame.y() + 22.0, 36.0, 36.0).toRect())
    painter.setFont(theme.font("large", bold=True))
    painter.setPen(theme.color("text"))
    painter.drawText(frame.adjusted(0, 70, 0, 0), _TOP, "Drag a block here")
    painter.setFont(theme.font("body"))
    painter.setPen(theme.color("muted"))
    painter.drawText(
        frame.adjusted(20, 100, -20, 0),
        _TOP,
        "or press Tab, or double-click, and type its name.\nAn Input is a good first block.",
    )
    painter.setWorldTransform(transform)


_SCALE = 48  # pixels that the colours from least to most are long
_TOP = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
