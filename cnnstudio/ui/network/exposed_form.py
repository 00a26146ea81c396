"""Exposed form: the parameters of blocks inside a group that are offered on the group itself, and their choice."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from cnnstudio.blocks.group import Group, exposable
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Elided

Layout = tuple[tuple[str, type, tuple[str, ...]], ...]


class ExposedForm(QWidget):
    """A form for each block inside that offers something, and a menu in which a person ticks what is offered.

    ``edited(node, parameter, value)`` carries values that the parameter has coerced; ``chosen`` the new tuple of what
    is exposed.
    """

    edited = Signal(str, str, object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group: Group | None = None
        self.only: str | None = None
        self.forms: dict[str, Form] = {}
        self._layout: Layout = ()
        self._headings: list[Elided] = []
        self.choose = QPushButton(icon("sliders", "muted"), "", self)
        self.choose.setProperty("textSize", "small")
        self.menu = QMenu(self.choose)
        self.menu.aboutToShow.connect(self.fill_menu)
        self.choose.setMenu(self.menu)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(5)
        self.column.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_group(self, group: Group, read_only: bool) -> None:
        """Show what this group offers and let it be changed."""
        self.group, self.only = group, None
        self._arrange(_layout_of(group))
        for node, form in self.forms.items():
            form.set_values(group.body[node].block)
            form.set_read_only(read_only)
        self._show_button("Offer parameters…", "Let parameters of blocks inside be set on the group", read_only)

    def show_inner(self, group: Group, name: str, node: str) -> None:
        """Let a person choose what of one node inside is offered on the group, which is called ``name``."""
        self.group, self.only = group, node
        self._arrange(())
        self._show_button("Offer outside…", f"Let parameters of {node} be set on {name}", False)
        self.setVisible(bool(self._choices()))

    def forget(self) -> None:
        """Show nothing."""
        self.group = None
        self._arrange(())
        self.hide()

    def settle(self) -> None:
        """Take what is still being typed."""
        for form in list(self.forms.values()):
            form.settle()

    def refuse(self, node: str, name: str, sentence: str) -> None:
        """Say under a parameter why its value cannot be."""
        if node in self.forms:
            self.forms[node].refuse(name, sentence)

    def fill_menu(self) -> None:
        """List the parameters that can be offered, ticked where they are."""
        self.menu.clear()
        if self.group is None:
            return
        offered = set(self.group.offered())
        for node, names in self._choices():
            menu = self.menu if self.only is not None else self.menu.addMenu(node)
            for name in names:
                action = menu.addAction(name)
                action.setCheckable(True)
                action.setChecked((node, name) in offered)
                action.triggered.connect(lambda ticked, node=node, name=name: self._tick(node, name, ticked))

    def _choices(self) -> list[tuple[str, list[str]]]:
        if self.group is None:
            return []
        return [(node, names) for node, names in exposable(self.group) if self.only in (None, node)]

    def _tick(self, node: str, name: str, ticked: bool) -> None:
        if self.group is None:
            return
        kept = [pair for pair in self.group.offered() if pair != (node, name)]
        if ticked:
            kept.append((node, name))
        order = [(inner, each) for inner, names in exposable(self.group) for each in names]
        self.chosen.emit(tuple(f"{inner}.{each}" for inner, each in sorted(kept, key=order.index)))

    def _show_button(self, title: str, about: str, read_only: bool) -> None:
        self.choose.setText(title)
        self.choose.setToolTip(tip(about))
        self.choose.setAccessibleDescription(about)
        self.choose.setVisible(not read_only and bool(self._choices()))
        self.show()

    def _arrange(self, layout: Layout) -> None:
        """Make the forms anew where others are wanted."""
        if layout == self._layout:
            return
        self._layout = layout
        for widget in (*self.forms.values(), *self._headings):
            self.column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.forms, self._headings = {}, []
        for node, kind, names in layout:
            heading = Elided(node, self)
            heading.setProperty("role", "muted")
            heading.setProperty("textSize", "small")
            form = Form(kind, self, names=names)
            form.edited.connect(lambda name, value, node=node: self.edited.emit(node, name, value))
            self.forms[node] = form
            self._headings.append(heading)
            place = self.column.count() - 1  # above the button
            self.column.insertWidget(place, heading)
            self.column.insertWidget(place + 1, form)


def _layout_of(group: Group) -> Layout:
    wanted: dict[str, list[str]] = {}
    for node, name in group.offered():
        wanted.setdefault(node, []).append(name)
    return tuple((node, type(group.body[node].block), tuple(names)) for node, names in wanted.items())
