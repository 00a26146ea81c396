from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.ui.actions.menu_tree import MENUS
from cnnstudio.ui.actions.shortcuts import CANVAS_KEYS, SLOTS, Shortcuts
from cnnstudio.ui.canvas.keyboard import OWN
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.window_actions import ACTIONS


@pytest.fixture
def shortcuts(qtbot: QtBot) -> Iterator[Shortcuts]:
    yield made()


def made() -> Shortcuts:
    return Shortcuts({action.id: action for action in ACTIONS}, [title for title, _ in MENUS], Preferences())


def test_what_nobody_changed_is_as_declared(shortcuts: Shortcuts) -> None:
    for action in ACTIONS:
        assert shortcuts.keys(action.id) == shortcuts.declared(action.id), action.id
        assert len(shortcuts.declared(action.id)) <= SLOTS
    assert shortcuts.keys("redo") == ("Ctrl+Shift+Z", "Ctrl+Y")
    assert shortcuts.keys("zoom-in") == ("Ctrl++", "Ctrl+=")


def test_keys_that_are_given_are_taken_from_what_had_them(shortcuts: Shortcuts) -> None:
    shortcuts.set("arrange", ("L", "Ctrl+Y"))
    assert shortcuts.keys("arrange") == ("L", "Ctrl+Y")
    assert shortcuts.keys("redo") == ("Ctrl+Shift+Z",)
    assert shortcuts.holder("Ctrl+Y") == "arrange"
    assert made().keys("redo") == ("Ctrl+Shift+Z",), "and at the next start too"
    shortcuts.set("redo", shortcuts.declared("redo"))
    assert shortcuts.keys("redo") == ("Ctrl+Shift+Z", "Ctrl+Y")
    assert shortcuts.keys("arrange") == ("L",)


def test_a_shortcut_can_be_taken_away_for_good(shortcuts: Shortcuts) -> None:
    shortcuts.set("train", ())
    assert made().keys("train") == ()
    assert made().holder("F5") is None
    shortcuts.reset_all()
    assert made().keys("train") == ("F5", "Ctrl+R")


@pytest.mark.parametrize("key", sorted(OWN))
def test_the_canvas_keeps_its_own_keys(shortcuts: Shortcuts, key: int) -> None:
    from PySide6.QtGui import QKeySequence

    keys = QKeySequence(key).toString()
    assert CANVAS_KEYS[Qt.Key(key)] in shortcuts.refusal("duplicate", keys)


@pytest.mark.parametrize(
    ("action", "keys", "why"),
    [
        ("train", "D", "type with"),
        ("train", "Shift+D", "type with"),
        ("train", "Home", "type with"),
        ("arrange", "Alt+F", "the menu File"),
        ("arrange", "Ctrl+Left", "belongs to the canvas"),
        ("arrange", "Shift+Left", "belongs to the canvas"),
        ("arrange", "Ctrl+|", "cannot be"),
        ("arrange", "Ctrl+K, Ctrl+C", "cannot be"),
        ("arrange", "", "cannot be"),
        ("arrange", "no such key", "cannot be"),
    ],
)
def test_keys_that_would_do_harm_are_refused_in_a_sentence(
    shortcuts: Shortcuts, action: str, keys: str, why: str
) -> None:
    assert why in shortcuts.refusal(action, keys)


@pytest.mark.parametrize(
    ("action", "keys"),
    [("train", "F9"), ("train", "Shift+F9"), ("arrange", "D"), ("train", "Ctrl+Alt+T"), ("quick-add", "Tab")],
)
def test_other_keys_are_not(shortcuts: Shortcuts, action: str, keys: str) -> None:
    assert shortcuts.refusal(action, keys) == ""


@pytest.mark.parametrize("text", ["Escape", "Ctrl+S|Ctrl+Z|Ctrl+1", "nonsense+more", "|||", "\x00", "D" * 10_000])
def test_settings_that_somebody_wrote_by_hand_leave_every_key_with_one_meaning(qtbot: QtBot, text: str) -> None:
    preferences = Preferences()
    for name in ("train", "stop"):
        preferences.set_shortcut(name, text)
    preferences.sync()
    found = made()
    every = [keys for action in ACTIONS for keys in found.keys(action.id)]
    assert len(every) == len(set(every))
    assert len(found.keys("train")) <= SLOTS
    assert found.holder("Esc") is None


def test_a_change_is_known_everywhere_at_once(shortcuts: Shortcuts, qtbot: QtBot) -> None:
    other = made()
    with qtbot.waitSignal(other.changed):
        shortcuts.set("train", ("F9",))
    assert other.keys("train") == ("F9",)
