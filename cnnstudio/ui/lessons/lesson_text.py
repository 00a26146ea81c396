"""Lesson text: a piece of the Markdown of a lesson, with its pictures; of nothing else on the disk or in a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from cnnstudio.lessons.lesson_file import in_dark
from cnnstudio.lessons.lesson_links import links
from cnnstudio.ui.lessons.set_text import set_text
from cnnstudio.ui.theme import theme

MOST_PIXELS = 16_000_000  # of a picture


class LessonText(QTextBrowser):
    """Markdown as high as it is, without HTML and without a way to what is outside of the lesson."""

    def __init__(self, text: str, pictures: Mapping[str, bytes], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._text = text
        self._has_pictures = "![" in text
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        has_links = next(links(self._text), None) is not None  # which Tab goes through
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if has_links else Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Text of the lesson")
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.restyle()

    def restyle(self) -> None:
        """Set the text in the present size and colours."""
        self.setStyleSheet("QTextBrowser { background: transparent; border: none; padding: 0; }")
        set_text(self.document(), self._text)
        self._fit()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        path = name.toString() if isinstance(name, QUrl) else str(name)
        path = in_dark(path) if theme.is_dark and in_dark(path) in self._pictures else path
        image = QImage.fromData(self._pictures[path]) if path in self._pictures else QImage()
        if image.isNull() or image.width() * image.height() > MOST_PIXELS:
            return QImage()
        room = max(80, self.width() - 8)
        if image.width() > room:
            return image.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
        return image

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() == event.oldSize().width():
            return
        if self._has_pictures:  # which the document has read in the old width
            self.restyle()
        else:
            self._fit()

    def _fit(self) -> None:
        self.document().setTextWidth(max(60, self.viewport().width()))
        self.setFixedHeight(round(self.document().size().height()) + 2)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(260, self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(80, self.height())
