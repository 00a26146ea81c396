"""Panel: a view of the document that works only while it is seen."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import theme


class Panel(QWidget):
    """A widget that shows something of the document.

    Whatever changes calls ``touch``; ``refresh`` follows once, ``delay`` milliseconds after the last touch, or when
    the panel is next seen. So several signals of one edit cost one refresh, and a hidden panel costs nothing.
    """

    delay = 0

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self._is_stale = True
        self._timer = QTimer(self, singleShot=True, interval=self.delay)
        self._timer.timeout.connect(self.update_now)
        document.changed.connect(self.touch)
        document.selection_changed.connect(self.touch)
        document.scope_changed.connect(self.touch)
        document.concealed_changed.connect(self.touch)
        document.learned.connect(self.touch)
        theme.changed.connect(self.restyle)

    def touch(self) -> None:
        """Say that what is shown is out of date."""
        self._is_stale = True
        if self.isVisible():
            self._timer.start()

    def update_now(self) -> None:
        """Refresh if anything was touched since the last time."""
        self._timer.stop()
        if self._is_stale:
            self._is_stale = False
            self.refresh()

    def refresh(self) -> None:
        """Show the document as it is."""

    def restyle(self) -> None:
        """Take up the colours of another theme."""
        self.touch()

    def showEvent(self, event: QShowEvent) -> None:
        self.update_now()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)
