"""About: the program, what it stands on, and under which licences."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QTextBrowser
from pytestqt.qtbot import QtBot

import cnnstudio
from cnnstudio.libraries import Library, libraries
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.start.about import NOTICES, About, Notices, told


def test_about_names_every_library_and_leads_to_the_licences(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.bound["about"].trigger()
    window.commands.bound["about"].trigger()
    (page,) = window.findChildren(About)
    text = page.page.toPlainText()
    assert f"CNN Studio {cnnstudio.__version__}" in text and "LGPL-3.0-only" in text
    for library in libraries():
        assert library.name in text and library.version in text
    page.page.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert page.findChild(Notices) is None
    page.page.anchorClicked.emit(QUrl(NOTICES))
    licences = page.findChild(Notices)
    assert licences is not None and licences.isVisible()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in licences.page.toPlainText()
    licences.close()
    page.close()


def test_what_a_package_says_of_itself_is_shown_as_it_stands(qtbot: QtBot) -> None:
    page = QTextBrowser()
    qtbot.addWidget(page)
    page.setHtml(told((Library('<img src="x.png">', "<b>1</b>", "MIT & others", ""),)))
    assert '<img src="x.png">' in page.toPlainText() and "<b>1</b>" in page.toPlainText()
    assert "MIT & others" in page.toPlainText()
