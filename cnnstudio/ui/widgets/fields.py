"""Fields: a line, a line with arrows and a list of words, as they behave everywhere here. They know no parameters."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent, QKeySequence, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)
from shiboken6 import isValid

LEAST = 56  # pixels; a narrow panel cuts a field rather than its row


class Choices(QComboBox):
    """A combo box that leaves the wheel to the page until it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(4)
        self.setMinimumWidth(LEAST)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    @property
    def shown(self) -> str:
        """The choice as it is written, with an ellipsis where the box is too narrow for it."""
        option, field = self._option(), QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width() - 2
        words = self.currentText() if self.currentIndex() >= 0 else self.placeholderText()
        return option.fontMetrics.elidedText(words, Qt.TextElideMode.ElideRight, room)

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.shown
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Line(QLineEdit):
    """A line edit with an undo of its own, which leaves Ctrl+Z to the window where it has nothing to undo.

    A file or a folder that is dropped on it is written as its path.
    """

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if not paths:
            super().dropEvent(event)
        elif not self.isReadOnly():
            self.selectAll()
            self.insert(paths[0])
            event.setDropAction(Qt.DropAction.CopyAction)  # or who dragged it may delete it, as if it were moved here
            event.accept()

    def begin_anew(self) -> None:
        """Forget what was typed so far, which the window undoes now: undone here, too, it would be typed once more."""
        cursor = self.cursorPosition()
        start, length = self.selectionStart(), self.selectionLength()
        self.setText(self.text())
        self.setCursorPosition(cursor)
        if start >= 0:
            self.setSelection(start, length)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo = event.matches(QKeySequence.StandardKey.Undo) and not self.isUndoAvailable()
            redo = event.matches(QKeySequence.StandardKey.Redo) and not self.isRedoAvailable()
            if undo or redo:
                event.ignore()
                return False
        return super().event(event)


class StepField(QAbstractSpinBox):
    """A field with arrows that takes any text and leaves the meaning to its editor."""

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = Line(self)
        self.setLineEdit(self.line)
        self.line.setTextMargins(6, 0, 0, 0)  # the stylesheet's padding does not reach a field inside a spin box
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:  # noqa: N802 - Qt's name
        if self.isReadOnly():
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def stepBy(self, steps: int) -> None:  # noqa: N802 - Qt's name
        self.stepped.emit(steps)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def settle_typing(window: QWidget, otherwise: QWidget | None = None) -> None:
    """Let the field of this window that has the keyboard hand over what is typed in it, as when it is left.

    It has the keyboard again afterwards; one that is gone then, as fields over the canvas are, leaves it to
    ``otherwise``. Nothing else tells a field that the window is saved or closes.
    """
    field: QWidget | None = QApplication.focusWidget()
    if not isinstance(field, QLineEdit | QPlainTextEdit | QAbstractSpinBox) or not _is_within(field, window):
        return
    field.clearFocus()
    target = field if isValid(field) and field.isVisible() else otherwise
    if target is not None:
        target.setFocus(Qt.FocusReason.OtherFocusReason)


def _is_within(widget: QWidget, window: QWidget) -> bool:
    """Whether the widget belongs to the window, or to a panel of it that floats."""
    above: QWidget | None = widget
    while above is not None and above is not window:
        above = above.parentWidget()
    return above is window
