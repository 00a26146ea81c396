"""Page text: a page of help, with figures of networks that are drawn as it is read, and ways to other pages."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QImage, QKeyEvent, QKeySequence, QPainter, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QStyle, QTextBrowser, QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.figure.options import FigureError
from cnnstudio.lessons import network_page
from cnnstudio.ui.lessons.set_text import set_text
from cnnstudio.ui.pictures.figure_painter import paint

FIGURE = "figure:"
MARGIN = 12  # pixels round the text


class PageText(QTextBrowser):
    """Shows Markdown of the program's own. ``asked`` says where a link leads; it opens none itself."""

    asked = Signal(str)
    went_back = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._set_for = 0  # the width that figures are drawn for
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.restyle)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAccessibleName("Page")
        self.document().setDocumentMargin(MARGIN)
        self.anchorClicked.connect(lambda address: self.asked.emit(address.toString()))

    def show_text(self, text: str) -> None:
        """Show this page from its beginning."""
        self._text = text
        self.restyle()
        self.verticalScrollBar().setValue(0)

    def restyle(self) -> None:
        """Set the page in the present size and colours; where it is read stays in sight."""
        self._set_for = self.width()
        bar = self.verticalScrollBar()
        share = bar.value() / max(1, bar.maximum())
        self.setStyleSheet("QTextBrowser { background: transparent; border: none; padding: 0; }")
        set_text(self.document(), self._text)
        self.moveCursor(QTextCursor.MoveOperation.Start)  # or it would be scrolled to its end as it gets the keyboard
        bar.setValue(round(share * bar.maximum()))

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        address = name.toString() if isinstance(name, QUrl) else str(name)
        if not address.startswith(FIGURE):
            return QImage()  # nothing on the disk is opened, and nothing in a network
        try:
            return self._painted(network_page.drawn(address.removeprefix(FIGURE)))
        except (FigureError, KeyError):
            return QImage()

    def _painted(self, figure: Figure) -> QImage:
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        room = max(120, self.width() - bar - 2 * MARGIN - 4)  # whether the bar is there already or not
        scale, ratio = min(1.0, room / figure.width), self.devicePixelRatioF()
        image = QImage(
            round(figure.width * scale * ratio), round(figure.height * scale * ratio), QImage.Format.Format_RGB32
        )
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        painter.scale(scale, scale)
        paint(painter, figure)
        painter.end()
        return image

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if FIGURE in self._text and self.width() != self._set_for:
            self._soon.start()  # not within the laying out of the text that may have asked for this

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Back) or event.key() == Qt.Key.Key_Backspace:
            self.went_back.emit()
        else:
            super().keyPressEvent(event)
