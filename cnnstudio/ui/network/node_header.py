"""NodeHeader: the tile, the name and the kind of what is selected, and what can be done with it as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QMenu, QPushButton, QWidget

from cnnstudio.blocks import Group
from cnnstudio.blocks.families import FAMILIES, OWN
from cnnstudio.editing.replacement import Other, title_of
from cnnstudio.graph import Block, Composite, Node
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.fields import Line
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.tile import Tile


class NodeHeader(QWidget):
    """What is selected. ``renamed(new)``, ``opened``, ``ungrouped``, ``replaced(block)`` and ``kept`` ask for more."""

    renamed = Signal(str)
    opened = Signal()
    ungrouped = Signal()
    replaced = Signal(object)
    kept = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.block: type[Block] | None = None
        self.others: Sequence[Other] = ()
        self.tile = Tile(34, self)
        self.name = NameField(self)
        self.name.setProperty("flat", True)
        self.name.given.connect(self.renamed)
        self.title = Elided(parent=self)
        self.title.setProperty("textSize", "large")
        self.kind = Sentence(parent=self)
        self.kind.setProperty("role", "muted")
        self.kind.setProperty("textSize", "small")
        self.refusal = Sentence(parent=self)
        self.refusal.setProperty("role", "error")
        self.refusal.setProperty("textSize", "small")
        self.open_button = _button("sign-in", "Open", "Look at the parts of this block")
        self.ungroup_button = _button("selection-slash", "Ungroup", "Put the parts in the place of this block")
        self.replace_button = _button("swap", "Replace by", "Another block in this place, with the values both have")
        self.menu = QMenu(self.replace_button)
        self.menu.aboutToShow.connect(self.fill_menu)
        self.replace_button.setMenu(self.menu)
        self.keep_button = _button("bookmark-simple", "Keep in Mine", "Put this block into your library, under Mine")
        self.keep_button.clicked.connect(self.kept)
        self.open_button.clicked.connect(self.opened)
        self.ungroup_button.clicked.connect(self.ungrouped)
        buttons = FlowLayout(spacing=4)
        buttons.setContentsMargins(0, 6, 0, 0)
        for button in (self.open_button, self.ungroup_button, self.keep_button, self.replace_button):
            buttons.addWidget(button)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.tile, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.title, 0, 1)
        grid.addWidget(self.name, 0, 1)
        grid.addWidget(self.kind, 1, 1)
        grid.addWidget(self.refusal, 2, 1)
        grid.addLayout(buttons, 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        self.refuse("")

    def show_node(self, node: Node, read_only: bool) -> None:
        """Show one node, whose name can be changed unless it is the inside of a block."""
        block = type(node.block)
        self._show(block)
        self.name.set_name(node.name)
        self.name.setReadOnly(read_only)
        self.kind.setText(block.title if block.title.lower() == block.family else f"{block.title} · {block.family}")
        self.name.show()
        self.title.hide()

    def show_title(self, title: str, kind: str, block: type[Block] | None) -> None:
        """Show several nodes, or the network, under a title."""
        self._show(block)
        self.title.setText(title)
        self.kind.setText(kind)
        self.title.show()
        self.name.hide()
        self.refuse("")

    def refuse(self, sentence: str) -> None:
        """Say why a name cannot be, or nothing."""
        self.refusal.setText(sentence)
        self.refusal.setVisible(bool(sentence))
        announce(self.name, sentence)
        self.name.setProperty("refused", bool(sentence))
        self.name.style().unpolish(self.name)
        self.name.style().polish(self.name)

    def allow(self, can_open: bool, can_ungroup: bool, can_keep: bool = False) -> None:
        """Say which of the buttons mean something."""
        self.open_button.setVisible(can_open)
        self.ungroup_button.setVisible(can_ungroup)
        self.keep_button.setVisible(can_keep)

    def offer(self, others: Sequence[Other]) -> None:
        """Say what can stand in the place of what is selected."""
        self.others = others
        self.replace_button.setVisible(bool(others))

    def fill_menu(self) -> None:
        """List what fits in the place, by family, and at the end what is a person's own."""
        self.menu.clear()
        menus: dict[str, QMenu] = {}
        for other in self.others:
            family = OWN.title if isinstance(other, Group) else FAMILIES[other.family].name
            if family not in menus:
                menus[family] = self.menu.addMenu(family)
            menus[family].addAction(title_of(other)).triggered.connect(
                lambda _=False, other=other: self.replaced.emit(other)
            )

    def _show(self, block: type[Block] | None) -> None:
        self.block = block
        self.tile.set_block(block)
        self.tile.setVisible(block is not None)
        self._grid.setHorizontalSpacing(10 if block is not None else 0)


class NameField(Line):
    """The name of a node; ``given`` when another was typed and Enter pressed or the field left."""

    given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self.setAccessibleName("Name of the block")
        self.setToolTip("The name of the block, which is its name in the code")
        self.returnPressed.connect(self._give)

    def set_name(self, name: str) -> None:
        """Show this name, unless it is the one shown before and another is being typed."""
        if name != self._name:
            self._name = name
            self.setText(name)
            self.setCursorPosition(0)  # or of a long one the end is seen

    def forget(self) -> None:
        """Show the name again in the place of what was typed."""
        self.setText(self._name)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._give()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._name:
            self.forget()
            self.given.emit(self._name)
        else:
            super().keyPressEvent(event)

    def _give(self) -> None:
        if self.text() != self._name:
            if self.text().strip() == self._name:
                self.forget()
            self.given.emit(self.text().strip())


def is_composite(block: type[Block]) -> bool:
    """Whether it is made of other blocks."""
    return issubclass(block, Composite)


def _button(glyph: str, title: str, about: str) -> QPushButton:
    button = QPushButton(icon(glyph, "muted"), title)
    button.setProperty("textSize", "small")
    button.setToolTip(tip(about))
    return button
