from __future__ import annotations

import random

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.code_view import CodeView


def shown(qtbot: QtBot, text: str) -> CodeView:
    view = CodeView()
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show_text(text)
    view.show()
    return view


def colors(view: CodeView, line: int) -> dict[str, str]:
    block = view.document().findBlockByNumber(line)
    return {
        block.text()[piece.start : piece.start + piece.length]: piece.format.foreground().color().name()
        for piece in block.layout().formats()
    }


def test_any_text_follows_any_other(qtbot: QtBot) -> None:
    view = shown(qtbot, "")
    draw = random.Random(1)
    for _ in range(300):
        text = "\n".join(draw.choice(["a", "b", "", "a b", "x = 1"]) for _ in range(draw.randint(0, 6)))
        view.show_text(text)
        assert view.toPlainText() == text


def test_a_small_change_leaves_the_view_where_it_is(qtbot: QtBot) -> None:
    lines = [f"line {number}" for number in range(200)]
    view = shown(qtbot, "\n".join(lines))
    view.verticalScrollBar().setValue(80)
    view.show_text("\n".join([*lines[:10], "another", *lines[11:]]))
    assert view.verticalScrollBar().value() == 80


def test_python_is_coloured(qtbot: QtBot) -> None:
    view = shown(qtbot, '"""Two\nlines."""\nclass Net:\n    x = "class"  # return 3\n    return self.conv1(64)')
    assert list(colors(view, 0)) == ['"""Two'] and list(colors(view, 1)) == ['lines."""']
    assert set(colors(view, 2)) == {"class", "Net"}
    assert set(colors(view, 3)) == {'"class"', "# return 3"}
    assert set(colors(view, 4)) == {"return", "self", "64"}


def test_a_line_is_coloured_when_it_is_looked_at(qtbot: QtBot) -> None:
    lines = [f"return {number}" for number in range(400)]
    lines[100:200] = ['"""', *(f"return {number}" for number in range(98)), '"""']
    view = shown(qtbot, "\n".join(lines))
    assert colors(view, 0) and not colors(view, 390)
    for line, found in ((150, ["return 49"]), (399, ["return", "399"]), (205, ["return", "205"])):
        view.verticalScrollBar().setValue(line)
        assert list(colors(view, line)) == found, "inside a docstring or not, though nobody has seen where it begins"
    view.show_text("\n".join([*lines[:205], "class Net:", *lines[206:]]))
    assert set(colors(view, 205)) == {"class", "Net"}


def test_a_click_says_the_line(qtbot: QtBot) -> None:
    view = shown(qtbot, "a\nb\nc")
    lines: list[int] = []
    view.clicked.connect(lines.append)
    where = view.cursorRect(QTextCursor(view.document().findBlockByNumber(1))).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseClick(view.numbers, Qt.MouseButton.LeftButton, pos=QPoint(3, where.y()))
    assert lines == [1, 1]


def test_marked_lines_come_into_view(qtbot: QtBot) -> None:
    view = shown(qtbot, "\n".join(map(str, range(300))))
    view.mark([250, 251])
    first = view.firstVisibleBlock().blockNumber()
    assert first <= 250 <= first + view.verticalScrollBar().pageStep()
    assert [selection.cursor.blockNumber() for selection in view.extraSelections()] == [250, 251]
    view.mark([])
    assert view.extraSelections() == []
