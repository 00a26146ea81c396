"""Commands: the list of actions as Qt's actions, with their keys, and when each can be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.actions.action import Action, Command
from cnnstudio.ui.actions.menu_tree import MENUS
from cnnstudio.ui.actions.shortcuts import Shortcuts, shown_keys
from cnnstudio.ui.files.classroom import Classroom
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip

WITHHELD = "This is put away here."


class Commands:
    """Every action of the window, bound: it knows which can be done now and shows it everywhere at once."""

    def __init__(
        self,
        host: QWidget,
        canvas: QWidget,
        commands: Iterable[Command],
        preferences: Preferences,
        classroom: Classroom,
    ) -> None:
        """Actions belong to the ``host``, or to the ``canvas``; the ``classroom`` puts some of them away."""
        self.host, self._canvas, self._classroom = host, canvas, classroom
        self._reasons: dict[str, str] = {}  # what is said of those that can be done all the same
        self._unable: dict[str, str] = {}  # and why the others cannot be done now
        self._choices: dict[str, QActionGroup] = {}
        self._commands = {command.action.id: command for command in commands}
        self.declared = {name: command.action for name, command in self._commands.items()}
        self.shortcuts = Shortcuts(self.declared, [title for title, _ in MENUS], preferences, host)
        self.bound = {action.id: self._bind(action) for action in self.declared.values()}
        self.shortcuts.changed.connect(self._take_keys)
        self._take_keys()

    def _bind(self, action: Action[Any]) -> QAction:
        made = QAction(action.text, self.host)
        made.setObjectName(action.id)
        if action.icon:
            made.setIcon(icon(action.icon))
        made.setCheckable(action.checked is not None)
        if action.one_of:
            if action.one_of not in self._choices:
                self._choices[action.one_of] = QActionGroup(self.host)
            self._choices[action.one_of].addAction(made)
        made.setIconVisibleInMenu(action.checked is None)  # a menu has room for a tick or an icon
        made.triggered.connect(lambda: self.run(action.id))
        if action.on_canvas:
            made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._canvas.addAction(made)
        else:
            self.host.addAction(made)
        return made

    def _take_keys(self) -> None:
        for name, action in self.bound.items():
            action.setShortcuts([QKeySequence(each) for each in self.shortcuts.keys(name)])
            self._tip(name)

    def _tip(self, name: str) -> None:
        keys, title = self.shortcuts.keys(name), self.declared[name].text.rstrip("…")
        told = f"{title} ({shown_keys(keys[0])})" if keys else title
        self.bound[name].setToolTip(tip(told, self._unable.get(name) or self._reasons.get(name, "")))

    def explain(self, name: str, reason: str | None) -> None:
        """Say, where the action is pointed at, what it would be told though it can be done; None for nothing."""
        if self._reasons.get(name, "") != (reason or ""):
            self._reasons[name] = reason or ""
            self._tip(name)

    def run(self, name: str) -> None:
        """Do it, if it can be done now, and see what can be done after it."""
        if not self.why_not(name):
            self._commands[name].run()
        self.refresh()

    def heed(self, pressed: QKeySequence) -> None:
        """Say why what these keys call on the canvas cannot be done, or do it, if it can since it was last asked."""
        for name, action in self.bound.items():
            if self.declared[name].on_canvas and not action.isEnabled() and pressed in action.shortcuts():
                if reason := self.why_not(name):
                    self._classroom.document.said.emit(reason)
                else:
                    self.run(name)
                return

    def why_not(self, name: str) -> str:
        """Why this cannot be done now, in a sentence; empty where it can."""
        return WITHHELD if name in self._classroom.withheld else self._commands[name].why_not()

    def give_back_focus(self) -> None:
        """Give the keyboard to the canvas, after a list that had it was closed."""
        self._canvas.setFocus()

    def refresh(self) -> None:
        """Ask every action whether it can be done now, and why not."""
        unseen = self._classroom.unseen
        for name, command in self._commands.items():
            made, action, reason = self.bound[name], command.action, self.why_not(name)
            made.setEnabled(not reason)
            if self._unable.get(name, "") != reason:
                self._unable[name] = reason
                self._tip(name)
            title = command.title
            made.setVisible(bool(title) and name not in unseen)
            if action.title is not None:
                made.setText(title or action.text)
            if action.checked is not None:
                made.setChecked(command.is_checked)

    @property
    def chords(self) -> list[QAction]:
        """The commands of the canvas that a letter with Ctrl, Shift or Alt calls, as a list of blocks has use for."""
        chords = (name for name, each in self.declared.items() if each.on_canvas and _is_chord(each.shortcut))
        return [self.bound[name] for name in chords]

    def named(self, pattern: str) -> list[QAction]:
        """The action of this id, or all whose ids begin as "x-*" says."""
        if pattern.endswith("*"):
            return [action for name, action in self.bound.items() if name.startswith(pattern[:-1])]
        return [self.bound[pattern]]

    def menus(self) -> dict[str, str]:
        """Every id with the menu that leads to it, in the order of the menus."""
        found = {
            action.objectName(): menu.replace("&", "")
            for menu, entries in MENUS
            for pattern in self._patterns(entries)
            for action in self.named(pattern)
        }
        return {**found, **{name: "Panels" for name in self.declared if name not in found}}

    def _patterns(self, entries: Iterable[Any]) -> Iterator[str]:
        """The ids, and patterns of ids, of a menu and those within it; not what the window fills in."""
        for entry in entries:
            if isinstance(entry, tuple):
                yield from self._patterns(entry[1])
            elif entry is not None and (entry in self.bound or entry.endswith("*")):
                yield entry

    def titles(self) -> dict[str, str]:
        """Every id with its title; what stands in a menu within a menu is named with that."""
        inner = {
            action.objectName(): title
            for _, entries in MENUS
            for menu in entries
            if isinstance(menu, tuple)
            for title, patterns in (menu,)
            for pattern in self._patterns(patterns)
            for action in self.named(pattern)
        }
        plain = {name: action.text.rstrip("…") for name, action in self.declared.items()}
        return {name: f"{inner[name]}: {title}" if name in inner else title for name, title in plain.items()}


def _is_chord(shortcut: str) -> bool:
    """Whether all of these keys are held together with another: Tab alone would be taken away from the list."""
    return bool(shortcut) and all("+" in keys for keys in shortcut.split("|"))
