"""Fold: a part of a panel under its title that folds away, and then says in one line what is in it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.labels import Elided

_GAP = 6  # pixels between a title and what stands under it


class Fold(QWidget):
    """A title with a caret, and below it ``body``, a column of widgets; a click anywhere on the line folds it.

    Folded, the line says what ``tell`` was given last. ``corner`` stands at the right end of the line, always.
    """

    toggled = Signal(bool)  # whether it is open now

    def __init__(self, title: str, parent: QWidget | None = None, *, is_open: bool = True, small: bool = False) -> None:
        super().__init__(parent)
        self.title = title
        self._folded_text = ""
        self.head = QToolButton(self)
        self.head.setText(title)
        self.head.setCheckable(True)
        self.head.setProperty("fold", "small" if small else "large")
        if small:
            self.head.setProperty("textSize", "small")
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.head.setIconSize(QSize(12, 12))
        self.summary = Elided(parent=self)
        self.summary.setProperty("role", "muted")
        self.summary.setProperty("textSize", "small")
        self.line = QHBoxLayout()
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(4)
        self.line.addWidget(self.head)
        self.line.addWidget(self.summary, 1)
        self._content = QWidget(self)
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, _GAP)
        self.body.setSpacing(_GAP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0 if small else 5, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(self.line)
        layout.addWidget(self._content)
        if not small:  # a line parts it from what is above
            self.setProperty("fold", "part")
            self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.head.setChecked(is_open)
        self.head.toggled.connect(self._turn)
        theme.changed.connect(self._draw)
        self._draw()

    @property
    def is_open(self) -> bool:
        """Whether its body is shown."""
        return self.head.isChecked()

    def set_open(self, on: bool) -> None:
        """Show its body, or fold it away."""
        self.head.setChecked(on)

    def set_title(self, title: str) -> None:
        """Call it something else."""
        self.title = title
        self.head.setText(title)

    def set_corner(self, widget: QWidget, stretch: int = 0) -> None:
        """Put a widget at the right end of the line; with ``stretch`` it takes all the room there."""
        self.line.addWidget(widget, stretch)
        self.summary.setVisible(not stretch)

    def tell(self, summary: str, role: str = "muted") -> None:
        """Say this where it is folded."""
        self._folded_text = summary
        self.summary.setText("" if self.is_open else summary)
        self.head.setAccessibleDescription(summary)
        if self.summary.property("role") != role:
            self.summary.setProperty("role", role)
            self.summary.style().unpolish(self.summary)
            self.summary.style().polish(self.summary)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Fold by a click beside the title, too."""
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() <= self.line.geometry().bottom():
            self.head.toggle()
        else:
            super().mousePressEvent(event)

    def _turn(self, is_open: bool) -> None:
        self._draw()
        self.toggled.emit(is_open)

    def _draw(self) -> None:
        self.head.setIcon(icon("caret-down" if self.is_open else "caret-right", "muted"))
        self.head.setToolTip("Fold" if self.is_open else "Unfold")
        self._content.setVisible(self.is_open)
        self.summary.setText("" if self.is_open else self._folded_text)
