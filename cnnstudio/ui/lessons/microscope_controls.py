"""Microscope controls: what lies under it, which kernel goes over it, and the form of the setting."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QSpinBox, QVBoxLayout, QWidget

from cnnstudio.graph import parameters
from cnnstudio.lessons.microscope import Microscope
from cnnstudio.lessons.microscope_setting import Setting
from cnnstudio.lessons.worked_examples import EXAMPLES, FILTERS
from cnnstudio.ui.lessons.stepper import button
from cnnstudio.ui.widgets.fields import Choices
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Elided

OWN, PICTURE, NETWORK = "Numbers", "Photograph", "My network"
_SIZES = ("in_channels", "height", "width")  # which a picture brings along


class MicroscopeControls(QWidget):
    """``example_chosen`` says which worked example, ``source_chosen`` what shall lie under the microscope.

    ``filter_chosen`` names a filter, ``map_chosen`` the number of a map of the person's network, from 0, and
    ``edited`` a parameter of the setting and its value.
    """

    example_chosen = Signal(int)
    source_chosen = Signal(str)
    filter_chosen = Signal(str)
    map_chosen = Signal(int)
    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        self.example = _choices(grid, 0, "Example", [each.title for each in EXAMPLES], "Choose an example…")
        self.source = _choices(grid, 1, "Input", [OWN, PICTURE, NETWORK], "")
        self.source.setToolTip(
            tip("Numbers that you type, a photograph, or a map that the selected block of your network makes")
        )
        self.like = button("crosshair", "As the selected block: take its kernel, stride, padding and dilation")
        grid.addWidget(self.like, 1, 2)
        self.filter = _choices(grid, 2, "Filter", list(FILTERS), "Own kernel")
        self.filter.setToolTip(tip("A filter by its name, as textbooks use it: flipped, and mirrored at the edges"))
        self.map = QSpinBox()
        self.map.setAccessibleName("Map of the network")
        self._map_label = Elided("Map")
        self._map_label.setBuddy(self.map)
        grid.addWidget(self._map_label, 3, 0)
        grid.addWidget(self.map, 3, 1, 1, 2)
        self.form = Form(Setting, plain=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addLayout(grid)
        column.addWidget(self.form)
        column.addStretch(1)
        self.example.activated.connect(self.example_chosen)
        self.source.activated.connect(lambda index: self.source_chosen.emit(self.source.itemText(index)))
        self.filter.activated.connect(lambda index: self.filter_chosen.emit(self.filter.itemText(index)))
        self.map.valueChanged.connect(lambda number: self.map_chosen.emit(number - 1))
        self.form.edited.connect(self.edited)
        self.show_maps(0, 0)

    def show_microscope(self, microscope: Microscope, source: str, example: int | None, name: str | None) -> None:
        """Show a setting, where its numbers are from, and the example and the filter that it still is."""
        setting = microscope.setting
        self.form.set_values(setting)
        is_own = source == OWN
        self.form.show_only(
            each.name
            for each in parameters(Setting)
            if setting.matters(each.name) and (is_own or each.name not in _SIZES)
        )
        self.source.setCurrentText(source)
        self.example.setCurrentIndex(-1 if example is None else example)
        self.filter.setCurrentIndex(-1 if name is None else list(FILTERS).index(name))

    def show_maps(self, count: int, chosen: int) -> None:
        """Let one of so many maps be chosen, or with 0 none."""
        with QSignalBlocker(self.map):
            self.map.setRange(1, max(1, count))
            self.map.setValue(chosen + 1)
        for each in (self.map, self._map_label):
            each.setVisible(count > 0)


def _choices(grid: QGridLayout, row: int, name: str, words: list[str], nothing: str) -> Choices:
    made = Choices()
    made.addItems(words)
    made.setPlaceholderText(nothing)
    made.setAccessibleName(name)
    if nothing:
        made.setCurrentIndex(-1)
    label = Elided(name)
    label.setBuddy(made)
    grid.addWidget(label, row, 0)
    grid.addWidget(made, row, 1, 1, 1 if name == "Input" else 2)
    return made
