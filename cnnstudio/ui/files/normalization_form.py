"""Normalization form: by what mean and deviation the images of imported weights were normalised, in two fields."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from cnnstudio.graph import ParameterError, parameters
from cnnstudio.graph.notation import between, read, written
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.widgets.field_dialog import FieldDialog
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import counted

TITLES = {"mean": "Mean of the pixels", "std": "Standard deviation"}
EXAMPLES = {"mean": "such as 0.485, 0.456, 0.406; empty if unknown", "std": "such as 0.229, 0.224, 0.225"}
_PARAMETERS = {each.name: each for each in parameters(Recipe) if each.name in TITLES}


def normalization_fields() -> dict[str, QLineEdit]:
    """A field for the mean and one for the deviation."""
    fields = {name: QLineEdit() for name in TITLES}
    for name, field in fields.items():
        field.setPlaceholderText(EXAMPLES[name])
        field.setToolTip(tip(f"{_PARAMETERS[name].help[:1].upper()}{_PARAMETERS[name].help[1:]}."))
    return fields


def read_normalization(fields: dict[str, QLineEdit], recipe: Recipe) -> Recipe:
    """``recipe`` with what stands in the fields; empty, they are left open.

    Raises ``ParameterError`` with a sentence.
    """
    said = {name: read(_PARAMETERS[name], field.text()) for name, field in fields.items()}
    if (said["mean"] is None) != (said["std"] is None):
        raise ParameterError("Mean and deviation belong together: say both, or neither.")
    return dataclasses.replace(recipe, **said)


class NormalizationForm(FieldDialog):
    """Asks for the mean and the deviation of images with so many channels; says the recipe that has them."""

    said = Signal(object)

    def __init__(self, recipe: Recipe, channels: int, parent: QWidget | None = None) -> None:
        self.fields = normalization_fields()
        titled = {TITLES[name]: field for name, field in self.fields.items()}
        super().__init__("How the images were normalised", titled, "Normalise like this", parent)
        self._recipe, self._channels = recipe, channels
        for name, field in self.fields.items():
            field.setText(written(getattr(recipe, name), between(_PARAMETERS[name])))
        self.check()
        self.resize(460, self.heightForWidth(460))

    def accept(self) -> None:
        """Say what was asked for, once it can be read."""
        if self.run.isEnabled():
            super().accept()
            self.said.emit(read_normalization(self.fields, self._recipe))

    def check(self) -> None:
        """Say what is lacking still, or what the numbers do."""
        wrong = ""
        try:
            recipe = read_normalization(self.fields, self._recipe)
            if recipe.mean is not None and recipe.normalization(self._channels) is None:
                wrong = f"The images have {counted(self._channels, 'channel')}: one number each, or one for all."
        except ParameterError as error:
            wrong = str(error)
        self.show_state(wrong or "Of pixels from 0 to 1, in each channel.", bool(wrong))
