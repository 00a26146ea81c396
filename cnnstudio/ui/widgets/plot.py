"""Plot: one training curve over epochs. Knows numbers and the theme, and no run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.figure.pyramid import Column, Pyramid, smoothed
from cnnstudio.figure.ticks import short_number
from cnnstudio.ui.theme import theme

pg: Any = pyqtgraph  # it has no types

# beyond this many steps a curve is drawn as the least and the greatest of each bin: steady in cost, and no peak lost
MOST_BINS = 500


class Plot(QWidget):
    """The steps as a pale line with their course, and the epochs' training and validation values with marks.

    ``name`` is the column that it draws. Ranges are fixed between two repaints.
    """

    hovered = Signal(float)  # the epoch under the mouse, nan when it has left

    def __init__(self, title: str, name: str, scale: float = 1.0, most: float | None = None) -> None:
        super().__init__()
        self.name = name
        self.is_logarithmic = False
        self._title, self._scale, self._most = title, scale, most
        self._pyramid = Pyramid()
        self._course: tuple[Column, Column] = np.empty(0), np.empty(0)  # where it is drawn, and its values
        self._shown: dict[str, Column] = {}
        self._x = 0.0
        self._view = plot_widget(title, axisItems={"left": _Axis("left")})
        self._view.setAntialiasing(True)
        self._item = self._view.getPlotItem()
        self._item.setClipToView(False)
        self.curves = {name: self._item.plot([], []) for name in ("steps", "course", "train", "validation")}
        self._upright = pg.InfiniteLine(angle=90, movable=False)
        self._level = pg.InfiniteLine(angle=0, movable=False, label="", labelOpts={"position": 0.9, "anchors": _ABOVE})
        for line in (self._upright, self._level):
            line.hide()
            self._item.addItem(line, ignoreBounds=True)
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

    def draw_steps(self, steps: Column, y: Column, unit: float = 1.0) -> None:
        """Draw one value a step; so many ``steps`` are one ``unit`` of the x axis, an epoch."""
        self._pyramid.take(y)
        bins = self._pyramid.bins(y, MOST_BINS)
        x = steps[bins.first] / unit
        if bins.size == 1:
            self._set("steps", x, y)
        else:
            self._set("steps", np.repeat(x, 2), np.stack([bins.low, bins.high], axis=1).ravel())
        middle = x + (bins.size - 1) / 2 / unit
        self._course = middle, smoothed(bins.mean, bins.count)
        self._set("course", *self._course)
        ends = np.concatenate([bins.low, bins.high])
        steady = ends[np.isfinite(ends)]
        self._shown["steps"] = np.percentile(steady, [0.5, 99.0]) if len(steady) else steady
        self._shown["course"] = self._course[1][-1:]
        self._x = float(steps[-1] / unit) if len(steps) else 0.0

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
        self._view.setYRange(low, high if high > low else low + _LEAST, padding=0.05)

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        self._view.setBackground(theme.color("panel"))
        # pens of width 1: a wider one leaves Qt's fast line path and costs fifty times as much
        self.curves["steps"].setPen(pg.mkPen(theme.color("train", 0.25), width=1))
        self.curves["course"].setPen(pg.mkPen(theme.color("train"), width=1))
        self.curves["train"].setPen(None)  # the course of the steps joins its marks already
        self.curves["validation"].setPen(pg.mkPen(theme.color("validation"), width=1, style=Qt.PenStyle.DashLine))
        for name, symbol in (("train", "o"), ("validation", "t1")):
            self.curves[name].setSymbol(symbol)
            self.curves[name].setSymbolSize(6)
            self.curves[name].setSymbolBrush(theme.color(name))
            self.curves[name].setSymbolPen(None)
        for line in (self._upright, self._level):
            line.setPen(pg.mkPen(theme.color("muted", 0.7), width=1))
        self._level.label.setColor(theme.color("text"))
        self._level.label.setFont(theme.font("small"))
        style_axes(self._item, 40)
        size = f"{theme.font('small').pixelSize()}px"
        self._item.setTitle(self._title, color=theme.color("muted").name(), size=size)

    def _set(self, name: str, x: Column, y: Column) -> None:
        kept = np.isfinite(y)  # pyqtgraph warns of a curve without one number
        if kept.any() or self.curves[name].xData is not None:
            self.curves[name].setData(x[kept], self._axis(y[kept]))

    def _axis(self, values: Column) -> Column:
        return np.log10(np.maximum(values, 1e-8)) if self.is_logarithmic else values * self._scale

    def _hover(self, position: QPointF) -> None:
        inside = self._item.sceneBoundingRect().contains(position)
        self.hovered.emit(float(self._item.vb.mapSceneToView(position).x()) if inside else math.nan)

    def point_at(self, x: float) -> None:
        """Put the cross-hair where the course of the steps is at ``x``; away for NaN, or where there is no course."""
        places, values = self._course
        known = np.isfinite(values)
        inside = bool(known.any()) and bool(places[known][0] <= x <= places[known][-1])
        self._upright.setVisible(not math.isnan(x))
        self._level.setVisible(inside)
        if not math.isnan(x):
            self._upright.setPos(x)
        if inside:
            value = float(np.interp(x, places[known], values[known]))
            self._level.setPos(float(self._axis(np.array([value]))[0]))
            self._level.label.setFormat(f"{value * self._scale:.3g}")

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(math.nan)


def plot_widget(name: str, **options: Any) -> Any:
    """A pyqtgraph ``PlotWidget`` to look at: no menu, no buttons, no dragging. ``name`` is for a screen reader.

    The menu that pyqtgraph makes all the same is taken away: alone it would outlive the plot, and each change of style
    sheet and theme takes its time for whatever there is.
    """
    view = pg.PlotWidget(**options)
    view.setAccessibleName(name)
    view.setMenuEnabled(False)
    view.hideButtons()
    view.setMouseEnabled(False, False)
    item = view.getPlotItem()
    item.ctrlMenu.deleteLater()
    item.ctrlMenu = None
    return view


def style_axes(item: Any, width: int) -> None:
    """Give the axes and the grid of a pyqtgraph ``PlotItem`` the colours and letters of the theme in force.

    ``width`` is the room for the numbers at the left, in pixels at the normal size of text.
    """
    item.showGrid(x=True, y=True, alpha=0.12)
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(pg.mkPen(theme.color("line"), width=1))
        axis.setTextPen(theme.color("muted"))
        axis.setTickFont(theme.font("small"))
        axis.setStyle(tickLength=-4, tickTextOffset=4, hideOverlappingLabels=False)
    item.getAxis("left").setWidth(round(width * theme.scale))
    item.getAxis("bottom").setHeight(round(20 * theme.scale))


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose numbers have room however small or large they are: 0.25, 4e-4, 3e6."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's
        if self.logMode:
            found: list[str] = super().tickStrings(values, scale, spacing)
            return found
        return [short_number(value * scale) for value in values]


_LEAST = 1e-8  # how far an axis goes at least
_ABOVE = [(0.5, 1.0), (0.5, 1.0)]  # where its line holds the number of the cross-hair


def _room(now: float, total: int) -> float:
    """How far the x axis goes: in a few large jumps, so that the scale seldom changes."""
    whole = float(max(1, total))
    return next((share * whole for share in (0.01, 0.02, 0.05, 0.1, 0.25, 0.5) if now <= share * whole), whole)
