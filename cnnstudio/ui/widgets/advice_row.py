"""Advice: a sentence with a sign, and a button for each thing that can be done about it. Knows no document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.labels import Plain, Sentence
from cnnstudio.wording import unbroken

Way = tuple[str, Callable[[], object]]
"""What a button says, and what it does."""

_SIGNS = {"error": "x-circle", "warning": "warning", "success": "check-circle", "accent": "lightbulb"}


class Advice(QWidget):
    """One piece of advice: what is so, what to try in a paler line, and the buttons that try it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sign, self.sentence, self.more = Plain(parent=self), Sentence(parent=self), Sentence(parent=self)
        self.more.setProperty("role", "muted")
        self.buttons: list[FixButton] = []
        self._ways: Sequence[Way] = ()
        self._role = "warning"
        self._row = QWidget(self)
        self._flow = FlowLayout(self._row)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        for line, widget in enumerate((self.sentence, self.more, self._row)):
            grid.addWidget(widget, line, 1)
        grid.setColumnStretch(1, 1)
        theme.changed.connect(self._draw_sign)

    def say(self, sentence: str, role: str = "warning", more: str = "", ways: Sequence[Way] = ()) -> None:
        """Show this; buttons that stay what they are keep the keyboard."""
        self._role, self._ways = role, tuple(ways)
        self.sentence.setText(unbroken(sentence))
        self.more.setText(unbroken(more))
        self.more.setVisible(bool(more))
        self.setAccessibleName(f"{sentence} {more}".strip())
        while len(self.buttons) > len(ways):
            gone = self.buttons.pop()
            self._flow.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for number, (title, _) in enumerate(ways):
            if number < len(self.buttons):
                self.buttons[number].set_title(title)
                continue
            button = FixButton(title, self._row)
            button.clicked.connect(lambda _=False, number=number: self._ways[number][1]())
            self.buttons.append(button)
            self._flow.addWidget(button)
            button.show()
        self._row.setVisible(bool(ways))
        self._draw_sign()

    def _draw_sign(self) -> None:
        self.sign.setPixmap(icon(_SIGNS[self._role], self._role).pixmap(QSize(16, 16), self.devicePixelRatioF()))


class AdviceList(QWidget):
    """Pieces of advice below one another; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Advice] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.hide()

    def say(self, said: Sequence[tuple[str, str, str, Sequence[Way]]]) -> None:
        """Show these: each a sentence, its role, what to try and the ways."""
        while len(self.rows) > len(said):
            gone = self.rows.pop()
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for number, (sentence, role, more, ways) in enumerate(said):
            if number == len(self.rows):
                self.rows.append(Advice(self))
                self._column.addWidget(self.rows[number])
            self.rows[number].say(sentence, role, more, ways)
            self.rows[number].show()
        self.setVisible(bool(said))
