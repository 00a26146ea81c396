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


class About(QDialog):
    """The program, its version and its libraries; Escape closes it. The link leads to the licences in full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About CNN Studio")
        self.resize(theme.scaled(640, 620, self.screen().availableSize()))
        self.page = QTextBrowser(self)
        self.page.setOpenLinks(False)
        self.page.setAccessibleName(self.windowTitle())
        self.page.document().setDocumentMargin(16)
        self.page.setHtml(told(libraries()))
        self.page.anchorClicked.connect(self._lead)
        _fill(self, self.page)

    def _lead(self, address: QUrl) -> None:
        if address.toString() == NOTICES:
            show_notices(self)


class Notices(QDialog):
    """The licences of everything that the program stands on, in full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Third-party notices")
        self.resize(theme.scaled(760, 680, self.screen().availableSize()))
        self.page = QPlainTextEdit(self)
        self.page.setReadOnly(True)
        self.page.setFont(theme.monospace("small"))
        self.page.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.page.setAccessibleName(self.windowTitle())
        try:
            self.page.setPlainText(resource(FILE).read_text(encoding="utf-8"))
        except OSError as error:
            self.page.setPlainText(str(error))
        _fill(self, self.page)


def _fill(dialog: QDialog, page: QWidget) -> None:
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(page)


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
