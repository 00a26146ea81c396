"""Recipe form: the fields of a recipe in its sections, which fold, and the menu of presets."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from cnnstudio.graph import Declaration
from cnnstudio.graph.notation import written
from cnnstudio.project.presets import PRESETS, Preset
from cnnstudio.project.recipe import Recipe, Section
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.editors import Editor
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.form import Form, Row


class RecipeForm(QWidget):
    """A form a section, each folded at first; a section of which nothing means anything now is not there.

    Folded, a section says which of its fields are not as they are by default. It is used as one form is:
    ``edited(name, value)`` carries values that have been coerced.
    """

    edited = Signal(str, object)

    def __init__(self, recipe: type[Recipe], names: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        wanted = set(names)
        self.sections: dict[Section, tuple[Fold, Form]] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for section, fields in recipe.sections().items():
            inside = [field.name for field in fields if field.name in wanted]
            if not inside:
                continue
            fold = Fold(section, is_open=False, small=True)
            form = Form(recipe, plain=True, names=inside)
            form.setAccessibleName(section)
            form.edited.connect(self.edited)
            fold.body.addWidget(form)
            layout.addWidget(fold)
            self.sections[section] = fold, form

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
        usual = type(recipe)()
        for fold, form in self.sections.values():
            form.set_values(recipe)
            fold.tell(", ".join(told(recipe, [name for name in form.rows if recipe.matters(name)], usual)))

    def settle(self) -> None:
        """Take what is still being typed where it fits and forget it where not."""
        for form in self._forms:
            form.settle()

    def show_only(self, names: Iterable[str]) -> None:
        """Hide all other parameters, and the sections that have none left."""
        shown = set(names)
        for fold, form in self.sections.values():
            form.show_only(shown)
            fold.setHidden(shown.isdisjoint(form.rows))

    @property
    def _forms(self) -> list[Form]:
        return [form for _, form in self.sections.values()]


def told(recipe: Recipe, names: Iterable[str], usual: Recipe) -> list[str]:
    """Those of these fields that are not as ``usual``, with their values, shortly."""
    return [_told(name, getattr(recipe, name)) for name in names if getattr(recipe, name) != getattr(usual, name)]


def _told(name: str, value: object) -> str:
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"no {words}"
    if isinstance(value, float):
        return f"{words} {value:g}"
    if isinstance(value, tuple) and value and isinstance(value[0], Declaration):
        return written(value)
    if isinstance(value, tuple):
        return f"{words} {', '.join(map(str, value))}"
    return f"{words} {'none' if value in ('', None) else value}"


class PresetButton(QToolButton):
    """A menu of the ways to train that belong together; ``chosen`` carries the one that was picked."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("Presets")
        self.setProperty("textSize", "small")
        self.setToolTip("Ways to train that belong together; the images and the computer stay as they are")
        self.setIcon(icon("caret-down", "muted"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for preset in PRESETS.values():
            action = menu.addAction(preset.title)
            action.setToolTip(tip(preset.sentence))
            action.setStatusTip(preset.sentence)
            action.triggered.connect(partial(self._choose, preset))
        self.setMenu(menu)

    def _choose(self, preset: Preset, *_: Any) -> None:
        self.chosen.emit(preset)
