"""About: which program this is, what it stands on and under which licences; text that can be selected and copied."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QTextBrowser, QVBoxLayout, QWidget

import cnnstudio
from cnnstudio.libraries import Library, libraries
from cnnstudio.resources import resource
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import html

NOTICES = "notices"  # where the link leads
FILE = "THIRD_PARTY_NOTICES.txt"
QT = "LGPL-3.0-only"  # the one of the licences that Qt offers under which it is used here


class _Page(QDialog):
    """A page to read in a window of its own, so large at the normal size of text; Escape closes it."""

    def __init__(self, title: str, page: QWidget, width: int, height: int, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(theme.scaled(width, height, self.screen().availableSize()))
        page.setAccessibleName(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page)


class About(_Page):
    """The program, its version and its libraries. The link leads to the licences in full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.page = QTextBrowser()
        super().__init__("About CNN Studio", self.page, 640, 620, parent)
        self.page.setOpenLinks(False)
        self.page.document().setDocumentMargin(16)
        self.page.setHtml(told(libraries()))
        self.page.anchorClicked.connect(self._lead)

    def _lead(self, address: QUrl) -> None:
        if address.toString() == NOTICES:
            show_notices(self)


class Notices(_Page):
    """The licences of everything that the program stands on, in full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.page = QPlainTextEdit()
        super().__init__("Third-party notices", self.page, 760, 680, parent)
        self.page.setReadOnly(True)
        self.page.setFont(theme.monospace("small"))
        self.page.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        try:
            self.page.setPlainText(resource(FILE).read_text(encoding="utf-8"))
        except OSError as error:
            self.page.setPlainText(str(error))


def told(known: tuple[Library, ...]) -> str:
    """The page as rich text."""
    rows = [("Python", platform.python_version(), "PSF-2.0"), ("Qt", qVersion(), QT)]
    rows += [(each.name, each.version, _used(each)) for each in known]
    muted, accent = (theme.color(role).name() for role in ("muted", "accent"))
    cells = "".join(
        f'<tr><td style="padding:2px 24px 2px 0">{html(name)}</td>'
        f'<td style="padding:2px 24px 2px 0">{html(version)}</td>'
        f'<td style="padding:2px 0; color:{muted}">{html(licence)}</td></tr>'
        for name, version, licence in rows
    )
    return (
        f"<h2>CNN Studio {html(cnnstudio.__version__)}</h2>"
        "<p>Draw a convolutional network, see every shape, train it, take it away as PyTorch.</p>"
        '<p style="margin-bottom:14px">CNN Studio is under the MIT licence. Below is what it stands on here. Qt and '
        "PySide6 are used under the GNU Lesser General Public License, version 3: you may replace them by versions of "
        "your own. "
        f'<a href="{NOTICES}" style="color:{accent}">Third-party notices</a> say how, with every licence in full.</p>'
        f'<table cellspacing="0" style="margin-top:12px">{cells}</table>'
    )


def _used(library: Library) -> str:
    return QT if library.name.lower().startswith(("pyside6", "shiboken6")) else library.licence


def show_about(parent: QWidget) -> None:
    """Open the page, or bring it to the front where it is open."""
    _show(parent.findChild(About) or About(parent))


def show_notices(parent: QWidget) -> None:
    """Open the licences in full, or bring them to the front."""
    _show(parent.findChild(Notices) or Notices(parent))


def _show(page: QDialog) -> None:
    page.show()
    page.raise_()
    page.activateWindow()
