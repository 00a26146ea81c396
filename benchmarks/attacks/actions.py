"""Whatever a hand can do to a window, in no order: commands, keys, clicks, drags, edits and panels."""

from __future__ import annotations

import random
from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from attacks.outcome import Outcome
from attacks.window import opened, settle
from cnnstudio.graph import BLOCKS
from cnnstudio.project import dumps, loads
from cnnstudio.zoo import lenet5, small_resnet

if TYPE_CHECKING:
    from cnnstudio.ui.actions.commands import Commands
    from cnnstudio.ui.main_window import MainWindow

# what asks the desktop, leaves the window, or computes for long; each has tests of its own
LEFT_OUT = (
    "quit", "open*", "save*", "export-*", "import-*", "train*", "window-*", "new*", "lesson-*", "queue*", "stop",
    "find", "picture*", "figure", "keep", "shortcuts", "handbook", "gestures", "theme*", "text-*",
)  # fmt: skip
KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Period,
        Qt.Key.Key_Left, Qt.Key.Key_F2, Qt.Key.Key_Space, Qt.Key.Key_W, Qt.Key.Key_M, Qt.Key.Key_R, Qt.Key.Key_A,
        Qt.Key.Key_Z)  # fmt: skip
MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@cache
def _names(commands: Commands) -> list[str]:
    return [name for name in commands.bound if not any(fnmatch(name, each) for each in LEFT_OUT)]


def _command(window: MainWindow, chance: random.Random) -> str:
    name = chance.choice(_names(window.commands))
    window.commands.run(name)
    return name


def _key(window: MainWindow, chance: random.Random) -> str:
    key = chance.choice(KEYS)
    target = QApplication.focusWidget() or window.canvas
    QTest.keyClick(target, key, chance.choice(MODIFIERS))
    return f"key {key.name}"


def _place(window: MainWindow, chance: random.Random) -> QPoint:
    size = window.canvas.viewport().size()
    return QPoint(chance.randrange(max(1, size.width())), chance.randrange(max(1, size.height())))


def _click(window: MainWindow, chance: random.Random) -> str:
    press = chance.choice((QTest.mouseClick, QTest.mouseDClick))
    press(window.canvas.viewport(), Qt.MouseButton.LeftButton, chance.choice(MODIFIERS), _place(window, chance))
    return "click"


def _drag(window: MainWindow, chance: random.Random) -> str:
    viewport, modifiers = window.canvas.viewport(), chance.choice(MODIFIERS)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, modifiers, _place(window, chance))
    for _ in range(chance.randint(1, 4)):
        QTest.mouseMove(viewport, _place(window, chance))
    if chance.random() < 0.2:
        QTest.keyClick(viewport, Qt.Key.Key_Escape)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifiers, _place(window, chance))
    return "drag"


def _add(window: MainWindow, chance: random.Random) -> str:
    name = chance.choice([name for name, block in BLOCKS.items() if block.is_offered])
    window.canvas.add_block(BLOCKS[name](), window.canvas.mapToScene(_place(window, chance)))
    return f"add {name}"


def _template(window: MainWindow, chance: random.Random) -> str:
    make = chance.choice((lenet5, small_resnet))
    window.document.edit("Begin", window.document.project.with_graph(make()))
    return f"template {make.__name__}"


def _panel(window: MainWindow, chance: random.Random) -> str:
    name = chance.choice([*window.docks])
    chance.choice((window.show_panel, lambda name: window.docks[name].hide()))(name)
    return f"panel {name}"


def _undo(window: MainWindow, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 8)):
        chance.choice((window.document.undo_stack.undo, window.document.undo_stack.redo))()
    return "undo and redo"


DEEDS: tuple[tuple[Callable[[MainWindow, random.Random], str], int], ...] = (
    (_command, 8), (_key, 5), (_click, 5), (_drag, 5), (_add, 3), (_template, 1), (_panel, 1), (_undo, 2),
)  # fmt: skip
DEEPEST_MENU = 8
MOST_NODES = 60  # a network beyond this is undone, so that an action costs what it costs a person


def attack(count: int, chance: random.Random) -> Outcome:
    """Do so many. Each error is noted, and each time that what is written is not what is read."""
    outcome = Outcome()
    deeds, weights = zip(*DEEDS, strict=True)
    with opened() as (window, errors):
        for number in range(count):
            deed = chance.choices(deeds, weights)[0]
            word = deed.__name__.strip("_")
            try:
                did = deed(window, chance)
                _close_what_is_open(window)
                settle(3 if number % 20 == 0 else 1)
            except Exception as error:  # whatever it is, it is a fault
                outcome.fault(f"action {number}, {word}: {type(error).__name__}: {str(error)[:300]}")
                continue
            if errors:
                outcome.fault(f"action {number}, {did}: {errors[0]}")
                errors.clear()
                continue
            if number % 50 == 49 and loads(dumps(window.document.project)) != window.document.project:
                outcome.fault(f"action {number}, {did}: what is written is not what is read")
                continue
            if len(window.document.graph) > MOST_NODES:
                window.document.enter(())
                while window.document.undo_stack.canUndo():
                    window.document.undo_stack.undo()
            outcome.answer(word)
    for error in errors:
        outcome.fault(f"at the end: {error}")
    return outcome


def _close_what_is_open(window: MainWindow) -> None:
    """Close menus and dialogs. Qt is not asked for all its widgets: its own come and go, and Python does not notice."""
    for _ in range(DEEPEST_MENU):
        if (popup := QApplication.activePopupWidget()) is None:
            break
        popup.close()
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible():
            dialog.close()
