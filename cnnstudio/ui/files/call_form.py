"""Call form: what a network of a Python file is made with, and for which images; a field an argument."""

from __future__ import annotations

import ast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from cnnstudio.exchange.importing.declarations import Argument, Declared, ImportRefused, size_of
from cnnstudio.graph import ParameterError, Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.files.normalization_form import TITLES, normalization_fields, read_normalization
from cnnstudio.ui.widgets.field_dialog import FieldDialog


class CallForm(FieldDialog):
    """Asks for the arguments of one network; says its call, such as ``Net(classes=4)``, a size or None, and a recipe
    with the mean and the deviation of its images.
    """

    said = Signal(str, object, object)

    def __init__(self, file: str, declared: Declared, parent: QWidget | None = None) -> None:
        self._declared = declared
        self.fields = {argument.name: _field(argument) for argument in declared.arguments}
        self.size_field = QLineEdit()
        self.size_field.setPlaceholderText("such as 3x32x32, or empty to try some")
        self.normalization = normalization_fields()
        titled = {TITLES[name]: field for name, field in self.normalization.items()}
        asked = {**self.fields, "Size of the images": self.size_field, **titled}
        super().__init__(f"Import {declared.name} of {file}", asked, f"Run {file} and import", parent)
        self.resize(460, self.sizeHint().height())
        self.check()

    @property
    def call(self) -> str:
        """The call as it is written in Python. Raises ``ImportRefused`` with what is wrong with an argument."""
        given = [
            f"{argument.name}={_value(argument, text)}"
            for argument in self._declared.arguments
            if (text := self.fields[argument.name].text().strip()) != argument.default or not argument.default
        ]
        return f"{self._declared.name}({', '.join(given)})"

    @property
    def image_size(self) -> Shape | None:
        """For which images; None to try usual sizes. Raises ``ImportRefused``."""
        text = self.size_field.text().strip()
        return size_of(text) if text else None

    def accept(self) -> None:
        """Say what was asked for, once all of it can be read."""
        if not self.run.isEnabled():
            return
        call, size, recipe = self.call, self.image_size, read_normalization(self.normalization, Recipe())
        super().accept()
        self.said.emit(call, size, recipe)

    def check(self) -> None:
        """Say what is lacking still, or how it will be called."""
        try:
            call, _, _ = self.call, self.image_size, read_normalization(self.normalization, Recipe())
            self.show_state(f"It is made as {call}.", is_wrong=False)
        except (ImportRefused, ParameterError) as error:
            self.show_state(str(error), is_wrong=True)


def _field(argument: Argument) -> QLineEdit:
    field = QLineEdit(argument.default)
    field.setPlaceholderText("needed: a number, or text in quotes" if not argument.default else "")
    return field


def _value(argument: Argument, text: str) -> str:
    """What was typed, as it is written in Python. Raises ``ImportRefused``."""
    if not text:
        raise ImportRefused(f"Say what {argument.name} is.")
    try:
        return repr(ast.literal_eval(text))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ImportRefused(
            f"{argument.name} must be a number, text in quotes, True, False, None, or a list of these."
        ) from error
