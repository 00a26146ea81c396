"""Menus: the list of actions as Qt's actions, menus, toolbar, and a list of all commands to search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QHeaderView, QMenu, QMenuBar, QToolBar, QToolButton, QTreeWidgetItem, QWidget

from cnnstudio.ui.able import why_not
from cnnstudio.ui.action import Action
from cnnstudio.ui.announcement import announce
from cnnstudio.ui.chooser import Chooser
from cnnstudio.ui.menu_tree import MENUS, TOOLBAR, Menu
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.search import Entry, well_found
from cnnstudio.ui.shortcuts import Shortcuts, shown_keys
from cnnstudio.ui.theme import icon, theme

if TYPE_CHECKING:
    from cnnstudio.ui.window import Window

Fill = Callable[[QMenu], None]


class Commands:
    """Every action of the window, bound: it knows which can be done now and shows it everywhere at once."""

    def __init__(self, window: Window, actions: Iterable[Action], preferences: Preferences) -> None:
        self._window = window
        self._reasons: dict[str, str] = {}
        self._choices: dict[str, QActionGroup] = {}
        self.declared = {action.id: action for action in actions}
        self.shortcuts = Shortcuts(self.declared, [title for title, _ in MENUS], preferences, window)
        self.bound = {action.id: self._bind(action) for action in self.declared.values()}
        self.shortcuts.changed.connect(self._take_keys)
        window.canvas.unheeded.connect(self.heed)
        self._take_keys()

    def _bind(self, action: Action) -> QAction:
        window = self._window
        made = QAction(action.text, window)
        made.setObjectName(action.id)
        if action.icon:
            made.setIcon(icon(action.icon))
        made.setCheckable(action.checked is not None)
        if action.one_of:
            if action.one_of not in self._choices:
                self._choices[action.one_of] = QActionGroup(window)
            self._choices[action.one_of].addAction(made)
        made.setIconVisibleInMenu(action.checked is None)  # a menu has room for a tick or an icon
        made.triggered.connect(lambda: self.run(action.id))
        if action.on_canvas:
            made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            window.canvas.addAction(made)
        else:
            window.addAction(made)
        return made

    def _take_keys(self) -> None:
        for name, action in self.bound.items():
            action.setShortcuts([QKeySequence(each) for each in self.shortcuts.keys(name)])
            self._tip(name)

    def _tip(self, name: str) -> None:
        keys, title = self.shortcuts.keys(name), self.declared[name].text.rstrip("…")
        told = f"{title} ({shown_keys(keys[0])})" if keys else title
        reason = self._reasons.get(name)
        self.bound[name].setToolTip(f"<p>{escape(told)}</p><p>{escape(reason)}</p>" if reason else told)

    def explain(self, name: str, reason: str | None) -> None:
        """Say, where the action is pointed at, why it cannot be done now; None where it can."""
        if self._reasons.get(name, "") != (reason or ""):
            self._reasons[name] = reason or ""
            self._tip(name)

    def run(self, name: str) -> None:
        """Do it, if it can be done now, and see what can be done after it."""
        action = self.declared[name]
        if action.enabled(self._window):
            action.run(self._window)
        self.refresh()

    def heed(self, pressed: QKeySequence) -> None:
        """Say why what these keys call on the canvas cannot be done, or do it, if it can since it was last asked."""
        for name, action in self.bound.items():
            if self.declared[name].on_canvas and not action.isEnabled() and pressed in action.shortcuts():
                if reason := self.why_not(name):
                    self._window.document.said.emit(reason)
                else:
                    self.run(name)
                return

    def why_not(self, name: str) -> str:
        """Why this cannot be done now, in a sentence; empty where it can, or where it goes without saying."""
        return why_not(self._window, self.declared[name].enabled)

    def give_back_focus(self) -> None:
        """Give the keyboard to the canvas, after a list that had it was closed."""
        self._window.canvas.setFocus()

    def refresh(self) -> None:
        """Ask every action whether it can be done now."""
        for name, action in self.declared.items():
            self.bound[name].setEnabled(action.enabled(self._window))
            if action.title is not None:
                title = action.title(self._window)
                self.bound[name].setVisible(bool(title))
                self.bound[name].setText(title or action.text)
            if action.checked is not None:
                self.bound[name].setChecked(action.checked(self._window))

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


def fill_menu_bar(bar: QMenuBar, commands: Commands, special: Mapping[str, Fill]) -> None:
    """Build the tree of menus; ``special`` fills those whose content is only known when they open."""
    for menu in MENUS:
        bar.addMenu(_menu(menu, commands, special, bar))


def _menu(menu: Menu, commands: Commands, special: Mapping[str, Fill], parent: QWidget) -> QMenu:
    title, entries = menu
    made = QMenu(title, parent)
    made.setToolTipsVisible(False)
    for entry in entries:
        if entry is None:
            made.addSeparator()
        elif isinstance(entry, tuple):
            made.addMenu(_menu(entry, commands, special, made))
        elif entry in special:
            made.aboutToShow.connect(_filling(special[entry], made))
        else:
            made.addActions(commands.named(entry))
    return made


def _filling(fill: Fill, menu: QMenu) -> Callable[[], None]:
    def filled() -> None:
        menu.clear()
        fill(menu)

    return filled


def fill_toolbar(bar: QToolBar, commands: Commands) -> None:
    """Put the toolbar's actions in it; new and export open their menus from an arrow-less long press or a click."""
    bar.setIconSize(QSize(20, 20))
    bar.setMovable(False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    menus = {"new": "new-*", "export-python": "export-*"}
    for name in TOOLBAR:
        if name is None:
            bar.addSeparator()
            continue
        if name in menus:
            bar.addWidget(_menu_button(name, commands, menus[name]))
        else:
            bar.addAction(commands.bound[name])
    main = bar.widgetForAction(commands.bound["train"])
    if isinstance(main, QToolButton):  # the one thing that everybody looks for has its name beside its icon
        main.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)


def _menu_button(name: str, commands: Commands, pattern: str) -> QToolButton:
    button = QToolButton()
    menu = QMenu(button)
    if name == "new":
        menu.addAction(commands.bound[name])
        menu.addSeparator()
    menu.addActions(commands.named(pattern))
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setIcon(commands.bound[name].icon())
    title = {"new": "New", "export-python": "Export"}[name]
    button.setToolTip(title)
    button.setAccessibleName(title)
    button.setObjectName(f"toolbar-{name}")
    return button


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
        for entry in well_found(text, there):
            action = self._commands.bound[str(entry.value)]
            reason = self._commands.why_not(str(entry.value)) if text.strip() else ""
            item = QTreeWidgetItem(self.list, [f"{entry.title} – {reason}" if reason else entry.title, entry.detail])
            item.setIcon(0, action.icon())
            item.setForeground(1, theme.color("muted"))
            item.setData(0, Qt.ItemDataRole.UserRole, entry.value)
            item.setDisabled(not action.isEnabled())
            item.setToolTip(0, action.toolTip())

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
