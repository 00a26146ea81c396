"""A mailed project with a marker in every text that a file can hold: nothing is opened, and nothing is disguised.

What Python opens is heard by an audit hook and by the calls of ``os`` that are not audited; what Qt opens is heard by
the kernel, which watches the picture that every text names.
"""

from __future__ import annotations

import ctypes
import dataclasses
import os
import struct
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QImage, QTextDocument
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QGraphicsTextItem,
    QGraphicsView,
    QLabel,
    QToolTip,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.blocks.group import Group
from cnnstudio.blocks.opaque import Opaque
from cnnstudio.folders import runs_folder
from cnnstudio.graph import Frame, Graph, Node, Note
from cnnstudio.project import Bookmark, Project, RunReference, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.record import Best, Labels, new_record, write_labels, write_record
from cnnstudio.ui.docking.docks import panel_in
from cnnstudio.ui.insight.evaluation.evaluation_panel import EvaluationPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.comparison import ComparisonPanel
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.task import Task

PICTURE = "marker.png"
MARK = f'<img src="{PICTURE}"><b>&'
TOUCHED = "cnnstudio-marked-place"
OPEN, ACCESS = 0x20, 0x1  # of inotify(7)


def opened_by(libc: Any, descriptor: int) -> int:
    """How many times the picture was opened or read since the last time, by whomever."""
    try:
        data = os.read(descriptor, 65_536)
    except BlockingIOError:
        return 0
    return len(data) // struct.calcsize("iIII")


@pytest.fixture
def opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Says how often the picture that every text names was opened; the program stands in its folder."""
    if sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    monkeypatch.chdir(tmp_path)
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(tmp_path / PICTURE))
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(descriptor, os.fsencode(tmp_path / PICTURE), OPEN | ACCESS) >= 0
    yield lambda: opened_by(libc, descriptor)
    os.close(descriptor)


touched: list[str] = []
_listening = False


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if _listening and event.split(".", maxsplit=1)[0] in ("open", "os", "shutil", "socket", "subprocess", "ctypes"):
        touched.extend(f"{event} {each}" for each in arguments if TOUCHED in str(each))


@pytest.fixture
def touches(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every file that Python touched whose name has ``TOUCHED`` in it."""
    global _listening  # noqa: PLW0603 - an audit hook stays for ever
    if _heard not in _HOOKS:
        sys.addaudithook(_heard)
        _HOOKS.append(_heard)

    def watched(name: str) -> None:
        real = getattr(os, name)

        def call(path: Any, *arguments: Any, **values: Any) -> Any:
            if TOUCHED in str(path):
                touched.append(f"os.{name} {path}")
            return real(path, *arguments, **values)

        monkeypatch.setattr(os, name, call)

    for name in ("stat", "lstat", "access", "readlink"):
        watched(name)
    touched.clear()
    _listening = True
    yield touched
    _listening = False


_HOOKS: list[object] = []


def hostile(place: Path) -> Project:
    """A network that can be trained but for what it names, with the marker in every field that holds a text."""
    inner = Graph.of((Node("input1", Input((4, 8, 8))), Node("conv1", Conv2d(4, padding=1), ("input1",))))
    opaque = Opaque(operation=MARK, arguments=MARK, takes="4 × 8 × 8", gives="4 × 8 × 8", expression=MARK, module=MARK)
    graph = Graph.of(
        (
            Node("input1", Input((1, 8, 8)), (), (0.0, 0.0)),
            Node("conv1", Conv2d(4, padding=1), ("input1",), (300.0, 0.0)),
            Node("group1", Group(MARK, inner), ("conv1",), (600.0, 0.0)),
            Node("opaque1", opaque, ("group1",), (900.0, 0.0), bypassed=True),
            Node("flatten1", Flatten(), ("opaque1",), (1_200.0, 0.0)),
            Node("linear1", Linear(10), ("flatten1",), (1_500.0, 0.0)),
        ),
        (Frame(MARK, 222, frozenset(("conv1",))),),
        (Note(f"{MARK}\n![a]({PICTURE}) [b](file:///{PICTURE})", (0.0, 400.0), (200.0, 200.0), 222),),
    )
    recipe = Recipe(
        data="folder", folder=str(place / MARK), weights=str(place / f"{MARK}.safetensors"), teacher=f"{place}/{MARK}",
        class_weights="by hand", class_weight_list=MARK,
    )  # fmt: skip
    return Project(graph, recipe, (Bookmark(MARK),), RunReference(str(place / MARK), 3))


