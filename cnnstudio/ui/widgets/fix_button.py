"""FixButton: what a click would mend or do, in as many lines as the words need."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QWidget

from cnnstudio.ui.theme import icon, theme

SIGN, ROOM = 16, 40  # the wrench, and all that stands beside the words, in pixels


class FixButton(QPushButton):
    """What a fix does, behind a wrench, or something else behind another sign."""

    def __init__(self, title: str, parent: QWidget | None = None, sign: str = "wrench") -> None:
        super().__init__(icon(sign, "accent"), title, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where it is: the button may be gone
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(policy.Policy.Preferred)
        self.setSizePolicy(policy)

    def set_title(self, title: str) -> None:
        """Say something else."""
        if title != self.text():
            self.setText(title)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        return max(self.sizeHint().height(), self._words(width).height() + 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
        words = self._words(self.width())
        left = (self.width() - words.width() - SIGN - 6) // 2
        mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
        middle = Qt.AlignmentFlag.AlignCenter
        option.icon.paint(painter, QRect(left, (self.height() - SIGN) // 2, SIGN, SIGN), middle, mode)
        painter.setPen(theme.color("text") if self.isEnabled() else theme.color("muted", 0.6))
        place = QRect(left + SIGN + 6, 0, words.width() + 2, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self.text())
        painter.end()

    def _words(self, width: int) -> QRect:
        room = QRect(0, 0, max(20, width - ROOM), 1_000)
        return self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.text())
