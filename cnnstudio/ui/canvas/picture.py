"""Picture: the whole network as it stands on the canvas, for a file or the clipboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPaintDevice, QPainter, QPdfWriter

from cnnstudio.disk import DiskError, replacing
from cnnstudio.ui.canvas.labels import paint_labels
from cnnstudio.ui.canvas.scene import CanvasScene

KINDS = {".png": "Picture", ".svg": "Drawing", ".pdf": "Page"}
MARGIN = 48.0  # scene pixels round the network
SCALE = 2.0  # pixels of a PNG for one of the scene
WIDEST = 16_000  # pixels of a PNG


class PictureError(Exception):
    """The picture could not be made or written; the message is a sentence."""


def image(scene: CanvasScene, scale: float = SCALE) -> QImage:
    """The network as pixels; smaller than ``scale`` where it would be wider or higher than ``WIDEST``."""
    frame = _frame(scene)
    scale = min(scale, WIDEST / frame.width(), WIDEST / frame.height())
    made = QImage((frame.size() * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    _paint(made, scene, frame, scale)
    return made


def save(scene: CanvasScene, path: Path) -> None:
    """Write the network to a .png, .svg or .pdf file. Raises ``PictureError`` with a sentence."""
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise PictureError(f"A picture ends in {', '.join(KINDS)}, not in {suffix or 'nothing'}.")
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if suffix == ".png":
        image(scene).save(buffer, "PNG")  # type: ignore[call-overload]  # PySide's stub wants bytes, Qt wants text
    elif suffix == ".svg":
        _write_svg(buffer, scene)
    else:
        _write_pdf(buffer, scene)
    buffer.close()
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data.data())
    except (DiskError, OSError) as error:
        raise PictureError(str(error)) from error


def _write_svg(buffer: QBuffer, scene: CanvasScene) -> None:
    from PySide6.QtSvg import QSvgGenerator

    frame = _frame(scene)
    device = QSvgGenerator()
    device.setOutputDevice(buffer)
    device.setSize(frame.size().toSize())
    device.setViewBox(QRectF(0.0, 0.0, frame.width(), frame.height()))
    device.setTitle("Network")
    # letters as outlines: who looks at the file has neither the font nor the glyphs of the families
    scene.inks.outlines = True
    try:
        _paint(device, scene, frame, 1.0)
    finally:
        scene.inks.outlines = False


def _write_pdf(buffer: QBuffer, scene: CanvasScene) -> None:
    frame = _frame(scene)
    device = QPdfWriter(buffer)
    device.setResolution(96)
    points = QSizeF(frame.width(), frame.height()) * 72.0 / 96.0
    device.setPageSize(QPageSize(points, QPageSize.Unit.Point, "Network", QPageSize.SizeMatchPolicy.ExactMatch))
    device.setPageMargins(QMarginsF(0.0, 0.0, 0.0, 0.0))
    _paint(device, scene, frame, 1.0)


def _frame(scene: CanvasScene) -> QRectF:
    around = scene.bounds_of()
    if around.isEmpty():
        raise PictureError("There is no network to take a picture of.")
    return around.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)


def _paint(device: QPaintDevice, scene: CanvasScene, frame: QRectF, scale: float) -> None:
    chosen, wires, focused = scene.selected, scene.selected_wires, scene.focused
    scene.show_selected(())
    scene.select_wires(())
    scene.focus_node(None)
    painter = QPainter(device)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        target = QRectF(0.0, 0.0, frame.width() * scale, frame.height() * scale)
        painter.fillRect(target, scene.inks.canvas)
        painter.scale(scale, scale)
        painter.translate(-frame.topLeft())
        scene.frames.paint(painter, frame)
        scene.frames.paint_titles(painter, scale, frame)
        painter.resetTransform()
        scene.render(painter, target, frame)
        painter.scale(scale, scale)
        painter.translate(-frame.topLeft())
        paint_labels(painter, scene, frame)
    finally:
        painter.end()
        scene.show_selected(tuple(chosen))
        scene.select_wires(wires)
        scene.focus_node(focused)
