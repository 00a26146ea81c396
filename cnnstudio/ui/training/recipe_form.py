"""Recipe form: the fields of a recipe under the headings of its sections, and the menu of presets."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from cnnstudio.project.presets import PRESETS, Preset
from cnnstudio.project.recipe import Recipe, Section
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.editors import Editor
from cnnstudio.ui.widgets.form import Form, Row


class RecipeForm(QWidget):
    """A form a section, each with its heading; a section of which nothing means anything now is not there.

    It is used as one form is: ``edited(name, value)`` carries values that have been coerced.
    """

    edited = Signal(str, object)

    def __init__(self, recipe: type[Recipe], names: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        wanted = set(names)
        self.sections: dict[Section, tuple[QLabel, Form]] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for section, fields in recipe.sections().items():
            inside = [field.name for field in fields if field.name in wanted]
            if not inside:
                continue
            heading = QLabel(section)
            font = heading.font()
            font.setBold(True)
            heading.setFont(font)
            heading.setContentsMargins(0, 8 if self.sections else 0, 0, 0)
            form = Form(recipe, plain=True, names=inside)
            form.setAccessibleName(section)
            form.edited.connect(self.edited)
            layout.addWidget(heading)
            layout.addWidget(form)
            self.sections[section] = heading, form

    @property
    def rows(self) -> dict[str, Row]:
        """The rows of all sections by their parameters."""
        return {name: row for form in self._forms for name, row in form.rows.items()}

    @property
    def burst(self) -> int:
        """How many bursts of typing there were."""
        return sum(form.burst for form in self._forms)

    @property
    def label_width(self) -> int:
        """The width that the widest label needs."""
        return max((form.label_width for form in self._forms), default=0)

    def indent(self, width: int) -> None:
        """Leave so much room for the labels."""
        for form in self._forms:
            form.indent(width)

    def editor(self, name: str) -> Editor:
        """The editor of one parameter."""
        return self.rows[name].editor

    def set_values(self, recipe: Recipe) -> None:
        """Show a recipe without emitting."""
        for form in self._forms:
            form.set_values(recipe)

    def settle(self) -> None:
        """Take what is still being typed where it fits and forget it where not."""
        for form in self._forms:
            form.settle()

    def show_only(self, names: Iterable[str]) -> None:
        """Hide all other parameters, and the sections that have none left."""
        shown = set(names)
        for heading, form in self.sections.values():
            form.show_only(shown)
            is_empty = shown.isdisjoint(form.rows)
            heading.setHidden(is_empty)
            form.setHidden(is_empty)

    @property
    def _forms(self) -> list[Form]:
        return [form for _, form in self.sections.values()]


class PresetButton(QToolButton):
    """A menu of the ways to train that belong together; ``chosen`` carries the one that was picked."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("Presets")
        self.setToolTip("Ways to train that belong together; the images and the computer stay as they are")
        self.setIcon(icon("caret-down", "muted"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for preset in PRESETS.values():
            action = menu.addAction(preset.title)
            action.setToolTip(preset.sentence)
            action.setStatusTip(preset.sentence)
            action.triggered.connect(partial(self._choose, preset))
        self.setMenu(menu)

    def _choose(self, preset: Preset, *_: Any) -> None:
        self.chosen.emit(preset)
