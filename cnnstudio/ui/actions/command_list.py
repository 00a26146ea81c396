"""Command list: every command by name, to search and to do."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHeaderView, QTreeWidgetItem, QWidget

from cnnstudio.ui.actions.commands import Commands
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.chooser import Chooser
from cnnstudio.ui.widgets.search import Entry, well_found


class CommandList(Chooser):
    """All commands with their shortcuts, to search and to run by keyboard."""

    def __init__(self, commands: Commands, host: QWidget) -> None:
        super().__init__(host, "What do you want to do?", "Search commands", 2, commands.give_back_focus)
        self._commands = commands
        self._titles = {name: title for name, title in commands.titles().items() if name != "commands"}
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def ask(self) -> None:
        """Open over the window; what cannot be done now is greyed."""
        self._commands.refresh()
        super().ask()

    def search(self, text: str) -> None:
        """The commands that there are just now and that answer to ``text``, the best first."""
        there = [self._entry(name) for name in self._titles if self._commands.bound[name].isVisible()]
        for entry in sorted(well_found(text, there), key=lambda each: not self._is_called(each, text)):
            action = self._commands.bound[str(entry.value)]
            reason = self._commands.why_not(str(entry.value)) if text.strip() else ""
            item = QTreeWidgetItem(self.list, [f"{entry.title} – {reason}" if reason else entry.title, entry.detail])
            item.setIcon(0, action.icon())
            item.setForeground(1, theme.color("muted"))
            item.setData(0, Qt.ItemDataRole.UserRole, entry.value)
            item.setDisabled(not action.isEnabled())
            item.setToolTip(0, action.toolTip())

    def _is_called(self, entry: Entry, text: str) -> bool:
        """Whether a command is called exactly so, here or in other programs, whatever else begins with its letters."""
        words = self._commands.declared[str(entry.value)].words
        return text.casefold().strip() in (*words, entry.title.casefold().split()[0].rstrip("…"))

    def _search(self, text: str) -> None:
        super()._search(text)
        best = self.list.topLevelItem(0)
        if text.strip() and best is not None and best.isDisabled():  # what is further down was not meant by Enter
            self.list.setCurrentIndex(QModelIndex())
            announce(self.field, best.text(0))

    def _entry(self, name: str) -> Entry:
        """A command as it is called just now, with its shortcut."""
        title, action, declared = self._titles[name], self._commands.bound[name], self._commands.declared[name]
        now = action.text().replace("&&", "&")
        if declared.title is not None:
            title = f"{title}: {now}"
        shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return Entry(title, shortcut, "", name, " ".join((now, *declared.words)))

    def take(self, value: object) -> None:
        """Run the command."""
        self._commands.run(str(value))
