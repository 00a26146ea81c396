"""Editors: one widget for the value of one parameter, by its type. They know parameters and no document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar, Final, Literal, get_origin

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QMenu, QToolButton, QWidget

from cnnstudio.graph import Parameter, ParameterError
from cnnstudio.graph.notation import between, entry_at, entry_span, kinds, read, stepped, written
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.fields import LEAST, Choices, Line, StepField
from cnnstudio.ui.widgets.foreign_text import tip, unmarked

MIXED: Final = object()
"""Shown in the place of a value where several declarations differ."""

DASH = "—"
AUTOMATIC = "automatic"  # None: the block chooses
TOGETHER = "Height and width are the same; press to set them apart"
APART = "Height × width; press to make them the same"
QUICK, PATIENT = 120, 700  # milliseconds after the last key: a value that fits counts, one that does not is refused


# the focus comes back from these by itself
PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)


class Editor(QWidget):
    """The widget for one parameter.

    ``edited`` carries a value that the parameter has coerced, ``refused`` the sentence why it cannot take what was
    typed ("" when it can again), ``finished`` says that a burst of typing or turning is over.
    """

    edited = Signal(object)
    refused = Signal(str)
    finished = Signal()

    began_in: ClassVar[str] = ""  # where the last folder was chosen

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.value: Any = MIXED  # until it is given one
        self.is_read_only = False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def set_value(self, value: Any) -> None:
        """Show a value (or ``MIXED``) without emitting; a field that is being typed in is left alone."""
        self.value = value

    def settle(self) -> None:
        """Take what is typed if it fits, forget it if not."""

    def set_read_only(self, read_only: bool) -> None:
        """Show the value but let nobody change it."""
        self.is_read_only = read_only
        self._lock(read_only)

    def _lock(self, read_only: bool) -> None:
        self.setEnabled(not read_only)

    def give(self, value: Any) -> None:
        """Show a value and emit it, as if it had been typed."""
        before, self.value = self.value, MIXED
        self.set_value(value)
        self.value = before
        self._take(value)
        self.finished.emit()

    def _take(self, value: Any) -> None:
        if self.value is MIXED or value != self.value:
            self.value = value
            self.edited.emit(value)


def editor(parameter: Parameter, parent: QWidget | None = None) -> Editor:
    """The editor for a parameter of this type."""
    possible = kinds(parameter)
    if possible == (bool,):
        return SwitchEditor(parameter, parent)
    if all(get_origin(kind) is Literal for kind in possible):
        return ChoiceEditor(parameter, parent)
    return TextEditor(parameter, parent)


class SwitchEditor(Editor):
    """True or false."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.box = QCheckBox(self)
        self.box.clicked.connect(self._clicked)
        self.setMinimumHeight(26)  # or a row of a switch is lower than the others
        self._row.addWidget(self.box)
        self._row.addStretch()
        self.setFocusProxy(self.box)

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self.box.setChecked(value is not MIXED and value)
        self.box.setText(DASH if value is MIXED else "")

    def _clicked(self, checked: bool) -> None:
        self.box.setText("")
        self._take(checked)
        self.finished.emit()


