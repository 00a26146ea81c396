"""Handbook: pages of help to read beside the window, such as what each problem means."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from cnnstudio.ui.lessons.set_text import set_text
from cnnstudio.ui.theme import theme


class Handbook(QDialog):
    """A page in Markdown; Escape closes it."""

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(theme.scaled(620, 680, self.screen().availableSize()))
        self.page = QTextBrowser(self)
        self.page.setAccessibleName(self.windowTitle())
        self.page.document().setDocumentMargin(16)
        set_text(self.page.document(), text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)


def show_page(parent: QWidget, title: str, text: str) -> None:
    """Open a page of help in Markdown, or bring it to the front where it is open."""
    pages = (page for page in parent.findChildren(Handbook) if page.windowTitle() == title)
    page = next(pages, None) or Handbook(title, text, parent)
    page.show()
    page.raise_()
    page.activateWindow()
