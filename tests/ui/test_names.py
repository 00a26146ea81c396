"""Everything that can be worked with has a name to be read out, in the real window with every panel open."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGraphicsView,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QSlider,
    QTextEdit,
    QToolBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.ui.docking.docks import PANELS
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.widgets.announcement import announce

WORKED = (
    QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QGraphicsView, QLineEdit, QPlainTextEdit,
    QProgressBar, QSlider, QTextEdit, QToolBar,
)  # fmt: skip


def nameless(root: QWidget) -> list[str]:
    """The widgets below this one that a person works with and that a screen reader has no name for."""
    return [
        " in ".join(_ancestry(widget))
        for widget in root.findChildren(QWidget)
        if isinstance(widget, WORKED) and not _is_part_of_another(widget) and not _name(widget)
    ]


def _name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def _is_part_of_another(widget: QWidget) -> bool:
    """Whether Qt made it as a part of one that has the name, or nobody has given it words because it is not shown."""
    above = widget.parentWidget()
    inside = isinstance(widget, QHeaderView) or widget.objectName().startswith("qt_")
    in_field = isinstance(widget, QAbstractButton) and isinstance(above, QLineEdit)
    in_box = isinstance(above, QComboBox) or (above is not None and isinstance(above.parentWidget(), QComboBox))
    not_yet = isinstance(widget, QAbstractButton) and not widget.isVisible() and not widget.text()
    return inside or in_field or in_box or not_yet


def _ancestry(widget: QWidget) -> list[str]:
    above = widget.parentWidget()
    return [type(widget).__name__, *(_ancestry(above) if above is not None else [])][:6]


def test_everything_in_the_window_has_a_name(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    for panel in PANELS:
        window.show_panel(panel.id)
    for name in ("commands", "new-network"):
        window.commands.run(name)
    for selection in (("conv1",), ("conv1", "linear1"), ()):
        window.document.select(selection)
        QApplication.processEvents()
        assert nameless(window) == []


def test_every_panel_has_its_title_for_a_name(window: MainWindow) -> None:
    assert [panel.title for panel in PANELS] == [_name(window.docks[panel.id]) for panel in PANELS]


def test_what_lies_over_the_canvas_has_names(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.canvas.quick_add()
    window.messages.say("Something happened.", "warning", ("Yes", lambda: None))
    window.messages.progress("Something goes on.")
    assert nameless(window.canvas) == []


def test_what_has_not_the_keyboard_is_announced(
    window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    QAccessible.setActive(True)
    try:
        monkeypatch.setattr(
            "cnnstudio.ui.widgets.announcement.QAccessible.updateAccessibility",
            lambda event: said.append(event.message()) if isinstance(event, QAccessibleAnnouncementEvent) else None,
        )
        window.document.open(tiny, None)
        window.messages.say("Something happened.")
        window.canvas.quick_add()
        window.canvas.popup.field.setText("conv2d")
        window.document.select(("conv1",))
        inspector = window.docks["inspector"].widget()
        inspector.update_now()
        inspector.form.refuse("out_channels", "It must be 1 at least.")
        inspector.header.refuse("There is already a block called input1.")
        window.commands.run("commands")
        window.command_list.field.setText("quit")
    finally:
        QAccessible.setActive(False)
    assert said[0] == "Something happened."
    assert any(sentence.startswith("Conv2d, ") and " 1 of " in sentence for sentence in said)
    assert {"It must be 1 at least.", "There is already a block called input1."} <= set(said)
    assert said[-1].startswith("Quit, 1 of ")
    said.clear()
    announce(window, "Nobody listens.")
    assert said == []