class ChoiceEditor(Editor):
    """One word of a few."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.box = Choices(self)
        self.box.addItems(parameter.choices)
        self.box.setPlaceholderText(DASH)
        self.box.activated.connect(self._activated)
        self._row.addWidget(self.box)
        self.setFocusProxy(self.box)

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self.box.setCurrentIndex(-1 if value is MIXED else self.parameter.choices.index(value))

    def _activated(self, index: int) -> None:
        self._take(self.parameter.choices[index])
        self.finished.emit()


class TextEditor(Editor):
    """Numbers, pairs, lists, words and text, all typed: ``3``, ``3x5``, ``same``, ``1 × 28 × 28``, ``1e-3``.

    Arrows step the entry in which the cursor stands. What does not fit stays as it was typed until it is put right;
    Escape brings the last good value back.
    """

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.has_pending = False
        self.is_bad = False
        self._was_shown = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._propose)
        if str in kinds(parameter):
            self.line = Line(self)
            self.field: QWidget = self.line
            self.line.returnPressed.connect(self._finish)
        else:
            steps = StepField(self)
            self.line, self.field = steps.line, steps
            steps.stepped.connect(self._step)
            steps.line.returnPressed.connect(self._finish)
        self.line.textEdited.connect(self._typed)
        self.field.installEventFilter(self)
        self.field.setMinimumWidth(LEAST)
        self._row.addWidget(self.field, 1)
        self.setFocusProxy(self.field)
        self._add_helpers()

    def set_value(self, value: Any) -> None:
        changes = value is not self.value and (value is MIXED or self.value is MIXED or value != self.value)
        super().set_value(value)
        if (changes and not self.has_pending) or not self._was_shown:
            self._show()
        self._follow_link()

    def settle(self) -> None:
        self._propose()
        self._show()

    def _lock(self, read_only: bool) -> None:
        self.line.setReadOnly(read_only)
        if isinstance(self.field, StepField):
            self.field.setReadOnly(read_only)
        for button in self.findChildren(QToolButton):
            button.setEnabled(not read_only)
        self._follow_link()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_escape and event.type() == QEvent.Type.KeyPress and (self.has_pending or self.is_bad):
            self._show()
            self.line.selectAll()
            return True
        if event.type() == QEvent.Type.FocusOut and isinstance(event, QFocusEvent) and event.reason() not in PASSING:
            self._finish()
        return super().eventFilter(watched, event)

    # typing

    def _typed(self, text: str) -> None:
        self.has_pending = True
        try:
            read(self.parameter, text)
        except ParameterError:
            self._timer.start(PATIENT)
        else:
            self._timer.start(QUICK)

    def _propose(self) -> None:
        self._timer.stop()
        if not self.has_pending:
            return
        self.has_pending = False
        text = self.line.text()
        if self.value is MIXED and not text:
            return
        try:
            value = read(self.parameter, text)
        except ParameterError as error:
            self._refuse(str(error))
        else:
            self._refuse("")
            self._take(value)
            if not self.has_pending and self.line.text() == text:
                self.line.begin_anew()
            self._follow_link()

    def _finish(self) -> None:
        self._propose()
        if not self.is_bad:
            self._show()
            self.finished.emit()

    def _show(self) -> None:
        self._timer.stop()
        self.has_pending, self._was_shown = False, True
        text = "" if self.value is MIXED else written(self.value, between(self.parameter))
        if text != self.line.text():
            self.line.setText(text)
            self.line.setCursorPosition(0)
        self.line.setPlaceholderText(DASH if self.value is MIXED else AUTOMATIC if self.value is None else "")
        self._refuse("")

    def _refuse(self, sentence: str) -> None:
        if sentence or self.is_bad:
            self.is_bad = bool(sentence)
            self.refused.emit(sentence)

    def _step(self, steps: int) -> None:
        text = self.line.text()
        try:
            entries = _entries(read(self.parameter, text), text)
        except ParameterError:
            entries = self.parameter.default if self.value is MIXED else self.value
        entry = entry_at(text, self.line.cursorPosition()) if isinstance(entries, tuple) else None
        value = stepped(self.parameter, entries, steps, entry)
        shown = written(value, between(self.parameter))
        if isinstance(entries, tuple) and not isinstance(value, tuple):
            shown = written((value,) * len(entries), between(self.parameter))
        self.line.setText(shown)
        self.line.setSelection(*entry_span(shown, entry or 0))
        self.has_pending = True
        self._propose()

    # the buttons beside the field

    def _add_helpers(self) -> None:
        pair = any(get_origin(kind) is tuple and ... not in kind.__args__ for kind in kinds(self.parameter))
        words = [(word, word) for word in self.parameter.choices]
        words += [(AUTOMATIC, "")] if NoneType in kinds(self.parameter) else []
        self.link: QToolButton | None = None
        self._words: QToolButton | None = None
        if pair:
            self.link = self._button("link", TOGETHER)
            self.link.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # for the keyboard there is 3x5
            self.link.clicked.connect(self._link_clicked)
        if words:
            self.offer(words)
        self._is_file = False
        if self.parameter.name in ("folder", "path", "teacher"):
            self._browser = self._button("folder-open", "Choose a folder")
            self._browser.clicked.connect(self._browse)

    def offer(self, words: Sequence[tuple[str, str]]) -> None:
        """Offer these words beside the field: what each is called there, and what it writes."""
        if self._words is None:
            self._words = self._button("caret-down", "Words that this field takes")
            self._words.setMenu(QMenu(self._words))
            self._words.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._words.setEnabled(bool(words) and not self.is_read_only)
        menu = self._words.menu()
        menu.clear()
        for title, text in words:
            menu.addAction(unmarked(title)).triggered.connect(lambda _=False, text=text: self._say(text))

    def ask_for_file(self, is_so: bool) -> None:
        """Let what is chosen beside the field be a file instead of a folder."""
        self._is_file = is_so
        words = "Choose a file" if is_so else "Choose a folder"
        self._browser.setToolTip(tip(words))
        self._browser.setAccessibleName(words)

    def _asked(self) -> str:
        """What was chosen beside the field; empty where nothing was."""
        # never where the field says: a file may have written that, and to look there can take half a minute
        place = Editor.began_in or str(Path.home())
        if self._is_file:
            return QFileDialog.getOpenFileName(self, "Choose a file", place)[0]
        return QFileDialog.getExistingDirectory(self, "Choose a folder", place)

    def _button(self, name: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setToolTip(tip(words))
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIcon(icon(name, "muted"))
        self._row.addWidget(button)
        return button

    def _say(self, text: str) -> None:
        self.line.setText(text)
        self.has_pending = True
        self._finish()

    def _follow_link(self) -> None:
        if self.link is None:
            return
        entries = _words(self.line.text())
        self.link.setEnabled(bool(entries) and not self.line.isReadOnly())
        about = APART if len(entries) > 1 else TOGETHER
        if tip(about) != self.link.toolTip():
            self.link.setToolTip(tip(about))
            self.link.setIcon(icon("link-break" if about == APART else "link", "muted"))

    def _link_clicked(self) -> None:
        entries = _words(self.line.text())
        if len(entries) > 1:
            self._say(entries[0])
        elif entries and entries[0].isdigit():
            text = f"{entries[0]} × {entries[0]}"
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            self.line.setText(text)
            self.line.setSelection(*entry_span(text, 1))
        self._follow_link()

    def _browse(self) -> None:
        if chosen := self._asked():
            Editor.began_in = str(Path(chosen).parent)
            self._say(chosen)


def _words(text: str) -> list[str]:
    return text.replace("×", " ").replace("x", " ").replace(",", " ").split() if any(c.isdigit() for c in text) else []


def _entries(value: Any, text: str) -> Any:
    """A value of which the text writes out both entries, as a pair, so that each can be stepped alone."""
    count = len(_words(text))
    return (value,) * count if isinstance(value, int) and count > 1 else value
