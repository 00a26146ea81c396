"""The Runs panel: what it lists, what differs, what is written in place, and that nothing is deleted for good."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QByteArray, QItemSelectionModel, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from cnnstudio.folders import runs_folder
from cnnstudio.owner import Owner
from cnnstudio.project import Project, from_template, write
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.runs.metrics_file import MetricsWriter
from cnnstudio.training.runs.record import Best, Labels, new_record, read_labels, write_labels, write_record
from cnnstudio.ui.document import Document
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import DARK, theme
from cnnstudio.ui.training import clean_up
from cnnstudio.ui.training.run_list import NONE_AT_ALL, NONE_FOUND, NONE_YET, RunsPanel
from cnnstudio.ui.training.runs_model import ACCURACY, COLUMNS, DIFFERED, LOSS, NOTE, RUN, SIZE, STATE, TAGS
from cnnstudio.ui.training.runs_table import REMEMBERED


def kept(name: str, project: Project, day: int, accuracy: float = 0.5, **values: Any) -> Path:
    folder = runs_folder() / name
    folder.mkdir(parents=True)
    write(folder / "project.cnn", project)
    told = {
        "state": "done", "owner": None, "epochs_done": 2, "steps_per_epoch": 1, "best": Best(2, accuracy, 1 - accuracy),
        "began": datetime(2026, 1, day, tzinfo=UTC),
    }  # fmt: skip
    record = msgspec.structs.replace(new_record(project, title=name), **{**told, **values})
    write_record(folder, record)
    writer = MetricsWriter(folder, 2)
    for number in (1, 2):
        writer.take(Step(number, number, 1 / number, 0.5, 0.1, 10.0))
        writer.take(EpochEnd(number, 0.9, 0.4, 1 - accuracy, accuracy * number / 2, 1.5, True))
    writer.flush()
    (folder / "best.safetensors").write_bytes(b" " * 1_024)
    (folder / "last.safetensors").write_bytes(b" " * 2_048)
    return folder


Show = Callable[[], RunsPanel]


@pytest.fixture
def show(qtbot: QtBot, tiny: Project) -> Iterator[Show]:
    made: list[RunsPanel] = []

    def shown() -> RunsPanel:
        panel = RunsPanel(Document(tiny), Run())
        made.append(panel)
        qtbot.addWidget(panel)
        panel.resize(1_100, 300)
        with qtbot.waitExposed(panel):
            panel.show()
        qtbot.waitUntil(lambda: panel.run.kept.were_found)
        return panel

    yield shown
    for panel in made:
        assert panel.close_tasks() and panel.run.close()


def column(panel: RunsPanel, number: int) -> list[str]:
    return [str(panel.shown.index(row, number).data()) for row in range(panel.shown.rowCount())]


def select(panel: RunsPanel, *rows: int) -> None:
    model, flag = panel.table.selectionModel(), QItemSelectionModel.SelectionFlag
    model.clearSelection()
    for row in rows:
        model.select(panel.shown.index(row, 0), flag.Select | flag.Rows)
    if rows:
        panel.table.setCurrentIndex(panel.shown.index(rows[0], 0))
        for row in rows[1:]:
            model.select(panel.shown.index(row, 0), flag.Select | flag.Rows)


def entries(panel: RunsPanel) -> dict[str, bool]:
    menu = QMenu()
    panel.fill_menu(menu)
    found = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    menu.deleteLater()
    return found


def test_it_says_what_there_is_not(show: Show, tiny: Project, qtbot: QtBot) -> None:
    panel = show()
    assert panel.empty.isVisible() and panel.empty.text() == NONE_AT_ALL
    kept("other", from_template("lenet5"), 1)
    panel._look()
    qtbot.waitUntil(lambda: panel.empty.text() == NONE_YET)
    panel.scope.setCurrentIndex(1)
    assert column(panel, RUN) == ["other"] and not panel.empty.isVisible()
    panel.filter.setText("nowhere")
    assert panel.empty.isVisible() and panel.empty.text() == NONE_FOUND


def test_the_runs_of_this_network_are_listed_and_all_when_asked(show: Show, tiny: Project) -> None:
    kept("first", tiny, 1, 0.5)
    slow = dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, learning_rate=0.001))
    kept("second", slow, 2, 0.75, state="running", owner=Owner.here())
    kept("other", from_template("lenet5"), 3)
    panel = show()
    assert column(panel, RUN) == ["second", "first"]
    assert column(panel, STATE) == ["running", "done"]
    assert column(panel, ACCURACY) == ["75.0%", "50.0%"]
    assert column(panel, DIFFERED) == ["learning_rate 0.01 → 0.001", ""]
    assert panel.foot.text().startswith("2 runs · ")
    panel.scope.setCurrentIndex(1)
    assert column(panel, RUN) == ["other", "second", "first"]


def test_another_network_is_followed(show: Show, tiny: Project, qtbot: QtBot) -> None:
    kept("first", tiny, 1)
    panel = show()
    assert column(panel, RUN) == ["first"]
    panel.document.edit_graph("Remove", tiny.graph.remove("flatten1", heal=True))
    qtbot.waitUntil(lambda: panel.shown.rowCount() == 0)
    panel.document.undo_stack.undo()
    qtbot.waitUntil(lambda: panel.shown.rowCount() == 1)


def test_numbers_are_sorted_as_numbers(show: Show, tiny: Project) -> None:
    for day, accuracy in enumerate((0.09, 0.5, 1.0), 1):
        kept(f"run{day}", tiny, day, accuracy)
    panel = show()
    panel.table.sortByColumn(ACCURACY, Qt.SortOrder.AscendingOrder)
    assert column(panel, ACCURACY) == ["9.0%", "50.0%", "100.0%"]
    panel.table.sortByColumn(LOSS, Qt.SortOrder.AscendingOrder)
    assert column(panel, LOSS) == ["0", "0.5", "0.91"]
    panel.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert column(panel, RUN) == ["run3", "run2", "run1"]


def test_words_filter_every_column(show: Show, tiny: Project) -> None:
    kept("wide", tiny, 1)
    kept("deep", tiny, 2, state="stopped")
    panel = show()
    panel.filter.setText("STOP")
    assert column(panel, RUN) == ["deep"]
    panel.filter.setText("deep 50")
    assert column(panel, RUN) == ["deep"]
    panel.filter.setText("wide stop")
    assert column(panel, RUN) == []


def test_several_selected_runs_lie_over_one_another_and_tell_what_differs(
    show: Show, tiny: Project, qtbot: QtBot
) -> None:
    kept("first", tiny, 1, 0.5)
    kept("second", dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, seed=3)), 2, 0.75)
    panel = show()
    select(panel, 0, 1)
    qtbot.waitUntil(lambda: len(panel.curves.runs) == 2)
    assert [course.name for course in panel.curves.runs] == ["second", "first"]
    drawn = [[list(values) for values in item.getData()] for item in panel.curves._item.listDataItems()]
    assert drawn == [[[1, 2], [37.5, 75.0]], [[1, 2], [25.0, 50.0]]]
    tree = panel.difference.tree
    sections = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    told = {
        section.text(0): [[section.child(row).text(c) for c in range(3)] for row in range(section.childCount())]
        for section in sections if section is not None
    }  # fmt: skip
    assert told == {
        "Results": [["best accuracy", "75.0% (epoch 2)", "50.0% (epoch 2)"], ["its loss", "0.25", "0.5"]],
        "Recipe": [["seed", "3", "0"]],
    }
    panel.curves.choice.setCurrentText("Loss of the steps")
    assert [list(item.getData()[1]) for item in panel.curves._item.listDataItems()] == [[1.0, 0.5]] * 2


def test_tags_and_notes_are_written_in_place(show: Show, tiny: Project, qtbot: QtBot) -> None:
    folder = kept("first", tiny, 1)
    panel = show()
    assert not panel.shown.flags(panel.shown.index(0, RUN)) & Qt.ItemFlag.ItemIsEditable
    panel.shown.setData(panel.shown.index(0, TAGS), "wide,  good ")
    qtbot.waitUntil(lambda: column(panel, TAGS) == ["wide, good"])
    panel.shown.setData(panel.shown.index(0, NOTE), "try more")
    qtbot.waitUntil(lambda: column(panel, NOTE) == ["try more"])
    assert read_labels(folder) == Labels(("wide", "good"), "try more")
    select(panel, 0)
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(type(panel.filter))
    assert editor is not None and editor.text() == "wide, good"


def test_what_is_being_written_stays_while_a_run_goes_on(show: Show, tiny: Project, qtbot: QtBot) -> None:
    folder = kept("first", tiny, 1)
    panel = show()
    select(panel, 0)
    panel.edit(NOTE)
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    editor = QApplication.focusWidget()
    assert editor is not None and panel.table.isAncestorOf(editor)
    qtbot.keyClicks(editor, "a long thought")
    kept("second", tiny, 2)
    write_labels(folder, Labels(("theirs",)))
    with qtbot.waitSignal(panel.run.kept.changed):
        panel._look()
    assert editor.isVisible() and editor.text() == "a long thought" and panel.shown.rowCount() == 1
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.shown.rowCount() == 2 and "a long thought" in column(panel, NOTE))
    assert read_labels(folder) == Labels(("theirs",), "a long thought")


def test_a_tag_that_cannot_be_written_is_a_sentence(show: Show, tiny: Project, qtbot: QtBot) -> None:
    folder = kept("first", tiny, 1)
    (folder / "labels.json").mkdir()
    panel = show()
    with qtbot.waitSignal(panel.document.said) as said:
        panel.shown.setData(panel.shown.index(0, TAGS), "wide")
    assert said.args == ["labels.json cannot be opened: it is a folder."]


def test_what_another_window_has_said_of_a_run_stays(show: Show, tiny: Project, qtbot: QtBot) -> None:
    folder = kept("first", tiny, 1)
    panel = show()
    write_labels(folder, Labels(("theirs",), "their note"))  # which the list has not seen yet
    panel.shown.setData(panel.shown.index(0, TAGS), "mine")
    assert read_labels(folder) == Labels(("mine",), "their note")
    (folder / "labels.json").write_text('{"format": 99, "note": "of a newer program"}')
    with qtbot.waitSignal(panel.document.said) as said:
        assert not panel.shown.setData(panel.shown.index(0, NOTE), "mine")
    assert "newer CNN Studio" in said.args[0] and "of a newer" in (folder / "labels.json").read_text()


def test_the_graph_of_a_run_is_asked_for_beside_and_compared(show: Show, tiny: Project, qtbot: QtBot) -> None:
    folder = kept("first", tiny, 1)
    panel = show()
    select(panel, 0)
    panel.table.setFocus()
    with qtbot.waitSignal(panel.project_asked) as asked:
        qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert [dataclasses.replace(project, run=None) for project in asked.args] == [tiny]
    assert asked.args[0].run.folder == "first", "with the weights of the run"
    with qtbot.waitSignal(panel.comparison_asked) as asked:
        panel.compare()
    assert asked.args == [folder / "project.cnn", "first"]
    (folder / "project.cnn").write_text("{")
    with qtbot.waitSignal(panel.document.said) as said:
        panel.open_beside()
    assert str(said.args[0]).startswith("project.cnn cannot be opened: ")


def test_the_menu_says_what_would_be_freed(show: Show, tiny: Project) -> None:
    kept("first", tiny, 1)
    kept("second", tiny, 2)
    panel = show()
    select(panel, 0)
    found = entries(panel)
    assert found["Keep only the best weights: frees 2.00 KiB"] and found["Keep only the last weights: frees 1.00 KiB"]
    assert found["Compare with the present network"]
    select(panel, 0, 1)
    found = entries(panel)
    assert found["Keep only the best weights: frees 4.00 KiB"]
    assert any(text.startswith("Move 2 runs to the bin: frees ") for text in found)
    assert not found["Compare with the present network"]


def test_clean_up_asks_and_goes_to_the_bin(
    show: Show, tiny: Project, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept("first", tiny, 1)
    panel = show()
    select(panel, 0)
    binned: list[str] = []
    trash = folder.parent.parent / "bin"
    trash.mkdir()

    def to_bin(path: Path) -> bool:
        binned.append(path.name)
        path.rename(trash / path.name)
        return True

    monkeypatch.setattr(clean_up, "to_bin", to_bin)
    panel.clean_up.ask_to_clean("best")
    assert panel.question.isVisible() and "It frees 2.00 KiB." in panel.question.sentence.text()
    panel.question.no.click()
    assert binned == []
    panel.clean_up.ask_to_clean("best")
    panel.question.yes.click()
    assert binned == ["last.safetensors"] and (folder / "best.safetensors").exists()
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert panel.question.sentence.text().startswith("Move first to the bin?")
    panel.question.yes.click()
    assert binned == ["last.safetensors", "first"]
    qtbot.waitUntil(lambda: panel.shown.rowCount() == 0)
    assert panel.selected == () and panel._aside.currentIndex() == 0


def test_the_bin_is_that_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    # whether there is a bin here or not: what it took is gone from its place, what it did not take is there
    assert clean_up.to_bin(tmp_path / "file") is not (tmp_path / "file").exists()
    assert not clean_up.to_bin(tmp_path / "nothing")


def test_what_the_bin_refuses_is_not_deleted(
    show: Show, tiny: Project, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept("first", tiny, 1)
    panel = show()
    select(panel, 0)
    monkeypatch.setattr(clean_up, "to_bin", lambda _: False)
    panel.clean_up.ask_to_bin()
    with qtbot.waitSignal(panel.document.said) as said:
        panel.question.yes.click()
    assert "was not moved to the bin" in str(said.args[0]) and folder.exists()


def test_a_run_that_was_gone_on_with_since_the_question_stays(
    show: Show, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept("first", tiny, 1)
    panel = show()
    said, binned = list[str](), list[Path]()
    panel.document.said.connect(said.append)
    monkeypatch.setattr(clean_up, "to_bin", binned.append)
    select(panel, 0)
    for ask in (panel.clean_up.ask_to_bin, lambda: panel.clean_up.ask_to_clean("best")):
        ask()
        record = new_record(tiny, title="first")
        write_record(folder, record)  # it goes on
        panel.question.yes.click()
        assert binned == [] and said == ["first is being trained again by now, and stays."]
        said.clear()
        write_record(folder, msgspec.structs.replace(record, state="done", owner=None))


def test_a_run_that_goes_on_is_not_cleaned(show: Show, tiny: Project, qtbot: QtBot) -> None:
    kept("first", tiny, 1, state="running", owner=Owner.here())
    panel = show()
    select(panel, 0)
    assert not any(on for text, on in entries(panel).items() if "frees" in text)
    with qtbot.waitSignal(panel.document.said) as said:
        panel.clean_up.ask_to_bin()
    assert said.args == ["This run is going on. Stop it first."]
    assert not panel.question.isVisible()


def test_columns_are_chosen(show: Show, tiny: Project) -> None:
    kept("first", tiny, 1)
    panel = show()
    menu = QMenu()
    panel.fill_menu(menu)
    (columns,) = [action.menu() for action in menu.actions() if action.text() == "Columns"]
    assert isinstance(columns, QMenu)
    assert [action.text() for action in columns.actions()] == list(COLUMNS[1:])
    columns.actions()[SIZE - 1].toggle()
    assert panel.table.isColumnHidden(SIZE)
    menu.deleteLater()


def test_the_table_is_as_it_was_left(show: Show, tiny: Project) -> None:
    kept("first", tiny, 1, 0.75)
    kept("second", tiny, 2, 0.5)
    panel = show()
    assert panel.table.columnWidth(RUN) >= 160
    panel.table.setColumnHidden(SIZE, True)
    panel.table.setColumnWidth(RUN, 222)
    panel.table.sortByColumn(ACCURACY, Qt.SortOrder.AscendingOrder)
    panel.scope.setCurrentIndex(1)
    panel.filter.setText("done")
    panel.hide()
    again = show()
    assert again.table.isColumnHidden(SIZE) and not again.table.isColumnHidden(RUN)
    assert again.table.columnWidth(RUN) == 222
    assert column(again, RUN) == ["second", "first"] and again.filter.text() == "done"
    assert again.scope.currentIndex() == 1


def test_what_is_remembered_of_no_table_changes_nothing(show: Show, tiny: Project) -> None:
    kept("first", tiny, 1)
    Preferences().set_bytes(REMEMBERED, QByteArray(b"nonsense"))
    panel = show()
    assert column(panel, RUN) == ["first"] and panel.table.columnWidth(RUN) >= 160


def test_what_is_grey_in_the_menu_says_why(show: Show, tiny: Project) -> None:
    kept("first", tiny, 1)
    panel = show()
    menu = QMenu()
    panel.fill_menu(menu)
    grey = [action for action in menu.actions() if not action.isEnabled() and not action.isSeparator()]
    assert len(grey) == 8 and menu.toolTipsVisible()
    assert all(action.toolTip().removesuffix("</p>").endswith(".") for action in grey), [
        action.toolTip() for action in grey
    ]
    menu.deleteLater()


def test_what_is_selected_stays_when_runs_come_and_change(show: Show, tiny: Project, qtbot: QtBot) -> None:
    kept("first", tiny, 1)
    panel = show()
    select(panel, 0)
    kept("second", tiny, 2)
    panel._look()
    qtbot.waitUntil(lambda: column(panel, RUN) == ["second", "first"])
    assert [run.title for run in panel.selected] == ["first"]


def test_the_curves_of_a_run_that_goes_on_grow(show: Show, tiny: Project, qtbot: QtBot) -> None:
    folder = kept("first", tiny, 1, state="running", owner=Owner.here())
    panel = show()
    select(panel, 0)
    qtbot.waitUntil(lambda: [len(run.metrics.rows) for run in panel.curves.runs] == [4])
    with (folder / "metrics.csv").open("a") as file:
        file.write((folder / "metrics.csv").read_text().splitlines()[-2].replace("step,1,2,2", "step,1,3,3") + "\n")
    panel._look()
    qtbot.waitUntil(lambda: [len(run.metrics.rows) for run in panel.curves.runs] == [5])


def test_it_is_narrow_and_dark(show: Show, tiny: Project, qtbot: QtBot) -> None:
    kept("first", tiny, 1)
    panel = show()
    select(panel, 0)
    qtbot.waitUntil(lambda: len(panel.curves.runs) == 1)
    panel.resize(280, 600)
    assert panel.width() == 280
    assert panel.splitter.orientation() == Qt.Orientation.Vertical
    theme.use(DARK)
    assert panel.table.accessibleName() == "Runs"
    assert panel.shown.index(0, ACCURACY).data(Qt.ItemDataRole.AccessibleTextRole) == "Accuracy: 50.0%"


def test_a_run_of_this_window_comes_into_the_list(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.run.start(panel.document.project, "my net")
    qtbot.waitUntil(lambda: panel.run.state == "finished")
    qtbot.waitUntil(lambda: column(panel, STATE) == ["done"])
    assert column(panel, RUN) == ["my net"]
    assert timedelta(seconds=0) < datetime.now(UTC) - panel.model.rows[0].run.record.began < timedelta(minutes=5)
