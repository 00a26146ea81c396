"""Handbook: what each problem means, to read beside the window. Its text is written by the rules themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from cnnstudio.compiler.diagnostics import handbook

ROOM = {2: 24.0, 3: 14.0}  # pixels above a heading of this level


class Handbook(QDialog):
    """A page of every rule; Escape closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What the problems mean")
        self.resize(620, 680)
        self.page = QTextBrowser(self)
        self.page.setAccessibleName(self.windowTitle())
        self.page.document().setDocumentMargin(16)
        self.page.setMarkdown(handbook())
        self._space_out()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)

    def _space_out(self) -> None:
        """Give headings room above them: Qt sets Markdown without any."""
        document = self.page.document()
        cursor = QTextCursor(document)
        for number in range(1, document.blockCount()):
            block = document.findBlockByNumber(number)
            made = block.blockFormat()
            made.setTopMargin(ROOM.get(made.headingLevel(), 3.0))
            cursor.setPosition(block.position())
            cursor.setBlockFormat(made)


def show_handbook(parent: QWidget) -> None:
    """Open the page, or bring it to the front where it is open."""
    page = parent.findChild(Handbook) or Handbook(parent)
    page.show()
    page.raise_()
    page.activateWindow()
