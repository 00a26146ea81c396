from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Linear
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, from_template, write
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.quiz import CHANGED, NOTHING, WAITING, QuizPanel
from cnnstudio.ui.network.comparison import ComparisonPanel
from cnnstudio.ui.network.inspector import InspectorPanel
from cnnstudio.ui.network.problems import ProblemsPanel
from cnnstudio.ui.network.source import SourcePanel
from cnnstudio.ui.network.summary_view import SummaryPanel
from cnnstudio.ui.run import Run
from cnnstudio.ui.status import Status

Show = Callable[..., QuizPanel]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(graph: Graph | None = None, seed: int = 3) -> QuizPanel:
        project = Project(graph) if graph is not None else from_template("lenet5")
        panel = QuizPanel(Document(project), Run(), seed=seed)
        qtbot.addWidget(panel)
        panel.resize(340, 520)
        with qtbot.waitActive(panel):
            panel.show()
        return panel

    return made


def beside(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(500, 400)
    with qtbot.waitExposed(widget):
        widget.show()


def ask(panel: QuizPanel, kind: str) -> str:
    """Skip to a question of this kind; the name of its node."""
    if panel.quiz is None:
        panel.start()
    for _ in range(100):
        if panel.question is not None and panel.question.kind == kind:
            return panel.question.node.name
        panel.go_on()
    raise AssertionError(f"no question about {kind}")


def test_the_whole_round_goes_by_keyboard(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.setFocus()
    assert panel.begin.hasFocus()
    qtbot.keyClick(panel.begin, Qt.Key.Key_Return)
    assert panel.question is not None and panel.field.hasFocus()
    qtbot.keyClicks(panel.field, panel.question.written)
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert panel.verdict.text().startswith("Right: ") and panel.score.text() == "1 of 1 right"
    assert panel.next_button.hasFocus()
    first = panel.question
    qtbot.keyClick(panel.next_button, Qt.Key.Key_Return)
    assert panel.question != first and panel.is_open and panel.field.hasFocus() and panel.field.text() == ""


def test_a_wrong_answer_is_explained_and_worked_out(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.difficulty.setCurrentIndex(1)
    name = ask(panel, "parameters")
    assert panel.question is not None
    qtbot.keyClicks(panel.field, "12")
    qtbot.mouseClick(panel.check_button, Qt.MouseButton.LeftButton)
    assert panel.verdict.text() == f"It is {panel.question.written}, not 12."
    assert panel.working.isVisible() and panel.question.written in panel.working.text.text()
    assert panel.field.isReadOnly() and not panel.check_button.isVisible()
    assert panel.score.text() == "0 of 1 right" and name in panel.document.selection


def test_what_is_no_answer_may_be_typed_again(show: Show, qtbot: QtBot) -> None:
    panel = show()
    ask(panel, "shape")
    qtbot.keyClicks(panel.field, "dunno")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert panel.refusal.isVisible() and "for instance" in panel.refusal.text()
    assert panel.is_open and panel.score.text() == ""
    qtbot.keyClicks(panel.field, "!")
    assert not panel.refusal.isVisible()


def test_a_skipped_question_does_not_count(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.start()
    first = panel.question
    qtbot.mouseClick(panel.skip_button, Qt.MouseButton.LeftButton)
    assert panel.question != first and panel.is_open and panel.score.text() == ""


def test_an_open_question_hides_its_answer_everywhere(show: Show, qtbot: QtBot) -> None:
    panel = show()
    document = panel.document
    canvas, run = CanvasView(document), Run()
    inspector, summary, text = InspectorPanel(document, run), SummaryPanel(document, run), SourcePanel(document, run)
    for widget in (canvas, inspector, summary, text):
        beside(qtbot, widget)
    status = Status(document, run, lambda: None)
    qtbot.addWidget(status)
    name = ask(panel, "shape")
    assert panel.question is not None
    answer = panel.question.written
    qtbot.waitUntil(lambda: "hidden" in inspector.outcome.text.text())
    item = canvas.scene_item(name)
    assert item is not None and item.shape_out is None and "hidden" in item.sentence()
    assert answer not in item.sentence() and answer not in inspector.outcome.text.text()
    assert not inspector.formula.isVisible()
    row = next(row for row in summary.model.rows if row.name == name)
    assert (row.output, row.parameters, row.macs) == ("?", None, None) and summary.model.totals is None
    qtbot.waitUntil(lambda: "hidden" in text.refusal.text() and not text.view.isVisible())
    assert "parameters" not in status.totals.text()
    wire = next(wire for edge, wire in canvas.scene().wires.items() if edge.source == name)
    assert wire.label is None and "hidden" in wire.sentence()
    before = document.graph[name].inputs[0]
    assert before is not None and canvas.scene_item(before).shape_out is not None  # what it is worked out from stays

    qtbot.keyClicks(panel.field, answer)
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert answer in item.sentence() and wire.label
    qtbot.waitUntil(lambda: summary.model.totals is not None and text.view.isVisible())
    assert "parameters" in status.totals.text()


def test_problems_and_differences_do_not_tell_either(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    panel = show()
    document = panel.document
    write(tmp_path / "other.cnn", Project(document.graph.replace("conv1", Conv2d(7, 5))))
    document.edit_graph("Break", document.graph.add(Node("odd", Conv2d(4, 9), ("pool2",))))
    run = Run()
    problems, comparison = ProblemsPanel(document, run), ComparisonPanel(document, run)
    inspector = InspectorPanel(document, run)
    for widget in (problems, comparison, inspector):
        beside(qtbot, widget)
    comparison.with_file(tmp_path / "other.cnn")
    qtbot.waitUntil(lambda: comparison.tree.isVisible() and len(problems.rows) > 0)
    said = document.shown_analysis.errors["odd"].sentence
    assert "the map, 4" in said and any(said in row.sentence.text() for row in problems.rows)

    document.conceal(frozenset({"pool2", "odd"}))
    qtbot.waitUntil(lambda: not comparison.tree.isVisible())
    assert comparison.empty.text() == "The differences are hidden while a question is open."
    assert not comparison.sums.isVisible()
    found = next(found for found in document.diagnostics if "odd" in found.nodes and found.severity == "error")
    assert "hidden while a question is open" in found.sentence and not found.fixes
    qtbot.waitUntil(lambda: not any(said in row.sentence.text() for row in problems.rows))
    assert "hidden" in document.shown_analysis.errors["odd"].sentence
    document.select(("odd",))
    qtbot.waitUntil(lambda: any("hidden" in row.sentence.text() for row in inspector.rows))

    document.conceal(frozenset())
    qtbot.waitUntil(lambda: comparison.tree.isVisible() and any(said in row.sentence.text() for row in problems.rows))


def test_what_is_inside_a_hidden_block_is_hidden_too(show: Show) -> None:
    panel = show(from_template("small-resnet").graph)
    document = panel.document
    document.conceal(frozenset({"stage1_1"}))
    document.enter(("stage1_1",))
    assert document.conceals("conv1") and not document.shown_analysis.facts and document.view_analysis.facts
    document.enter(())
    assert not document.conceals("stem") and "stem" in document.shown_analysis.facts


def test_ending_the_quiz_or_closing_the_panel_shows_everything_again(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.start()
    assert panel.document.concealed
    panel.hide()
    assert not panel.document.concealed
    panel.show()
    assert panel.document.concealed
    qtbot.mouseClick(panel.end, Qt.MouseButton.LeftButton)
    assert not panel.document.concealed and panel.begin.isVisible() and panel.quiz is None


def test_an_edit_that_changes_the_answer_makes_another_question(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.difficulty.setCurrentIndex(1)
    ask(panel, "parameters")
    question = panel.question
    assert question is not None
    document = panel.document
    document.edit_graph("Move", document.graph.move({question.node.name: (9.0, 9.0)}))
    assert panel.question == question
    other = Linear(7) if isinstance(question.node.block, Linear) else Conv2d(7, 1)
    document.edit_graph("Change", document.graph.replace(question.node.name, other))
    assert panel.note.text() == CHANGED and panel.is_open and panel.question != question
    document.open(Project(), None)
    assert panel.quiz is None and panel.begin.isVisible() and not document.concealed


def test_a_round_waits_while_there_is_nothing_to_ask_and_keeps_its_score(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.start()
    assert panel.question is not None
    qtbot.keyClicks(panel.field, panel.question.written)
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    qtbot.keyClick(panel.next_button, Qt.Key.Key_Return)
    document = panel.document
    document.edit_graph("Delete", document.graph.remove(document.graph.inputs[0].name))
    assert panel.question is None and panel.note.text() == WAITING and not document.concealed
    panel.setFocus()
    assert panel.end.hasFocus() and not panel.begin.isVisible()
    document.undo_stack.undo()
    assert panel.is_open and panel.score.text() == "1 of 1 right" and document.concealed


def test_the_next_question_is_about_the_network_as_it_is_now(show: Show) -> None:
    panel = show()
    panel.start()
    assert panel.question is not None
    document = panel.document
    first = panel.question.node.name
    rest = document.graph.order[document.graph.order.index(first) + 1 :]
    document.edit_graph("Delete", document.graph.remove(*rest))
    for _ in range(12):
        panel.go_on()
        assert panel.question is not None and panel.question.node.name in document.graph


def test_an_empty_network_has_nothing_to_ask(show: Show, qtbot: QtBot) -> None:
    panel = show(Graph())
    qtbot.mouseClick(panel.begin, Qt.MouseButton.LeftButton)
    assert panel.note.text() == NOTHING and panel.note.isVisible() and panel.begin.isVisible()


def test_another_difficulty_begins_another_round(show: Show) -> None:
    panel = show()
    panel.start()
    panel.difficulty.setCurrentIndex(2)
    assert panel.quiz is not None and panel.quiz.difficulty == "hard" and panel.quiz.asked == 0
