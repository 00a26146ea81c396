from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Add, Concat, Conv2d, Flatten, Input, Linear, ReLU, Residual
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.network import source as source_panel
from cnnstudio.ui.network.source import WRITING, SourcePanel, source_lines
from cnnstudio.ui.run import Run
from cnnstudio.zoo import TEMPLATES, lenet5

Show = Callable[[Graph], SourcePanel]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(graph: Graph) -> SourcePanel:
        panel = SourcePanel(Document(Project(graph)), Run())
        qtbot.addWidget(panel)
        panel.resize(700, 500)
        with qtbot.waitActive(panel):
            panel.show()
        return panel

    return made


def branched() -> Graph:
    draw = Sketch()
    x = draw(Input((3, 8, 8)))
    a = draw(ReLU(), draw(Conv2d(4, 3, padding=1), x))
    b = draw(Conv2d(4, 1), x)
    both = draw(Concat(), draw(Add(), a, b), draw(Add(), b, a))
    draw.chain(draw(Residual(8), both), Flatten(), Linear(3))
    return draw.graph()


def marked(panel: SourcePanel) -> list[str]:
    lines = panel.view.toPlainText().split("\n")
    return [lines[number].strip() for number in panel.view.marked]


def test_a_large_network_is_written_on_a_thread_and_only_the_last_one_is_shown(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write, write = threading.Event(), source_panel.written
    monkeypatch.setattr(source_panel, "QUICK", 0)
    monkeypatch.setattr(source_panel, "written", lambda graph: write(graph) if may_write.wait(60) else "")
    panel = show(branched())
    assert panel.refusal.text() == WRITING and panel.refusal.isVisible() and not panel.view.isVisible()
    may_write.set()
    panel.document.edit_graph("Other", lenet5())
    panel.update_now()
    qtbot.waitUntil(lambda: panel.source is not None)
    assert panel.view.toPlainText() == source(panel.document.graph).text.rstrip("\n") and panel.view.isVisible()
    panel.document.edit_graph("Nothing", Graph())
    panel.update_now()
    qtbot.waitUntil(lambda: "There is no source yet." in panel.refusal.text())
    assert panel.source is None and panel.close_tasks()


def test_it_shows_the_source_that_is_trained(show: Show) -> None:
    panel = show(branched())
    assert panel.view.toPlainText() + "\n" == source(branched()).text
    assert not panel.refusal.isVisible()


def test_enter_selects_what_the_line_of_the_cursor_belongs_to(show: Show, qtbot: QtBot) -> None:
    panel = show(branched())
    cursor = panel.view.document().find("self.fc1 =")
    panel.view.setTextCursor(QTextCursor(cursor.block()))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert panel.document.selection == ("fc1",)
    assert panel.view.toPlainText() + "\n" == source(branched()).text


def test_it_follows_an_edit_a_little_later(show: Show, qtbot: QtBot) -> None:
    panel = show(branched())
    panel.document.edit_graph("Wider", panel.document.graph.replace("fc1", Linear(7)))
    assert "Linear(512, 3)" in panel.view.toPlainText()
    qtbot.waitUntil(lambda: "Linear(512, 7)" in panel.view.toPlainText())


def test_a_network_with_errors_has_a_sentence_instead(show: Show, qtbot: QtBot) -> None:
    panel = show(branched())
    panel.document.edit_graph("Break", panel.document.graph.replace("conv1", Conv2d(4, groups=2)))
    qtbot.waitUntil(panel.refusal.isVisible)
    assert "groups" in panel.refusal.text() and not panel.view.isVisible() and not panel.copy_button.isEnabled()
    assert panel.refusal.text() == f"There is no source yet. {panel.document.obstacle()}"
    panel.document.undo_stack.undo()
    qtbot.waitUntil(panel.view.isVisible)


def test_the_lines_of_the_selected_node_are_marked(show: Show) -> None:
    panel = show(branched())
    panel.document.select(("conv2",))
    first, second = marked(panel)
    assert first.startswith("self.conv2 = nn.Conv2d(3, 4") and "self.conv2(x)" in second
    panel.document.select(("flatten1", "cat1"))
    assert [line.split("(")[0].split("= ")[-1] for line in marked(panel)] == ["torch.cat", "torch.flatten"]
    panel.document.select(())
    assert marked(panel) == []


def test_a_click_on_a_line_selects_its_node(show: Show, qtbot: QtBot) -> None:
    panel = show(branched())
    lines = panel.view.toPlainText().split("\n")
    place = next(number for number, line in enumerate(lines) if "torch.flatten" in line)
    panel.view.mark([place])  # which brings it into view
    where = panel.view.cursorRect(QTextCursor(panel.view.document().findBlockByNumber(place))).center()
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert panel.document.selection == ("flatten1",)


def test_of_a_source_without_end_the_first_lines_are_shown_and_all_is_copied(
    show: Show, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = source(branched()).text
    most = text[: text.rindex("def forward")].count("\n")
    monkeypatch.setattr(source_panel, "MOST_LINES", most)
    panel = show(branched())
    assert panel.view.toPlainText() == "\n".join(text.split("\n")[:most]).rstrip("\n")
    assert panel.about.text().startswith(f"The first {most} of {text.count(chr(10))} lines")
    panel.document.select(("conv1",))
    assert [line.split(" = ")[0] for line in marked(panel)] == ["self.conv1"], "and not where it is called"
    qtbot.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == text


def test_copy_takes_the_whole_text(show: Show, qtbot: QtBot) -> None:
    panel = show(branched())
    qtbot.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == source(branched()).text


@pytest.mark.parametrize("key", list(TEMPLATES))
def test_every_node_but_the_input_has_a_line(key: str) -> None:
    template = TEMPLATES[key]
    graph = template.make(10, template.size)
    made = source(graph)
    found = source_lines(made)
    assert set(found.lines) == {node.name for node in graph if not node.is_input}
    text = made.text.split("\n")
    for node, path in made.paths.items():
        assert f"self.{path.split('.')[0]}" in text[found.lines[node][0]]


def test_sums_are_told_apart_by_their_place() -> None:
    made = source(branched())
    found = source_lines(made)
    assert set(found.lines) == {node.name for node in branched() if not node.is_input}
    assert found.lines["add1"] != found.lines["add2"]
    text = made.text.split("\n")
    assert all(" + " in text[line] for name in ("add1", "add2") for line in found.lines[name])
