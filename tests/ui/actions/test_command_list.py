from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.window_actions import ACTIONS


def found(window: MainWindow, words: str) -> list[str]:
    """The ids that the list of commands shows for these words, the best first."""
    window.command_list.ask()
    window.command_list.field.setText(words)
    rows = window.command_list.list
    items = [rows.topLevelItem(row) for row in range(rows.topLevelItemCount())]
    return [item.data(0, Qt.ItemDataRole.UserRole) for item in items if item is not None]


WORDS = (
    ("group", "group"), ("fold", "group"), ("ungroup", "ungroup"), ("break apart", "ungroup"), ("fit", "fit"),
    ("zoom to fit", "fit"), ("frame all", "fit"), ("mute", "bypass"), ("disable", "bypass"), ("layout", "arrange"),
    ("lay out", "arrange"), ("auto layout", "arrange"), ("tidy", "arrange"), ("rename", "rename"),
    ("run", "train"), ("search", "find"), ("insert", "quick-add"), ("swap", "replace"), ("comment", "note"),
    ("disconnect", "lift"), ("dark mode", "theme-dark"), ("hotkeys", "shortcuts"), ("remove", "delete"),
    ("export py", "export-python"), ("safetensors", "export-weights"), ("GROUP", "group"), ("arange", "arrange"),
    ("bypas", "bypass"), ("goup", "group"), ("clone", "duplicate"), ("svg", "picture"), ("theme", "theme"),
    ("dupl", "duplicate"), ("hyperparameter", "show-sweep"), ("tune", "show-sweep"),
)  # fmt: skip


def test_a_command_is_found_by_the_word_that_people_know(window: MainWindow) -> None:
    first = {words: found(window, words)[:1] for words, _ in WORDS}
    assert first == {words: [name] for words, name in WORDS}


def test_what_fits_the_letters_only_from_afar_is_left_out_where_something_fits(window: MainWindow) -> None:
    assert found(window, "ungroup") == ["ungroup"]
    assert len(found(window, "fit")) < 5


def test_what_is_found_first_has_the_word_in_its_title(window: MainWindow) -> None:
    for word in ("undo", "redo", "export", "heat", "zoom", "bookmark", "note", "import", "lesson"):
        assert word in window.commands.titles()[found(window, word)[0]].lower()


def test_nothing_found_is_said_in_place(qtbot: QtBot, window: MainWindow) -> None:
    commands = window.command_list
    assert found(window, "xyzzy") == []
    assert commands.nothing.isVisible()
    assert "xyzzy" in commands.nothing.text()
    qtbot.keyClick(commands.field, Qt.Key.Key_Return)
    assert commands.isVisible()
    commands.field.setText("undo")
    assert not commands.nothing.isVisible()
    assert commands.list.isVisible()


def test_the_other_lists_say_so_too(window: MainWindow) -> None:
    window.gallery.ask()
    window.gallery.field.setText("xyzzy")
    assert window.gallery.nothing.isVisible()


def test_a_word_that_means_what_cannot_be_done_now_does_nothing_else(qtbot: QtBot, window: MainWindow) -> None:
    window.document.open(Project(), None)
    assert found(window, "ungroup") == ["ungroup"]
    qtbot.keyClick(window.command_list.field, Qt.Key.Key_Return)
    assert window.document.undo_stack.count() == 0
    assert window.command_list.isVisible(), "it stays open, with the command greyed"
    zoom = window.canvas.zoom
    names = found(window, "frame")
    assert names[0] == "frame" and "fit" in names
    qtbot.keyClick(window.command_list.field, Qt.Key.Key_Return)
    assert window.command_list.isVisible() and window.canvas.zoom == zoom
    qtbot.keyClick(window.command_list.field, Qt.Key.Key_Down)
    assert window.command_list.list.currentItem() is not None, "the arrows lead to what can be done"


def test_no_word_is_written_as_nobody_types_it() -> None:
    for action in ACTIONS:
        assert all(word == word.lower().strip() for word in action.words), action.id
        assert len(set(action.words)) == len(action.words), action.id
