"""Figure page: the paper figure over the canvas, drawn anew with every change, to be chosen, saved and copied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.figure.composition import figure
from cnnstudio.figure.marks import Figure
from cnnstudio.figure.options import FigureError, Options
from cnnstudio.figure.proportions import LAWS
from cnnstudio.ui.document import Document
from cnnstudio.ui.pictures import figure_files
from cnnstudio.ui.pictures.figure_preview import Preview
from cnnstudio.ui.pictures.pictures import Pictures
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain
from cnnstudio.ui.widgets.messages import Messages

SWITCHES = (  # a field of Options, what it is called, and what it does
    ("labels", "Labels", "Write shapes, operations and their parameters"),
    ("kernels", "Kernels", "Draw the windows that slide over the maps"),
    ("fold", "Fold", "Draw equal blocks in a row once, with their number"),
    ("legend", "Legend", "Write the legend and the caption that states the proportions"),
    ("grey", "Grey", "Use no colours: for a journal that prints in black"),
)


class FigurePage(QFrame):
    """A page over ``place`` in its window. It follows the document while it is open; Escape closes it."""

    def __init__(
        self, document: Document, place: QWidget, pictures: Pictures, messages: Messages, host: QWidget
    ) -> None:
        super().__init__(host)
        self._document, self._place, self._messages = document, place, messages
        self._pictures = pictures
        self.options = Options()
        self.setProperty("surface", "panel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.preview = Preview(self)
        self.direction, self.law = QComboBox(), QComboBox()
        self.switches = {name: QCheckBox(title) for name, title, _ in SWITCHES}
        self.save_button = QPushButton("Save…")
        self.copy_button = QPushButton(icon("copy"), "Copy")
        self.close_button = QPushButton("Close")
        self._refresh = QTimer(self, singleShot=True, interval=0)
        self._refresh.timeout.connect(self.refresh)
        self._build()
        for signal in (document.changed, document.scope_changed, document.concealed_changed, theme.changed):
            signal.connect(self._refresh.start)
        place.installEventFilter(self)
        if isinstance(app := QApplication.instance(), QApplication):
            app.focusChanged.connect(self._follow_focus)
        self.hide()

    def _build(self) -> None:
        for value, title in (("across", "Left to right"), ("down", "Top to bottom")):
            self.direction.addItem(title, value)
        for key, law in LAWS.items():
            self.law.addItem(law.title, key)
        self.law.setCurrentIndex(list(LAWS).index(self.options.law))
        self.direction.setAccessibleName("Way of the data")
        self.law.setAccessibleName("Scale")
        self.law.setToolTip("By which law sizes become lengths. Linear is exact; the others keep small maps visible.")
        self.direction.currentIndexChanged.connect(lambda _: self._set("direction", self.direction.currentData()))
        self.law.currentIndexChanged.connect(lambda _: self._set("law", self.law.currentData()))
        for name, _, about in SWITCHES:
            self.switches[name].setChecked(getattr(self.options, name))
            self.switches[name].setToolTip(tip(about))
            self.switches[name].toggled.connect(lambda on, name=name: self._set(name, on))
        heading = Plain("Paper figure")
        heading.setProperty("textSize", "large")
        self.save_button.setProperty("primary", True)
        self.save_button.clicked.connect(self.save)
        self.copy_button.clicked.connect(self.copy)
        self.close_button.clicked.connect(self.close_page)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(heading)
        head.addStretch()
        for button in (self.copy_button, self.save_button, self.close_button):
            head.addWidget(button)
        choices = FlowLayout(spacing=10)
        for widget in (self.direction, self.law, *self.switches.values()):
            widget.setFixedHeight(28)  # one line, whatever they are
            choices.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addLayout(choices)
        layout.addWidget(self.preview, 1)

    # what it shows

    def open(self) -> None:
        """Come over the canvas, with the figure of what is open there."""
        self._cover()
        self.refresh()
        self.preview.fit()
        self.show()
        self.raise_()
        self._messages.raise_()
        self.setFocus()

    def close_page(self) -> None:
        """Give the canvas back."""
        self.hide()
        self._place.setFocus()

    def refresh(self) -> None:
        """Draw the figure of the document as it is now."""
        if self.isHidden() and self.preview.figure is not None:
            return
        shown, sentence = self._figure()
        self.preview.show_figure(shown, sentence)
        for button in (self.save_button, self.copy_button):
            button.setEnabled(shown is not None)

    def _figure(self) -> tuple[Figure | None, str]:
        if self._document.concealed:  # it is full of sizes
            return None, "The figure is hidden while a question is open."
        try:
            return figure(self._document.view_analysis, self.options), ""
        except FigureError as error:
            return None, str(error)

    def _set(self, name: str, value: Any) -> None:
        self.options = replace(self.options, **{name: value})
        self.preview.fit()
        self.refresh()

    # taking it away

    def save(self) -> None:
        """Ask for a file and write the figure there."""
        shown = self.preview.figure
        if shown is None:
            return

        def make(path: Path) -> QImage | QByteArray:
            return figure_files.made(shown, path)

        self._pictures.ask_for("Save the paper figure", f"{self._document.title}-figure", make)

    def copy(self) -> None:
        """Put the figure on the clipboard, as a picture and as a drawing."""
        if self.preview.figure is not None:
            QGuiApplication.clipboard().setMimeData(figure_files.copied(self.preview.figure))
            self._messages.say("The figure is on the clipboard.")

    # where it stands

    def _cover(self) -> None:
        if (host := self.parentWidget()) is not None:
            self.setGeometry(QRect(self._place.mapTo(host, QPoint(0, 0)), self._place.size()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self.isVisible():
            self._cover()
        return False

    def _follow_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Nothing below the page is worked with unseen: keys of the canvas stay here, and what it asks is shown."""
        if now is None or not self.isVisible() or self._messages.isAncestorOf(now):
            return
        if now is self._place:
            self.setFocus()
        elif self._place.isAncestorOf(now):
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_page()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(700, 480)
