"""Menus: the menu bar and the toolbar, filled from the tree of ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QToolButton, QWidget

from cnnstudio.ui.actions.commands import Commands
from cnnstudio.ui.actions.menu_tree import CANVAS_MENU, MENUS, TOOLBAR, Menu
from cnnstudio.ui.widgets.foreign_text import tip

Fill = Callable[[QMenu], None]


def fill_menu_bar(bar: QMenuBar, commands: Commands, special: Mapping[str, Fill]) -> None:
    """Build the tree of menus; ``special`` fills those whose content is only known when they open."""
    for menu in MENUS:
        bar.addMenu(_menu(menu, commands, special, bar))


def _menu(menu: Menu, commands: Commands, special: Mapping[str, Fill], parent: QWidget) -> QMenu:
    title, entries = menu
    made = ReasonMenu(title, parent)
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


class ReasonMenu(QMenu):
    """A menu that says of an entry that cannot be chosen why not, where it is pointed at; of the others nothing."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            entry = self.actionAt(cast(QHelpEvent, event).pos())
            self.setToolTipsVisible(entry is not None and not entry.isEnabled())
        return super().event(event)


def canvas_menu(commands: Commands, parent: QWidget) -> QMenu:
    """What can be done to what is selected, and nothing else: it would fill a small screen."""
    commands.refresh()
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for name in CANVAS_MENU:
        if name is None:
            menu.addSeparator()  # one of several in a row is seen
        elif commands.bound[name].isEnabled():
            menu.addAction(commands.bound[name])
    return menu


def toolbar(commands: Commands) -> QToolBar:
    """The toolbar with its actions; new opens its menu from an arrow-less long press or a click."""
    bar = QToolBar("Tools")
    bar.setObjectName("tools")
    bar.setIconSize(QSize(20, 20))
    bar.setMovable(False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    menus = {"new": "new-*"}
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
    return bar


def _menu_button(name: str, commands: Commands, pattern: str) -> QToolButton:
    button = QToolButton()
    menu = QMenu(button)
    menu.addAction(commands.bound[name])
    menu.addSeparator()
    menu.addActions(commands.named(pattern))
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setIcon(commands.bound[name].icon())
    title = commands.declared[name].text
    button.setToolTip(tip(title))
    button.setAccessibleName(title)
    button.setObjectName(f"toolbar-{name}")
    return button
