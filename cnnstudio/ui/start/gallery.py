"""Gallery: the famous networks by family, to search, with the choice between their own size and a small one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QHeaderView, QRadioButton, QTreeWidgetItem, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.chooser import Chooser
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.search import Entry, found
from cnnstudio.zoo import NETWORKS, TEMPLATES, Template


class Gallery(Chooser):
    """Every network of the zoo with its one idea; ``begin`` is called with its key and whether it is to be small."""

    size_wanted = 820, 560

    def __init__(
        self, begin: Callable[[str, bool], object], host: QWidget, give_back_focus: Callable[[], None]
    ) -> None:
        super().__init__(host, "Which network, or whose idea?", "Search networks", 3, give_back_focus)
        self._begin = begin
        header = self.list.header()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.original = QRadioButton("Original size, the classes of its publication")
        self.small = QRadioButton("Small, 32 × 32, ten classes")
        self.original.setChecked(True)
        choice = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(4, 4, 4, 2)
        row.setSpacing(20)
        for button in (self.original, self.small):
            choice.addButton(button)
            button.installEventFilter(self)
            row.addWidget(button)
        row.addStretch()
        self.box.addLayout(row)
        self.small.toggled.connect(self._show_sizes)

    @cached_property
    def _entries(self) -> list[Entry]:
        every = [*TEMPLATES.items(), *NETWORKS.items()]
        families = list(dict.fromkeys(template.family for _, template in every))
        every.sort(key=lambda each: families.index(each[1].family))
        return [
            Entry(each.title, each.sentence, each.family, key, f"{key} {each.family} {each.sentence}")
            for key, each in every
        ]

    def search(self, text: str) -> None:
        """By family while nothing is typed, else the best answer first."""
        family = ""
        for entry in found(text, self._entries):
            if not text.strip() and entry.family != family:
                family = entry.family
                self._add_heading(family)
            item = QTreeWidgetItem(self.list, [entry.title, entry.detail, ""])
            item.setForeground(1, theme.color("muted"))
            item.setForeground(2, theme.color("muted"))
            item.setToolTip(1, tip(entry.detail))
            item.setData(0, Qt.ItemDataRole.UserRole, entry.value)
        self._show_sizes()

    def take(self, value: object) -> None:
        """Begin a project with the network."""
        self._begin(str(value), self.small.isChecked())

    def _add_heading(self, family: str) -> None:
        heading = QTreeWidgetItem(self.list, [family])
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        heading.setFirstColumnSpanned(True)
        heading.setFont(0, theme.font("small"))
        heading.setForeground(0, theme.color("accent"))

    def _show_sizes(self) -> None:
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if item is not None and (key := item.data(0, Qt.ItemDataRole.UserRole)):
                template = _template(key)
                size = (template.small if self.small.isChecked() else template).size
                item.setText(2, f"{size[1]} × {size[2]}")


def _template(key: str) -> Template:
    return TEMPLATES[key] if key in TEMPLATES else NETWORKS[key]
