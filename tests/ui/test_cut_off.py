"""Nothing is cut off: what the panels say of a network is whole in a window of 1280 × 720."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QComboBox,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cnnstudio.ui.canvas.scene.node_face import detail
from cnnstudio.ui.docking.docks import PANELS
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.source import SourcePanel
from cnnstudio.ui.theme import theme
from cnnstudio.wording import closer

FRAME = 6  # pixels that a cell or a field leaves round its text


@pytest.fixture(autouse=True)
def _plain_text() -> Iterator[None]:
    yield
    theme.set_scale(1.0)


def cut_off(host: QWidget) -> Iterator[str]:
    """What is seen of this part of the window and is not whole."""
    for widget in [host, *host.findChildren(QWidget)]:
        if widget.visibleRegion().isEmpty():
            continue
        right = widget.mapTo(host, QPoint(widget.width(), 0)).x()
        if right > host.width():
            yield f"{type(widget).__name__} ends at {right} of {host.width()}"
        if isinstance(widget, QLabel) and not widget.text().startswith("<"):
            wanted = widget.heightForWidth(widget.width()) if widget.wordWrap() else widget.sizeHint().width()
            if wanted > (widget.height() if widget.wordWrap() else widget.width()):
                yield f"label {widget.text()!r}"
        elif isinstance(widget, QAbstractButton) and widget.text():
            if widget.width() < widget.minimumSizeHint().width():
                yield f"button {widget.text()!r}"
        elif isinstance(widget, QLineEdit):
            if widget.fontMetrics().horizontalAdvance(widget.text()) > widget.width() - FRAME:
                yield f"field {widget.text()!r}"
        elif isinstance(widget, QComboBox):
            if widget.fontMetrics().horizontalAdvance(widget.currentText()) > room_of(widget):
                yield f"choice {widget.currentText()!r}"
        elif isinstance(widget, QAbstractItemView):
            yield from cut_cells(widget)
        if isinstance(widget, QAbstractScrollArea) and widget.horizontalScrollBar().maximum() > 0:
            yield f"{type(widget).__name__} scrolls sideways"


def still_cut_off(panel: QWidget) -> list[str]:
    """What is cut off, but for code: that is as wide as it is, and a broken line would be another line of Python."""
    return [each for each in cut_off(panel) if not isinstance(panel, SourcePanel) or "scrolls" not in each]


def room_of(box: QComboBox) -> int:
    """How wide the text of a combo box may be."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = QStyle.SubControl.SC_ComboBoxEditField
    return box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, box).width()


def cut_cells(view: QAbstractItemView) -> Iterator[str]:
    """The cells in view that are not whole; shapes may be written closer together."""
    model, metrics = view.model(), QFontMetrics(view.font())
    index = view.indexAt(QPoint(2, 2))
    while index.isValid() and view.visualRect(index).top() < view.viewport().height():
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(index.parent())):
            cell = index.siblingAtColumn(column)
            text, room = str(cell.data() or ""), view.visualRect(cell).width()
            is_first = column == 0 and isinstance(view, QTreeView)
            wanted = (
                view.sizeHintForIndex(cell).width() if is_first else metrics.horizontalAdvance(closer(text)) + FRAME
            )
            if 0 < room < wanted:
                yield f"cell {text!r} has {room} of {wanted}"
        index = below(view, index)


def below(view: QAbstractItemView, index: QModelIndex) -> QModelIndex:
    if isinstance(view, QTreeView):
        return view.indexBelow(index)
    return view.model().index(index.row() + 1, 0, index.parent())


@pytest.mark.parametrize("key", ["lenet5", "googlenet"])
def test_nothing_is_cut_off_at_1280_by_720(qtbot: QtBot, window: MainWindow, key: str) -> None:
    assert (window.width(), window.height()) == (1280, 720)
    window.files.new(key)
    window.commands.run("fit")
    if key == "lenet5":
        qtbot.waitUntil(lambda: detail(window.canvas.zoom) >= 1)  # its shapes are seen
    for panel in PANELS:
        window.show_panel(panel.id)
        content = window.docks[panel.id].widget()
        for selection in ((), ("conv1",)):
            window.document.select(selection)
            qtbot.wait(20)
            assert content.isVisible(), panel.id
            with suppress(qtbot.TimeoutError):  # lines that wrap are laid out once more
                qtbot.waitUntil(lambda shown=content: not still_cut_off(shown), timeout=2_000)
            assert not still_cut_off(content), f"{panel.id}: {still_cut_off(content)}"
    assert not list(cut_off(window.statusBar()))
    assert window.canvas.width() >= 600
    assert window.canvas.height() >= 300


def test_nothing_ends_in_the_middle_of_a_word_in_the_largest_text(qtbot: QtBot, window: MainWindow) -> None:
    window.files.new("lenet5")
    theme.set_scale(1.6)
    window.show_panel("training")
    qtbot.waitUntil(lambda: not list(cut_off(window.training)))  # lines that wrap are laid out once more
    totals = window.statusBar().totals
    assert totals.text().endswith("   ·   …") and not list(cut_off(window.statusBar()))
    assert "in prediction" in totals.accessibleName() and "in prediction" in totals.toolTip()
    window.resize(2400, 720)
    qtbot.waitUntil(lambda: totals.text().endswith("in prediction"))
