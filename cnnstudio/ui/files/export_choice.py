"""Export choice: every format with what it is good for, to search; what cannot be now is grey and says why."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHeaderView, QTreeWidgetItem, QWidget

from cnnstudio.exchange.exporting.formats import KINDS, Choice
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.chooser import Chooser
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.search import Entry, found

MEASURE = Choice(
    "measure",
    "Measure it",
    "How long one picture takes on this computer, and, with trained weights, how many validation pictures the file "
    "itself tells right. It takes a few seconds.",
)
CARD = Choice(
    "card",
    "Model card beside it",
    "A page of Markdown for whoever gets the file: data and licence, classes, the worst class, what it must not be "
    "used for.",
)


class ExportChoice(Chooser):
    """``begin`` is called with the word of the format that was chosen; ``why`` says what stands in its way."""

    size_wanted = 860, 560

    def __init__(
        self,
        begin: Callable[[str], object],
        why: Callable[[str], str | None],
        host: QWidget,
        give_back_focus: Callable[[], None],
    ) -> None:
        super().__init__(host, "How is the network to leave?", "Search formats", 3, give_back_focus)
        self._begin, self._why = begin, why
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._boxes = {choice.key: self._box(choice) for choice in _choices()}
        row = QWidget(self)
        flow = FlowLayout(row, spacing=14)
        for box in self._boxes.values():
            flow.addWidget(box)
        self.box.addWidget(row)

    @property
    def off(self) -> frozenset[str]:
        """The choices that the person has taken away."""
        return frozenset(key for key, box in self._boxes.items() if not box.isChecked())

    @property
    def on(self) -> frozenset[str]:
        """Those that hold."""
        return frozenset(self._boxes) - self.off

    def search(self, text: str) -> None:
        """By group while nothing is typed, else the best answer first; who chooses what cannot be now is told why."""
        entries = [
            Entry(kind.title, kind.sentence, kind.group, key, f"{key} {kind.suffix} {kind.group} {kind.sentence}")
            for key, kind in KINDS.items()
        ]
        group = ""
        for entry in found(text, entries):
            if not text.strip() and entry.family != group:
                group = entry.family
                self._add_heading(group)
            key = str(entry.value)
            reason = self._why(key)
            item = QTreeWidgetItem(self.list, [entry.title, reason or entry.detail, KINDS[key].suffix])
            item.setToolTip(1, tip(reason or entry.detail))
            item.setData(0, Qt.ItemDataRole.UserRole, key)
            for column in (0, 1, 2) if reason else (1, 2):
                item.setForeground(column, theme.color("muted"))

    def take(self, value: object) -> None:
        """Go on with the format."""
        self._begin(str(value))

    def _box(self, choice: Choice) -> QCheckBox:
        of = [kind.title for kind in KINDS.values() if choice in kind.choices]
        box = QCheckBox(f"{of[0]}: {choice.title[:1].lower()}{choice.title[1:]}" if of else choice.title)
        box.setChecked(choice.default)
        box.setToolTip(tip(choice.help))
        box.installEventFilter(self)
        return box

    def _add_heading(self, group: str) -> None:
        heading = QTreeWidgetItem(self.list, [group])
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        heading.setFirstColumnSpanned(True)
        heading.setFont(0, theme.font("small"))
        heading.setForeground(0, theme.color("accent"))


def _choices() -> list[Choice]:
    of_kinds = (choice for kind in KINDS.values() for choice in kind.choices)
    return [MEASURE, CARD, *dict.fromkeys(of_kinds)]
