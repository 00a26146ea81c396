"""Shortcuts: which keys do what, in every window at once: those declared, and those of the person's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence

from cnnstudio.ui.actions.action import Action
from cnnstudio.ui.canvas.keyboard import ARROWS, OWN
from cnnstudio.ui.preferences import Preferences

SLOTS = 2  # shortcuts that one action has at most
CANVAS_KEYS = {
    Qt.Key.Key_Tab: "it adds a block",
    Qt.Key.Key_Space: "it adds a block and, held, moves the view",
    Qt.Key.Key_Escape: "it gives up what is going on",
    Qt.Key.Key_Y: "held, it makes the pointer a knife",
    **dict.fromkeys(map(Qt.Key, ARROWS), "the arrows go from block to block and move what is selected"),
}
Held = Qt.KeyboardModifier


class Shortcuts(QObject):
    """The keys of every action, by its id: each key does one thing, and the person's own come before those declared.

    Keys are written as Qt writes them in files ("Ctrl+Shift+Z"). One of these a window, and all agree.
    """

    changed = Signal()

    def __init__(
        self,
        actions: Mapping[str, Action[Any]],
        menus: Iterable[str],
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._preferences = actions, preferences
        self._menus = {f"Alt+{menu[menu.index('&') + 1].upper()}": menu.replace("&", "") for menu in menus}
        self._keys = self._in_force()
        _windows.changed.connect(self._follow)

    # what is in force

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys that do this action."""
        return self._keys[name]

    def declared(self, name: str) -> tuple[str, ...]:
        """The keys that do this action where the person has said nothing else."""
        return _split(self._actions[name].shortcut)

    def holder(self, keys: str) -> str | None:
        """The id of the action that these keys do."""
        return next((name for name, each in self._keys.items() if keys in each), None)

    def refusal(self, name: str, keys: str) -> str:
        """Why these keys cannot do this action, in a sentence; empty where they can."""
        pressed = list(cast(Iterable[QKeyCombination], QKeySequence(keys)))
        if len(pressed) != 1 or pressed[0].key() == Qt.Key.Key_unknown or "|" in keys:
            return "These keys cannot be a shortcut."
        if keys in self.declared(name):
            return ""
        key, held = pressed[0].key(), pressed[0].keyboardModifiers() & ~Held.KeypadModifier
        shown = shown_keys(keys)
        if key in OWN and (held == Held.NoModifier or (key in ARROWS and held in (Held.ShiftModifier, *_STRONG))):
            return f"{shown} belongs to the canvas: {CANVAS_KEYS[key]}."
        if keys in self._menus:
            return f"{shown} opens the menu {self._menus[keys]}."
        types = not held & (Held.ControlModifier | Held.AltModifier | Held.MetaModifier)
        if types and not self._actions[name].on_canvas and not Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
            return f"{shown} is needed to type with. Hold Ctrl or Alt with it."
        return ""

    # changing it

    def set(self, name: str, keys: Iterable[str]) -> None:
        """Let these keys, and no others, do this action, whatever they did before."""
        wanted = tuple(keys)
        for other, has in self._keys.items():
            if other != name and set(has) & set(wanted):
                self._write(other, tuple(each for each in has if each not in wanted))
        self._write(name, wanted)
        self._tell()

    def reset_all(self) -> None:
        """Let every action have the keys that it is declared with."""
        self._preferences.forget_shortcuts()
        self._tell()

    def _write(self, name: str, keys: tuple[str, ...]) -> None:
        own = None if keys == self.declared(name) else "|".join(keys)
        self._preferences.set_shortcut(name, own)

    def _tell(self) -> None:
        self._preferences.sync()
        _windows.changed.emit()

    def _follow(self) -> None:
        self._keys = self._in_force()
        self.changed.emit()

    def _in_force(self) -> dict[str, tuple[str, ...]]:
        own = {name: self._preferences.shortcut(name) for name in self._actions}
        taken: set[str] = set()
        found: dict[str, tuple[str, ...]] = {}
        for name in sorted(self._actions, key=lambda name: own[name] is None):
            text = own[name]
            wanted = self.declared(name) if text is None else _split(text)
            kept = [keys for keys in wanted if keys not in taken and not self.refusal(name, keys)]
            found[name] = tuple(kept[:SLOTS])
            taken.update(found[name])
        return found


def shown_keys(keys: str) -> str:
    """Keys as this system writes them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _split(text: str) -> tuple[str, ...]:
    """The keys that stand in a text with | between them; what is no key is left out."""
    return tuple(dict.fromkeys(keys for part in text.split("|") if (keys := QKeySequence(part).toString())))


class _Windows(QObject):
    """Every window listens to it: a shortcut that one changes is changed in all."""

    changed = Signal()


_STRONG = (Held.ControlModifier, Held.AltModifier)
_windows = _Windows()