def kept_run(project: Project) -> Path:
    folder = runs_folder() / MARK.replace("/", "")
    folder.mkdir(parents=True)
    write(folder / "project.cnn", project)
    began, best = datetime(2026, 1, 1, tzinfo=UTC), Best(1, 0.5, 0.1)
    record = new_record(project, MARK, MARK)
    write_record(
        folder,
        msgspec.structs.replace(record, state="failed", owner=None, best=best, began=began, sentence=MARK),
    )
    write_labels(folder, Labels((MARK,), MARK))
    return folder


class Reader(QTextDocument):
    """What rich text would be, and which files it would open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.setHtml(text)
        self.size()  # which lays it out

    def loadResource(self, kind: int, name: Any) -> Any:
        self.asked.append(str(name))
        return QImage(1, 1, QImage.Format.Format_RGB32)


def shown(text: str, rich: bool | None = None) -> str:
    """What is wrong with a text that holds the marker, if Qt shows it; ``rich`` where it is known how."""
    if PICTURE not in text:
        return ""
    if not (GuiQt.mightBeRichText(text) if rich is None else rich):
        return "" if "&lt;" not in text else "is plain, and escaped"
    reader = Reader(text)
    if reader.asked or "\ufffc" in reader.toPlainText():
        return f"opens {reader.asked}"
    return "" if "<img" in reader.toPlainText() and "&lt;" not in reader.toPlainText() else "is disguised"


def tips_of(model: QAbstractItemModel, parent: QModelIndex, depth: int = 0) -> Iterator[str]:
    for row in range(min(model.rowCount(parent), 60)):
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)):
            index = model.index(row, column, parent)
            yield str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
            if column == 0 and depth < 4:
                yield from tips_of(model, index, depth + 1)


def everything(window: QWidget) -> Iterator[tuple[str, str, bool | None]]:
    """Where, text, and whether it is rich text: of every widget, action and row that there is."""
    for widget in QApplication.allWidgets():
        where = f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        yield f"tooltip of {where}", widget.toolTip(), None
        yield f"help of {where}", widget.whatsThis(), None
        if isinstance(widget, QLabel):
            kind = widget.textFormat()
            yield (
                f"text of {where}",
                widget.text(),
                (None if kind == Qt.TextFormat.AutoText else kind != Qt.TextFormat.PlainText),
            )
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            for text in tips_of(widget.model(), QModelIndex()):
                yield f"row of {where}", text, None
        if isinstance(widget, QGraphicsView) and widget.scene() is not None:
            for item in widget.scene().items():
                if isinstance(item, QGraphicsTextItem):
                    yield f"text in {where}", item.toHtml(), True
        for action in widget.findChildren(QAction, options=Qt.FindChildOption.FindDirectChildrenOnly):
            yield f"action of {where}", action.toolTip(), None


def test_nothing_that_a_file_names_is_touched_and_every_text_is_what_it_is(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, opens: Any, touches: list[str]
) -> None:
    QToolTip.showText(QPoint(10, 10), f'<img src="{PICTURE}">', window)
    assert opens() > 0, "and so it would be heard"
    QToolTip.hideText()
    project = hostile(tmp_path / TOUCHED)
    other = project.graph.remove("opaque1", heal=True)
    run = kept_run(dataclasses.replace(project, graph=other, recipe=Recipe(), run=None))
    window.windows.library.keep(Group(MARK, project.graph))
    file = tmp_path / f"{MARK.replace('/', '')}.cnn"
    write(file, project)
    touches.clear()

    window.files.open(file)
    window.show_panel("runs")
    qtbot.waitUntil(lambda: window.run.kept.were_found)
    window.document.edit_graph("Move " + MARK, window.document.graph.move({"conv1": (310.0, 0.0)}))
    window.run.queue.add(window.document.project, MARK)
    for name in (*window.docks, *window.docks):  # the second time with something selected
        window.show_panel(name)
        QApplication.processEvents()
        window.document.select((("conv1", "group1", "opaque1")[len(name) % 3],))
    window.document.select(("group1",))
    window.document.enter(("group1",))
    window.document.enter(())
    window.files.open(run / "project.cnn", anew=True)
    panel_in(window.docks["comparison"], ComparisonPanel).with_file(run / "project.cnn", MARK)
    window.show_panel("comparison")
    window.canvas.setFocus()
    window.grab()
    window.figure.grab()
    window.windows.recent.look()
    window.windows.new(window).show()
    QApplication.processEvents()

    assert not touches
    said = [(where, text, rich) for where, text, rich in everything(window) if PICTURE in text]
    wrong = [f"{where} {problem}: {text[:120]}" for where, text, rich in said if (problem := shown(text, rich))]
    assert not wrong, "\n".join(wrong)
    places = {where.partition(" in ")[0] for where, _, _ in said}
    assert {"row of Tree", "row of RunsTable", "row of QTableView", "tooltip of Row", "text of Sentence"} <= places
    assert {"text of Rich", "text of Elided", "row of BlockTree"} <= places, "it was shown wherever it can be"
    for _, text, rich in said:
        if rich is None:  # of a label it is known already
            QToolTip.showText(QPoint(10, 10), text, window)
    QToolTip.hideText()
    assert opens() == 0 and not touches
    assert run.is_dir()


def test_classes_with_any_name_are_shown_as_they_are_called(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, opens: Any
) -> None:
    for number, name in enumerate((MARK, f"{MARK}2", "plain")):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for each in range(6):
            picture = QImage(8, 8, QImage.Format.Format_Grayscale8)
            picture.fill(60 * number + each)
            picture.save(str(folder / f"{MARK}{each}.png"))
    graph = Graph.of(
        (
            Node("input1", Input((1, 8, 8))),
            Node("conv1", Conv2d(2, padding=1), ("input1",)),
            Node("flatten1", Flatten(), ("conv1",)),
            Node("linear1", Linear(3), ("flatten1",)),
        )
    )
    window.document.edit("Begin", Project(graph, Recipe(data="folder", folder=str(tmp_path / "pictures"), epochs=1)))
    window.document.look_there()
    qtbot.waitUntil(lambda: window.document.obstacle() is None)
    for name in window.docks:
        window.show_panel(name)
    window.run.start(window.document.project)
    qtbot.waitUntil(lambda: not window.run.is_active and window.run.history.best is not None)
    window.document.select(("conv1",))
    for name in window.docks:
        window.show_panel(name)
        QApplication.processEvents()
        panel = panel_in(window.docks[name], Panel)
        panel.update_now()
        qtbot.waitUntil(
            lambda panel=panel: not any(task.is_running for task in panel.findChildren(Task)), timeout=20_000
        )
        window.grab()
        assert opens() == 0, name
    evaluation = panel_in(window.docks["evaluation"], EvaluationPanel)
    qtbot.waitUntil(lambda: evaluation.found is not None)
    for tab in range(evaluation.tabs.count()):
        evaluation.tabs.setCurrentIndex(tab)
        qtbot.waitUntil(lambda: not any(task.is_running for task in evaluation.findChildren(Task)), timeout=20_000)
        window.grab()
    said = [(where, text, rich) for where, text, rich in everything(window) if PICTURE in text]
    wrong = [f"{where} {problem}: {text[:120]}" for where, text, rich in said if (problem := shown(text, rich))]
    assert not wrong, "\n".join(wrong)
    assert {"row of MatrixTable in QSplitter", "row of QTreeWidget in Overview"} <= {where for where, _, _ in said}
    assert opens() == 0
