"""The gallery of famous networks, from the menu to the canvas."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.project import from_template
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.zoo import NETWORKS, TEMPLATES


def titles(window: MainWindow) -> list[str]:
    """What the list shows and can be chosen."""
    rows = [window.gallery.list.topLevelItem(row) for row in range(window.gallery.list.topLevelItemCount())]
    return [row.text(0) for row in rows if row is not None and not row.isDisabled()]


def test_every_network_is_listed_with_its_idea_under_its_family(window: MainWindow) -> None:
    window.commands.run("new-network")
    assert len(titles(window)) == len(NETWORKS) + len(TEMPLATES)
    rows = [window.gallery.list.topLevelItem(row) for row in range(window.gallery.list.topLevelItemCount())]
    heading = ""
    for row in rows:
        assert row is not None
        if row.isDisabled():
            heading = row.text(0)
            continue
        template = {**TEMPLATES, **NETWORKS}[row.data(0, Qt.ItemDataRole.UserRole)]
        assert (heading, row.text(1)) == (template.family, template.sentence)


def test_a_network_is_opened_by_typing(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("new-network")
    qtbot.keyClicks(window.gallery.field, "resnet-50")
    assert titles(window)[0] == "ResNet-50"
    qtbot.keyClick(window.gallery.field, Qt.Key.Key_Return)
    assert not window.gallery.isVisible()
    assert window.document.project == from_template("resnet50")
    assert window.canvas.hasFocus()


def test_the_small_variant_is_chosen_by_keyboard(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("new-network")
    gallery = window.gallery
    qtbot.keyClicks(gallery.field, "densenet-121")
    qtbot.keyClick(gallery.field, Qt.Key.Key_Tab)
    assert gallery.isVisible() and gallery.original.hasFocus()
    qtbot.keyClick(gallery.original, Qt.Key.Key_Right)
    assert gallery.small.isChecked()
    item = gallery.list.currentItem()
    assert item is not None and item.text(2) == "32 × 32"
    qtbot.keyClick(gallery.small, Qt.Key.Key_Return)
    assert window.document.project == from_template("densenet121", small=True)


def test_an_idea_is_found_and_escape_leaves_everything_as_it_was(qtbot: QtBot, window: MainWindow) -> None:
    before = window.document.project
    window.commands.run("new-network")
    qtbot.keyClicks(window.gallery.field, "cardinality paths")
    assert titles(window) == []
    qtbot.keyClick(window.gallery.field, Qt.Key.Key_Return)
    assert window.gallery.isVisible()
    window.gallery.field.clear()
    qtbot.keyClicks(window.gallery.field, "narrow paths")
    assert set(titles(window)) == {each.title for key, each in NETWORKS.items() if key.startswith("resnext")}
    qtbot.keyClick(window.gallery.field, Qt.Key.Key_Escape)
    assert not window.gallery.isVisible()
    assert window.document.project is before


def test_a_click_elsewhere_closes_the_gallery(window: MainWindow) -> None:
    window.commands.run("new-network")
    window.canvas.setFocus()
    assert not window.gallery.isVisible()


def test_unsaved_changes_stay_in_their_window(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("new-small-resnet")
    window.document.edit("Empty", type(window.document.project)())
    window.commands.run("new-network")
    qtbot.keyClicks(window.gallery.field, "alexnet")
    qtbot.keyClick(window.gallery.field, Qt.Key.Key_Return)
    assert len(window.document.graph) == 0 and window.document.is_modified
    assert [each.document.project for each in window.windows.all[1:]] == [from_template("alexnet")]
