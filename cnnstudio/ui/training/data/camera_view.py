"""Camera view: what the camera sees, mirrored as in a looking glass, and pictures of it as long as one asks."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.webcam import Webcam

LONGEST = 640  # pixels of the longer side of a picture that is kept
QUALITY = 92  # of its JPEG
APART = 200  # milliseconds between two pictures while one asks for them
WAITS = "The camera is being turned on…"


class CameraView(QWidget):
    """Shows the camera while it is seen; ``burst`` takes pictures until ``end``, which gives them as JPEG files."""

    taken = Signal(int)  # how many pictures this burst has by now
    full = Signal()  # the burst has as many as were asked for

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.camera = Webcam(self)
        self.camera.seen.connect(self._see)
        self.camera.failed.connect(self._fail)
        self.sentence = WAITS
        self.number = 0
        self._frame = QImage()
        self._burst: list[bytes] = []
        self._most = 0
        self._timer = QTimer(self, interval=APART)
        self._timer.timeout.connect(self._take)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 72)
        self.setAccessibleName("What the camera sees")

    def turn_on(self, number: int | None = None) -> None:
        """Turn on the camera of this number, or the one that was on last."""
        self.number = self.number if number is None else number
        self._frame, self.sentence = QImage(), WAITS
        self.camera.start(self.number)
        self.update()

    def turn_off(self) -> None:
        """Turn the camera off; nobody is filmed whom nobody sees."""
        self.camera.stop()
        self._frame = QImage()
        self.update()
        if self._timer.isActive():  # what was taken by now is not lost
            self._timer.stop()
            self.full.emit()

    @property
    def has_picture(self) -> bool:
        """Whether there is anything to take."""
        return not self._frame.isNull()

    def burst(self, most: int) -> None:
        """Take pictures from now on, ``most`` at the most."""
        self._burst, self._most = [], most
        self._take()
        if len(self._burst) < most:
            self._timer.start()

    def end(self) -> list[bytes]:
        """Take no more; the pictures that were taken, each the bytes of a JPEG file."""
        self._timer.stop()
        made, self._burst, self._most = self._burst, [], 0
        return made

    def _take(self) -> None:
        if self.has_picture and len(self._burst) < self._most:
            self._burst.append(jpeg(self._frame))
            self.taken.emit(len(self._burst))
            self.update()
        if self._burst and len(self._burst) >= self._most:
            self._timer.stop()
            self.full.emit()

    def _see(self, image: QImage) -> None:
        is_first = self._frame.isNull()
        self._frame = image
        self.update()
        if is_first:
            self.taken.emit(0)

    def _fail(self, sentence: str) -> None:
        self._frame, self.sentence = QImage(), sentence
        self.setAccessibleDescription(sentence)
        self.update()
        self.taken.emit(0)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.turn_off()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(240, 180)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._frame.isNull():
            painter.fillRect(self.rect(), theme.color("raised"))
            painter.setPen(theme.color("muted"))
            painter.setFont(theme.font("small"))
            inner = self.rect().adjusted(8, 8, -8, -8)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.sentence)
        else:
            painter.fillRect(self.rect(), theme.color("raised"))
            size = self._frame.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, *size.toTuple())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._frame.flipped(Qt.Orientation.Horizontal))
        painter.end()


def jpeg(image: QImage) -> bytes:
    """A picture as the bytes of a JPEG file, no larger than ``LONGEST``; not mirrored, whatever one sees."""
    if max(image.width(), image.height()) > LONGEST:
        kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = image.scaled(LONGEST, LONGEST, kept, smooth)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.convertToFormat(QImage.Format.Format_RGB32).save(buffer, "JPEG", QUALITY)  # type: ignore[call-overload]
    return bytes(buffer.data().data())
