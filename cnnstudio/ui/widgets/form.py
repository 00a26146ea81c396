"""Form: a labelled editor for each parameter of a declaration. Knows declarations and no document.

The editor of a list of declarations stands here, too: it is made of forms, as a form is made of editors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QLineEdit, QMenu, QSizePolicy, QWidget

from cnnstudio.graph import Declaration, Parameter, parameters
from cnnstudio.graph.notation import between, can_type, written
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.declaration_list import DeclarationCard, DeclarationList
from cnnstudio.ui.widgets.editors import AUTOMATIC, DASH, MIXED, Editor, TextEditor, editor
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence


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
        return max((row.label.sizeHint().width() for row in self.rows.values() if not row.is_wide), default=0)

    def indent(self, width: int) -> None:
        """Leave so much room for the labels, so that the fields of several forms stand in line."""
        for row in self.rows.values():
            if not row.is_wide:
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
    """The three widgets of one parameter in a form's grid; a list of declarations has the whole width to itself."""

    def __init__(self, form: Form, grid: QGridLayout, parameter: Parameter, plain: bool) -> None:
        self.parameter = parameter
        self.is_visible = True
        title = parameter.name.replace("_", " ").capitalize() if plain else parameter.name
        self.is_wide = bool(parameter.entry_types)
        self.editor = ListEditor(parameter, plain, form) if self.is_wide else editor(parameter, form)
        self.label = Label(title, self.editor, form)
        self.sentence = Sentence(parent=form)
        self.sentence.setProperty("role", "error")
        self.sentence.setProperty("textSize", "small")
        self.sentence.hide()
        about = _tip(parameter)
        for widget in (self.label, self.editor):
            widget.setToolTip(about)
        focused = self.editor.focusProxy() or self.editor
        for field in (focused, *focused.findChildren(QLineEdit)):  # a spin box has its field inside
            field.setAccessibleName(title)
        focused.setAccessibleDescription(parameter.help)
        row = grid.rowCount()
        grid.addWidget(self.label, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if self.is_wide:
            grid.addWidget(self.editor, row + 1, 0, 1, 2)
            grid.addWidget(self.sentence, row + 2, 0, 1, 2)
        else:
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


class ListEditor(Editor):
    """A list of declarations: a card with a form for each, which says what of it is refused.

    Each gesture makes one new tuple. To add, to remove and to move is a burst of its own each, and so is what is typed
    in one field of one card.
    """

    def __init__(self, parameter: Parameter, plain: bool, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.forms: dict[DeclarationCard, Form] = {}
        self._plain = plain
        self._last: tuple[DeclarationCard, str] | None = None  # where the last value came from
        self.list = DeclarationList(parameter.entry_types, parameter.entry_count, self)
        self.list.add.setAccessibleName(f"Add to {parameter.name.replace('_', ' ')}")
        self.list.added.connect(self._add)
        self.list.removed.connect(self._remove)
        self.list.moved.connect(self._move)
        self._row.addWidget(self.list)
        theme.changed.connect(self._align)

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        cards = self._cards_for(value if isinstance(value, tuple) else ())
        for card in [card for card in self.forms if card not in cards]:
            self.forms.pop(card).blockSignals(True)  # what was being typed there is for nobody any more
        self.list.arrange(cards, DASH if value is MIXED else "Nothing yet.")
        self._align()

    def settle(self) -> None:
        for form in self.forms.values():
            form.settle()
        self.finished.emit()

    def give(self, value: Any) -> None:
        self.settle()
        super().give(value)

    def _lock(self, read_only: bool) -> None:
        self.list.set_read_only(read_only)
        for form in self.forms.values():
            form.set_read_only(read_only)

    # cards

    def _cards_for(self, values: tuple[Declaration, ...]) -> list[DeclarationCard]:
        """A card for each value: the one that shows it, or else one of its kind, so that the keyboard stays with it."""
        left, found = list(self.list.cards), dict[int, DeclarationCard]()
        for is_same in (True, False):
            for place, value in enumerate(values):
                fit = [card for card in left if (card.value == value if is_same else type(card.value) is type(value))]
                if place not in found and fit:
                    found[place] = fit[0]
                    left.remove(fit[0])
        return [self._shown(found.get(place) or self._card(value), value) for place, value in enumerate(values)]

    def _card(self, value: Declaration) -> DeclarationCard:
        form = Form(type(value), plain=self._plain)
        card = DeclarationCard(self.list, value, form if form.rows else None)
        if not form.rows:
            return card
        self.forms[card] = form
        form.set_read_only(self.is_read_only)
        form.edited.connect(lambda name, value: self._edited(card, name, value))
        for row in form.rows.values():
            row.editor.finished.connect(self.finished)
        return card

    def _shown(self, card: DeclarationCard, value: Declaration) -> DeclarationCard:
        card.value = value
        if card in self.forms:
            self.forms[card].set_values(value)
        return card

    def _align(self) -> None:
        """Let the fields of all cards begin at one place, and leave them most of the room."""
        width = min(max((form.label_width for form in self.forms.values()), default=0), self.width() * 2 // 5)
        for form in self.forms.values():
            form.indent(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()

    # what a person does

    def _edited(self, card: DeclarationCard, name: str, value: Any) -> None:
        if self._last != (card, name):
            self._last = card, name
            self.finished.emit()
        card.value = type(card.value)(**{**card.value.values, name: value})
        self._take(tuple(each.value for each in self.list.cards))

    def _settled(self) -> list[Declaration]:
        """The values, with what is being typed."""
        self.settle()
        return [card.value for card in self.list.cards]

    def _add(self, kind: type[Declaration]) -> None:
        self.give((*self._settled(), kind()))
        self.list.cards[-1].setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove(self, place: int) -> None:
        card = self.list.cards[place]
        field = QApplication.focusWidget()
        has_keyboard = field is not None and (field is card or card.isAncestorOf(field))
        values = self._settled()
        del values[place]
        self.give(tuple(values))
        if has_keyboard:
            after = self.list.cards[min(place, len(values) - 1)] if values else self.list.add
            after.setFocus(Qt.FocusReason.OtherFocusReason)

    def _move(self, old: int, new: int) -> None:
        values = self._settled()
        values.insert(new, values.pop(old))
        self.give(tuple(values))
        card = self.list.cards[new]
        card.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(card, f"{card.title.text()} is {new + 1} of {len(values)} now.")


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
        action = menu.addAction(f"Set to the default: {_said(parameter)}")
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
    lines.append(f"Default: {_said(parameter)}.")
    return tip("\n".join(line for line in lines if line))


def _said(parameter: Parameter) -> str:
    """The default of a parameter."""
    value = parameter.default
    if isinstance(value, bool):
        return "on" if value else "off"
    return AUTOMATIC if value is None else written(value, between(parameter)) or "nothing"


def _restyle(widget: QWidget) -> None:
    """Let the stylesheet see a property that has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
