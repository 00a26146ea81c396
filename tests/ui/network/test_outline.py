"""The outline: what it says, how it follows, and what can be done in it without a mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, ReLU, Residual
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.outline import EMPTY, UNKNOWN, OutlinePanel
from cnnstudio.ui.network.outline_row import COLUMNS, FRAME, KIND, NAME, OUTPUT, READS
from cnnstudio.ui.run import Run

SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


@pytest.fixture
def graph() -> Graph:
    """input1 → conv1 → block1 → flatten1 → linear1, and an add1 that reads conv1 and nothing."""
    return Graph.of(
        (
            Node("linear1", Linear(10), ("flatten1",)),
            Node("input1", Input((1, 28, 28))),
            Node("conv1", Conv2d(6, 5), ("input1",)),
            Node("block1", Residual(6), ("conv1",)),
            Node("flatten1", Flatten(), ("block1",)),
            Node("add1", Add(), ("conv1", None)),
        )
    )


@pytest.fixture
def outline(qtbot: QtBot) -> Iterator[Callable[[Graph], OutlinePanel]]:
    """Open a graph in an outline that is seen; a model tester watches the model."""
    panels: list[OutlinePanel] = []

    def opened(graph: Graph) -> OutlinePanel:
        panel = OutlinePanel(Document(Project(graph)), Run())
        panels.append(panel)
        panel.resize(640, 480)
        panel.show()
        qtbot.waitExposed(panel)
        QAbstractItemModelTester(panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, panel)
        return panel

    yield opened
    for panel in panels:
        panel.close()
        panel.deleteLater()
    QApplication.processEvents()


def settle() -> None:
    QApplication.processEvents()


def at(panel: OutlinePanel, *names: str, column: int = NAME) -> QModelIndex:
    """The row of a node, or of what stands under it with that text."""
    index = QModelIndex()
    for name in names:
        rows = range(panel.model.rowCount(index))
        index = next(
            found for row in rows if (found := panel.model.index(row, 0, index)).data() == name
        )  # fmt: skip
    return index.siblingAtColumn(column)


def under(panel: OutlinePanel, *names: str) -> list[str]:
    index = at(panel, *names)
    return [panel.model.index(row, 0, index).data() for row in range(panel.model.rowCount(index))]


def heard(index: QModelIndex) -> str:
    return str(index.data(Qt.ItemDataRole.AccessibleTextRole))


# what it says


def test_the_nodes_stand_in_the_order_in_which_data_runs(outline, graph):
    panel = outline(graph)
    names = [panel.model.index(row, 0).data() for row in range(panel.model.rowCount())]
    assert names == ["input1", "conv1", "block1", "flatten1", "linear1", "add1"]
    assert at(panel, "conv1", column=KIND).data() == "Conv2d 6 · 5×5"
    assert at(panel, "conv1", column=OUTPUT).data() == "6 × 24 × 24"
    assert at(panel, "add1", column=READS).data() == "conv1, nothing"
    assert at(panel, "add1", column=OUTPUT).data() == "waits"


def test_the_wires_of_a_node_are_under_it(outline, graph):
    panel = outline(graph)
    assert under(panel, "conv1") == [
        "reads input1 · 1 × 28 × 28", "read by block1 · 6 × 24 × 24", "read by add1 at input 1 · 6 × 24 × 24",
    ]  # fmt: skip
    assert under(panel, "add1") == ["reads conv1 at input 1 · 6 × 24 × 24", "input 2: nothing", "read by nothing"]
    assert panel.tree.isFirstColumnSpanned(0, at(panel, "conv1")) is False, "nobody looks at it yet"
    panel.tree.expand(at(panel, "conv1"))
    assert panel.tree.isFirstColumnSpanned(0, at(panel, "conv1"))


def test_the_parts_of_a_composite_are_found_when_it_is_unfolded(outline, graph):
    panel = outline(graph)
    rows = under(panel, "block1")
    assert rows[:2] == ["reads conv1 · 6 × 24 × 24", "read by flatten1 · 6 × 24 × 24"]
    inner = panel.document.analysis.inside("block1").graph
    assert rows[2:] == list(inner.order)
    part = at(panel, "block1", rows[3])
    assert "gives 6 × 24 × 24" in heard(part)


def test_every_cell_is_heard_as_a_sentence(outline, graph):
    panel = outline(graph.frame(("conv1",), "Stem"))
    assert heard(at(panel, "conv1")) == "conv1, Conv2d 6 · 5×5, gives 6 × 24 × 24, reads input1."
    assert heard(at(panel, "conv1", column=KIND)) == "conv1 is a Conv2d 6 · 5×5."
    assert heard(at(panel, "conv1", column=OUTPUT)) == "conv1 gives 6 × 24 × 24."
    assert heard(at(panel, "conv1", column=FRAME)) == "conv1 is in the frame Stem."
    assert heard(at(panel, "conv1", "reads input1 · 1 × 28 × 28")) == "conv1 reads input1: 1 × 28 × 28."
    assert heard(at(panel, "add1", "input 2: nothing")) == "Nothing enters input 2 of add1."
    assert heard(at(panel, "linear1", "read by nothing")) == "Nothing reads linear1."

    def walk(parent: QModelIndex) -> None:
        for row in range(panel.model.rowCount(parent)):
            for column in range(len(COLUMNS)):
                words = heard(panel.model.index(row, column, parent))
                assert words.endswith("."), words
            walk(panel.model.index(row, 0, parent))

    walk(QModelIndex())


def test_a_screen_reader_gets_the_sentences_from_qt(outline, graph):
    panel = outline(graph)
    settle()
    tree = QAccessible.queryAccessibleInterface(panel.tree)
    assert tree.text(QAccessible.Text.Name) == "Outline of the network"
    texts = [tree.child(place).text(QAccessible.Text.Name) for place in range(tree.childCount())]
    assert "conv1, Conv2d 6 · 5×5, gives 6 × 24 × 24, reads input1." in texts


def test_an_error_is_told_and_not_by_colour_alone(outline, graph):
    panel = outline(graph.replace("conv1", Conv2d(6, 64)))
    assert at(panel, "conv1", column=OUTPUT).data() == "does not fit"
    assert panel.document.analysis.errors["conv1"].sentence in heard(at(panel, "conv1"))


def test_what_a_question_hides_is_hidden_here(outline, graph):
    panel = outline(graph)
    panel.document.conceal(frozenset({"conv1"}))
    settle()
    assert at(panel, "conv1", column=OUTPUT).data() == "?"
    assert under(panel, "block1")[0] == "reads conv1 · ?"
    everything = [heard(at(panel, name)) for name in panel.model.names[1:2]]
    assert not any("24" in words for words in everything)


# following


def test_an_edit_touches_the_rows_that_it_changed_and_keeps_what_is_unfolded(outline, graph):
    panel = outline(graph)
    panel.tree.expand(at(panel, "conv1"))
    panel.tree.expand(at(panel, "block1"))
    resets, told = [], []
    panel.model.modelReset.connect(lambda: resets.append(1))
    panel.model.dataChanged.connect(lambda first, last: told.append((first.parent().isValid(), first.row())))
    panel.document.edit_graph("Widen", graph.replace("linear1", Linear(12)))
    settle()
    assert (resets, [row for inner, row in told if not inner]) == ([], [panel.model.place("linear1")])
    assert at(panel, "linear1", column=OUTPUT).data() == "12"
    grown = panel.document.graph.add(Node("relu1", ReLU(), ("conv1",)))
    panel.document.edit_graph("Add", grown)
    settle()
    assert not resets
    assert panel.tree.isExpanded(at(panel, "conv1"))
    assert panel.tree.isExpanded(at(panel, "block1"))
    assert "read by relu1 · 6 × 24 × 24" in under(panel, "conv1")
    panel.document.undo_stack.undo()
    settle()
    assert "relu1" not in panel.model.names
    assert under(panel, "conv1") == [
        "reads input1 · 1 × 28 × 28", "read by block1 · 6 × 24 × 24", "read by add1 at input 1 · 6 × 24 × 24",
    ]  # fmt: skip


def test_other_shapes_reach_the_wires_that_are_unfolded(outline, graph):
    panel = outline(graph)
    panel.tree.expand(at(panel, "block1"))
    panel.document.edit_graph("Pad", graph.replace("conv1", Conv2d(6, 5, padding=2)))
    settle()
    assert under(panel, "block1")[0] == "reads conv1 · 6 × 28 × 28"
    part = under(panel, "block1")[3]
    assert at(panel, "block1", part, column=OUTPUT).data() == "6 × 28 × 28"


def test_another_order_moves_rows_and_forgets_nothing(outline, graph):
    panel = outline(graph)
    panel.tree.expand(at(panel, "linear1"))
    resets = []
    panel.model.modelReset.connect(lambda: resets.append(1))
    panel.document.select(("linear1",))
    edge = graph["linear1"].edges[0]
    panel.document.edit_graph("Cut", graph.disconnect(edge))
    settle()
    assert not resets
    assert panel.model.names == list(panel.document.graph.order)
    assert panel.tree.isExpanded(at(panel, "linear1"))
    assert [index.data() for index in panel.tree.selectionModel().selectedRows()] == ["linear1"]


def test_many_random_edits_leave_it_in_step(outline, graph):
    import random

    from cnnstudio.graph import GraphError

    panel, random_ = outline(graph), random.Random(3)
    for _ in range(150):
        now = panel.document.graph
        names = list(now.nodes)
        kind = random_.randrange(5)
        try:
            if kind == 0 or len(names) < 4:
                sources = (random_.choice(names),) if names else ()
                now = now.add(Node(now.fresh("conv"), Conv2d(4, 3, padding=1), sources))
            elif kind == 1:
                now = now.remove(*random_.sample(names, 2), heal=random_.random() < 0.5)
            elif kind == 2:
                now = now.connect(random_.choice(names), random_.choice(names), 0)
            elif kind == 3:
                now = now.rename(random_.choice(names), now.fresh("other"))
            else:
                now = now.replace(random_.choice(names), Residual(4))
        except GraphError:
            continue
        panel.document.edit_graph("Something", now)
        settle()
        assert panel.model.names == list(panel.document.graph.order)
        for name in random_.sample(panel.model.names, min(3, len(panel.model.names))):
            panel.tree.setExpanded(at(panel, name), random_.random() < 0.8)
        wires = sum(row.startswith("reads") for name in panel.model.names for row in under(panel, name))
        assert wires == len(panel.document.graph.edges)


def test_the_filter_shows_what_has_the_words(outline, graph):
    panel = outline(graph.frame(("conv1", "block1"), "Stem"))
    panel.document.select(("linear1",))
    QTest.keyClicks(panel.search, "conv")
    assert panel.model.names == ["conv1"]
    assert panel.document.selection == ("linear1",), "to look for something selects nothing"
    panel.search.setText("stem")
    assert panel.model.names == ["conv1", "block1"]
    panel.search.clear()
    assert len(panel.model.names) == 6
    assert [index.data() for index in panel.tree.selectionModel().selectedRows()] == ["linear1"]


def test_looking_into_a_block_shows_its_inside(outline, graph):
    panel = outline(graph)
    panel.document.enter(("block1",))
    settle()
    assert panel.model.names == list(panel.document.view_graph.order)
    assert not panel.model.flags(panel.model.index(0, 0)) & Qt.ItemFlag.ItemIsEditable


# doing


def test_its_selection_and_the_document_s_are_one(outline, graph):
    panel = outline(graph)
    panel.document.select(("conv1", "add1"))
    settle()
    assert {index.data() for index in panel.tree.selectionModel().selectedRows()} == {"conv1", "add1"}
    panel.tree.setFocus()
    panel.tree.setCurrentIndex(at(panel, "input1"))
    QTest.keyClick(panel.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert panel.document.selection == ("input1", "conv1")
    panel.tree.expand(at(panel, "conv1"))
    panel.tree.selectionModel().select(at(panel, "conv1", "reads input1 · 1 × 28 × 28"), SELECT)
    assert panel.document.selection == ("conv1",), "a wire under a block keeps that block selected"


def test_enter_shows_a_block_opens_a_composite_and_follows_a_wire(outline, graph):
    panel = outline(graph)
    revealed: list[str] = []
    panel.reveal.connect(revealed.append)

    def enter(index: QModelIndex) -> None:
        panel.tree.setCurrentIndex(index)
        QTest.keyClick(panel.tree, Qt.Key.Key_Return)

    enter(at(panel, "conv1"))
    panel.tree.expand(at(panel, "conv1"))
    enter(at(panel, "conv1", "read by add1 at input 1 · 6 × 24 × 24"))
    enter(at(panel, "conv1", "reads input1 · 1 × 28 × 28"))
    assert revealed == ["conv1", "add1", "input1"]
    part = under(panel, "block1")[3]
    enter(at(panel, "block1", part))
    assert (panel.document.scope, revealed[-1]) == (("block1",), part)
    panel.document.enter(())
    settle()
    enter(at(panel, "block1"))
    assert panel.document.scope == ("block1",)


def test_f2_gives_another_name_in_place_and_a_wrong_one_is_a_sentence(outline, graph):
    panel = outline(graph)
    said: list[str] = []
    panel.document.said.connect(said.append)

    def rename(to: str) -> None:
        panel.tree.setCurrentIndex(at(panel, panel.model.names[1], column=OUTPUT))
        QTest.keyClick(panel.tree, Qt.Key.Key_F2)
        field = panel.tree.findChildren(QLineEdit)[-1]
        field.setText(to)
        QTest.keyClick(field, Qt.Key.Key_Return)
        settle()

    rename("stem")
    assert panel.document.graph["block1"].inputs == ("stem",)
    assert panel.document.selection == ("stem",)
    assert panel.document.undo_stack.undoText() == "Rename conv1 to stem"
    rename("input1")
    assert "stem" in panel.document.graph
    assert said == ["There is already a block called input1."]


def test_delete_removes_the_blocks_or_the_wires_that_are_selected(outline, graph):
    panel = outline(graph)
    panel.tree.setCurrentIndex(at(panel, "linear1"))
    QTest.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert "linear1" not in panel.document.graph
    settle()
    panel.tree.expand(at(panel, "add1"))
    panel.tree.setCurrentIndex(at(panel, "add1", "reads conv1 at input 1 · 6 × 24 × 24"))
    QTest.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert panel.document.graph["add1"].inputs == (None, None)
    assert "conv1" in panel.document.graph
    settle()
    assert under(panel, "add1") == ["input 1: nothing", "input 2: nothing", "read by nothing"]
    panel.document.enter(("block1",))
    settle()
    panel.tree.setCurrentIndex(panel.model.index(1, 0))
    QTest.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert panel.document.undo_stack.count() == 2, "the inside of a block is its own"


def test_the_menu_is_asked_for_where_the_row_is(outline, graph):
    panel = outline(graph)
    places = []
    panel.menu_asked.connect(places.append)
    panel.tree.setCurrentIndex(at(panel, "conv1"))
    row = panel.tree.visualRect(at(panel, "conv1"))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, row.center(), panel.mapToGlobal(row.center()))
    QApplication.sendEvent(panel.tree.viewport(), event)
    assert places == [panel.tree.viewport().mapToGlobal(row.bottomLeft())]


def test_an_empty_network_says_how_to_begin_and_a_filter_that_nothing_is_called_so(outline, graph):
    panel = outline(Graph())
    assert not panel.search.isVisible() and panel.tree.isHeaderHidden()
    assert panel.tree.accessibleDescription() == EMPTY
    panel.document.edit_graph("Draw", graph)
    settle()
    assert panel.search.isVisible() and not panel.tree.isHeaderHidden() and panel.tree.accessibleDescription() == ""
    QTest.keyClicks(panel.search, "nothing like it")
    assert panel.search.hasFocus() and panel.tree.accessibleDescription() == UNKNOWN


def test_a_name_has_the_room_that_it_needs_before_anything_else(outline, graph):
    panel = outline(graph.rename("conv1", "inception3a_of_some_length").rename("add1", "a"))

    def shown() -> list[int]:
        return [column for column in range(len(COLUMNS)) if not panel.tree.isColumnHidden(column)]

    def whole(name: str) -> bool:
        place = at(panel, name)
        return panel.tree.visualRect(place).width() >= panel.tree.sizeHintForIndex(place).width()

    panel.resize(260, 400)
    settle()
    assert shown() == [NAME] and whole("inception3a_of_some_length")
    panel.resize(330, 400)
    settle()
    assert shown() == [NAME, OUTPUT] and whole("inception3a_of_some_length")
    panel.resize(120, 400)
    settle()
    assert shown() == [NAME] and panel.tree.columnWidth(NAME) == panel.tree.viewport().width()
    assert panel.tree.textElideMode() == Qt.TextElideMode.ElideMiddle
