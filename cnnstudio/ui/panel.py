"""Panel: a view of the document that works only while it is seen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme


class Panel(QWidget):
    """A widget that shows something of the document, or of the run that trains it.

    Whatever changes calls ``touch``; ``refresh`` follows once, ``delay`` milliseconds after the last touch, or when
    the panel is next seen. So several signals of one edit cost one refresh, and a hidden panel costs nothing.

    The signals are all that a panel asks of its window; a sentence for the person goes by ``document.said``.
    """

    reveal = Signal(str)  # a node of the network, or of what is open: the canvas shall show it
    menu_asked = Signal(QPoint)  # the menu of what is selected, at this place on the screen
    panel_asked = Signal(str)  # the id of another panel: it shall come to the front and have the keyboard
    page_asked = Signal(str)  # the key of a page of help: it shall be read
    project_asked = Signal(object)  # a project: it shall be shown beside this one, in a window of its own
    comparison_asked = Signal(object, str)  # the file of a project and what it is called: what differs from it?
    left = Signal()  # the keyboard has no more use here, and goes to the canvas

    delay = 0

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document, self.run = document, run
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

    def step_on(self, by: int) -> bool:
        """Go a step on in what is shown, or with -1 back, where it has steps; whether there was one to go to."""
        return False

    def close_tasks(self, seconds: float = 10.0) -> bool:
        """End what is computed in the background for good, and wait so long for it; whether it has ended."""
        return True

    def showEvent(self, event: QShowEvent) -> None:
        self.update_now()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)
