"""Canvas picture: the network as it stands on the canvas, or what is selected of it, for a file or the clipboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPaintDevice, QPainter, QPdfWriter
from PySide6.QtWidgets import QGraphicsItem

from cnnstudio.disk import DiskError, replacing
from cnnstudio.ui.canvas.scene.geometry import bounds
from cnnstudio.ui.canvas.scene.scene import CanvasScene
from cnnstudio.ui.canvas.scene.wire_labels import paint_labels
from cnnstudio.ui.theme import PAPER, theme
from cnnstudio.worker import Report, unheard

KINDS = {".png": "Picture", ".svg": "Drawing", ".pdf": "Page"}
FILTERS = "PNG picture (*.png);;SVG drawing (*.svg);;PDF page (*.pdf)"
MARGIN = 48.0  # scene pixels round the network
SCALE = 2.0  # pixels of a PNG for one of the scene
WIDEST = 16_000  # pixels of a PNG, to a side ...
MOST = 64_000_000  # ... and in all: 256 MB while it is being painted
DOTS_PER_METER = 96 * SCALE / 0.0254


class PictureError(Exception):
    """The picture could not be made or written; the message is a sentence."""


def image(scene: CanvasScene, only: frozenset[str] | None = None, paper: bool = False) -> QImage:
    """The network, or ``only`` these nodes, as pixels at twice the size of the scene, or less where it is very large.

    ``paper`` paints on white, in the colours of the light theme, whichever is in force.
    """
    with _posed(scene, only, paper):
        frame = _frame(scene, only)
        scale = min(SCALE, WIDEST / frame.width(), WIDEST / frame.height(), sqrt(MOST / frame.width() / frame.height()))
        made = QImage((frame.size() * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
        made.setDotsPerMeterX(round(DOTS_PER_METER))
        made.setDotsPerMeterY(round(DOTS_PER_METER))
        _paint(made, scene, frame, scale)
    return made


def drawing(scene: CanvasScene, suffix: str, only: frozenset[str] | None = None, paper: bool = False) -> QByteArray:
    """The same as an .svg or a .pdf file of one page, cropped to what is drawn."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    with _posed(scene, only, paper):
        frame = _frame(scene, only)
        scene.inks.is_drawing = True
        (_draw_svg if suffix == ".svg" else _draw_pdf)(buffer, scene, frame)
    buffer.close()
    return _with_substitutes(data) if suffix == ".svg" else data


def made(
    scene: CanvasScene, path: Path, only: frozenset[str] | None = None, paper: bool = False
) -> QImage | QByteArray:
    """What ``write`` puts into a file of this name. Raises ``PictureError`` for another ending than those of KINDS."""
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise PictureError(f"A picture ends in {', '.join(KINDS)}, not in {suffix or 'nothing'}.")
    return image(scene, only, paper) if suffix == ".png" else drawing(scene, suffix, only, paper)


def write(picture: QImage | QByteArray, path: Path, report: Report = unheard) -> None:
    """Write a picture to its file; on any thread. Raises ``PictureError`` with a sentence."""
    if isinstance(picture, QImage):
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        picture.save(buffer, "PNG")  # type: ignore[call-overload]  # PySide's stub wants bytes, Qt wants text
        buffer.close()
        picture = data
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(picture.data())
            if not report("", None):
                raise PictureError(f"The picture was stopped, so {path.name} was not written.")
    except (DiskError, OSError) as error:
        raise PictureError(str(error)) from error


def _draw_svg(buffer: QBuffer, scene: CanvasScene, frame: QRectF) -> None:
    from PySide6.QtSvg import QSvgGenerator

    device = QSvgGenerator()
    device.setOutputDevice(buffer)
    device.setResolution(96)
    device.setSize(frame.size().toSize())
    device.setViewBox(QRectF(0.0, 0.0, frame.width(), frame.height()))
    device.setTitle("Network")
    _paint(device, scene, frame, 1.0)


def _with_substitutes(svg: QByteArray) -> QByteArray:
    """The drawing with fonts to take where its own is not there: Qt names one alone."""
    return QByteArray(re.sub(rb'font-family="([^"]+)"', rb'font-family="\1, Helvetica, Arial, sans-serif"', svg.data()))


def _draw_pdf(buffer: QBuffer, scene: CanvasScene, frame: QRectF) -> None:
    device = QPdfWriter(buffer)
    device.setResolution(96)
    device.setTitle("Network")
    points = QSizeF(frame.width(), frame.height()) * 72.0 / 96.0
    device.setPageSize(QPageSize(points, QPageSize.Unit.Point, "Network", QPageSize.SizeMatchPolicy.ExactMatch))
    device.setPageMargins(QMarginsF(0.0, 0.0, 0.0, 0.0))
    _paint(device, scene, frame, 1.0)


def _frame(scene: CanvasScene, only: frozenset[str] | None) -> QRectF:
    around = scene.bounds_of()
    if only is not None:
        around = bounds([scene.bounds_of(only), *scene.notes.rects()])
        for rect in scene.frames.rects.values():
            around = around.united(rect)
    if around.isEmpty():
        raise PictureError("There is no network to take a picture of.")
    return around.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)


@contextmanager
def _posed(scene: CanvasScene, only: frozenset[str] | None, paper: bool) -> Iterator[None]:
    """The scene as a picture shows it: nothing is selected, and what is not meant is hidden."""
    scene.carry(())  # what a drag has hidden
    chosen, wires, focused, notes = scene.selected, scene.selected_wires, scene.focused, scene.notes.chosen
    shown = scene.nodes.keys() if only is None else scene.nodes.keys() & only
    hidden: list[QGraphicsItem] = [item for name, item in scene.nodes.items() if name not in shown]
    hidden += [item for edge, item in scene.wires.items() if not {edge.source, edge.target} <= shown]
    frames, fine = dict(scene.frames.rects), scene.fine_wires
    scene.show_selected(())
    scene.select_wires(())
    scene.focus_node(None)
    scene.select_notes(())
    scene.notes.only = notes if only is not None else None
    try:
        with theme.borrowed(PAPER if paper else theme.palette):
            scene.restyle()
            scene.set_fine_wires(False)
            for item in hidden:
                item.hide()
            scene.frames.rects = {frame: rect for frame, rect in frames.items() if frame.members <= shown}
            yield
    finally:
        scene.frames.rects = frames
        scene.notes.only = None
        for item in hidden:
            item.show()
        scene.set_fine_wires(fine)
        scene.restyle()
        scene.show_selected(tuple(chosen))
        scene.select_wires(wires)
        scene.focus_node(focused)
        scene.select_notes(notes)


def _paint(device: QPaintDevice, scene: CanvasScene, frame: QRectF, scale: float) -> None:
    painter = QPainter(device)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        target = QRectF(0.0, 0.0, frame.width() * scale, frame.height() * scale)
        painter.fillRect(target, scene.inks.canvas)
        painter.scale(scale, scale)
        painter.translate(-frame.topLeft())
        scene.frames.paint(painter, frame)
        scene.frames.paint_titles(painter, scale, frame)
        scene.notes.paint(painter, 1.0, frame)
        painter.resetTransform()
        scene.render(painter, target, frame)
        painter.scale(scale, scale)
        painter.translate(-frame.topLeft())
        paint_labels(painter, scene, frame)
    finally:
        painter.end()
