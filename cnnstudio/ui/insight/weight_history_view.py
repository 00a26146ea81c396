"""Weight history view: for each layer, how its weights and its gradients were spread after each epoch of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.map_colours import written
from cnnstudio.wording import counted

if TYPE_CHECKING:
    from cnnstudio.insight.weight_history import LayerHistory, WeightHistory

ROW = 56.0  # pixels at the normal size of text
GAP = 10.0
Counts = NDArray[np.int64]


class WeightHistoryView(QWidget):
    """A row for each layer: left the weights, right the gradients, epochs from left to right; the more, the darker."""

    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history: WeightHistory | None = None
        self.decades = 0.0, 0.0
        self.setMouseTracking(True)
        self.setAccessibleName("Weights and gradients of every layer over the epochs")

    def set_history(self, history: WeightHistory, decades: tuple[float, float]) -> None:
        """Show this; gradients are counted between these powers of ten."""
        self.history, self.decades = history, decades
        first, last = history.epochs[0], history.epochs[-1]
        told = (
            f"{layer.name.removesuffix('.weight')}: weights from {layer.low:.3g} to {layer.high:.3g}"
            + (
                f", typical gradient {_typical(layer.gradients[0], decades):.1g} after epoch {first} "
                f"and {_typical(layer.gradients[-1], decades):.1g} after epoch {last}"
                if layer.gradients is not None
                else ""
            )
            for layer in history.layers
        )
        self.setAccessibleDescription(". ".join(told))
        self.updateGeometry()
        self.update()

    @property
    def _line(self) -> int:
        return QFontMetrics(theme.font("small")).height()

    @property
    def _pitch(self) -> float:
        return round(ROW * theme.scale) + self._line + GAP

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        rows = len(self.history.layers) if self.history is not None else 0
        return QSize(360, int(self._line + 4 + rows * self._pitch))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, self.sizeHint().height())

    def _boxes(self, row: int) -> tuple[QRectF, QRectF]:
        """Where the weights and the gradients of a layer are drawn."""
        label = max(44.0, QFontMetrics(theme.font("small")).horizontalAdvance("−0.000"))
        wide = (self.width() - 2 * label - 3 * GAP) / 2
        top = self._line + 4 + row * self._pitch + self._line
        high = round(ROW * theme.scale)
        return QRectF(label + 4, top, wide, high), QRectF(2 * label + wide + 2 * GAP, top, wide, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.history is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        for row, layer in enumerate(self.history.layers):
            if event.rect().intersects(QRectF(0, self._boxes(row)[0].top() - 20, self.width(), self._pitch).toRect()):
                self._paint_row(painter, row, layer)
        painter.end()

    def _paint_row(self, painter: QPainter, row: int, layer: LayerHistory) -> None:
        metrics, line = painter.fontMetrics(), self._line
        left, right = self._boxes(row)
        epochs = self.history.epochs if self.history is not None else ()
        painter.setPen(theme.color("text"))
        name = metrics.elidedText(layer.name.removesuffix(".weight"), Qt.TextElideMode.ElideMiddle, int(left.width()))
        painter.drawText(QPointF(left.left(), left.top() - metrics.descent() - 1), name)
        painter.setPen(theme.color("muted"))
        painter.drawText(QPointF(right.left(), right.top() - metrics.descent() - 1), "gradients, by size")
        ends = (written(layer.low, 2), written(layer.high, 2)), tuple(f"10{_raised(each)}" for each in self.decades)
        for box, counts, (low, high) in ((left, layer.weights, ends[0]), (right, layer.gradients, ends[1])):
            if counts is None:
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "frozen, or the network has no class scores")
                continue
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(box, drawn(counts, theme.color("train")))
            painter.setPen(theme.color("line"))
            painter.drawRect(box)
            painter.setPen(theme.color("muted"))
            beside = QRectF(0, box.top(), box.left() - 4, line)
            beside.setLeft(box.left() - 4 - metrics.horizontalAdvance("−0.00000"))
            painter.drawText(beside, Qt.AlignmentFlag.AlignRight, high)
            beside.moveBottom(box.bottom() + 1)
            painter.drawText(beside, Qt.AlignmentFlag.AlignRight, low)
        if row == 0 and epochs:
            words = f"{counted(len(epochs), 'epoch')}, from {epochs[0]} to {epochs[-1]}"
            painter.drawText(QRectF(left.left(), 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, words)

    def told(self, place: QPointF) -> str:
        """What is under this place, in words; empty for nothing."""
        if self.history is None:
            return ""
        for row, layer in enumerate(self.history.layers):
            both = ("weights", layer.weights), ("gradients", layer.gradients)
            for box, (what, counts) in zip(self._boxes(row), both, strict=True):
                if counts is None or not box.contains(place):
                    continue
                epoch = min(len(counts) - 1, int((place.x() - box.left()) / box.width() * len(counts)))
                bins = counts.shape[1]
                spot = min(bins - 1, int((box.bottom() - place.y()) / box.height() * bins))
                low, high = (layer.low, layer.high) if what == "weights" else self.decades
                ends = [low + (high - low) * (spot + side) / bins for side in (0, 1)]
                between = [written(each) if what == "weights" else f"{10**each:.1e}" for each in ends]
                some = f"{int(counts[epoch, spot]):,} of {int(counts[epoch].sum()):,} {what}"
                name = layer.name.removesuffix(".weight")
                return f"{name}, epoch {self.history.epochs[epoch]}: {some} from {between[0]} to {between[1]}"
        return ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hovered.emit(self.told(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")


def drawn(counts: Counts, colour: QColor) -> QImage:
    """Counts (epochs, bins) as a picture, an epoch a column, the greatest numbers above; darkest where most are."""
    most = np.maximum(1, counts.max(1, keepdims=True))
    shares = np.sqrt(counts / most).T[::-1]  # by the root, or all but the middle of a bell would be too faint to see
    alpha = np.where(shares > 0, 24 + shares * 231, 0).astype(np.uint32)
    pixels = np.ascontiguousarray(alpha << 24 | np.uint32(colour.rgb() & 0xFFFFFF))
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def _typical(counts: Counts, decades: tuple[float, float]) -> float:
    """The middle of the sizes that were counted."""
    spot = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    return float(10 ** (decades[0] + (decades[1] - decades[0]) * (spot + 0.5) / len(counts)))


def _raised(power: float) -> str:
    return f"{power:.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
