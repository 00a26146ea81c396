"""Form: a labelled editor for each parameter of a declaration. Knows declarations and no document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QMenu, QSizePolicy, QWidget

from cnnstudio.graph import Declaration, Parameter, parameters
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.editors import AUTOMATIC, MIXED, Editor, TextEditor, editor
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.values import can_type, written


class Form(QWidget):
    """One row a parameter: its name, its editor, and under it, when needed, the sentence why a value cannot be.

    ``edited(name, value)`` carries values that the parameter has coerced; edits of one burst of typing or turning
    share ``burst``, which belongs into the merge key of the document's edit. ``refused(name, sentence)`` says what is
    wrong with what was typed, and "" when it is right again. With ``plain`` the labels are words, not Python's names;
    ``names`` are the parameters that have a row, all unless said.
    """

    edited = Signal(str, object)
    refused = Signal(str, str)

    def __init__(
        self,
        declaration: type[Declaration],
        parent: QWidget | None = None,
        plain: bool = False,
        names: Iterable[str] | None = None,
    ) -> None:
        super().__init__(parent)
        self.declaration = declaration
        self.burst = 0
        self._is_read_only = False
        self.rows: dict[str, Row] = {}
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        wanted = set(names) if names is not None else None
        for parameter in parameters(declaration):
            if not can_type(parameter) or (wanted is not None and parameter.name not in wanted):
                continue
            self.rows[parameter.name] = row = Row(self, grid, parameter, plain)
            row.editor.edited.connect(lambda value, name=parameter.name: self._edited(name, value))
            row.editor.refused.connect(lambda sentence, name=parameter.name: self._refused(name, sentence))
            row.editor.finished.connect(self._finish_burst)

    @property
    def label_width(self) -> int:
        """The width that the widest label needs."""
        return max(row.label.sizeHint().width() for row in self.rows.values())

    def indent(self, width: int) -> None:
        """Leave so much room for the labels, so that the fields of several forms stand in line."""
        for row in self.rows.values():
            row.label.setFixedWidth(width)

    def editor(self, name: str) -> Editor:
        """The editor of one parameter."""
        return self.rows[name].editor

    def set_values(self, *declarations: Declaration) -> None:
        """Show these values without emitting, a dash where they differ; a field that is being typed in stays."""
        for name, row in self.rows.items():
            values = [getattr(declaration, name) for declaration in declarations]
            same = all(value == values[0] for value in values[1:])
            row.show_value(values[0] if same else MIXED)

    def settle(self) -> None:
        """Take what is still being typed where it fits and forget it where not: call it before other values come."""
        for row in self.rows.values():
            row.editor.settle()
        self._finish_burst()

    def set_read_only(self, read_only: bool) -> None:
        """Show the values but let nobody change them."""
        if read_only != self._is_read_only:
            self._is_read_only = read_only
            for row in self.rows.values():
                row.editor.set_read_only(read_only)

    def show_only(self, names: Iterable[str]) -> None:
        """Hide the rows of all other parameters."""
        shown = set(names)
        for name, row in self.rows.items():
            row.set_visible(name in shown)

    def refuse(self, name: str, sentence: str) -> None:
        """Say under a parameter why its value cannot be, or nothing."""
        self.rows[name].say(sentence)

    def _edited(self, name: str, value: Any) -> None:
        self.rows[name].mark(value)
        self.edited.emit(name, value)

    def _refused(self, name: str, sentence: str) -> None:
        self.rows[name].say(sentence)
        self.refused.emit(name, sentence)

    def _finish_burst(self) -> None:
        self.burst += 1


class Row:
    """The three widgets of one parameter in a form's grid."""

    def __init__(self, form: Form, grid: QGridLayout, parameter: Parameter, plain: bool) -> None:
        self.parameter = parameter
        self.is_visible = True
        title = parameter.name.replace("_", " ").capitalize() if plain else parameter.name
        self.editor = editor(parameter, form)
        self.label = Label(title, self.editor, form)
        self.sentence = Sentence(parent=form)
        self.sentence.setProperty("role", "error")
        self.sentence.setProperty("textSize", "small")
        self.sentence.hide()
        tip = _tip(parameter)
        for widget in (self.label, self.editor):
            widget.setToolTip(tip)
        focused = self.editor.focusProxy() or self.editor
        for field in (focused, *focused.findChildren(QLineEdit)):  # a spin box has its field inside
            field.setAccessibleName(title)
        focused.setAccessibleDescription(parameter.help)
        row = grid.rowCount()
        grid.addWidget(self.label, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.editor, row, 1)
        grid.addWidget(self.sentence, row + 1, 1)
        self.show_value(parameter.default)

    def show_value(self, value: Any) -> None:
        """Show a value in the editor and, in the label, whether it is the default."""
        if value is not self.editor.value or value is MIXED:
            self.editor.set_value(value)
        self.mark(value)

    def mark(self, value: Any) -> None:
        """Let the label stand out where the value is not the default."""
        role = "" if value is MIXED or value != self.parameter.default else "muted"
        if self.label.property("role") != role:
            self.label.setProperty("role", role)
            _restyle(self.label)

    def say(self, sentence: str) -> None:
        """Show why the value cannot be, or nothing."""
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence) and self.is_visible)
        announce(self.editor, sentence)
        if isinstance(self.editor, TextEditor):
            self.editor.field.setProperty("refused", bool(sentence))
            self.editor.field.setAccessibleDescription(sentence or self.parameter.help)
            _restyle(self.editor.field)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the row."""
        self.is_visible = visible
        self.label.setVisible(visible)
        self.editor.setVisible(visible)
        self.sentence.setVisible(visible and bool(self.sentence.text()))


class Label(Elided):
    """The name of a parameter; its menu brings the default back."""

    def __init__(self, title: str, editor: Editor, parent: QWidget) -> None:
        super().__init__(title, parent)
        self._editor = editor
        self.setBuddy(editor.focusProxy() or editor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def menu(self) -> QMenu:
        """The menu of the parameter."""
        parameter, menu = self._editor.parameter, QMenu(self)
        action = menu.addAction(f"Set to the default: {_said(parameter.default)}")
        action.setEnabled(not self._editor.is_read_only and self._editor.value != parameter.default)
        action.triggered.connect(lambda: self._editor.give(parameter.default))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


def _tip(parameter: Parameter) -> str:
    lines = [f"{parameter.help[:1].upper()}{parameter.help[1:]}." if parameter.help else ""]
    if parameter.range is not None:
        low, high = parameter.range.low, parameter.range.high
        lines.append(f"From {low:,} to {high:,}.")
    lines.append(f"Default: {_said(parameter.default)}.")
    # as rich text a tooltip breaks its lines
    return "<p>" + "<br>".join(line for line in lines if line) + "</p>"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return AUTOMATIC if value is None else written(value) or "nothing"


def _restyle(widget: QWidget) -> None:
    """Let the stylesheet see a property that has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
