"""Plot: one training curve over epochs. Knows numbers and the theme, and no run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.ui.theme import theme

Column = NDArray[np.float64]
pg: Any = pyqtgraph  # it has no types

# beyond this many points a curve is drawn as the least and the greatest of each bin: steady in cost, and no peak lost
MOST_POINTS = 2_000


class Plot(QWidget):
    """The steps as a pale line with their running mean, and the epochs' training and validation values with marks.

    ``name`` is the column that it draws. Ranges are fixed between two repaints.
    """

    hovered = Signal(float)  # the epoch under the mouse, nan when it has left

    def __init__(self, title: str, name: str, scale: float = 1.0, most: float | None = None) -> None:
        super().__init__()
        self.name = name
        self.is_logarithmic = False
        self._title, self._scale, self._most = title, scale, most
        self._mean = RunningMean()
        self._shown: dict[str, Column] = {}
        self._x = 0.0
        self._view = pg.PlotWidget()
        self._view.setAccessibleName(title)
        self._view.setMenuEnabled(False)
        self._view.hideButtons()
        self._view.setMouseEnabled(False, False)
        self._view.setAntialiasing(True)
        self._item = self._view.getPlotItem()
        self._item.setClipToView(False)
        self.curves = {name: self._item.plot([], []) for name in ("steps", "mean", "train", "validation")}
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self._item.addItem(self._cursor, ignoreBounds=True)
        self._view.scene().sigMouseMoved.connect(self._hover)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self.setMinimumSize(QSize(120, 90))
        self.restyle()

    def set_logarithmic(self, on: bool) -> None:
        """Draw the y axis as powers of ten from the next draw on."""
        self.is_logarithmic = on
        self._item.getAxis("left").setLogMode(on)

    def draw_steps(self, x: Column, y: Column) -> None:
        """Draw one value a step; ``x`` in epochs."""
        mean = self._mean.over(y)
        self._set("steps", x, y)
        self._set("mean", x, mean)
        steady = y[np.isfinite(y)]
        self._shown["steps"] = np.percentile(steady, [0.5, 99.0]) if len(steady) else steady
        self._shown["mean"] = mean[-1:]
        self._x = float(x[-1]) if len(x) else 0.0

    def draw_epochs(self, x: Column, train: Column, validation: Column) -> None:
        """Draw one value an epoch for both kinds of images."""
        for name, y in (("train", train), ("validation", validation)):
            self._set(name, x, y)
            self._shown[name] = y

    def set_range(self, epochs: int) -> None:
        """Fit the axes to what was drawn of a run of so many epochs."""
        self._view.setXRange(0.0, _room(self._x, epochs), padding=0.025)
        if self._most is not None:
            self._view.setYRange(0.0, self._most, padding=0.07)
            return
        shown = np.concatenate(list(self._shown.values()))
        shown = self._axis(shown[np.isfinite(shown)])
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
        low = low if self.is_logarithmic else 0.0
        self._view.setYRange(low, max(high, low + 1e-3), padding=0.05)

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        self._view.setBackground(theme.color("panel"))
        # pens of width 1: a wider one leaves Qt's fast line path and costs fifty times as much
        self.curves["steps"].setPen(pg.mkPen(theme.color("train", 0.25), width=1))
        self.curves["mean"].setPen(pg.mkPen(theme.color("train"), width=1))
        self.curves["train"].setPen(None)  # the running mean joins its marks already
        self.curves["validation"].setPen(pg.mkPen(theme.color("validation"), width=1, style=Qt.PenStyle.DashLine))
        for name, symbol in (("train", "o"), ("validation", "t1")):
            self.curves[name].setSymbol(symbol)
            self.curves[name].setSymbolSize(6)
            self.curves[name].setSymbolBrush(theme.color(name))
            self.curves[name].setSymbolPen(None)
        self._cursor.setPen(pg.mkPen(theme.color("muted", 0.7), width=1))
        self._item.showGrid(x=True, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(pg.mkPen(theme.color("line"), width=1))
            axis.setTextPen(theme.color("muted"))
            axis.setTickFont(theme.font("small"))
            axis.setStyle(tickLength=-4, tickTextOffset=4, hideOverlappingLabels=False)
        self._item.getAxis("left").setWidth(round(40 * theme.scale))
        self._item.getAxis("bottom").setHeight(round(20 * theme.scale))
        size = f"{theme.font('small').pixelSize()}px"
        self._item.setTitle(self._title, color=theme.color("muted").name(), size=size)

    def _set(self, name: str, x: Column, y: Column) -> None:
        kept = np.isfinite(y)  # pyqtgraph warns of a curve without one number
        self.curves[name].setData(*thinned(x[kept], self._axis(y[kept])))

    def _axis(self, values: Column) -> Column:
        return np.log10(np.maximum(values, 1e-8)) if self.is_logarithmic else values * self._scale

    def _hover(self, position: QPointF) -> None:
        inside = self._item.sceneBoundingRect().contains(position)
        x = float(self._item.vb.mapSceneToView(position).x()) if inside else math.nan
        self._cursor.setVisible(inside)
        if inside:
            self._cursor.setPos(x)
        self.hovered.emit(x)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._cursor.hide()
        self.hovered.emit(math.nan)


class RunningMean:
    """The exponential running mean of a curve that grows, without the pull to zero at its start.

    A value that is no number leaves the mean where it is. Each call costs what is new alone.
    """

    def __init__(self, weight: float = 0.95) -> None:
        self._weight = weight
        self._forget()

    def _forget(self) -> None:
        self._made: list[float] = []
        self._sum = self._share = 0.0

    def over(self, values: Column) -> Column:
        """The mean at every place of ``values``; starts anew where they are fewer than the last time."""
        if len(values) < len(self._made):
            self._forget()
        for value in values[len(self._made) :].tolist():
            if math.isfinite(value):
                self._sum = self._weight * self._sum + (1 - self._weight) * value
                self._share = self._weight * self._share + (1 - self._weight)
            self._made.append(self._sum / self._share if self._share else math.nan)
        return np.array(self._made, dtype=np.float64)


def thinned(x: Column, y: Column, most: int = MOST_POINTS) -> tuple[Column, Column]:
    """The curve in about ``most`` points: of each bin the least and the greatest value, so that no peak is lost."""
    if len(x) <= most:
        return x.copy(), y.copy()
    bins = most // 2
    edge = len(x) // bins * bins
    grid = y[:edge].reshape(bins, -1)
    picked = np.sort(np.stack([grid.argmin(1), grid.argmax(1)]), axis=0) + np.arange(bins) * grid.shape[1]
    index = np.concatenate([picked.T.ravel(), np.arange(edge, len(x))])
    return x[index], y[index]


def _room(now: float, total: int) -> float:
    """How far the x axis goes: in a few large jumps, so that the scale seldom changes."""
    whole = float(max(1, total))
    return next((share * whole for share in (0.01, 0.02, 0.05, 0.1, 0.25, 0.5) if now <= share * whole), whole)
